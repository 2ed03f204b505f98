"""Penalties, fixed or estimated from the data."""

import math
from typing import NamedTuple

from .._rows.validation import check_alpha

__all__ = ["Penalty"]

_SMALLEST, _LARGEST = 1e-6, 1e8

# The prior of a strength: a Gamma distribution of shape 1/10, as if a fifth of a parameter more
# were determined than the data say, and of mean 10, so that where they say nothing the
# coefficients of standardised columns are expected to be a third.
_SHAPE, _RATE = 0.1, 0.01

# Relative change of a penalty that no prediction would show.
_SETTLED = 0.1

# Powers of ten that one estimate may move; it guards the first, rough, ones.
_LARGEST_MOVE = 2.0
_LARGEST_PACE = 4.0


class Penalty(NamedTuple):
    """Strength of a ridge penalty.

    Attributes
    ----------
    alpha : float
    automatic : bool
        Whether it is to be estimated from the data.
    move : float
        Last move of the estimate, in powers of ten.
    pace : float
        Factor on the next move: estimates that keep creeping one way are hurried on.
    """

    alpha: float
    automatic: bool = False
    move: float = 0.0
    pace: float = 1.0

    @classmethod
    def of(cls, alpha, initial=1.0):
        """Penalty from a hyperparameter: a number, or "auto", which begins at `initial`."""
        alpha = check_alpha(alpha)
        return cls(initial, True) if alpha == "auto" else cls(alpha)

    def estimated(self, determined, square):
        """Penalty of larger evidence; itself once that changes nothing any more.

        MacKay's update, the number of determined parameters over their sum of squares, under a
        Gamma prior on the strength. Without one, the estimate would have no way back from either
        end: a softmax that tells the experts apart without error has as little curvature, hence as
        few determined parameters, as one that says nothing; but its squares are large.

        Parameters
        ----------
        determined : float
            Number of well-determined parameters (MacKay's gamma) at this penalty.
        square : float
            Sum of squared deviations of the parameters from their prior mean.

        References
        ----------
        .. [1] MacKay, D. J. C. (1992). Bayesian interpolation. Neural Computation 4, 415-447,
           equation 4.8.
        """
        wanted = (max(determined, 0.0) + 2 * _SHAPE) / (square + 2 * _RATE)
        move = math.log10(wanted / self.alpha)
        if abs(move) <= math.log10(1 + _SETTLED):
            return self
        move = min(max(move, -_LARGEST_MOVE), _LARGEST_MOVE)
        pace = min(2 * self.pace, _LARGEST_PACE) if move * self.move > 0 else 1.0
        wanted = min(max(self.alpha * 10 ** (pace * move), _SMALLEST), _LARGEST)
        return self if wanted == self.alpha else Penalty(wanted, True, move, pace)

    def times(self, factor):
        """A penalty `factor` times as strong, if it is to be estimated; itself if not."""
        return Penalty(self.alpha * factor, True) if self.automatic else self
