"""Products of the columns of a few rows, two by two, kept while many climbs go over them.

Weighted Gram matrices, of however many experts, are then one product of their weights with this
table: half the arithmetic, and no table of weights times columns on the way.
"""

from .._rows.arrays import array_namespace, device, is_sparse

__all__ = ["Products", "products_of"]

# Numbers of a table that stays in a CPU's cache.
_MOST_NUMBERS = 2**19


class Products:
    """Products of the columns of a block, two by two.

    Parameters
    ----------
    X : array of shape (n, D)
        The block; of any other, even if it is equal, nothing is known.
    """

    def __init__(self, X):
        xp, size = array_namespace(X), X.shape[1]
        pairs = [(i, j) for i in range(size) for j in range(i, size)]
        where = {pair: place for place, pair in enumerate(pairs)}
        places = [where[min(i, j), max(i, j)] for i in range(size) for j in range(size)]
        first, second, places = (
            xp.asarray(list(own), device=device(X)) for own in (*zip(*pairs, strict=True), places)
        )
        self.design, self._places = X, places
        self._table = xp.take(X.T, first, axis=0) * xp.take(X.T, second, axis=0)

    def grams(self, weight):
        """Weighted Gram matrices (..., D, D) for weights of the rows (..., n)."""
        xp, size = array_namespace(weight), self.design.shape[1]
        sums = xp.reshape(weight, (-1, weight.shape[-1])) @ self._table.T
        return xp.reshape(xp.take(sums, self._places, axis=1), (*weight.shape[:-1], size, size))


def products_of(blocks):
    """Those of all rows, if they are one dense block with few; else None."""
    if len(blocks) > 1:
        return None
    # Whoever looks at a block again is given the same array.
    blocks.first()
    X, _, _ = blocks.first()
    few = X.shape[0] * X.shape[1] * (X.shape[1] + 1) // 2 <= _MOST_NUMBERS
    return Products(X) if few and not is_sparse(X) else None
