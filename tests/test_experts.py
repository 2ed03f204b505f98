"""Estimators as experts, and experts of several kinds: what they see, and who answers."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_diabetes
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, PoissonRegressor, Ridge
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skmoe import HMERegressor, MoEClassifier, MoERegressor
from skmoe._numerics.estimators import _repeats
from skmoe._rows.blocks import ArrayBlocks
from skmoe.experts import EstimatorExpert, LinearExpert, MixedExpert
from skmoe.families import Gaussian
from skmoe.gates import SoftmaxGate, TopKGate

from .data import two_lines

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


# With weights, boosting looks for the borders of its bins one by one: of 255 that takes long.
FEW_BINS = {"max_bins": 5}


@pytest.fixture(scope="module")
def lines():
    return two_lines(300)


class Recorder(RegressorMixin, BaseEstimator):
    """Predicts the weighted mean, and remembers what it has been shown."""

    shown = []

    def fit(self, X, y, sample_weight=None):
        Recorder.shown.append((X, y, sample_weight))
        self.mean_ = np.average(y, weights=sample_weight)
        return self

    def predict(self, X):
        return np.full(len(X), self.mean_)


class Regressor(RegressorMixin, BaseEstimator):
    """Predicts one number for everything."""

    def __init__(self, number):
        self.number = number

    def fit(self, X, y, sample_weight=None):
        return self

    def predict(self, X):
        return np.full(len(X), self.number)


class Classifier(ClassifierMixin, BaseEstimator):
    """Gives every class the same number."""

    def __init__(self, number):
        self.number = number

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), self.number)


@pytest.mark.parametrize("number", [5.0, -0.5, np.nan, np.inf])
def test_answers_that_are_no_probabilities(lines, number):
    X, y = lines
    message = r"predict_proba of Classifier gave rows such as \[.*300 of 300; .* sum to 1"
    with pytest.raises(ValueError, match=message):
        MoERegressor(2, gate=Classifier(number), random_state=0).fit(X, y)
    with pytest.raises(ValueError, match=message):
        MoEClassifier(2, expert=Classifier(number), random_state=0).fit(X, y > 0)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_predictions_that_are_no_numbers(lines, number):
    model = MoERegressor(2, expert=Regressor(0.0), random_state=0).fit(*lines)
    before = model.predict(lines[0])
    with pytest.raises(ValueError, match=r"predict of Regressor gave \[(nan|inf)\], in .* rows"):
        model.set_params(expert__number=number).fit(*lines)
    assert_array_equal(model.predict(lines[0]), before)


def test_estimators_see_columns_and_targets_as_given(lines):
    X, y = lines
    Recorder.shown.clear()
    moved, target = X * [1e5, 1e-3] + [7, -3], 1e4 * y + 5
    MoERegressor(
        2, expert=Recorder(), gate=DecisionTreeClassifier(max_depth=2), random_state=0
    ).fit(moved, target)
    rows = set(map(tuple, np.column_stack([moved, target]).round(6)))
    for X, y, weight in Recorder.shown:
        assert set(map(tuple, np.column_stack([X, y]).round(6))) <= rows
        assert (weight > 0).all() and (weight <= 1 + 1e-12).all()


def test_columns_of_gate_and_estimators_are_told_apart(lines):
    X, y = lines
    expert = EstimatorExpert(LinearRegression(), columns=[0])
    model = MoERegressor(2, gate=SoftmaxGate(columns=[1]), expert=expert, n_init=4, random_state=0)
    model.fit(X, y)
    other = X.copy()
    other[:, 1] += 1
    assert_allclose(model.predict_experts(other), model.predict_experts(X))
    other = X.copy()
    other[:, 0] += 1
    assert_allclose(model.gate_proba(other), model.gate_proba(X))
    assert_array_equal(model.gate_coef_[:, 0], 0)
    slopes = sorted(estimator.coef_[0] for estimator in model.expert_.estimators_)
    assert_allclose(slopes, [-1, 2], atol=0.1)


# -- weights -------------------------------------------------------------------------------------


def test_systematic_resampling_repeats_whole_weights_and_keeps_the_sum():
    assert_array_equal(_repeats(np.array([2.0, 0.0, 1.0, 3.0])), [2, 0, 1, 3])
    rng = np.random.default_rng(0)
    weight = rng.uniform(size=5000)
    times = _repeats(weight)
    assert set(times) == {0, 1}
    assert abs(times.sum() - weight.sum()) <= 0.5
    # Rows come in by their weight: of those of 0.7 to 0.8, about three in four.
    chosen = times[(weight > 0.7) & (weight < 0.8)].mean()
    assert 0.7 < chosen < 0.8
    assert_array_equal(_repeats(np.array([0.1, 0.2])), [0, 1])


@pytest.mark.parametrize("expert", [KNeighborsRegressor(5), make_pipeline(KNeighborsRegressor(5))])
def test_estimators_without_weights_learn_from_resampled_rows(lines, expert):
    X, y = lines
    model = MoERegressor(2, expert=expert, n_init=2, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.5
    again = MoERegressor(2, expert=expert, n_init=2, random_state=0).fit(X, y)
    assert_array_equal(model.predict(X), again.predict(X))
    weight = np.random.default_rng(0).integers(1, 3, size=len(y))
    weighted = MoERegressor(1, expert=expert).fit(X, y, sample_weight=weight)
    rows = np.repeat(np.arange(len(y)), weight)
    assert_allclose(
        weighted.predict(X), MoERegressor(1, expert=expert).fit(X[rows], y[rows]).predict(X)
    )


def test_gates_without_weights_learn_from_resampled_rows(lines):
    X, y = lines
    model = MoERegressor(2, gate=KNeighborsClassifier(20), n_init=4, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.5


def test_metadata_routing_needs_no_request_from_the_experts(lines):
    X, y = lines
    weight = np.random.default_rng(0).uniform(size=len(y))
    expert = make_pipeline(StandardScaler(), Ridge())
    plain = MoERegressor(2, expert=expert, random_state=0).fit(X, y, sample_weight=weight)
    with config_context(enable_metadata_routing=True):
        model = MoERegressor(2, expert=expert, random_state=0).set_fit_request(sample_weight=True)
        pipeline = make_pipeline(StandardScaler(with_mean=False, with_std=False), model)
        pipeline[0].set_fit_request(sample_weight=False)
        routed = pipeline.fit(X, y, sample_weight=weight)
    assert_allclose(routed.predict(X), plain.predict(X))


# -- the density around the predictions ----------------------------------------------------------


def test_poisson_boosting_is_judged_by_poissons_density(lines):
    X, _ = lines
    rng = np.random.default_rng(0)
    y = rng.poisson(np.exp(np.where(X[:, 1] > 0, 2 + 0.5 * X[:, 0], 0.5 - 0.5 * X[:, 0])))
    boosting = HistGradientBoostingRegressor(loss="poisson", max_iter=15, max_depth=2, **FEW_BINS)
    model = MoERegressor(2, expert=boosting, family="poisson", random_state=0).fit(X, y)
    total = sum(np.exp(model.score_samples(X, np.full(len(y), count))) for count in range(80))
    assert_allclose(total, 1, atol=1e-6)
    assert model.score(X, y) > MoERegressor(1, family="poisson").fit(X, y).score(X, y) + 0.1


@pytest.mark.parametrize("family", ["poisson", "negative_binomial", "gamma"])
def test_an_expert_that_predicts_nothing_is_no_trap(family):
    """A tree's leaf without counts predicts a mean of zero, under which a count is impossible."""
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(400, 1))
    y = np.where(X[:, 0] < 0.5, 0.0, 5.0) + (rng.uniform(size=400) < 0.02)
    y = y + 1e-3 if family == "gamma" else y
    model = MoERegressor(1, expert=DecisionTreeRegressor(max_depth=1), family=family).fit(X, y)
    assert np.isfinite(model.score_samples(X, y)).all()
    assert (model.predict(X) > 0).all()


