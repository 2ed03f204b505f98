"""The checks, each one property, and the functions that run them all on a part."""

import pickle
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.testing import assert_allclose
from sklearn.base import clone

from .._numerics.estimators import Rows
from .._rows.blocks import Blocks
from .._rows.statistics import add, fold
from ..experts import LinearExpert
from ..families import NAMES as FAMILIES
from ..families import Categorical, Gaussian
from ..families._base import ScaleSums
from ..gates import SoftmaxGate
from ..mixture import Mixture
from ..solvers import EM, Trace
from ._backends import BACKENDS, as_host, available

__all__ = [
    "EXPERT_CHECKS",
    "FAMILY_CHECKS",
    "GATE_CHECKS",
    "SOLVER_CHECKS",
    "applies",
    "check_expert",
    "check_family",
    "check_gate",
    "check_solver",
]

_ROWS, _FEATURES, _EXPERTS = 140, 3, 3

# Objective per row that early stopping and small steps may leave to EM.
_STOCHASTIC_LOSS = 0.1

# Passes of a climb that need not arrive.
_PASSES = 30

# Step along the gradient of all rows of parts that know no better.
_RATE = 1e-4


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


def _targets(signal, rng):
    """Targets (n, 1) of several kinds: numbers, counts, zeros and ones, positive numbers."""
    noise = rng.standard_normal(signal.shape)
    yield signal + 0.3 * noise
    yield rng.poisson(np.exp(0.5 * signal + 0.3 * noise)).astype(float)
    yield (signal + noise > 0).astype(float)
    yield np.exp(0.5 * signal + 0.3 * noise)


def _problem(backend, family=None, n_classes=None, seed=0):
    """A random problem with the first kind of targets that the family takes."""
    rng = np.random.default_rng(seed)
    X = np.hstack([rng.standard_normal((_ROWS, _FEATURES)), np.ones((_ROWS, 1))])
    resp = rng.dirichlet(np.ones(_EXPERTS), size=_ROWS) * rng.uniform(0.5, 2, size=(_ROWS, 1))
    signal = X[:, :1] - X[:, 1:2] * (X[:, 2:3] > 0)
    if n_classes is None:
        y = next(y for y in _targets(signal, rng) if family is None or _takes(family, y))
    else:
        y = np.argmax(X[:, :1] * np.arange(n_classes) + rng.gumbel(size=(_ROWS, n_classes)), 1)
        y[:n_classes] = np.arange(n_classes)
        y = y[:, None]
    return Problem(backend, *(backend.array(table) for table in (X, y, resp)))


def _takes(family, y):
    try:
        clone(family).initialize(y)
    except ValueError:
        return False
    return True


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
    folded = learner.update(fold(learner.statistics(piece) for piece in pieces))
    at_once = learner.update(learner.statistics(problem))
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
        assert abs(gain) < 1e-3 * _ROWS
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
    """Table and gradient computed together are those computed apart."""
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
            for check in _applying(checks or GATE_CHECKS, backend):
                with _named(check, gate, backend, columns=columns):
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
    for check in _OBJECT_CHECKS if checks is None else []:
        check(expert)
    for backend in backends or available():
        for family in families or _all_families():
            for n_classes in _targets_of(family):
                problem = _problem(backend, family, n_classes)
                for columns in _column_choices(expert):
                    for check in _applying(checks or EXPERT_CHECKS, backend):
                        with _named(check, expert, backend, family=family, columns=columns):
                            check(_expert_learner(expert, problem, family, columns), problem)


def _all_families():
    return [*(kind() for kind in FAMILIES.values()), Gaussian(scale="shared"), Categorical()]


def _targets_of(family):
    """Numbers of classes to try, or None for a number as target."""
    return [2, 3] if family.labels else [None]


