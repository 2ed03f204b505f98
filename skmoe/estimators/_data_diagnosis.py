"""What a person should know of the rows that a fit was given: warnings with number and remedy."""

import numpy as np

from .._rows.arrays import array_namespace, host
from .._rows.weights import largest_total
from ..exceptions import (
    EmptyClassWarning,
    LostDigitsWarning,
    RowWeightWarning,
    TooManyParametersWarning,
)

__all__ = ["data_diagnosis", "is_free"]

# Steps between neighbouring numbers in a standard deviation, with fewer of which digits are lost.
_FEWEST_STEPS = 20

_MOST_NAMES = 10


def data_diagnosis(data, weighted, mixture, units, state):
    """Kinds and texts of what the rows cannot tell, whatever a climb does.

    Parameters
    ----------
    data : Data
        Checked rows, with weights that count rows.
    weighted : bool
        Whether the rows were given weights.
    mixture : Mixture
    units : Units
    state : dict
        What is known of the columns and the classes, by the attribute that tells it.

    Yields
    ------
    type, str
    """
    yield from _of_the_digits(data.y, units, state.get("feature_names_in_"))
    if weighted:
        yield from _of_the_weight(data.weight, mixture)
    if "classes_" in state and data.weight is not None:
        yield from _of_the_classes(data, host(state["classes_"]))
    yield from _of_the_number(data, mixture)


def _of_the_digits(y, units, names):
    """Of numbers with an offset that leaves too few digits to what varies."""
    # Targets that do not vary keep a spread of one.
    varies = {"columns": True, "targets": host(array_namespace(y).any(y != y[:1, :], axis=0))}
    for what, scaling in (("columns", units.X), ("targets", units.y)):
        if scaling is None:
            continue
        center, spread = host(scaling.center), host(scaling.spread)
        kind = np.finfo(center.dtype)
        step = np.maximum(kind.eps * np.abs(center), kind.smallest_subnormal)
        lost = np.flatnonzero((spread / _FEWEST_STEPS < step) & varies[what])
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


def _of_the_classes(data, labels):
    """Of classes that all rows of have weight zero."""
    codes = host(data.y)[:, 0].astype(int)
    weight = np.bincount(codes, weights=host(data.weight), minlength=len(labels))
    if empty := labels[weight <= 0].tolist():
        yield (
            EmptyClassWarning,
            f"The classes {empty} have no row of weight above 0, and are not predicted. Leave "
            "out their rows, or give them weight.",
        )


def _of_the_number(data, mixture):
    """Of fewer distinct rows than parameters that nothing else holds."""
    free = [part for part in mixture if part.has_statistics and is_free(part)]
    n_parameters = sum(part.n_parameters() for part in free)
    n_rows = data.n_distinct(n_parameters)
    if n_rows < n_parameters:
        yield (
            TooManyParametersWarning,
            f"{n_parameters} parameters without a penalty were fitted to {n_rows} distinct rows, "
            "which do not determine them. Use a penalty (alpha='auto', or a number above 0), fewer "
            "experts or fewer columns.",
        )


def is_free(part):
    """Whether no penalty holds the coefficients of a part: there is none on others either."""
    return float(part.with_params(part.params + part.coefficients).log_prior()) == 0
