"""From rows as they are given to the scaled columns that gate and experts look at."""

from typing import Any, NamedTuple

import numpy as np

from .._rows.arrays import host
from .._rows.scaling import reach_of

__all__ = ["Design", "design_of"]


class Design(NamedTuple):
    """Scaled columns; intercepts take the place of a last column of ones.

    Attributes
    ----------
    table : Tensor of shape (n, d)
    width : int
        d.
    """

    table: Any
    width: int

    def widened(self, table, positions):
        """A table (..., d') of the columns at `positions` as one of all, zero elsewhere.

        Then no graph has to take columns out, or to do without any.
        """
        if positions is None:
            return table
        wide = np.zeros((*table.shape[:-1], self.width), dtype=table.dtype)
        wide[..., list(positions)] = table
        return wide

    def linear(self, weights, positions):
        """Linear predictors (n, M) of weights (M, d' + 1) whose last column are intercepts."""
        weights = host(weights)
        return self.table @ self.widened(weights[:, :-1], positions).T + weights[:, -1]

    def bent(self, far):
        """The design with columns that grow as logarithms do beyond `far`."""
        beyond = (self.table.then("Abs") - far).then("Relu")
        inside = self.table.then("Clip", -far, far)
        return self._replace(table=inside + self.table.then("Sign") * (beyond + 1.0).then("Log"))


def design_of(units, X):
    """Design of a tensor X of shape (n, n_features)."""
    table = X if units.inputs is None else _in_segments(units.inputs, X)
    scaling = units.X.on_host()
    # In float32, values must end at a smaller distance to keep a square.
    with np.errstate(over="ignore"):
        own = reach_of(scaling.spread.astype(X.graph.dtype))
    reach = np.minimum(scaling.reach, own)
    deviation = (table - scaling.center).then("Max", -reach).then("Min", reach)
    return Design(deviation / scaling.spread, len(scaling.center))


def _in_segments(inputs, X):
    """Columns (n, d) of features in segments."""
    low, high, origin = (host(part) for part in (inputs.low, inputs.high, inputs.origin))
    return X.take(inputs.features).then("Max", low).then("Min", high) - origin
