"""The checks, each one property, and the functions that run them all on a part."""

import pickle
from typing import Any, NamedTuple

import numpy as np
from numpy.testing import assert_allclose
from sklearn.base import clone

from .._blocks import Blocks
from .._estimators import Rows
from .._mixture import Mixture
from .._statistics import add, fold
from ..experts import LinearExpert
from ..families import Categorical, Gaussian
from ..gates import SoftmaxGate
from ..solvers import Trace
from ._backends import BACKENDS, as_host, available

__all__ = [
    "EXPERT_CHECKS",
    "FAMILY_CHECKS",
    "GATE_CHECKS",
    "SOLVER_CHECKS",
    "check_expert",
    "check_family",
    "check_gate",
    "check_solver",
]

_ROWS, _FEATURES, _EXPERTS = 140, 3, 3


class Problem(NamedTuple):
    """Rows of a random problem on a backend: design, targets, responsibilities."""

    backend: Any
    X: Any
    y: Any
    resp: Any

    def rows(self, rows):
        """Some of the rows."""
        chosen = [as_host(table)[rows] for table in self[1:]]
        return Problem(self.backend, *(self.backend.array(table) for table in chosen))

    def with_resp(self, resp):
        """The same rows with other responsibilities."""
        return self._replace(resp=self.backend.array(resp))


def _problem(backend, n_classes=None, seed=0):
    rng = np.random.default_rng(seed)
    X = np.hstack([rng.standard_normal((_ROWS, _FEATURES)), np.ones((_ROWS, 1))])
    resp = rng.dirichlet(np.ones(_EXPERTS), size=_ROWS) * rng.uniform(0.5, 2, size=(_ROWS, 1))
    if n_classes is None:
        y = X[:, :1] - X[:, 1:2] * (X[:, 2:3] > 0) + 0.3 * rng.standard_normal((_ROWS, 1))
    else:
        y = np.argmax(X[:, :1] * np.arange(n_classes) + rng.gumbel(size=(_ROWS, n_classes)), 1)
        y[:n_classes] = np.arange(n_classes)
        y = y[:, None]
    return Problem(backend, *(backend.array(table) for table in (X, y, resp)))


class Learner(NamedTuple):
    """A gate or an expert, seen alike: both learn from rows and responsibilities."""

    part: Any
    uses_y: bool

    def with_part(self, part):
        """The same view of another part."""
        return self._replace(part=part)

    def _rows(self, problem):
        return (problem.X, problem.y) if self.uses_y else (problem.X,)

    def table(self, problem):
        """What the objective is made of: log densities or the gate's log joint (n, K)."""
        return (self.part.log_prob if self.uses_y else self.part.log_joint)(*self._rows(problem))

    def statistics(self, problem):
        """Statistics of all rows."""
        return self.part.statistics(*self._rows(problem), problem.resp)

    def gradient(self, problem):
        """Gradient of the expected log weight or density."""
        return self.part.gradient(*self._rows(problem), problem.resp)

    def updated(self, problem, times=1):
        """The part after some updates on all rows."""
        learner = self
        for _ in range(times):
            learner = learner.with_part(learner.part.update(learner.statistics(problem)))
        return learner

    def value(self, problem):
        """Expected log weight or density, less the penalty."""
        table = as_host(self.table(problem)) * as_host(problem.resp)
        return table.sum() + float(self.part.log_prior())


def _gate_learner(gate, problem, columns=None):
    return Learner(clone(gate).initialize(_EXPERTS, problem.X, columns), uses_y=False)


def _expert_learner(expert, problem, family, columns=None):
    family = clone(family).initialize(problem.y)
    expert = clone(expert).initialize(_EXPERTS, problem.X, family, columns)
    return Learner(expert, uses_y=True)


def _merged(rows):
    """Distinct rows and the sum of their last table, the weights, in an order of their own."""
    *tables, weight = (as_host(table) for table in rows.tables)
    distinct, index = np.unique(np.hstack(tables), axis=0, return_inverse=True)
    total = np.zeros((len(distinct), weight.shape[1]))
    np.add.at(total, index.reshape(-1), weight)
    return distinct, total


