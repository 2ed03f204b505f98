"""Gaussian responses."""

import math

from .._rows.arrays import array_namespace, host, special
from ._base import Location

__all__ = ["Gaussian"]


class Gaussian(Location):
    r"""Gaussian responses with one standard deviation per expert and output.

    Maximised: :math:`\sum_i r_{ik} \log N(y_i \mid \eta_{ik}, \sigma_k^2)`, summed over outputs,
    which are independent given the expert.

    Parameters
    ----------
    scale : {"expert", "shared"}, default="expert"
        Whether every expert has a standard deviation of its own or all have the same. With a
        shared one no single expert can pass through a few rows exactly.
    min_scale : float, default=1e-3
        Smallest standard deviation of an expert, in units of the standard deviation of y. The
        likelihood has no upper bound without it: an expert that passes through a few rows
        exactly could let its spread go to zero. A fit that ends on the bound warns. Of targets
        that lie on a grid, with several rows to a value, the bound is at least what rounding
        leaves, the step over the root of 12, or half a standard deviation of y if that is less.

    Attributes
    ----------
    n_outputs, n_scales : int
        Number of columns of y; set by `initialize`.

    References
    ----------
    .. [1] Jordan, M. I. & Jacobs, R. A. (1994). Hierarchical mixtures of experts and the EM
       algorithm. Neural Computation 6, 181-214, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe.families import Gaussian
    >>> y, eta, scale = np.zeros((1, 1)), np.zeros((1, 2, 1)), np.array([[1.0], [2.0]])
    >>> Gaussian().log_prob(y, eta, scale).round(4)
    array([[-0.9189, -1.6121]])
    """

    quadratic = True

    def __init__(self, scale="expert", min_scale=1e-3):
        self.scale = scale
        self.min_scale = min_scale

    def log_density(self, y, eta, scale):
        """Log density output by output, of shape (n, K, C)."""
        xp = array_namespace(eta)
        deviation = self._deviation(y, eta, scale)
        return -0.5 * deviation * deviation - (xp.log(scale) + 0.5 * math.log(2 * math.pi))

    def working(self, y, eta, scale):
        """Residuals, of shape (n, K, C), and unit weights."""
        return y[:, None, :] - eta, None

    def scale_slope(self, y, eta, scale):
        """Squared deviations less one."""
        deviation = (y[:, None, :] - eta) / scale
        return deviation * deviation - 1

    def scale_sums(self, y, eta, scale, resp):
        """Sums of squared deviations less those of the weights; nothing else is needed."""
        xp, residual = array_namespace(eta), y[:, None, :] - eta
        square = xp.vecdot(resp[:, :, None] * residual, residual, axis=-3)
        return square / (scale * scale) - xp.sum(resp, axis=0)[:, None], None

    def variance(self, eta, scale):
        """The squared scales."""
        return scale * scale + array_namespace(eta).zeros_like(eta)

    def expected_distance(self, distance, scale, other):
        """Mean distance of two deviates of these scales whose centres are `distance` apart."""
        xp = array_namespace(distance)
        spread = xp.sqrt(scale * scale + other * other)
        # Beyond, the density is zero and its integral one, and squares could be no numbers.
        ratio = xp.clip(distance / spread, -50.0, 50.0)
        density = xp.exp(-0.5 * ratio * ratio) * (2 / math.pi) ** 0.5
        return distance * special("erf", ratio * 0.5**0.5) + spread * density

    def fall(self, place, scale):
        """Half the square."""
        return 0.5 * place * place

    def log_top(self, scale):
        """Of a standard normal deviate."""
        return -0.5 * math.log(2 * math.pi)

    def _below(self, deviation, scale):
        # Not `ndtr`, which some libraries make from erf: then there are no tails.
        return 0.5 * special("erfc", -(0.5**0.5) * deviation)

    def _standard_ppf(self, q, scale):
        return special("ndtri", q)

    def sample(self, eta, scale, random_state):
        """Random targets."""
        return random_state.normal(host(eta), host(scale))