class Scatter(NamedTuple):
    """A family that knows its targets, and predictors and scales to try it at."""

    family: Any
    problem: Any
    eta: Any
    scale: Any

    def array(self, values):
        """Host values on the backend."""
        return self.problem.backend.array(values)

    def log_prob(self, eta):
        """Log densities (n, K) of the problem's targets."""
        return as_host(self.family.log_prob(self.problem.y, self.array(eta), self._scales()))

    def _scales(self):
        return None if self.scale is None else self.array(self.scale)

    def with_scale(self, scale):
        """The same at other scales."""
        return self._replace(scale=scale)

    def _first_row(self, y):
        """Targets (n,) and the first row's predictors for each, on the backend."""
        return self.array(y[:, None]), self.array(np.repeat(self.eta[:1], len(y), axis=0))

    def density(self, y):
        """Densities (n, K) of targets (n,) at the first row's predictors."""
        return np.exp(as_host(self.family.log_prob(*self._first_row(y), self._scales())))

    def cdf(self, y):
        """Distribution functions (n, K) of targets (n,) at the first row's predictors."""
        return as_host(self.family.cdf(*self._first_row(y), self._scales()))[:, :, 0]

    def whole_numbers(self):
        """Whole numbers that can be targets, if they are all that can; else None."""
        if np.ptp(self.cdf(np.linspace(0.1, 0.9, 9)), axis=0).any():
            return None
        y = np.arange(60.0)
        if self.family.labels:
            return y[: self.family.n_classes]
        return y if _takes(self.family, y[:, None]) else y[: int(as_host(self.problem.y).max()) + 1]

    def tolerance(self, value):
        """`value`, or what the dtype allows."""
        return max(value, self.problem.backend.tolerance)


def _scatter(family, problem):
    ready = clone(family).initialize(problem.y)
    rng = np.random.default_rng(1)
    eta = 0.5 * rng.standard_normal((_ROWS, _EXPERTS, ready.n_outputs))
    scale = ready.initial_scale(_EXPERTS, problem.X)
    if scale is not None:
        scale = as_host(scale) * np.linspace(0.5, 1.5, _EXPERTS)[:, None]
    return Scatter(ready, problem, eta, scale)


def check_family_score(scatter):
    """The working score times the precision is the derivative of the log density."""
    family, eta, scale = scatter.family, scatter.array(scatter.eta), scatter._scales()
    score = as_host(family.working(scatter.problem.y, eta, scale)[0])
    precision = family.precision(scale)
    score = score * (precision if isinstance(precision, float) else as_host(precision))
    step = 1e-5
    for column in range(scatter.eta.shape[2]):
        move = np.zeros(scatter.eta.shape)
        move[:, :, column] = step
        numeric = scatter.log_prob(scatter.eta + move) - scatter.log_prob(scatter.eta - move)
        assert_allclose(score[:, :, column], numeric / (2 * step), rtol=1e-6, atol=1e-7)


def check_family_scale_slope(scatter):
    """`scale_slope` is the derivative of the log density with respect to the log scales."""
    if scatter.scale is None:
        return
    eta, scales = scatter.array(scatter.eta), scatter._scales()
    slope = as_host(scatter.family.scale_slope(scatter.problem.y, eta, scales))
    step = 1e-5
    for column in range(scatter.scale.shape[1]):
        factor = np.ones(scatter.scale.shape)
        factor[:, column] = np.exp(step)
        high = scatter.with_scale(scatter.scale * factor).log_prob(scatter.eta)
        low = scatter.with_scale(scatter.scale / factor).log_prob(scatter.eta)
        assert_allclose(slope[:, :, column], (high - low) / (2 * step), rtol=1e-6, atol=1e-7)


def check_family_scale_update(scatter):
    """Updates of the scales alone end where the slope is zero, or at a limit."""
    if scatter.scale is None:
        return
    problem, family = scatter.problem, scatter.family
    scales, eta = scatter._scales(), scatter.array(0.3 * scatter.eta)
    count = scatter.array(as_host(problem.resp).sum(axis=0)[:, None])
    for _ in range(60):
        sums = ScaleSums(count, *family.scale_sums(problem.y, eta, scales, problem.resp))
        scales = family.update_scale(scales, sums)
    slope = as_host(family.scale_sums(problem.y, eta, scales, problem.resp)[0])
    slope = slope.sum(axis=0) if family.shared else slope
    moved = as_host(family.limited(scales * 1.01)) / as_host(family.limited(scales / 1.01))
    free = np.abs(moved - 1.01**2) < 1e-4
    free = free.all(axis=0) if family.shared else free
    assert_allclose(slope[free], 0, atol=scatter.tolerance(1e-5) * _ROWS)


def check_family_total(scatter):
    """The distribution function goes from 0 to 1 and is the integral or sum of the density."""
    tolerance = scatter.tolerance(1e-8)
    ends = scatter.cdf(np.array([-1e15, 1e15]))
    assert_allclose(ends, [[0] * _EXPERTS, [1] * _EXPERTS], atol=tolerance)
    if (counts := scatter.whole_numbers()) is not None:
        total = scatter.density(counts).cumsum(axis=0)
        assert_allclose(total, scatter.cdf(counts), atol=tolerance)
        return
    centers = as_host(scatter.family.mean(scatter.array(scatter.eta[:1]), scatter._scales()))
    points = np.quantile(as_host(scatter.problem.y), np.linspace(0, 1, 15))
    # A density may have a kink at the centre.
    points = np.unique(np.concatenate([points, centers.ravel()]))
    nodes, weights = np.polynomial.legendre.leggauss(40)
    for low, high in pairwise(points):
        y = (low + high) / 2 + (high - low) / 2 * nodes
        inside = (high - low) / 2 * weights @ scatter.density(y)
        assert_allclose(
            inside, np.diff(scatter.cdf(np.array([low, high])), axis=0)[0], atol=tolerance
        )


