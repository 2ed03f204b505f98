"""The choice of the number of experts."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.tree import DecisionTreeRegressor

from skmoe import HMERegressor, MoEClassifier, MoERegressor
from skmoe.experts import LinearExpert, MixedExpert
from skmoe.families import Gaussian
from skmoe.gates import HierarchicalGate, SoftmaxGate, TopKGate
from skmoe.model_selection import (
    aic_scorer,
    bic_scorer,
    icl_scorer,
    select_n_experts,
)
from skmoe.solvers import Adam

from .choosing import every_value, needs_callbacks
from .data import two_lines

LINES = np.array([[2.0, 0.0, 1.0], [-2.0, 1.0, 0.0], [0.0, -2.0, -1.0]])


def stripes(n_experts, seed, n=300):
    """Stripes of the first column, a line of its own in each."""
    rng = np.random.default_rng([n_experts, seed])
    X = rng.uniform(-1, 1, size=(n, 2))
    stripe = ((X[:, 0] + 1) / 2 * n_experts).astype(int)
    coef = LINES[stripe]
    return X, coef[:, 2] * 2 + np.sum(coef[:, :2] * X, axis=1) + 0.2 * rng.standard_normal(n)


@pytest.mark.parametrize(
    ("n_experts", "criterion"), every_value([1, 2, 3], ["bic", "icl", "aic", "evidence", "cv"])
)
def test_the_true_number_is_found(n_experts, criterion):
    X, y = stripes(n_experts, seed=0)
    selection = select_n_experts(
        MoERegressor(random_state=0), X, y, n_experts=range(1, 5), criterion=criterion, cv=3
    )
    assert selection.best_n_experts_ == n_experts
    assert selection.best_estimator_.n_experts_ == n_experts
    assert selection.criterion == criterion
    assert_array_equal(selection.n_experts, [1, 2, 3, 4])


@pytest.mark.parametrize(
    ("kind", "gate"),
    every_value(
        [MoERegressor, MoEClassifier], ["softmax", "constant", "gaussian", "quadratic", "top_k"]
    ),
)
def test_every_gate_has_a_path(kind, gate):
    X, y = two_lines(150)
    y = y if kind is MoERegressor else np.digitize(y, [-1, 1])
    selection = select_n_experts(kind(gate=gate, random_state=0), X, y, n_experts=range(1, 4))
    assert selection.log_likelihood[1] > selection.log_likelihood[0] - 1e-6
    assert_allclose(selection.best_estimator_.bic(X, y), selection.scores["bic"].min(), atol=1)


@pytest.mark.parametrize("seed", range(3))
def test_the_path_is_as_high_as_fits_of_their_own(seed):
    X, y = stripes(3, seed)
    # Beyond the three that there are, which noise is found is a matter of luck.
    numbers = range(1, 4)
    model = MoERegressor(random_state=seed)
    selection = select_n_experts(model, X, y, n_experts=numbers)
    own = [clone(model).set_params(n_experts=k).fit(X, y).log_likelihood_ for k in numbers]
    # Penalties are known to a tenth, and with them the likelihood to a thousandth a row.
    gain = (selection.log_likelihood - own) / len(y)
    assert gain.min() > -0.002


def test_scores_are_those_of_the_estimator():
    X, y = stripes(2, seed=0)
    selection = select_n_experts(MoERegressor(random_state=0), X, y, n_experts=[2])
    best = selection.best_estimator_
    assert_array_equal(selection.n_experts, [1, 2])
    for name in ("bic", "icl", "aic"):
        assert_allclose(selection.scores[name][1], getattr(best, name)(X, y), atol=0.2)
    assert_allclose(selection.log_likelihood[1], best.log_likelihood_, atol=0.1)
    assert selection.n_parameters[1] == best.n_parameters_


def test_the_table():
    X, y = stripes(2, seed=0)
    model = MoERegressor(random_state=0)
    selection = select_n_experts(model, X, y, n_experts=[1, 2], criterion="cv", cv=3)
    table = selection.to_frame()
    assert table.index.tolist() == [1, 2]
    assert table["chosen"].tolist() == [False, True]
    assert table["cv"].tolist() == selection.scores["cv"].tolist()
    assert table.loc[2, "std_error"] == 0
    assert table.loc[1, "std_error"] > 0


def test_held_out_density_is_that_of_a_loop_over_folds():
    X, y = stripes(2, seed=1)
    groups = np.arange(len(y)) % 3
    folds = list(GroupKFold(3).split(X, y, groups))
    model = MoERegressor(random_state=0)
    selection = select_n_experts(model, X, y, n_experts=[1], criterion="cv", cv=folds)
    own = [
        clone(model).set_params(n_experts=1).fit(X[a], y[a]).score_samples(X[b], y[b])
        for a, b in folds
    ]
    assert_allclose(selection.scores["cv"], [np.concatenate(own).mean()])


def collapsing():
    """A line, and three pairs of rows far from it and from each other: experts for pairs."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(60, 1))
    y = x[:, 0] + 0.3 * rng.standard_normal(60)
    y[:8] = 30.0
    return x, y


