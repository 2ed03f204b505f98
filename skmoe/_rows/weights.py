"""Weights of rows as numbers of rows."""

import copy
from fractions import Fraction

import numpy as np

from .arrays import array_namespace, host

__all__ = ["WeightTotals", "counted_weight", "largest_total", "streamed_weight"]


def largest_total(dtype, xp):
    """The largest total: its products with squares are still numbers."""
    return 2.0**30 if xp.finfo(dtype).bits == 32 else 2.0**200


class WeightTotals:
    """Largest weight, sum and sum of squares, of any size; of two sets of rows, of both.

    The sums are exact: in whatever batches and order rows come, their weights count the same.

    Parameters
    ----------
    weight : array of shape (n_samples,)
        At least zero.
    """

    def __init__(self, weight):
        self.top = float(array_namespace(weight).max(weight))
        mantissa, exponent = np.frexp(host(weight).astype(np.float64, copy=False))
        self.sum = _exact_sum(mantissa, exponent)
        self.sum_of_squares = _exact_sum(mantissa * mantissa, 2 * exponent)

    def __add__(self, other):
        new = copy.copy(self)
        new.top = max(self.top, other.top)
        new.sum = self.sum + other.sum
        new.sum_of_squares = self.sum_of_squares + other.sum_of_squares
        return new

    @property
    def total(self):
        """Sum of the weights over the largest."""
        return float(self.sum / Fraction(self.top))

    @property
    def square(self):
        """Sum of the squares of the weights over the largest."""
        return float(self.sum_of_squares / Fraction(self.top) ** 2)

    def check(self):
        """Raise a ValueError if no row counts."""
        if not self.top > 0:
            raise ValueError(
                "sample_weight is zero in every row; at least one weight above 0 is needed. "
                "Pass sample_weight=None to count every row once."
            )


def _exact_sum(mantissa, exponent):
    """Sum of `mantissa * 2**exponent`, without rounding."""
    # Halves of the digits, whose sums over a hundred million rows are whole numbers still.
    high = np.floor(mantissa * 2.0**26)
    low = np.floor((mantissa * 2.0**26 - high) * 2.0**27)
    first = int(exponent.min())
    high, low = (np.bincount(exponent - first, weights=part) for part in (high, low))
    return sum(
        Fraction(2) ** (first + i - 53) * (int(high[i]) * 2**27 + int(low[i]))
        for i in np.flatnonzero(high + low).tolist()
    )


def counted_weight(weight, dtype, totals=None):
    r"""Weights that count rows: one of 2 is the row twice.

    Weights that sum to one or less over several rows count nothing, no data set is that small:
    they are shares, of as many rows as Kish's effective sample size [1]_,
    :math:`(\sum w)^2 / \sum w^2`. A total beyond 2^200 (2^30 in single precision) is brought to
    that number of rows, which leave no more to a penalty.

    Parameters
    ----------
    weight : array of shape (n_samples,)
        At least zero, some above it.
    dtype : dtype
        Of the weights that are returned.
    totals : WeightTotals or None
        Of all rows; None if these are all.

    Returns
    -------
    array of shape (n_samples,)

    References
    ----------
    .. [1] Kish, L. (1965). Survey sampling. Wiley, section 8.2.
    """
    xp = array_namespace(weight)
    totals = WeightTotals(weight) if totals is None else totals
    epsilon = float(xp.finfo(dtype).eps)
    top, total, most = totals.top, totals.total, largest_total(dtype, xp)
    # Rows so light beside others are lost in the rounding of any sum, even of squares.
    relative = xp.where(weight > top * epsilon**2, weight, 0.0) / top
    if top <= (1 + epsilon**0.5) / total and total > 1:
        unit = total / totals.square
    else:
        unit = min(top, most / total)
    # Unless something must change, nothing does, to the last bit.
    weight = relative * unit if unit != top else xp.where(relative > 0, weight, 0.0)
    return xp.astype(weight, dtype, copy=False)


def streamed_weight(weight, dtype):
    """Weights of a batch, which all must count in the same unit.

    Parameters
    ----------
    weight : array of shape (n_samples,)
        At least zero, some above it.
    dtype : dtype
        Of the weights that are returned.

    Returns
    -------
    array of shape (n_samples,)

    Raises
    ------
    ValueError
        If products with the weights would be too large or too small for numbers of the dtype.
    """
    xp = array_namespace(weight)
    top, most = float(xp.max(weight)), largest_total(dtype, xp)
    if not 1 / most <= top <= most / weight.shape[0]:
        raise ValueError(
            f"The largest sample_weight of the batch is {top:.3g}; from {1 / most:.3g} to "
            f"{most / weight.shape[0]:.3g} is allowed. Divide the weights of all batches by one "
            "number."
        )
    return xp.astype(weight, dtype, copy=False)