def _equal_statistics(a, b, tolerance):
    if isinstance(a, Rows):
        _equal_statistics(_merged(a), _merged(b), tolerance)
    elif isinstance(a, tuple):
        for x, y in zip(a, b, strict=True):
            _equal_statistics(x, y, tolerance)
    elif a is not None:
        scale = np.max(np.abs(as_host(a)), initial=1.0)
        assert_allclose(as_host(a), as_host(b), rtol=tolerance, atol=tolerance * scale)


def check_additive(learner, problem):
    """Statistics of two sets of rows add up to those of both."""
    learner = learner.updated(problem)
    parts = [problem.rows(slice(0, 50)), problem.rows(slice(50, None))]
    together = add(*(learner.statistics(part) for part in parts))
    _equal_statistics(learner.statistics(problem), together, problem.backend.tolerance)


def check_blocks(learner, problem):
    """One block gives the update that seven blocks give."""
    learner = learner.updated(problem)
    pieces = [problem.rows(slice(i, i + 20)) for i in range(0, _ROWS, 20)]
    folded = learner.part.update(fold(learner.statistics(piece) for piece in pieces))
    at_once = learner.part.update(learner.statistics(problem))
    tolerance = 10 * problem.backend.tolerance
    assert_allclose(as_host(folded.params), as_host(at_once.params), rtol=tolerance, atol=tolerance)


def check_weight_is_repetition(learner, problem):
    """A row of weight two counts as the row twice."""
    learner = learner.updated(problem)
    twice = problem.rows(np.repeat(np.arange(_ROWS), 2))
    doubled = problem.with_resp(2 * as_host(problem.resp))
    _equal_statistics(
        learner.statistics(doubled), learner.statistics(twice), problem.backend.tolerance
    )


def check_gradient(learner, problem):
    """The gradient equals finite differences (in float64)."""
    if problem.backend.dtype != "float64":
        return
    learner = learner.updated(problem)
    # Away from the maximum, where a wrong factor would not show.
    away = as_host(learner.part.params) + np.linspace(-0.2, 0.3, learner.part.params.shape[0])
    learner = learner.with_part(learner.part.with_params(problem.backend.array(away)))
    start, slope = as_host(learner.part.params), as_host(learner.gradient(problem))
    slope = slope + as_host(learner.part.log_prior_gradient())
    step = 1e-5
    for index in range(len(start)):
        values = []
        for sign in (1, -1):
            moved = start.copy()
            moved[index] += sign * step
            part = learner.part.with_params(problem.backend.array(moved))
            values.append(learner.with_part(part).value(problem))
        numeric = (values[0] - values[1]) / (2 * step)
        assert_allclose(slope[index], numeric, rtol=1e-6, atol=1e-5)


def check_update_climbs(learner, problem):
    """A small enough step of an update does not lower the objective."""
    slack = problem.backend.tolerance * 10
    for _ in range(4):
        before, statistics = learner.value(problem), learner.statistics(problem)
        after = learner.with_part(learner.part.update(statistics, 0.25)).value(problem)
        assert after >= before - slack * abs(before), (before, after)
        learner = learner.updated(problem)


def check_update_converges(learner, problem):
    """Updates at fixed responsibilities end where the gradient of the objective is zero."""
    learner = learner.updated(problem, 30)
    slope = as_host(learner.gradient(problem)) + as_host(learner.part.log_prior_gradient())
    assert_allclose(slope, 0, atol=max(1e-6, 20 * problem.backend.tolerance))


def check_values(learner, problem):
    """An update returns a new part; params make the round trip; the part can be pickled."""
    before = as_host(learner.part.params).copy()
    new = learner.updated(problem).part
    assert new is not learner.part
    assert_allclose(as_host(learner.part.params), before)
    again = learner.part.with_params(new.params)
    assert_allclose(as_host(again.params), as_host(new.params), rtol=problem.backend.tolerance)
    if problem.backend.library == "numpy":
        same = learner.with_part(pickle.loads(pickle.dumps(new)))
        tolerance = problem.backend.tolerance
        table = as_host(learner.with_part(new).table(problem))
        assert_allclose(as_host(same.table(problem)), table, rtol=tolerance, atol=tolerance)
    assert new.n_parameters() >= 0
    # What an estimator learns is out of sight.
    assert len(before) >= new.n_parameters() or len(before) == 0


