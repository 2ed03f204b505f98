"""What a person should know of the rows that a fit was given: warnings with number and remedy."""

import math

import numpy as np

from .._rows.arrays import array_namespace, host, is_sparse
from .._rows.weights import largest_total
from ..exceptions import LostDigitsWarning, RowWeightWarning

__all__ = ["check_reach", "check_sound", "data_diagnosis"]

# Steps between neighbouring numbers in a standard deviation, with fewer of which digits are lost.
_FEWEST_STEPS = 20

_MOST_NAMES = 10


def check_reach(X, targets, units):
    """Raise if rows that a stream goes on with are so far from its first that squares overflow."""
    for what, values, scaling in (("X", X, units.X), ("y", targets, units.y)):
        if scaling is None or is_sparse(values):
            continue
        xp = array_namespace(values)
        known = xp.where(xp.isnan(values), scaling.center, values)
        # Halves: between the largest numbers of both signs the distance itself would overflow.
        if bool(xp.all(xp.abs(known / 2 - scaling.center / 2) <= scaling.reach / 2)):
            continue
        raise ValueError(
            f"{what} of this batch reaches {float(xp.max(xp.abs(known))):.3g}, too far from the "
            "first batch for squares of the distance to be numbers; the mixture stays as it was. "
            "Leave out such rows, or begin a new stream in other units."
        )


def check_sound(mixture, objective, what):
    """Raise rather than give a mixture that is no number."""
    xp = array_namespace(mixture.params)
    if not (math.isfinite(objective) and bool(xp.all(xp.isfinite(mixture.params)))):
        raise ValueError(
            f"The {what} has ended with an objective of {objective:.3g} and parameters that are "
            "no numbers; nothing has been changed. Values of X or y may be too large for "
            f"{mixture.params.dtype}, or an expert or gate of your own may have given NaN: pass "
            "float64, divide by a number, or leave out rows."
        )


def data_diagnosis(data, weighted, mixture, units, names):
    """Kinds and texts of what a person should be warned about.

    Parameters
    ----------
    data : Data
        Checked rows, with weights that count rows.
    weighted : bool
        Whether the rows were given weights.
    mixture : Mixture
    units : Units
    names : sequence of str or None
        Names of the columns.

    Returns
    -------
    list of (type, str)
    """
    found = list(_of_the_digits(units, names))
    if weighted:
        found += _of_the_weight(data.weight, mixture)
    return found


def _of_the_digits(units, names):
    """Of numbers with an offset that leaves too few digits to what varies."""
    for what, scaling in (("columns", units.X), ("targets", units.y)):
        if scaling is None:
            continue
        center, spread = host(scaling.center), host(scaling.spread)
        kind = np.finfo(center.dtype)
        step = np.maximum(kind.eps * np.abs(center), kind.smallest_subnormal)
        lost = np.flatnonzero(spread / _FEWEST_STEPS < step)
        if len(lost) == 0:
            continue
        known = names if what == "columns" and names is not None else range(len(center))
        told = [known[i] for i in lost[:_MOST_NAMES]]
        more = f" and {len(lost) - len(told)} more" if len(lost) > len(told) else ""
        yield (
            LostDigitsWarning,
            f"The {what} {told}{more} have lost their digits: in {kind.dtype}, a standard "
            f"deviation is {(spread[lost] / step[lost]).min():.2g} steps between neighbouring "
            "numbers. Pass float64, or subtract their offset before that; leave out what varies by "
            "rounding alone.",
        )


def _of_the_weight(weight, mixture):
    """Of weights that hold fewer rows than there are parameters, or do not count rows."""
    xp = array_namespace(weight)
    total, rows = float(xp.sum(weight)), int(xp.sum(xp.astype(weight > 0, xp.int64)))
    most = largest_total(weight.dtype, xp)
    if total > 0.99 * most:
        yield (
            RowWeightWarning,
            f"sample_weight sums to more than {most:.3g} rows and counts as so many, beside which "
            "no penalty tells any more. A weight of 2 is the row twice; if yours are relative, "
            "divide them by their mean.",
        )
    if total < min(rows, mixture.n_parameters()):
        yield (
            RowWeightWarning,
            f"sample_weight sums to {total:.3g} over {rows} rows: fewer rows than the "
            f"{mixture.n_parameters()} parameters, so that the penalties outweigh the data. A "
            "weight of 2 is the row twice; if yours are relative, divide them by their mean.",
        )
