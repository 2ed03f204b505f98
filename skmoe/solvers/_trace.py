"""The record of a climb: history, tolerance, messages, callbacks."""

import math
from typing import Any, NamedTuple

__all__ = ["HeldOut", "Trace"]


class HeldOut(NamedTuple):
    """Rows that a climb took no step on, and what its mixture says of them, on the host.

    Attributes
    ----------
    log_density : ndarray of shape (n_held,)
    weight : ndarray of shape (n_held,)
    """

    log_density: Any
    weight: Any


class Trace:
    """What a solver has done so far, and whether it may go on.

    Parameters
    ----------
    max_iter : int
        Passes over the data at most.
    tol : float
        Smallest gain of the objective still to be expected, per unit of row weight, for which
        another pass is made.
    report : callable or None
        Called after every pass with this trace and the mixture; a true answer stops the climb.

    Attributes
    ----------
    history : list of float
        The objective after every accepted pass since the penalties were last changed. It never
        falls.
    n_iter : int
        Passes over the data.
    converged : bool
        Whether the gain to be expected fell below the tolerance.
    stopped : bool
        Whether a callback stopped the climb.
    scores : list of float
        Mean log-likelihood of held-out rows after every pass, of solvers that hold rows out.
    held_out : HeldOut or None
        Rows held out, and their log densities under the mixture that is returned; None if none
        are. Climbs of solvers with the same random state hold out the same rows in one order.
    problem : str or None
        What a person should be warned about.
    """

    # The slowest convergence believed in: the gain still to come is at most 50 times the last.
    _SLOWEST = 0.98

    def __init__(self, max_iter, tol, report=None):
        self.max_iter, self.tol, self.report = max_iter, tol, report
        self.history, self.n_iter = [], 0
        self.converged = self.stopped = False
        self.scores, self.held_out, self.problem = [], None, None

    @classmethod
    def of(cls, traces):
        """The record of several climbs together, without a history.

        Parameters
        ----------
        traces : list of Trace
            Of the climbs, at least one.

        Returns
        -------
        Trace
        """
        trace = cls(traces[0].max_iter, traces[0].tol)
        trace.weight = traces[0].weight
        trace.n_iter = sum(own.n_iter for own in traces)
        trace.converged = all(own.converged for own in traces)
        trace.stopped = any(own.stopped for own in traces)
        trace.problem = next((own.problem for own in traces if own.problem), None)
        trace.scores = [score for own in traces for score in own.scores]
        return trace

    def best_score(self):
        """The best score of held-out rows; where none are, the objective per row.

        Returns
        -------
        float
        """
        scores = [score for score in self.scores if math.isfinite(score)]
        return max(scores, default=self.history[-1] / self.weight)

    def begin(self, objective, weight):
        """Start a climb.

        Parameters
        ----------
        objective : float
            Where it starts.
        weight : float
            Sum of the weights of the rows.
        """
        self.history, self.weight = [objective], weight
        self.converged = False

    def record(self, objective, mixture):
        """Note an accepted pass, and ask the callback whether to stop.

        Parameters
        ----------
        objective : float
            Where the pass has led to.
        mixture : Mixture
            What the callback is shown.
        """
        self.history.append(objective)
        if self.report is not None and self.report(self, mixture):
            self.stopped = True

    def last_gain(self):
        """Gain of the last pass, per unit of row weight.

        Returns
        -------
        float
            Infinite before the second pass.
        """
        if len(self.history) < 2:
            return float("inf")
        return (self.history[-1] - self.history[-2]) / self.weight

    def expected_gain(self):
        """Gain still to come if every pass gains a constant fraction of the one before.

        Returns
        -------
        float
            Infinite before the third pass.
        """
        if len(self.history) < 3:
            return float("inf")
        before, last = self.history[-2] - self.history[-3], self.history[-1] - self.history[-2]
        rate = min(last / before, self._SLOWEST) if before > 0 else 0.0
        return last / (1 - rate)

    def goes_on(self):
        """Whether another pass is worth it and allowed; notes convergence.

        Returns
        -------
        bool
        """
        self.converged = self.converged or self.expected_gain() <= self.tol * self.weight
        return not (self.converged or self.stopped or self.n_iter >= self.max_iter)
