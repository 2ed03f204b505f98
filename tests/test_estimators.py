"""What a scikit-learn user does with the estimators."""

import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.compose import make_column_selector
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils import estimator_html_repr

from skmoe import HMEClassifier, HMERegressor, MoEClassifier, MoERegressor
from skmoe.experts import LinearExpert, MixedExpert
from skmoe.gates import ConstantGate, Gate, HierarchicalGate, SoftmaxGate
from skmoe.solvers import EM

from .choosing import needs_callbacks
from .data import planted, two_lines


@pytest.fixture(scope="module")
def lines():
    return two_lines(300)


@pytest.fixture(scope="module")
def model(lines):
    return MoERegressor(2, n_init=4, random_state=0).fit(*lines)


def test_shapes_and_sums(model, lines):
    X, y = lines
    assert_allclose(model.gate_proba(X).sum(axis=1), 1)
    assert_allclose(model.responsibilities(X, y).sum(axis=1), 1)
    assert_array_equal(model.assign(X), model.gate_proba(X).argmax(axis=1))
    assert_allclose((model.gate_proba(X) * model.predict_experts(X)).sum(axis=1), model.predict(X))
    assert_allclose(model.transform(X), model.gate_proba(X))
    assert_allclose(
        model.predict_experts(X), X @ model.expert_coef_.T + model.expert_intercept_, rtol=1e-8
    )
    logits = X @ model.gate_coef_.T + model.gate_intercept_
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert_allclose(model.gate_proba(X), proba, rtol=1e-8)
    assert not hasattr(model, "coef_") and not hasattr(model, "intercept_")


def test_classifier_reads_as_it_predicts():
    X, y = load_iris(return_X_y=True)
    model = MoEClassifier(2, random_state=0).fit(X, y)
    assert model.predict_experts(X).shape == (150, 2, 3)
    mixed = np.einsum("nk,nkc->nc", model.gate_proba(X), model.predict_experts(X))
    assert_allclose(model.predict_proba(X), mixed)
    assert_allclose(np.exp(model.predict_log_proba(X)), model.predict_proba(X))
    assert_allclose(np.exp(model.score_samples(X, y)), mixed[np.arange(150), y])
    assert model.expert_coef_.shape == (2, 3, 4)


def test_labels_may_be_strings_or_many_or_one(lines):
    X, y = lines
    words = np.where(y > 0, "high", "low")
    model = MoEClassifier(2, random_state=0).fit(X, words)
    assert_array_equal(model.classes_, ["high", "low"])
    assert set(model.predict(X)) == {"high", "low"}
    assert model.score(X, words) > 0.8
    many = np.digitize(y, np.quantile(y, np.linspace(0, 1, 13)[1:-1]))
    assert MoEClassifier(2, random_state=0).fit(X, many).predict_proba(X).shape == (300, 12)
    one = MoEClassifier(2, random_state=0).fit(X, np.full(300, "only"))
    assert_array_equal(one.predict(X), "only")
    assert_allclose(one.predict_proba(X), 1)


def test_class_weight_is_a_row_weight(lines):
    X, y = lines
    labels = np.where(y > 1, "rare", "common")
    weights = {"rare": 3.0, "common": 0.5}
    by_class = MoEClassifier(2, class_weight=weights, random_state=0).fit(X, labels)
    by_row = MoEClassifier(2, random_state=0).fit(X, labels, [weights[v] for v in labels])
    assert_allclose(by_class.predict_proba(X), by_row.predict_proba(X), rtol=1e-6)
    balanced = MoEClassifier(1, class_weight="balanced").fit(X, labels).predict(X)
    plain = MoEClassifier(1).fit(X, labels).predict(X)
    assert (balanced == "rare").sum() > (plain == "rare").sum()


