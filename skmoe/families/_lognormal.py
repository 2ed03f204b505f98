"""Positive responses whose logarithm is Gaussian."""

import math

from .._rows.arrays import array_namespace, host, like, log_ceiling, special
from ._base import Positive, cut_heavy

__all__ = ["LogNormal"]


class LogNormal(Positive):
    r"""Positive responses whose logarithm is Gaussian, the logarithm of the mean as predictor.

    Maximised: :math:`\sum_i r_{ik} \log p(y_i \mid \mu_{ik}, s_k)`, where :math:`\log y` is normal
    around :math:`\log \mu - s^2 / 2` with standard deviation s, so that :math:`\mu = e^\eta` is
    the mean of y. One expert is least squares on log y: the coefficients are the same, and the
    intercept lies :math:`s^2 / 2` above. The tails are heavier than those of the Gamma family.

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
    .. [1] Crow, E. L. & Shimizu, K. (1988). Lognormal distributions: theory and applications.
       Marcel Dekker, chapter 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> x = np.linspace(0, 1, 200).reshape(-1, 1)
    >>> y = np.exp(1 + 2 * x[:, 0] + 0.1 * np.random.default_rng(0).standard_normal(200))
    >>> model = MoERegressor(1, family="lognormal").fit(x, y)
    >>> model.expert_coef_.round(1), model.expert_scale_.round(1)
    (array([[2.]]), array([0.1]))
    """

    name = "lognormal"

    def hill(self, y, eta, scale):
        """Standard normal deviates of the logarithms."""
        return cut_heavy((self._log(y) - eta) / scale + scale / 2)

    def log_density(self, y, eta, scale):
        """Log density output by output, of shape (n, K, C)."""
        xp = array_namespace(eta)
        return (
            self.log_top(scale)
            - self.fall(self.hill(y, eta, scale), scale)
            - (xp.log(scale) + xp.log(y)[:, None, :])
        )

    def working(self, y, eta, scale):
        """Residuals of the logarithms, of shape (n, K, C), and unit weights."""
        return scale * self.hill(y, eta, scale), None

    def scale_slope(self, y, eta, scale):
        """Derivative with respect to the logarithm of s."""
        place = self.hill(y, eta, scale)
        return place * (place - scale) - 1

    def _update_scale(self, scale, sums):
        """Maximum given the predictors: the root of a square equation in the squared scale."""
        xp = array_namespace(scale)
        variance, count = scale * scale, sums.count + sums.prior_rows
        # Squared distances of log y from log mean.
        square = variance * (sums.slope + sums.count * (1 + variance / 4))
        square = square + sums.penalty + sums.prior_rows * sums.prior_variance
        square = xp.clip(square, 0.0, None)
        used = count > 0
        root = count + xp.sqrt(count * count + sums.count * square)
        return xp.where(used, xp.sqrt(2 * square / xp.where(used, root, xp.ones_like(root))), scale)

    def variance(self, eta, scale):
        """Squared means times the exponential of the squared scale, less one."""
        xp, mean = array_namespace(eta), self.mean(eta, None)
        ceiling = like(log_ceiling(eta), eta)
        ratio = xp.sqrt(xp.expm1(xp.minimum(scale * scale, ceiling)))
        return self._square(ratio * mean)

    def fall(self, place, scale):
        """Half the square."""
        return 0.5 * place * place

    def log_top(self, scale):
        """Of a standard normal deviate."""
        return -0.5 * math.log(2 * math.pi)

    def cdf(self, y, eta, scale):
        """Probability of at most y."""
        return 0.5 * special("erfc", -(0.5**0.5) * self.hill(y, eta, scale))

    def sf(self, y, eta, scale):
        """Probability of more than y."""
        return 0.5 * special("erfc", 0.5**0.5 * self.hill(y, eta, scale))

    def ppf(self, q, eta, scale):
        """Quantiles of the levels q."""
        return self._at(special("ndtri", q), eta, scale)

    def isf(self, q, eta, scale):
        """Quantiles that are exceeded with probability q."""
        return self._at(-special("ndtri", q), eta, scale)

    def _at(self, place, eta, scale):
        """Targets at standard normal deviates."""
        return self.mean(eta + scale * (place - scale / 2), None)

    def sample(self, eta, scale, random_state):
        """Random targets."""
        return self._at(random_state.standard_normal(eta.shape), host(eta), host(scale))
