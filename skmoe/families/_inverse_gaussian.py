"""Positive, strongly skewed responses: inverse Gaussian."""

import math

from .._numerics.quantiles import searched
from .._rows.arrays import array_namespace, host, special
from ._base import Positive, cut_heavy, root_of_mean

__all__ = ["InverseGaussian"]

_HALF_LOG = 0.5 * math.log(2 * math.pi)

# Two deviates nearer than this count as alike, and the nodes and weights of Gauss and Legendre's
# rule between them.
_NARROW = 0.5
_RULE = [
    (0.0, 128 / 225),
    *((sign * 0.5384693101056831, 0.4786286704993665) for sign in (-1, 1)),
    *((sign * 0.9061798459386640, 0.2369268850561891) for sign in (-1, 1)),
]


class InverseGaussian(Positive):
    r"""Positive, strongly skewed responses, with the logarithm of the mean as linear predictor.

    Maximised: :math:`\sum_i r_{ik} \log p(y_i \mid \mu_{ik}, s_k)`, the inverse Gaussian density
    of mean :math:`\mu = e^\eta` whose variance is :math:`s^2 \mu^3`: the time that a random walk
    with a drift takes to a given height. Of numbers whose coefficient of variation grows with the
    mean. One expert is the generalised linear model, and its s estimated by maximum likelihood.

    Parameters
    ----------
    scale : {"expert", "shared"}, default="expert"
        Whether every expert has an s of its own or all have the same.
    min_scale : float, default=1e-3
        Smallest s, for targets with a mean of one. The likelihood has no upper bound without it
        (see `Gaussian`).

    Attributes
    ----------
    n_outputs, n_scales : int
        Number of columns of y; set by `initialize`.

    References
    ----------
    .. [1] Giner, G. & Smyth, G. K. (2016). statmod: probability calculations for the inverse
       Gaussian distribution. The R Journal 8, 339-351.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> x = np.linspace(0, 1, 200).reshape(-1, 1)
    >>> y = np.random.default_rng(0).wald(np.exp(1 + 2 * x[:, 0]), 400)
    >>> model = MoERegressor(1, family="inverse_gaussian").fit(x, y)
    >>> model.expert_coef_.round(1), model.expert_scale_.round(2)
    (array([[2.]]), array([0.05]))
    """

    name = "inverse_gaussian"

    def log_density(self, y, eta, scale):
        """Log density output by output, of shape (n, K, C)."""
        y = y[:, None, :]
        return _log_density(y, self.mean(eta, None), scale + array_namespace(eta).zeros_like(eta))

    def working(self, y, eta, scale):
        """Relative residuals over means, and one over the mean as the weight."""
        weight = 1 / self.mean(eta, None)
        # Of two quotients by the mean: their product may not even be summed over heavy rows.
        score = cut_heavy((self._ratio(y[:, None, :], eta) - 1) * weight)
        return score, cut_heavy(weight)

    def scale_slope(self, y, eta, scale):
        """Derivative with respect to the logarithm of s."""
        return _distance(y[:, None, :], self.mean(eta, None), scale) ** 2 - 1

    def _update_scale(self, scale, sums):
        """Maximum given the predictors: the root of a mean, as of Gaussian experts."""
        return root_of_mean(scale, sums)

    def attributes(self, coef, intercept, scale):
        """Coefficients, intercepts and scales in the units of y as given."""
        scale = scale / array_namespace(scale).sqrt(self.units.spread)
        return super().attributes(coef, intercept, scale)

    def variance(self, eta, scale):
        """Squared scale times the cube of the mean."""
        xp, mean = array_namespace(eta), self.mean(eta, None)
        return self._square(scale * xp.sqrt(mean) * mean)

    def cdf(self, y, eta, scale):
        """Probability of at most y."""
        return self._tail(_cdf, y, eta, scale)

    def sf(self, y, eta, scale):
        """Probability of more than y."""
        return self._tail(_sf, y, eta, scale)

    def _tail(self, tail, y, eta, scale):
        y, none = y[:, None, :], array_namespace(eta).zeros_like(eta)
        return tail(y + none, self.mean(eta, None), scale + none)

    def ppf(self, q, eta, scale):
        """Quantiles of the levels q."""
        return self._quantile(_cdf, 1.0, q, eta, scale)

    def isf(self, q, eta, scale):
        """Quantiles that are exceeded with probability q."""
        return self._quantile(_sf, -1.0, q, eta, scale)

    def _quantile(self, tail, sign, q, eta, scale):
        xp, mean = array_namespace(eta), self.mean(eta, None)
        # Of a logarithm that is all but normal where s is small.
        spread = xp.sqrt(xp.log1p(self._square(scale * xp.sqrt(mean))))
        return searched(
            tail, _log_density, sign, q, xp.log(mean) - spread * spread / 2, spread, mean, scale
        )

    def sample(self, eta, scale, random_state):
        """Random targets."""
        mean = host(self.mean(eta, None))
        return random_state.wald(mean, 1 / (host(scale) ** 2 + 0 * mean))


def _log_density(y, mean, scale):
    """Elementwise, of arrays of one shape."""
    xp, distance = array_namespace(y), _distance(y, mean, scale)
    return -0.5 * distance * distance - (xp.log(scale) + 1.5 * xp.log(y) + _HALF_LOG)


def _distance(y, mean, scale):
    """Root of y over mean, less its inverse, over s and the root of the mean.

    A deviate whose square is chi squared; cut where its square would overflow.
    """
    root = _root(y)
    return cut_heavy((root / mean - 1 / root) / scale)


def _root(y):
    xp = array_namespace(y)
    return xp.sqrt(xp.maximum(y, xp.full_like(y, xp.finfo(y.dtype).smallest_normal)))


def _cdf(y, mean, scale):
    """Probability of at most y: two terms, both positive."""
    xp, near = array_namespace(y), _distance(y, mean, scale)
    far = cut_heavy(near + 2 / (_root(y) * scale))
    below = 0.5 * special("erfc", -(0.5**0.5) * near) + _density(near) * _mills(far)
    return xp.where(y > 0, xp.minimum(below, xp.ones_like(below)), xp.zeros_like(below))


def _sf(y, mean, scale):
    """Probability of more than y: a difference, where both are alike the integral of its slope."""
    xp, near = array_namespace(y), _distance(y, mean, scale)
    gap = 2 / (_root(y) * scale)
    wide = gap > _NARROW
    far = cut_heavy(near + gap)
    apart = 0.5 * special("erfc", 0.5**0.5 * near) - _density(near) * _mills(far)
    low, short = xp.where(wide, xp.zeros_like(near), near), xp.where(wide, 0.0, gap)
    points = ((low + short * (1 + x) / 2, w / 2) for x, w in _RULE)
    slope = sum(weight * (1 - point * _mills(point)) for point, weight in points)
    above = xp.where(wide, apart, _density(near) * short * slope)
    return xp.where(y > 0, xp.clip(above, 0.0, 1.0), xp.ones_like(above))


def _density(deviate):
    """Of a standard normal deviate."""
    return array_namespace(deviate).exp(-0.5 * deviate * deviate - _HALF_LOG)


def _mills(deviate):
    """Probability of more than a standard normal deviate, over the density there."""
    return (0.5 * math.pi) ** 0.5 * special("erfcx", deviate * 0.5**0.5)
