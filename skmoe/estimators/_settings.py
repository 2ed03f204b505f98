"""What a fit is asked for: settings checked and parts made, before any data are looked at."""

from typing import Any, NamedTuple

import joblib
import numpy as np
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.utils import check_random_state

from .._numerics.part import Part, refusal
from .._rows.record import Record
from .._rows.validation import check_count, check_flag, check_jobs, check_positive
from ..experts._base import as_expert
from ..families import NAMES as FAMILIES
from ..families import Categorical, Ordinal
from ..gates._base import as_gate
from ..mixture import Mixture
from ..solvers import EM, LBFGS, Adam
from ..starts._cells import BY_DEFAULT, KINDS
from ..starts._given import check_given, is_given

__all__ = ["Settings", "make_part", "part_of", "plan"]

# Families and solvers: their names, and the methods that make an object one.
_NAMED = {
    "family": (
        {**FAMILIES, "categorical": Categorical, "ordinal": Ordinal},
        ("log_prob", "working"),
    ),
    "solver": (
        {"auto": EM, "em": EM, "lbfgs": LBFGS, "adam": Adam},
        ("solve", "explore", "check_parts"),
    ),
}

# Hyperparameters that are True or False.
_FLAGS = ("average", "warm_start", "grow")

# Settings of a part that say how its work is done, not what it is.
_OF_CONDUCT = ("random_state", "n_jobs")


class Settings(NamedTuple):
    """Checked hyperparameters of a fit.

    Attributes
    ----------
    n_experts : int or "auto"
    n_experts_text : str
        What sets that number, for messages.
    gate, expert, family, solver : parts
        Clones, which have seen no data.
    chooses_solver : bool
        Whether `solver` stands for the one that suits the parts and the data.
    kinds : list of str
        Kinds of starts, used in turn.
    n_init, max_iter, tol, n_jobs : numbers
    average : bool
    random_state : RandomState
    depth : int or None
        How deep a tree may be grown; None for a gate that does not grow.
    online : bool
        Whether the rows are the first batch of a stream.
    narrow : Mixture or None
        A mixture of one expert less, fitted to the same data: starts are splits of it.
    given : ndarray of shape (n, n_experts) or None
        Responsibilities to start from.
    rung : int
        Number of the climb, which some penalties depend on.
    n_rungs : int
        Climbs beside which it stands.
    record : Record
        What rows carry beside inputs and targets.
    """

    n_experts: Any
    n_experts_text: str
    gate: Any
    expert: Any
    family: Any
    solver: Any
    chooses_solver: bool
    kinds: list
    n_init: int
    average: bool
    max_iter: int
    tol: float
    n_jobs: Any
    random_state: Any
    depth: Any = None
    online: bool = False
    narrow: Any = None
    given: Any = None
    rung: int = 0
    n_rungs: int = 1
    record: Any = Record()

    def has_statistics(self):
        """Whether gate and experts have."""
        return Mixture(self.gate, self.expert).has_statistics

    def parts(self):
        """What a mixture is made of: gate, experts and family as they were given."""
        return self.gate, self.expert, self.family

    def made_of(self, parts, mixture):
        """Whether these settings ask for a mixture of such parts, and of as many experts.

        A tree that grows has as many as it has found. What is drawn at random may differ.
        """
        if self.depth is None and mixture.n_experts() != self.n_experts:
            return False
        return joblib.hash(_description(parts)) == joblib.hash(_description(self.parts()))

    def starter(self, mixture):
        """The solver that starts are compared with, which takes no random steps."""
        if not (self.chooses_solver or self.solver.stochastic):
            return self.solver
        by_gradient = mixture.gradient_only or mixture.has_dear_curvature
        return LBFGS() if by_gradient and not mixture.raw else EM()

    def most_passes(self, solver):
        """Passes of `solver` at most: where it is our choice, as many as come equally far."""
        return self.max_iter * (solver.passes_per_step if self.chooses_solver else 1)

    def climber(self, mixture):
        """The solver of the climb on all rows."""
        chosen = self.chooses_solver and not self.solver.stochastic
        return self.starter(mixture) if chosen else self.solver


