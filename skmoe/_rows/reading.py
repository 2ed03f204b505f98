"""Blocks of rows that are read anew for every pass, in batches of any size."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from sklearn import config_context, get_config

from .arrays import allowing_underflow, concat_rows
from .blocks import Blocks, in_threads, rows_of
from .statistics import fold

__all__ = ["ReaderBlocks", "ahead"]

_END = object()


def ahead(items):
    """The items of an iterator, of which the next is made in a thread while one is in use."""
    items, settings = iter(items), get_config()

    def following():
        # The settings of scikit-learn are each thread's own.
        with config_context(**settings):
            return next(items, _END)

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(following)
        try:
            while (item := future.result()) is not _END:
                future = pool.submit(following)
                yield item
        finally:
            # Whoever stops early must not leave a file open.
            pool.submit(getattr(items, "close", int))


class ReaderBlocks(Blocks):
    """Blocks of rows that come in batches, of which no more than two or three are held at once.

    Blocks are cut across the borders of batches: they are those of the same rows in memory, and
    so are the bits of their sums.

    Parameters
    ----------
    batches : callable
        Without arguments; gives a fresh iterator of checked batches, X, y and weight (or None), of
        the same rows in the same order every time.
    n_rows : int
    is_weighted : bool
    length : int
        Rows in a block.
    n_jobs : int or None
        Threads that share the blocks of a batch.
    """

    def __init__(self, batches, n_rows, is_weighted, length, n_jobs=None):
        self.batches, self.n_rows, self.is_weighted = batches, n_rows, is_weighted
        self.length, self.n_jobs = length, n_jobs
        super().__init__()
        self._known["told"] = int

    def tell(self, told):
        """Call `told(n_rows)` of every batch that is read from now on."""
        self._known["told"] = told

    @allowing_underflow
    def sum_given(self, f):
        """Sum over blocks of `f(X, y, weight, first)` of the rows as given."""
        with closing(self._given()) as blocks:
            return fold(in_threads(f, blocks, self.n_jobs))

    def _first_given(self):
        with closing(self._given()) as blocks:
            return next(blocks)[:3]

    def _given(self):
        """Blocks as they are given: X, y, weight, and the position of the first row."""
        first, rest = 0, None
        with closing(self.batches()) as batches:
            for batch in batches:
                self._known["told"](batch[0].shape[0])
                for block in self._cut(rest, batch):
                    if block[0].shape[0] < self.length:
                        rest = block
                        break
                    yield *block, first
                    first += self.length
                else:
                    rest = None
        if rest is not None:
            yield *rest, first

    def _cut(self, rest, batch):
        """Blocks of a batch, after what is left of the one before; the last may be short."""
        start, n_rows = 0, batch[0].shape[0]
        if rest is not None:
            start = min(self.length - rest[0].shape[0], n_rows)
            head = rows_of(slice(0, start), *batch)
            yield tuple(concat_rows([x, more]) for x, more in zip(rest, head, strict=True))
        for begin in range(start, n_rows, self.length):
            yield rows_of(slice(begin, min(begin + self.length, n_rows)), *batch)
