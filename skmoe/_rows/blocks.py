"""Blocks of rows: the two verbs through which a data set is touched."""

import copy
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import cache, partial
from itertools import islice, pairwise
from pickle import PicklingError
from threading import Lock

from joblib import effective_n_jobs
from joblib.parallel import get_active_backend
from scipy.sparse import csr_array
from sklearn import get_config, set_config
from sklearn.utils.parallel import Parallel, delayed
from threadpoolctl import ThreadpoolController

from .arrays import (
    allowing_underflow,
    array_namespace,
    block_length,
    dense_if_narrow,
    filled,
    host,
    is_on_host,
    is_sparse,
    like,
    ones,
    row_major,
    take_rows,
)
from .compat import any_thread_may_resize
from .distinct import bucketed, count_distinct, hashed, kept, picked, put_together
from .record import back, begins_of, codes_of, distinct_groups, edges_of
from .statistics import fold

__all__ = [
    "ArrayBlocks",
    "Blocks",
    "in_processes",
    "in_threads",
    "one_blas_thread",
    "rows_of",
    "thread_pools",
]


@cache
def thread_pools():
    """The thread pools of the BLAS libraries in this process; finding them takes milliseconds."""
    return ThreadpoolController()


class _OneBlasThread:
    """While any thread of the program is inside, every product of matrices takes one core.

    The products of a block are small: a second core costs more around them than it saves, and
    rounding would depend on how many there are. Threads enter and leave in any order: the pools are
    resized by the first and the last alone, when no other is inside a product.
    """

    def __init__(self):
        self._lock, self._inside, self._limit = Lock(), 0, None

    def __enter__(self):
        with self._lock:
            if not self._inside:
                any_thread_may_resize()
                self._limit = thread_pools().limit(limits=1, user_api="blas")
            self._inside += 1

    def __exit__(self, *error):
        with self._lock:
            self._inside -= 1
            if not self._inside:
                any_thread_may_resize()
                self._limit.restore_original_limits()
                any_thread_may_resize()


one_blas_thread = _OneBlasThread()

# Numbers of prepared rows that are kept, and blocks at least, so that a data set that is not large
# is prepared once and not on every pass. As many as one block of a thousand columns has.
_KEPT_NUMBERS, _KEPT_BLOCKS = 2**21, 2

# Rows that are looked at together where a few distinct ones are counted: the first mostly suffice.
_COUNTED_ROWS = 256


