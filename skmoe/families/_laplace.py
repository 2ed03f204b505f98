"""Responses with outliers: Laplace."""

import math

from .._rows.arrays import array_namespace, host
from ._base import Location

__all__ = ["Laplace"]

# Scales from the prediction within which all rows count the same: a row that an expert passes
# through would count infinitely.
_NEAREST = 1e-6


class Laplace(Location):
    r"""Responses with outliers: the prediction is a median, the error is absolute.

    Maximised: :math:`-\sum_i r_{ik} (|y_i - \eta_{ik}| / s_k + \log 2 s_k)`, summed over outputs:
    least absolute deviations, by weighted least squares with the weights of a quadratic lower
    bound that touches.

    Parameters
    ----------
    scale : {"expert", "shared"}, default="expert"
        Whether every expert has a scale (mean absolute deviation) of its own or all have the same.
    min_scale : float, default=1e-3
        Smallest scale of an expert, in units of the standard deviation of y (see `Gaussian`; of
        targets on a grid at least a quarter of the step).

    Attributes
    ----------
    n_outputs, n_scales : int
        Number of columns of y; set by `initialize`.

    References
    ----------
    .. [1] Song, W., Yao, W. & Xing, Y. (2014). Robust mixture regression model fitting by Laplace
       distribution. Computational Statistics & Data Analysis 71, 128-137.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> x, y = np.zeros((5, 1)), np.array([1.0, 2.0, 3.0, 4.0, 1000.0])
    >>> MoERegressor(1, family="laplace", tol=0.0).fit(x, y).predict(x[:1]).round(2)
    array([3.])
    """

    smooth = False
    rounding = 0.25

    def __init__(self, scale="expert", min_scale=1e-3):
        self.scale = scale
        self.min_scale = min_scale

    def log_density(self, y, eta, scale):
        """Log density output by output, of shape (n, K, C)."""
        xp = array_namespace(eta)
        distance = xp.abs(self._deviation(y, eta, scale))
        return -(distance + (xp.log(scale) + math.log(2)))

    def working(self, y, eta, scale):
        """Signs times scale, and one over the distance in scales as the weight."""
        xp = array_namespace(eta)
        distance = xp.abs(self._deviation(y, eta, scale))
        weight = 1 / xp.maximum(distance, xp.full_like(distance, _NEAREST))
        return weight * (y[:, None, :] - eta), weight

    def scale_slope(self, y, eta, scale):
        """Distances less one."""
        return array_namespace(eta).abs(self._deviation(y, eta, scale)) - 1

    def _update_scale(self, scale, sums):
        """Maximum of the bound: of distances for the data, of squares for the penalties."""
        xp = array_namespace(scale)
        count = sums.count + sums.prior_rows
        distance = scale * (sums.slope + sums.count) + 0.5 * sums.moved / scale
        square = sums.penalty + sums.prior_rows * sums.prior_variance
        distance = xp.clip(distance, 0.0, None)
        root = xp.sqrt(distance * distance + 4 * count * square)
        used = count > 0
        return xp.where(used, (distance + root) / (2 * xp.where(used, count, 1.0)), scale)

    def variance(self, eta, scale):
        """Twice the squared scales."""
        return 2 * scale * scale + array_namespace(eta).zeros_like(eta)

    def fall(self, place, scale):
        """The distance."""
        return array_namespace(place).abs(place)

    def log_top(self, scale):
        """Of a standard deviate."""
        return -math.log(2)

    def _below(self, deviation, scale):
        xp = array_namespace(deviation)
        tail = 0.5 * xp.exp(-xp.abs(deviation))
        return xp.where(deviation > 0, 1 - tail, tail)

    def _standard_ppf(self, q, scale):
        xp = array_namespace(q)
        low = q < 0.5
        distance = xp.log(2 * xp.where(low, q, 1 - q))
        return xp.where(low, distance, -distance)

    def sample(self, eta, scale, random_state):
        """Random targets."""
        return random_state.laplace(host(eta), host(scale))
