"""What a solver is."""

from typing import Any, NamedTuple

from .._links import Linked
from ._trace import Trace

__all__ = ["Explored", "Memory", "Solver"]


class Memory(NamedTuple):
    """What rows that are gone have left behind.

    Attributes
    ----------
    weight : float
        Sum of their weights.
    state : Any
        What the solver keeps of them; None if that is the mixture alone.
    """

    weight: float = 0.0
    state: Any = None


class Explored(NamedTuple):
    """Where a short climb has come to.

    Attributes
    ----------
    mixture : Mixture
    evidence : float
        The objective and, for penalties that are estimated, the log of posterior over prior
        volume of what they shrink: hills of different penalties can be compared by it.
    """

    mixture: Any
    evidence: float


class Solver(Linked):
    """How a mixture is fitted to blocks of data.

    Attributes
    ----------
    stochastic : bool
        Whether it takes random steps, which would not tell starts apart.
    passes_per_step : int
        Passes that come about as far as one of EM with Newton steps.
    """

    stochastic = False
    passes_per_step = 1
    _PASSES_PER_ROUND = 2

    def check_parts(self, gate, expert):
        """Raise a ValueError if the solver cannot fit such parts."""

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
        raise NotImplementedError

    def n_held(self, n_rows):
        """Rows of so many that a climb takes no step on, to score its mixtures by."""
        return 0

    def explore(self, mixture, blocks, tol, *, passes, rounds=0):
        """Climb, and then re-estimate the penalties that are "auto" and climb on, in turn.

        Parameters
        ----------
        mixture : Mixture
        blocks : Blocks
        tol : float
            Gain per row below which a climb is left.
        passes : int
            Passes of the first climb by Newton steps; solvers by gradients take
            `passes_per_step` as many.
        rounds : int, default=0
            Estimates at most; fewer once the penalties have settled.

        Returns
        -------
        Explored
        """
        statistics = None
        for left in reversed(range(rounds + 1)):
            trace = Trace(passes * self.passes_per_step, tol)
            mixture = self._climbed(mixture, statistics, blocks, trace)
            statistics = blocks.sum(mixture.statistics)
            revised = mixture.update_penalty(statistics) if left else mixture
            if revised is mixture:
                break
            mixture, passes = revised, self._PASSES_PER_ROUND
        return Explored(mixture, evidence(mixture, statistics))

    def _climbed(self, mixture, statistics, blocks, trace):
        """The mixture after `solve`; `statistics` are those at the first, if they are known."""
        return self.solve(mixture, blocks, trace)[0]

    def learn(self, mixture, blocks, memory):
        """Go on from `mixture` on a batch of rows.

        Parameters
        ----------
        mixture : Mixture
        blocks : Blocks
            The rows of the batch.
        memory : Memory
            What the rows so far have left behind.

        Returns
        -------
        mixture : Mixture
        memory : Memory
            A new one; the old one stays as it was.
        """
        raise ValueError(
            f"solver={self!r} was given, which needs all rows at once; partial_fit learns by "
            "online EM or Adam. Pass solver='auto'."
        )

    def _check_gradients(self, mixture):
        """Raise a ValueError if a part of the mixture has no parameters to climb along."""
        if mixture.gate.cost() or mixture.expert.cost():
            raise ValueError(
                f"{type(self).__name__} climbs along gradients, and scikit-learn estimators as "
                "gate or experts have none. Use solver='em' with them, and no neural part."
            )


def evidence(mixture, statistics):
    """Log evidence of a mixture at the statistics of an E-step, up to a constant (Laplace)."""
    objective = float(statistics.log_likelihood) + mixture.log_prior()
    return objective + float(mixture.log_volume(statistics))
