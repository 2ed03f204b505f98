"""What a row carries beside its inputs and its targets."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from .arrays import array_namespace, device, host, is_on_host, is_sparse, take_rows
from .distinct import groups_kept, row_hashes

__all__ = [
    "ALONE",
    "Groups",
    "Record",
    "back",
    "begins_of",
    "codes_of",
    "distinct_groups",
    "edges_of",
    "groups_among",
]


# Groups that starts are tried on at least.
_FEWEST = 100


class Record(NamedTuple):
    """Columns that stand behind the targets of rows as given, and before the columns of a design.

    Attributes
    ----------
    offsets : int
        Known terms of the linear predictors, one for each, which come first.
    counted : bool
        Whether a row is several trials, whose number stands behind those.
    grouped : bool
        Whether the last of these columns is 1 in the first row of every group of rows, which share
        an expert and stand together, and 0 in its others.
    """

    offsets: int = 0
    counted: bool = False
    grouped: bool = False

    @property
    def width(self):
        """Number of columns."""
        return self.offsets + self.counted + self.grouped

    def behind(self, y):
        """Targets, None where there are none, and the columns behind them."""
        n_targets = y.shape[1] - self.width
        return y[:, :n_targets] if n_targets else None, y[:, n_targets:]

    def before(self, X):
        """The design without these columns, offsets and trials or None, and groups of its rows.

        Returns
        -------
        X : array of shape (n, D)
        offset : array of shape (n, C) or None
        trials : array of shape (n, 1) or None
        groups : Groups
        """
        if not self.width:
            return X, None, None, ALONE
        own, X = X[:, : self.width], X[:, self.width :]
        own = own.toarray() if is_sparse(own) else own
        offset = own[:, : self.offsets] if self.offsets else None
        trials = own[:, self.offsets : self.offsets + 1] if self.counted else None
        return X, offset, trials, Groups(own[:, -1]) if self.grouped else ALONE


class _Alone:
    """Rows of which each is a group of its own."""

    is_trivial = True

    def _same(self, table):
        return table

    sum = mean = spread = first = shared = once = _same


ALONE = _Alone()


class Groups:
    """Groups of the rows of a block, which stand together.

    Parameters
    ----------
    begins : array of shape (n,)
        1 in the first row of every group.
    """

    is_trivial = False

    def __init__(self, begins):
        self._xp, self._device = array_namespace(begins), device(begins)
        self._begins, self._first = begins, np.flatnonzero(host(begins))
        self._size = np.diff(self._first, append=begins.shape[0])
        self._own = codes_of(self._first, begins.shape[0])

    def _there(self, positions):
        return self._xp.asarray(positions, device=self._device)

    def sum(self, table):
        """Sums (G, ...) over the rows (n, ...) of every group."""
        if is_sparse(table):
            ends = np.append(self._first, table.shape[0])
            data = np.ones(table.shape[0], dtype=table.dtype)
            columns = np.arange(table.shape[0])
            return csr_array(csr_array((data, columns, ends)) @ table)
        if is_on_host(table):
            # Of a design, stored column by column, sums are stored alike.
            return np.add.reduceat(table.T, self._first, axis=-1).T
        return self.first(self._doubled(table))

    def _doubled(self, table):
        """In the first row of every group the sum of all: over two rows, four, and so on."""
        xp, n, reach = self._xp, table.shape[0], 1
        while reach < self._size.max():
            other = np.minimum(np.arange(n) + reach, n - 1)
            same = (self._own[other] == self._own) & (np.arange(n) + reach < n)
            same = xp.reshape(self._there(same), (n, *(1 for _ in table.shape[1:])))
            table = table + xp.where(same, xp.take(table, self._there(other), axis=0), 0.0)
            reach *= 2
        return table

    def mean(self, table):
        """Means (G, ...) over the rows (n, ...) of every group."""
        sums = self.sum(table)
        if is_sparse(sums):
            return csr_array(sums.multiply(1 / self._size.astype(sums.dtype)[:, None]))
        return sums / self._sizes(sums)

    def _sizes(self, like):
        """Rows of every group, to divide a table (G, ...) by."""
        sizes = self._xp.astype(self._there(self._size), like.dtype)
        return self._xp.reshape(sizes, (-1, *(1 for _ in like.shape[1:])))

    def spread(self, table):
        """Every row's own of a table (G, ...) of groups."""
        if is_sparse(table):
            return table[self._own]
        if is_on_host(table):
            return np.repeat(table, self._size, axis=0)
        return self._xp.take(table, self._there(self._own), axis=0)

    def shared(self, table):
        """Every row's equal share of its group's of a table (G, ...)."""
        return self.spread(table / self._sizes(table))

    def once(self, vector):
        """A vector (n,), zero but in the first row of every group."""
        return vector * self._xp.astype(self._begins, vector.dtype)

    def first(self, table):
        """Of every group the first row (G, ...) of a table (n, ...)."""
        return self._xp.take(table, self._there(self._first), axis=0)

    def varies(self, table):
        """Most by which a column (D,) of a table (n, D) is away from its mean in a group."""
        apart = abs(table - self.spread(self.mean(table)))
        if is_sparse(table):
            return apart.max(axis=0).toarray().ravel()
        return self._xp.max(apart, axis=0)


def begins_of(y):
    """Positions of the first rows of groups, on the host, told by the last column of y."""
    return np.flatnonzero(host(y[:, -1]))


def codes_of(begins, n_rows):
    """Number of every row's group (n,), of groups that begin there."""
    return np.repeat(np.arange(len(begins)), np.diff(begins, append=n_rows))


def edges_of(begins, n_rows, length):
    """Where blocks begin that cut no group, and where the last one ends."""
    wanted = np.arange(length, n_rows, length)
    # A group that would be cut ends its block; one longer than a block is one.
    cuts = np.append(begins, n_rows)[np.searchsorted(begins, wanted)]
    return np.unique([0, *cuts, n_rows]).tolist()


def back(tables, order):
    """Tables of rows that were put in `order`, in the order that they had before."""
    where = np.argsort(order)
    several = isinstance(tables, tuple)
    taken = tuple(take_rows(table, where) for table in (tables if several else (tables,)))
    return taken if several else taken[0]


def distinct_groups(blocks, begins, weight, most):
    """Positions of all rows of distinct groups, and weights, as those of distinct rows.

    `blocks` gives rows as they are given, `most` is the number of rows of a sample.
    """
    # Where a group begins is not what tells it from others.
    hashes = np.concatenate([row_hashes(host(X), host(y[:, :-1])) for X, y, _, _ in blocks])
    return groups_kept(hashes, host(weight), begins, groups_among(len(begins), len(hashes), most))


def groups_among(n_groups, n_rows, most):
    """Groups of a sample of `most` rows; however long they are, there are a hundred."""
    return max(most * n_groups // n_rows, min(n_groups, _FEWEST))