def test_class_weights_multiply_row_weights(lines):
    X, y = lines
    labels, own = (y > 0).astype(int), np.random.default_rng(0).uniform(0.5, 2, size=300)
    weighted = MoEClassifier(1, class_weight={0: 3.0, 1: 1.0}, random_state=0).fit(
        X, labels, sample_weight=own
    )
    by_row = own * np.where(labels == 0, 3.0, 1.0)
    product = MoEClassifier(1, random_state=0).fit(X, labels, sample_weight=by_row)
    assert_allclose(weighted.predict_proba(X), product.predict_proba(X), rtol=1e-8)


def test_frames_bring_names(lines):
    X, y = lines
    gate = SoftmaxGate(columns=["b"])
    model = MoERegressor(2, gate=gate, random_state=0)
    from_pandas = model.fit(pd.DataFrame(X, columns=["a", "b"]), y)
    assert_array_equal(from_pandas.feature_names_in_, ["a", "b"])
    expected = from_pandas.predict(pd.DataFrame(X, columns=["a", "b"]))
    frame = pl.DataFrame(X, schema=["a", "b"])
    assert_allclose(model.fit(frame, pl.Series(y)).predict(frame), expected)
    by_position = MoERegressor(2, gate=SoftmaxGate(columns=[1]), random_state=0)
    assert_allclose(by_position.fit(X, y).predict(X), expected)
    out = model.set_output(transform="pandas").transform(frame)
    assert list(out.columns) == ["moeregressor0", "moeregressor1"]


def test_pipeline_and_grid_search(lines):
    X, y = lines
    pipeline = make_pipeline(
        StandardScaler(), MoERegressor(gate=SoftmaxGate(), expert=LinearExpert(), random_state=0)
    )
    grid = {
        "moeregressor__n_experts": [1, 2],
        "moeregressor__gate__alpha": [0.1, "auto"],
        "moeregressor__expert__alpha": [0.1, "auto"],
    }
    search = GridSearchCV(pipeline, grid, cv=3).fit(X, y)
    assert search.best_params_["moeregressor__n_experts"] == 2
    score = search.cv_results_["mean_test_score"]
    n_experts = np.asarray(search.cv_results_["param_moeregressor__n_experts"], dtype=int)
    assert score[n_experts == 2].min() > score[n_experts == 1].max() + 0.2


@pytest.mark.parametrize("kind", [MoERegressor, MoEClassifier, HMERegressor, HMEClassifier])
def test_parameters_of_parts_given_by_name_are_reached(kind):
    model = kind().set_params(gate__alpha=2.0, expert__alpha=3.0, solver__memory=4)
    assert (model.gate.alpha, model.expert.alpha, model.solver.memory) == (2.0, 3.0, 4)
    assert repr(clone(model)) == repr(model) and "SoftmaxGate(alpha=2.0)" in repr(model)
    assert clone(model).get_params(deep=True)["gate__alpha"] == 2.0
    # In any order, through gates of gates, and with the solver that suits the parts.
    model = kind().set_params(
        gate__gate__gate__prior_rows=5, gate__gate=HierarchicalGate("gaussian"), gate="top_k"
    )
    assert model.gate.gate.gate.prior_rows == 5
    model = kind().set_params(solver__learning_rate=0.1, expert="mlp", expert__alpha=2.0)
    assert (model.solver.learning_rate, model.expert.alpha) == (0.1, 2.0)
    kinds = MixedExpert([("a", "linear"), ("b", "linear")])
    model = kind(expert=kinds).set_params(expert__b__alpha=5.0)
    assert model.expert.experts[1][1].alpha == 5.0
    for name, words in [
        ("gate__alhpa", r"'alhpa' for estimator SoftmaxGate.*\['alpha', 'columns', 'segments'\]"),
        ("gates__alpha", "'gates' for estimator.*'gate'"),
        ("init__alpha", "init='auto' has no parameters"),
        ("solver__learning_rate", "'learning_rate' for estimator EM"),
    ]:
        with pytest.raises(ValueError, match=words):
            kind().set_params(**{name: 1.0})


