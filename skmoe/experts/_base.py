"""What an expert is."""

from .._numerics.part import Part, refusal
from .._rows.arrays import array_namespace

__all__ = ["Expert"]


class Expert(Part):
    """A bank of K experts: every expert's prediction for every row.

    An expert is a value, as a gate is: `initialize` and `update` return a new one. The object
    that a user makes holds hyperparameters only; `initialize` adds the state.

    A bank of one's own gives `initialize`, `predictors`, `statistics`, `update`, `gradient`,
    `params`, `with_params`, `n_parameters`, `take` and `joined`; with scales `at_bound`, with a
    penalty `log_prior` and `log_prior_gradient` too. All else has a default that is right for
    most: the page "Parts of your own" of the guide says who calls what, when, and what it is for.

    Attributes
    ----------
    family : Family
        How y scatters; set by `initialize`.
    pools : bool
        Whether the experts are shrunk towards the one-expert fit: then there is a method
        `pooled_at(one)` that takes the bank of that one expert, of the kind `pooling()`.
    learns_at_once : bool
        Whether an update at given responsibilities is their maximum, which no other would move.
    takes_offsets : bool
        Whether predictors have the known terms that `at_offset` tells.
    offset : array of shape (n, C) or None
        Known terms of the predictors in the rows of one block, of the bank `at_offset` returns.

    Notes
    -----
    n rows, K experts, C linear predictors, D = d + 1 columns of the design:
    `X` of shape (n, D), the scaled columns and a last column of ones; `y` of shape
    (n, n_targets) as the family takes it; `resp` of shape (n, K), which carries the row weights.
    """

    pools = False
    learns_at_once = False
    offset = None
    takes_offsets = False

    def at_offset(self, offset):
        """Bank whose linear predictors have known terms (n, C) in the rows of a block."""
        return self._replaced(offset=offset)

    def allows_outputs(self):
        """Whether y may have several columns."""
        return True

    def pooling(self):
        """Bank of the kind whose one-expert fit the experts are shrunk towards."""
        return self

    def initialize(self, n_experts, X, family, columns=None):
        """Bank that predicts zero everywhere.

        Parameters
        ----------
        n_experts : int
        X : array of shape (n, D)
            Any block of the design: tells D, namespace, device and dtype.
        family : Family
            An initialised family.
        columns : list of int or None
            Positions of the columns that the experts look at; None stands for all.
        """
        raise NotImplementedError

    def take(self, experts):
        """Bank of the experts at the positions `experts` (list of int), repeated as often."""
        raise NotImplementedError

    def joined(self, other):
        """Bank of these experts and, after them, those of another bank of this kind."""
        raise NotImplementedError

    def predictors(self, X, wanted=None):
        """Linear predictors (n, K, C) and scales of the family, (K, S), (n, K, S) or None.

        `wanted` of shape (n, K) tells which of them are needed; the others may be any finite
        number. None stands for all.
        """
        raise NotImplementedError

    def predict(self, X, wanted=None):
        """Expected target under every expert, of shape (n, K, n_targets or n_classes).

        `wanted` as above.
        """
        return self.family.mean(*self.predictors(X, wanted))

    def average(self, X, weight, wanted=None):
        """Sum over the experts of weight (n, K) times expected target, (n, n_targets or n_classes).

        `wanted` as above.
        """
        prediction = self.predict(X, wanted)
        return array_namespace(X).sum(weight[:, :, None] * prediction, axis=1)

    def log_prob(self, X, y, wanted=None):
        """Log density of every row under every expert, of shape (n, K); `wanted` as above."""
        return self.family.log_prob(y, *self.predictors(X, wanted))

    def statistics(self, X, y, resp):
        """Additive statistics of a block: whatever `update` needs."""
        raise NotImplementedError

    def log_prob_and_statistics(self, X, y, wanted=None):
        """`log_prob`, and the function that takes responsibilities to `statistics`.

        What both need is then computed once.
        """
        return self.log_prob(X, y, wanted), lambda resp: self.statistics(X, y, resp)

    def gradient(self, X, y, resp):
        """Gradient of `sum(resp * log_prob(X, y))` with respect to `params`, a vector."""
        raise NotImplementedError

    def slopes(self, X, y, resp):
        """Derivatives by linear predictor and row, a list of `Slopes` in the order of `params`.

        None for experts whose parameters are no coefficients of linear predictors.
        """
        return None

    def doubts(self, X, y, resp):
        """How far from certain the rows leave the predictors, a list of `Doubts`, one at most.

        Its M predictors are those of the experts, (K, C) as a vector. Empty for experts that are
        not linear, or of families that never are certain.
        """
        return []

    def log_prob_and_gradient(self, X, y, wanted=None):
        """`log_prob`, and the function that takes responsibilities to `gradient`."""
        return self.log_prob(X, y, wanted), lambda resp: self.gradient(X, y, resp)

    def at_bound(self):
        """Whether a parameter has run into a bound that the likelihood asks to pass."""
        return False


def as_expert(value):
    """Experts from their name or from an estimator; `value` itself if it is a bank of them."""
    # The names stand where all experts are known, above this file.
    from . import NAMES, EstimatorExpert

    if isinstance(value, str) and value in NAMES:
        return NAMES[value]()
    if hasattr(value, "log_prob") and not isinstance(value, type):
        return value
    if hasattr(value, "fit") and not isinstance(value, type):
        return EstimatorExpert(value)
    raise refusal("expert", value, NAMES, "an expert or a scikit-learn estimator")
