"""Blocks of rows that lie in partitions on the workers of a cluster."""

from functools import partial
from itertools import accumulate
from typing import Any, NamedTuple

from .._rows.arrays import allowing_underflow, block_length, ones
from .._rows.blocks import Blocks
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
            X, y = self.X[rows, ...], self.y[rows, ...]
            yield X, y, ones(X.shape[:1], X) if self.weight is None else self.weight[rows], start


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
    """

    def __init__(self, workers, parts, sizes, is_weighted):
        self.workers, self.parts, self.sizes = workers, parts, sizes
        self.n_rows, self.is_weighted = sum(sizes), is_weighted
        super().__init__()
        self.length = 1
        self.length = block_length(self.first_given()[0])

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
