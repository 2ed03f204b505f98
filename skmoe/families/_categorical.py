"""Class labels."""

from .._rows.arrays import array_namespace, log_softmax
from .._rows.scaling import largest_value
from ._base import Labels
from ._bernoulli import Bernoulli

__all__ = ["Categorical"]

# The codes of two classes are targets of this one.
_TWO = Bernoulli()


class Categorical(Labels):
    r"""Class labels through the softmax (more than two classes) or logistic (two) link.

    Maximised: :math:`\sum_i r_{ik} \log p(y_i \mid \eta_{ik})`. With two classes there is one
    linear predictor, the log odds of the second class, so that one expert is scikit-learn's
    LogisticRegression with `C = 1 / alpha`; with more there is one for every class, symmetric.

    Parameters
    ----------
    n_classes : int or None, default=None
        Number of classes; None takes it from targets that hold codes 0, 1, ...

    Attributes
    ----------
    n_outputs : int
        Number of linear predictors: 1 for up to two classes, else `n_classes`.

    References
    ----------
    .. [1] Böhning, D. (1992). Multinomial logistic regression algorithm. Annals of the Institute
       of Statistical Mathematics 44, 197-200.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe.families import Categorical
    >>> family = Categorical().initialize(np.array([[0.0], [1.0], [2.0]]))
    >>> family.mean(np.zeros((1, 1, 3)), None).round(3)
    array([[[0.333, 0.333, 0.333]]])
    """

    largest_step = 4.0

    def __init__(self, n_classes=None):
        self.n_classes = n_classes

    def n_predictors(self, n_classes):
        """One for two classes, else as many."""
        return 1 if n_classes <= 2 else n_classes

    def initialize(self, y, weight=None):
        """Family for targets of shape (n_samples, 1) that hold class codes 0, 1, ..."""
        return self.with_classes(self.n_classes or int(largest_value(y)) + 1)

    def with_classes(self, n_classes):
        """Family for a known number of classes."""
        family = type(self)(n_classes)
        family.n_outputs = family.n_predictors(n_classes)
        family.start = [0.0] * family.n_outputs
        return family

    @property
    def coupled(self):
        """Whether the predictors share a normaliser: with more than two classes."""
        return self.n_outputs > 1

    def as_table(self, y):
        """Indicators of the classes, of shape (n, n_classes)."""
        return (y == range(self.n_classes)) * 1.0

    def log_prob(self, y, eta, scale=None):
        """Log probability of the label of every row under every expert, of shape (n, K)."""
        if self.n_classes == 2:
            return _TWO.log_density(y, eta)[:, :, 0]
        xp = array_namespace(eta)
        return xp.sum(self._one_hot(y, eta) * log_softmax(eta, axis=2), axis=2)

    def link(self, mean):
        """Log odds or logarithms of class probabilities."""
        xp = array_namespace(mean)
        logarithm = xp.log(mean)
        if self.n_outputs > 1 or self.n_classes == 1:
            return logarithm
        return logarithm[:, :, 1:] - logarithm[:, :, :1]

    def mean(self, eta, scale=None):
        """Class probabilities, of shape (n, K, n_classes)."""
        xp = array_namespace(eta)
        if self.n_classes == 2:
            return xp.concat([_TWO.mean(-eta), _TWO.mean(eta)], axis=2)
        return xp.exp(log_softmax(eta, axis=2))

    def working(self, y, eta, scale=None):
        """Indicators less probabilities; p (coupled) or p (1 - p) as the weight."""
        if self.n_classes == 2:
            return _TWO.working(y, eta)
        prob = self.mean(eta)
        if self.n_classes == 1:
            return prob * 0, prob * 0
        return self._one_hot(y, eta) - prob, prob
