"""Several gates side by side: a mixture of mixtures is a mixture."""

import math
from collections import Counter

from .._rows.arrays import array_namespace
from ._base import Gate

__all__ = ["AveragedGate"]


class AveragedGate(Gate):
    """The gates of several fitted mixtures, whose experts stand side by side as well.

    Every mixture has the same share, whatever x. What is fitted is each mixture by itself.

    Parameters
    ----------
    gates : list of gate
        Initialised gates.
    """

    def __init__(self, gates):
        self.gates = gates

    @property
    def n_experts(self):
        """Experts of all mixtures."""
        return sum(gate.n_experts for gate in self.gates)

    @property
    def raw(self):
        """Whether any gate looks at the columns as given."""
        return any(gate.raw for gate in self.gates)

    @property
    def has_statistics(self):
        """Whether all gates have."""
        return all(gate.has_statistics for gate in self.gates)

    @property
    def routes(self):
        """Whether any gate closes experts."""
        return any(gate.routes for gate in self.gates)

    def allows_missing(self):
        """Whether all gates take missing values."""
        return all(gate.allows_missing() for gate in self.gates)

    def allows_sparse(self):
        """Whether all gates take a sparse X."""
        return all(gate.allows_sparse() for gate in self.gates)

    def log_weight(self, X):
        """Log probability of every expert given x, of shape (n, K)."""
        tables = [gate.log_weight(X) for gate in self.gates]
        return array_namespace(X).concat(tables, axis=1) - math.log(len(tables))

    @property
    def usage_(self):
        """Share of the rows that every expert answers."""
        shares = [gate.usage_ for gate in self.gates]
        return array_namespace(shares[0]).concat(shares)

    def cost(self):
        """Of all gates."""
        return dict(sum((Counter(gate.cost()) for gate in self.gates), Counter()))

    def log_prior(self):
        """Sum over the gates."""
        return sum(float(gate.log_prior()) for gate in self.gates)

    def n_parameters(self):
        """Sum over the gates."""
        return sum(gate.n_parameters() for gate in self.gates)