@pytest.mark.parametrize("family", ["gaussian", "laplace", "student_t", "gamma"])
def test_linear_regression_as_estimator_is_the_linear_expert(family):
    """With cv=1 the scales come from the residuals of the fit, as those of linear experts do."""
    X, y = two_lines(300, seed=4)
    if family == "gamma":
        y = np.exp(0.1 * y)
    expert = EstimatorExpert(LinearRegression(), cv=1)
    model = MoERegressor(1, expert=expert, family=family).fit(X, y)
    # The scale that is best for these predictions.
    mixture = model._mixture
    blocks = model._units.seen(ArrayBlocks(X, y[:, None]))

    def likelihood(factor):
        bank = mixture.expert._replaced(scale=mixture.expert.scale * factor)
        moved = mixture._replace(expert=bank)
        return float(blocks.sum(lambda X, y, weight: moved.log_density(X, y).sum()))

    assert likelihood(1.0) >= max(likelihood(1.02), likelihood(0.98))
    if family == "gaussian":
        linear = MoERegressor(1, expert=LinearExpert(alpha=0.0)).fit(X, y)
        assert_allclose(model.log_likelihood_, linear.log_likelihood_, rtol=1e-10)


def held_out_density(expert, n_experts=2):
    X, y = load_diabetes(return_X_y=True)
    densities = []
    for train, test in KFold(3, shuffle=True, random_state=0).split(X):
        model = MoERegressor(n_experts, expert=expert, random_state=0).fit(X[train], y[train])
        densities.append(model.score_samples(X[test], y[test]))
    return np.concatenate(densities).mean()


