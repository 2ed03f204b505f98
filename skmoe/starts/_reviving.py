"""Experts that no row is routed to, and what brings them back."""

import numpy as np

from .._rows.arrays import array_namespace, host, like
from ._cells import KINDS
from ._sampling import sketch, told
from ._teaching import taught

__all__ = ["dead_experts", "revived", "usage"]

# An expert is dead if it answers less than this fraction of an equal share of the rows.
_ALIVE = 0.01

# Gain per row at which the short climb with all experts open is left.
_TOL = 1e-3

# Passes before penalties are estimated, and how often they are.
_PASSES, _ROUNDS = 6, 20


def usage(mixture, blocks):
    """Share of the rows that every expert answers, an array of shape (K,)."""

    def sums(X, y, weight):
        xp = array_namespace(X)
        is_open = mixture.log_weight(X) > -float("inf")
        return weight @ xp.astype(is_open, weight.dtype), xp.sum(weight)

    answered, total = blocks.sum(sums)
    return answered / total


def dead_experts(share):
    """Positions of the experts that answer next to no row, a list of int."""
    share = host(share)
    return np.flatnonzero(share < _ALIVE * share.sum() / len(share)).tolist()


def revived(mixture, dead, gate, sample, solver, random_state):
    """Mixture whose dead experts have learnt the rows that the others explain worst.

    Parameters
    ----------
    mixture : Mixture
        With a gate that routes.
    dead : list of int
        Positions of the dead experts.
    gate : Gate
        A gate of the same kind that has learnt nothing: the weights of a dead expert are so far
        out that no step would bring them back.
    sample : Blocks
        Distinct rows with their weights.
    solver : solver
    random_state : RandomState

    Returns
    -------
    mixture : Mixture
        With a gate that routes again, after a short climb with all experts open.
    """
    X, y, weight = sample.whole()
    X, y, weight = sketch(mixture, X), told(mixture, X, y), host(weight).astype(np.float64)
    density = host(sample.map(lambda X, y, weight: mixture.log_density(X, y)))
    order = np.argsort(density)
    reach = np.cumsum(weight[order]) <= weight.sum() * len(dead) / mixture.n_experts()
    worst = order[: max(int(reach.sum()), len(dead))]
    cell = KINDS["kmeans"](X[worst], y[worst], weight[worst], len(dead), random_state)
    resp = host(sample.map(lambda X, y, weight: mixture.responsibilities(X, y))).astype(float)
    resp[worst] = np.eye(mixture.n_experts())[np.asarray(dead)[cell]]
    given = sample.with_weight(like(resp * weight[:, None], sample.X, mixture.params.dtype))
    new = taught(mixture._replace(gate=gate), given)
    new = solver.explore(new, sample, _TOL, passes=_PASSES, rounds=_ROUNDS).mixture
    return new._replace(gate=new.gate.begun(new.gate, random_state))
