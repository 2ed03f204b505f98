"""The estimator that regressor and classifier share."""

import copy
import warnings
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight

from .._numerics.estimators import set_random_states
from .._rows.arrays import array_namespace
from .._rows.blocks import Blocks
from .._rows.compat import (
    CallbackSupportMixin,
    VisualBlock,
    get_namespace_and_device,
    move_to,
    with_callbacks,
)
from .._rows.scaling import learn_scaling
from .._rows.validation import (
    accepted,
    check_count,
    check_positive,
    noted_columns,
    resolve_columns,
)
from ..experts import NAMES as EXPERTS
from ..experts._base import as_expert
from ..families import NAMES as FAMILIES
from ..families import Categorical
from ..gates import NAMES as GATES
from ..gates._base import as_gate
from ..mixture import Mixture
from ..model_selection._choosing import MOST_EXPERTS, choose_n_experts, count_distinct
from ..solvers import EM, LBFGS, Adam, Memory, Trace
from ..starts._initialization import (
    KINDS,
    distinct_rows,
    find_start,
    fit_pooled,
    prefer_evidence,
    sample_size,
)
from ..starts._reviving import dead_experts, revived, usage
from ..starts._widening import widened, with_experts
from ._online import OnlineMixin
from ._reading import ReadingMixin
from ._reporting import ReportingMixin

__all__ = ["BaseMixtureOfExperts", "Units", "make_part"]

# Families and solvers: their names, and the methods that make an object one.
_NAMED = {
    "family": ({**FAMILIES, "categorical": Categorical}, ("log_prob", "working")),
    "solver": (
        {"auto": EM, "em": EM, "lbfgs": LBFGS, "adam": Adam},
        ("solve", "estimate_penalties", "check_parts"),
    ),
}

# Penalties are known to a tenth at best, so the climbs between two estimates may be rough.
_PENALTY_TOL = 1e-3


def make_part(value, kind):
    """A gate, expert, family or solver from its name or from an object, which is cloned."""
    if kind == "gate":
        return clone(as_gate(value))
    if kind == "expert":
        return clone(as_expert(value))
    names, methods = _NAMED[kind]
    if isinstance(value, str) and value in names:
        return names[value]()
    if not isinstance(value, (str, type)) and all(hasattr(value, m) for m in methods):
        return clone(value)
    raise ValueError(
        f"{kind}={value!r} was given; one of the names {sorted(names)} or an object with the "
        f"methods {list(methods)} is allowed. Pass for example {kind}={next(iter(names))!r}."
    )


class Units(NamedTuple):
    """How raw rows become the scaled rows that a mixture sees.

    Attributes
    ----------
    X : Scaling
    y : Scaling or None
        None for targets that are not scaled.
    block_rows : int or None
        Rows of a block that the parts of the mixture work best on; None for the device's.
    with_raw : bool
        Whether the columns as given stand in the design too, for parts that look at those.
    """

    X: Any
    y: Any
    block_rows: Any = None
    with_raw: bool = False

    def prepare(self, X, y):
        """Design and scaled targets of a block of raw rows."""
        if y is not None and self.y is not None:
            y = self.y.scaled(y)
        return self.X.design(X, self.with_raw), y

    def restored(self, y):
        """Targets in the units given."""
        return y if self.y is None else self.y.restored(y)

    def log_spread(self):
        """Log density in scaled units less log density in the units given."""
        if self.y is None:
            return 0.0
        xp = array_namespace(self.y.spread)
        return float(xp.sum(xp.log(self.y.spread)))


