"""Amounts, many of them zero: Tweedie's compound Poisson distribution."""

from numbers import Real

from .._numerics.gamma_functions import log_excess
from .._numerics.quantiles import searched
from .._numerics.search import put_back
from .._numerics.tweedie import compound_cdf, compound_sf, log_series, series_means
from .._rows.arrays import array_namespace, exp, host, like, log_ceiling, take_rows, zeros
from .._rows.scaling import mean_scaling
from ._base import LogLink, check_targets, cut_heavy, drawn_counts, grown, over

__all__ = ["Tweedie"]

# Shapes of a part that an estimate is kept between: powers of 1.95 and of 1.05.
_LEAST, _MOST = 1 / 19, 19.0

# Stands for a mean of zero.
_NEXT_TO_NOTHING = 1e-30

# Power that deviances are of where it is estimated.
_COMMON = 1.5


class Tweedie(LogLink):
    r"""Amounts of at least zero, many of them zero, with the logarithm of the mean as predictor.

    Maximised: :math:`\sum_i r_{ik} \log p(y_i \mid \mu_{ik}, s_k, p_k)`, where y is a sum of a
    Poisson number of parts that are Gamma distributed: rain, the claims of a year. The variance is
    :math:`s^2 \mu^p` with :math:`1 < p < 2`, and zero has the probability
    :math:`\exp(-\mu^{2 - p} / (s^2 (2 - p)))`. One expert with a given power is scikit-learn's
    `TweedieRegressor`, and its s estimated by maximum likelihood.

    Parameters
    ----------
    power : float or "auto", default="auto"
        The power p. "auto" estimates one, between 1.05 and 1.95, for every expert and output.
    scale : {"expert", "shared"}, default="expert"
        Whether every expert has an s (and p) of its own or all have the same.
    min_scale : float, default=1e-3
        Smallest root of one over the number of parts, at the mean of y. The likelihood has no
        upper bound without it (see `Gaussian`).

    Attributes
    ----------
    n_outputs : int
        Number of columns of y; set by `initialize`.
    n_scales : int
        Twice that if powers are estimated.

    Notes
    -----
    Zeros have a log probability and other targets a log density. `score` is of the power given, 1.5
    where it is estimated.

    References
    ----------
    .. [1] Jorgensen, B. (1987). Exponential dispersion models. Journal of the Royal Statistical
       Society B 49, 127-162.
    .. [2] Dunn, P. K. & Smyth, G. K. (2005). Series evaluation of Tweedie exponential dispersion
       model densities. Statistics and Computing 15, 267-280.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> rng = np.random.default_rng(0)
    >>> x = rng.uniform(size=(500, 1))
    >>> y = rng.gamma(2 * rng.poisson(np.exp(x[:, 0])))
    >>> model = MoERegressor(1, family="tweedie").fit(x, y)
    >>> model.expert_coef_.round(), model.expert_power_.round(1)
    (array([[1.]]), array([1.3]))
    """

    closed_form = False
    penalty_scales = True
    support = (0.0, float("inf"))
    atom = True

    def __init__(self, power="auto", scale="expert", min_scale=1e-3):
        self.power = power
        self.scale = scale
        self.min_scale = min_scale

    def initialize(self, y, weight=None):
        """Family for amounts of shape (n_samples, n_outputs)."""
        self._check_scale()
        between = isinstance(self.power, Real) and 1 < self.power < 2
        if self.power != "auto" and not between:
            raise ValueError(
                f'power={self.power!r} was given; "auto" or a number between 1 and 2 is allowed. '
                'For 1 use family="poisson", for 2 "gamma", for 3 "inverse_gaussian".'
            )
        n_scales = y.shape[1] * (2 if self.power == "auto" else 1)
        units = mean_scaling(y, weight)
        log_unit = host(array_namespace(units.spread).log(units.spread)).tolist()
        return self._with(y, units, n_scales=n_scales, log_unit=log_unit)

    def for_output(self, output):
        """The family of one output alone."""
        family = super().for_output(output)
        family.log_unit = self.log_unit[output : output + 1]
        return family

    def check(self, y):
        """Raise a ValueError for negative targets."""
        check_targets(y, y >= 0, "tweedie", "negative values", "amounts of at least 0")

    def _split(self, scale):
        """Roots of one over the number of parts at the mean of y, and shapes of a part, (K, C).

        They are told apart by zeros and by the sizes of the parts, other than s and p, which the
        same sizes tell.
        """
        if self.power == "auto":
            return scale[..., : self.n_outputs], scale[..., self.n_outputs :]
        shape = (2 - self.power) / (self.power - 1)
        return scale, array_namespace(scale).full_like(scale, shape)

    def _log_target(self, y):
        """Whether targets (n, 1, C) are above zero, and logarithms; those of one for zeros."""
        xp = array_namespace(y)
        some = y > 0
        return some[:, None, :], xp.log(xp.where(some, y, xp.ones_like(y)))[:, None, :]

    def log_density(self, y, eta, scale):
        """Log density, of zeros log probability, of shape (n, K, C)."""
        xp, (spread, alpha) = array_namespace(eta), self._split(scale)
        log_mean, (some, log_y) = _log_mean(eta), self._log_target(y)
        half, peak = _half_deviance(log_y, log_mean, spread, alpha)
        (series,) = _of_rows(some, lambda *own: [log_series(*own)], peak, alpha)
        # A probability has no unit: what densities lose to theirs is added to it before.
        zero = like(self.log_unit, eta) - _rate(log_mean, spread, alpha)
        return xp.where(some, series - half - log_y, zero)

    def working(self, y, eta, scale):
        """Score and expected curvature, but for the squared scale."""
        log_mean, (_, alpha) = _log_mean(eta), self._split(scale)
        share = alpha / (1 + alpha)
        weight = share * exp(log_mean * share)
        return (self._ratio(y, log_mean) - 1) * weight, weight

    def _ratio(self, y, log_mean):
        """Targets over means, cut where the product with a power of a mean would overflow."""
        xp, (some, log_y) = array_namespace(y), self._log_target(y)
        log = xp.minimum(log_y - log_mean, like(log_ceiling(log_mean), log_mean))
        return xp.where(some, exp(log), xp.zeros_like(log))

    def precision(self, scale):
        """One over the squared scale."""
        spread = self._split(scale)[0]
        return 1 / (spread * spread)

    def scale_slope(self, y, eta, scale):
        """Derivative with respect to the logarithms of scales and shapes."""
        xp, (spread, alpha) = array_namespace(eta), self._split(scale)
        log_mean, (some, log_y) = _log_mean(eta), self._log_target(y)
        half, peak = _half_deviance(log_y, log_mean, spread, alpha)
        rate = _rate(log_mean, spread, alpha)
        more, bend = _of_rows(some, series_means, peak, alpha)
        slope = cut_heavy(2 * xp.where(some, half - (1 + alpha) * more, rate))
        if self.power != "auto":
            return slope
        # By the shape of a part, given the number of parts.
        number, log_ratio = peak + more, log_y - log_mean
        amount = peak * exp(log_ratio / (1 + alpha))
        by_mean = log_mean / (1 + alpha) ** 2
        by_shape = by_mean * (number - rate + alpha * (number - amount))
        by_shape = by_shape + number - amount + number * log_ratio / (1 + alpha) - bend
        by_shape = cut_heavy(alpha * xp.where(some, by_shape, -rate * by_mean))
        return xp.concat([slope, by_shape], axis=2)

    def scale_sums(self, y, eta, scale, resp):
        """Slopes of scales and shapes summed over rows, their squares and, last, their products."""
        if self.power != "auto":
            return super().scale_sums(y, eta, scale, resp)
        xp, slope = array_namespace(eta), self.scale_slope(y, eta, scale)
        cut, weighted = self.n_outputs, resp[:, :, None] * slope
        product = weighted[:, :, :cut] * slope[:, :, cut:]
        return xp.sum(weighted, axis=0), xp.sum(
            xp.concat([weighted * slope, product], axis=2), axis=0
        )

    def _update_scale(self, scale, sums):
        """A Newton step on the logarithms, with the squared slopes as curvature."""
        xp, cut = array_namespace(scale), self.n_outputs
        spread = scale[:, :cut]
        pull = (sums.penalty + sums.prior_rows * sums.prior_variance) / (spread * spread)
        slope = sums.slope[:, :cut] + pull - sums.prior_rows
        curvature = sums.square[:, :cut] + 2 * pull
        if self.power != "auto":
            return spread * grown(slope, curvature)
        both = sums.square[:, 2 * cut :]
        by_shape, own = sums.slope[:, cut:], sums.square[:, cut : 2 * cut]
        share = over(both, curvature)
        shape = scale[:, cut:] * grown(by_shape - share * slope, own - share * both)
        shape = xp.clip(shape, _LEAST, _MOST)
        # The scale moves along with the shape, as far as that may.
        move = xp.log(shape / scale[:, cut:])
        return xp.concat([spread * grown(slope - both * move, curvature), shape], axis=1)

    def limited(self, scale):
        """Scales and shapes within their limits."""
        xp, cut = array_namespace(scale), self.n_outputs
        spread = super().limited(scale[..., :cut])
        return xp.concat([spread, xp.clip(scale[..., cut:], _LEAST, _MOST)], axis=-1)

    def degenerate(self, scale):
        """Whether a scale has run into the smallest allowed."""
        return super().degenerate(self._split(scale)[0])

    def attributes(self, coef, intercept, scale):
        """Coefficients, intercepts, scales and powers in the units of y as given."""
        xp, (spread, alpha) = array_namespace(coef), self._split(scale)
        share = alpha / (1 + alpha)
        unit = xp.exp(0.5 * share * like(self.log_unit, coef))
        intercept = intercept + like(self.log_unit, coef)
        found = super().attributes(coef, intercept, spread * unit / xp.sqrt(share))
        if self.power != "auto":
            return found
        return {**found, "expert_power_": (2 + alpha) / (1 + alpha)}

    @property
    def deviance_power(self):
        """The power given, or a common one."""
        return _COMMON if self.power == "auto" else self.power

    def deviance(self, y, mean):
        """Tweedie deviance."""
        xp, power = array_namespace(y), self.deviance_power
        some, alpha = y > 0, (2 - power) / (power - 1)
        log_y = xp.log(xp.where(some, y, xp.ones_like(y)))
        # Where nothing at all has come, the mean of all is zero.
        log_mean = xp.log(xp.maximum(mean, xp.full_like(mean, _NEXT_TO_NOTHING)))
        half, _ = _half_deviance(log_y, log_mean, 1.0, alpha)
        rate = xp.where(mean > 0, _rate(log_mean, 1.0, alpha), xp.zeros_like(mean))
        return 2 * xp.where(some, half, rate)

    def variance(self, eta, scale):
        """Squared scale times a power of the mean."""
        xp, (spread, alpha) = array_namespace(eta), self._split(scale)
        log = 2 * xp.log(spread) + xp.log1p(1 / alpha)
        log = log + (2 + alpha) / (1 + alpha) * _log_mean(eta)
        return exp(xp.minimum(log, like(2 * log_ceiling(eta), eta)))

    def cdf(self, y, eta, scale):
        """Probability of at most y."""
        zero = exp(-_rate(_log_mean(eta), *self._split(scale)))
        above = self._tail(compound_cdf, 0.0, y, eta, scale)
        return array_namespace(eta).where((y >= 0)[:, None, :], zero + above, above)

    def sf(self, y, eta, scale):
        """Probability of more than y."""
        return self._tail(compound_sf, 1.0, y, eta, scale)

    def _tail(self, tail, below, y, eta, scale):
        xp, (spread, alpha) = array_namespace(eta), self._split(scale)
        log_mean, none = _log_mean(eta), xp.zeros_like(eta)
        rate = _rate(log_mean, spread, alpha)
        positive, zero = xp.maximum(y, xp.zeros_like(y)), y < 0
        amount = self._ratio(positive, log_mean) * alpha * rate
        found = tail(amount + none, rate + none, alpha + none)
        return xp.where(zero[:, None, :], below, found)

    def ppf(self, q, eta, scale):
        """Quantiles of the levels q; zero up to its probability."""
        zero = exp(-_rate(_log_mean(eta), *self._split(scale)))
        return self._quantile(_cdf, 1.0, q, q <= zero, eta, scale)

    def isf(self, q, eta, scale):
        """Quantiles that are exceeded with probability q."""
        some = -array_namespace(eta).expm1(-_rate(_log_mean(eta), *self._split(scale)))
        return self._quantile(_sf, -1.0, q, q >= some, eta, scale)

    def _quantile(self, tail, sign, q, zero, eta, scale):
        xp, (spread, alpha) = array_namespace(eta), self._split(scale)
        log_mean = _log_mean(eta)
        none = xp.zeros_like(log_mean)
        rate, alpha = _rate(log_mean, spread, alpha), alpha + none
        # Of what is above zero, in units of the mean.
        some = -xp.expm1(-rate)
        inner = (q - (1 - some if sign > 0 else 0.0)) / some
        level = xp.where(zero, 0.5, xp.clip(inner, 0.0, 1.0))
        reach = xp.sqrt(xp.log1p((1 + 1 / alpha) / rate))
        tables = (level, -xp.log(some), reach, rate, alpha)
        found = searched(tail, _log_density, sign, *tables)
        log = xp.log(xp.where(found > 0, found, xp.finfo(found.dtype).smallest_normal))
        y = self.mean(log + log_mean, None)
        return xp.where(zero, xp.zeros_like(y), y)

    def sample(self, eta, scale, random_state):
        """Random amounts."""
        xp, (spread, alpha) = array_namespace(eta), self._split(scale)
        rate = host(_rate(_log_mean(eta), spread, alpha))
        shape = host(alpha + xp.zeros_like(eta))
        parts = drawn_counts(rate, random_state)
        return random_state.gamma(shape * parts) / (shape * rate) * host(self.mean(eta, None))