def check_empty_expert(learner, problem):
    """An expert that no row belongs to does not disturb anything."""
    learner = learner.updated(problem)
    resp = as_host(problem.resp).copy()
    resp[:, 1] = 0
    learner = learner.updated(problem.with_resp(resp), 3)
    assert np.isfinite(as_host(learner.part.params)).all()
    assert np.isfinite(as_host(learner.table(problem))).all()


def check_without_rows(learner, problem):
    """Nothing happens to a part that no row belongs to, as a node of a tree."""
    learner = learner.updated(problem.with_resp(0 * as_host(problem.resp)), 2)
    assert np.isfinite(as_host(learner.part.params)).all()
    assert np.isfinite(as_host(learner.table(problem))).all()


def check_namespace(learner, problem):
    """Results stay in the library, on the device and in the dtype of the data."""
    learner = learner.updated(problem)
    for x in (learner.table(problem), learner.part.params, learner.gradient(problem)):
        assert problem.backend.holds(x), x


def check_same_as_numpy(learner, problem):
    """Every backend comes to the answer of NumPy in float64."""
    reference_problem = Problem(BACKENDS[0], *(as_host(table) for table in problem[1:]))
    reference = learner.with_part(learner.part.with_params(learner.part.params))
    if problem.backend == BACKENDS[0]:
        return
    fresh = _like(learner, reference_problem)
    tolerance = 10 * problem.backend.tolerance
    assert_allclose(
        as_host(reference.updated(problem, 3).table(problem)),
        as_host(fresh.updated(reference_problem, 3).table(reference_problem)),
        rtol=tolerance,
        atol=tolerance,
    )


def _like(learner, problem):
    """A fresh part of the same hyperparameters on the backend of `problem`."""
    columns = getattr(learner.part, "positions", None)
    if learner.uses_y:
        return _expert_learner(learner.part, problem, learner.part.family, columns)
    return _gate_learner(learner.part, problem, columns)


def check_docstring(part, problem=None):
    """The docstring states the maximised quantity and has an example."""
    text = type(part).__doc__ or ""
    for word in ("Maximised:", "Examples", "References"):
        assert word in text, f"the docstring of {type(part).__name__} has no '{word}'"


def check_hyperparameters(part, problem=None):
    """A clone has the same hyperparameters and none of the state."""
    # As text: estimators among the hyperparameters are cloned as well.
    assert str(clone(part).get_params()) == str(part.get_params())
    extra = set(vars(clone(part))) - set(part.get_params(deep=False))
    assert not extra, f"the constructor sets {extra} beyond the hyperparameters"


def check_gate_normalised(learner, problem):
    """Weights of every row sum to one, also far away from the data."""
    learner = learner.updated(problem, 2)
    far = problem._replace(X=problem.X * 1e15)
    for rows in (problem, far):
        weight = np.exp(as_host(learner.part.log_weight(rows.X)))
        assert_allclose(weight.sum(1), 1, rtol=problem.backend.tolerance)


def check_expert_predicts(learner, problem):
    """Predictions are finite and of shape (n, K, n_targets or n_classes)."""
    prediction = as_host(learner.updated(problem).part.predict(problem.X))
    assert prediction.ndim == 3
    assert prediction.shape[:2] == (_ROWS, _EXPERTS)
    assert np.isfinite(prediction).all()


_LEARNER_CHECKS = [
    check_additive,
    check_blocks,
    check_weight_is_repetition,
    check_gradient,
    check_update_climbs,
    check_update_converges,
    check_values,
    check_empty_expert,
    check_without_rows,
    check_namespace,
    check_same_as_numpy,
]
_OBJECT_CHECKS = [check_docstring, check_hyperparameters]
GATE_CHECKS = [*_LEARNER_CHECKS, check_gate_normalised]
EXPERT_CHECKS = [*_LEARNER_CHECKS, check_expert_predicts]


def _column_choices(part):
    return [None, [1], []] if "columns" in part.get_params() else [None]


