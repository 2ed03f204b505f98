"""What values have in common: the step of a grid that they lie on, or an atom among them."""

from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .arrays import host
from .blocks import ArrayBlocks, Blocks
from .distinct import evenly_kept, row_hashes

__all__ = ["Ties", "learn_ties"]

# Distinct values that are looked at; of more, those of the smallest hashes.
_MOST = 1024

# Values whose hashes end alike share a bucket: all but a number of heavy ones are spread evenly.
_BUCKETS = 4096

# Rows per distinct value, without those of the heaviest, from which values are tied.
_TIED = 2.5

# The heaviest values, between which steps are looked for.
_HEAVIEST = 64

# Part of the rows, without those of the heaviest value, that lie on a grid, and distance from a
# point of it, in steps, of a value that does.
_ON_GRID, _NEAR = 0.9, 1e-3

# Steps from the heaviest value up to which a step is fitted, by turns: ever farther, ever finer.
_REACHES = (8, 64, 512, 4096, 32768)

# Distance from a point of the grid, in steps, of values that a step is fitted to.
_ABOUT = 0.1

# Rounding units of the largest value that a value may be off.
_ROUNDING = 4

# Rows of one value, and part of all rows, that are an atom.
_ATOM_ROWS, _ATOM_SHARE = 10, 0.02


class Ties(NamedTuple):
    """What the values of a column have in common.

    Attributes
    ----------
    spacing : float
        Largest step of a grid that nearly all values lie on, with some rows on the same points;
        0.0 if there is none.
    atom : tuple of float or None
        Of values on no grid, the one that most rows have, and their share; None if it is small.
    """

    spacing: float
    atom: Any


class _Tally(NamedTuple):
    """Weights by the bucket of a value's hash, and distinct values with theirs; additive."""

    buckets: Any
    distinct: Any


def learn_ties(values, weight=None):
    """What the values of every column have in common.

    It depends on the distinct values and on the weight that each has: not on the order of the
    rows, nor on what holds them, nor on whether a row is repeated or weighted.

    Parameters
    ----------
    values : array of shape (n_samples, n_columns) or Blocks
        Finite numbers. Blocks, which have their weights, of a table that is not at hand.
    weight : array of shape (n_samples,) or None

    Returns
    -------
    list of Ties

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe._rows.ties import learn_ties
    >>> learn_ties(np.round(np.linspace(3, 8, 60)[:, None] * 2) / 2)
    [Ties(spacing=0.5, atom=None)]
    """
    blocks = values if isinstance(values, Blocks) else ArrayBlocks(values, None, weight)
    kind = host(blocks.first()[0][:1, ...]).dtype
    epsilon = np.finfo(np.result_type(kind, np.float32)).eps
    return [
        _ties(blocks, column, tally, epsilon)
        for column, tally in enumerate(blocks.sum(partial(_tallied, bucket=None)))
    ]


def _tallied(table, _, weight, bucket):
    """Tallies of all columns of a block, of the values in a bucket alone if that is given."""
    weight = host(weight).astype(float)
    counted = weight > 0
    table, weight = host(table)[counted].astype(float), weight[counted]
    return tuple(_tally(values, weight, bucket) for values in table.T)


def _tally(values, weight, bucket):
    # Of minus zero the sum is zero.
    values = values + 0.0
    hashes = row_hashes(values[:, None])
    place = (hashes % np.uint64(_BUCKETS)).astype(int)
    own = slice(None) if bucket is None else place == bucket
    return _Tally(
        np.bincount(place, weight, minlength=_BUCKETS),
        evenly_kept(hashes[own], weight[own], values[own], _MOST),
    )


def _ties(blocks, column, tally, epsilon):
    values, weight = _in_order(tally.distinct)
    if np.ptp(values * _ABOUT) <= _ROUNDING * epsilon * np.abs(values).max():
        # All one value, but for rounding.
        return Ties(0.0, None)
    if (step := _grid(values, weight, epsilon)) > 0:
        return Ties(step, None)
    total, bucket = tally.buckets.sum(), int(tally.buckets.argmax())
    least = max(_ATOM_ROWS, _ATOM_SHARE * total)
    if len(values) > _MOST and tally.buckets[bucket] >= least:
        # The heaviest value may not be among those kept.
        tallies = blocks.sum(partial(_tallied, bucket=bucket))
        values, weight = _in_order(tallies[column].distinct)
    heaviest = int(weight.argmax())
    if weight[heaviest] < least:
        return Ties(0.0, None)
    return Ties(0.0, (float(values[heaviest]), float(weight[heaviest] / total)))


def _in_order(distinct):
    """Distinct values from the smallest on, and their weights."""
    order = np.argsort(distinct.rows)
    return distinct.rows[order], distinct.weight[order]


def _grid(values, weight, epsilon):
    """The largest step of which nearly all values are whole multiples apart; 0.0 for none."""
    heaviest = np.argsort(-weight, kind="stable")[:_HEAVIEST]
    rest = weight.copy()
    rest[heaviest[0]] = 0.0
    if rest.sum() < _TIED * (len(values) - 1):
        return 0.0
    # A power of two changes no digit.
    unit = np.exp2(np.frexp(np.abs(values).max())[1] - 1)
    values = values / unit
    distance = values - values[heaviest[0]]
    gaps = np.unique(np.diff(np.sort(values[heaviest])))
    # Gaps of 2 and 3 steps tell the step, too.
    steps = np.unique(np.concatenate([gaps, np.diff(gaps)]))
    slack = _ROUNDING * epsilon
    steps = _fitted(steps[steps * _ABOUT > slack][:, None], distance)
    miss = np.abs(distance - steps * np.rint(distance / steps))
    share = (miss <= slack + _NEAR * steps) @ rest / rest.sum()
    return float(steps[share >= _ON_GRID].max(initial=0.0)) * float(unit)


def _fitted(steps, distance):
    """Steps (S, 1) by least squares, so that their rounding does not add up over many of them."""
    for reach in _REACHES:
        multiple = distance / steps
        whole = np.rint(multiple)
        used = (np.abs(multiple - whole) < _ABOUT) & (np.abs(whole) <= reach)
        whole = np.where(used, whole, 0.0)
        square = np.sum(whole * whole, axis=1, keepdims=True)
        new = np.sum(whole * distance, axis=1, keepdims=True) / np.maximum(square, 1.0)
        steps = np.where(square > 0, new, steps)
    return steps
