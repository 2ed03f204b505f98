"""Hierarchical gates and the estimators made of them."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.utils import estimator_html_repr

from skmoe import HMEClassifier, HMERegressor, MoEClassifier, MoERegressor
from skmoe.datasets import make_parity, make_robot_arm, make_two_spirals
from skmoe.experts import LinearExpert
from skmoe.gates import GaussianGate, HierarchicalGate, SoftmaxGate, TopKGate
from skmoe.gates._hierarchical import balanced_tree

from .choosing import FULL, every_value
from .data import two_lines

WEAK = {"gate": SoftmaxGate(alpha=0.01), "expert": LinearExpert(alpha=0.01)}


def zigzag(n=600):
    x = np.linspace(0, 8, n)[:, None]
    return x, np.abs(x[:, 0] % 2 - 1) + 0.1 * np.random.default_rng(0).standard_normal(n)


@pytest.mark.parametrize(
    ("n_leaves", "branching", "tree"),
    [
        (1, 2, ()),
        (3, 3, ((), (), ())),
        (4, 2, (((), ()), ((), ()))),
        (5, 2, ((((), ()), ()), ((), ()))),
        (5, 3, (((), ()), ((), ()), ())),
    ],
)
def test_balanced_tree(n_leaves, branching, tree):
    assert balanced_tree(n_leaves, branching) == tree


@pytest.mark.parametrize(("gate", "n_experts"), every_value(["softmax", "gaussian"], [2, 3]))
def test_a_tree_of_depth_one_is_the_flat_gate(gate, n_experts):
    X, y = two_lines(400)
    flat = MoERegressor(n_experts, gate=gate, random_state=0).fit(X, y)
    tree = HMERegressor(1, n_experts, gate=gate, random_state=0).fit(X, y)
    assert_allclose(tree.objective_, flat.objective_, rtol=1e-8)
    assert_allclose(tree.predict(X), flat.predict(X), rtol=1e-8, atol=1e-8)
    labels = np.digitize(y, [-1, 1])
    flat = MoEClassifier(n_experts, gate=gate, random_state=0).fit(X, labels)
    tree = HMEClassifier(1, n_experts, gate=gate, random_state=0).fit(X, labels)
    assert_allclose(tree.predict_proba(X), flat.predict_proba(X), rtol=1e-8, atol=1e-8)


def test_paths_are_products_of_the_decisions():
    X, y = two_lines(400)
    model = HMERegressor(2, random_state=0).fit(X, y)
    logit = X @ model.node_coef_.T + model.node_intercept_
    assert model.gate_.branches == [(0,), (1,), (0, 0), (0, 1), (1, 0), (1, 1)]
    left = [expit(logit[:, i] - logit[:, i + 1]) for i in (0, 2, 4)]
    paths = [
        left[0] * left[1],
        left[0] * (1 - left[1]),
        (1 - left[0]) * left[2],
        (1 - left[0]) * (1 - left[2]),
    ]
    assert_allclose(model.gate_proba(X), np.column_stack(paths), atol=1e-8)
    nodes = model.node_proba(X)
    assert nodes.shape == (400, 6)
    assert_allclose(nodes[:, 0], left[0], atol=1e-8)
    assert_allclose(nodes[:, 2:], model.gate_proba(X), atol=1e-8)


@pytest.mark.parametrize("gate", ["softmax", "gaussian", "constant", HierarchicalGate()])
def test_an_uneven_tree_of_any_gates(gate):
    X, y = two_lines(400)
    tree = HierarchicalGate(gate, depth=3, branching=3)
    model = MoERegressor(7, gate=tree, random_state=0).fit(X, y)
    assert model.gate_proba(X).shape == (400, 7)
    assert_allclose(model.gate_proba(X).sum(1), 1)
    nodes = dict(zip(model.gate_.branches, model.node_proba(X).T, strict=True))
    for path, proba in nodes.items():
        below = [nodes[p] for p in nodes if p[:-1] == path]
        if below:
            assert_allclose(sum(below), proba, atol=1e-12)
    assert (np.diff(model.history_) >= 0).all()


def test_a_branch_of_one_gaussian_gate_is_bayes_rule():
    X, y = two_lines(400)
    model = HMERegressor(1, gate=GaussianGate("tied"), random_state=0).fit(X, y)
    assert_allclose(model.node_proba(X), model.gate_proba(X))


@pytest.mark.parametrize("columns", [["b"], [1], [False, True]])
def test_nodes_and_wrapped_gates_look_at_their_columns(columns):
    X, y = two_lines(300)
    X = pd.DataFrame(X, columns=["a", "b"])
    gate = SoftmaxGate(columns=columns)
    tree = HMERegressor(2, gate=gate, random_state=0).fit(X, y)
    assert (tree.node_coef_[:, 0] == 0).all()
    moved = X.assign(a=X["a"] + 1)
    for model in (tree, MoERegressor(3, gate=TopKGate(gate, k=3), random_state=0).fit(X, y)):
        assert_allclose(model.gate_proba(moved), model.gate_proba(X))


def test_the_flat_gate_has_no_nodes():
    assert not hasattr(MoERegressor(), "node_proba")
    assert hasattr(HMERegressor(), "node_proba")


def test_grid_search_reaches_into_the_nodes():
    X, y = two_lines(100)
    grid = {"depth": [1], "gate__alpha": [0.1, 1.0]}
    search = GridSearchCV(HMERegressor(gate=SoftmaxGate(), random_state=0), grid, cv=2)
    assert search.fit(X, y).best_params_.keys() == grid.keys()
    assert clone(search.best_estimator_).gate.alpha == search.best_params_["gate__alpha"]


def test_a_tree_folds_a_line():
    X, y = zigzag()
    assert HMERegressor(3, n_init=10, random_state=0).fit(X, y).score(X, y) > 0.88


def test_a_tree_grows_where_rows_need_it():
    rng = np.random.default_rng(0)
    x = rng.uniform(-4, 4, size=(800, 1))
    y = np.where(x[:, 0] < 0, 0.5 * x[:, 0], np.abs(x[:, 0] - 2) - 2)
    y = y + 0.05 * rng.standard_normal(800)
    model = HMERegressor(4, grow=True, random_state=0).fit(x, y)
    # Two or three straight pieces, and not 16.
    assert 3 <= model.n_experts_ <= 6
    assert model.n_experts_ == model.gate_proba(x).shape[1] == len(model.expert_coef_)
    assert 1 - model.score(x, y) < 1.2 * 0.05**2 / y.var()
    assert max(len(path) for path in model.gate_.branches) <= 4


def test_a_warm_start_goes_on_with_the_grown_tree():
    X, y = zigzag()
    X = np.hstack([X, X**2])
    model = HMERegressor(2, grow=True, warm_start=True, random_state=0).fit(X, y)
    tree, objective = model.gate_.tree, model.objective_
    model.fit(X, y)
    assert model.gate_.tree == tree
    assert model.objective_ >= objective


def test_the_diagram_shows_the_tree():
    html = estimator_html_repr(HMERegressor(gate="gaussian"))
    assert "GaussianGate" in html
    assert "experts" in html
    assert estimator_html_repr(HMERegressor(depth=0))


def test_a_tree_does_not_grow_on_noise():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((300, 3)), rng.standard_normal(300)
    assert HMERegressor(5, grow=True, random_state=0).fit(X, y).n_experts_ == 2


def test_growing_keeps_the_nodes_that_are_there():
    X, y = zigzag()
    model = HMERegressor(2, random_state=0).fit(X, y)
    design, _ = model._units.prepare(X, None)
    gate = model.gate_
    before = gate.node_proba(design)
    template = gate.template(design)
    after = gate.split(1, template, design)
    known = {path: column for path, column in zip(gate.branches, before.T, strict=True)}
    for path, column in zip(after.branches, after.node_proba(design).T, strict=True):
        if path in known:
            assert_allclose(column, known[path], atol=1e-12)
        else:
            assert path[:2] == (0, 1)
            assert_allclose(column, known[0, 1] / 2, atol=1e-12)


def test_eight_bit_parity_is_solved():
    X, y = make_parity(8)
    assert HMEClassifier(3, random_state=0, **WEAK).fit(X, y).score(X, y) > 0.99


def test_two_spirals_are_solved():
    X, y = make_two_spirals(194)
    model = HMEClassifier(6, random_state=0, **WEAK).fit(X, y)
    assert model.score(X, y) == 1
    assert model.score(*make_two_spirals(776)) > 0.99


@FULL
def test_robot_arm_within_40_passes():
    X, y = make_robot_arm(20_000, random_state=0)
    X, y, X_test, y_test = X[:15_000], y[:15_000], X[15_000:], y[15_000:]

    def relative_error(model):
        square = (y_test - model.predict(X_test)) ** 2
        return np.mean(square.mean(0) / y_test.var(0))

    assert 0.28 < relative_error(LinearRegression().fit(X, y)) < 0.34
    model = HMERegressor(4, n_init=8, max_iter=40, random_state=0)
    with pytest.warns(match="did not converge"):
        model.fit(X, y)
    assert relative_error(model) <= 0.13


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (HMERegressor(0), "depth=0 was given"),
        (HMERegressor(2, 1), "branching=1 was given"),
        (HMERegressor(30), "depth=30 with branching=2 was given for 40 samples"),
        (HMERegressor(10**9), "depth=1000000000 with branching=2 was given for 40 samples"),
        (HMERegressor(branching=10**9), "branching=1000000000 was given for 40 samples"),
        (MoERegressor(10**9), "n_experts=1000000000 was given for 40 samples"),
        (MoERegressor(9, gate=HierarchicalGate(depth=3)), "holds at most 8"),
        (HMERegressor(gate="round"), "gate='round' was given"),
        (HMEClassifier(depth=1.5), "depth=1.5 was given"),
    ],
)
def test_bad_settings_are_named(model, message):
    X, y = two_lines(40)
    with pytest.raises(ValueError, match=message):
        model.fit(X, np.digitize(y, [0]))
