"""What a solver is."""

from typing import Any, NamedTuple

from sklearn.base import BaseEstimator

__all__ = ["Memory", "Solver"]


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


class Solver(BaseEstimator):
    """How a mixture is fitted to blocks of data.

    Attributes
    ----------
    stochastic : bool
        Whether it takes random steps, which would not tell starts apart.
    """

    stochastic = False

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

    def estimate_penalties(self, mixture, blocks, tol):
        """A mixture whose "auto" penalties have settled.

        Parameters
        ----------
        mixture : Mixture
        blocks : Blocks
        tol : float
            Gain per row below which a climb is left.

        Returns
        -------
        mixture : Mixture
        """
        return mixture

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
