"""Checks of gates and experts, each one property."""

import pickle
from typing import Any, NamedTuple

import numpy as np
from numpy.testing import assert_allclose
from sklearn.base import clone

from .._numerics.estimators import Rows
from .._rows.statistics import add, fold
from ..families import NAMES as FAMILIES
from ..families import Categorical, Gaussian
from ._backends import BACKENDS, as_host, available
from ._problems import (
    EXPERTS,
    OBJECT_CHECKS,
    ROWS,
    Problem,
    applying,
    named,
    needs_float64,
    not_first,
    problem_of,
    targets_of,
)

__all__ = ["EXPERT_CHECKS", "GATE_CHECKS", "check_expert", "check_gate"]

# Step along the gradient of all rows of parts that know no better.
_RATE = 1e-4


class Learner(NamedTuple):
    """A gate or an expert, seen alike: both learn from rows and responsibilities."""

    part: Any
    uses_y: bool

    def with_part(self, part):
        """The same view of another part."""
        return self._replace(part=part)

    def rows(self, problem):
        """What the part is asked about."""
        return (problem.X, problem.y) if self.uses_y else (problem.X,)

    def table(self, problem):
        """What the objective is made of: log densities or the gate's log joint (n, K)."""
        return (self.part.log_prob if self.uses_y else self.part.log_joint)(*self.rows(problem))

    def statistics(self, problem):
        """Statistics of all rows; of parts that learn along gradients only, the gradient."""
        if not self.part.has_statistics:
            return self.gradient(problem)
        return self.part.statistics(*self.rows(problem), problem.resp)

    def update(self, statistics, step=1.0):
        """The part after an update, or after a short step along the gradient."""
        if self.part.has_statistics:
            return self.part.update(statistics, step)
        slope = statistics + self.part.log_prior_gradient()
        return self.part.with_params(self.part.params + step * _RATE * slope)

    def gradient(self, problem):
        """Gradient of the expected log weight or density."""
        return self.part.gradient(*self.rows(problem), problem.resp)

    def updated(self, problem, times=1):
        """The part after some updates on all rows."""
        learner = self
        for _ in range(times):
            learner = learner.with_part(learner.update(learner.statistics(problem)))
        return learner

    def value(self, problem):
        """Expected log weight or density, less the penalty."""
        table = as_host(self.table(problem)) * as_host(problem.resp)
        return table.sum() + float(self.part.log_prior())


def _gate_learner(gate, problem, columns=None):
    return Learner(clone(gate).initialize(EXPERTS, problem.X, columns), uses_y=False)


def _expert_learner(expert, problem, family, columns=None):
    family = clone(family).initialize(problem.y)
    expert = clone(expert).initialize(EXPERTS, problem.X, family, columns)
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
    pieces = [problem.rows(slice(i, i + 20)) for i in range(0, ROWS, 20)]
    folded = learner.update(fold(learner.statistics(piece) for piece in pieces))
    at_once = learner.update(learner.statistics(problem))
    tolerance = 10 * problem.backend.tolerance
    assert_allclose(as_host(folded.params), as_host(at_once.params), rtol=tolerance, atol=tolerance)


def check_weight_is_repetition(learner, problem):
    """A row of weight two counts as the row twice."""
    learner = learner.updated(problem)
    twice = problem.rows(np.repeat(np.arange(ROWS), 2))
    doubled = problem.with_resp(2 * as_host(problem.resp))
    _equal_statistics(
        learner.statistics(doubled), learner.statistics(twice), problem.backend.tolerance
    )


@needs_float64
def check_gradient(learner, problem):
    """The gradient equals finite differences (in float64)."""
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
        after = learner.with_part(learner.update(statistics, 0.25)).value(problem)
        assert after >= before - slack * abs(before), (before, after)
        learner = learner.updated(problem)


def check_update_converges(learner, problem):
    """Updates at fixed responsibilities end where the gradient of the objective is zero."""
    if learner.part.params.shape[0] == 0 or not learner.part.has_statistics:
        # What an estimator learns is out of sight: there is no gradient. Short steps along one
        # take too many to arrive.
        return
    if learner.uses_y and not learner.part.family.smooth:
        learner = learner.updated(problem, 30)
        gain = learner.updated(problem, 30).value(problem) - learner.value(problem)
        assert abs(gain) < 1e-3 * ROWS
        return
    tolerance = max(1e-6, 20 * problem.backend.tolerance)
    for _ in range(10):
        learner = learner.updated(problem, 15)
        slope = _free_slope(learner, problem)
        if np.abs(slope).max(initial=0) < tolerance:
            return
    assert_allclose(slope, 0, atol=tolerance)


def _free_slope(learner, problem):
    """Gradient of the objective, zero for what stands at a limit of its family."""
    slope = as_host(learner.gradient(problem)) + as_host(learner.part.log_prior_gradient())
    params = as_host(learner.part.params)
    further = learner.part.with_params(problem.backend.array(params + 0.01 * np.sign(slope)))
    return slope * (np.abs(as_host(further.params) - params) > 1e-3)


