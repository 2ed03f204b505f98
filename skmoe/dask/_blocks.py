"""Blocks of rows that lie in partitions on the workers of a cluster."""

from functools import partial
from itertools import accumulate
from typing import Any, NamedTuple

from .._rows.arrays import allowing_underflow
from .._rows.blocks import Blocks, rows_of
from .._rows.statistics import Branches

__all__ = ["ClusterBlocks", "Partition"]


class Partition(NamedTuple):
    """Checked rows of a partition, of which there is at least one."""

    index: int
    X: Any
    y: Any
    weight: Any

    def blocks(self, length):
        """Its blocks: X, y, weight, and the position of the first row in the partition."""
        for start in range(0, self.X.shape[0], length):
            rows = slice(start, min(start + length, self.X.shape[0]))
            yield *rows_of(rows, *self[1:]), start


class ClusterBlocks(Blocks):
    """Blocks of the partitions that workers hold; what is asked of them goes to the rows.

    A block ends where its partition does. Where all partitions but the last are whole multiples
    of the length of a block, the blocks are those of the rows in memory, and so are the bits of
    their sums; for any number of workers the bits are the same.

    Parameters
    ----------
    workers : Workers
    parts : list
        What `workers` knows the partitions by (`Partition`), those without rows left out.
    sizes : list of int
        Rows of every partition, by index; 0 of those without.
    is_weighted : bool
    length : int
        Rows in a block.
    """

    def __init__(self, workers, parts, sizes, is_weighted, length):
        self.workers, self.parts, self.sizes = workers, parts, sizes
        self.n_rows, self.is_weighted, self.length = sum(sizes), is_weighted, length
        super().__init__()

    def _first_given(self):
        return self.workers.each(_first, self.parts[:1], self.length)[0]

    def sum_given(self, f):
        """Sum over blocks of `f(X, y, weight, first)` of the rows as given."""
        blocks = [-(-size // self.length) for size in self.sizes]
        first = list(zip(*(accumulate([0, *own]) for own in (blocks, self.sizes)), strict=True))
        return self.workers.fold(partial(_sums, f, self.length, first), self.parts).total()


def _first(part, length):
    return next(part.blocks(length))[:3]


@allowing_underflow
def _sums(f, length, first, part):
    """Sums of the blocks of a partition; `first` tells its first block and row, by index."""
    block, row = first[part.index]
    sums = Branches(block)
    for X, y, weight, start in part.blocks(length):
        sums.append(f(X, y, weight, row + start))
    return sums
