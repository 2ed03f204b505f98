"""Additive statistics: how sums over blocks of rows are put together.

A statistic is an array, a number, None, or a (named) tuple of statistics. The statistic of two
sets of rows together is the sum of theirs.
"""

__all__ = ["add", "fold", "scale"]


def _rebuild(like, parts):
    return like._make(parts) if hasattr(like, "_make") else tuple(parts)


def add(a, b):
    """Statistic of two sets of rows together."""
    if a is None:
        return None
    if isinstance(a, tuple):
        return _rebuild(a, (add(x, y) for x, y in zip(a, b, strict=True)))
    return a + b


def scale(a, factor):
    """Statistic of the same rows with every weight multiplied by `factor`."""
    if a is None:
        return None
    if isinstance(a, tuple):
        return _rebuild(a, (scale(x, factor) for x in a))
    return a * factor


def fold(items):
    """Add statistics pairwise by index, keeping at most log2 of their number.

    The order of additions depends on the number of items alone, so the result has the same bits
    in one process, in threads and on a cluster, and rounding errors grow with the logarithm.

    Examples
    --------
    >>> from skmoe._rows.statistics import fold
    >>> fold([1, 2, 3, 4, 5])
    15
    """
    pending = []
    for index, item in enumerate(items):
        while index & 1:
            item = add(pending.pop(), item)
            index >>= 1
        pending.append(item)
    total = pending.pop()
    while pending:
        total = add(pending.pop(), total)
    return total