class Blocks:
    """A data set cut into blocks of rows, whatever holds it: an array, a reader, a cluster.

    A subclass gives `n_rows`, `sum_given` and `_first_given`. The sum of a statistic has the same
    bits for every holder that cuts the rows alike.

    Attributes
    ----------
    n_rows : int
    length : int
        Rows in a block; the last may have fewer.
    prepare : callable or None
        `prepare(X, y)` turns the raw rows of a block into the design and the targets that the
        model sees (scaled, with a constant column).
    is_array : bool
        Whether all rows are at hand, to be drawn in any order.
    is_weighted : bool
        Whether rows may have other weights than one.
    """

    prepare = None
    is_array = False
    is_weighted = False
    _whole = None

    def __init__(self):
        # What has been asked of rows that are far away, by length of block; the same for all ways
        # to see them.
        self._known = {}

    def tell(self, told):
        """Call `told(n_rows)` of every batch that is read from now on; rows at hand are not."""

    def as_they_stand(self):
        """The same rows, of which answers come in the order that they have here."""
        return self

    def first_given(self):
        """The first block as it is given: X, y or None, and weight (n,)."""
        return self._once("first", self._first_given)

    def _once(self, what, find):
        key = what, self.length
        if key not in self._known:
            self._known[key] = find()
        return self._known[key]

    def sum_given(self, f):
        """Sum over blocks of `f(X, y, weight, first)` of the rows as given.

        `first` is the position of the first row of the block.
        """
        raise NotImplementedError

    def first(self):
        """The first block: tells shapes, namespace, device and dtype."""
        return self._as_seen(*self.first_given())

    @allowing_underflow
    def sum(self, f):
        """Sum over blocks of the statistic `f(X, y, weight)`, folded pairwise by block index."""
        return self.sum_given(partial(_of_the_seen, f, self.prepare))

    def seen(self, prepare, length=None):
        """The same rows, seen in another way, in blocks of their own length."""
        new = copy.copy(self)
        new._whole = None
        new.prepare, new.length = prepare, length or block_length(self.first_given()[0])
        return new

    def columns(self):
        """What the scaling of the columns is learnt from: a table or its blocks, and weights."""
        return self._side(_columns_alone, lambda n_features: slice(0, n_features)), None

    def targets(self):
        """What the scaling of the targets is learnt from, as `columns`."""
        return self._side(_targets_alone, lambda n_features: slice(n_features, None)), None

    def _side(self, prepare, own):
        """Columns or targets alone; moments are learnt of both in the same passes."""
        X, y, _ = self.first_given()
        if is_sparse(X):
            # Targets are dense beside it: in blocks of their own length.
            return self.seen(prepare, block_length(prepare(X, y)[0]))
        side = self.seen(prepare)
        side._whole = self, own(X.shape[1])
        return side

    def moments(self, find):
        """What `find(blocks)` learns of the columns that are seen, a tuple with arrays of these."""
        if self._whole is None:
            return find(self)
        rows, own = self._whole
        both = rows._once("moments", lambda: find(rows.seen(_side_by_side)))
        return tuple(table[own] for table in both)

    @property
    def shape(self):
        """Of the table that is seen."""
        return self.n_rows, self.first()[0].shape[1]

    def distinct(self, most):
        """Positions of the distinct rows of weight above zero, and weights (see `DistinctRows`).

        Of more than `most` a sample of `most` rows, with weights that stand for all. Rows are told
        apart as they are given, not as they are prepared.

        Returns
        -------
        rows, weight : ndarray
            On the host.
        """
        buckets = self.sum_given(bucketed) if self.n_rows > most else None
        found = self.sum_given(partial(kept, buckets=buckets, most=most))
        return found.sample(self.total_weight())

    def n_distinct(self, most):
        """Number of distinct rows of weight above zero, counted up to `most`."""
        few = hashed(*self.first_given(), 0, most)
        return most if len(few) == most else len(self.sum_given(partial(hashed, most=most)))

    def n_groups(self):
        """Sum of the weights of the groups; None where rows are in none."""

    def total_weight(self):
        """Sum of the weights of all rows."""
        if not self.is_weighted:
            return float(self.n_rows)
        return self._once("weight", lambda: float(self.sum_given(_weight)))

    def some(self, rows):
        """A few rows, chosen by position on the host, with their own weights."""
        X, y, weight = put_together(self.sum_given(partial(picked, rows=rows)), rows)
        return ArrayBlocks(X, y, weight, prepare=self.prepare, length=self.length)

    def take(self, rows, weight):
        """A few rows, chosen by position on the host, with weights given on the host."""
        taken = self.some(rows)
        return taken.with_weight(like(weight, taken.X))

    def _as_seen(self, X, y, weight):
        return _as_seen(self.prepare, X, y, weight)


def rows_of(rows, X, y, weight):
    """A slice of the rows of tables (y may be None), and their weights: ones if those are None."""
    X, y = dense_if_narrow(X[rows, ...]), None if y is None else y[rows, ...]
    return X, y, ones(X.shape[:1], X) if weight is None else weight[rows, ...]


def _as_seen(prepare, X, y, weight):
    """Raw rows of a block as a model sees them."""
    y = None if y is None else row_major(like(y, X))
    if prepare is not None:
        X, y = prepare(X, y)
    return X, y, weight


def _of_the_seen(f, prepare, X, y, weight, first):
    return f(*_as_seen(prepare, X, y, weight))


def _columns_alone(X, y):
    return X, None


def _targets_alone(X, y):
    return y, None


def _side_by_side(X, y):
    return array_namespace(X).concat([X, y], axis=1), None


def _weight(X, y, weight, first):
    return array_namespace(weight).sum(weight)


def in_threads(task, items, n_jobs):
    """Results of `task(*item)` for every item, in their order, by threads that share the cores."""
    n_threads = 1 if n_jobs is None else _sharing_memory().effective_n_jobs(n_jobs)
    with one_blas_thread:
        if n_threads == 1:
            yield from (task(*item) for item in items)
        else:
            yield from _in_order(task, iter(items), n_threads)


def _sharing_memory():
    """The backend of joblib that is in force for threads."""
    return get_active_backend(require="sharedmem")[0]


def _in_order(task, items, n_threads):
    """Results as those of `in_threads`, of more than one thread.

    The thread that asks for them is one of these, and the only one that reads items. joblib would
    have it wait: one thread more that wants the interpreter, which all want between any two
    operations, and more items under way than there are cores.
    """
    begun = deque()
    pool = ThreadPoolExecutor(n_threads - 1, initializer=partial(set_config, **get_config()))
    try:
        while True:
            for item in islice(items, 2 * n_threads - len(begun)):
                begun.append((pool.submit(copy_context().run, task, *item), item))
            if not begun:
                return
            place = None if begun[0][0].done() else _taken_back(begun)
            if place is None:
                yield begun.popleft()[0].result()
            else:
                begun[place] = _done(task(*begun[place][1])), None
    finally:
        pool.shutdown(cancel_futures=True)


