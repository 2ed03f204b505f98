"""What a gate is."""

import copy

from sklearn.base import BaseEstimator

from .._arrays import array_namespace, device

__all__ = ["Gate", "take_columns"]


def take_columns(X, positions):
    """Chosen columns of a design and its constant (the last column)."""
    if positions is None:
        return X
    xp = array_namespace(X)
    wanted = xp.asarray([*positions, X.shape[1] - 1], device=device(X))
    return xp.take(X, wanted, axis=1)


class Gate(BaseEstimator):
    """Who is responsible for a row.

    A gate is a value: `initialize` and `update` return a new one and leave this one as it was.
    The object that a user makes holds hyperparameters only; `initialize` adds the state.

    Notes
    -----
    n rows, K experts, D = d + 1 columns of the design:
    `X` of shape (n, D), the scaled columns of the data and a last column of ones;
    `resp` of shape (n, K), which carries the row weights: its rows need not sum to one.

    Attributes
    ----------
    n_experts : int
        Set by `initialize`.
    """

    def _replaced(self, **state):
        """A copy of this gate with other state."""
        new = copy.copy(self)
        new.__dict__.update(state)
        return new

    def initialize(self, n_experts, X, columns=None):
        """Gate that gives every expert the same weight everywhere.

        Parameters
        ----------
        n_experts : int
        X : array of shape (n, D)
            Any block of the design: tells D, namespace, device and dtype.
        columns : list of int or None
            Positions of the columns that the gate looks at; None stands for all.
        """
        raise NotImplementedError

    def log_weight(self, X):
        """Log probability of every expert given x, of shape (n, K)."""
        raise NotImplementedError

    def statistics(self, X, resp):
        """Additive statistics of a block: whatever `update` needs."""
        raise NotImplementedError

    def update(self, statistics, step=1.0):
        """New gate, the fraction `step` of the way to the maximum given `statistics`."""
        raise NotImplementedError

    def gradient(self, X, resp):
        """Gradient of `sum(resp * log_weight(X))` with respect to `params`, a vector."""
        raise NotImplementedError

    @property
    def params(self):
        """The parameters as one vector."""
        raise NotImplementedError

    def with_params(self, params):
        """New gate with other parameters."""
        raise NotImplementedError

    def log_prior(self):
        """Minus the penalty on the parameters: a number or an array without axes."""
        return 0.0

    def log_prior_gradient(self):
        """Gradient of `log_prior` with respect to `params`."""
        return self.params * 0

    def update_penalty(self, statistics):
        """New gate with its penalty re-estimated; itself if that is fixed or has settled."""
        return self

    def log_volume(self, statistics):
        """Log of posterior over prior volume of the parameters with an estimated penalty.

        Added to the objective it gives the evidence (Laplace's approximation).
        """
        return 0.0

    def most_penalised(self):
        """New gate with the largest penalty; itself if the penalty is fixed."""
        return self

    def n_parameters(self):
        """Number of free parameters."""
        raise NotImplementedError