def test_parts_given_by_name_are_searched(lines):
    grid = {"gate__alpha": [0.1, 1e6], "expert__alpha": [0.1], "family__min_scale": [1e-3]}
    search = GridSearchCV(MoERegressor(2, random_state=0), grid, cv=3, error_score="raise")
    assert search.fit(*lines).best_params_["gate__alpha"] == 0.1
    assert search.best_estimator_.gate_.alpha_ == 0.1


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"age": rng.normal(size=60), "size": rng.normal(size=60)})
    return table.assign(year=np.arange(60), size=table["size"].astype("float32"))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_columns_are_chosen_from_the_frame_by_a_function(frame):
    y = np.abs(frame["age"].to_numpy())
    chosen = make_column_selector(pattern="^a")
    model = MoERegressor(2, gate=SoftmaxGate(columns=chosen), max_iter=5, random_state=0)
    model.set_params(expert__columns=lambda X: [name for name in X if name != "year"])
    named = clone(model).set_params(gate__columns=["age"], expert__columns=["age", "size"])
    model.fit(frame, y)
    named.fit(frame, y)
    assert_array_equal(model.gate_coef_, named.gate_coef_)
    assert_array_equal(model.expert_coef_, named.expert_coef_)
    assert model.gate.columns is chosen
    again = pickle.loads(pickle.dumps(model.set_params(expert__columns=None)))
    assert_array_equal(again.predict(frame), named.predict(frame))
    # In trees, lists of kinds, batches, and on the way to a number of experts.
    tree = HMERegressor(1, gate=SoftmaxGate(columns=chosen), random_state=0)
    tree.set_params(expert=MixedExpert([("a", LinearExpert(columns=chosen)), ("b", "linear")]))
    tree.partial_fit(frame, y).partial_fit(frame, y)
    assert tree.gate_.nodes[0].positions == tree.expert_.banks[0].positions == [0]
    auto = MoERegressor("auto", gate=SoftmaxGate(columns=chosen), random_state=0).fit(frame, y)
    assert auto.gate_.positions == [0]
    with pytest.raises(ValueError, match="applied to pandas"):
        MoERegressor(gate=SoftmaxGate(columns=chosen)).fit(frame.to_numpy(), y)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (pd.Categorical(["u", "v"] * 30), r"'z' \(category, such as 'u'\)"),
        (np.array(["u", "v"] * 30, dtype=object), "'z' .*such as 'u'"),
        (pd.date_range("2020", periods=60), r"'z' \(datetime64.*days since"),
        (pd.timedelta_range("1h", periods=60), r"'z' \(timedelta64"),
        (pd.period_range("2020", periods=60, freq="D"), r"'z' \(period"),
        ([None, *range(59)], "contains NaN in the columns 'z':.*HistGradientBoosting"),
        (pd.array([None, *range(59)], dtype="Int64"), "contains NaN in the columns 'z'"),
    ],
)
def test_columns_that_are_no_numbers_are_named(frame, column, words):
    table, y = frame.assign(z=column), np.arange(60) % 2
    for kind in (MoERegressor, MoEClassifier):
        with pytest.raises(ValueError, match=words):
            kind(2, categorical_features=None).fit(table, y)
    model = MoERegressor(1).fit(frame.assign(z=1.0), y)
    with pytest.raises(ValueError, match=words):
        model.predict(table)


def test_columns_of_other_tables_are_named_too(frame):
    y = np.arange(60) % 2
    for table, words in [
        (pl.from_pandas(frame).with_columns(z=pl.lit("u")), r"'z' \(String, such as 'u'\)"),
        (pl.from_pandas(frame).with_columns(z=pl.lit(None)), "NaN in the columns 'z'"),
        (frame.assign(z="u").to_numpy(dtype=object), r"numbers: 3 \(text, such as 'u'\)"),
        ([["u", 1]] * 60, r"numbers: 0 \(text, such as 'u'\)"),
    ]:
        with pytest.raises(ValueError, match=words):
            MoEClassifier(2, categorical_features=None).fit(table, y)


def test_warm_start_goes_on(lines):
    X, y = lines
    model = MoERegressor(3, max_iter=2, tol=0.0, warm_start=True, random_state=0)
    with pytest.warns(ConvergenceWarning, match="in 2 passes, the most that max_iter allows"):
        objective = model.fit(X, y).objective_
    model.set_params(max_iter=500, tol=1e-6).fit(X, y)
    assert model.objective_ > objective
    before = model.objective_
    assert model.fit(X, y).objective_ >= before
    assert model.n_iter_ <= 4