def test_a_spread_out_of_fold_is_better_on_held_out_rows():
    tree = DecisionTreeRegressor(min_samples_leaf=5)
    honest, optimistic = (held_out_density(EstimatorExpert(tree, cv=cv)) for cv in (3, 1))
    assert honest > optimistic + 0.1


def test_a_shared_spread_and_wrappers(lines):
    X, y = lines
    tree = DecisionTreeRegressor(max_depth=3)
    model = MoERegressor(3, expert=tree, family=Gaussian(scale="shared"), random_state=0).fit(X, y)
    assert np.ptp(model.expert_.scale) == 0
    assert model.n_parameters_ == 2 * 3 + 1
    assert (
        MoERegressor(3, expert=tree, gate=TopKGate(k=2), random_state=0).fit(X, y).score(X, y) > 0.6
    )
    assert HMERegressor(2, expert=tree, random_state=0).fit(X, y).score(X, y) > 0.6


# -- a scikit-learn user's ways ------------------------------------------------------------------


def test_grid_search_over_an_experts_parameters(lines):
    X, y = lines
    boosting = HistGradientBoostingRegressor(max_iter=2, **FEW_BINS)
    pipeline = make_pipeline(
        StandardScaler(), MoERegressor(2, expert=boosting, max_iter=3, tol=1.0)
    )
    grid = {"moeregressor__expert__max_depth": [1, 2], "moeregressor__random_state": [0]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(X[:80], y[:80])
    assert search.best_params_["moeregressor__expert__max_depth"] in (1, 2)
    search = GridSearchCV(
        MoEClassifier(2, expert=DecisionTreeClassifier(), max_iter=10, tol=1e-3, random_state=0),
        {"expert__max_depth": [1, 3]},
        cv=2,
        error_score="raise",
    ).fit(X, y > 0)
    assert search.best_score_ > 0.7


def test_a_pipeline_as_expert(lines):
    X, y = lines
    scale_first = ColumnTransformer([("scale", StandardScaler(), [0])], remainder="passthrough")
    expert = make_pipeline(scale_first, SVR(C=10))
    model = MoERegressor(2, expert=expert, random_state=0).fit(X, y)
    one = MoERegressor(1, expert=expert).fit(X, y)
    assert model.log_likelihood_ > one.log_likelihood_ + 30
    model.set_params(expert__svr__C=1.0)
    assert model.expert[-1].C == 1.0


def test_several_outputs(lines):
    X, y = lines
    both = np.column_stack([y, -y])
    model = MoERegressor(2, expert=DecisionTreeRegressor(max_depth=4), random_state=0).fit(X, both)
    assert model.predict(X).shape == (300, 2)
    with pytest.raises(ValueError, match=r"2 columns.*SVR predicts one.*MultiOutputRegressor"):
        MoERegressor(2, expert=SVR()).fit(X, both)


def test_jobs_do_not_change_the_answer(lines):
    X, y = lines
    forest = RandomForestRegressor(5, max_depth=3)
    brief = {"max_iter": 5, "random_state": 0}
    one, two = (MoERegressor(2, expert=forest, n_jobs=j, **brief).fit(X, y) for j in (1, 2))
    assert_array_equal(one.predict(X), two.predict(X))
    assert two.expert_.n_jobs == 2
    own = EstimatorExpert(forest, n_jobs=1)
    assert MoERegressor(2, expert=own, n_jobs=2, **brief).fit(X, y).expert_.n_jobs == 1


def test_verbose_prints_the_number_of_fits(lines, capsys):
    X, y = lines
    model = MoERegressor(2, expert=DecisionTreeRegressor(max_depth=2), verbose=1, random_state=0)
    model.fit(X, y)
    fits = model.expert_.n_fits
    assert fits >= 2 * 4
    assert f"{fits} fits of DecisionTreeRegressor" in capsys.readouterr().out


# -- missing values ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def holes(lines):
    X, y = lines
    return np.where(np.random.default_rng(0).uniform(size=X.shape) < 0.1, np.nan, X), y


def test_missing_values_pass_through_where_all_parts_take_them(holes):
    X, y = holes
    boosting = HistGradientBoostingRegressor(max_iter=3, max_depth=2, **FEW_BINS)
    gates = [HistGradientBoostingClassifier(max_iter=3, max_depth=2, **FEW_BINS), "constant"]
    for gate in gates:
        model = MoERegressor(2, gate=gate, expert=boosting, max_iter=3, random_state=0)
        model.fit(X, y)
        assert np.isfinite(model.predict(X)).all()
        assert np.isfinite(model.score_samples(X, y)).all()
        assert model.__sklearn_tags__().input_tags.allow_nan
    pipeline = make_pipeline(SimpleImputer(), Ridge())
    model = MoERegressor(2, gate="constant", expert=pipeline, random_state=0).fit(X, y)
    assert np.isfinite(model.predict(X)).all()
    labels = MoEClassifier(2, gate=DecisionTreeClassifier(), expert=DecisionTreeClassifier())
    assert labels.fit(X, y > 0).score(X, y > 0) > 0.9


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"expert": DecisionTreeRegressor()},
        {"gate": "constant", "expert": SVR()},
        {
            "gate": "constant",
            "expert": MixedExpert([("tree", DecisionTreeRegressor()), ("line", "linear")]),
        },
    ],
)
def test_missing_values_are_an_error_where_some_part_does_not_take_them(holes, settings):
    with pytest.raises(ValueError, match="contains NaN"):
        MoERegressor(2, **settings).fit(*holes)


