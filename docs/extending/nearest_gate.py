"""A gate of one's own: experts at known places, how near they reach is learnt."""

import numpy as np
from scipy.special import log_softmax

from skmoe.gates import Gate


class NearestGate(Gate):
    r"""Softmax of squared distances to known centres, whose sharpness is learnt.

    Maximised: :math:`\sum_i \sum_k r_{ik} \log g_k(x_i)` with :math:`g_k(x) \propto
    \exp(-\beta \|x - m_k\|^2)`, over :math:`\log \beta`, by a Newton step an update.

    Parameters
    ----------
    centers : list of list of float
        One centre for every expert, in units of the scaled columns.

    References
    ----------
    .. [1] Jacobs, R. A., Jordan, M. I., Nowlan, S. J. & Hinton, G. E. (1991). Adaptive mixtures
       of local experts. Neural Computation 3, 79-87.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> x = np.linspace(-1, 1, 200)[:, None]
    >>> gate = NearestGate([[-1.0], [1.0]])
    >>> model = MoERegressor(2, gate=gate, n_init=4, random_state=0).fit(x, np.abs(x[:, 0]))
    >>> model.expert_coef_[:, 0].round(1)
    array([-1.,  1.])
    """

    def __init__(self, centers):
        self.centers = centers

    def initialize(self, n_experts, X, columns=None):
        # A new gate with state; the object that a user has made keeps hyperparameters only.
        return self._replaced(n_experts=n_experts, log_beta=np.zeros(1, dtype=X.dtype))

    def _logits(self, X):
        # The last column of a design is the constant. |x|^2 is the same for all experts, and
        # without it the logits do not cancel far from the data.
        centers = np.asarray(self.centers, dtype=X.dtype)
        return np.exp(self.log_beta) * (2 * X[:, :-1] @ centers.T - (centers**2).sum(axis=1))

    def log_weight(self, X):
        return log_softmax(self._logits(X), axis=1)

    def statistics(self, X, resp):
        # Slope and curvature by log beta. Sums over rows: those of two blocks add up.
        logits, weight = self._logits(X), np.exp(self.log_weight(X))
        apart = logits - (weight * logits).sum(axis=1, keepdims=True)
        total = resp.sum(axis=1, keepdims=True)
        return np.array([(resp * apart).sum(), (total * weight * apart**2).sum()], dtype=X.dtype)

    def update(self, statistics, step=1.0):
        slope, curvature = statistics
        move = slope / curvature if curvature > 0 else np.zeros_like(slope)
        # No farther than 1: the curvature holds near by only.
        return self._replaced(log_beta=self.log_beta + step * np.clip(move, -1, 1))

    def settled(self, statistics):
        # For partial_fit: after an update the rows so far ask for no further move.
        return statistics * np.array([0, 1], dtype=statistics.dtype)

    def gradient(self, X, resp):
        return self.statistics(X, resp)[:1]

    @property
    def params(self):
        return self.log_beta

    def with_params(self, params):
        return self._replaced(log_beta=params)

    def n_parameters(self):
        return 1
