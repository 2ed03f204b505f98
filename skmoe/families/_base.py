"""What a family is."""

from sklearn.base import BaseEstimator

__all__ = ["Family"]


class Family(BaseEstimator):
    """How y scatters around an expert's linear predictor.

    A family is elementwise: it sees no X and loops over no experts. Subclasses give the methods
    below and the class attributes; an object holds hyperparameters and what `initialize`
    learns about the targets.

    Notes
    -----
    n rows, K experts, C columns of the linear predictor:
    `y` of shape (n, n_targets), `eta` of shape (n, K, C), `scale` of shape (K, C) or None,
    `resp` of shape (n, K); tables of log densities have shape (n, K).

    Attributes
    ----------
    has_scale : bool
        Whether every expert and output has a scale (a standard deviation) to estimate. The
        targets of such a family are centred and scaled before the fit.
    coupled : bool
        Whether the C predictors of an expert share a normaliser (softmax).
    """

    has_scale = False
    coupled = False

    def initialize(self, y):
        """Family that knows what the targets fix (the number of classes, say).

        Parameters
        ----------
        y : array of shape (n_samples, n_targets)

        Returns
        -------
        Family
            A new family; its `n_outputs` is C.
        """
        raise NotImplementedError

    def as_table(self, y):
        """Targets (n, n_targets) on the host as numbers between which distances make sense."""
        return y

    def log_prob(self, y, eta, scale):
        """Log density of every row under every expert, of shape (n, K)."""
        raise NotImplementedError

    def link(self, mean):
        """Linear predictors (n, K, C) that have the means `mean` (n, K, n_targets or n_classes)."""
        return mean

    def mean(self, eta, scale):
        """Expected target under every expert, of shape (n, K, n_targets or n_classes)."""
        raise NotImplementedError

    def working(self, y, eta):
        """Score and weight of the linear predictor, up to the factor 1 / scale ** 2.

        Returns
        -------
        score : array of shape (n, K, C)
            Derivative of the log density.
        weight : array of shape (n, K, C) or None
            Expected curvature (class probabilities if `coupled`); None stands for one.
        """
        raise NotImplementedError