def test_degenerate_fits_are_never_chosen():
    X, y = collapsing()
    family = Gaussian(min_scale=1e-8)
    model = MoERegressor(
        gate="constant", expert=LinearExpert(alpha=0.0), family=family, n_init=5, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        selection = select_n_experts(model, X, y, n_experts=range(1, 5))
    assert selection.degenerate.any()
    assert not selection.degenerate[0]
    chosen = selection.n_experts == selection.best_n_experts_
    assert not selection.degenerate[chosen].any()
    lowest = np.argmin(selection.scores["bic"])
    assert selection.degenerate[lowest], "the construction no longer tempts the criterion"
    with pytest.warns(ConvergenceWarning, match="degenerate"):
        clone(model).set_params(n_experts=int(selection.n_experts[lowest])).fit(X, y)


@pytest.mark.parametrize("criterion", ["bic", "evidence"])
def test_a_weight_of_two_is_a_row_twice(criterion):
    X, y = stripes(2, seed=0, n=150)
    weight = np.random.default_rng(0).integers(0, 3, size=150)
    model, numbers = MoERegressor(random_state=0), range(1, 4)
    weighted = select_n_experts(
        model, X, y, n_experts=numbers, criterion=criterion, sample_weight=weight
    )
    repeated = select_n_experts(
        model, X.repeat(weight, axis=0), y.repeat(weight), n_experts=numbers, criterion=criterion
    )
    assert weighted.best_n_experts_ == repeated.best_n_experts_
    for name, scores in weighted.scores.items():
        assert_allclose(scores, repeated.scores[name], rtol=1e-6)
    assert_array_equal(weighted.degenerate, repeated.degenerate)


def test_weights_reach_held_out_rows():
    X, y = stripes(2, seed=0, n=200)
    weight = np.r_[np.ones(100), np.zeros(100)]
    folds = [(np.arange(0, 200, 2), np.arange(1, 200, 2))]
    model = MoERegressor(random_state=0)
    scores = [
        select_n_experts(
            model, X, other, n_experts=[1], criterion="cv", cv=folds, sample_weight=weight
        ).scores["cv"]
        for other in (y, np.r_[y[:100], 5 + y[100:]])
    ]
    assert_allclose(*scores)


@pytest.mark.parametrize(
    ("scorer", "name"), [(bic_scorer, "bic"), (aic_scorer, "aic"), (icl_scorer, "icl")]
)
def test_scorers_in_a_search(scorer, name):
    X, y = stripes(2, seed=0)
    rows = np.arange(len(y))
    model = MoERegressor(n_init=2, random_state=0)
    search = GridSearchCV(model, {"n_experts": [1, 2, 3]}, scoring=scorer, cv=[(rows, rows)])
    search.fit(X, y)
    assert search.best_params_ == {"n_experts": 2}
    assert_allclose(search.best_score_, -getattr(search.best_estimator_, name)(X, y))


def test_pipelines():
    X, y = stripes(2, seed=0)
    pipe = make_pipeline(StandardScaler(), PolynomialFeatures(1), MoERegressor(random_state=0))
    alone = make_pipeline(MoERegressor(random_state=0))
    for criterion, estimator in (("bic", alone), ("cv", pipe)):
        selection = select_n_experts(
            estimator, X, y, n_experts=[1, 2, 3], criterion=criterion, cv=3
        )
        best = selection.best_estimator_
        assert selection.best_n_experts_ == best.get_params()["moeregressor__n_experts"] == 2
        assert best.score(X, y) > 0.9
        assert_allclose(-bic_scorer(best, X, y), selection.scores["bic"][1], atol=0.2)
    assert pipe[-1].n_experts == 4
    assert not hasattr(pipe[-1], "n_experts_")
    assert not hasattr(pipe[0], "mean_")


@pytest.mark.parametrize("expert", [pytest.param(Ridge(), marks=pytest.mark.full), "mlp"])
def test_parts_without_counted_parameters_are_judged_on_held_out_rows(expert):
    X, y = two_lines(12)
    model = MoERegressor("auto", expert=expert, max_iter=3, tol=0.1, random_state=0)
    if expert == "mlp":
        model.set_params(solver=Adam(n_epochs=5))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y)
    assert model.selection_.criterion == "cv"
    assert model.n_experts_ == model.selection_.best_n_experts_


