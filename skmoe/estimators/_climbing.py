"""The climbs of a fit: one or several, refined, revived, put together."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from .._numerics.estimators import set_random_states
from .._rows.blocks import in_processes
from ..experts._mixed import side_by_side
from ..gates._averaged import AveragedGate
from ..solvers import Trace
from ..starts._reviving import dead_experts, revived, usage
from ..starts._sampling import distinct_rows, sample_size
from ._preparation import settled
from ._stacking import shares_of_climbs

__all__ = ["Climbed", "climb", "climb_apart", "histories", "settings_of_climbs", "together"]


class Climbed(NamedTuple):
    """A climb: where it began, the mixture that it has come to, and its record."""

    ready: Any
    mixture: Any
    trace: Any


def settings_of_climbs(settings):
    """Settings of the climbs that are averaged, or of which the best is kept.

    Starts of parts with statistics are chosen among after a few passes: then it is one.
    """
    # Held-out rows are the same in all, so that climbs can be compared and weighed.
    set_random_states(settings.solver, settings.random_state)
    if settings.has_statistics() and not settings.average:
        return [settings]
    climbs = [_single(settings, index) for index in range(settings.n_init)]
    # Once for all: the climbs share the parts, and go side by side.
    for part in (settings.gate, settings.expert):
        set_random_states(part, climbs[0].random_state)
    return climbs


def _single(settings, index):
    """Settings of one climb of several."""
    random_state = np.random.RandomState(settings.random_state.randint(2**31 - 1))
    kind = settings.kinds[index % len(settings.kinds)]
    return settings._replace(
        n_init=1,
        kinds=[kind],
        solver=clone(settings.solver),
        random_state=random_state,
        rung=index,
        n_rungs=settings.n_init,
    )


def climb(mixture, blocks, settings, report=None):
    """The mixture after the climb on all rows, and those that its gate asks for, and the trace."""
    solver = settings.climber(mixture)
    settings = settings._replace(solver=solver, max_iter=settings.most_passes(solver))
    trace = Trace(settings.max_iter, settings.tol, report)
    mixture, trace = settings.solver.solve(mixture, blocks, trace)
    if not trace.stopped and (gate := mixture.gate.refined()) is not None:
        mixture, trace = _refine(mixture, gate, trace, blocks, settings, report)
    if mixture.gate.routes:
        return _revive(mixture, trace, blocks, settings, report)
    return mixture, trace


def climb_apart(ready, several, n_jobs):
    """Climbs side by side in processes, from where they are `ready` to begin, with their settings.

    Small steps along gradients, as threads they would wait for one another.
    """
    # The longest first, so that none is left alone at the end.
    order = sorted(range(len(ready)), key=lambda i: -ready[i].mixture.params.shape[0])
    tasks = [(ready[i].mixture, ready[i].blocks.unseen(), several[i]) for i in order]
    ends = dict(zip(order, in_processes(climb, tasks, n_jobs), strict=True))
    return [Climbed(own, *ends[i]) for i, own in enumerate(ready)]


def _refine(mixture, gate, trace, blocks, settings, report):
    """The mixture after a climb with the refined gate, if that explains y better."""
    new = mixture._replace(gate=gate)
    if new.has_statistics:
        new = settled(new, blocks, settings).mixture
    again = Trace(settings.max_iter, settings.tol, report)
    new, again = settings.solver.solve(new, blocks, again)
    if float(blocks.sum(new.log_likelihood)) > float(blocks.sum(mixture.log_likelihood)):
        return new, again
    return mixture, trace


def _revive(mixture, trace, blocks, settings, report):
    """The mixture with its dead experts brought back, as long as that raises the objective."""
    random_state = settings.random_state
    share = usage(mixture, blocks)
    while not trace.stopped and mixture.has_statistics and (dead := dead_experts(share)):
        sample = distinct_rows(blocks, random_state, sample_size(mixture), mixture)
        sampled = sample.blocks
        X = mixture.seen(sampled.first()[0]).X
        gate = settings.gate.initialize(mixture.n_experts(), X, mixture.gate.positions)
        new = revived(mixture, dead, gate, sampled, settings.solver, random_state)
        again = Trace(settings.max_iter, settings.tol, report)
        new, again = settings.solver.solve(new, blocks, again)
        if again.history[-1] <= trace.history[-1] + settings.tol * trace.weight:
            break
        mixture, trace, share = new, again, usage(new, blocks)
    return mixture._replace(gate=mixture.gate._replaced(usage_=share)), trace


def together(climbs, average):
    """The average of all climbs, or the best of them, as one climb; and the shares, or None."""
    if not average:
        return max(climbs, key=lambda one: one.trace.best_score()), None
    ready, mixtures, traces = zip(*climbs, strict=True)
    shares = shares_of_climbs(traces)
    kept = shares.nonzero()[0]
    mixture = _averaged([mixtures[i] for i in kept], shares[kept].tolist())
    trace, blocks = Trace.of(traces), ready[-1].blocks
    trace.history = [float(blocks.sum(mixture.log_likelihood)) + mixture.log_prior()]
    return Climbed(ready[-1], mixture, trace), shares


def _averaged(mixtures, shares):
    """The mixture of several mixtures with given shares."""
    if len(mixtures) == 1:
        return mixtures[0]
    banks = [(one.expert, one.n_experts()) for one in mixtures]
    gate = AveragedGate([one.gate for one in mixtures], shares)
    return mixtures[0]._replace(gate=gate, expert=side_by_side(banks))


def histories(climbs):
    """Histories of the way to the climbs, and their own, of which that of one is the fit's."""
    ways = [history for one in climbs for history in one.ready.histories]
    return ways + [one.trace.history for one in climbs if len(climbs) > 1]
