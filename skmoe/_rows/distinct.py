"""Distinct rows, told apart and drawn by hashes of their content: an additive sketch."""

import numpy as np
from scipy.sparse import csr_array

from .arrays import concat_rows, host, is_sparse, take_rows

__all__ = [
    "DistinctRows",
    "Hashes",
    "all_of",
    "bucketed",
    "count_distinct",
    "evenly_kept",
    "groups_kept",
    "hashed",
    "kept",
    "picked",
    "put_together",
    "row_hashes",
]

# Of the golden ratio, as in the generator splitmix64, whose mixing is used here.
_STEP = np.uint64(0x9E3779B97F4A7C15)

# Rows of which the hash ends alike share a bucket.
_BUCKETS = 2**15

# Buckets that are all alike.
_EVEN = np.ones(_BUCKETS)


def row_hashes(*tables):
    """Hash of the content of every row, the same for dense and sparse tables, of shape (n,).

    Rows are told apart by their hashes alone: of ten million different rows, two have the same
    one with a probability of 3 in a million, and would then count as one row of both weights.

    Parameters
    ----------
    tables : ndarray or sparse arrays of shape (n, n_columns)
        Side by side; minus zero counts as zero, and one missing value (NaN) is like another.
    """
    hashes, first = np.zeros(tables[0].shape[0], dtype=np.uint64), 0
    for table in tables:
        columns = np.arange(first + 1, first + table.shape[1] + 1, dtype=np.uint64)
        add_up = _stored_sums if is_sparse(table) else _sums
        hashes += add_up(table, _mixed(columns * _STEP))
        first += table.shape[1]
    return _mixed(hashes)


def _mixed(bits):
    """Bits that all depend on all bits given, in their place; one to one."""
    bits ^= bits >> np.uint64(30)
    bits *= np.uint64(0xBF58476D1CE4E5B9)
    bits ^= bits >> np.uint64(27)
    bits *= np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return bits


def _bits(values):
    """The bits of numbers as float64."""
    # Of minus zero the sum is zero.
    values = np.asarray(values, dtype=np.float64) + 0.0
    values[np.isnan(values)] = np.nan
    return values.view(np.uint64)


def _sums(table, columns):
    """Sum over the entries of a row of what they make of the hash of their column."""
    # Zeros add nothing, so that a sparse table need not store them.
    return np.sum(_mixed(_bits(table) ^ columns) - _mixed(columns.copy()), axis=1, dtype=np.uint64)


def _stored_sums(table, columns):
    """The same of a sparse table."""
    if not table.has_canonical_format:
        table = csr_array(table, copy=True)
        table.sum_duplicates()
    own = columns[table.indices]
    sums = np.cumsum(_mixed(_bits(table.data) ^ own) - _mixed(own.copy()), dtype=np.uint64)
    return np.diff(np.concatenate([np.zeros(1, dtype=np.uint64), sums])[table.indptr])


class Hashes:
    """Distinct hashes, of which no more than `most` are counted; additive."""

    def __init__(self, hashes, most):
        self.hashes, self.most = np.unique(hashes), most

    def __len__(self):
        return min(len(self.hashes), self.most)

    def __add__(self, other):
        # Once there are enough, which they are is all the same.
        more = other.hashes if len(self) < self.most else other.hashes[:0]
        return Hashes(np.concatenate([self.hashes, more]), self.most)


def hashed(X, y, weight, first, most):
    """Distinct hashes in a block of rows as given: a statistic."""
    return Hashes(_hashed(X, y, weight, first)[0], most)


def count_distinct(blocks, most):
    """Number of distinct hashes in blocks that come one by one, counted up to `most`."""
    seen = next(blocks)
    while len(seen) < most and (more := next(blocks, None)) is not None:
        seen = seen + more
    return len(seen)


def bucketed(X, y, weight, first):
    """Weight of the rows in every bucket of hashes: a statistic that tells where much weight is."""
    hashes, weight, _ = _hashed(X, y, weight, first)
    return np.bincount(_bucket(hashes), weight, minlength=_BUCKETS)


def kept(X, y, weight, first, buckets, most):
    """Distinct rows of a block: a statistic."""
    return DistinctRows(*_hashed(X, y, weight, first), buckets, most)


def groups_kept(hashes, weight, begins, most):
    """Distinct groups of rows, or a sample of them by weight with weights that stand for all.

    A group is known by the sum of the hashes of its rows, in whatever order they are.

    Parameters
    ----------
    hashes : ndarray of uint64 of shape (n,)
    weight : ndarray of shape (n,)
    begins : ndarray of int
        Where groups begin.
    most : int
        Groups at most.

    Returns
    -------
    rows : ndarray of int
        Positions of their rows.
    weight : ndarray
        Of these rows: each has that of its group.
    """
    size = np.diff(begins, append=len(hashes))
    hashes, weight = np.add.reduceat(hashes, begins), weight[begins].astype(float)
    known = (weight > 0).nonzero()[0]
    hashes, total = _mixed(hashes[known]), weight[known].sum()
    buckets = np.bincount(_bucket(hashes), weight[known], minlength=_BUCKETS)
    found = DistinctRows(hashes, weight[known], known, buckets, most)
    own, weight = found.sample(total)
    return all_of(begins[own], size[own]), np.repeat(weight, size[own])


