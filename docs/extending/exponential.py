"""A family of one's own: exponential waiting times."""

import numpy as np

from skmoe.families import Family


class Exponential(Family):
    r"""Waiting times without memory, with the logarithm of the mean as linear predictor.

    Maximised: :math:`-\sum_i r_{ik} (\eta_{ik} + y_i e^{-\eta_{ik}})`.

    References
    ----------
    .. [1] McCullagh, P. & Nelder, J. A. (1989). Generalized linear models, 2nd edition, chapter 8.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> x, y = np.zeros((4, 1)), np.array([1.0, 2.0, 3.0, 6.0])
    >>> MoERegressor(1, family=Exponential()).fit(x, y).predict(x[:1]).round(2)
    array([3.])
    """

    # A step that moves a predictor by more than this would leave where its curvature holds.
    largest_step = 1.0
    # The smallest and the largest number that y can be.
    support = (0.0, np.inf)

    def check(self, y):
        if (y <= 0).any():
            raise ValueError("y has values of zero or less; waiting times are above 0.")

    def initialize(self, y, weight=None):
        def sums(y, _, weight):
            return weight.sum(), weight @ y

        if isinstance(y, np.ndarray):
            total, moment = sums(y, None, np.ones(len(y)) if weight is None else weight)
        else:
            # Blocks of targets that are not at hand.
            total, moment = y.sum(sums)
        family = Exponential()
        family.n_outputs = y.shape[1]
        # Where a climb can start from: the mean of all targets.
        family.start = list(np.log(moment / total))
        return family

    def link(self, mean):
        return np.log(mean)

    def mean(self, eta, scale):
        # Cut, so that neither this nor its inverse overflows far from the data.
        limit = np.log(np.finfo(eta.dtype).max) / 2 - 1
        return np.exp(np.clip(eta, -limit, limit))

    def feasible(self, mean, floor):
        return np.maximum(mean, floor * np.exp(self.start))

    def log_density(self, y, eta, scale):
        mean = self.mean(eta, scale)
        return -(np.log(mean) + y[:, None, :] / mean)

    def working(self, y, eta, scale):
        # The expected curvature is one: None stands for that.
        return y[:, None, :] / self.mean(eta, scale) - 1, None

    def deviance(self, y, mean):
        return 2 * (y / mean - 1 - np.log(y / mean))

    def variance(self, eta, scale):
        return self.mean(eta, scale) ** 2

    def cdf(self, y, eta, scale):
        return -np.expm1(-np.maximum(y[:, None, :], 0) / self.mean(eta, scale))

    def sf(self, y, eta, scale):
        return np.exp(-np.maximum(y[:, None, :], 0) / self.mean(eta, scale))

    def ppf(self, q, eta, scale):
        return -np.log1p(-q) * self.mean(eta, scale)

    def isf(self, q, eta, scale):
        return -np.log(q) * self.mean(eta, scale)

    def sample(self, eta, scale, random_state):
        return random_state.exponential(self.mean(eta, scale))
