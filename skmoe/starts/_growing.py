"""Trees that grow: the expert with the most to gain is split into a mixture of its own."""

from typing import Any, NamedTuple

import numpy as np

from .._rows.arrays import host
from ..gates import ConstantGate
from ..solvers._trace import Trace
from ._race import find_start

__all__ = ["grow"]

# A row takes part in the split of an expert that has at least this share of it.
_SHARE = 0.01

# Parts into which the rows of an expert are cut, each held out once to judge its split.
_FOLDS = 3

# Passes and tolerance of the short climbs, and starts that a split is tried from.
_PASSES, _TOL, _STARTS = 30, 1e-4, 4


class Split(NamedTuple):
    """A mixture that could stand in the place of an expert, and what held-out rows gain by it.

    The gain is one of log density, less its standard error: luck is no reason to split.
    """

    mixture: Any
    gain: float


def grow(mixture, sample, solver, *, depth, kinds, random_state):
    """Split the expert with the most to gain on held-out rows, until none gains.

    Parameters
    ----------
    mixture : Mixture
        With a `HierarchicalGate`; climbed already.
    sample : Blocks
        Distinct rows with their weights.
    solver : solver
    depth : int
        Number of decisions on the longest path allowed.
    kinds : list of str
        Kinds of starts (keys of `KINDS`).
    random_state : RandomState

    Returns
    -------
    mixture : Mixture

    References
    ----------
    .. [1] Waterhouse, S. R. & Robinson, A. J. (1996). Constructive algorithms for hierarchical
       mixtures of experts. Advances in Neural Information Processing Systems 8, 584-590.
    """
    known = {}
    while True:
        paths = mixture.gate.leaf_paths()
        for leaf, path in enumerate(paths):
            if len(path) < depth and path not in known:
                known[path] = _try_split(mixture, leaf, sample, solver, kinds, random_state)
        open_paths = [path for path in paths if path in known and known[path].gain > 0]
        if not open_paths:
            return mixture
        path = max(open_paths, key=lambda path: known[path].gain)
        mixture = _with_split(mixture, paths.index(path), known[path].mixture, sample)
        mixture = solver.explore(mixture, sample, _TOL, passes=6, rounds=20).mixture


def _try_split(mixture, leaf, sample, solver, kinds, random_state):
    """The best mixture in the place of an expert, and its gain on held-out rows."""
    share = host(sample.map(lambda X, y, weight: mixture.responsibilities(X, y)))[:, leaf]
    rows = np.flatnonzero(share > _SHARE)
    weight = host(sample.weights())[rows] * share[rows]
    template = mixture.gate.template(mixture.seen(sample.first()[0]).X)
    n_branches = template.n_experts
    if len(rows) < _FOLDS * n_branches:
        return Split(None, -np.inf)
    one = mixture.expert.take([leaf])
    several = mixture._replace(gate=template, expert=mixture.expert.take([leaf] * n_branches))

    def fitted(chosen):
        part = sample.take(rows[chosen], weight[chosen])
        start = find_start(
            several, part, solver, kinds=kinds, n_init=_STARTS, random_state=random_state
        )
        return part, solver.solve(start.mixture, part, Trace(_PASSES, _TOL))[0]

    fold = random_state.permutation(len(rows)) % _FOLDS
    gains = []
    for held_out in range(_FOLDS):
        part, split = fitted(fold != held_out)
        alone = _refitted(mixture, one, part)
        test = sample.take(rows[fold == held_out], weight[fold == held_out])
        gains.append(_gains(split, alone, test))
    total, square = np.sum(gains, axis=0)
    return Split(fitted(np.full(len(rows), True))[1], total - square**0.5)


def _refitted(mixture, one, part):
    """One expert, fitted to the same rows."""
    gate = ConstantGate().initialize(1, mixture.seen(part.first()[0]).X)
    alone = mixture._replace(gate=gate, expert=one)
    _, given = part.sum(lambda X, y, weight: alone.statistics_given(X, y, weight[:, None]))
    return alone._replace(expert=one.update(given))


def _gains(split, alone, test):
    """Sum over rows of the gains of log density, and sum of their squares."""

    def sums(X, y, weight):
        gain = split.log_density(X, y) - alone.log_density(X, y)
        return weight @ gain, weight @ (gain * gain)

    return [float(value) for value in test.sum(sums)]


def _with_split(mixture, leaf, split, sample):
    """The mixture with an expert replaced by a mixture."""
    n_experts, expert = mixture.n_experts(), mixture.expert
    parts = [list(range(leaf)), list(range(leaf + 1, n_experts))]
    before, after = (expert.take(part) if part else None for part in parts)
    bank = split.expert if before is None else before.joined(split.expert)
    bank = bank if after is None else bank.joined(after)
    X = mixture.seen(sample.first()[0]).X
    return mixture._replace(gate=mixture.gate.split(leaf, split.gate, X), expert=bank)