def check_family_tails(scatter):
    """`cdf` and `sf` make one; `ppf` and `isf` undo them, of whole numbers roughly."""
    family, tolerance = scatter.family, scatter.tolerance(1e-9)
    if family.labels:
        return
    eta, scale = scatter.array(scatter.eta), scatter._scales()
    below = as_host(family.cdf(scatter.problem.y, eta, scale))
    above = as_host(family.sf(scatter.problem.y, eta, scale))
    assert_allclose(below + above, 1, atol=tolerance)
    for level in (1e-9, 0.2, 0.7):
        q = scatter.array([[[level]]])
        ends = [f(q, eta, scale) for f in (family.ppf, family.isf)]
        for end, tail in zip(ends, (family.cdf, family.sf), strict=True):
            assert end.shape == eta.shape
            if not family.discrete:
                # `cdf` takes one target for all experts: expert by expert, then.
                for k in range(_EXPERTS):
                    again = as_host(tail(end[:, k, :], eta, scale))[:, k, :]
                    assert_allclose(again, level, rtol=scatter.tolerance(1e-7))


def check_family_variance(scatter):
    """The variance is that of random targets, where the fourth moment lets it be known."""
    family, size = scatter.family, 20000
    if family.labels:
        return
    eta = scatter.array(np.repeat(scatter.eta[:1], size, axis=0))
    variance = as_host(family.variance(eta, scatter._scales()))[0]
    drawn = family.sample(eta, scatter._scales(), np.random.RandomState(0))
    square = (drawn - drawn.mean(axis=0)) ** 2
    known = np.isfinite(variance)
    gap = np.abs(square.mean(axis=0) - variance)[known]
    assert (gap < 5 * square.std(axis=0)[known] / size**0.5).all()


def check_family_sample(scatter):
    """Random targets follow the distribution function (Kolmogorov and Smirnov), and the mean."""
    size = 4000
    eta = scatter.array(np.repeat(scatter.eta[:1], size, axis=0))
    drawn = scatter.family.sample(eta, scatter._scales(), np.random.RandomState(0))
    assert drawn.shape == (size, _EXPERTS, scatter.problem.y.shape[1])
    for expert in range(_EXPERTS):
        y = np.sort(drawn[:, expert, 0])
        values, last = np.unique(y, return_index=True)
        below = np.append(last[1:], size) / size
        cdf = scatter.cdf(values)[:, expert]
        # Exceeded once in a thousand times; seeded, so it is always the same draw.
        assert np.abs(below - cdf).max() < 1.95 / size**0.5 + 1 / size + scatter.tolerance(0)
        if not scatter.family.labels:
            mean = as_host(scatter.family.mean(eta, scatter._scales()))[0, expert, 0]
            assert abs(y.mean() - mean) < 4 * y.std() / size**0.5


def check_family_link(scatter):
    """The link takes means back to predictors, up to what the mean leaves open."""
    mean = scatter.family.mean(scatter.array(scatter.eta), scatter._scales())
    again = scatter.family.mean(scatter.family.link(mean), scatter._scales())
    assert_allclose(as_host(again), as_host(mean), rtol=scatter.tolerance(1e-8))


def check_family_far(scatter):
    """Far from every prediction log densities are still finite numbers."""
    for far in (1e15, -1e15):
        assert np.isfinite(scatter.log_prob(far * np.ones_like(scatter.eta))).all()


def check_family_namespace(scatter):
    """Results stay in the library, on the device and in the dtype of the data."""
    family, y, backend = scatter.family, scatter.problem.y, scatter.problem.backend
    eta, scale = scatter.array(scatter.eta), scatter._scales()
    methods = [family.log_prob, family.cdf]
    if not family.labels:
        methods += [family.log_density, family.sf]
        assert backend.holds(family.variance(eta, scale))
        assert backend.holds(family.ppf(scatter.array([[[0.3]]]), eta, scale))
    for method in methods:
        assert backend.holds(method(y, eta, scale))
    assert backend.holds(family.mean(eta, scale))
    assert backend.holds(family.working(y, eta, scale)[0])


