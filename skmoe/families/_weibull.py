"""Positive responses, such as times until a failure: Weibull."""

import math

from .._rows.arrays import array_namespace, exp, host, like, log_ceiling, special
from ._base import Positive, cut_heavy, grown

__all__ = ["Weibull"]

_EULER = 0.5772156649015329


class Weibull(Positive):
    r"""Positive responses, such as times until a failure, the logarithm of the mean as predictor.

    Maximised: :math:`\sum_i r_{ik} \log p(y_i \mid \mu_{ik}, s_k)`, the Weibull density of mean
    :math:`\mu = e^\eta` and shape :math:`1 / s`: the hazard falls with y where s > 1, stays the
    same where s = 1 (an exponential distribution) and rises where s < 1. The coefficients are those
    of an accelerated failure time model, whose predictor, the logarithm of the scale
    :math:`\mu / \Gamma(1 + s)`, has another intercept.

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
    .. [1] Kalbfleisch, J. D. & Prentice, R. L. (2002). The statistical analysis of failure time
       data, 2nd edition. Wiley, section 2.2.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> x = np.linspace(0, 1, 200).reshape(-1, 1)
    >>> y = np.exp(1 + 2 * x[:, 0]) * np.random.default_rng(0).weibull(4, size=200)
    >>> model = MoERegressor(1, family="weibull").fit(x, y)
    >>> model.expert_coef_.round(1), (1 / model.expert_scale_).round()
    (array([[2.]]), array([4.]))
    """

    name = "weibull"

    def hill(self, y, eta, scale):
        """Logarithms of the cumulative hazard, cut where it could not be squared."""
        xp = array_namespace(eta)
        place = cut_heavy((self._log(y) - eta + _of_mean("gammaln", scale)) / scale)
        return xp.minimum(place, like(log_ceiling(place), place))

    def log_density(self, y, eta, scale):
        """Log density output by output, of shape (n, K, C)."""
        xp, place = array_namespace(eta), self.hill(y, eta, scale)
        return place - exp(place) - (xp.log(scale) + xp.log(y)[:, None, :])

    def working(self, y, eta, scale):
        """Score, and the mean of the curvature here and that expected.

        With that a step towards a far maximum falls short of it on either side.
        """
        hazard = exp(self.hill(y, eta, scale))
        return scale * (hazard - 1), 0.5 * (hazard + 1)

    def scale_slope(self, y, eta, scale):
        """Derivative with respect to the logarithm of s."""
        place = self.hill(y, eta, scale)
        return (1 - exp(place)) * (_of_mean("digamma", scale) - place) - 1

    def _update_scale(self, scale, sums):
        """A Newton step on the logarithms with the expected curvature."""
        variance = scale * scale
        pull = (sums.penalty + sums.prior_rows * sums.prior_variance) / variance
        skew = 1 - _EULER - _of_mean("digamma", scale)
        curvature = sums.count * (math.pi**2 / 6 + skew * skew) + 2 * pull
        return scale * grown(sums.slope + pull - sums.prior_rows, curvature)

    def variance(self, eta, scale):
        """Squared means times what the gamma function says of the shape."""
        exact = host(scale).astype(float)
        ratio = special("gammaln", 1 + 2 * exact) - 2 * special("gammaln", 1 + exact)
        xp, ratio = array_namespace(eta), like(ratio, eta)
        ratio = xp.sqrt(xp.expm1(xp.minimum(ratio, like(log_ceiling(eta), eta))))
        return self._square(ratio * self.mean(eta, None))

    def fall(self, place, scale):
        """How far the log density of a place lies below that at zero."""
        return array_namespace(place).expm1(place) - place

    def log_top(self, scale):
        """Of the logarithm of a standard exponential deviate."""
        return -1.0

    def cdf(self, y, eta, scale):
        """Probability of at most y."""
        xp = array_namespace(eta)
        return -xp.expm1(-xp.exp(self.hill(y, eta, scale)))

    def sf(self, y, eta, scale):
        """Probability of more than y."""
        xp = array_namespace(eta)
        return xp.exp(-xp.exp(self.hill(y, eta, scale)))

    def ppf(self, q, eta, scale):
        """Quantiles of the levels q."""
        return self._at(-array_namespace(q).log1p(-q), eta, scale)

    def isf(self, q, eta, scale):
        """Quantiles that are exceeded with probability q."""
        return self._at(-array_namespace(q).log(q), eta, scale)

    def _at(self, hazard, eta, scale):
        """Targets where the cumulative hazard is so large."""
        log_hazard = array_namespace(hazard).log(hazard)
        return self.mean(eta - _of_mean("gammaln", scale) + scale * log_hazard, None)

    def sample(self, eta, scale, random_state):
        """Random targets."""
        return self._at(random_state.standard_exponential(eta.shape), host(eta), host(scale))


def _of_mean(name, scale):
    """A function at 1 + s, in float64: next to one, float32 would lose a small s."""
    return like(special(name, 1 + host(scale).astype(float)), scale)
