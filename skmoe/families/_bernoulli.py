"""Shares and yes or no as numbers: Bernoulli."""

from .._rows.arrays import array_namespace, exp, host
from ._base import LogitLink, check_targets

__all__ = ["Bernoulli"]


class Bernoulli(LogitLink):
    r"""Targets of 0 and 1 (or shares between), with the log odds as linear predictor.

    Maximised: :math:`\sum_i r_{ik} (y_i \eta_{ik} - \log(1 + e^{\eta_{ik}}))`: logistic
    regression whose prediction is the probability of 1. For labels, use `MoEClassifier`; this
    family is for several yes or no targets at once, and for shares of successes given with
    `sample_weight=trials`.

    Attributes
    ----------
    n_outputs : int
        Number of columns of y; set by `initialize`.

    Notes
    -----
    A row of weight w stands for w trials, each of which may be any expert's. Where one and the same
    expert answers for all trials of a row, use :class:`Binomial`.

    References
    ----------
    .. [1] McCullagh, P. & Nelder, J. A. (1989). Generalized linear models, 2nd edition, chapter 4.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> x, y = np.zeros((4, 1)), np.array([0, 0, 0, 1])
    >>> MoERegressor(1, family="bernoulli").fit(x, y).predict(x[:1]).round(2)
    array([0.25])
    """

    discrete = True

    def initialize(self, y, weight=None):
        """Family for targets between 0 and 1, of shape (n_samples, n_outputs)."""
        return self._with(y)

    def check(self, y):
        """Raise a ValueError for targets that are no shares."""
        ok = (y >= 0) & (y <= 1)
        check_targets(y, ok, "bernoulli", "values below 0 or above 1", "0, 1 and shares between")

    def log_density(self, y, eta, scale=None):
        """Log probability output by output, of shape (n, K, C)."""
        xp = array_namespace(eta)
        # Less the logarithm of 1 + exp(eta), whose larger part is exact beside zeros and ones.
        largest = y[:, None, :] * eta - xp.maximum(eta, xp.zeros_like(eta))
        return largest - xp.log1p(exp(-xp.abs(eta)))

    def working(self, y, eta, scale=None):
        """Targets less probabilities, and p (1 - p) as the weight."""
        odds = exp(-array_namespace(eta).abs(eta))
        return y[:, None, :] - self._mean(eta, odds), self._variance(odds)

    def variance(self, eta, scale=None):
        """Probability of 1 times that of 0."""
        return self._variance(exp(-array_namespace(eta).abs(eta)))

    @staticmethod
    def _variance(odds):
        return odds / ((1 + odds) * (1 + odds))

    def cdf(self, y, eta, scale=None):
        """Probability of at most y."""
        xp = array_namespace(eta)
        y = y[:, None, :] + xp.zeros_like(eta)
        step = xp.where(y >= 1, xp.ones_like(eta), self.mean(-eta))
        return xp.where(y < 0, xp.zeros_like(eta), step)

    def sf(self, y, eta, scale=None):
        """Probability of more than y."""
        xp = array_namespace(eta)
        y = y[:, None, :] + xp.zeros_like(eta)
        step = xp.where(y >= 1, xp.zeros_like(eta), self.mean(eta))
        return xp.where(y < 0, xp.ones_like(eta), step)

    def ppf(self, q, eta, scale=None):
        """0 or 1."""
        return array_namespace(eta).astype(q > self.mean(-eta), eta.dtype)

    def isf(self, q, eta, scale=None):
        """0 or 1."""
        return array_namespace(eta).astype(q < self.mean(eta), eta.dtype)

    def sample(self, eta, scale, random_state):
        """Random zeros and ones."""
        return random_state.binomial(1, host(self.mean(eta))).astype(float)