FAMILY_CHECKS = [
    check_family_score,
    check_family_scale_slope,
    check_family_scale_update,
    check_family_total,
    check_family_tails,
    check_family_variance,
    check_family_sample,
    check_family_link,
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
            scatter = _scatter(family, _problem(backend, family, n_classes))
            for check in _applying(checks or FAMILY_CHECKS, backend):
                with _named(check, family, backend, n_classes=n_classes):
                    check(scatter)


def _solver_problem(backend, seed, n_classes):
    """A mixture with random responsibilities behind it, and its blocks."""
    problem = _problem(backend, None, n_classes, seed)
    family = (Gaussian() if n_classes is None else Categorical()).initialize(problem.y)
    gate = SoftmaxGate(alpha=0.1).initialize(_EXPERTS, problem.X)
    expert = LinearExpert(alpha=0.1).initialize(_EXPERTS, problem.X, family)
    mixture = Mixture(gate, expert)
    given = mixture.statistics_given(problem.X, problem.y, problem.resp)
    return mixture.update(given), Blocks(problem.X, problem.y, length=50)


def _objective(mixture, blocks):
    return float(blocks.sum(mixture.statistics).log_likelihood) + mixture.log_prior()


def check_solver_climbs(solver, backend, seed, n_classes):
    """The objective never falls, and the mixture that is returned has the last one."""
    mixture, blocks = _solver_problem(backend, seed, n_classes)
    start = as_host(mixture.params).copy()
    solved, trace = solver.solve(mixture, blocks, Trace(max_iter=_PASSES, tol=1e-7))
    if solver.stochastic:
        assert trace.history[-1] > trace.history[0]
    else:
        assert (np.diff(trace.history) >= 0).all()
    assert trace.n_iter <= _PASSES + 12
    assert_allclose(as_host(mixture.params), start)
    assert_allclose(_objective(solved, blocks), trace.history[-1], rtol=10 * backend.tolerance)


def check_solver_converges(solver, backend, seed, n_classes):
    """A long climb ends where the gradient of the objective is small."""
    mixture, blocks = _solver_problem(backend, seed, n_classes)
    solved, trace = solver.solve(mixture, blocks, Trace(max_iter=3000, tol=1e-12))
    assert trace.converged
    if solver.stochastic:
        best, _ = EM().solve(mixture, blocks, Trace(max_iter=3000, tol=1e-12))
        lost = _objective(best, blocks) - _objective(solved, blocks)
        assert lost < _STOCHASTIC_LOSS * _ROWS
        return
    slope = as_host(blocks.sum(solved.value_and_gradient)[1]) + as_host(solved.log_prior_gradient())
    assert np.max(np.abs(slope)) < 1e-3 * _ROWS


def check_solver_stops(solver, backend, seed, n_classes):
    """A callback that answers true stops the climb at once."""
    mixture, blocks = _solver_problem(backend, seed, n_classes)
    _, trace = solver.solve(mixture, blocks, Trace(_PASSES, 1e-7, report=lambda *_: True))
    assert trace.stopped
    # Where the last mixture need not be the best, the objective of that comes last.
    assert len(trace.history) == 2 + solver.stochastic


SOLVER_CHECKS = [check_solver_climbs, check_solver_converges, check_solver_stops]


# Differences of objectives have no digits in float32.
_IN_FLOAT64 = [
    check_gradient,
    check_family_score,
    check_family_scale_slope,
    check_solver_converges,
]


def applies(check, backend):
    """Whether a check can fail on a backend.

    Parameters
    ----------
    check : callable
        One of the checks.
    backend : Backend

    Returns
    -------
    bool
        False where float32 has too few digits, and for the comparison of NumPy in float64 with
        itself.
    """
    if check in _IN_FLOAT64:
        return backend.dtype == "float64"
    return check is not check_same_as_numpy or backend != BACKENDS[0]


def _applying(checks, backend):
    return [check for check in checks if applies(check, backend)]


@contextmanager
def _named(check, part, backend, **case):
    """Let a failure say which check it was, and of what."""
    try:
        yield
    except Exception as error:
        told = "".join(f", {name}={value}" for name, value in case.items() if value is not None)
        error.add_note(f"{check.__name__} of {part} on {backend}{told}")
        raise


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
                for check in _applying(checks or SOLVER_CHECKS, backend):
                    with _named(check, solver, backend, n_classes=n_classes, seed=seed):
                        check(solver, backend, seed, n_classes)
