"""Blocks of rows: the two verbs through which a data set is touched."""

from functools import cache
from itertools import pairwise

from scipy.sparse import csr_array
from sklearn.utils.parallel import Parallel, delayed
from threadpoolctl import ThreadpoolController

from .arrays import (
    allowing_underflow,
    array_namespace,
    block_length,
    filled,
    host,
    is_sparse,
    like,
    ones,
    take_rows,
)
from .distinct import DistinctRows, bucket_weights, count_distinct, row_hashes
from .statistics import fold

__all__ = ["Blocks", "thread_pools"]


@cache
def thread_pools():
    """The thread pools of the BLAS libraries in this process; finding them takes milliseconds."""
    return ThreadpoolController()


# Prepared blocks that are kept, so that a small data set is prepared once and not on every pass.
_KEPT_BLOCKS = 2


class Blocks:
    """A data set cut into blocks of rows.

    Parameters
    ----------
    X : array of shape (n_samples, n_features)
        The raw columns; never copied as a whole.
    y : array of shape (n_samples, ...) or None
        The raw targets; blocks of them have the dtype of X.
    weight : array of shape (n_samples,) or (n_samples, n_experts) or None
        Row weights, or given responsibilities that carry them; None means one for every row.
    prepare : callable or None
        `prepare(X, y)` turns the raw rows of a block into the design and the targets that the
        model sees (scaled, with a constant column).
    length : int or None
        Rows in a block; None takes the constant of the device.
    n_jobs : int or None
        Threads that share the blocks. The result has the same bits for any number.
    """

    def __init__(self, X, y=None, weight=None, *, prepare=None, length=None, n_jobs=None):
        self.X = csr_array(X) if is_sparse(X) else X
        self.y, self.weight = y, weight
        self.prepare = prepare
        self.length = length or block_length(X)
        self.n_jobs = n_jobs
        self._kept = {}

    def __len__(self):
        return -(-self.X.shape[0] // self.length)

    def __iter__(self):
        for index in range(len(self)):
            yield self._block(index)

    def first(self):
        """The first block: tells shapes, namespace, device and dtype."""
        return self._block(0)

    def whole(self):
        """All rows as one block, for few rows."""
        return self.first() if len(self) == 1 else self._prepared(slice(0, self.X.shape[0]))

    def with_weight(self, weight):
        """The same rows with other weights or with given responsibilities."""
        return Blocks(
            self.X, self.y, weight, prepare=self.prepare, length=self.length, n_jobs=self.n_jobs
        )

    def take(self, rows, weight):
        """A few rows, chosen by position on the host, with weights given on the host."""
        return self.some(rows).with_weight(like(weight, self.X))

    def some(self, rows):
        """A few rows, chosen by position on the host, with their own weights."""
        taken = (None if x is None else take_rows(x, rows) for x in (self.X, self.y, self.weight))
        return Blocks(*taken, prepare=self.prepare, length=self.length, n_jobs=self.n_jobs)

    def batches(self, rows, number):
        """Rows in the order of their positions `rows` (on the host), in batches of equal size.

        A few batches are prepared at once.
        """
        edges = [i * len(rows) // number for i in range(number + 1)]
        together = max(self.length * number // len(rows), 1)
        for first in range(0, number, together):
            ends = edges[first : first + together + 1]
            chunk = self.some(rows[ends[0] : ends[-1]])
            tables = chunk._prepared(slice(0, ends[-1] - ends[0]))
            for start, stop in pairwise(ends):
                yield tuple(x[start - ends[0] : stop - ends[0], ...] for x in tables)

    def distinct(self, most):
        """Positions of the distinct rows of weight above zero, and weights (see `DistinctRows`).

        Of more than `most` a sample of `most` rows, with weights that stand for all. Rows are told
        apart as they are given, not as they are prepared.

        Returns
        -------
        rows, weight : ndarray
            On the host.
        """
        buckets = None
        if self.X.shape[0] > most:
            buckets = fold(self._each(lambda index: bucket_weights(*self._hashed(index)[:2])))
        kept = fold(self._each(lambda index: DistinctRows(*self._hashed(index), buckets, most)))
        return kept.sample(self.total_weight())

    def n_distinct(self, most):
        """Number of distinct rows of weight above zero, counted up to `most`."""
        return count_distinct((self._hashed(index)[0] for index in range(len(self))), most)

    def _hashed(self, index):
        """Of the rows of a block with weight above zero: hashes, weights, and where they stand."""
        rows = self._rows(index)
        X, y = self.X[rows, :], self.y[rows, ...]
        weight = host(ones(X.shape[:1], X) if self.weight is None else self.weight[rows])
        known = (weight > 0).nonzero()[0]
        hashes = row_hashes(host(X), host(y))[known]
        return hashes, weight[known].astype(float), rows.start + known

    def weights(self):
        """Weights of all rows."""
        return ones(self.X.shape[:1], self.X) if self.weight is None else self.weight

    def total_weight(self):
        """Sum of the weights of all rows."""
        if self.weight is None:
            return float(self.X.shape[0])
        return float(array_namespace(self.weight).sum(self.weight))

    def shuffled(self, random_state):
        """Positions of the rows of weight above zero, on the host, in random order."""
        order = random_state.permutation(self.X.shape[0])
        return order if self.weight is None else order[host(self.weight)[order] > 0]

    def _rows(self, index):
        """Where the rows of a block stand."""
        return slice(index * self.length, min((index + 1) * self.length, self.X.shape[0]))

    def _block(self, index):
        if index in self._kept:
            return self._kept[index]
        block = self._prepared(self._rows(index))
        if index < _KEPT_BLOCKS:
            self._kept[index] = block
        return block

    def _prepared(self, rows):
        X = self.X[rows, :]
        y = None if self.y is None else like(self.y[rows, ...], X)
        weight = None if self.weight is None else self.weight[rows, ...]
        if self.prepare is not None:
            X, y = self.prepare(X, y)
        if weight is None:
            weight = ones((X.shape[0],), X)
        return X, y, weight

    def _each(self, task):
        """Results of `task(index)` for every block, in their order."""
        if self.n_jobs in (None, 1) or len(self) == 1:
            yield from map(task, range(len(self)))
            return
        parallel = Parallel(n_jobs=self.n_jobs, prefer="threads", return_as="generator")
        # The threads share the cores, so each product gets one; set here and not in the threads,
        # because a BLAS library must not be resized while another thread is inside it.
        with thread_pools().limit(limits=1):
            yield from parallel(delayed(task)(index) for index in range(len(self)))

    @allowing_underflow
    def sum(self, f):
        """Sum over blocks of the statistic `f(X, y, weight)`, folded pairwise by block index."""
        return fold(self._each(lambda index: f(*self._block(index))))

    @allowing_underflow
    def map(self, f):
        """Results of `f(X, y, weight)`, one row per row of data, put under one another.

        Where f gives a tuple of tables, a tuple.
        """
        return filled(self._each(lambda index: f(*self._block(index))), self.X.shape[0])