@pytest.mark.parametrize(
    ("settings", "criterion"),
    [
        ({}, "evidence"),
        ({"gate": HierarchicalGate()}, "evidence"),
        ({"gate": TopKGate(k=2)}, "bic"),
        ({"gate": "gaussian"}, "bic"),
        ({"gate": SoftmaxGate(alpha=0.1)}, "bic"),
        ({"expert": LinearExpert(alpha=0.1)}, "bic"),
        ({"average": True, "n_init": 2}, "evidence"),
    ],
)
def test_auto(settings, criterion):
    X, y = stripes(2, seed=0)
    model = MoERegressor("auto", random_state=0, **settings).fit(X, y)
    path = model.selection_
    assert path.criterion == criterion
    assert path.best_n_experts_ == 2
    assert path.best_estimator_ is None
    assert path.n_experts[0] == 1
    assert model.n_experts == "auto"
    assert model.n_experts_ == (4 if model.average else 2)
    again = pickle.loads(pickle.dumps(model))
    assert_allclose(again.predict(X), model.predict(X))
    if not model.average:
        assert_allclose(model.bic(X, y), path.scores["bic"][1], atol=0.2)


def test_auto_of_labels():
    X = np.random.default_rng(0).uniform(-1, 1, size=(500, 2))
    y = np.where(X[:, 0] * X[:, 1] > 0, "same", "other")
    model = MoEClassifier("auto", random_state=0).fit(X, y)
    assert model.n_experts_ > 1
    assert model.score(X, y) > 0.95
    noisy = X[:, 0] + np.random.default_rng(1).standard_normal(500) > 0
    linear = MoEClassifier("auto", random_state=0).fit(X, noisy)
    assert linear.n_experts_ == 1


def test_auto_stays_with_one_expert_where_one_is_best():
    X, y = load_diabetes(return_X_y=True)
    model = MoERegressor("auto", random_state=0).fit(X, y)
    one = MoERegressor(1, random_state=0).fit(X, y)
    assert model.n_experts_ == 1
    assert_allclose(model.predict(X), one.predict(X))


