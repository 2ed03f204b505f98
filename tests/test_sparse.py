"""Sparse tables: the same answer as dense ones, and never a table of zeros."""

import copy
import tracemalloc
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB

from skmoe import HMEClassifier, MoEClassifier, MoERegressor
from skmoe._numerics.normal_equations import Diagonal, Separable
from skmoe.estimators._settings import plan
from skmoe.exceptions import FitWarning
from skmoe.experts import LinearExpert
from skmoe.gates import GaussianGate, SoftmaxGate, TopKGate
from skmoe.solvers import EM, LBFGS

from .data import two_lines


def orthogonal_lines(n=400, seed=0):
    """Two lines whose columns have mean zero and unit variance, to the last digit.

    A sparse table is not centred, and all its columns are divided by the same number: with such
    columns, that is the scaling of a dense table but for the factor sqrt(2).
    """
    X, y = two_lines(n, seed)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    return X, y


SPARSE = [sparse.csr_array, sparse.csc_array, sparse.csr_matrix]


@pytest.mark.parametrize("make", SPARSE)
def test_of_few_columns_sparse_is_dense_to_the_last_bit(make):
    X, y = two_lines(400, seed=0)
    X = np.column_stack([X, np.arange(400)[:, None] % 7 == np.arange(7)])
    dense, model = (MoERegressor(2, random_state=0).fit(table, y) for table in (X, make(X)))
    for method in ("predict", "gate_proba", "predict_experts"):
        assert_array_equal(getattr(model, method)(make(X)), getattr(dense, method)(X))
    assert_array_equal(model.expert_.alpha_, dense.expert_.alpha_)
    assert str(model.summary(make(X), y)) == str(dense.summary(X, y))


@pytest.mark.parametrize("make", SPARSE)
def test_sparse_is_dense_in_another_form(make):
    X, y = orthogonal_lines()
    # Of so many columns it is looked at as it is; these say nothing.
    X = np.column_stack([X, np.zeros((400, 128))])
    # Divided by sqrt(2), coefficients are sqrt(2) as large: half the penalty is the same.
    parts = [
        {"gate": SoftmaxGate(alpha), "expert": LinearExpert(alpha), "n_init": 2, "random_state": 0}
        for alpha in (0.2, 0.1)
    ]
    dense = MoERegressor(2, tol=1e-10, **parts[0]).fit(X, y)
    model = MoERegressor(2, tol=1e-10, max_iter=2000, **parts[1]).fit(make(X), y)
    assert_allclose(model.objective_, dense.objective_, rtol=1e-6)
    assert_allclose(model.predict(make(X)), dense.predict(X), atol=1e-3)
    order = [m.expert_coef_[:, 0].argsort() for m in (model, dense)]
    assert_allclose(model.expert_coef_[order[0]], dense.expert_coef_[order[1]], atol=1e-3)
    for method in ("gate_proba", "predict_experts", "assign", "transform"):
        assert np.isfinite(getattr(model, method)(make(X))).all()
    assert_allclose(model.score_samples(make(X), y), dense.score_samples(X, y), atol=0.05)