class BaseMixtureOfExperts(
    OnlineMixin,
    ReadingMixin,
    ReportingMixin,
    CallbackSupportMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    BaseEstimator,
):
    """What regressor and classifier share: the fit."""

    # -- fitting -----------------------------------------------------------------------------

    def _fit(self, X, y, sample_weight, narrow=None):
        """Fit and set the fitted attributes, all at once and only after success.

        `narrow` is a mixture of one expert less, fitted to the same data: starts are splits of it.
        """
        settings = self._check_settings()._replace(narrow=narrow)
        given = X, y, sample_weight
        # Validation notes the columns on the estimator; until the fit has succeeded, on a copy.
        checked = copy.copy(self)
        X, targets, state = self._validate_fit(checked, X, y, accepted(settings, X))
        weight = self._row_weight(self._check_weight(X, sample_weight), targets, state)
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        if settings.n_experts == "auto":
            settings, state["selection_"] = self._choose(settings, given, X, targets, weight)

        several = self._several(settings)
        # A gate that is refined, or closes experts that may die, may climb more than once.
        once = settings.gate.climbs_once and len(several) == 1
        passes = settings.max_iter if once else None
        context = self._init_callback_context(max_subtasks=passes)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y, metadata=metadata)

        def attributes(trace, mixture):
            fitted = self._fitted_attributes(mixture, units, trace)
            return {**fitted, **noted_columns(checked), **state}

        def report(trace, mixture):
            if self.verbose:
                value = trace.history[-1] - trace.weight * units.log_spread()
                print(f"[{type(self).__name__}] pass {trace.n_iter}: objective {value:.6g}")
            task = context.subcontext(task_name="pass")
            task.call_on_fit_task_begin(estimator=self)
            return task.call_on_fit_task_end(
                estimator=self,
                X=X,
                y=y,
                metadata=metadata,
                reconstruction_attributes=lambda: attributes(trace, mixture),
            )

        climbs = []
        for own in several:
            units, mixture, blocks = self._start(checked, X, targets, state, weight, own)
            own = self._with_solver(own, mixture)
            mixture = Mixture(mixture.gate.started(), mixture.expert)
            climbs.append(self._climb(mixture, blocks, own, report))
            if climbs[-1][1].stopped:
                break
        mixture, trace = self._together(climbs, blocks, settings)
        shift = trace.weight * units.log_spread()
        histories = settings.starts + [own.history for _, own in climbs if len(climbs) > 1]
        fitted = {
            **attributes(trace, mixture),
            "start_histories_": [[value - shift for value in own] for own in histories],
            **self._exact_likelihood(mixture, units, blocks, trace),
        }
        if not hasattr(checked, "feature_names_in_") and hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        vars(self).pop("selection_", None)
        vars(self).update(fitted)
        self._warn_about(trace, mixture)
        if self.verbose:
            for part in (mixture.gate, mixture.expert):
                for name, fits in part.cost().items():
                    print(f"[{type(self).__name__}] {fits} fits of {name}")
        context.call_on_fit_task_end(
            estimator=self, X=X, y=y, metadata=metadata, reconstruction_attributes={}
        )
        return self

    def _learns_from_batches(self):
        """Whether parts can, and the number of experts does not take all rows to be chosen."""
        return getattr(self, "n_experts", None) != "auto" and self._forgets_rows()

    @with_callbacks
    def _fit_wider(self, narrow, X, y, sample_weight):
        """Fit from a mixture of one expert less, fitted to the same data, or from none."""
        return self._fit(X, y, sample_weight, narrow)

    def _choose(self, settings, given, X, targets, weight):
        """Settings with the number of experts that the data ask for, and what tells it."""
        if self.warm_start and hasattr(self, "_mixture"):
            known = getattr(self, "selection_", None)
            return settings._replace(n_experts=self._mixture.n_experts()), known
        most = count_distinct(X, targets, weight, MOST_EXPERTS)
        # The same draws as on the way to the choice: the same fit.
        seed = settings.random_state.randint(2**31 - 1)
        path = clone(self).set_params(random_state=seed)
        selection, narrow = choose_n_experts(path, *given, most)
        settings = with_experts(self, selection.best_n_experts_)._check_settings()
        narrow = None if self.average else narrow
        return settings._replace(narrow=narrow, random_state=np.random.RandomState(seed)), selection

    def _several(self, settings):
        """Settings of the climbs that are averaged, or of which the best is kept.

        Starts of parts with statistics are chosen among after a few passes: then it is one.
        """
        if not self.average:
            # Held-out rows are the same in all, so that their scores can be compared.
            set_random_states(settings.solver, settings.random_state)
            if settings.has_statistics():
                return [settings]
        return [self._single(settings, index) for index in range(settings.n_init)]

    @staticmethod
    def _single(settings, index):
        """Settings of one climb of several."""
        random_state = np.random.RandomState(settings.random_state.randint(2**31 - 1))
        solver = clone(settings.solver)
        set_random_states(solver, random_state)
        kind = settings.kinds[index % len(settings.kinds)]
        return settings._replace(n_init=1, kinds=[kind], solver=solver, random_state=random_state)

    def _together(self, climbs, blocks, settings):
        """The mixture of all climbs, or the best of them, and its trace."""
        if not self.average:
            return max(climbs, key=lambda climb: climb[1].best_score())
        mixture = Mixture.averaged([mixture for mixture, _ in climbs])
        trace = Trace.of([trace for _, trace in climbs])
        trace.history = [float(blocks.sum(mixture.log_likelihood)) + mixture.log_prior()]
        return mixture, trace

    def _climb(self, mixture, blocks, settings, report):
        """The mixture after the climb on all rows, and those that its gate asks for."""
        trace = Trace(settings.max_iter, settings.tol, report)
        mixture, trace = settings.solver.solve(mixture, blocks, trace)
        if not trace.stopped and (gate := mixture.gate.refined()) is not None:
            mixture, trace = self._refine(mixture, gate, trace, blocks, settings, report)
        if mixture.gate.routes:
            return self._revive(mixture, trace, blocks, settings, report)
        return mixture, trace

    @staticmethod
    def _refine(mixture, gate, trace, blocks, settings, report):
        """The mixture after a climb with the refined gate, if that explains y better."""
        new = Mixture(gate, mixture.expert)
        new = settings.solver.estimate_penalties(new, blocks, max(settings.tol, _PENALTY_TOL))
        again = Trace(settings.max_iter, settings.tol, report)
        new, again = settings.solver.solve(new, blocks, again)
        if float(blocks.sum(new.log_likelihood)) > float(blocks.sum(mixture.log_likelihood)):
            return new, again
        return mixture, trace

    def _revive(self, mixture, trace, blocks, settings, report):
        """The mixture with its dead experts brought back, as long as that raises the objective."""
        random_state = settings.random_state
        share = usage(mixture, blocks)
        while not trace.stopped and mixture.has_statistics and (dead := dead_experts(share)):
            sample = distinct_rows(blocks, random_state, sample_size(mixture), mixture)
            sampled = blocks.take(sample.rows, sample.weight)
            gate = settings.gate.initialize(
                mixture.n_experts(), sampled.first()[0], mixture.gate.positions
            )
            new = revived(mixture, dead, gate, sampled, settings.solver, random_state)
            again = Trace(settings.max_iter, settings.tol, report)
            new, again = settings.solver.solve(new, blocks, again)
            if again.history[-1] <= trace.history[-1] + settings.tol * trace.weight:
                break
            mixture, trace, share = new, again, usage(new, blocks)
        return Mixture(mixture.gate.with_usage(share), mixture.expert), trace

    @staticmethod
    def _exact_likelihood(mixture, units, blocks, trace):
        """The likelihood of y given x, where that is not what the fit has climbed."""
        if mixture.gate.exact:
            return {}
        density = float(blocks.sum(mixture.log_likelihood))
        return {"log_likelihood_": density - trace.weight * units.log_spread()}

    def _check_settings(self):
        """Hyperparameters checked and parts made, before any data are looked at."""
        kinds = list(KINDS) if self.init == "auto" else [self.init]
        if self.init not in ("auto", *KINDS):
            raise ValueError(
                f"init={self.init!r} was given; 'auto' or one of {list(KINDS)} is allowed."
            )
        gate, expert = self._make_gate(), make_part(self.expert, "expert")
        for part in (gate, expert):
            part.share_jobs(self.n_jobs)
        solver = make_part(self.solver, "solver")
        if self.solver == "auto" and not Mixture(gate, expert).has_statistics:
            solver = Adam()
        if self.average and self.warm_start:
            raise ValueError(
                "average=True was given with warm_start=True; mixtures that have been averaged are "
                "not taken apart again. Set one of them to False."
            )
        solver.check_parts(gate, expert)
        return Settings(
            n_experts=self._count_experts(),
            gate=gate,
            expert=expert,
            family=make_part(self._family(), "family"),
            solver=solver,
            random_state=check_random_state(self.random_state),
            kinds=kinds,
            n_init=check_count(self.n_init, "n_init"),
            max_iter=check_count(self.max_iter, "max_iter"),
            tol=check_positive(self.tol, "tol", zero=True),
            starts=[],
        )

    def _count_experts(self):
        if isinstance(self.n_experts, str) and self.n_experts == "auto":
            return self.n_experts
        try:
            return check_count(self.n_experts, "n_experts")
        except ValueError:
            raise ValueError(
                f"n_experts={self.n_experts!r} was given; an integer of at least 1, or 'auto', is "
                "allowed. Pass for example n_experts=2."
            ) from None

    def _experts_label(self):
        return f"{self.n_experts} experts"

    def _experts_setting(self):
        """What sets the number of experts, for messages."""
        return f"n_experts={self.n_experts}"

    def _too_many_experts(self, available, what):
        what = what.removesuffix("s") if available == 1 else what
        return (
            f"{self._experts_setting()} was given for {available} {what}; at most one expert per "
            f"distinct sample is allowed. Ask for at most {available} experts, or pass more data."
        )

    def _make_gate(self):
        return make_part(self.gate, "gate")

    def _check_weight(self, X, sample_weight):
        """Row weights in the namespace of X, or None."""
        if sample_weight is None:
            return None
        xp, _, device = get_namespace_and_device(X)
        sample_weight = move_to(sample_weight, xp=xp, device=device)
        weight = _check_sample_weight(sample_weight, X, dtype=X.dtype)
        if float(xp.min(weight)) < 0:
            raise ValueError(
                "Negative values in data passed to sample_weight: the smallest is "
                f"{float(xp.min(weight)):g}; weights of at least 0 are allowed. "
                "Leave out rows that should not count."
            )
        if not float(xp.sum(weight)) > 0:
            raise ValueError(
                "sample_weight is zero in every row; at least one weight above 0 is needed. "
                "Pass sample_weight=None to count every row once."
            )
        return weight

    def _row_weight(self, weight, targets, state):
        """Weights of rows from those given; a classifier multiplies them by class."""
        return weight

    def _start(self, checked, X, targets, state, weight, settings):
        """Units, a mixture to climb from and the blocks to climb on."""
        if settings.n_experts > X.shape[0]:
            raise ValueError(self._too_many_experts(X.shape[0], "samples"))
        columns = self._columns(settings, getattr(checked, "feature_names_in_", None), X.shape[1])
        if self.warm_start and hasattr(self, "_mixture") and self._goes_on(settings):
            self._check_goes_on(X, targets, state)
            self._mixture.expert.family.check(targets)
            return self._units, self._mixture, self._blocks(X, targets, weight, self._units)
        return self._fresh_start(X, targets, weight, settings, columns)

    @staticmethod
    def _columns(settings, names, n_features):
        """Where gate and experts find their columns in the design; None for all but the last."""
        with_raw = settings.gate.raw or settings.expert.raw

        def locate(part):
            chosen = getattr(part, "columns", None)
            chosen = resolve_columns(chosen, names, n_features, type(part).__name__)
            if not with_raw:
                return chosen
            # The columns as given stand before the scaled ones.
            first = 0 if part.raw else n_features
            return [first + i for i in (range(n_features) if chosen is None else chosen)]

        return [part.located(locate) for part in (settings.gate, settings.expert)]

    def _fresh_start(self, X, targets, weight, settings, columns):
        """Units, the best start and the blocks to climb on, for a first fit."""
        random_state = settings.random_state
        for part in (settings.gate, settings.expert):
            set_random_states(part, random_state)
        units, blocks, full = self._prepared(X, targets, weight, settings, columns)
        mixture = full.stand_in()
        settings = settings._replace(solver=self._starter(settings, mixture))
        most = self._sample_rows(mixture)
        sample = distinct_rows(blocks, random_state, most, mixture)
        if settings.n_experts > sample.n_distinct:
            raise ValueError(self._too_many_experts(sample.n_distinct, "distinct samples"))
        sampled = blocks.take(sample.rows, sample.weight)
        if sample.n_distinct <= most:
            # All distinct rows, in an order of their own: the same rows in another order, or
            # repeated instead of weighted, give the same fit to the last bit.
            units, blocks, full = self._prepared(
                sampled.X, sampled.y, sampled.weight, settings, columns
            )
            mixture, sampled = full.stand_in(), blocks
        if not settings.expert.has_statistics:
            return units, full.drawn(random_state), blocks
        if settings.n_experts == 1:
            one = fit_pooled(mixture.expert, blocks, settings.solver)
            return units, full.begun(Mixture(mixture.gate, one), random_state), blocks
        if mixture.expert.pools:
            one = fit_pooled(mixture.expert, blocks, settings.solver)
            mixture = Mixture(mixture.gate, mixture.expert.pooled_at(one))
        best = self._find_start(mixture, sampled, settings, random_state)
        # Held-out rows have already decided on a tree that has grown.
        weighed = mixture.expert.pools and not mixture.expert.gradient_only
        weighed = weighed and full.has_statistics and not settings.online
        if weighed and best.n_experts() == mixture.n_experts():
            best = prefer_evidence(best, mixture, sampled)
        return units, full.begun(best, random_state), blocks

    def _prepared(self, X, targets, weight, settings, columns):
        """What the rows fix: units, blocks and a mixture that knows nothing more."""
        family = settings.family.initialize(targets, weight)
        units = self._learn_units(X, weight, family, settings)
        blocks = self._blocks(X, targets, weight, units)
        design, _, _ = blocks.first()
        mixture = Mixture(
            settings.gate.initialize(settings.n_experts, design, columns[0]),
            settings.expert.initialize(settings.n_experts, design, family, columns[1]),
        )
        return units, blocks, mixture

    def _with_solver(self, settings, mixture):
        """Settings with the solver that "auto" stands for with this mixture."""
        if settings.solver.stochastic or self.solver != "auto":
            return settings
        return settings._replace(solver=self._starter(settings, mixture))

    def _starter(self, settings, mixture):
        """The solver that starts are compared with, which takes no random steps."""
        if self.solver != "auto" and not settings.solver.stochastic:
            return settings.solver
        by_gradient = any(part.gradient_only for part in mixture)
        return LBFGS() if by_gradient and not any(part.raw for part in mixture) else EM()

    def _sample_rows(self, mixture):
        """Rows that starts are tried on."""
        return sample_size(mixture)

    def _find_start(self, mixture, sample, settings, random_state):
        """The best of several starts, with its penalties estimated."""
        find = find_start if settings.narrow is None else partial(widened, settings.narrow)
        start = find(
            mixture,
            sample,
            settings.solver,
            kinds=settings.kinds,
            n_init=settings.n_init,
            random_state=random_state,
        )
        settings.starts.extend(start.histories)
        if settings.online or not settings.has_statistics():
            # Penalties of a first batch would be too strong for all, those of a stand-in wrong.
            return start.mixture
        tol = max(settings.tol, _PENALTY_TOL)
        return settings.solver.estimate_penalties(start.mixture, sample, tol)

    def _learn_units(self, X, weight, family, settings):
        # A column that does not vary says nothing, but in a stream it may do so later.
        constant = 1.0 if settings.online else float("inf")
        scaling = learn_scaling(X, weight, constant_spread=constant, n_jobs=self.n_jobs)
        rows = [part.block_rows for part in (settings.gate, settings.expert) if part.block_rows]
        with_raw = settings.gate.raw or settings.expert.raw
        return Units(scaling, family.units, max(rows, default=None), with_raw)

    def _blocks(self, X, targets, weight, units):
        return Blocks(
            X,
            targets,
            weight,
            prepare=units.prepare,
            length=units.block_rows,
            n_jobs=self.n_jobs,
        )

    def _goes_on(self, settings):
        """Whether the mixture of the last fit has as many experts as are asked for."""
        return self._mixture.n_experts() == settings.n_experts

    def _check_goes_on(self, X, targets, state):
        """Whether the mixture of the last fit can be fitted to these data."""
        now = (X.shape[1], self._target_kind(targets, state))
        last = (self.n_features_in_, self._target_kind(None, vars(self)))
        if now != last:
            raise ValueError(
                f"warm_start=True goes on from a fit with {last[0]} features and {last[1]}, but "
                f"X has {now[0]} features and y has {now[1]}. Pass the same kind of data, or set "
                "warm_start=False."
            )

    def _warn_about(self, trace, mixture):
        """Warnings that name the number that caused them and the remedy."""
        if trace.problem:
            warnings.warn(trace.problem, ConvergenceWarning, stacklevel=5)
        elif not (trace.converged or trace.stopped):
            warnings.warn(
                f"The fit did not converge in max_iter={self.max_iter} passes: the gain still "
                f"expected is {trace.expected_gain() / trace.weight:.3g} per row, above "
                f"tol={self.tol:g}. Increase max_iter, or tol if that gain does not matter.",
                ConvergenceWarning,
                stacklevel=5,
            )
        tried = mixture.gate.routes and not trace.stopped
        if tried and (dead := dead_experts(mixture.gate.usage_)):
            remedy = "a larger balance or noise of TopKGate"
            if mixture.has_statistics:
                remedy = "a larger k: restarting them from rows explained badly did not help"
            warnings.warn(
                f"The experts {dead} answer next to no row. Use fewer experts than "
                f"{mixture.n_experts()}, or {remedy}.",
                ConvergenceWarning,
                stacklevel=5,
            )
        if mixture.expert.at_bound():
            family = mixture.expert.family
            of = " times the standard deviation of y" if family.location else ""
            warnings.warn(
                f"The fit is degenerate: an expert's scale has reached its lower bound, "
                f"min_scale={family.min_scale:g}{of}. "
                "That expert passes through its rows exactly; the log-likelihood means little. "
                "Use fewer experts, a larger penalty (alpha) or a larger min_scale.",
                ConvergenceWarning,
                stacklevel=5,
            )

    def _fitted_attributes(self, mixture, units, trace):
        """Everything that a fit sets."""
        shift = trace.weight * units.log_spread()
        objective = trace.history[-1] - shift
        return {
            **self._model_attributes(mixture, units),
            "_memory": Memory(trace.weight),
            "n_iter_": trace.n_iter,
            "converged_": trace.converged,
            "log_likelihood_": objective - mixture.log_prior(),
            "objective_": objective,
            "history_": [value - shift for value in trace.history],
            "validation_scores_": [score - units.log_spread() for score in trace.scores],
        }

    def _model_attributes(self, mixture, units):
        """What a fit sets that describes the mixture."""
        return {
            "_mixture": mixture,
            "_units": units,
            "gate_": mixture.gate,
            "expert_": mixture.expert,
            "n_experts_": mixture.n_experts(),
            "n_parameters_": mixture.n_parameters(),
            "_x_center": units.X.center,
            **self._gate_attributes(mixture.gate, units),
            **self._expert_attributes(mixture.expert, units),
        }

    # -- scikit-learn's conventions ----------------------------------------------------------

    def transform(self, X):
        """Probability of every expert given x: a mixture as a feature step.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples, n_experts)
        """
        return self._rows(X, "transform").map(self._gate_proba)

    @property
    def _n_features_out(self):
        return self.n_experts_

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.array_api_support = True
        try:
            parts = Mixture(as_gate(self.gate), as_expert(self.expert))
        except ValueError:
            # What is wrong with a setting, a fit will say.
            return tags
        words = accepted(parts, None)
        tags.input_tags.allow_nan = words["ensure_all_finite"] == "allow-nan"
        tags.input_tags.sparse = words["accept_sparse"] == "csr"
        return tags

    def _sk_visual_block_(self):
        """The diagram: gate and experts side by side."""
        parts = []
        for kind, known in (("gate", GATES), ("expert", EXPERTS)):
            value = getattr(self, kind)
            named = isinstance(value, str) and value in known
            parts.append(make_part(value, kind) if named else value)
        names = ["gate", self._experts_label()]
        return VisualBlock(
            "parallel", parts, names=names, name_details=[str(part) for part in parts]
        )


class Settings(NamedTuple):
    """Checked hyperparameters of a fit."""

    n_experts: int
    gate: Any
    expert: Any
    family: Any
    solver: Any
    kinds: list
    n_init: int
    max_iter: int
    tol: float
    random_state: Any
    online: bool = False
    narrow: Any = None
    starts: Any = ()

    def has_statistics(self):
        """Whether gate and experts have."""
        return Mixture(self.gate, self.expert).has_statistics
