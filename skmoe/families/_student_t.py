"""Responses with outliers: Student's t."""

import math

from .._numerics.gamma_functions import incomplete_beta
from .._numerics.students_tail import students_tail
from .._rows.arrays import array_namespace, host, like, special
from .._rows.validation import check_positive
from ._base import Location

__all__ = ["StudentT"]

# Degrees of freedom that are estimated stay between a Cauchy distribution and all but a normal one.
# They begin low: from there the climb leaves outliers outside, and finds light tails all the same.
_FEWEST, _MOST, _INITIAL = 1.0, 200.0, 2.0

# Largest change of their logarithm in one update.
_LARGEST_MOVE = 1.0


class StudentT(Location):
    r"""Responses with outliers: Student's t around the prediction.

    Maximised: :math:`\sum_i r_{ik} \log t_{\nu_k}(y_i \mid \eta_{ik}, \sigma_k)`, summed over
    outputs. A row t scales away counts with the weight :math:`(\nu + 1) / (\nu + t^2)`, so that
    gross outliers hardly move an expert, where under a Gaussian they pull as hard as they are far.

    Parameters
    ----------
    df : float or "auto", default="auto"
        Degrees of freedom :math:`\nu`. "auto" estimates them, between 1 and 200, for every
        expert and output. Few mean heavy tails; 4 is a robust choice where there are few rows.
    scale : {"expert", "shared"}, default="expert"
        Whether every expert has a scale (and degrees of freedom) of its own or all have the same.
    min_scale : float, default=1e-3
        Smallest scale of an expert, in units of the standard deviation of y (see `Gaussian`).

    Attributes
    ----------
    n_outputs : int
        Number of columns of y; set by `initialize`.
    n_scales : int
        Twice that if the degrees of freedom, which come last, are estimated.

    References
    ----------
    .. [1] Lange, K. L., Little, R. J. A. & Taylor, J. M. G. (1989). Robust statistical modeling
       using the t distribution. Journal of the American Statistical Association 84, 881-896.
    .. [2] Liu, C., Rubin, D. B. & Wu, Y. N. (1998). Parameter expansion to accelerate EM: the
       PX-EM algorithm. Biometrika 85, 755-770.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> x = np.linspace(-1, 1, 100).reshape(-1, 1)
    >>> y = 2 * x[:, 0] + 0.1 * np.cos(40 * x[:, 0])
    >>> y[::10] += 50
    >>> model = MoERegressor(1, family="student_t").fit(x, y)
    >>> model.expert_coef_.round(1)
    array([[2.]])
    """

    def __init__(self, df="auto", scale="expert", min_scale=1e-3):
        self.df = df
        self.scale = scale
        self.min_scale = min_scale

    def initialize(self, y, weight=None):
        """Family for targets of shape (n_samples, n_outputs)."""
        family = super().initialize(y, weight)
        if self.df != "auto":
            check_positive(self.df, "df")
            return family
        family.n_scales = 2 * family.n_outputs
        return family

    def _initial_scales(self):
        return [1.0] * self.n_outputs + [_INITIAL] * (self.n_scales - self.n_outputs)

    def _split(self, scale):
        """Scales (K, C) and degrees of freedom, (K, C) or a number."""
        if self.df == "auto":
            return scale[..., : self.n_outputs], scale[..., self.n_outputs :]
        return scale, array_namespace(scale).full_like(scale, float(self.df))

    def _weight(self, deviation, df):
        """Weights (n, K, C) that rows count with."""
        return (df + 1) / (df + deviation * deviation)

    def log_density(self, y, eta, scale):
        """Log density output by output, of shape (n, K, C)."""
        xp = array_namespace(eta)
        spread, df = self._split(scale)
        deviation = self._deviation(y, eta, spread)
        constant = _step("gammaln", df) - 0.5 * xp.log(math.pi * df) - xp.log(spread)
        return constant - (df + 1) / 2 * xp.log1p(deviation * deviation / df)

    def working(self, y, eta, scale):
        """Weighted residuals and the weights: a quadratic lower bound that touches."""
        spread, df = self._split(scale)
        weight = self._weight(self._deviation(y, eta, spread), df)
        return weight * (y[:, None, :] - eta), weight

    def scale_slope(self, y, eta, scale):
        """Derivative with respect to the logarithms of scales and degrees of freedom."""
        xp = array_namespace(eta)
        spread, df = self._split(scale)
        deviation = self._deviation(y, eta, spread)
        square = deviation * deviation
        slope = self._weight(deviation, df) * square - 1
        if self.df != "auto":
            return slope
        by_df = df / 2 * (_step("digamma", df) - xp.log1p(square / df)) + slope / 2
        return xp.concat([slope, by_df], axis=2)

    def _update_scale(self, scale, sums):
        xp = array_namespace(scale)
        spread, df = self._split(scale)
        new = self._expanded(spread, df, sums)
        if self.df != "auto":
            return new
        cut = self.n_outputs
        by_scale, by_both, by_df = _information(df)
        if self.floor is not None:
            # Degrees of freedom must not make up for a move that a scale cannot make.
            held = new < like(self.floor, new)
            by_both = xp.where(held, xp.zeros_like(by_both), by_both)
        pull = (sums.penalty + sums.prior_rows * sums.prior_variance) / (spread * spread)
        by_spread = sums.slope[:, :cut] + pull - sums.prior_rows
        slope = sums.slope[:, cut:] - by_both / by_scale * by_spread
        information = (by_df - by_both**2 / by_scale) * sums.count
        used = information > 0
        move = slope / xp.where(used, information, xp.ones_like(information))
        return xp.concat([new, df * xp.exp(xp.clip(move, -_LARGEST_MOVE, _LARGEST_MOVE))], axis=1)

    def _expanded(self, spread, df, sums):
        """Root of the weighted square deviations over the sum of their weights.

        Over that sum, not the number of rows, it takes fewer passes (parameter expansion).
        """
        xp = array_namespace(spread)
        factor, variance = 1 + 1 / df, spread * spread
        slope = sums.slope[:, : self.n_outputs]
        square = variance * (slope + sums.count) + sums.moved
        square = square + factor * (sums.penalty + sums.prior_rows * sums.prior_variance)
        weight = sums.count - slope / df + factor * sums.prior_rows
        used = weight > 0
        variance = xp.where(used, square / xp.where(used, weight, xp.ones_like(weight)), variance)
        return xp.sqrt(xp.clip(variance, 0.0, None))

    def limited(self, scale):
        """Scales and degrees of freedom within their limits."""
        spread, df = self._split(scale)
        spread = super().limited(spread)
        if self.df != "auto":
            return spread
        xp = array_namespace(scale)
        return xp.concat([spread, xp.clip(df, _FEWEST, _MOST)], axis=-1)

    def degenerate(self, scale):
        """Whether a scale has run into the smallest allowed."""
        return super().degenerate(self._split(scale)[0])

    def attributes(self, coef, intercept, scale):
        """Coefficients, intercepts, scales and degrees of freedom in the units of y as given."""
        spread, df = self._split(scale)
        return {**super().attributes(coef, intercept, spread), "expert_df_": df}

    def variance(self, eta, scale):
        """Infinite with two degrees of freedom or fewer."""
        xp = array_namespace(eta)
        spread, df = self._split(scale)
        finite = df > 2
        ratio = xp.where(finite, df / xp.where(finite, df - 2, 1.0), float("inf"))
        return spread * spread * ratio + xp.zeros_like(eta)

    def hill(self, y, eta, scale):
        """Deviates over the root of the degrees of freedom, as hyperbolic sines."""
        xp = array_namespace(eta)
        return xp.asinh(super().hill(y, eta, scale) / xp.sqrt(self._split(scale)[1]))

    def fall(self, place, scale):
        """Degrees of freedom times the logarithm of the hyperbolic cosine."""
        xp = array_namespace(place)
        # Places are such that their sines have a square.
        sine = xp.sinh(place)
        return 0.5 * self._split(scale)[1] * xp.log1p(sine * sine)

    def log_top(self, scale):
        """Of these places."""
        return _step("gammaln", self._split(scale)[1]) - 0.5 * math.log(math.pi)

    def _below(self, deviation, scale):
        """By a polynomial, or by the incomplete beta function if degrees of freedom vary with x."""
        xp, df = array_namespace(deviation), self._split(scale)[1]
        if df.ndim == 2:
            tail = students_tail(xp.abs(deviation), df)
        else:
            half = xp.full_like(deviation, 0.5)
            tail = 0.5 * incomplete_beta(df / 2, half, df, deviation * deviation)
        return xp.where(deviation > 0, 1 - tail, tail)

    def _standard_ppf(self, q, scale):
        return special("stdtrit", self._split(scale)[1], q)

    def sample(self, eta, scale, random_state):
        """Random targets."""
        spread, df = (host(part) for part in self._split(scale))
        return host(eta) + spread * random_state.standard_t(df, size=eta.shape)


def _step(name, df):
    """A function's value at (df + 1) / 2 less that at df / 2, in float64: see `_information`."""
    exact = host(df).astype(float)
    return like(special(name, (exact + 1) / 2) - special(name, exact / 2), df)


def _information(df):
    """Expected information (per row) of log scale, of both, and of log degrees of freedom.

    Lange, Little & Taylor (1989), appendix B. On the host in float64: differences of trigamma
    functions leave no digit in float32, and there are only K C of them.
    """
    exact = host(df).astype(float)

    def trigamma(x):
        return special("zeta", 0 * x + 2, x)

    square = exact * exact
    by_df = square * (trigamma(exact / 2) - trigamma((exact + 1) / 2)) / 4
    by_df = by_df - exact * (exact + 5) / (2 * (exact + 1) * (exact + 3))
    by_both = -2 * exact / ((exact + 1) * (exact + 3))
    return tuple(like(part, df) for part in (2 * exact / (exact + 3), by_both, by_df))
