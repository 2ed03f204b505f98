"""Shares strictly between 0 and 1: beta."""

from .._numerics.gamma_functions import (
    incomplete_beta,
    log_excess,
    log_less_digamma,
    stirling_rest,
)
from .._rows.arrays import array_namespace, host, like, special
from .._rows.scaling import mean_scaling
from ._base import LogitLink, check_targets, cut_heavy

__all__ = ["Beta"]


class Beta(LogitLink):
    r"""Shares strictly between 0 and 1, with the log odds of the mean as linear predictor.

    Maximised: :math:`\sum_i r_{ik} \log p(y_i \mid \mu_{ik}, s_k)`, the beta density of mean
    :math:`\mu = 1 / (1 + e^{-\eta})` and precision :math:`1 / s^2`, of which y has the share
    :math:`\mu` and 1 - y the rest: the variance is :math:`\mu (1 - \mu) s^2 / (1 + s^2)`. One
    expert is beta regression.

    Parameters
    ----------
    scale : {"expert", "shared"}, default="expert"
        Whether every expert has an s of its own or all have the same.
    min_scale : float, default=1e-3
        Smallest s, for shares with a mean of one half; of others, in proportion to the root of
        mean times rest. The likelihood has no upper bound without it (see `Gaussian`).

    Attributes
    ----------
    n_outputs, n_scales : int
        Number of columns of y; set by `initialize`.

    References
    ----------
    .. [1] Ferrari, S. & Cribari-Neto, F. (2004). Beta regression for modelling rates and
       proportions. Journal of Applied Statistics 31, 799-815.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> x = np.linspace(-1, 1, 200).reshape(-1, 1)
    >>> mean = 1 / (1 + np.exp(-2 * x[:, 0]))
    >>> y = np.random.default_rng(0).beta(400 * mean, 400 * (1 - mean))
    >>> model = MoERegressor(1, family="beta").fit(x, y)
    >>> model.expert_coef_.round(1), model.expert_scale_.round(2)
    (array([[2.]]), array([0.05]))
    """

    closed_form = False
    penalty_scales = True

    def __init__(self, scale="expert", min_scale=1e-3):
        self.scale = scale
        self.min_scale = min_scale

    def initialize(self, y, weight=None):
        """Family for shares of shape (n_samples, n_outputs)."""
        self._check_scale()
        mean = host(mean_scaling(y, weight).spread).astype(float)
        # From elsewhere, a precision that makes up for a wrong mean would hold the climb up.
        start = host(self.link(mean)).tolist()
        root = (2 * (mean * (1 - mean)) ** 0.5).tolist()
        return self._with(y, start=start, n_scales=y.shape[1], root=root)

    def for_output(self, output):
        """The family of one output alone."""
        family = super().for_output(output)
        family.root = self.root[output : output + 1]
        return family

    def check(self, y):
        """Raise a ValueError for targets that are no shares, or none or all."""
        allowed = (
            "shares strictly between 0 and 1, per cent divided by 100 "
            "(family='bernoulli' takes 0 and 1 too)"
        )
        check_targets(y, (y > 0) & (y < 1), "beta", "values of 0 or less or 1 or more", allowed)

    def precision(self, scale):
        """One over the squared scale."""
        return 1 / (scale * scale)

    def _initial_scales(self):
        return self.root

    def limited(self, scale):
        """Scales within the smallest and largest allowed, beside the scatter of rare shares."""
        root = like(self.root, scale)
        return root * super().limited(scale / root)

    def degenerate(self, scale):
        """Whether a scale has run into the smallest allowed."""
        return super().degenerate(scale / like(self.root, scale))

    def _shapes(self, eta, scale):
        """Precision times mean, and times the rest."""
        xp = array_namespace(eta)
        least = xp.full_like(eta, float(xp.finfo(eta.dtype).smallest_normal) ** 0.4)
        return [xp.maximum(self.mean(own) / (scale * scale), least) for own in (eta, -eta)]

    def _excess(self, y, eta):
        """How far y over mean, and rest over rest, lie above their logarithms."""
        xp = array_namespace(y)
        least = xp.full_like(y, xp.finfo(y.dtype).smallest_normal)
        ratios = ((y, eta), (1 - y, -eta))
        return [log_excess(xp.maximum(x, least)[:, None, :] / self.mean(own)) for x, own in ratios]

    def log_density(self, y, eta, scale):
        """Log density output by output, of shape (n, K, C)."""
        xp = array_namespace(eta)
        (a, b), (above, below) = self._shapes(eta, scale), self._excess(y, eta)
        both, least = a + b, xp.full_like(y, xp.finfo(y.dtype).smallest_normal)
        # Written around its mode: logarithms of gamma functions would cancel.
        top = stirling_rest(both) - stirling_rest(a) - stirling_rest(b) + xp.log(a * (b / both))
        outside = xp.log(xp.maximum(y, least)) + xp.log(xp.maximum(1 - y, least))
        return top - a * above - b * below - outside[:, None, :]

    def working(self, y, eta, scale):
        """Score and expected curvature, over the precision."""
        a, b = self._shapes(eta, scale)
        odds, spread = self.mean(eta) * self.mean(-eta), scale * scale
        distance = self.link(y)[:, None, :] - eta + log_less_digamma(a) - log_less_digamma(b)
        return odds * distance, (_trigamma(a) + _trigamma(b)) * (odds * odds / spread)

    def scale_slope(self, y, eta, scale):
        """Derivative with respect to the logarithm of s."""
        (a, b), (above, below) = self._shapes(eta, scale), self._excess(y, eta)
        both = a + b
        slope = a * (above - log_less_digamma(a)) + b * (below - log_less_digamma(b))
        return cut_heavy(2 * (slope + both * log_less_digamma(both)))

    def scale_sums(self, y, eta, scale, resp):
        """Slopes of the log scales summed over rows, and the curvature that is expected.

        Where the scale is far off, squared slopes of rare shares are many times as large.
        """
        a, b = self._shapes(eta, scale)
        curvature = 4 * (_bend(a) + _bend(b) - _bend(a + b))
        tables = (self.scale_slope(y, eta, scale), curvature)
        xp, resp = array_namespace(eta), resp[:, :, None]
        return tuple(xp.sum(resp * table, axis=0) for table in tables)

    def variance(self, eta, scale):
        """Mean times rest, over one more than the precision."""
        square = scale * scale
        return self.mean(eta) * self.mean(-eta) * (square / (1 + square))

    def cdf(self, y, eta, scale):
        """Probability of at most y, by the incomplete beta function."""
        a, b, part, rest = self._parts(y, eta, scale)
        return incomplete_beta(a, b, part, rest)

    def sf(self, y, eta, scale):
        """Probability of more than y."""
        a, b, part, rest = self._parts(y, eta, scale)
        return incomplete_beta(b, a, rest, part)

    def _parts(self, y, eta, scale):
        part = array_namespace(y).clip(y, 0.0, 1.0)[:, None, :]
        return *self._shapes(eta, scale), part, 1 - part

    def ppf(self, q, eta, scale):
        """Quantiles of the levels q."""
        return self._quantile("betaincinv", q, eta, scale)

    def isf(self, q, eta, scale):
        """Quantiles that are exceeded with probability q."""
        return self._quantile("betainccinv", q, eta, scale)

    def _quantile(self, inverse, q, eta, scale):
        """In float64: in float32, scipy's are off by more than rounding."""
        a, b = (host(shape).astype(float) for shape in self._shapes(eta, scale))
        return like(special(inverse, a, b, host(q).astype(float)), eta)

    def sample(self, eta, scale, random_state):
        """Random shares."""
        share = random_state.beta(*(host(shape) for shape in self._shapes(eta, scale)))
        # Rounded, some are zero or one.
        limits = array_namespace(eta).finfo(eta.dtype)
        return share.clip(float(limits.smallest_normal), 1 - float(limits.eps))


def _trigamma(x):
    return special("zeta", 0 * x + 2, x)


def _bend(x):
    """Trigamma times x squared, less x, within 4 per cent."""
    return 0.5 + 0.5 / (1 + 3 * x)
