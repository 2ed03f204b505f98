"""Successes among trials: binomial and multinomial counts."""

from .._numerics.gamma_functions import incomplete_beta, stirling_rest
from .._rows.arrays import array_namespace, exp, host, log_softmax
from ._base import Counts, Family
from ._bernoulli import Bernoulli

__all__ = ["Binomial", "Multinomial"]


class _OfTrials(Family):
    """Families of shares of a known number of trials, which share an expert."""

    trials = True

    def log_coefficient(self, y, trials):
        """Logarithm of the number of orders of the trials (n, 1) of rows with the shares y."""
        xp = array_namespace(y)
        counts = self._all_shares(y) * trials
        some = xp.maximum(counts, xp.full_like(counts, 1e-18))
        # Of the logarithm of a factorial, x (log x - 1) and the rest; the shares sum to one.
        own = xp.sum(stirling_rest(counts) + counts * xp.log(some / trials), axis=1, keepdims=True)
        return stirling_rest(trials) - own

    def _all_shares(self, y):
        """Shares of all outcomes, (n, n_outcomes)."""
        raise NotImplementedError


class Binomial(_OfTrials, Bernoulli):
    r"""Successes among a known number of trials, with the log odds as linear predictor.

    Maximised: :math:`\sum_i r_{ik} [t_i (y_i \eta_{ik} - \log(1 + e^{\eta_{ik}})) + \log
    \binom{t_i}{t_i y_i}]`, where :math:`y_i` is the share of successes among :math:`t_i` trials.
    All trials of a row share one latent expert; trials that each may be any expert's are rows of
    `family="bernoulli"` with `sample_weight=trials`.

    y has two columns, successes and trials, or is the share of successes, with `trials=` in `fit`
    and wherever y is given. `predict` gives the probability of a success; `predict_dist`,
    `predict_quantiles` and `sample` the number of successes among `trials` (one by default).

    Attributes
    ----------
    n_outputs : int
        1; set by `initialize`.

    References
    ----------
    .. [1] McCullagh, P. & Nelder, J. A. (1989). Generalized linear models, 2nd edition, chapter 4.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> x, y = np.zeros((3, 1)), np.array([[2, 10], [1, 4], [5, 26]])
    >>> model = MoERegressor(1, family="binomial").fit(x, y)
    >>> model.predict(x[:1]).round(2), model.predict_dist(x[:1], trials=10).mean().round(1)
    (array([0.2]), array([2.]))
    """

    def n_predictors(self, n_targets):
        """One: of successes and trials, or of a share."""
        return 1

    def check(self, y):
        """Raise a ValueError for what are no counts of successes and trials, and no shares."""
        if y.shape[1] > 2:
            raise ValueError(
                f"y has {y.shape[1]} columns, but family={self!r} is for two, successes and "
                "trials, or one, the share of successes."
            )
        if y.shape[1] == 1:
            ok, allowed = (y >= 0) & (y <= 1), "a share of successes from 0 to 1"
        else:
            xp = array_namespace(y)
            ok = (y[:, 1] > 0) & (y[:, 0] >= 0) & (y[:, 0] <= y[:, 1])
            ok = ok & xp.all(y == xp.round(y), axis=1)
            allowed = "a whole number of trials above 0, and successes from 0 to as many"
        if not bool(array_namespace(y).all(ok)):
            row = int((~host(ok).reshape(y.shape[0], -1).all(axis=1)).argmax())
            raise ValueError(
                f"y has the row {host(y)[row].tolist()}, but family={self!r} is for {allowed}. "
                "Leave out such rows"
                + ("." if y.shape[1] == 2 else "; for counts, pass y with two columns.")
            )

    def of_trials(self, y):
        """Shares (n, 1) and trials (n,) of successes and trials; of shares, None."""
        return (y, None) if y.shape[1] == 1 else (y[:, :1] / y[:, 1:], y[:, 1])

    def _all_shares(self, y):
        return array_namespace(y).concat([y, 1 - y], axis=1)

    def of_counts(self):
        """The family of the number of successes, the trials of every row as its scale."""
        family = _Successes()
        family.n_outputs = 1
        return family


