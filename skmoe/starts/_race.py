"""Where a fit starts: several starts climb a little, and the one of most evidence goes on."""

from typing import Any, NamedTuple

import numpy as np

from .._rows.arrays import host, like
from ..gates import ConstantGate
from ..solvers._trace import Trace
from ._cells import BY_DEFAULT, INSTEAD, KINDS, OF_TARGETS, cells, cells_of_groups, tree_of
from ._moves import moved, shaken
from ._sampling import sketch, told
from ._teaching import side_by_side

__all__ = ["Start", "find_start", "fit_pooled", "is_blind", "race"]

# A start gives its own expert this share of a row, so that no expert begins without rows. Some
# hills are only reached from hard cells: every other round of kinds gives its own expert all.
# Others are only there under weak penalties. What is compared in the end is evidence, for
# penalties of each start's own.
_TURNS = ((0.9, 1.0), (1.0, 0.01))

# Penalty of a gate, over the usual one, in starts from cells that no column need tell of: it may
# take them for noise, and would pay for that in evidence.
_HELD = 30.0

# Passes of the first round; every round runs twice as long with fewer starts.
_FIRST_PASSES = 10

# One start of so many goes on to the next round, of more starts than are our own choice one of
# two: the one that ends highest need not lead early on. Two at least.
_FEW, _MANY, _FEWEST = 4, 2, 2

# Rows times parameters up to which starts get longer rounds: there are more hills to tell apart
# on a few rows, and a pass costs next to nothing.
_WORK = 1e4

_SHORT_TOL = 1e-4

# Of the one-expert fit: tolerances on the way and at the end, most passes, and the penalty that its
# estimate begins with.
_TIGHT_TOL, _FINEST_TOL, _LONGEST, _STRONG = 1e-10, 1e-14, 500, 1e3

# Estimates of the penalties in every round but the first.
_ROUNDS = 4

# Passes before the best is moved away from.
_LONG = 50

# Least number of starts of every kind where the kinds are ours to choose.
_OF_EACH_KIND = 2


class Run(NamedTuple):
    """A start on its way."""

    index: int
    mixture: Any
    evidence: float
    history: list
    degenerate: bool


class Start(NamedTuple):
    """Where a climb begins.

    Attributes
    ----------
    mixture : Mixture
    histories : list of list of float
        The evidence after every round of short climbs from all starts; empty if there was no
        choice.
    """

    mixture: Any
    histories: list


def fit_pooled(mixture, blocks, solver, rounds=0):
    """Bank of one expert of the kind of an initialised mixture's bank, fitted to all rows.

    A penalty that is "auto" is estimated in so many rounds at most.
    """
    X = mixture.seen(blocks.first()[0]).X
    kind = mixture.expert.pooling()
    one = kind.initialize(1, X, kind.family, kind.positions)
    one = mixture._replace(gate=ConstantGate().initialize(1, X), expert=one)
    if rounds:
        # From below, more columns than rows would be fitted without error, and stay so.
        one = one.with_strength(_STRONG)
    # Newton's method: a tight tolerance costs a pass, and keeps what follows off rounding.
    one = solver.explore(one, blocks, _TIGHT_TOL, passes=_LONGEST, rounds=rounds).mixture
    if rounds and not one.expert.learns_at_once:
        one, _ = solver.solve(one, blocks, Trace(max_iter=_LONG, tol=_FINEST_TOL))
    return one.expert


def _kinds_for(mixture, kinds):
    """Kinds of starts that can tell experts apart, of those that are ours to choose."""
    return OF_TARGETS if len(kinds) > 1 and is_blind(mixture.gate) else kinds


def is_blind(gate):
    """Whether a gate looks at no column."""
    inside = getattr(gate, "inside", None)
    if inside is not None:
        return all(is_blind(own) for own in inside)
    positions = getattr(gate, "positions", None)
    return positions is not None and len(positions) == 0


