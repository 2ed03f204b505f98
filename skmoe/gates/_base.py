"""What a gate is."""

from .._part import Part

__all__ = ["Gate"]


class Gate(Part):
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

    def gradient(self, X, resp):
        """Gradient of `sum(resp * log_weight(X))` with respect to `params`, a vector."""
        raise NotImplementedError