def all_of(begins, size):
    """Positions of all rows of groups that begin at `begins` and have so many rows."""
    first = np.repeat(begins - np.cumsum(size) + size, size)
    return first + np.arange(size.sum())


def evenly_kept(hashes, weight, rows, most):
    """Distinct rows; of many those of smallest hash, however heavy: a statistic."""
    return DistinctRows(hashes, weight, rows, _EVEN, most)


def _hashed(X, y, weight, first):
    """Of the rows of a block with weight above zero: hashes, weights, and where they stand."""
    weight = host(weight)
    known = (weight > 0).nonzero()[0]
    hashes = row_hashes(host(X), host(y))[known]
    return hashes, weight[known].astype(float), first + known


def picked(X, y, weight, first, rows):
    """Rows of a block that stand among the positions `rows`: a statistic, put together in a list.

    In the order of their positions, each as often as it is asked for.
    """
    rows = np.sort(rows)
    start, stop = np.searchsorted(rows, [first, first + X.shape[0]])
    if start == stop:
        return []
    own = rows[start:stop] - first
    return [tuple(take_rows(table, own) for table in (X, y, weight))]


def put_together(pieces, rows):
    """The rows that were picked, in the order of `rows`."""
    tables = (concat_rows(list(tables)) for tables in zip(*pieces, strict=True))
    order = np.argsort(np.argsort(rows, kind="stable"), kind="stable")
    return tuple(take_rows(table, order) for table in tables)


def _bucket(hashes):
    return (hashes % np.uint64(_BUCKETS)).astype(np.int64)


class DistinctRows:
    """Distinct rows with the weight of all that are like them; of many, those of smallest key.

    Additive: a row that is kept to the end had one of the smallest keys among any rows, so it
    has been kept since it was first met, and its weight is exact. What is kept depends on the
    distinct rows and their weights, not on their order, on how they are cut into blocks or on
    whether a row is repeated or weighted.

    The key of a row is its hash, a uniform random number, over the weight in its bucket. So heavy
    rows are kept for sure and stand for themselves, and no other stands for much more than its
    share: where a few of very many distinct rows are common, a sample that takes all alike would
    miss the common ones, or consist of one.

    Parameters
    ----------
    hashes : ndarray of uint64 of shape (n,)
    weight : ndarray of shape (n,)
    rows : ndarray of int of shape (n,)
        Where the rows stand.
    buckets : ndarray or None
        Weights in the buckets over all rows (`bucketed`); not needed if those are no more
        than `most`.
    most : int
        Size of a sample. One row more is kept, which tells that there are more.
    """

    def __init__(self, hashes, weight, rows, buckets, most):
        order = np.argsort(hashes, kind="stable")
        hashes = hashes[order]
        first = np.flatnonzero(np.diff(hashes, prepend=~hashes[:1]))
        self.hashes, self.rows = hashes[first], rows[order][first]
        self.weight = np.add.reduceat(weight[order], first)
        self.buckets, self.most = buckets, most
        if len(first) > most + 1:
            kept = np.sort(np.argpartition(self._keys(), most)[: most + 1])
            self.hashes, self.rows = self.hashes[kept], self.rows[kept]
            self.weight = self.weight[kept]

    def __add__(self, other):
        tables = zip(
            (self.hashes, self.weight, self.rows),
            (other.hashes, other.weight, other.rows),
            strict=True,
        )
        return DistinctRows(*map(np.concatenate, tables), self.buckets, self.most)

    def _keys(self):
        return self.hashes * 2.0**-64 / self.buckets[_bucket(self.hashes)]

    def sample(self, total):
        """Positions of all distinct rows with their weights, or of a sample with weights for all.

        Parameters
        ----------
        total : float
            Weight of all rows.

        Returns
        -------
        rows : ndarray of int
        weight : ndarray
            Sum to the total.
        """
        if len(self.rows) <= self.most:
            return self.rows, self.weight
        # The last key is the bound that the others are below, each with a known probability.
        keys = self._keys()
        last = np.argmax(keys)
        known = np.minimum(keys[last] * self.buckets[_bucket(self.hashes)], 1.0)
        rows, weight = np.delete(self.rows, last), np.delete(self.weight / known, last)
        return rows, weight * (total / weight.sum())