def find_start(mixture, sample, solver, *, kinds, n_init, random_state):
    """Best of several starts after short runs on the sample (emEM).

    All starts run a few passes; those of most evidence run twice as many, and so on until one is
    left. Starts that have run into the smallest scale count behind all others.

    Parameters
    ----------
    mixture : Mixture
        An initialised mixture.
    sample : Blocks
        Distinct rows with their weights.
    solver : solver
    kinds : list of str
        Kinds of starts (keys of `KINDS`), used in turn.
    n_init : int
        Number of starts; of several kinds, two of each at least. Of any more, half are ways out
        of the best: moves (see `moved`), and three times as many climbs on other weights
        (`shaken`).
    random_state : RandomState

    Returns
    -------
    start : Start
        The best start after its short runs.

    References
    ----------
    .. [1] Biernacki, C., Celeux, G. & Govaert, G. (2003). Choosing starting values for the EM
       algorithm for getting the highest likelihood in multivariate Gaussian mixture models.
       Computational Statistics & Data Analysis 41, 561-575.
    """
    # Fits of estimators are dear: of these there are as many starts as are asked for.
    least = _OF_EACH_KIND * len(kinds) if len(kinds) > 1 and mixture.forgets_rows else 1
    kinds, n_experts = _kinds_for(mixture, kinds), mixture.n_experts()
    # Half of what is asked for beyond that goes into ways out of the best; they are short.
    half = max(n_init - least, 0) // 2 if mixture.forgets_rows else 0
    n_starts = max(n_init - half, least)
    passes = _first_passes(mixture, sample.X.shape[0])
    starts = _first_climbs(mixture, sample, solver, kinds, n_starts, passes, random_state)
    one_of = _MANY if n_starts > least else _FEW
    # Behind a gate that looks at no column, experts that the usual penalties have drawn together
    # do not part again. (Behind others, weak penalties would win with what is noise.)
    turns = [_turn(index, kinds) for index in range(n_starts)] if is_blind(mixture.gate) else ()
    start = race(starts, sample, solver, passes, one_of, turns)
    if not half:
        return start
    found = solver.explore(start.mixture, sample, _SHORT_TOL, passes=_LONG, rounds=_ROUNDS)
    # In a tree, an expert that is split off would hang at the wrong branch.
    if n_experts > 2 and not any(tree_of(mixture.gate)):
        words = {"kinds": kinds, "random_state": random_state}
        found = moved(*found, mixture, sample, solver, half, **words)
    best, _ = shaken(*found, sample, solver, 3 * half, passes // 2, random_state)
    return Start(best, start.histories)


def _turn(index, kinds):
    """Which of `_TURNS` a start begins with: one after the other, a round of kinds each."""
    return index // len(kinds) % len(_TURNS)


def _kind(index, kinds):
    """What the cells of a start are made from."""
    kind = kinds[index % len(kinds)]
    return INSTEAD.get(kind, kind) if kinds == BY_DEFAULT and _turn(index, kinds) else kind


def _begun(mixture, kind, strength):
    """The mixture with the penalties that a start begins with."""
    begun = mixture.with_strength(strength)
    if kind == "residuals":
        begun = begun._replace(gate=mixture.gate.with_strength(_HELD))
    return begun


def _first_climbs(mixture, sample, solver, kinds, n_starts, passes, random_state):
    """Where mixtures that have learnt cells of every kind in turn come to after a few passes."""
    n_experts = mixture.n_experts()
    X, y, weight = sample.whole()
    X, y, weight = sketch(mixture, X), told(mixture, X, y), host(weight).astype(np.float64)
    tree = tree_of(mixture.gate)
    mixtures, resp = [], []
    for index in range(n_starts):
        share, strength = _TURNS[_turn(index, kinds)]
        kind = _kind(index, kinds)
        own = np.eye(n_experts)[cells(KINDS[kind], tree, X, y, weight, random_state)]
        if sample.grouped:
            own = cells_of_groups(own, X, y, sample.begins, index, random_state)
        table = weight[:, None] * (share * own + (1 - share) / n_experts)
        resp.append(like(table, sample.X, mixture.params.dtype))
        mixtures.append(_begun(mixture, kind, strength))
    return side_by_side(mixtures, resp, sample, solver, passes)


def race(starts, sample, solver, passes, one_of=_FEW, turns=()):
    """The start that leads after short climbs.

    Parameters
    ----------
    starts : list of Explored
        Where they are after the first round.
    sample : Blocks
    solver : solver
    passes : int
        Of the first round; every round runs twice as long.
    one_of : int
        One start of so many goes on to the next round.
    turns : sequence of int
        Of every start, which of several penalties it has begun with; empty if all have the same.
        Before they are estimated, evidence compares starts of one turn only: the best of every
        turn goes on from the first round.

    Returns
    -------
    Start
    """
    runs = [_run(index, found) for index, found in enumerate(starts)]
    if len(runs) == 1:
        return Start(runs[0].mixture, [])
    histories, weight = {run.index: run.history for run in runs}, sample.total_weight()
    while True:
        keep = max(-(-len(runs) // one_of), min(_FEWEST, len(runs) // 2))
        going, passes = _best(runs, keep, weight), 2 * passes
        for turn in sorted(set(turns)):
            (leader,) = _best([run for run in runs if turns[run.index] == turn], 1, weight)
            if leader.index not in [run.index for run in going]:
                going.append(leader)
        runs, turns = going, ()
        if len(runs) == 1:
            return Start(runs[0].mixture, list(histories.values()))
        runs = [_short_run(run, sample, solver, passes) for run in runs]
        histories.update((run.index, run.history) for run in runs)


def _first_passes(mixture, n_rows):
    """Passes of the first round: more where a pass is cheap."""
    work = n_rows * max(mixture.n_parameters(), 1)
    return int(_FIRST_PASSES * min(max((_WORK / work) ** 0.5, 1), 10))


def _best(runs, keep, weight):
    """The `keep` runs of most evidence on different hills, degenerate ones last.

    Hills that a short run cannot tell apart count as one, and the first start on it goes on:
    rounding does not choose among them.
    """
    first, *rest = sorted(runs, key=lambda run: (run.degenerate, -run.evidence))
    hills = [[first]]
    for run in rest:
        last = hills[-1][-1]
        near = last.evidence - run.evidence <= _SHORT_TOL * weight
        if near and run.degenerate == last.degenerate:
            hills[-1].append(run)
        else:
            hills.append([run])
    return [min(hill, key=lambda run: run.index) for hill in hills[:keep]]


def _short_run(run, sample, solver, passes):
    """A start some passes further on; penalties are estimated on a hill, not on the way to it."""
    found = solver.explore(run.mixture, sample, _SHORT_TOL, passes=passes, rounds=_ROUNDS)
    return _run(run.index, found, run.history)


def _run(index, found, history=()):
    """A start that has come to where it was `found`."""
    history = [*history, found.evidence]
    return Run(index, *found, history, found.mixture.expert.at_bound())