@pytest.mark.parametrize("far", [3.0, 10.0])
def test_warm_start_goes_on_where_the_rows_have_moved(far):
    """The gate is sure of every row, and wrong: its curvature does not tell how far to go."""
    rng = np.random.default_rng(8)
    X = rng.standard_normal((500, 2))
    y = X[:, 0] * np.where(X[:, 1] > 0, 1, -2) + 0.3 * rng.standard_normal(500)
    model = MoERegressor(2, random_state=0, warm_start=True).fit(X, y)
    X = X + np.array([far, 0.0])
    before = model.score(X, y)
    assert before < 0 < model.fit(X, y).score(X, y)


@pytest.mark.parametrize(
    "changed",
    [
        {"gate": "gaussian"},
        {"gate": SoftmaxGate(alpha=10.0)},
        {"family": "student_t"},
        {"expert": LinearExpert(alpha=10.0)},
        {"expert": DecisionTreeRegressor(max_depth=3)},
    ],
    ids=str,
)
def test_warm_start_begins_anew_with_other_parts(lines, changed, monkeypatch):
    X, y = lines
    model = MoERegressor(2, warm_start=True, random_state=0).fit(X, y)
    model.set_params(**changed).fit(X, y)
    fresh = MoERegressor(2, random_state=0, **changed).fit(X, y)
    assert_array_equal(model.predict(X), fresh.predict(X))
    # What draws numbers or shares the work is no other part.
    again = clone(model).fit(X, y)
    monkeypatch.setattr("skmoe.estimators._base.fresh_start", None)
    again.set_params(random_state=1, n_jobs=1).fit(X, y)
    assert again.objective_ >= model.objective_ - 1e-9


def test_functions_and_classes_without_a_name_are_the_same_part(lines):
    class Own(LinearExpert):
        pass

    settings = {"gate": "constant", "warm_start": True, "random_state": 0}
    model = MoERegressor(2, expert=Own(columns=lambda X: [0]), **settings).fit(*lines)
    assert model.start_histories_ and not model.fit(*lines).start_histories_
    model.partial_fit(*lines)
    shifted = make_pipeline(FunctionTransformer(lambda X: X + 1), LinearRegression())
    model = MoERegressor(2, expert=shifted, n_init=2, **settings).fit(*lines)
    assert model.start_histories_ and not model.fit(*lines).start_histories_
    model.set_params(expert__functiontransformer__func=lambda X: X + 2)
    assert model.fit(*lines).start_histories_


def test_a_stream_does_not_go_on_with_other_parts(lines):
    X, y = lines
    model = MoERegressor(2, random_state=0).partial_fit(X, y)
    for changed in ({"gate": "gaussian"}, {"family": "laplace"}, {"n_experts": 3}):
        other = copy.deepcopy(model).set_params(**changed)
        with pytest.raises(ValueError, match="have changed since the first batch"):
            other.partial_fit(X, y)
    model.set_params(solver=EM(decay=0.8), random_state=3).partial_fit(X, y)


def test_warm_start_needs_the_same_kind_of_data(lines):
    X, y = lines
    model = MoERegressor(2, warm_start=True, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match=r"2 features and 1 outputs.*warm_start=False"):
        model.fit(np.hstack([X, X]), y)
    classifier = MoEClassifier(2, warm_start=True, random_state=0).fit(X, y > 0)
    with pytest.raises(ValueError, match=r"classes.*warm_start=False"):
        classifier.fit(X, np.where(y > 0, "a", "b"))


