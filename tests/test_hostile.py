"""Fits drawn at random, of every kind of estimator, part, number and weight: none may go wrong
in silence."""

import re
import signal
import warnings
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skmoe import HMEClassifier, HMERegressor, MoEClassifier, MoERegressor
from skmoe.exceptions import FitWarning
from skmoe.experts import LinearExpert, MixedExpert, MLPExpert
from skmoe.families import Gaussian, NegativeBinomial
from skmoe.gates import MLPGate, SoftmaxGate, TopKGate
from skmoe.solvers import EM, LBFGS, Adam

# What may be said instead of a fit, of what is drawn here.
IN_WORDS = "|".join(
    [
        "at most one expert per distinct sample is allowed",
        r"y holds numbers up to .* is allowed for X of float32",
        "Pass solver=|Use solver=",
    ]
)

POSITIVE = ["gamma", "lognormal", "weibull", "inverse_gaussian"]

# Units for float64 and float32.
UNITS = {
    np.float64: [1.0, 1e-300, 1e-200, 1e-30, 1e6, 1e160, 1e300],
    np.float32: [1.0, 1e-30, 1e-6, 1e6, 1e30],
}


class Problem(NamedTuple):
    """What is fitted, and to what."""

    model: object
    X: object
    y: object
    weight: object


def columns(rng, n_rows, kinds):
    """One column of every kind that is named."""
    makers = {
        "normal": lambda: rng.normal(size=n_rows),
        "binary": lambda: rng.integers(0, 2, n_rows),
        "rare": lambda: rng.random(n_rows) < 0.03,
        "ties": lambda: rng.integers(0, 4, n_rows),
        "constant": lambda: np.full(n_rows, 3.0),
        "heavy": lambda: rng.standard_t(1, n_rows),
        "offset": lambda: 1e4 + rng.normal(size=n_rows),
    }
    table = []
    for kind in kinds:
        table.append(table[-1] if kind == "repeated" and table else None)
        if table[-1] is None:
            table[-1] = makers.get(kind, makers["normal"])().astype(float)
    return np.column_stack(table)


def targets(rng, X, family):
    """Targets that depend on the first column, as the family wants them."""
    first = X[:, 0] - X[:, 0].mean()
    signal = np.abs(first / (np.abs(first).max() or 1.0))
    if family in ("poisson", "negative_binomial"):
        return rng.poisson(np.exp(2 * signal)).astype(float)
    if family in POSITIVE:
        return np.exp(signal) * rng.gamma(2.0, size=len(X)) + 1e-3
    if family == "tweedie":
        return rng.gamma(2.0 * rng.poisson(np.exp(2 * signal)))
    if family == "beta":
        return rng.beta(0.1 + 3 * signal, 2.0).clip(1e-9, 1 - 1e-6)
    if family == "bernoulli":
        return (rng.random(len(X)) < signal).astype(float)
    if family == "tied":
        return np.round(4 * signal)
    return signal + rng.choice([0.0, 0.1]) * rng.normal(size=len(X))


@st.composite
def rows(draw, family, trees):
    """X, y without its unit, weights."""
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    n_rows = draw(st.sampled_from([4, 7, 12, 30, 60, 150]))
    names = ["normal", "binary", "rare", "ties", "constant", "heavy", "offset", "repeated"]
    X = columns(rng, n_rows, draw(st.lists(st.sampled_from(names), min_size=1, max_size=6)))
    tied = family == "gaussian" and draw(st.booleans())
    y = targets(rng, X, "tied" if tied else family)
    dtype = draw(st.sampled_from([np.float64, np.float64, np.float32]))
    # Trees see the columns as given, in single precision.
    unit = 1.0 if trees else draw(st.sampled_from(UNITS[dtype]))
    X = (X * unit).astype(dtype)
    kind = draw(st.sampled_from(["none", "none", "whole", "tiny", "huge", "wide", "shares"]))
    weight = {
        "none": None,
        "whole": rng.integers(0, 3, n_rows).astype(float),
        "tiny": np.full(n_rows, 1e-300),
        "huge": np.full(n_rows, 1e300),
        "wide": 10.0 ** rng.uniform(-200, 200, n_rows),
        "shares": rng.dirichlet(np.ones(n_rows)),
    }[kind]
    if weight is not None and not weight.any():
        weight[0] = 1.0
    return X, y, weight, dtype


GATES = ["softmax", "gaussian", "quadratic", "constant", "hierarchical", "top_k"]
ALPHAS = st.sampled_from(["auto", 0.0, 1e-3, 1.0, 1e6])


@st.composite
def parts(draw, classes):
    """Gate, experts and a solver that suits them."""
    tree = (DecisionTreeClassifier if classes else DecisionTreeRegressor)(max_depth=2)
    kind = draw(st.sampled_from(["linear"] * 6 + ["neural", "neural gate", "tree", "mixed"]))
    gate = draw(st.sampled_from(GATES))
    solver = draw(st.sampled_from(["auto", "auto", EM(), EM(memory=0)]))
    quick = Adam(n_epochs=3)
    if kind == "neural":
        return {"gate": "softmax", "expert": MLPExpert(4), "solver": quick}
    if kind == "neural gate":
        return {"gate": MLPGate(4), "expert": "linear", "solver": quick}
    if kind == "tree":
        return {"gate": gate, "expert": tree}
    if kind == "mixed":
        both = MixedExpert([("tree", tree), ("line", "linear")])
        return {"gate": SoftmaxGate(), "expert": both}
    if gate == "softmax" and draw(st.booleans()):
        gate = SoftmaxGate(alpha=draw(ALPHAS))
        solver = draw(st.sampled_from([solver, LBFGS(), quick]))
    if gate == "top_k":
        gate = TopKGate(k=1)
    return {"gate": gate, "expert": LinearExpert(alpha=draw(ALPHAS)), "solver": solver}