class _Successes(Counts):
    """Number of successes among the trials that stand in the place of scales, (n, K, 1)."""

    name = "binomial"
    _share = Bernoulli()

    def mean(self, eta, scale):
        """Trials times probability."""
        return scale * self._share.mean(eta)

    def variance(self, eta, scale):
        """Trials times the variance of one."""
        return scale * self._share.variance(eta)

    def log_density(self, y, eta, scale):
        """Log probability, of shape (n, K, 1)."""
        xp = array_namespace(eta)
        y = y[:, None, :] + xp.zeros_like(eta)
        inside = (y >= 0) & (y <= scale)
        y = xp.where(inside, y, xp.zeros_like(y))
        rest = scale - y
        # Of the logarithms of factorials, x (log x - 1) and the rest.
        own = stirling_rest(scale) - stirling_rest(y) - stirling_rest(rest)
        own = own - y * xp.log(self._some(y / scale)) - rest * xp.log(self._some(rest / scale))
        log = y * eta - scale * (xp.maximum(eta, xp.zeros_like(eta)) + xp.log1p(exp(-xp.abs(eta))))
        return xp.where(inside, own + log, -float("inf"))

    def growth(self, y, eta, scale):
        """Probability of y + 1 over that of y, a number."""
        xp = array_namespace(eta)
        left = scale - y
        left = xp.maximum(left, xp.zeros_like(left))
        return exp(eta) * left / (y + 1)

    def _tail(self, y, eta, scale, tail, below_zero):
        """A probability `tail(count, eta, scale)` of whole numbers; `below_zero` under them."""
        xp = array_namespace(eta)
        count = xp.floor(y[:, None, :]) + xp.zeros_like(eta)
        trials = scale + xp.zeros_like(eta)
        proba = tail(xp.maximum(xp.minimum(count, trials - 1), xp.zeros_like(count)), eta, trials)
        proba = xp.where(count < 0, xp.full_like(proba, below_zero), proba)
        return xp.where(count >= trials, xp.full_like(proba, 1 - below_zero), proba)

    def smooth_cdf(self, y, eta, scale):
        """`cdf`: there are few trials, or their sums are found by quadrature of steps."""
        return self.cdf(y, eta, scale)

    def _cdf(self, count, eta, trials):
        return incomplete_beta(
            trials - count, count + 1, self._share.mean(-eta), self._share.mean(eta)
        )

    def _sf(self, count, eta, trials):
        return incomplete_beta(
            count + 1, trials - count, self._share.mean(eta), self._share.mean(-eta)
        )

    def ppf(self, q, eta, scale):
        """Quantiles of a normal distribution of the same mean and variance, up to all trials."""
        return self._within(super().ppf(q, eta, scale), scale)

    def isf(self, q, eta, scale):
        """Quantiles of a normal distribution of the same mean and variance."""
        return self._within(super().isf(q, eta, scale), scale)

    @staticmethod
    def _within(count, scale):
        return array_namespace(count).minimum(count, scale + 0 * count)

    def sample(self, eta, scale, random_state):
        """Random counts."""
        trials = host(scale).astype(int)
        return random_state.binomial(trials, host(self._share.mean(eta))).astype(float)


class Multinomial(_OfTrials):
    r"""Counts of several outcomes among a known number of trials, a softmax regression.

    Maximised: :math:`\sum_i r_{ik} [t_i \sum_j y_{ij} \log p_{ikj} + \log \binom{t_i}{t_i y_i}]`,
    where :math:`y_{ij}` is the share of outcome j among :math:`t_i` trials and :math:`p_{ik}` the
    softmax of the predictors. All trials of a row share one latent expert.

    y has a column of counts for every outcome. `predict` gives the probabilities of the outcomes.

    Attributes
    ----------
    n_outputs : int
        Number of outcomes; set by `initialize`.

    References
    ----------
    .. [1] McCullagh, P. & Nelder, J. A. (1989). Generalized linear models, 2nd edition, chapter 5.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> x, y = np.zeros((2, 1)), np.array([[2, 3, 5], [4, 3, 3]])
    >>> MoERegressor(1, family="multinomial").fit(x, y).predict(x[:1]).round(2)
    array([[0.3, 0.3, 0.4]])
    """

    coupled = True
    largest_step = 4.0
    support = (0.0, 1.0)

    def initialize(self, y, weight=None):
        """Family for shares of outcomes, of shape (n_samples, n_outcomes)."""
        return self._with(y)

    def check(self, y):
        """Raise a ValueError for what are no counts of two outcomes or more."""
        xp = array_namespace(y)
        ok = xp.all(y >= 0, axis=1) & (xp.sum(y, axis=1) > 0)
        if y.shape[1] < 2 or not bool(xp.all(ok)):
            row = int((~host(ok)).argmax())
            raise ValueError(
                f"y has the row {host(y)[row].tolist()}, but family={self!r} is for counts of two "
                "outcomes or more, at least 0, some above. Leave out such rows."
            )

    def of_trials(self, y):
        """Shares (n, n_outcomes) and trials (n,) of counts."""
        xp = array_namespace(y)
        if not bool(xp.all(y == xp.round(y))):
            row = int((host(y) != host(xp.round(y))).any(axis=1).argmax())
            raise ValueError(
                f"y has the row {host(y)[row].tolist()}, but family={self!r} is for counts, whole "
                "numbers. Pass counts; of shares alone it is not known how many trials there were."
            )
        total = array_namespace(y).sum(y, axis=1)
        return y / total[:, None], total

    def _all_shares(self, y):
        return y

    def log_prob(self, y, eta, scale=None):
        """Mean log probability of the trials of every row under every expert, of shape (n, K)."""
        xp = array_namespace(eta)
        return xp.sum(y[:, None, :] * log_softmax(eta, axis=2), axis=2)

    def link(self, mean):
        """Logarithms of the probabilities."""
        return array_namespace(mean).log(mean)

    def feasible(self, mean, floor):
        """Probabilities of at least the `floor` over their number."""
        xp = array_namespace(mean)
        least = max(floor / self.n_outputs, 1e-7)
        mean = xp.maximum(mean, xp.full_like(mean, least))
        return mean / xp.sum(mean, axis=2, keepdims=True)

    def mean(self, eta, scale=None):
        """Probabilities of the outcomes, of shape (n, K, n_outcomes)."""
        return array_namespace(eta).exp(log_softmax(eta, axis=2))

    def working(self, y, eta, scale=None):
        """Shares less probabilities, and these."""
        prob = self.mean(eta)
        return y[:, None, :] - prob, prob

    def deviance(self, y, mean):
        """Twice the log loss of an outcome, less that of the shares themselves."""
        xp = array_namespace(mean)
        ratio = xp.where(y > 0, y / xp.where(mean > 0, mean, 1e-30), xp.ones_like(mean))
        return 2 * (y * xp.log(ratio) - y + mean)

    def of_counts(self):
        """There is no distribution of a number: raise a ValueError that says so."""
        raise ValueError(
            "The distribution of a number was asked for, but family='multinomial' is for counts "
            "of several outcomes. Use predict, their probabilities."
        )