def test_a_row_with_a_missing_value_is_not_the_row_with_the_mean():
    X = np.array([[0.0], [1.0], [-1.0], [np.nan]] * 10)
    y = np.array([0.0, 1.0, -1.0, 10.0] * 10)
    tree = DecisionTreeRegressor()
    model = MoERegressor(1, gate="constant", expert=tree).fit(X, y)
    assert_allclose(model.predict(X), y, atol=1e-12)


# -- several kinds -------------------------------------------------------------------------------


def line_and_steps(n=600):
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, size=(n, 1))
    y = np.where(x[:, 0] < 0, 3 * x[:, 0], np.where(x[:, 0] % 1 < 0.5, 2.0, -2.0))
    return x, y + 0.1 * rng.standard_normal(n)


def kinds():
    tree = DecisionTreeRegressor(max_leaf_nodes=6)
    return MixedExpert([("line", LinearExpert()), ("tree", tree)])


def test_a_line_beside_a_tree():
    x, y = line_and_steps()
    model = MoERegressor(2, expert=kinds(), n_init=4, random_state=0).fit(x, y)
    assert model.expert_.kinds == ["line", "tree"]
    # The line takes the straight side, the tree the steps.
    assert (model.assign(x) == (x[:, 0] > 0)).mean() > 0.9
    assert_allclose(model.expert_.banks[0].weights[0, 0, 0] * y.std() / x.std(), 3, rtol=0.1)
    new = line_and_steps(601)
    lines = MoERegressor(2, n_init=4, random_state=0).fit(x, y)
    assert model.score(*new) > lines.score(*new) + 0.05


