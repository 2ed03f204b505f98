"""Positive responses: Gamma."""

from .._numerics.gamma_functions import log_excess, log_less_digamma, stirling_rest
from .._rows.arrays import array_namespace, host, special
from ._base import Positive

__all__ = ["Gamma"]

# Steps of the fixed point for the shape; each takes off most of the error.
_STEPS = 12

# Stands for minus the logarithm of zero: below it there is no probability.
_LOWEST = 1e20


class Gamma(Positive):
    r"""Positive, skewed responses, with the logarithm of the mean as linear predictor.

    Maximised: :math:`\sum_i r_{ik} \log p(y_i \mid \mu_{ik}, s_k)`, the Gamma density of mean
    :math:`\mu = e^\eta` and coefficient of variation s (shape :math:`1 / s^2`): the standard
    deviation of y is s times its mean. One expert is scikit-learn's `GammaRegressor`, and its
    s estimated by maximum likelihood.

    Parameters
    ----------
    scale : {"expert", "shared"}, default="expert"
        Whether every expert has an s of its own or all have the same.
    min_scale : float, default=1e-3
        Smallest s. The likelihood has no upper bound without it (see `Gaussian`).

    Attributes
    ----------
    n_outputs, n_scales : int
        Number of columns of y; set by `initialize`.

    References
    ----------
    .. [1] McCullagh, P. & Nelder, J. A. (1989). Generalized linear models, 2nd edition, chapter 8.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> x = np.linspace(0, 1, 200).reshape(-1, 1)
    >>> y = np.exp(1 + 2 * x[:, 0]) * np.random.default_rng(0).gamma(25, 1 / 25, size=200)
    >>> model = MoERegressor(1, family="gamma").fit(x, y)
    >>> model.expert_coef_.round(1), model.expert_scale_.round(1)
    (array([[2.]]), array([0.2]))
    """

    name = "gamma"

    def log_density(self, y, eta, scale):
        """Log density output by output, of shape (n, K, C)."""
        xp = array_namespace(eta)
        y, shape = y[:, None, :], 1 / (scale * scale)
        # Written around its mode: shape * (eta - log y) and their like would cancel.
        top = xp.log(shape) - stirling_rest(shape) - xp.log(y)
        return top - shape * log_excess(self._ratio(y, eta))

    def working(self, y, eta, scale):
        """Relative residuals, of shape (n, K, C), and unit weights."""
        return self._ratio(y[:, None, :], eta) - 1, None

    def scale_slope(self, y, eta, scale):
        """Derivative with respect to the logarithm of s."""
        shape = 1 / (scale * scale)
        half = log_excess(self._ratio(y[:, None, :], eta))
        return 2 * shape * (half - log_less_digamma(shape))

    def _update_scale(self, scale, sums):
        """Maximum given the predictors, by a fixed point: both sides fall as 1 / shape."""
        xp = array_namespace(scale)
        count = sums.count + sums.prior_rows
        used = count > 0
        shape = 1 / (scale * scale)
        half = sums.count * log_less_digamma(shape) + sums.slope / (2 * shape)
        half = half + 0.5 * (sums.penalty + sums.prior_rows * sums.prior_variance)
        half = xp.maximum(half, 0.5 * self.min_scale**2 * count)
        for _ in range(_STEPS):
            side = sums.count * log_less_digamma(shape) + 0.5 * sums.prior_rows / shape
            shape = xp.where(used, shape * side / xp.where(used, half, xp.ones_like(half)), shape)
        return 1 / xp.sqrt(shape)

    def variance(self, eta, scale):
        """The square of s times the mean."""
        return self._square(scale * self.mean(eta, None))

    def hill(self, y, eta, scale):
        """Logarithms of targets over means, among which the density is a hill around zero."""
        xp = array_namespace(eta)
        ratio = self._ratio(y[:, None, :], eta)
        some = ratio > 0
        return xp.where(some, xp.log(xp.where(some, ratio, xp.ones_like(ratio))), -_LOWEST)

    def fall(self, place, scale):
        """How far the log density of a place lies below that at the mean."""
        return (array_namespace(place).expm1(place) - place) / (scale * scale)

    def log_top(self, scale):
        """Log density of a place at the mean."""
        shape = 1 / (scale * scale)
        return array_namespace(scale).log(shape) - stirling_rest(shape)

    def cdf(self, y, eta, scale):
        """Probability of at most y, by the incomplete gamma function."""
        return special("gammainc", *self._standard(y, eta, scale))

    def sf(self, y, eta, scale):
        """Probability of more than y."""
        return special("gammaincc", *self._standard(y, eta, scale))

    def _standard(self, y, eta, scale):
        """Shape, and y in units in which the mean is the shape."""
        shape, none = 1 / (scale * scale), array_namespace(y).zeros_like(y)
        return shape, shape * self._ratio(array_namespace(y).maximum(y, none)[:, None, :], eta)

    def ppf(self, q, eta, scale):
        """Quantiles of the levels q."""
        return self._quantile("gammaincinv", q, eta, scale)

    def isf(self, q, eta, scale):
        """Quantiles that are exceeded with probability q."""
        return self._quantile("gammainccinv", q, eta, scale)

    def _quantile(self, inverse, q, eta, scale):
        shape = 1 / (scale * scale)
        return self.mean(eta, None) * (special(inverse, shape, q) / shape)

    def sample(self, eta, scale, random_state):
        """Random targets."""
        variance = host(scale) ** 2
        return random_state.gamma(1 / variance, variance * host(self.mean(eta, None)))