def check_gate(gate, *, backends=None, checks=None):
    """Run the contract of gates.

    Parameters
    ----------
    gate : Gate
        An object with hyperparameters only.
    backends : list of Backend or None, default=None
        Array libraries, devices and dtypes; None takes all that are available.
    checks : list of callable or None, default=None
        Checks to run; None takes `GATE_CHECKS`.

    Raises
    ------
    AssertionError
        At the first property that does not hold.

    Examples
    --------
    >>> from skmoe.gates import ConstantGate
    >>> from skmoe.testing import available, check_gate
    >>> check_gate(ConstantGate(), backends=available()[:1])
    """
    for check in _OBJECT_CHECKS if checks is None else []:
        check(gate)
    for backend in backends or available():
        problem = _problem(backend)
        for columns in _column_choices(gate):
            for check in checks or GATE_CHECKS:
                check(_gate_learner(gate, problem, columns), problem)


def check_expert(expert, *, backends=None, checks=None, families=None):
    """Run the contract of experts.

    Parameters
    ----------
    expert : Expert
        An object with hyperparameters only.
    backends : list of Backend or None, default=None
        Array libraries, devices and dtypes; None takes all that are available.
    checks : list of callable or None, default=None
        Checks to run; None takes `EXPERT_CHECKS`.
    families : list of Family or None, default=None
        Families to run the checks with; None takes all of `skmoe.families`.

    Raises
    ------
    AssertionError
        At the first property that does not hold.

    Examples
    --------
    >>> from skmoe.experts import LinearExpert
    >>> from skmoe.testing import available, check_expert
    >>> check_expert(LinearExpert(), backends=available()[:1])
    """
    for check in _OBJECT_CHECKS if checks is None else []:
        check(expert)
    for backend in backends or available():
        for family in families or [Gaussian(), Categorical()]:
            for n_classes in _targets_of(family):
                problem = _problem(backend, n_classes)
                for columns in _column_choices(expert):
                    for check in checks or EXPERT_CHECKS:
                        check(_expert_learner(expert, problem, family, columns), problem)


def _targets_of(family):
    """Numbers of classes to try, or None for a number as target."""
    return [2, 3] if isinstance(family, Categorical) else [None]


def check_family_score(family, problem, eta, scale):
    """The working score is the derivative of the log density, times the squared scale."""
    if problem.backend.dtype != "float64":
        return
    score = as_host(family.working(problem.y, problem.backend.array(eta))[0])
    step = 1e-5
    for column in range(eta.shape[2]):
        values = []
        for sign in (1, -1):
            moved = eta.copy()
            moved[:, :, column] += sign * step
            table = family.log_prob(problem.y, problem.backend.array(moved), scale)
            values.append(as_host(table))
        numeric = (values[0] - values[1]) / (2 * step)
        if family.has_scale:
            numeric = numeric * as_host(scale)[:, column] ** 2
        assert_allclose(score[:, :, column], numeric, rtol=1e-6, atol=1e-7)


def check_family_total(family, problem, eta, scale):
    """Densities integrate, probabilities sum, to one over all targets."""
    if family.has_scale:
        targets = np.linspace(-60, 60, 4001)
        width = targets[1] - targets[0]
    else:
        targets, width = np.arange(family.n_classes), 1.0
    one_row = problem.backend.array(np.repeat(eta[:1], len(targets), axis=0))
    table = as_host(family.log_prob(problem.backend.array(targets[:, None]), one_row, scale))
    assert_allclose(np.exp(table).sum(0) * width, 1, rtol=max(1e-6, problem.backend.tolerance))


def check_family_far(family, problem, eta, scale):
    """Far from every prediction log densities are still finite numbers."""
    far = problem.backend.array(1e15 * np.ones_like(eta))
    assert np.isfinite(as_host(family.log_prob(problem.y, far, scale))).all()


def check_family_namespace(family, problem, eta, scale):
    """Results stay in the library, on the device and in the dtype of the data."""
    table = problem.backend.array(eta)
    assert problem.backend.holds(family.log_prob(problem.y, table, scale))
    assert problem.backend.holds(family.mean(table, scale))
    assert problem.backend.holds(family.working(problem.y, table)[0])


FAMILY_CHECKS = [
    check_family_score,
    check_family_total,
    check_family_far,
    check_family_namespace,
]


