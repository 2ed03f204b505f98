"""Expectation-maximisation with one Newton step as the M-step."""

from typing import Any, NamedTuple

from .._rows.statistics import add, scale
from .._rows.validation import check_count, check_positive, check_share
from ._anderson import Anderson
from ._base import Explored, Memory, Solver, evidence
from ._trace import Trace

__all__ = ["EM"]


class Point(NamedTuple):
    """A mixture, the statistics of an E-step at it and its objective."""

    mixture: Any
    statistics: Any
    objective: float


class EM(Solver):
    """Expectation-maximisation with one Newton step as the M-step, accelerated.

    Maximised: log-likelihood less the penalties of gate and experts. Every pass over the data
    gives the responsibilities and all sums; gate and experts then take one Newton step each
    (Lange 1995). Once a pass gains less than 0.001 per row, Anderson acceleration extrapolates
    from the last steps. A pass on which the objective would fall is taken back: first the
    extrapolation is dropped, then new fits of estimators among the parts, then the step is halved.

    Parameters
    ----------
    memory : int, default=5
        Steps that the acceleration looks back; 0 gives plain EM.
    decay : float, default=0.6
        Of `partial_fit` (online EM, Cappé & Moulines 2009): a batch counts with the power `decay`
        of its share of all rows so far, between 1/2 and 1; its sums are blended with those
        before. 1 counts all rows alike; less forgets the first rows, seen by a poor mixture.
    forgetting : float, default=0.0
        Of `partial_fit`: the least that a batch counts with. 0.05, for batches of the same size,
        remembers some twenty batches: for data that drift.

    References
    ----------
    .. [1] Dempster, A. P., Laird, N. M. & Rubin, D. B. (1977). Maximum likelihood from incomplete
       data via the EM algorithm. Journal of the Royal Statistical Society B 39, 1-38.
    .. [2] Lange, K. (1995). A gradient algorithm locally equivalent to the EM algorithm. Journal
       of the Royal Statistical Society B 57, 425-437.
    .. [3] Cappé, O. & Moulines, E. (2009). On-line expectation-maximization algorithm for latent
       data models. Journal of the Royal Statistical Society B 71, 593-613.

    Examples
    --------
    >>> from skmoe import MoERegressor
    >>> from skmoe.solvers import EM
    >>> MoERegressor(solver=EM(memory=0))
    MoERegressor(solver=EM(memory=0))
    """

    # Gain per row of a pass above which the climb is still choosing its hill: plain EM chooses.
    _FAR_GAIN = 1e-3
    _SMALLEST_STEP = 1e-3

    def __init__(self, memory=5, decay=0.6, forgetting=0.0):
        self.memory = memory
        self.decay = decay
        self.forgetting = forgetting

    def check_parts(self, gate, expert):
        """Raise a ValueError if a part has no statistics."""
        for part in (gate, expert):
            if not part.has_statistics:
                raise ValueError(
                    f"EM climbs by sums over rows, and {type(part).__name__} has none. Use "
                    "solver='auto', 'adam' or 'lbfgs' with it."
                )

    def solve(self, mixture, blocks, trace):
        """Climb from `mixture` until `trace` says stop.

        Parameters
        ----------
        mixture : Mixture
        blocks : Blocks
            The data, as the mixture sees them.
        trace : Trace
            Told of every pass; holds the limits.

        Returns
        -------
        mixture : Mixture
            The best mixture met.
        trace : Trace
        """
        check_count(self.memory, "memory", minimum=0)
        point = self._evaluate(mixture.frozen(False), blocks, trace)
        return self._climb(point, blocks, trace).mixture, trace

    def learn(self, mixture, blocks, memory):
        """A step of online EM on a batch of rows.

        The sums of the batch are blended with those of the rows before, and the parts updated.

        Parameters
        ----------
        mixture : Mixture
        blocks : Blocks
            The rows of the batch.
        memory : Memory
            What the rows so far have left behind: their mean statistics.

        Returns
        -------
        mixture : Mixture
        memory : Memory
        """
        self._check_schedule()
        weight = blocks.total_weight()
        total = memory.weight + weight
        rate = max((weight / total) ** self.decay, self.forgetting)
        if self.forgetting:
            total = min(total, weight / self.forgetting)
        batch = scale(tuple(blocks.sum(mixture.statistics)[:2]), total / weight)
        # After a fit of all rows, or another solver, nothing is kept but the mixture.
        kept = isinstance(memory.state, tuple)
        before = scale(memory.state, total) if kept else mixture.settled(batch)
        sums = add(scale(before, 1 - rate), scale(batch, rate))
        mixture = mixture.update(sums)
        return mixture, Memory(total, scale(mixture.settled(sums), 1 / total))

    def _check_schedule(self):
        """Raise a ValueError if the settings of `learn` are not as described."""
        if not 0.5 <= check_positive(self.decay, "decay") <= 1:
            raise ValueError(
                f"decay={self.decay!r} was given; a number between 0.5 and 1 is allowed. With "
                "less the noise of single batches would never average out."
            )
        check_share(self.forgetting, "forgetting")

    def explore(self, mixture, blocks, tol, *, passes, rounds=0):
        """Climb, and then re-estimate the penalties that are "auto" and climb on, in turn.

        The estimates use the sums of the last pass; see `Solver.explore`.
        """
        point = self._evaluate(mixture.frozen(False), blocks, Trace(1, tol))
        point = self._climb(point, blocks, Trace(passes, tol))
        for _ in range(rounds):
            revised = point.mixture.update_penalty(point.statistics)
            if revised is point.mixture:
                break
            point = _point(revised, point.statistics)
            point = self._climb(point, blocks, Trace(self._PASSES_PER_ROUND, tol))
        return Explored(point.mixture, evidence(point.mixture, point.statistics))

    def _climb(self, point, blocks, trace):
        anderson = Anderson(self.memory)
        trace.begin(point.objective, float(point.statistics.weight))
        while trace.goes_on():
            plain = point.mixture.update(point.statistics)
            higher = self._accelerated(anderson, point, plain, blocks, trace)
            higher = higher or self._halved(point, plain, blocks, trace)
            if higher is None:
                trace.converged = True
                break
            point = higher
            trace.record(point.objective, point.mixture)
        return point

    def _accelerated(self, anderson, point, plain, blocks, trace):
        """The extrapolated point, or None where there is none or the objective falls there."""
        several = point.mixture.n_experts() > 1
        choosing = several and trace.last_gain() > self._FAR_GAIN
        arrived = not several and point.mixture.expert.learns_at_once
        if self.memory == 0 or choosing or arrived:
            return None
        proposal = anderson.propose(point.mixture.params, plain.params)
        if proposal is None:
            return None
        # Of the M-step, for the parts that learn otherwise than by parameters.
        new = self._evaluate(plain.extrapolated(point.statistics, proposal), blocks, trace)
        if new.objective >= point.objective:
            return new
        anderson.restart()
        return None

    def _halved(self, point, plain, blocks, trace):
        """The M-step, halved until the objective does not fall; None at a maximum.

        New fits of estimators cannot be taken by half: where they let the objective fall, the
        last ones are kept for the rest of the climb.
        """
        step, candidate = 1.0, plain
        while step >= self._SMALLEST_STEP:
            new = self._evaluate(candidate, blocks, trace)
            if new.objective >= point.objective:
                return new
            frozen = point.mixture.frozen()
            if frozen is not point.mixture:
                point = point._replace(mixture=frozen)
            else:
                step /= 2
            candidate = point.mixture.update(point.statistics, step)
        return None

    def _evaluate(self, mixture, blocks, trace):
        trace.n_iter += 1
        return _point(mixture, blocks.sum(mixture.statistics))


def _point(mixture, statistics):
    return Point(mixture, statistics, float(statistics.log_likelihood) + mixture.log_prior())
