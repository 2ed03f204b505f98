"""Sparse gates and estimators as gates and experts: who is asked, who answers."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skmoe import HMERegressor, MoEClassifier, MoERegressor
from skmoe._numerics.grouping import group_rows
from skmoe._numerics.normal_equations import Separable, Softmax
from skmoe._rows.arrays import largest
from skmoe._rows.blocks import ArrayBlocks
from skmoe.estimators._climbing import _revive
from skmoe.estimators._settings import plan
from skmoe.experts import EstimatorExpert, LinearExpert
from skmoe.families import Gaussian, Poisson
from skmoe.gates import EstimatorGate, GaussianGate, HierarchicalGate, SoftmaxGate, TopKGate
from skmoe.mixture import Mixture
from skmoe.solvers import EM
from skmoe.starts._reviving import dead_experts
from skmoe.testing._backends import as_host

from .choosing import BACKENDS, needs_callbacks
from .data import planted, two_lines

# Two lines need no more than two experts; some fits are cut short to save time.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("k", [1, 2, 5, 7])
def test_largest_marks_k_of_every_row_and_the_first_of_equals(backend, k):
    rng = np.random.default_rng(0)
    table = rng.integers(0, 4, size=(50, 7)).astype(float)
    table[:10] = 1.0
    order = np.argsort(-table, axis=1, kind="stable")[:, :k]
    expected = np.zeros((50, 7), dtype=bool)
    np.put_along_axis(expected, order, True, axis=1)
    assert (as_host(largest(backend.array(table), k)) == expected).all()


@pytest.mark.parametrize("gate", ["softmax", "gaussian", "hierarchical"])
def test_all_experts_open_is_the_wrapped_gate(gate):
    X, y = two_lines(400)
    dense = MoERegressor(4, gate=gate, random_state=0).fit(X, y)
    top = MoERegressor(4, gate=TopKGate(gate, k=4), random_state=0).fit(X, y)
    assert_allclose(top.objective_, dense.objective_, rtol=1e-8)
    assert_allclose(top.predict(X), dense.predict(X), rtol=1e-8)
    assert not top.gate_.routes


def test_a_k_that_nobody_has_chosen_follows_the_number_of_experts():
    X, y = two_lines(100)
    grid = {"n_experts": [1, 2, 3], "gate": ["top_k", TopKGate(HierarchicalGate())]}
    model = MoERegressor(max_iter=5, random_state=0)
    rows = np.arange(100)
    search = GridSearchCV(model, grid, cv=[(rows, rows)], error_score="raise", refit=False)
    scores = search.fit(X, y).cv_results_["mean_test_score"]
    assert_allclose(scores[0], model.set_params(n_experts=1, gate="softmax").fit(X, y).score(X, y))
    answering = (model.set_params(n_experts=3, gate="top_k").fit(X, y).gate_proba(X) > 0).sum(1)
    assert (answering == 2).all()
    with pytest.raises(ValueError, match="k=2 was given for n_experts=1"):
        model.set_params(n_experts=1, gate=TopKGate(k=2)).fit(X, y)


@pytest.mark.parametrize("k", [1, 2])
def test_k_experts_answer_a_row_whatever_the_others_are(k):
    X, y, *_ = planted(600, 3, seed=1)
    model = MoERegressor(4, gate=TopKGate(k=k), random_state=0).fit(X, y)
    proba = model.gate_proba(X)
    assert ((proba > 0).sum(1) == k).all()
    assert_allclose(proba.sum(1), 1)
    assert_allclose(model.gate_.usage_.sum(), k)
    assert_allclose(model.gate_.usage_, (proba > 0).mean(0))
    assert_allclose(model.predict(X), np.sum(proba * model.predict_experts(X), axis=1))
    one_by_one = np.concatenate([model.predict(row[None, :]) for row in X[:50]])
    assert_allclose(model.predict(X)[:50], one_by_one, rtol=1e-12)
    assert_allclose(model.predict(X[::-1])[::-1], model.predict(X), rtol=1e-12)
    assert (np.diff(model.history_) >= 0).all()
    assert_allclose(model.log_likelihood_, model.score_samples(X, y).sum())
    assert model.gate_coef_.shape == (4, 3)


def test_the_bound_that_is_climbed_is_below_the_dense_likelihood():
    X, y = two_lines(600)
    gate = TopKGate(SoftmaxGate(alpha=0), k=2)
    model = MoERegressor(4, gate=gate, expert=LinearExpert(alpha=0.1), random_state=0).fit(X, y)
    dense = Mixture(model.gate_.inner, model.expert_)
    blocks = model._units.seen(ArrayBlocks(X, y[:, None]))
    likelihood = float(blocks.sum(lambda X, y, weight: weight @ dense.log_density(X, y)))
    shift = len(X) * model._units.log_spread()
    assert model.objective_ <= likelihood - shift + dense.log_prior()


def test_sparse_routing_keeps_the_accuracy():
    X, y, X_test, y_test, _ = planted(4000, 10, seed=0)
    settings = {"n_init": 4, "random_state": 0}
    dense = MoERegressor(4, **settings).fit(X, y).score(X_test, y_test)
    sparse = MoERegressor(4, gate=TopKGate(k=2), **settings).fit(X, y).score(X_test, y_test)
    assert sparse > 0.98 * dense


def test_a_dead_expert_is_brought_back():
    """Eight pieces, and one expert put where no row is."""
    x = np.linspace(0, 8, 800)[:, None]
    y = np.abs(x[:, 0] % 2 - 1) + 0.1 * np.random.default_rng(0).standard_normal(800)
    model = MoERegressor(8, gate=TopKGate(k=2), init="kmeans", random_state=0).fit(x, y)
    blocks = model._units.seen(ArrayBlocks(x, y[:, None]))
    weights = model.gate_.inner.weights.copy()
    weights[3, -1] = -1e4
    broken = model.gate_._replaced(inner=model.gate_.inner._replaced(weights=weights))
    settings = plan(model, x)
    mixture, trace = settings.solver.solve(
        Mixture(broken, model.expert_), blocks, _trace(max_iter=50)
    )
    assert mixture.gate.inner.weights[3, -1] < -1e3
    revived, after = _revive(mixture, trace, blocks, settings, None)
    assert after.history[-1] > trace.history[-1]
    assert dead_experts(revived.gate.usage_) == []


def _trace(max_iter):
    from skmoe.solvers import Trace

    return Trace(max_iter, 1e-6)


class StopAtOnce:
    """Stops after the first pass."""

    def setup(self, estimator, context):
        """Nothing to prepare."""

    def on_fit_task_begin(self, estimator, context):
        """Nothing to note."""

    def on_fit_task_end(self, estimator, context):
        return context.task_name == "pass"

    def teardown(self, estimator, context):
        """Nothing to put away."""


@needs_callbacks
def test_a_stopped_fit_has_its_usage():
    X, y, *_ = planted(300, 3, seed=1)
    model = MoERegressor(4, gate=TopKGate(k=2), random_state=0)
    model.set_callbacks(StopAtOnce()).fit(X, y)
    assert_allclose(model.gate_.usage_.sum(), 2)


def test_experts_that_stay_dead_are_named():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((300, 2)), rng.standard_normal(300)
    model = MoERegressor(6, gate=TopKGate(k=1), random_state=0)
    with pytest.warns(match="answer next to no row"):
        model.fit(X, y)
    assert (model.gate_.usage_ == 0).any()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("outputs", [1, 3])
def test_gathered_products_are_the_dense_ones(backend, outputs, monkeypatch):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((1024, 12))
    resp = np.where(rng.uniform(size=(1024, 16)) < 0.1, rng.uniform(size=(1024, 16)), 0)
    resp[:, 3] = 0
    weight = rng.uniform(size=(1024, 16, outputs))
    prob = rng.dirichlet(np.ones(3), size=(1024, 16))
    tables = [backend.array(table) for table in (X, resp, weight, prob)]
    X, resp, weight, prob = tables
    assert group_rows(resp, 12) is not None
    results = []
    for dense in (False, True):
        if dense:
            monkeypatch.setattr("skmoe._numerics.normal_equations.group_rows", lambda *_: None)
        softmax = Softmax().gram(X, resp, prob)
        results.append([Separable().gram(X, resp), Separable().gram(X, resp, weight), *softmax])
    for gathered, dense in zip(*results, strict=True):
        assert_allclose(as_host(gathered), as_host(dense), atol=100 * backend.tolerance)


def flat(statistics):
    """Arrays of a statistic, one after the other."""
    if isinstance(statistics, tuple):
        return [array for part in statistics for array in flat(part)]
    return [] if statistics is None else [statistics]


@pytest.mark.parametrize("k", [1, 2])
def test_a_routed_pass_sums_what_a_dense_one_does_at_its_responsibilities(k, monkeypatch):
    rng = np.random.default_rng(k)
    X = np.column_stack([rng.standard_normal((1024, 12)), np.ones(1024)])
    y, weight = rng.standard_normal((1024, 1)), rng.uniform(size=1024)
    gate = TopKGate(SoftmaxGate(alpha=0.1), k=k).initialize(16, X)
    gate = gate.with_params(3 * rng.standard_normal(gate.params.shape))
    expert = LinearExpert(alpha=0.1).initialize(16, X, Gaussian().initialize(y))
    routed = Mixture(gate.begun(gate, None), expert).statistics(X, y, weight)
    monkeypatch.setattr("skmoe._numerics.normal_equations.group_rows", lambda *_: None)
    log_gate = gate.inner.log_weight(X)
    is_open = np.argsort(np.argsort(-log_gate, axis=1), axis=1) < k
    joint = np.where(is_open, np.exp(log_gate + expert.log_prob(X, y)), 0)
    total = joint.sum(axis=1, keepdims=True)
    resp = weight[:, None] * joint / total
    assert group_rows(resp, 13) is not None
    dense = gate.inner.statistics(X, resp), expert.statistics(X, y, resp)
    for own, other in zip(flat((routed.gate, routed.expert)), flat(dense), strict=True):
        assert_allclose(own, other, rtol=1e-6, atol=1e-6 * np.abs(other).max())
    assert_allclose(routed.log_likelihood, weight @ np.log(total[:, 0]))


class CountingTree(DecisionTreeRegressor):
    """A tree that notes how many rows it is asked about."""

    asked = 0

    def predict(self, X, check_input=True):
        type(self).asked += len(X)
        return super().predict(X, check_input)


def test_an_estimator_is_asked_about_its_own_rows_only():
    X, y = two_lines(500)
    expert = EstimatorExpert(CountingTree(max_depth=3, random_state=0))
    model = MoERegressor(6, gate=TopKGate(k=2), expert=expert, random_state=0).fit(X, y)
    CountingTree.asked = 0
    model.predict(X)
    assert CountingTree.asked == 2 * len(X)
    CountingTree.asked = 0
    model.predict_experts(X)
    assert CountingTree.asked == 6 * len(X)


@pytest.mark.parametrize(
    "gate",
    [
        LogisticRegression(),
        DecisionTreeClassifier(max_depth=3),
        make_pipeline(PolynomialFeatures(2), LogisticRegression(max_iter=1000)),
    ],
    ids=["logistic", "tree", "pipeline"],
)
def test_a_plain_classifier_is_a_gate(gate):
    X, y = two_lines(500)
    model = MoERegressor(2, gate=gate, n_init=4, random_state=0).fit(X, y)
    assert_allclose(model.gate_proba(X).sum(1), 1)
    assert (model.gate_proba(X) > 0).all()
    assert (np.diff(model.history_) >= 0).all()
    assert model.score(X, y) > 0.9 * MoERegressor(2, random_state=0).fit(X, y).score(X, y)


def test_a_weakly_penalised_logistic_regression_is_the_softmax_gate():
    X, y = two_lines(1000)
    settings = {"expert": LinearExpert(alpha=0.1), "n_init": 8, "random_state": 0, "tol": 1e-9}
    own = MoERegressor(2, gate=SoftmaxGate(alpha=1e-3), **settings).fit(X, y)
    classifier = EstimatorGate(LogisticRegression(C=500, tol=1e-8), floor=0)
    other = MoERegressor(2, gate=classifier, **settings).fit(X, y)
    # Two classes share one coefficient: the penalty 1e-3 on each of +-v is 2e-3 on the sum, 2v.
    assert_allclose(other.predict(X), own.predict(X), atol=0.02 * y.std())


def test_ridge_experts_are_linear_experts():
    X, y = two_lines(1000)
    settings = {"gate": SoftmaxGate(alpha=0.1), "n_init": 8, "random_state": 0}
    own = MoERegressor(2, expert=LinearExpert(alpha=1.0), **settings).fit(X, y)
    other = MoERegressor(2, expert=EstimatorExpert(Ridge(), cv=1), **settings).fit(X, y)
    assert_allclose(other.predict(X), own.predict(X), atol=0.05 * y.std())


def test_parameters_of_estimators_are_searched():
    X, y = two_lines(200)
    model = MoERegressor(
        2,
        gate=DecisionTreeClassifier(random_state=0),
        expert=DecisionTreeRegressor(max_depth=2),
        max_iter=3,
        tol=1,
        random_state=0,
    )
    grid = {"gate__max_depth": [1, 2], "expert__max_depth": [1, 2]}
    search = GridSearchCV(model, grid, cv=2).fit(X, y)
    assert search.best_params_.keys() == grid.keys()


def test_free_random_states_are_drawn_from_the_mixtures():
    X, y = two_lines(300)
    model = MoERegressor(2, expert=DecisionTreeRegressor(max_features=1), random_state=3)
    assert_allclose(clone(model).fit(X, y).predict(X), clone(model).fit(X, y).predict(X))
    assert model.expert.random_state is None


class CountingClassifier(DecisionTreeClassifier):
    """A tree that counts its fits."""

    fits = 0

    def fit(self, X, y, sample_weight=None, check_input=True):
        type(self).fits += 1
        return super().fit(X, y, sample_weight, check_input)


def test_estimators_that_do_not_help_are_not_fitted_again():
    X, y = two_lines(600)
    labels = np.digitize(y, [-1, 1])
    expert = CountingClassifier(max_depth=3, random_state=0)
    CountingClassifier.fits = 0
    model = MoEClassifier(3, expert=expert, random_state=0).fit(X, labels)
    assert model.converged_
    assert CountingClassifier.fits < 3 * 40
    assert (np.diff(model.history_) >= 0).all()
    passes = model.n_iter_
    CountingClassifier.fits = 0
    model.set_params(warm_start=True).fit(X, labels)
    assert CountingClassifier.fits >= 3
    assert model.n_iter_ <= passes


def test_without_a_floor_a_tree_is_still_no_reason_for_nan():
    X, y = two_lines(300)
    labels = np.digitize(y, [-1, 1])
    for targets in (labels, labels > 0):
        expert = EstimatorExpert(DecisionTreeClassifier(random_state=0), floor=0)
        model = MoEClassifier(2, expert=expert, max_iter=5, random_state=0).fit(X, targets)
        assert np.isfinite(model.score_samples(X, targets)).all()
        assert_allclose(model.predict_proba(X.astype(np.float32)).sum(axis=1), 1, rtol=1e-6)


def test_gates_compose():
    X, y = two_lines(400)
    gate = TopKGate(HierarchicalGate(GaussianGate("diag"), depth=3), k=2)
    model = MoERegressor(6, gate=gate, random_state=0).fit(X, y)
    assert ((model.gate_proba(X) > 0).sum(1) == 2).all()
    tree = HMERegressor(2, gate=DecisionTreeClassifier(max_depth=1), random_state=0).fit(X, y)
    assert_allclose(tree.node_proba(X)[:, :2].sum(1), 1)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (MoERegressor(3, gate=TopKGate(k=4)), "k=4 was given for n_experts=3"),
        (MoERegressor(3, gate=TopKGate(k=0)), "k=0 was given"),
        (MoERegressor(gate=TopKGate("round")), "gate='round' was given"),
        (MoERegressor(gate=LinearSVC()), "has no predict_proba"),
        (MoERegressor(gate=EstimatorGate(LogisticRegression(), floor=1)), "floor=1 was given"),
        (MoERegressor(expert=DecisionTreeClassifier()), "a classifier in a regression"),
        (MoEClassifier(expert=DecisionTreeRegressor()), "has no predict_proba"),
        (MoERegressor(expert=PolynomialFeatures()), "has no predict"),
        (MoERegressor(expert=EstimatorExpert(Ridge(), cv=0)), "cv=0 was given"),
        (MoEClassifier(expert=EstimatorExpert(LogisticRegression(), floor=2)), "floor=2 was given"),
        (MoERegressor(gate=SoftmaxGate), r"a class.*Pass gate=SoftmaxGate\(\)"),
        (MoERegressor(gate=TopKGate(SoftmaxGate)), r"a class.*Pass gate=SoftmaxGate\(\)"),
        (MoERegressor(expert=LinearExpert), r"a class.*Pass expert=LinearExpert\(\)"),
        (MoERegressor(family=Poisson), r"a class.*Pass family=Poisson\(\)"),
        (MoERegressor(solver=EM), r"a class.*Pass solver=EM\(\)"),
    ],
)
def test_bad_settings_are_named(model, message):
    X, y = two_lines(40)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y if isinstance(model, MoERegressor) else np.digitize(y, [0]))


class Misshapen(RegressorMixin, ClassifierMixin, BaseEstimator):
    """Answers in shapes that nobody has asked for."""

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.zeros((len(X), 2))

    def predict_proba(self, X):
        return np.zeros((len(X), 5))


class MisshapenRegressor(Misshapen):
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.estimator_type = "regressor"
        return tags


def test_answers_of_the_wrong_shape_are_named():
    X, y = two_lines(40)
    with pytest.raises(
        ValueError, match=r"MisshapenRegressor.*shape \(\d+, 2\) for \d+ rows and 1"
    ):
        MoERegressor(2, expert=MisshapenRegressor()).fit(X, y)
    with pytest.raises(ValueError, match=r"probabilities of shape \(40, 5\) for 40 rows and 2 cl"):
        MoERegressor(2, gate=Misshapen()).fit(X, y)


def test_boosted_experts_predict_in_large_blocks():
    X, y = two_lines(100)
    boosting = HistGradientBoostingRegressor(max_iter=5, random_state=0)
    model = MoERegressor(3, expert=boosting, max_iter=2, tol=1, random_state=0).fit(X, y)
    many = np.zeros((50_000, 2))
    assert len(model._units.seen(ArrayBlocks(many))) == 1
