"""What is refused rather than learnt: rows out of reach, and mixtures that are no numbers."""

import math

from .._rows.arrays import array_namespace, is_sparse

__all__ = ["check_reach", "check_sound"]


def check_reach(X, targets, units):
    """Raise if rows that a stream goes on with are so far from its first that squares overflow."""
    for what, values, scaling in (("X", units.columns(X), units.X), ("y", targets, units.y)):
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
            f"The {what} has ended with an objective of {objective:.3g}, or with parameters that "
            "are no numbers; nothing has been changed. Values of X or y may be too large for "
            f"{mixture.params.dtype}, or an expert or gate of your own may have given NaN: pass "
            "float64, divide by a number, or leave out rows."
        )