def has_trees(made_of):
    """Whether some expert is an estimator of scikit-learn."""
    return not isinstance(made_of["expert"], (str, LinearExpert, MLPExpert))


@st.composite
def regressions(draw):
    """A regression problem."""
    names = ["gaussian", "student_t", "laplace", "poisson", "negative_binomial", *POSITIVE]
    family = draw(st.sampled_from([*names, "tweedie", "beta", "bernoulli", "gaussian"]))
    made_of = draw(parts(False))
    X, y, weight, dtype = draw(rows(family, has_trees(made_of)))
    if family in ("gaussian", "student_t", "laplace"):
        y = y * draw(st.sampled_from(UNITS[dtype])) + draw(st.sampled_from([0.0, 0.0, 1e3]))
    kinds = {"gaussian": Gaussian(scale="shared"), "negative_binomial": NegativeBinomial()}
    family = draw(st.sampled_from([family, kinds.get(family, family)]))
    common = {"family": family, "random_state": 0, "max_iter": 50, **made_of}
    return Problem(draw(estimators(MoERegressor, HMERegressor, common)), X, y, weight)


@st.composite
def classifications(draw):
    """A classification problem."""
    made_of = draw(parts(True))
    X, y, weight, _ = draw(rows("bernoulli", has_trees(made_of)))
    n_classes = draw(st.sampled_from([2, 2, 3]))
    y = y + (np.arange(len(y)) % 3 == 2) if n_classes == 3 else y
    # Of one class there is nothing to learn.
    y[:2] = [0, 1]
    common = {"random_state": 0, "max_iter": 50, **made_of}
    return Problem(draw(estimators(MoEClassifier, HMEClassifier, common)), X, y, weight)


@st.composite
def estimators(draw, flat, tree, common):
    """A flat mixture or a tree of these parts."""
    if isinstance(common["expert"], MixedExpert):
        return flat(2, **common)
    simple = common["gate"] not in ("hierarchical", "top_k") and not isinstance(
        common["gate"], TopKGate
    )
    if simple and draw(st.integers(0, 4)) == 0:
        return tree(draw(st.sampled_from([1, 2])), **common)
    n_experts = draw(st.sampled_from([1, 2, 2, 3, 4, "auto"]))
    if common["gate"] == "hierarchical" and n_experts != "auto":
        n_experts = 4
    return flat(n_experts, n_init=draw(st.sampled_from([1, 1, 2])), **common)


def check(problem):
    """Fit and ask everything; what is wrong is said in words or does not happen."""
    model, X, y, weight = problem
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", FitWarning)
        try:
            model.fit(X, y, weight)
        except ValueError as error:
            assert re.search(IN_WORDS, str(error)), error
            return
        answers = [model.predict(X), model.gate_proba(X), model.responsibilities(X, y)]
        answers += [model.predict_experts(X), model.score_samples(X, y)]
        if hasattr(model, "predict_proba"):
            answers.append(model.predict_proba(X))
        else:
            answers += [model.predict_quantiles(X, [0.1, 0.9]), model.predict_dist(X).crps(y)]
            _, std = model.predict(X, return_std=True)
            # Of Student's t with few degrees of freedom there is no variance.
            assert model.family == "student_t" or np.isfinite(std).all()
        assert all(np.isfinite(answer).all() for answer in answers)
        np.testing.assert_allclose(model.gate_proba(X).sum(axis=1), 1, rtol=1e-4)
        assert np.isfinite(model.log_likelihood_)
        assert np.isfinite(model.score(X, y, weight))
        model.summary(X, y, sample_weight=weight)
        str(model.summary())
    assert_never_falls(model)


def assert_never_falls(model):
    """Of climbs that take no random steps."""
    if isinstance(model.solver, Adam) or len(model.history_) < 2:
        return
    history = np.array(model.history_)
    rounding = {8: 1e-9, 4: 1e-4}[model._x_center.dtype.itemsize]
    assert (np.diff(history) >= -rounding * (1 + np.abs(history[1:]))).all(), np.diff(history)


@contextmanager
def no_longer_than(seconds):
    """Raise if what is inside hangs."""

    def ring(number, frame):
        raise TimeoutError(f"no end after {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def check_many(problems, number, first):
    """Check so many problems, the same on every run."""

    @seed(first)
    @settings(
        max_examples=number,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(problems())
    def checked(problem):
        with no_longer_than(120):
            check(problem)

    checked()


@pytest.mark.parametrize(("problems", "first"), [(regressions, 3), (classifications, 0)])
def test_some_fits(problems, first):
    check_many(problems, 3, first)


# Of few draws from many seeds fewer are alike than of many from one.
@pytest.mark.full
@pytest.mark.parametrize("first", range(1, 13))
@pytest.mark.parametrize("problems", [regressions, classifications])
def test_many_fits(problems, first):
    check_many(problems, 12, first)