def words(n=600, n_words=3000, seed=0):
    """Rare words, a tenth of which point one way or the other, and labels."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(size=(n, n_words))
    X = sparse.csr_array(np.where(X < 0.01, 100 * X, 0))
    weight = np.where(np.arange(n_words) % 10 == 0, rng.standard_normal(n_words) * 4, 0)
    score = X @ weight
    return X, (score + 0.3 * rng.standard_normal(n) > np.median(score)).astype(int)


def test_one_expert_is_logistic_regression_on_rows_of_length_one():
    X, y = words()
    scaled = X / np.sqrt(X.power(2).sum(axis=1).mean())
    reference = LogisticRegression(C=1.0, tol=1e-10, max_iter=5000).fit(scaled, y)
    model = MoEClassifier(1, tol=1e-10).fit(X, y)
    assert_allclose(model.predict_proba(X), reference.predict_proba(scaled), atol=1e-5)


def test_thousands_of_columns_never_meet_in_a_matrix():
    X, y = words()
    model = MoEClassifier(3, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.9
    assert model.expert_coef_.shape == (3, 3000)
    bank = model.expert_
    assert isinstance(bank.curvature, Diagonal)
    design, codes = model._units.prepare(sparse.csr_array(X[:50]), y[:50, None].astype(float))
    statistics = bank.statistics(design, codes, np.full((50, 3), 1 / 3))
    assert max(table.size for table in statistics.gram) == 3 * 3001
    assert isinstance(plan(model, X).climber(model._mixture), LBFGS)


def test_wide_dense_tables_are_climbed_by_gradients_too():
    X, y = words(n=200)
    X = X[:, :1010].toarray()
    model = MoEClassifier(2, gate=SoftmaxGate(1.0), expert=LinearExpert(1.0), random_state=0)
    assert isinstance(model.fit(X, y).expert_.curvature, Diagonal)
    assert (np.diff(model.history_) >= 0).all()
    assert isinstance(model.fit(X[:, :30], y).expert_.curvature, Separable)


@pytest.mark.parametrize("solver", [EM(), "lbfgs"])
def test_both_solvers_climb(solver):
    X, y = words(n=200, n_words=500)
    parts = {"gate": SoftmaxGate(1.0), "expert": LinearExpert(1.0), "random_state": 0}
    model = MoEClassifier(2, solver=solver, max_iter=2000, **parts).fit(X, y)
    assert (np.diff(model.history_) >= -1e-9).all()
    assert model.converged_


def test_lbfgs_reaches_the_optimum_of_em_from_the_same_start():
    X, y = two_lines(400, seed=3)
    parts = {"gate": SoftmaxGate(0.1), "expert": LinearExpert(0.1), "random_state": 0, "tol": 1e-10}
    one, other = (
        MoERegressor(2, solver=solver, max_iter=3000, **parts).fit(X, y)
        for solver in ("em", LBFGS())
    )
    assert_allclose(one.objective_, other.objective_, atol=1e-6 * len(y))


@pytest.mark.parametrize("family", ["poisson", "gamma", "student_t", "negative_binomial"])
def test_families_on_sparse_tables(family):
    X, _ = words(n=300, n_words=200)
    rng = np.random.default_rng(0)
    y = rng.poisson(np.exp(2 * X @ rng.standard_normal(200))).astype(float) + 1
    # Logarithms of counts are tied: without noise a Student t would be drawn to a spike.
    y = np.log(y) + rng.normal(0, 0.3, 300) if family == "student_t" else y
    parts = {"gate": SoftmaxGate(1.0), "expert": LinearExpert(0.1), "random_state": 0}
    model = MoERegressor(2, family=family, tol=1e-4, **parts).fit(X, y)
    assert model.score(X, y) > 0.1
    assert np.isfinite(model.score_samples(X, y)).all()


def test_gates_that_wrap_and_several_classes():
    X, y = words(n=300, n_words=200)
    y = y + (X[:, :100].sum(axis=1) > 0.8)
    for gate in (TopKGate(SoftmaxGate(1.0), k=2), "constant", "hierarchical"):
        model = MoEClassifier(2, gate=gate, tol=1e-2, random_state=0).fit(X, y)
        assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    tree = HMEClassifier(2, tol=1e-2, random_state=0).fit(X, y)
    assert tree.predict_proba(X).shape == (300, 3)


def test_estimators_see_the_sparse_table():
    X, y = words(n=200, n_words=100)
    labels = MoEClassifier(2, expert=MultinomialNB(), random_state=0).fit(X, y)
    assert labels.score(X, y) > 0.6
    forest = RandomForestRegressor(5, max_depth=3)
    y = y + np.random.default_rng(0).standard_normal(200)
    model = MoERegressor(2, gate="constant", expert=forest, tol=1e-2, random_state=0).fit(X, y)
    assert np.isfinite(model.predict(X)).all()


def test_units_of_the_table_do_not_matter_and_weights_are_rows():
    X, y = words(n=200, n_words=300)
    settings = {"gate": SoftmaxGate(1.0), "expert": LinearExpert(0.5), "random_state": 0}
    plain = MoEClassifier(2, **settings).fit(X, y)
    assert_allclose(
        MoEClassifier(2, **settings).fit(1e4 * X, y).predict_proba(1e4 * X),
        plain.predict_proba(X),
        atol=1e-6,
    )
    weight = np.random.default_rng(0).integers(0, 3, size=200)
    rows = np.repeat(np.arange(200), weight)
    weighted, repeated = (
        MoEClassifier(2, tol=1e-9, **settings).fit(*data)
        for data in ((X, y, weight), (X[rows], y[rows]))
    )
    assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-3)


def test_float32_stays():
    X, y = words(n=200, n_words=300)
    model = MoEClassifier(2, random_state=0).fit(X.astype(np.float32), y)
    assert model.predict_proba(X.astype(np.float32)).dtype == np.float32
    assert model.expert_coef_.dtype == np.float32


def test_parts_that_need_dense_tables_say_so():
    X, y = words(n=60, n_words=20)
    for gate in (GaussianGate(), "quadratic"):
        with pytest.raises(TypeError, match=r"[Ss]parse data was passed.*dense"):
            MoEClassifier(2, gate=gate).fit(X, y)
    with pytest.raises(ValueError, match=r"LBFGS climbs along gradients.*solver='em'"):
        MoERegressor(2, gate="constant", expert=RandomForestRegressor(2), solver="lbfgs").fit(X, y)


def test_columns_of_a_part_need_no_matrix_of_the_columns_squared():
    X, y = words(n=200)
    tracemalloc.start()
    for settings in ({"gate": SoftmaxGate(columns=[0, 5])}, {"gate": "constant"}):
        model = MoEClassifier(2, tol=1.0, random_state=0, **settings).fit(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3000 * 3000 * 8 / 2
    assert model.expert_coef_.shape == (2, 3000)


def test_regimes_in_text_are_told_apart_with_the_default_penalty():
    """Labels that turn round where a number is large: no expert for all could tell them."""
    X, y = words(n=1500)
    side = np.random.default_rng(1).integers(0, 2, size=1500)
    table = sparse.csr_array(sparse.hstack([side[:, None] - 0.5, X / 5]))
    turned = np.where(side == 1, 1 - y, y)
    gate = SoftmaxGate(columns=[0])
    model = MoEClassifier(2, gate=gate, n_init=2, random_state=0).fit(table, turned)
    one = MoEClassifier(1).fit(table, turned)
    assert np.mean(model.assign(table) == side) in (0, 1)
    assert model.score(table, turned) > one.score(table, turned) + 0.05


@pytest.mark.parametrize("kind", [MoERegressor, MoEClassifier])
def test_no_start_leaves_its_weak_penalty_where_none_is_estimated(kind):
    """Noise: with a hundredth of the penalty there is always more likelihood."""
    X, _ = words(n=200)
    y = np.random.default_rng(1).integers(0, 2, size=200)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        model = kind(2, gate="constant", random_state=0).fit(X, y)
    assert_allclose(model.expert_.alpha_, 1, rtol=0)


@pytest.mark.parametrize("kind", [MoERegressor, MoEClassifier])
def test_a_sparse_question_to_a_dense_fit_is_the_dense_one(kind):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3)) * [1, 10, 100] + [0, 5, 1000]
    y = X[:, 0] > 0 if kind is MoEClassifier else np.abs(X[:, 0])
    known = {"classes": [False, True]} if kind is MoEClassifier else {}
    model = kind(2, random_state=0).partial_fit(X, y, **known)
    assert_allclose(model.gate_proba(sparse.csr_array(X)), model.gate_proba(X))
    assert_allclose(model.predict_experts(sparse.csr_array(X)), model.predict_experts(X))
    assert_allclose(model.score_samples(sparse.csr_array(X), y), model.score_samples(X, y))
    others = [
        copy.deepcopy(model).partial_fit(form(X), y) for form in (np.asarray, sparse.csr_array)
    ]
    assert_allclose(others[0].gate_proba(X), others[1].gate_proba(X))


def test_a_sparse_table_of_zeros():
    model = MoERegressor(2, random_state=0, max_iter=5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)
        model.fit(sparse.csr_array((20, 3)), np.arange(20.0))
    assert_allclose(model.predict(sparse.csr_array((2, 3))), 9.5, rtol=0.01)
