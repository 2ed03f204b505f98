"""An expert of one's own: one number for every expert and output, with Gaussian noise."""

import numpy as np

from skmoe.experts import Expert


class ConstantExpert(Expert):
    r"""Experts that predict the mean of their rows, whatever the columns are.

    Maximised: :math:`\sum_i r_{ik} \log N(y_i \mid a_k, \sigma_k^2)`, in closed form.

    References
    ----------
    .. [1] Jordan, M. I. & Jacobs, R. A. (1994). Hierarchical mixtures of experts and the EM
       algorithm. Neural Computation 6, 181-214.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> x = np.linspace(-1, 1, 200)[:, None]
    >>> y = np.where(x[:, 0] > 0, 5.0, 1.0) + 0.1 * np.sin(50 * x[:, 0])
    >>> model = MoERegressor(2, expert=ConstantExpert(), random_state=0).fit(x, y)
    >>> np.sort(model.predict_experts(x[:1])[0]).round(1)
    array([1., 5.])
    """

    def initialize(self, n_experts, X, family, columns=None):
        mean = np.zeros((n_experts, family.n_outputs), dtype=X.dtype)
        return self._replaced(family=family, mean=mean, scale=family.initial_scale(n_experts, X))

    def take(self, experts):
        return self._replaced(mean=self.mean[experts], scale=self.scale[experts])

    def joined(self, other):
        return self._replaced(
            mean=np.concatenate([self.mean, other.mean]),
            scale=np.concatenate([self.scale, other.scale]),
        )

    def predictors(self, X, wanted=None):
        return np.repeat(self.mean[None], len(X), axis=0), self.scale

    def statistics(self, X, y, resp):
        # Rows, sum and sum of squares of every expert: all that the closed form needs.
        return resp.sum(axis=0)[:, None], resp.T @ y, resp.T @ y**2

    def update(self, statistics, step=1.0):
        count, total, square = statistics
        used = count > 0
        count = np.where(used, count, 1)
        # An expert without rows keeps what it has.
        mean = self.mean + step * np.where(used, total / count - self.mean, 0)
        variance = (square - 2 * mean * total) / count + mean**2
        scale = np.sqrt(np.where(used, np.maximum(variance, 0), self.scale**2))
        # A part of a step moves the logarithms of the scales, which keeps them positive.
        scale = self.scale * (self.family.limited(scale) / self.scale) ** step
        return self._replaced(mean=mean, scale=scale)

    def gradient(self, X, y, resp):
        deviation = (y[:, None, :] - self.mean) / self.scale
        weighted = resp[:, :, None] * deviation
        by_scale = (weighted * deviation - resp[:, :, None]).sum(axis=0)
        return np.concatenate([(weighted.sum(axis=0) / self.scale).ravel(), by_scale.ravel()])

    @property
    def params(self):
        return np.concatenate([self.mean.ravel(), np.log(self.scale).ravel()])

    def with_params(self, params):
        mean, scale = np.reshape(params, (2, *self.mean.shape))
        return self._replaced(mean=mean, scale=self.family.limited(np.exp(scale)))

    def at_bound(self):
        return self.family.degenerate(self.scale)

    def n_parameters(self):
        return self.mean.size + self.scale.size