def test_kinds_are_dealt_out_in_order_and_taken_apart():
    x, y = line_and_steps()
    model = MoERegressor(5, expert=kinds(), random_state=0).fit(x, y)
    bank = model.expert_
    assert bank.kinds == ["line"] * 3 + ["tree"] * 2
    design, _ = model._units.prepare(x, None)
    table = bank.predict(design)
    assert table.shape == (600, 5, 1)
    assert_allclose(bank.take([4, 0, 0, 3]).predict(design), table[:, [4, 0, 0, 3]])
    joined = bank.take([1]).joined(bank.take([4, 2]))
    assert_allclose(joined.predict(design), table[:, [1, 4, 2]])
    assert joined.kinds == ["line", "tree", "line"]


def test_parameters_of_named_kinds_are_searched():
    x, y = line_and_steps(200)
    search = GridSearchCV(
        MoERegressor(2, expert=kinds(), random_state=0), {"expert__tree__max_depth": [1, 4]}, cv=2
    ).fit(x, y)
    assert search.best_params_["expert__tree__max_depth"] == 4


def test_mixed_experts_need_names_and_enough_experts():
    x, y = line_and_steps(100)
    for bad, message in [
        ([], r"list of \(name, expert\) tuples"),
        ([LinearExpert()], r"list of \(name, expert\) tuples"),
        ([("a", "linear"), ("a", "linear")], "not unique"),
        ([("a", "linear"), ("b", "linear"), ("c", "linear")], "2 experts.*3 kinds"),
        ([("a", "linear"), ("b", "lines")], "expert='lines' was given"),
        ([("a", "linear"), ("b", DecisionTreeClassifier())], "classifier in a regression"),
    ]:
        with pytest.raises(ValueError, match=message):
            MoERegressor(2, expert=MixedExpert(bad)).fit(x, y)


# -- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (MoERegressor(expert=StandardScaler()), "StandardScaler has no predict"),
        (MoEClassifier(expert=SVR()), "SVR has no predict_proba"),
        (MoEClassifier(expert=PoissonRegressor()), "PoissonRegressor has no predict_proba"),
        (MoERegressor(expert=DecisionTreeClassifier()), "a classifier in a regression"),
        (MoERegressor(expert=object()), "one of the names.*or a.*estimator"),
    ],
)
def test_unfit_experts_are_named_before_any_fit(lines, model, message):
    X, y = lines
    with pytest.raises(ValueError, match=message):
        model.fit(X, y > 0 if isinstance(model, MoEClassifier) else y)
    assert not hasattr(model, "gate_")


def test_a_drawn_sample_of_one_label_is_no_trap(lines):
    """Of 300 rows with one other label, few draws hold both."""
    X, _ = lines
    label = np.arange(300) == 7
    network = make_pipeline(StandardScaler(), MLPClassifier((2,), max_iter=20))
    for expert in (KNeighborsClassifier(1), network):
        model = MoEClassifier(3, expert=expert, max_iter=3, random_state=0).fit(X, label)
        assert_allclose(model.predict_proba(X).sum(axis=1), 1)


def test_the_cost_of_two_kinds_of_trees_is_their_sum():
    x, y = line_and_steps(200)
    trees = [("small", DecisionTreeRegressor(max_depth=1)), ("large", DecisionTreeRegressor())]
    model = MoERegressor(2, expert=MixedExpert(trees), random_state=0).fit(x, y)
    fits = sum(bank.n_fits for bank in model.expert_.banks)
    assert model.expert_.cost() == {"DecisionTreeRegressor": fits}
