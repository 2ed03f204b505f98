"""Learning from batches of rows as they come."""

import copy
import warnings

from .._numerics.estimators import set_random_states
from .._rows.arrays import allowing_underflow, host
from .._rows.carried import Given
from .._rows.tables import noted_columns
from ..exceptions import UnvaryingTargetsWarning
from ..experts._base import as_expert
from ..gates._averaged import AveragedGate
from ..gates._base import as_gate
from ..solvers import Adam, Memory
from ._checks import check_reach, check_sound
from ._fitted import model_attributes
from ._preparation import PINNED
from ._settings import plan

__all__ = ["OnlineMixin"]

# What a fit tells of its climb, and nothing can tell of rows that are gone.
_OF_A_CLIMB = (
    "converged_",
    "history_",
    "log_likelihood_",
    "objective_",
    "problems_",
    "selection_",
    "start_histories_",
    "validation_scores_",
)


class OnlineMixin:
    """`partial_fit` of regressor and classifier."""

    def _forgets_rows(self):
        """Whether there is one mixture, of parts that learn from rows they do not see again."""
        return (
            not self.average
            and as_gate(self.gate).forgets_rows
            and as_expert(self.expert).forgets_rows
        )

    def _learns_from_batches(self):
        """Whether parts can, and the number of experts does not take all rows to be chosen."""
        return getattr(self, "n_experts", None) != "auto" and self._forgets_rows()

    @allowing_underflow
    def _partial_fit(self, X, y, sample_weight, carried, classes=None):
        """Learn from a batch; the fitted attributes are set all at once, after success."""
        known = getattr(self, "_carried", {})
        X, values = carried.parted(X, known)
        settings = plan(self, X)._replace(online=True)
        if isinstance(getattr(self, "gate_", None), AveragedGate):
            raise ValueError(
                "The last fit has averaged several mixtures, and partial_fit learns one. Begin "
                "with a new estimator with average=False."
            )
        begins = not hasattr(self, "_mixture")
        if not (begins or settings.made_of(self._parts, self._mixture)):
            raise ValueError(
                "The gate, the experts, the family or their settings have changed since the first "
                "batch; the rows so far are gone, and the mixture cannot begin anew. Go on with "
                "the old settings, or begin with clone(estimator)."
            )
        set_random_states(settings.solver, settings.random_state)
        checked = copy.copy(self)
        start = self._begin_online if begins else self._go_on_online
        given = Given(X, y, sample_weight, values)
        units, mixture, blocks, state = start(checked, given, classes, settings)
        state["_carried"] = {**known, **carried.named()}
        memory = Memory() if begins else self._memory
        mixture, memory = _online_solver(settings, mixture).learn(mixture, blocks, memory)
        check_sound(mixture, mixture.log_prior(), "step on this batch")
        state = {**state, **noted_columns(checked)}
        for name in _OF_A_CLIMB:
            vars(self).pop(name, None)
        n_iter = 1 if begins else self.n_iter_ + 1
        vars(self).update(
            {**state, **model_attributes(mixture, units, state), "n_iter_": n_iter},
            _memory=memory,
            _parts=settings.parts(),
            _is_pooled=False,
            _n_groups=None,
        )
        return self

    def _begin_online(self, checked, given, classes, settings):
        """Units, mixture, blocks and what to note, from the first batch."""
        settings = self._with_classes(settings, classes)
        rows, state = self._checked_rows(checked, given, settings, classes)
        settings = self._with_given(settings, given, rows)._replace(record=state["_record"])
        ready = self._ready(rows.as_they_stand(), state | noted_columns(checked), settings)
        # A batch that is refused is not warned of.
        _warn_of_one_target(*rows.targets(), state["_record"])
        return ready.units, ready.mixture, ready.blocks, state

    def _go_on_online(self, checked, given, classes, settings):
        """The same from a further batch."""
        self._with_classes(settings, classes)
        targets = self._encode(given.y, given.X)
        blocks = self._rows(given.X, "partial_fit", targets, given.carried)
        check_reach(blocks.X, targets, self._units)
        weight = self._check_weight(blocks.X, given.sample_weight, online=True)
        weight = self._row_weight(blocks.X, weight, targets, vars(self))
        blocks = blocks.with_weight(blocks.in_order(weight)).as_they_stand()
        mixture = self._mixture.with_strength(1 / PINNED) if self._is_pooled else self._mixture
        known = {name: getattr(self, name) for name in ("_categories", "_record")}
        return self._units, mixture, blocks, known


def _warn_of_one_target(y, weight, record):
    """Warn if there is nothing to learn from the first batch but one number."""
    y = host(record.behind(y)[0])
    y = y if weight is None else y[host(weight) > 0]
    if (y == y[:1]).all():
        warnings.warn(
            f"The first batch has one target in all of its {len(y)} rows. What is learnt from it "
            "for good, such as the unit of y, the start and penalties, fits no other batch: the "
            "mixture comes back from it slowly, or not at all. Begin with more rows, among which "
            "y varies.",
            UnvaryingTargetsWarning,
            stacklevel=6,
        )


def _online_solver(settings, mixture):
    """The solver that "auto" stands for: Adam where there is no curvature."""
    if not (settings.chooses_solver and any(part.gradient_only for part in mixture.inside)):
        return settings.solver
    solver = Adam()
    set_random_states(solver, settings.random_state)
    return solver
