"""Rows gathered by the expert they count for, where most rows count for few experts.

A table of weights (n, K) that is nearly zero in most places makes most of a dense product idle.
Gathered, the product is a stack of K small ones. No entry is left out that would show: the
smallest kept is 1e-8 of its expert's largest.
"""

from typing import Any, NamedTuple

from .._rows.arrays import array_namespace, device, is_on_gpu, like

__all__ = ["Groups", "group_rows"]

_NEGLIGIBLE, _CLOSED = 1e-8, 1e6

# Fewer experts leave nothing to gain.
_FEWEST_EXPERTS = 4

# Largest share of the rows that the fullest expert may hold for the gathered product to be the
# faster one, and the width of a design below which gathering itself costs too much; measured
# with blocks of 2048 rows, 3 to 101 columns and 4 to 256 experts on a CPU.
_LARGEST_SHARE, _WIDTH = 0.3, 20

# So many rows, in even steps, are looked at to see whether it is worth looking at all.
_LOOKED_AT = 128


class Groups(NamedTuple):
    """Rows of every expert, as many as the fullest one has; those beyond its own count nothing.

    Attributes
    ----------
    rows : array of int of shape (K * length,)
    places : array of int of shape (K * length,)
        Where a group's weights stand in the flattened table (K, n).
    weight : array of shape (K, length)
    kept : array of bool of shape (K, n)
        Which entries of a table of weights the groups hold.
    """

    rows: Any
    places: Any
    weight: Any
    kept: Any

    def design(self, X):
        """Rows of the design for every expert, (K, D, length)."""
        xp = array_namespace(X)
        gathered = xp.take(X.T, self.rows, axis=1)
        stack = xp.reshape(gathered, (X.shape[1], *self.weight.shape))
        return xp.permute_dims(stack, (1, 0, 2))

    def own(self, table):
        """Every expert's own entries of a table (n, K, C), of shape (K, C, length)."""
        xp = array_namespace(table)
        columns = xp.permute_dims(table, (2, 1, 0))
        flat = xp.reshape(columns, (table.shape[2], -1))
        gathered = xp.reshape(xp.take(flat, self.places, axis=1), (-1, *self.weight.shape))
        return xp.permute_dims(gathered, (1, 0, 2))

    def spread(self, table):
        """Table (n, K, C) of the groups' entries (K, C, length), zero where there are none."""
        xp = array_namespace(table)
        experts, columns, length = table.shape
        flat = xp.reshape(xp.permute_dims(table, (1, 0, 2)), (columns, experts * length))
        flat = xp.concat([flat, xp.zeros_like(flat[:, :1])], axis=1)
        # Where every entry stands among the groups; after the last of them if nowhere.
        rank = xp.cumulative_sum(xp.astype(self.kept, xp.int64), axis=1) - 1
        first = length * xp.arange(experts, device=device(table))[:, None]
        slots = xp.where(self.kept, first + rank, experts * length)
        rows = xp.take(flat, xp.reshape(slots.T, (-1,)), axis=1)
        return xp.permute_dims(xp.reshape(rows, (columns, -1, experts)), (1, 2, 0))


def group_rows(weight, width):
    """Groups of the rows that count for every expert, or None where a dense product is faster.

    Parameters
    ----------
    weight : array of shape (n, K)
        How much every row counts for every expert, at least zero.
    width : int
        Columns of the design.

    Returns
    -------
    Groups or None
    """
    n, experts = weight.shape
    if experts < _FEWEST_EXPERTS or is_on_gpu(weight):
        return None
    share = min(_LARGEST_SHARE, (width / _WIDTH) ** 2)
    xp = array_namespace(weight)
    table = weight.T
    stride = max(n // _LOOKED_AT, 1)
    if _fullest(table[:, ::stride]) > share * (n // stride + 1):
        return None
    kept = _kept(table)
    (entries,) = xp.nonzero(xp.reshape(kept, (-1,)))
    expert = xp.arange(experts, device=device(weight))[:, None]
    ends = xp.searchsorted(entries, xp.reshape(n * (expert + 1), (-1,)))
    first = xp.concat([xp.zeros_like(ends[:1]), ends[:-1]])
    count = ends - first
    length = int(xp.max(count))
    if not 0 < length <= share * n:
        return None
    place = xp.arange(length, device=device(weight))[None, :]
    inside = place < count[:, None]
    at = xp.reshape(xp.where(inside, first[:, None] + place, 0), (-1,))
    rows = xp.take(entries, at) % n
    places = rows + xp.reshape(xp.broadcast_to(n * expert, (experts, length)), (-1,))
    own = xp.reshape(xp.take(xp.reshape(table, (-1,)), places), (experts, length))
    own = xp.where(inside, own, xp.zeros_like(own))
    return Groups(rows, places, own, kept)


def _kept(table):
    """Entries (K, n) that count; what is left of a closed expert's share (see `exp`) does not."""
    xp = array_namespace(table)
    least = like(_CLOSED * xp.finfo(table.dtype).smallest_normal, table)
    return table > xp.maximum(_NEGLIGIBLE * xp.max(table, axis=1, keepdims=True), least)


def _fullest(table):
    """Largest number of rows that count for one expert."""
    xp = array_namespace(table)
    return int(xp.max(xp.sum(xp.astype(_kept(table), xp.int64), axis=1)))
