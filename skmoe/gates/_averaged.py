"""Several gates side by side: a mixture of mixtures is a mixture."""

import math

from .._numerics.part import Together
from .._rows.arrays import array_namespace
from ._base import Gate

__all__ = ["AveragedGate"]


class AveragedGate(Together, Gate):
    """The gates of several fitted mixtures, whose experts stand side by side as well.

    Every mixture has its share, whatever x. What is fitted is each mixture by itself.

    Parameters
    ----------
    gates : list of gate
        Initialised gates.
    shares : list of float or None, default=None
        Shares of the mixtures, above zero, which sum to one; None stands for equal ones.
    """

    # There is nothing to learn them from together.
    has_statistics = False

    def __init__(self, gates, shares=None):
        self.gates = gates
        self.shares = shares

    @property
    def inside(self):
        """The gates of the mixtures."""
        return tuple(self.gates)

    @property
    def n_experts(self):
        """Experts of all mixtures."""
        return sum(gate.n_experts for gate in self.gates)

    @property
    def routes(self):
        """Whether any gate closes experts."""
        return any(gate.routes for gate in self.gates)

    def log_weight(self, X):
        """Log probability of every expert given x, of shape (n, K)."""
        shares = self.shares or [1 / len(self.gates)] * len(self.gates)
        pairs = zip(self.gates, shares, strict=True)
        tables = [gate.log_weight(X) + math.log(share) for gate, share in pairs]
        return array_namespace(X).concat(tables, axis=1)

    @property
    def usage_(self):
        """Share of the rows that every expert answers."""
        shares = [gate.usage_ for gate in self.gates]
        return array_namespace(shares[0]).concat(shares)
