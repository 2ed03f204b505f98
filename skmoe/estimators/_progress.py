"""What is told of a fit on its way: to callbacks, and to the screen."""

from contextlib import contextmanager
from threading import Condition, Lock

from .._rows.compat import has_callbacks
from ..solvers import LBFGS
from ._fitted import climb_attributes, model_attributes

__all__ = ["Progress"]


class Progress:
    """The passes of a fit, told to callbacks and, if verbose, printed.

    Parameters
    ----------
    estimator : BaseMixtureOfExperts
        The estimator that is fitted, with callbacks on it or none.
    rows : Blocks
    given : Given
        What callbacks are handed, with the checked X.
    settings : Settings
    n_climbs : int

    Attributes
    ----------
    stopped : bool
        Whether a callback has stopped the fit, or it has been interrupted: no climb goes on.
    """

    def __init__(self, estimator, rows, given, settings, n_climbs):
        self.estimator, self.name = estimator, type(estimator).__name__
        weight = given.sample_weight
        metadata = None if weight is None else {"sample_weight": weight}
        X = rows.X if rows.is_array else None
        self.given = {"X": X, "y": given.y, "metadata": metadata}
        # A gate that is refined, or closes experts that may die, may climb more than once.
        once = settings.gate.climbs_once and n_climbs == 1
        self.n_climbs = n_climbs
        # Which solver climbs is not known yet: as many passes as it could be.
        solver = settings.solver if settings.solver.stochastic else LBFGS()
        passes = settings.most_passes(solver) if once else None
        self.context = estimator._init_callback_context(max_subtasks=passes)
        self.context.call_on_fit_task_begin(estimator=estimator, **self.given)
        self.reading, self.n_read = None, 0
        self.stopped, self._telling = False, Lock()
        self._n_climbing, self._ended = 0, Condition()
        rows.tell(self._read)

    @property
    def is_silent(self):
        """Whether nobody is told of passes: then they may be made in other processes."""
        return not self.estimator.verbose and not has_callbacks(self.estimator)

    def _read(self, n_rows):
        """A batch of rows has been read: of all passes, those are a task of their own."""
        self.n_read += n_rows
        if self.reading is None:
            self.reading = self.context.subcontext(task_name="reading", max_subtasks=None)
            self.reading.call_on_fit_task_begin(estimator=self.estimator)
        batch = self.reading.subcontext(task_name="batch")
        batch.call_on_fit_task_begin(estimator=self.estimator)
        batch.call_on_fit_task_end(estimator=self.estimator)

    def reporter(self, number, units, state):
        """What the climb of a number, from 1, calls after every pass; a true answer stops it.

        Of climbs side by side one reports at a time.
        """
        climb = f"climb {number} of {self.n_climbs}, " if self.n_climbs > 1 else ""

        def tell(trace, mixture):
            if self.estimator.verbose:
                value = trace.history[-1] - trace.weight * units.log_spread()
                read = f", {self.n_read:,} rows read" if self.n_read else ""
                print(f"[{self.name}] {climb}pass {trace.n_iter}: objective {value:.6g}{read}")
            task = self.context.subcontext(task_name="pass")
            task.call_on_fit_task_begin(estimator=self.estimator)
            return task.call_on_fit_task_end(
                estimator=self.estimator,
                **self.given,
                reconstruction_attributes=lambda: {
                    **model_attributes(mixture, units, state),
                    **climb_attributes(mixture, units, trace),
                    **state,
                },
            )

        def report(trace, mixture):
            with self._telling:
                self.stopped = self.stopped or bool(tell(trace, mixture))
            return self.stopped

        return report

    @contextmanager
    def climbing(self):
        """A climb is under way."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, change):
        with self._ended:
            self._n_climbing += change
            self._ended.notify_all()

    @contextmanager
    def stopping(self):
        """Where one climb fails, or the fit is interrupted, all under way end with their pass."""
        try:
            yield
        except BaseException:
            self.stopped = True
            with self._ended:
                self._ended.wait_for(lambda: self._n_climbing == 0)
            raise

    def end(self, mixture):
        """The fit has succeeded."""
        if self.estimator.verbose:
            for part in (mixture.gate, mixture.expert):
                for name, fits in part.cost().items():
                    print(f"[{self.name}] {fits} fits of {name}")
        if self.reading is not None:
            self.reading.call_on_fit_task_end(estimator=self.estimator, **self.given)
        self.context.call_on_fit_task_end(
            estimator=self.estimator, **self.given, reconstruction_attributes={}
        )
