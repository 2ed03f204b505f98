"""Counts that scatter more than Poisson's: negative binomial."""

from .._numerics.gamma_functions import digamma_step, incomplete_beta, log_excess, stirling_rest
from .._rows.arrays import array_namespace, host, like
from ._base import Counts, drawn_counts

__all__ = ["NegativeBinomial"]


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
        return self._with_mean(y, weight, n_scales=y.shape[1])

    def log_density(self, y, eta, scale):
        """Log probability output by output, of shape (n, K, C)."""
        xp = array_namespace(eta)
        y, mean, size = y[:, None, :], self.mean(eta, None), 1 / (scale * scale)
        total, some = y + size, self._some(y)
        top = stirling_rest(total) - stirling_rest(size) - stirling_rest(y) - xp.log1p(y / size)
        # The parts of their total that are expected of y and size, over y and size.
        ratio = total / (size + mean)
        return top - some * log_excess(ratio * (mean / some)) - size * log_excess(ratio)

    def working(self, y, eta, scale):
        """Score, and its expected curvature."""
        mean, size = self.mean(eta, None), 1 / (scale * scale)
        share = size / (size + mean)
        return share * (y[:, None, :] - mean), share * mean

    def scale_slope(self, y, eta, scale):
        """Derivative with respect to the logarithm of s."""
        y, mean, size = y[:, None, :], self.mean(eta, None), 1 / (scale * scale)
        # The logarithm of the size is minus twice that of s.
        return 2 * size * (log_excess((y + size) / (size + mean)) - digamma_step(size, y))

    def degenerate(self, scale):
        """Never: s = 0 is Poisson's distribution, no spike."""
        return False

    def variance(self, eta, scale):
        """Poisson's, and that of the rate."""
        xp, mean = array_namespace(eta), self.mean(eta, None)
        # The largest mean squared is a number, times the squared scale it may be none.
        most = float(xp.finfo(mean.dtype).max) ** 0.5 / 2
        return mean + xp.minimum(scale * mean, like(most, mean)) ** 2

    def growth(self, y, eta, scale):
        """Probability of y + 1 over that of y, a number."""
        mean, size = self.mean(eta, None), 1 / (scale * scale)
        return mean / (size + mean) * ((size + y) / (y + 1))

    def _cdf(self, count, mean, scale):
        size = 1 / (scale * scale) + array_namespace(mean).zeros_like(mean)
        return incomplete_beta(size, count + 1, size, mean)

    def _sf(self, count, mean, scale):
        size = 1 / (scale * scale) + array_namespace(mean).zeros_like(mean)
        return incomplete_beta(count + 1, size, mean, size)

    def sample(self, eta, scale, random_state):
        """Random counts."""
        variance = host(scale) ** 2
        rate = random_state.gamma(1 / variance, variance * host(self.mean(eta, None)))
        return drawn_counts(rate, random_state)