def check_family(family, *, backends=None, checks=None):
    """Run the contract of families.

    Parameters
    ----------
    family : Family
        An object with hyperparameters only.
    backends : list of Backend or None, default=None
        Array libraries, devices and dtypes; None takes all that are available.
    checks : list of callable or None, default=None
        Checks to run; None takes `FAMILY_CHECKS`.

    Raises
    ------
    AssertionError
        At the first property that does not hold.

    Examples
    --------
    >>> from skmoe.families import Gaussian
    >>> from skmoe.testing import available, check_family
    >>> check_family(Gaussian(), backends=available()[:1])
    """
    for check in _OBJECT_CHECKS if checks is None else []:
        check(family)
    for backend in backends or available():
        for n_classes in _targets_of(family):
            problem = _problem(backend, n_classes)
            ready = clone(family).initialize(problem.y)
            rng = np.random.default_rng(1)
            eta = rng.standard_normal((_ROWS, _EXPERTS, ready.n_outputs))
            scale = np.linspace(0.5, 2, _EXPERTS)[:, None] * np.ones(ready.n_outputs)
            scale = backend.array(scale) if ready.has_scale else None
            for check in checks or FAMILY_CHECKS:
                check(ready, problem, eta, scale)


def _solver_problem(backend, seed, n_classes):
    """A mixture with random responsibilities behind it, and its blocks."""
    problem = _problem(backend, n_classes, seed)
    family = (Gaussian() if n_classes is None else Categorical()).initialize(problem.y)
    gate = SoftmaxGate(alpha=0.1).initialize(_EXPERTS, problem.X)
    expert = LinearExpert(alpha=0.1).initialize(_EXPERTS, problem.X, family)
    mixture = Mixture(gate, expert)
    given = mixture.statistics_given(problem.X, problem.y, problem.resp)
    return mixture.update(given), Blocks(problem.X, problem.y, length=50)


def check_solver_climbs(solver, backend, seed, n_classes):
    """The objective never falls, and the mixture that is returned has the last one."""
    mixture, blocks = _solver_problem(backend, seed, n_classes)
    start = as_host(mixture.params).copy()
    solved, trace = solver.solve(mixture, blocks, Trace(max_iter=60, tol=1e-7))
    assert (np.diff(trace.history) >= 0).all()
    assert trace.n_iter <= 60 + 12
    assert_allclose(as_host(mixture.params), start)
    reached = float(blocks.sum(solved.statistics).log_likelihood) + solved.log_prior()
    assert_allclose(reached, trace.history[-1], rtol=10 * backend.tolerance)


def check_solver_converges(solver, backend, seed, n_classes):
    """A long climb ends where the gradient of the objective is small."""
    if backend.dtype != "float64":
        return
    mixture, blocks = _solver_problem(backend, seed, n_classes)
    solved, trace = solver.solve(mixture, blocks, Trace(max_iter=3000, tol=1e-12))
    assert trace.converged
    slope = as_host(blocks.sum(solved.value_and_gradient)[1]) + as_host(solved.log_prior_gradient())
    assert np.max(np.abs(slope)) < 1e-3 * _ROWS


def check_solver_stops(solver, backend, seed, n_classes):
    """A callback that answers true stops the climb at once."""
    mixture, blocks = _solver_problem(backend, seed, n_classes)
    _, trace = solver.solve(mixture, blocks, Trace(60, 1e-7, report=lambda *_: True))
    assert trace.stopped
    assert len(trace.history) == 2


SOLVER_CHECKS = [check_solver_climbs, check_solver_converges, check_solver_stops]


def check_solver(solver, *, backends=None, checks=None, seeds=range(3)):
    """Run the contract of solvers.

    Parameters
    ----------
    solver : solver
        An object with hyperparameters only.
    backends : list of Backend or None, default=None
        Array libraries, devices and dtypes; None takes all that are available.
    checks : list of callable or None, default=None
        Checks to run; None takes `SOLVER_CHECKS`.
    seeds : iterable of int, default=range(3)
        Random problems to solve.

    Raises
    ------
    AssertionError
        At the first property that does not hold.

    Examples
    --------
    >>> from skmoe.solvers import EM
    >>> from skmoe.testing import available, check_solver
    >>> check_solver(EM(), backends=available()[:1], seeds=[0])
    """
    for check in _OBJECT_CHECKS if checks is None else []:
        check(solver)
    for backend in backends or available():
        for n_classes in (None, 2, 3):
            for seed in seeds:
                for check in checks or SOLVER_CHECKS:
                    check(solver, backend, seed, n_classes)
