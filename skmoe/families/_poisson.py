"""Counts: Poisson."""

from .._numerics.gamma_functions import log_excess, stirling_rest
from .._rows.arrays import host, special
from ._base import Counts, drawn_counts

__all__ = ["Poisson"]


class Poisson(Counts):
    r"""Counts, with the logarithm of the mean as linear predictor.

    Maximised: :math:`\sum_i r_{ik} (y_i \eta_{ik} - e^{\eta_{ik}} - \log y_i!)`. One expert is
    scikit-learn's `PoissonRegressor`. As there, counts with an exposure (years, person-days) are
    given as rates, `y = count / exposure`, with `sample_weight=exposure`.

    Attributes
    ----------
    n_outputs : int
        Number of columns of y; set by `initialize`.

    Notes
    -----
    A row of weight w stands for w rows of weight one: a row with an exposure of ten years is ten
    rows of a year, each of which may be any expert's. Where one and the same expert answers for
    all of a row's exposure, give the counts, and `exposure=` in `fit`.

    References
    ----------
    .. [1] Wedel, M., DeSarbo, W. S., Bult, J. R. & Ramaswamy, V. (1993). A latent class Poisson
       regression model for heterogeneous count data. Journal of Applied Econometrics 8, 397-411.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> x, y = np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([1, 3, 7, 9])
    >>> MoERegressor(1, family="poisson").fit(x, y).predict(x[:1]).round()
    array([2.])
    """

    name = "poisson"

    def initialize(self, y, weight=None):
        """Family for counts of shape (n_samples, n_outputs)."""
        return self._with_mean(y, weight)

    def log_density(self, y, eta, scale=None):
        """Log probability output by output, of shape (n, K, C)."""
        y = y[:, None, :]
        some = self._some(y)
        return -stirling_rest(y) - some * log_excess(self.mean(eta, None) / some)

    def working(self, y, eta, scale=None):
        """Counts less means, and means as the weight."""
        mean = self.mean(eta, None)
        return y[:, None, :] - mean, mean

    def variance(self, eta, scale=None):
        """The mean."""
        return self.mean(eta, None)

    def growth(self, y, eta, scale=None):
        """Probability of y + 1 over that of y, a number."""
        return self.mean(eta, None) / (y + 1)

    def _cdf(self, count, mean, scale):
        return special("gammaincc", count + 1, mean)

    def _sf(self, count, mean, scale):
        return special("gammainc", count + 1, mean)

    def sample(self, eta, scale, random_state):
        """Random counts."""
        return drawn_counts(host(self.mean(eta, None)), random_state)