def test_auto_with_few_distinct_rows():
    X, y = np.array([[0.0], [1.0], [1.0]]).repeat(20, axis=0), np.arange(60) % 2
    model = MoERegressor("auto", random_state=0).fit(X, y.astype(float))
    assert model.selection_.n_experts.max() <= 4
    mixed = MixedExpert([("a", "linear"), ("b", DecisionTreeRegressor(max_depth=1))])
    X, y = two_lines(6)
    model = MoERegressor("auto", expert=mixed, max_iter=2, tol=0.1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        assert model.fit(X, y).selection_.n_experts[0] == 2


def test_auto_tries_no_more_experts_than_the_gate_holds():
    gate = TopKGate(HierarchicalGate(depth=1))
    X = np.linspace(0, 3, 24)[:, None]
    y = np.abs(X[:, 0] % 1 - 0.5)
    model = MoERegressor("auto", gate=gate, max_iter=5, tol=0.01, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y)
    assert model.selection_.n_experts.tolist() == [1, 2]


def test_auto_in_a_search_and_with_a_later_number():
    X, y = stripes(2, seed=0)
    search = GridSearchCV(
        MoERegressor(random_state=0), {"n_experts": [1, "auto"]}, cv=2, error_score="raise"
    ).fit(X, y)
    assert search.best_params_ == {"n_experts": "auto"}
    model = search.best_estimator_
    model.set_params(n_experts=1).fit(X, y)
    assert not hasattr(model, "selection_")


def test_a_failed_fit_leaves_the_last_one():
    X, y = stripes(2, seed=0)
    model = MoERegressor("auto", random_state=0).fit(X, y)
    before = model.predict(X)
    path = model.selection_
    with pytest.raises(ValueError, match="NaN"):
        model.fit(np.full_like(X, np.nan), y)
    assert model.selection_ is path
    assert_array_equal(model.predict(X), before)


def test_a_warm_start_keeps_the_number():
    X, y = stripes(2, seed=0)
    model = MoERegressor("auto", warm_start=True, random_state=0).fit(X, y)
    path, objective = model.selection_, model.objective_
    model.fit(X, y)
    assert model.selection_ is path
    assert model.objective_ >= objective - 1e-8


def test_names_of_columns_reach_the_candidates():
    X, y = stripes(2, seed=0)
    X = pd.DataFrame(X, columns=["stripe", "other"])
    model = MoERegressor("auto", gate=SoftmaxGate(columns=["stripe"]), random_state=0).fit(X, y)
    assert model.n_experts_ == 2
    assert model.feature_names_in_.tolist() == ["stripe", "other"]


@needs_callbacks
def test_progress_of_a_choice_is_that_of_one_fit():
    from sklearn.callback import FitCallback

    X, y = stripes(2, seed=0)

    class Count:
        def __init__(self):
            self.setups = self.begun = self.ended = 0

        def setup(self, estimator, context):
            self.setups += 1

        def teardown(self, estimator, context):
            pass

        def on_fit_task_begin(self, estimator, context, **_):
            self.begun += 1

        def on_fit_task_end(self, estimator, context, **_):
            self.ended += 1

    count = Count()
    assert isinstance(count, FitCallback)
    model = MoERegressor("auto", random_state=0).set_callbacks(count).fit(X, y)
    assert count.setups == 1
    assert count.begun == count.ended == len(model.history_)
    pickle.dumps(model.set_callbacks())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"criterion": "r2"}, "criterion='r2'"),
        ({"n_experts": [0, 1]}, "n_experts=0"),
        ({"n_experts": "auto"}, "n_experts='auto'"),
        ({"criterion": "cv", "cv": 1}, "cv=1"),
        ({"estimator": HMERegressor()}, "no n_experts"),
        ({"estimator": MoERegressor(gate="top_k"), "criterion": "evidence"}, "evidence"),
        ({"n_experts": [60]}, "at most one expert"),
    ],
)
def test_errors(settings, words):
    X, y = two_lines(50)
    settings = {"estimator": MoERegressor(random_state=0), **settings}
    with pytest.raises(ValueError, match=words):
        select_n_experts(settings.pop("estimator"), X, y, **settings)


@pytest.mark.parametrize("n_experts", ["many", 0, 2.5, None])
def test_what_a_number_of_experts_may_be(n_experts):
    X, y = two_lines(50)
    with pytest.raises(ValueError, match="or 'auto', is allowed"):
        MoERegressor(n_experts).fit(X, y)


def test_batches_cannot_choose():
    assert not hasattr(MoERegressor("auto"), "partial_fit")
    assert hasattr(MoERegressor(2), "partial_fit")
    assert hasattr(HMERegressor(), "partial_fit")
