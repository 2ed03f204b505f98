"""The climbs of a fit: one or several, refined, revived, put together."""

import numpy as np
from sklearn.base import clone

from .._numerics.estimators import set_random_states
from ..mixture import Mixture
from ..solvers import Trace
from ..starts._reviving import dead_experts, revived, usage
from ..starts._sampling import distinct_rows, sample_size
from ._preparation import settled

__all__ = ["climb", "settings_of_climbs", "together"]


def settings_of_climbs(settings):
    """Settings of the climbs that are averaged, or of which the best is kept.

    Starts of parts with statistics are chosen among after a few passes: then it is one.
    """
    if not settings.average:
        # Held-out rows are the same in all, so that their scores can be compared.
        set_random_states(settings.solver, settings.random_state)
        if settings.has_statistics():
            return [settings]
    return [_single(settings, index) for index in range(settings.n_init)]


def _single(settings, index):
    """Settings of one climb of several."""
    random_state = np.random.RandomState(settings.random_state.randint(2**31 - 1))
    solver = clone(settings.solver)
    set_random_states(solver, random_state)
    kind = settings.kinds[index % len(settings.kinds)]
    return settings._replace(n_init=1, kinds=[kind], solver=solver, random_state=random_state)


def climb(mixture, blocks, settings, report):
    """The mixture after the climb on all rows, and those that its gate asks for, and the trace."""
    settings = settings._replace(solver=settings.climber(mixture))
    trace = Trace(settings.max_iter, settings.tol, report)
    mixture, trace = settings.solver.solve(mixture, blocks, trace)
    if not trace.stopped and (gate := mixture.gate.refined()) is not None:
        mixture, trace = _refine(mixture, gate, trace, blocks, settings, report)
    if mixture.gate.routes:
        return _revive(mixture, trace, blocks, settings, report)
    return mixture, trace


def _refine(mixture, gate, trace, blocks, settings, report):
    """The mixture after a climb with the refined gate, if that explains y better."""
    new = Mixture(gate, mixture.expert)
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
        gate = settings.gate.initialize(
            mixture.n_experts(), sampled.first()[0], mixture.gate.positions
        )
        new = revived(mixture, dead, gate, sampled, settings.solver, random_state)
        again = Trace(settings.max_iter, settings.tol, report)
        new, again = settings.solver.solve(new, blocks, again)
        if again.history[-1] <= trace.history[-1] + settings.tol * trace.weight:
            break
        mixture, trace, share = new, again, usage(new, blocks)
    return Mixture(mixture.gate._replaced(usage_=share), mixture.expert), trace


def together(climbs, blocks, average):
    """The mixture of all climbs, or the best of them, and its trace."""
    if not average:
        return max(climbs, key=lambda one: one[1].best_score())
    mixture = Mixture.averaged([mixture for mixture, _ in climbs])
    trace = Trace.of([trace for _, trace in climbs])
    trace.history = [float(blocks.sum(mixture.log_likelihood)) + mixture.log_prior()]
    return mixture, trace
