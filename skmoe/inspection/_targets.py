"""Targets, and the values of y that a picture shows."""

import numpy as np
from sklearn.base import is_regressor

from .._rows.arrays import host
from ._rows import on_host
from ._style import check_mixture

__all__ = ["SHADES", "check_levels", "check_one_target", "flat_targets", "heights_of"]

# Heights at which a density is computed.
_HEIGHTS = 250

# A logarithmic density ends so many powers of ten below its peak.
_POWERS = 3


def _log_of_peak(density):
    return np.log10(np.maximum(density / density.max(), 10.0**-_POWERS))


# Scales of a density, and the words for them.
SHADES = {
    "sqrt": (np.sqrt, "square root of the density"),
    "log": (_log_of_peak, "log10 of the density, from its peak"),
    "linear": (np.asarray, "density"),
}


def check_one_target(regressor):
    """Raise unless `regressor` is a fitted mixture that predicts one number."""
    check_mixture(regressor)
    if not is_regressor(regressor):
        raise ValueError(
            f"A {type(regressor).__name__} was given; a regressor is allowed. For class "
            "probabilities use sklearn.inspection.DecisionBoundaryDisplay or "
            "sklearn.calibration.CalibrationDisplay."
        )
    if regressor._record.counted:
        raise ValueError(
            "The mixture was fitted to successes among trials, whose shares and numbers this "
            "picture does not tell apart. Use predict_dist(X, trials=...) and its cdf."
        )
    if not regressor._flat_targets:
        raise ValueError(
            f"The mixture was fitted with y of {regressor._n_outputs} columns; y of shape "
            "(n_samples,) is allowed. Fit one mixture for each target."
        )


def flat_targets(y):
    """Targets of shape (n_samples,) as a NumPy array of numbers."""
    return np.asarray(on_host(y), dtype=float).reshape(-1)


def check_levels(quantiles):
    """Levels as an increasing array between 0 and 1."""
    levels = np.asarray(quantiles, dtype=float)
    fine = levels.ndim == 1 and levels.size and 0 < levels[0] and levels[-1] < 1
    if not fine or (np.diff(levels) <= 0).any():
        raise ValueError(
            f"quantiles={quantiles!r} was given; increasing numbers between 0 and 1 are allowed, "
            "for example (0.05, 0.5, 0.95)."
        )
    return levels


def heights_of(law):
    """Values of y that the density is shown at: whole numbers for counts."""
    low, high = host(law.ppf(0.001)).min(), host(law.ppf(0.999)).max()
    heights = np.linspace(low, high, _HEIGHTS)
    return np.unique(heights.round()) if law.discrete else heights
