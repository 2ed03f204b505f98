"""What a person should know of the rows that a fit was given: warnings with number and remedy."""

from functools import partial

import numpy as np

from .._rows.arrays import array_namespace, host
from .._rows.weights import largest_total
from ..exceptions import (
    AtomWarning,
    EmptyClassWarning,
    LostDigitsWarning,
    RowWeightWarning,
    TooManyParametersWarning,
)

__all__ = ["data_diagnosis", "is_free", "lost_digits"]

# Steps between neighbouring numbers in a standard deviation, with fewer of which digits are lost.
_FEWEST_STEPS = 20

_MOST_NAMES = 10

# Part of the targets that are one number of which is always told, and part of the largest scale
# from which on an expert's may be a spike on fewer.
_LARGE_ATOM, _SPIKE = 0.1, 1 / 3


def data_diagnosis(rows, weighted, mixture, units, state):
    """Kinds and texts of what the rows cannot tell, whatever a climb does.

    Parameters
    ----------
    rows : Blocks
        Checked, as given, with weights that count rows.
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
    names = state.get("feature_names_in_", range(state["n_features_in_"]))
    yield from lost_digits(units, names)
    if weighted:
        yield from _of_the_weight(rows, mixture)
    if "classes_" in state and rows.is_weighted:
        yield from _of_the_classes(rows, host(state["classes_"]))
    yield from _of_the_number(rows, mixture)
    yield from _of_the_levels(rows.n_rows, state.get("_categories", {}).values())
    yield from _of_the_atoms(mixture.expert)


def _of_the_levels(n_rows, categories):
    """Of features with a level for next to every row, which the experts then know by heart."""
    for own in categories:
        if 2 * len(own.levels) > n_rows:
            yield (
                TooManyParametersWarning,
                f"The column {own.name!r} has {len(own.levels)} levels in {n_rows} rows, and every "
                "level has coefficients: rows are known by heart, and others not at all. Drop the "
                "column, or encode it before the mixture (scikit-learn's TargetEncoder).",
            )


def lost_digits(units, names, dtype=None):
    """Of numbers with an offset that leaves too few digits to what varies.

    Parameters
    ----------
    units : Units
    names : sequence
        Names of the columns that the rows were given with.
    dtype : dtype or None, default=None
        Of the numbers; None takes that of the fit.

    Yields
    ------
    type, str
    """
    names = units.column_names(names)
    for what, scaling in (("columns", units.X), ("targets", units.y)):
        if scaling is None:
            continue
        center, spread = host(scaling.center), host(scaling.spread)
        kind = np.finfo(center.dtype if dtype is None else dtype)
        step = np.maximum(kind.eps * np.abs(center), kind.smallest_subnormal)
        # Targets that do not vary keep a spread of one.
        varies = (spread != 1.0) | (what == "columns")
        lost = np.flatnonzero((spread / _FEWEST_STEPS < step) & varies)
        if len(lost) == 0:
            continue
        known = names if what == "columns" else range(len(center))
        told = [known[i] for i in lost[:_MOST_NAMES]]
        more = f" and {len(lost) - len(told)} more" if len(lost) > len(told) else ""
        yield (
            LostDigitsWarning,
            f"The {what} {told}{more} have lost their digits: in {kind.dtype}, a standard "
            f"deviation is {(spread[lost] / step[lost]).min():.2g} steps between neighbouring "
            "numbers. Pass float64, or subtract their offset before that; leave out what varies by "
            "rounding alone.",
        )


def _of_the_atoms(expert):
    """Of one number that many targets are, among others that have a density."""
    family, scale = expert.family, getattr(expert, "scale", None)
    for output, tied in enumerate(family.ties):
        if tied.atom is None:
            continue
        value, share = tied.atom
        own = np.ones(1) if scale is None else host(scale)[:, output]
        least = float(own.min() / own.max())
        if share < _LARGE_ATOM and least > _SPIKE:
            continue
        of = f" of output {output}" if family.n_outputs > 1 else ""
        told = f", and the smallest scale is {least:.2g} of the largest" if least <= _SPIKE else ""
        yield (
            AtomWarning,
            f"{100 * share:.2g} % of the targets{of} are exactly {value:.6g}{told}: such an atom "
            "has a probability and no density, and an expert that puts a spike on it makes log "
            f"densities mean little. Classify y == {value:.6g} first and fit the other rows "
            "alone, let experts share a scale (Gaussian(scale='shared')), or use "
            "family='poisson' for counts and 'tweedie' for amounts from 0 on.",
        )


def _of_the_weight(rows, mixture):
    """Of weights that hold fewer rows than there are parameters, or do not count rows."""
    total, rows = (float(own) for own in rows.sum_given(_total_and_number))
    most = largest_total(mixture.params.dtype, array_namespace(mixture.params))
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
            f"sample_weight sums to {total:.3g} over {rows:.0f} rows: fewer rows than the "
            f"{mixture.n_parameters()} parameters, so that the penalties outweigh the data. A "
            "weight of 2 is the row twice; if yours are relative, divide them by their mean.",
        )


def _total_and_number(X, y, weight, first):
    """Total weight, and number of rows that have some."""
    xp = array_namespace(weight)
    return xp.sum(weight), xp.sum(xp.astype(weight > 0, xp.int64))


def _of_the_classes(rows, labels):
    """Of classes that all rows of have weight zero."""
    weight = rows.sum_given(partial(_weight_by_class, n_classes=len(labels)))
    if empty := labels[weight <= 0].tolist():
        yield (
            EmptyClassWarning,
            f"The classes {empty} have no row of weight above 0, and are not predicted. Leave "
            "out their rows, or give them weight.",
        )


def _weight_by_class(X, y, weight, first, n_classes):
    return np.bincount(host(y)[:, 0].astype(int), weights=host(weight), minlength=n_classes)


def _of_the_number(rows, mixture):
    """Of fewer distinct rows than parameters that nothing else holds."""
    free = [part for part in mixture.inside if part.has_statistics and is_free(part)]
    n_parameters = sum(part.n_parameters() for part in free)
    n_rows = rows.n_distinct(n_parameters)
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
