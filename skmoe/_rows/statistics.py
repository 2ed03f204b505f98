"""Additive statistics: how sums over blocks of rows are put together.

A statistic is an array, a number, None, or a (named) tuple of statistics. The statistic of two
sets of rows together is the sum of theirs.
"""

import copy

__all__ = ["Branches", "add", "fold", "scale", "some_of"]


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


def some_of(a, experts):
    """Statistic of a slice of the experts, by which all arrays in it are sorted."""
    if a is None:
        return None
    if isinstance(a, tuple):
        return _rebuild(a, (some_of(x, experts) for x in a))
    return a[experts, ...]


class Branches:
    """Sums over blocks that follow one another: complete branches of the tree of all additions.

    Blocks are added pairwise by index, so that what is added to what depends on their number alone:
    the result has the same bits in one process, in threads and on a cluster, and rounding errors
    grow with the logarithm. The branches of blocks that follow one another are put together by +.

    Parameters
    ----------
    first : int
        Index of the first block.
    """

    def __init__(self, first=0):
        # Level and sum of every branch: one of level l holds 2^l blocks.
        self.end, self.branches = first, []

    def append(self, total, level=0):
        """Put the next branch to the others; no more than log2 of their number are kept."""
        start = self.end
        self.end += 1 << level
        while self.branches and self.branches[-1][0] == level and (start >> level) & 1:
            start -= 1 << level
            total = add(self.branches.pop()[1], total)
            level += 1
        self.branches.append((level, total))

    def __add__(self, other):
        both = copy.copy(self)
        both.branches = list(self.branches)
        for level, total in other.branches:
            both.append(total, level)
        return both

    def total(self):
        """Sum over all blocks, of which the first was that of index 0."""
        *others, (_, total) = self.branches
        for _, branch in reversed(others):
            total = add(branch, total)
        return total


def fold(items):
    """Add statistics pairwise by index, keeping at most log2 of their number.

    Examples
    --------
    >>> from skmoe._rows.statistics import fold
    >>> fold([1, 2, 3, 4, 5])
    15
    """
    branches = Branches()
    for item in items:
        branches.append(item)
    return branches.total()