def check_together(learner, problem):
    """Table and gradient, or statistics, computed together are those computed apart."""
    learner = learner.updated(problem)
    part, rows = learner.part, learner.rows(problem)
    together = part.log_prob_and_gradient if learner.uses_y else part.log_joint_and_gradient
    table, gradient = together(*rows)
    tolerance = problem.backend.tolerance
    for a, b in (
        (table, learner.table(problem)),
        (gradient(problem.resp), learner.gradient(problem)),
    ):
        assert_allclose(as_host(a), as_host(b), rtol=tolerance, atol=tolerance)
    if part.has_statistics:
        together = part.log_prob_and_statistics if learner.uses_y else part.log_joint_and_statistics
        again, sums = together(*rows)
        assert_allclose(as_host(again), as_host(table), rtol=tolerance, atol=tolerance)
        _equal_statistics(sums(problem.resp), learner.statistics(problem), tolerance)


def check_settled(learner, problem):
    """An update with settled statistics leaves the part as it is."""
    if not learner.part.has_statistics or learner.part.cost():
        return
    learner = learner.updated(problem, 3)
    settled = learner.part.settled(learner.statistics(problem))
    tolerance = 100 * problem.backend.tolerance
    assert_allclose(
        as_host(learner.part.update(settled).params),
        as_host(learner.part.params),
        rtol=tolerance,
        atol=tolerance,
    )


def check_coefficients(learner, problem):
    """One entry for every parameter says whether a decay of weights shrinks it."""
    entries = as_host(learner.part.coefficients)
    assert entries.shape == as_host(learner.part.params).shape
    assert np.isin(entries, [0, 1]).all()


def check_slopes(learner, problem):
    """Slopes by predictor add up to the gradient, and say where the constants are."""
    learner = learner.updated(problem)
    found = learner.part.slopes(*learner.rows(problem), problem.resp)
    if found is None:
        return
    tables = [as_host(own.by_parameter()) for own in found]
    gradient = as_host(learner.gradient(problem))
    size = max(1.0, np.abs(gradient).max()) * problem.backend.tolerance
    assert_allclose(np.concatenate(tables, axis=1).sum(axis=0), gradient, atol=size)
    first = 0
    for own, table in zip(found, tables, strict=True):
        length = own.design.shape[1]
        assert (as_host(own.design)[:, -1] == 1).all()
        assert own.intercepts == list(range(first + length - 1, first + table.shape[1], length))
        first += table.shape[1]


def check_identified(learner, problem):
    """Parameters that differ outside the basis of what matters make no difference."""
    part = learner.updated(problem).part
    basis = part.identified()
    size = part.params.shape[0]
    assert basis.shape[0] == size
    if basis.shape[1] == size:
        return
    outside = np.linalg.svd(basis.T)[2][basis.shape[1] :]
    move = np.random.default_rng(0).standard_normal(len(outside)) @ outside
    other = part.with_params(part.params + problem.backend.array(move))
    before, after = (as_host(learner.with_part(p).table(problem)) for p in (part, other))
    assert_allclose(after, before, atol=100 * problem.backend.tolerance)


def check_drawn(learner, problem):
    """A part drawn anew by the same state is the same, and finite where it is not closed."""
    draws = [learner.part.begun(None, np.random.RandomState(0)) for _ in range(2)]
    first, second = (as_host(part.params) for part in draws)
    assert np.array_equal(first, second)
    assert np.isfinite(first).all()
    table = as_host(learner.with_part(draws[0]).table(problem))
    closed = (table == -np.inf) & getattr(draws[0], "routes", False)
    assert np.isfinite(table[~closed]).all()
    assert not closed.all(axis=-1).any()


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
    assert len(before) >= new.n_parameters() or new.cost()


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


@not_first
def check_same_as_numpy(learner, problem):
    """Every backend comes to the answer of NumPy in float64."""
    reference_problem = Problem(BACKENDS[0], *(as_host(table) for table in problem[1:]))
    reference = learner.with_part(learner.part.with_params(learner.part.params))
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
    assert prediction.shape[:2] == (ROWS, EXPERTS)
    assert np.isfinite(prediction).all()


_LEARNER_CHECKS = [
    check_additive,
    check_blocks,
    check_weight_is_repetition,
    check_gradient,
    check_update_climbs,
    check_update_converges,
    check_together,
    check_settled,
    check_coefficients,
    check_slopes,
    check_identified,
    check_drawn,
    check_values,
    check_empty_expert,
    check_without_rows,
    check_namespace,
    check_same_as_numpy,
]
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
    for check in OBJECT_CHECKS if checks is None else []:
        check(gate)
    for backend in backends or available():
        problem = problem_of(backend)
        for columns in _column_choices(gate):
            for check in applying(checks or GATE_CHECKS, backend):
                with named(check, gate, backend, columns=columns):
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
    >>> from skmoe.families import Gaussian
    >>> from skmoe.testing import available, check_expert
    >>> check_expert(LinearExpert(), backends=available()[:1], families=[Gaussian()])
    """
    for check in OBJECT_CHECKS if checks is None else []:
        check(expert)
    for backend in backends or available():
        for family in families or _all_families():
            for n_classes in targets_of(family):
                problem = problem_of(backend, family, n_classes)
                for columns in _column_choices(expert):
                    for check in applying(checks or EXPERT_CHECKS, backend):
                        with named(check, expert, backend, family=family, columns=columns):
                            check(_expert_learner(expert, problem, family, columns), problem)


def _all_families():
    return [*(kind() for kind in FAMILIES.values()), Gaussian(scale="shared"), Categorical()]
