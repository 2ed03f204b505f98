"""Counts that scatter more than Poisson's: negative binomial."""

from .._rows.arrays import array_namespace, host, special
from ._base import Counts

__all__ = ["NegativeBinomial"]

# Size above which Stirling's series is used: differences of log gammas would cancel.
_LARGE = 20.0


def _log_rising(y, size):
    """Logarithm of gamma(y + size) / gamma(size)."""
    xp = array_namespace(y, size)
    large = size > _LARGE
    few = xp.where(large, xp.ones_like(size), size)
    direct = special("gammaln", y + few) - special("gammaln", few)
    total = y + size
    series = (size - 0.5) * xp.log1p(y / size) + y * (xp.log(total) - 1)
    series = series + (1 / total - 1 / size) / 12 - (1 / total**3 - 1 / size**3) / 360
    return xp.where(large, series, direct)


def _log_rising_slope(y, size):
    """Derivative of `_log_rising` with respect to the size, less log(1 + y / size)."""
    xp = array_namespace(y, size)
    large = size > _LARGE
    few = xp.where(large, xp.ones_like(size), size)
    direct = special("digamma", y + few) - special("digamma", few) - xp.log1p(y / few)
    total = y + size
    series = y / (2 * size * total) + (1 / (size * size) - 1 / (total * total)) / 12
    series = series - (1 / size**4 - 1 / total**4) / 120
    return xp.where(large, series, direct)


class NegativeBinomial(Counts):
    r"""Counts that scatter more than Poisson's, with the logarithm of the mean as predictor.

    Maximised: :math:`\sum_i r_{ik} \log p(y_i \mid \mu_{ik}, s_k)`, a Poisson count whose rate
    itself scatters around :math:`\mu = e^\eta`, Gamma distributed with the coefficient of
    variation s: the variance of y is :math:`\mu + s^2 \mu^2` (NB2). Near s = 0 it is Poisson.

    Parameters
    ----------
    scale : {"expert", "shared"}, default="expert"
        Whether every expert has an s of its own or all have the same.
    min_scale : float, default=0.01
        Smallest s.

    Attributes
    ----------
    n_outputs, n_scales : int
        Number of columns of y; set by `initialize`.

    References
    ----------
    .. [1] Lawless, J. F. (1987). Negative binomial and mixed Poisson regression. Canadian Journal
       of Statistics 15, 209-225.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> x, y = np.zeros((6, 1)), np.array([0, 0, 1, 2, 5, 10])
    >>> model = MoERegressor(1, family="negative_binomial").fit(x, y)
    >>> model.predict(x[:1]).round(1), model.expert_scale_.round(1)
    (array([3.]), array([1.2]))
    """

    name = "negative_binomial"
    closed_form = False

    def __init__(self, scale="expert", min_scale=0.01):
        self.scale = scale
        self.min_scale = min_scale

    def initialize(self, y, weight=None):
        """Family for counts of shape (n_samples, n_outputs)."""
        self._check_scale()
        self.check(y)
        return self._with_mean(y, weight, n_scales=y.shape[1])

    def log_density(self, y, eta, scale):
        """Log probability output by output, of shape (n, K, C)."""
        xp = array_namespace(eta)
        y, mean, size = y[:, None, :], self.mean(eta, None), 1 / (scale * scale)
        eta = xp.minimum(eta, xp.log(mean) + 1)
        choice = _log_rising(y, size) - special("gammaln", y + 1)
        return choice + y * (eta - xp.log(size + mean)) - size * xp.log1p(mean / size)

    def working(self, y, eta, scale):
        """Score, and its expected curvature."""
        mean, size = self.mean(eta, None), 1 / (scale * scale)
        share = size / (size + mean)
        return share * (y[:, None, :] - mean), share * mean

    def scale_slope(self, y, eta, scale):
        """Derivative with respect to the logarithm of s."""
        xp = array_namespace(eta)
        y, mean, size = y[:, None, :], self.mean(eta, None), 1 / (scale * scale)
        # Of the logarithm of the size, which is minus twice that of s.
        excess = (y - mean) / (size + mean)
        excess = xp.maximum(excess, xp.full_like(excess, xp.finfo(eta.dtype).eps - 1))
        slope = _log_rising_slope(y, size) + xp.log1p(excess) - excess
        return -2 * size * slope

    def degenerate(self, scale):
        """Never: s = 0 is Poisson's distribution, no spike."""
        return False

    def variance(self, eta, scale):
        """Poisson's, and that of the rate."""
        mean = self.mean(eta, None)
        return mean + (scale * mean) ** 2

    def _cdf(self, count, mean, scale):
        size = 1 / (scale * scale) + array_namespace(mean).zeros_like(mean)
        return special("betainc", size, count + 1, size / (size + mean))

    def _sf(self, count, mean, scale):
        size = 1 / (scale * scale) + array_namespace(mean).zeros_like(mean)
        return special("betainc", count + 1, size, mean / (size + mean))

    def sample(self, eta, scale, random_state):
        """Random counts."""
        variance = host(scale) ** 2
        rate = random_state.gamma(1 / variance, variance * host(self.mean(eta, None)))
        return random_state.poisson(rate).astype(float)
