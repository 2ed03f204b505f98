"""The gate that does not look at x."""

from .._numerics.part import Slopes
from .._rows.arrays import array_namespace, contrasts, log_softmax, ones, zeros
from ._base import Gate

__all__ = ["ConstantGate"]


class ConstantGate(Gate):
    r"""Weights that do not depend on x: a mixture of regressions.

    Maximised: :math:`\sum_i \sum_k r_{ik} \log \pi_k`, in closed form by
    :math:`\pi_k = \sum_i r_{ik} / \sum_{ij} r_{ij}`.

    Attributes
    ----------
    log_prob : array of shape (n_experts,)
        Log weights; on the gate that `initialize` and `update` return.

    References
    ----------
    .. [1] DeSarbo, W. S. & Cron, W. L. (1988). A maximum likelihood methodology for clusterwise
       linear regression. Journal of Classification 5, 249-282.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe.gates import ConstantGate
    >>> gate = ConstantGate().initialize(2, np.ones((3, 1)))
    >>> resp = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> gate = gate.update(gate.statistics(np.ones((3, 1)), resp))
    >>> np.exp(gate.log_weight(np.ones((1, 1)))).round(3)
    array([[0.667, 0.333]])
    """

    linear = True

    # Rows, so few that they change nothing but that the logarithm stays finite.
    _SMALLEST = 1e-30

    def initialize(self, n_experts, X, columns=None):
        """Equal weights."""
        return self._replaced(
            n_experts=n_experts, log_prob=log_softmax(zeros((n_experts,), X), axis=0)
        )

    @property
    def weights(self):
        """Log weights as intercepts of logits without coefficients, of shape (K, 1)."""
        return self.log_prob[:, None]

    # It looks at no column.
    positions = ()

    def located(self, locate):
        """None."""
        return self.positions

    def allows_sparse(self):
        """Yes: the gate does not look at X."""
        return True

    def allows_missing(self):
        """Yes: the gate does not look at X."""
        return True

    def log_weight(self, X):
        """Log weights, the same in every row, of shape (n, K)."""
        return (self.log_prob[:, None] * ones((1, X.shape[0]), X)).T

    def statistics(self, X, resp):
        """Responsibility of every expert, of shape (K,)."""
        return array_namespace(resp).sum(resp, axis=0)

    def update(self, statistics, step=1.0):
        """Shares of the responsibility, or a step towards them in the logarithm."""
        xp = array_namespace(statistics)
        count = statistics + self._SMALLEST
        share = xp.log(count) - xp.log(xp.sum(count))
        log_prob = self.log_prob + step * (share - self.log_prob)
        return self.with_params(log_prob)

    def settled(self, statistics):
        """The same sum, shared out as the log weights say."""
        xp = array_namespace(statistics)
        return xp.sum(statistics) * xp.exp(self.log_prob)

    def gradient(self, X, resp):
        """Responsibility less expected responsibility, of shape (K,)."""
        xp = array_namespace(resp)
        return xp.sum(resp, axis=0) - xp.sum(resp) * xp.exp(self.log_prob)

    def slopes(self, X, resp):
        """Responsibility less expected responsibility of every row."""
        xp = array_namespace(resp)
        table = resp - xp.sum(resp, axis=1, keepdims=True) * xp.exp(self.log_prob)
        return [Slopes(ones((X.shape[0], 1), resp), table, list(range(table.shape[1])))]

    def identified(self):
        """Contrasts of the log weights."""
        return contrasts(1, self.log_prob.shape[0], 1)

    @property
    def params(self):
        """Log weights, of shape (K,)."""
        return self.log_prob

    def with_params(self, params):
        """Gate with log weights `params`, normalised."""
        return self._replaced(log_prob=log_softmax(params, axis=0))

    def n_parameters(self):
        """One less than experts."""
        return self.log_prob.shape[0] - 1
