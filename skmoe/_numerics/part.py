"""What gates and experts have in common: they are values that learn."""

import copy
from typing import Any, NamedTuple

from sklearn.base import BaseEstimator

from .._rows.arrays import array_namespace, device, identity, is_sparse

__all__ = ["Part", "Slopes", "take_columns"]


def take_columns(X, positions):
    """Chosen columns of a design and its constant (the last column)."""
    if positions is None:
        return X
    xp, wanted = array_namespace(X), [*positions, X.shape[1] - 1]
    if is_sparse(X):
        return X[:, wanted]
    return xp.take(X, xp.asarray(wanted, device=device(X)), axis=1)


class Slopes(NamedTuple):
    """Derivatives of a block's log-likelihood with respect to linear predictors of a part.

    Attributes
    ----------
    design : array of shape (n, D)
        What the predictors are linear in, with the constant last.
    table : array of shape (n, M)
        Derivatives, for M predictors.
    intercepts : list of int
        Position of each predictor's constant among the parameters of the part, which are D for
        every predictor.
    """

    design: Any
    table: Any
    intercepts: list

    def by_parameter(self):
        """Derivatives with respect to the parameters, (n, M * D)."""
        table = self.table[:, :, None] * self.design[:, None, :]
        return array_namespace(table).reshape(table, (table.shape[0], -1))


class Part(BaseEstimator):
    """A gate or a bank of experts.

    A part is a value: `initialize` and `update` return a new one and leave this one as it was.
    The object that a user makes holds hyperparameters only; `initialize` adds the state.

    Attributes
    ----------
    block_rows : int or None
        Rows of a block that the part works best on; None leaves that to the device.
    raw : bool
        Whether the part looks at the columns as given, not at the scaled ones.
    gradient_only : bool
        Whether the design is too wide, or sparse, for the matrix of Newton's method; known after
        `initialize`.
    has_statistics : bool
        Whether there are `statistics` and an `update` from them. Parts without learn along
        gradients only.
    forgets_rows : bool
        Whether the part can learn from rows that it does not see again.
    """

    block_rows = None
    raw = False
    gradient_only = False
    has_statistics = True
    forgets_rows = True

    def located(self, locate):
        """What `initialize` takes as `columns`: where `locate` finds the part's columns."""
        return locate(self)

    def allows_missing(self):
        """Whether values of X may be missing (NaN)."""
        return False

    def allows_sparse(self):
        """Whether X may be sparse."""
        return False

    def share_jobs(self, n_jobs):
        """Take over the number of jobs of the mixture, if the part has none of its own."""
        if hasattr(self, "n_jobs") and self.n_jobs is None:
            self.n_jobs = n_jobs

    def cost(self):
        """Names of the estimators that the part is made of, and how often each was fitted."""
        return {}

    def _replaced(self, **state):
        """A copy of this part with other state."""
        new = copy.copy(self)
        new.__dict__.update(state)
        return new

    def training(self, random_state):
        """Part for steps along gradients of a few rows: with noise, if it is of that kind."""
        return self

    def drawn(self, random_state):
        """Part with what starts at random drawn anew."""
        return self

    def update(self, statistics, step=1.0):
        """New part, the fraction `step` of the way to the maximum given `statistics`."""
        raise NotImplementedError

    def frozen(self):
        """Part that keeps what it would have to fit anew on every pass; itself without such."""
        return self

    def thawed(self):
        """Part that fits anew again."""
        return self

    def settled(self, statistics):
        """Statistics at which an update would leave this part as it is.

        Online EM: what sums over the rows so far would be at the present parameters, had these
        rows not gone. `statistics` are those that led to the present parameters; sums that do not
        depend on the parameters stay as they are.
        """
        return statistics

    @property
    def params(self):
        """The parameters as one vector (logarithms of the scales included)."""
        raise NotImplementedError

    def with_params(self, params):
        """New part with other parameters."""
        raise NotImplementedError

    def log_prior(self):
        """Minus the penalty on the parameters: a number or an array without axes."""
        return 0.0

    def log_prior_gradient(self):
        """Gradient of `log_prior` with respect to `params`."""
        return self.params * 0

    @property
    def coefficients(self):
        """Vector like `params`: 1 for what a decay of weights shrinks, 0 for the others."""
        return self.params * 0

    def identified(self):
        """Basis (n_parameters, n_free), on the host, of the directions of `params` that matter.

        Mostly all do. A softmax stays the same when a number is added to all its logits.
        """
        return identity(self.params.shape[0])

    def pull(self):
        """How the slope of `log_prior` moves with what the penalty draws towards, on the host.

        Of shape (n_parameters, n_centers); no columns where that is fixed in advance.
        """
        return identity(self.params.shape[0])[:, :0]

    def update_penalty(self, statistics):
        """New part with its penalty re-estimated; itself if that is fixed or has settled."""
        return self

    def log_volume(self, statistics):
        """Log of posterior over prior volume of the parameters with an estimated penalty.

        Added to the objective it gives the evidence (Laplace's approximation).
        """
        return 0.0

    def most_penalised(self):
        """New part with the largest penalty; itself if the penalty is fixed."""
        return self

    def n_parameters(self):
        """Number of free parameters."""
        raise NotImplementedError