def _taken_back(begun):
    """Place of the first item that no thread works at, and that none will; None without any."""
    return next((place for place, (future, _) in enumerate(begun) if future.cancel()), None)


def _done(result):
    future = Future()
    future.set_result(result)
    return future


def in_processes(task, items, n_jobs):
    """Results of `task(*item)` for a list of items, in their order, by processes kept for the next.

    Raises
    ------
    ValueError
        If an item cannot be sent there.
    """
    parallel = Parallel(n_jobs=min(effective_n_jobs(n_jobs), len(items)), prefer="processes")
    try:
        return parallel(delayed(task)(*item) for item in items)
    except PicklingError as error:
        raise ValueError(
            f"n_jobs={n_jobs} was given, but some part of the model cannot be sent to another "
            f"process ({error}). Pass n_jobs=None, or parts that can be pickled."
        ) from error


class ArrayBlocks(Blocks):
    """Blocks of arrays in memory, or of what is sliced like them (memory maps).

    Parameters
    ----------
    X : array of shape (n_samples, n_features)
        The raw columns; never copied as a whole.
    y : array of shape (n_samples, ...) or None
        The raw targets; blocks of them have the dtype of X.
    weight : array of shape (n_samples,) or (n_samples, n_experts) or None
        Row weights, or given responsibilities that carry them; None means one for every row.
    prepare : callable or None
    length : int or None
        Rows in a block; None takes the constant of the device.
    n_jobs : int or None
        Threads that share the blocks. The result has the same bits for any number.
    grouped : bool
        Whether rows are in groups, which no block cuts: the last column of y is 1 where one begins.
    order : ndarray of int or None
        Positions that the rows have had where they were given, if they have been put in order.
    """

    is_array = True

    def __init__(
        self,
        X,
        y=None,
        weight=None,
        *,
        prepare=None,
        length=None,
        n_jobs=None,
        grouped=False,
        order=None,
    ):
        self.X = csr_array(X) if is_sparse(X) else X
        self.y, self.weight = y, weight
        self.prepare = prepare
        self.length = length or block_length(X)
        self.n_jobs = n_jobs
        self.grouped, self.order = grouped, order
        self._kept, self._edges = {}, None

    def _like(self, X, y, weight, **changed):
        """Other rows that are seen in the same way."""
        known = {name: getattr(self, name) for name in ("prepare", "length", "n_jobs", "grouped")}
        return ArrayBlocks(X, y, weight, **{**known, **changed})

    @property
    def n_rows(self):
        """Number of rows."""
        return self.X.shape[0]

    @property
    def is_weighted(self):
        """Whether weights were given."""
        return self.weight is not None

    @property
    def is_on_host(self):
        """Whether the rows are NumPy's, or sparse ones of SciPy, which any process can read."""
        return is_on_host(self.X)

    def unseen(self):
        """The same rows, nothing kept of what has been prepared."""
        return self.seen(self.prepare, self.length)

    def __len__(self):
        return len(self.edges) - 1 if self.grouped else -(-self.X.shape[0] // self.length)

    @property
    def begins(self):
        """Positions of the first rows of groups, on the host."""
        return begins_of(self.y)

    @property
    def edges(self):
        """Where blocks of groups begin, and where the last one ends."""
        if self._edges is None:
            self._edges = edges_of(self.begins, self.n_rows, self.length)
        return self._edges

    def __iter__(self):
        for index in range(len(self)):
            yield self._block(index)

    def seen(self, prepare, length=None):
        """The same rows, seen in another way."""
        length = length or block_length(self.X)
        changed = {"prepare": prepare, "length": length, "order": self.order}
        return self._like(self.X, self.y, self.weight, **changed)

    def columns(self):
        """The columns and the weights themselves."""
        return self.X, self.weight

    def targets(self):
        """The targets and the weights themselves."""
        return self.y, self.weight

    def first_given(self):
        """The first block as it is given."""
        return self._given(self._rows(0))

    def first(self):
        """The first block."""
        return self._block(0)

    def whole(self):
        """All rows as one block, for few rows."""
        return self.first() if len(self) == 1 else self._prepared(slice(0, self.X.shape[0]))

    def with_weight(self, weight):
        """The same rows with other weights or with given responsibilities."""
        new = self._like(self.X, self.y, weight, order=self.order)
        # What has been prepared does not depend on them.
        for index, block in self._kept.items():
            rows = self._rows(index)
            new._kept[index] = block and (*block[:2], rows_of(rows, self.X, None, weight)[2])
        return new

    def some(self, rows):
        """A few rows, chosen by position on the host, with their own weights."""
        taken = (None if x is None else take_rows(x, rows) for x in (self.X, self.y, self.weight))
        return self._like(*taken)

    def within_groups(self, rows):
        """The same rows, those of every group in another order (positions on the host)."""
        new, xp = self.some(rows), array_namespace(self.y)
        # Groups begin where they did.
        new.y = xp.concat([new.y[:, :-1], self.y[:, -1:]], axis=1)
        return new

    def at_hand(self):
        """The same rows, prepared once and for all where that takes little room."""
        X, _, _ = self.first()
        if is_sparse(X) or X.shape[1] * self.n_rows > _KEPT_NUMBERS:
            return self
        X, y = self.map(lambda X, y, weight: (X, y))
        return self._like(X, y, self.weight, prepare=None)

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

    def group_codes(self):
        """Number of the group (n,), on the host, of every row in the order given."""
        return self.as_given(codes_of(self.begins, self.n_rows))

    def n_groups(self):
        """Sum of the weights of the groups; None where rows are in none."""
        return float(host(take_rows(self.weights(), self.begins)).sum()) if self.grouped else None

    def distinct(self, most):
        """Positions of the distinct rows of weight above zero, and weights; of whole groups."""
        if not self.grouped:
            return super().distinct(most)
        return distinct_groups(self._all_given(), self.begins, self.weights(), most)

    def n_distinct(self, most):
        """Number of distinct rows of weight above zero, counted up to `most`; of groups, theirs."""
        if self.grouped:
            return min(len(self.begins), most)
        few = ArrayBlocks(self.X, self.y, self.weight, length=_COUNTED_ROWS)
        return count_distinct((hashed(*block, most) for block in few._all_given()), most)

    def weights(self):
        """Weights of all rows."""
        return ones(self.X.shape[:1], self.X) if self.weight is None else self.weight

    def total_weight(self):
        """Sum of the weights of all rows."""
        if self.weight is None:
            return float(self.X.shape[0])
        parts = (self.weight[self._rows(index), ...] for index in range(len(self)))
        return float(fold(array_namespace(part).sum(part) for part in parts))

    def shuffled(self, random_state):
        """Positions of the rows of weight above zero, on the host, in random order."""
        order = random_state.permutation(self.X.shape[0])
        return order if self.weight is None else order[host(self.weight)[order] > 0]

    @allowing_underflow
    def sum(self, f):
        """Sum over blocks of the statistic `f(X, y, weight)`, folded pairwise by block index."""
        if len(self) == 1:
            return f(*self._block(0))
        return fold(self._each(lambda index: f(*self._block(index))))

    @allowing_underflow
    def map(self, f):
        """Results of `f(X, y, weight)`, one row per row of data, put under one another.

        Where f gives a tuple of tables, a tuple.
        """
        table = filled(self._each(lambda index: f(*self._block(index))), self.X.shape[0])
        return self.as_given(table)

    def as_they_stand(self):
        """The same rows, of which answers come in the order that they have here."""
        return self._like(self.X, self.y, self.weight)

    def as_given(self, table):
        """A table of these rows in the order that they were given in; None is None."""
        return table if table is None or self.order is None else back(table, self.order)

    def in_order(self, table):
        """A table of the rows as given, on any device, in the order of these rows; None is None."""
        return table if table is None or self.order is None else take_rows(table, self.order)

    @allowing_underflow
    def sum_given(self, f):
        """Sum over blocks of `f(X, y, weight, first)` of the rows as given."""
        return fold(in_threads(f, self._all_given(), self.n_jobs))

    def _all_given(self):
        for index in range(len(self)):
            rows = self._rows(index)
            yield *self._given(rows), rows.start

    def _rows(self, index):
        """Where the rows of a block stand."""
        if self.grouped:
            return slice(*self.edges[index : index + 2])
        return slice(index * self.length, min((index + 1) * self.length, self.X.shape[0]))

    def _given(self, rows):
        return rows_of(rows, self.X, self.y, self.weight)

    def _block(self, index):
        if (block := self._kept.get(index)) is None:
            block = self._prepared(self._rows(index))
            # A block that is looked at but once, as in a prediction, is not worth its room.
            again = index in self._kept and self._has_room_for(index, block[0])
            self._kept[index] = block if again else None
        return block

    @staticmethod
    def _has_room_for(index, X):
        """Whether all blocks up to that one, as long as it, may be kept."""
        room = not is_sparse(X) and (index + 1) * X.shape[0] * X.shape[1] <= _KEPT_NUMBERS
        return room or index < _KEPT_BLOCKS

    def _prepared(self, rows):
        return self._as_seen(*self._given(rows))

    def _each(self, task):
        """Results of `task(index)` for every block, in their order."""
        jobs = None if len(self) == 1 else self.n_jobs
        return in_threads(task, ((index,) for index in range(len(self))), jobs)