def _log_mean(eta):
    """Predictors, cut as for means."""
    xp, limit = array_namespace(eta), like(log_ceiling(eta), eta)
    return xp.maximum(xp.minimum(eta, limit), -limit)


def _rate(log_mean, spread, alpha):
    """Mean number of parts; `spread` is one over its root where the mean is one."""
    share = alpha / (1 + alpha)
    return exp(share * log_mean) / (spread * spread)


def _half_deviance(log_y, log_mean, spread, alpha):
    """How far a log density lies below that for the best mean, and where its series is highest."""
    xp, limit = array_namespace(log_y), like(log_ceiling(log_y), log_y)
    share, log_ratio = alpha / (1 + alpha), log_y - log_mean
    few, many = (exp(xp.minimum(x, limit)) for x in (-share * log_ratio, log_ratio / (1 + alpha)))
    peak = _rate(log_y, spread, alpha)
    peak = xp.maximum(peak, xp.full_like(peak, xp.finfo(peak.dtype).smallest_normal))
    return peak * (log_excess(few) + alpha * log_excess(many)), peak


def _of_rows(some, ask, peak, alpha):
    """Answers `ask(peak, alpha)`, tables (n, K, C), of rows with some target above zero."""
    xp = array_namespace(peak)
    left = xp.any(some[:, 0, :], axis=1)
    if bool(xp.all(left)) or not bool(xp.any(left)):
        return ask(peak, alpha)
    place, shape, width = xp.nonzero(left)[0], peak.shape, peak.shape[1] * peak.shape[2]
    own = take_rows(alpha, place) if alpha.ndim == 3 else alpha
    flat = zeros((shape[0], width), peak)
    return [
        xp.reshape(put_back(left, flat, xp.reshape(table, (place.shape[0], width))), shape)
        for table in ask(take_rows(peak, place), own)
    ]


def _log_density(ratio, rate, alpha):
    """Of targets over their mean, given that they are above zero."""
    xp, log_mean = array_namespace(ratio), array_namespace(ratio).zeros_like(ratio)
    least = xp.full_like(ratio, xp.finfo(ratio.dtype).smallest_normal)
    log_ratio = xp.log(xp.maximum(ratio, least))
    spread = 1 / xp.sqrt(rate)
    half, peak = _half_deviance(log_ratio, log_mean, spread, alpha)
    return log_series(peak, alpha) - half - log_ratio - xp.log(-xp.expm1(-rate))


def _cdf(ratio, rate, alpha):
    """The same of at most a ratio."""
    return compound_cdf(alpha * rate * ratio, rate, alpha) / -array_namespace(rate).expm1(-rate)


def _sf(ratio, rate, alpha):
    """The same of more than a ratio."""
    return compound_sf(alpha * rate * ratio, rate, alpha) / -array_namespace(rate).expm1(-rate)
