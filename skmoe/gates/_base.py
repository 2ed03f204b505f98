"""What a gate is."""

import math

from .._numerics.part import MadeOfParts, Part, Together, refusal

__all__ = ["Gate", "Wrapper", "as_gate"]


class Gate(Part):
    """Who is responsible for a row.

    A gate is a value: `initialize` and `update` return a new one and leave this one as it was.
    The object that a user makes holds hyperparameters only; `initialize` adds the state.

    A gate of one's own gives `initialize`, `log_weight`, `statistics`, `update`, `gradient`,
    `params`, `with_params` and `n_parameters`; with a penalty `log_prior` and
    `log_prior_gradient` too. All else has a default that is right for most: the page "Parts of
    your own" of the guide says who calls what, when, and what it is for.

    Attributes
    ----------
    n_experts : int
        Set by `initialize`.
    exact : bool
        Whether `log_joint` is `log_weight`. Otherwise what a fit climbs is not the likelihood of
        y given x, which is then computed once, after the fit.
    generative : bool
        Whether `log_joint` is the log density of the gate's columns, jointly with the expert.
    climbs_once : bool
        Whether there is one climb on all rows and no other after it.
    routes : bool
        Whether experts can be closed to a row: then `log_joint` and `log_weight` are minus
        infinity there, and an expert is only asked about the rows that are open to it.
    linear : bool
        Whether there are `weights`, coefficients of the columns and intercepts of the logits.

    Notes
    -----
    n rows, K experts, D = d + 1 columns of the design:
    `X` of shape (n, D), the scaled columns of the data and a last column of ones;
    `resp` of shape (n, K), which carries the row weights: its rows need not sum to one.
    """

    exact = True
    generative = False
    climbs_once = True
    routes = False
    linear = False

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

    def most_experts(self):
        """The largest number of experts that it can tell apart."""
        return math.inf

    def log_weight(self, X):
        """Log probability of every expert given x, of shape (n, K)."""
        raise NotImplementedError

    def log_joint(self, X):
        """What a fit adds to the experts' log densities, of shape (n, K).

        The log probability of every expert given x, or, of gates that model x as well, jointly
        with x. Its softmax over the experts is the probability given x.
        """
        return self.log_weight(X)

    def log_score(self, X):
        """`log_weight` up to a number for every row, (n, K): whatever of that kind is cheapest."""
        return self.log_joint(X)

    def statistics(self, X, resp):
        """Additive statistics of a block: whatever `update` needs."""
        raise NotImplementedError

    def log_joint_and_statistics(self, X):
        """`log_joint`, and the function that takes responsibilities to `statistics`.

        What both need is then computed once.
        """
        return self.log_joint(X), lambda resp: self.statistics(X, resp)

    def gradient(self, X, resp):
        """Gradient of `sum(resp * log_joint(X))` with respect to `params`, a vector."""
        raise NotImplementedError

    def log_joint_and_gradient(self, X):
        """`log_joint`, and the function that takes responsibilities to `gradient`."""
        return self.log_joint(X), lambda resp: self.gradient(X, resp)

    def slopes(self, X, resp):
        """Derivatives by linear predictor and row, a list of `Slopes` in the order of `params`.

        None for gates whose parameters are no coefficients of linear predictors.
        """
        return None

    def doubts(self, X, resp):
        """How far from certain the rows leave the logits, a list of `Doubts`.

        Empty for gates whose logits are not linear.
        """
        return []

    def refined(self):
        """Gate for one more climb after this one has ended; None for none."""
        return None


class Wrapper(Together, MadeOfParts, Gate):
    """A gate made of another one, the hyperparameter `gate`: it looks at what that looks at."""

    @property
    def members(self):
        """The gate inside, as it was given."""
        return (as_gate(self.gate),)

    def most_experts(self):
        """As many as the gate inside."""
        return as_gate(self.gate).most_experts()

    def _part(self, name):
        """The gate inside as an object."""
        return as_gate(self.gate) if name == "gate" else None

    @property
    def columns(self):
        """The columns that the gate inside looks at."""
        return getattr(as_gate(self.gate), "columns", None)

    def segments_on(self, index, n_features):
        """In how many segments the gate inside looks at them."""
        return as_gate(self.gate).segments_on(index, n_features)


def as_gate(value):
    """A gate from its name or from a classifier; `value` itself if it is a gate."""
    # The names stand where all gates are known, above this file.
    from . import NAMES, EstimatorGate

    if isinstance(value, str) and value in NAMES:
        return NAMES[value]()
    if hasattr(value, "log_weight") and not isinstance(value, type):
        return value
    if hasattr(value, "fit") and not isinstance(value, type):
        return EstimatorGate(value)
    raise refusal("gate", value, NAMES, "a gate or a classifier")