def _description(parts):
    """Types of parts and their settings, those of the estimators in them too."""

    def plain(value):
        if isinstance(value, BaseEstimator):
            named = value.get_params(deep=False).items()
            return plain(type(value)), {n: plain(v) for n, v in named if n not in _OF_CONDUCT}
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [plain(item) for item in value]
        # A function or class that no name leads to is like itself alone.
        return id(value) if "<" in getattr(value, "__qualname__", "") else value

    return plain(parts)


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
    raise refusal(kind, value, names, f"or an object with the methods {list(methods)}")


def part_of(estimator, name):
    """The part that a hyperparameter of an estimator stands for; None if it stands for none."""
    value = getattr(estimator, name)
    if name == "solver":
        pair = (make_part(getattr(estimator, kind), kind) for kind in ("gate", "expert"))
        return _solver(value, *pair)
    if name == "family" and value == "auto":
        return None
    return make_part(value, name) if name in ("gate", "expert", "family") else None


def _with_columns(part, X):
    """The part, and whatever it is made of, with the columns that a function chooses from X."""
    for own in (part, *part.get_params().values()):
        if isinstance(own, Part) and callable(vars(own).get("columns")):
            own.columns = own.columns(X)
    return part


def plan(estimator, X):
    """Settings of an estimator.

    Parameters
    ----------
    estimator : BaseMixtureOfExperts
    X : array-like of shape (n_samples, n_features)
        As given to `fit`: columns may be chosen from it by a function.

    Raises
    ------
    ValueError
        If a hyperparameter is not as described, or two of them do not go together.
    """
    kinds = _kinds(estimator.init)
    for name in _FLAGS:
        check_flag(getattr(estimator, name, False), name)
    if not isinstance(estimator.verbose, (bool, np.bool_)):
        check_count(estimator.verbose, "verbose", minimum=0)
    n_jobs = check_jobs(estimator.n_jobs)
    if estimator.average and estimator.warm_start:
        raise ValueError(
            "average=True was given with warm_start=True; mixtures that have been averaged are "
            "not taken apart again. Set one of them to False."
        )
    parts = estimator._make_gate(), make_part(estimator.expert, "expert")
    gate, expert = (_with_columns(part, X) for part in parts)
    for part in (gate, expert):
        part.share_jobs(n_jobs)
    settings = Settings(
        n_experts=estimator._count_experts(),
        n_experts_text=estimator._experts_setting(),
        gate=gate,
        expert=expert,
        family=_family(estimator),
        solver=_solver(estimator.solver, gate, expert),
        chooses_solver=estimator.solver == "auto",
        kinds=kinds,
        n_init=check_count(estimator.n_init, "n_init"),
        average=estimator.average,
        max_iter=check_count(estimator.max_iter, "max_iter"),
        tol=check_positive(estimator.tol, "tol", zero=True),
        n_jobs=n_jobs,
        random_state=check_random_state(estimator.random_state),
        depth=estimator.depth if getattr(estimator, "grow", False) else None,
    )
    if settings.depth is not None and not settings.has_statistics():
        raise ValueError(
            "grow=True tries splits by EM, and neural gates or experts have no statistics for "
            "it. Pass grow=False with them."
        )
    if is_given(estimator.init):
        check_given(estimator.init, settings)
    return settings


def _kinds(init):
    """The kinds of starts that a name stands for."""
    if is_given(init) or init == "auto":
        return BY_DEFAULT
    if init not in KINDS:
        raise ValueError(
            f"init={init!r} was given; 'auto', one of {list(KINDS)}, or a start (labels, "
            "responsibilities or a fitted mixture) is allowed."
        )
    return [init]


def _family(estimator):
    """The family, which the kind of estimator must suit."""
    family = make_part(estimator._family(), "family")
    if family.labels != is_classifier(estimator):
        of, kind = ("labels", "MoEClassifier") if family.labels else ("numbers", "MoERegressor")
        raise ValueError(
            f"family={estimator.family!r} was given to {type(estimator).__name__}, but it is for "
            f"{of}. Use {kind} with it."
        )
    return family


def _solver(value, gate, expert):
    """The solver, which the parts must suit."""
    solver = make_part(value, "solver")
    if value == "auto" and not Mixture(gate, expert).has_statistics:
        solver = Adam()
    solver.check_parts(gate, expert)
    return solver