class FirstColumnGate(Gate):
    """Everything to the first expert left of zero, to the others right of it: nothing to learn."""

    def initialize(self, n_experts, X, columns=None):
        return self._replaced(n_experts=n_experts, like=X[0, :1] * 0)

    def log_weight(self, X):
        left = np.where(X[:, :1] < 0, 0.99, 0.01)
        rest = np.repeat((1 - left) / (self.n_experts - 1), self.n_experts - 1, axis=1)
        return np.log(np.hstack([left, rest]))

    def statistics(self, X, resp):
        return None

    def update(self, statistics, step=1.0):
        return self

    @property
    def params(self):
        return self.like[:0]

    def with_params(self, params):
        return self

    def n_parameters(self):
        return 0


def test_a_gate_of_ones_own():
    x = np.linspace(-1, 1, 100)[:, None]
    y = np.abs(x[:, 0])
    model = MoERegressor(2, gate=FirstColumnGate(), random_state=0).fit(x, y)
    assert_allclose(model.expert_coef_[:, 0], [-1, 1], rtol=0.05)
    assert not hasattr(model, "gate_coef_")
    assert model.assign(x[:1])[0] == 0


def test_more_starts_are_not_worse(lines):
    X, y, *_ = planted(500, 5, seed=1)
    one, many = (MoERegressor(4, n_init=k, random_state=0).fit(X, y) for k in (1, 20))
    assert many.log_likelihood_ >= one.log_likelihood_ - 1


def test_verbose_prints_every_pass(lines, capsys):
    model = MoERegressor(2, verbose=1, random_state=0).fit(*lines)
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(model.history_) - 1
    assert "objective" in printed[0]


def test_pickle(model, lines):
    X, _ = lines
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))


def test_threads_give_the_same_bits():
    X, y = two_lines(25_000)
    fits = [MoERegressor(2, n_jobs=n, max_iter=5, random_state=0).fit(X, y) for n in (1, 2, 3)]
    for other in fits[1:]:
        assert other.objective_ == fits[0].objective_
        assert_array_equal(other.predict(X), fits[0].predict(X))


class Monitor:
    """Stops after three passes, having seen a mixture that predicts."""

    def __init__(self, X):
        self.X, self.passes = X, 0

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        if context.task_name != "pass":
            return False
        self.passes += 1
        assert np.isfinite(fitted_estimator.predict(self.X)).all()
        return self.passes == 3


@needs_callbacks
def test_a_monitor_stops_the_fit(lines):
    X, y = lines
    monitor = Monitor(X)
    model = MoERegressor(
        4, tol=0.0, random_state=0, gate=SoftmaxGate(0.1), expert=LinearExpert(0.1)
    )
    model.set_callbacks(monitor).fit(X, y)
    assert monitor.passes == 3
    assert len(model.history_) == 4
    assert np.isfinite(model.predict(X)).all()


@needs_callbacks
def test_progress_bar_nests_through_pipeline_and_grid_search(lines, capsys):
    from sklearn.callback import ProgressBar

    search = GridSearchCV(
        make_pipeline(StandardScaler(), MoERegressor(random_state=0)),
        {"moeregressor__n_experts": [1, 2]},
        cv=2,
    )
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(*lines)
    printed = capsys.readouterr().out
    assert "MoERegressor" in printed
    assert "GridSearchCV" in printed


def test_diagram_shows_gate_and_experts(lines):
    html = estimator_html_repr(MoERegressor(3, gate=ConstantGate()))
    assert "ConstantGate" in html
    assert "LinearExpert" in html
    assert "3 experts" in html
    assert "SoftmaxGate" in estimator_html_repr(make_pipeline(MoEClassifier()))


class Interrupt(Monitor):
    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        raise KeyboardInterrupt


@needs_callbacks
def test_an_interrupted_fit_leaves_the_old_one(lines):
    X, y = lines
    model = MoERegressor(2, random_state=0).fit(X, y)
    before = model.predict(X)
    model.set_callbacks(Interrupt(X))
    with pytest.raises(KeyboardInterrupt):
        model.fit(np.hstack([X, X]), -y)
    assert_array_equal(model.predict(X), before)
    fresh = MoERegressor(2).set_callbacks(Interrupt(X))
    with pytest.raises(KeyboardInterrupt):
        fresh.fit(X, y)
    assert not hasattr(fresh, "n_features_in_")
