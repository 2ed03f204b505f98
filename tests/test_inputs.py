"""Features as columns: in segments, each with a slope of its own."""

import pickle
from itertools import pairwise

import array_api_strict
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeRegressor

from skmoe import HMERegressor, MoEClassifier, MoERegressor
from skmoe.experts import EstimatorExpert, LinearExpert, MLPExpert
from skmoe.gates import MLPGate, SoftmaxGate
from skmoe.inspection import export_text
from skmoe.solvers import Adam

KNOTS = [-1.0, 0.0, 1.0]


def bent(n=400):
    """Two laws left and right of x1 = 0, bent in x0; x2 is 0 or 1, x3 constant."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-2, 2, (n, 4))
    X[:, 2], X[:, 3] = rng.integers(0, 2, n), 7.0
    left = np.abs(X[:, 0]) + 0.5 * X[:, 2]
    y = np.where(X[:, 1] < 0, left, -np.sin(2 * X[:, 0])) + 0.1 * rng.standard_normal(n)
    return X, y


def model(experts=5, gate=1, **options):
    return MoERegressor(
        2,
        gate=SoftmaxGate(segments=gate),
        expert=LinearExpert(segments=experts),
        random_state=0,
        **options,
    )


def in_segments(x, knots):
    """Columns that each move in one segment, written by hand."""
    ends = [-np.inf, *knots, np.inf]
    return np.stack([np.clip(x, *pair) - np.clip(0, *pair) for pair in pairwise(ends)], axis=1)


def test_one_expert_is_least_squares_on_segments():
    rng = np.random.default_rng(0)
    x = np.sort(rng.permutation(np.linspace(-2, 2, 401)))
    y = np.sin(2 * x) + 0.1 * rng.standard_normal(401)
    expert = LinearExpert(alpha=0, segments=4)
    one = MoERegressor(1, gate="constant", expert=expert).fit(x[:, None], y)
    assert one.coef_names_ == ["x0[:-1]", "x0[-1:0]", "x0[0:1]", "x0[1:]"]
    table = np.column_stack([in_segments(x, KNOTS), np.ones(401)])
    coef = np.linalg.lstsq(table, y, rcond=None)[0]
    assert_allclose(np.append(one.expert_coef_, one.expert_intercept_), coef, rtol=1e-8)
    assert one.n_parameters_ == 6
    # Beyond the rows it goes on straight.
    ends = one.predict(np.array([[2.0], [3.0], [4.0]]))
    assert_allclose(np.diff(ends), one.expert_coef_[0, -1], rtol=1e-8)


def test_segments_are_columns_that_could_be_made_by_hand():
    X, y = bent()
    inside = model().fit(X, y)
    wide = [
        in_segments(x, np.quantile(x, [0.2, 0.4, 0.6, 0.8], method="inverted_cdf"))
        for x in X[:, :2].T
    ]
    wide = np.column_stack([X, *wide])
    by_hand = MoERegressor(
        2,
        gate=SoftmaxGate(columns=[0, 1, 2, 3]),
        expert=LinearExpert(columns=[2, 3, *range(4, 14)]),
        init=inside.responsibilities(X, y),
        random_state=0,
    ).fit(wide, y)
    assert inside.score(X, y) > 0.97 > model(experts=1).fit(X, y).score(X, y)
    assert_allclose(inside.log_likelihood_, by_hand.log_likelihood_, rtol=1e-3)
    assert inside.n_parameters_ == by_hand.n_parameters_


def test_names_say_which_part_of_a_feature_they_are_of():
    X, y = bent()
    names = ["height", "width", "flag", "same"]
    mixture = model(experts=3, gate=2).fit(pd.DataFrame(X, columns=names), y)
    own = mixture.coef_names_
    assert [name.partition("[")[0] for name in own] == ["height"] * 5 + ["width"] * 5 + names[2:]
    assert mixture.expert_coef_.shape == mixture.gate_coef_.shape == (2, len(own))
    # Each part has coefficients in its own columns only.
    assert_array_equal(mixture.expert_coef_[0] == 0, [1, 1, 0, 0, 0] * 2 + [0, 1])
    assert_array_equal(mixture.gate_coef_[0] == 0, [0, 0, 1, 1, 1] * 2 + [0, 1])
    terms = mixture.inference(pd.DataFrame(X, columns=names), y).terms
    assert {term.name for term in terms} == {*own[:-1], "intercept", "scale"}
    assert own[2] in export_text(mixture, max_features=20)


def test_terms_of_a_feature_are_put_together():
    X, y = bent()
    table = model().fit(X, y).explain(X[:20])
    assert list(table.columns) == ["weight", "prediction", "intercept", "x0", "x1", "x2", "x3"]
    assert_allclose(table.iloc[:, 2:].sum(axis=1), table["prediction"])


@pytest.mark.parametrize("gate", [1, 3])
def test_units_order_and_repetition_of_rows_do_not_matter(gate):
    X, y = bent(300)
    reference = model(gate=gate).fit(X, y).predict(X)
    assert_allclose(model(gate=gate).fit(1000 * X + 5, y).predict(1000 * X + 5), reference)
    order = np.random.default_rng(1).permutation(300)
    assert_array_equal(model(gate=gate).fit(X[order], y[order]).predict(X), reference)
    twice, weight = np.repeat(np.arange(300), 1 + (X[:, 0] > 0)), 1.0 + (X[:, 0] > 0)
    repeated = model(gate=gate).fit(X[twice], y[twice])
    weighted = model(gate=gate).fit(X, y, sample_weight=weight)
    assert repeated.coef_names_ == weighted.coef_names_
    assert weighted.coef_names_ != model(gate=gate).fit(X, y).coef_names_
    assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-6)
    small = model(gate=gate).fit(X.astype(np.float32), y.astype(np.float32))
    assert_allclose(small.predict(X.astype(np.float32)), reference, atol=0.05)


@pytest.mark.parametrize(
    ("x", "n_columns"),
    [
        (np.repeat([0.0, 1.0], 100), 1),
        (np.repeat([0.0, 1.0, 2.0], 100), 2),
        (np.ones(200), 1),
        (np.append(np.zeros(180), np.arange(1.0, 21.0)), 1),
        (np.append(np.zeros(120), np.arange(1.0, 81.0)), 4),
        (np.arange(39.0), 1),
        (np.arange(100.0), 5),
        (np.arange(1000.0), 8),
    ],
    ids=[
        "binary",
        "three values",
        "constant",
        "mostly zero",
        "zero inflated",
        "few rows",
        "some rows",
        "many rows",
    ],
)
def test_there_are_as_many_segments_as_the_values_tell_apart(x, n_columns):
    y = np.random.default_rng(0).standard_normal(len(x))
    one = MoERegressor(1, gate="constant", expert=LinearExpert(segments=8)).fit(x[:, None], y)
    assert len(one.coef_names_) == n_columns
    assert np.isfinite(one.predict(x[:, None])).all()


def test_large_tables_and_readers_give_the_same_segments():
    X, y = bent(1000)
    whole = model().fit(X, y)
    read = model().fit_blocks(
        lambda: ((X[i : i + 300], y[i : i + 300]) for i in range(0, 1000, 300))
    )
    assert read.coef_names_ == whole.coef_names_
    assert_array_equal(read.predict(X), whole.predict(X))


def test_streams_keep_the_segments_of_their_first_batch():
    X, y = bent(600)
    stream = model().partial_fit(X[:300], y[:300])
    names = stream.coef_names_
    assert stream.partial_fit(X[300:] / 2, y[300:]).coef_names_ == names


def test_classifiers_trees_and_copies():
    X, y = bent()
    labels = MoEClassifier(
        2, expert=LinearExpert(segments=4), gate=SoftmaxGate(segments=2), random_state=0
    ).fit(X, y > np.median(y))
    assert labels.score(X, y > np.median(y)) > 0.9
    assert_array_equal(pickle.loads(pickle.dumps(labels)).predict_proba(X), labels.predict_proba(X))
    tree = HMERegressor(1, gate=SoftmaxGate(segments=3), random_state=0).fit(X, y)
    assert tree.node_coef_.shape == (2, len(tree.coef_names_))


def test_estimators_look_at_features_beside_experts_in_segments():
    X, y = bent()
    trees = EstimatorExpert(DecisionTreeRegressor(max_depth=4), columns=[0, 1])
    mixture = MoERegressor(
        2, gate=SoftmaxGate(segments=4, columns=[1]), expert=trees, tol=1e-3, random_state=0
    ).fit(X, y)
    assert mixture.score(X, y) > 0.3


def test_searches_choose_the_number_of_segments():
    X, _ = bent(200)
    search = GridSearchCV(MoERegressor(1), {"expert__segments": [1, 4]}, cv=2).fit(
        X[:, :1], np.abs(X[:, 0])
    )
    assert search.best_params_ == {"expert__segments": 4}


def test_arrays_of_another_library():
    X, y = bent(200)
    reference = model().fit(X, y).predict(X)
    with config_context(array_api_dispatch=True):
        X, y = array_api_strict.asarray(X), array_api_strict.asarray(y)
        answer = model().fit(X, y).predict(X)
        assert_allclose(np.asarray(answer), reference, rtol=1e-6)


def test_a_constant_gate_asks_for_no_columns():
    X, y = bent()
    mixture = model(init="lines").set_params(gate="constant").fit(X, y)
    assert mixture.expert_.positions is None


@pytest.mark.parametrize("segments", [0, 1.5, "many"])
def test_what_is_no_number_of_segments_is_refused(segments):
    X, y = bent(50)
    with pytest.raises(ValueError, match="segments="):
        model(experts=segments).fit(X, y)


def test_sparse_tables_have_segments_where_they_are_fitted_as_dense_ones():
    X, y = bent(50)
    dense, sparse = (model().fit(table, y) for table in (X, csr_array(X)))
    assert_array_equal(sparse.predict(csr_array(X)), dense.predict(X))
    X = np.column_stack([X, np.zeros((50, 128))])
    with pytest.raises(ValueError, match=r"5 segments were asked for.*of a sparse X.*toarray"):
        model().fit(csr_array(X), y)


def test_networks_look_at_segments():
    X, y = bent(100)
    networks = MLPExpert(hidden_layer_sizes=(4,), segments=4)
    gate = MLPGate(hidden_layer_sizes=(4,), segments=2)
    few = Adam(n_epochs=2, validation_fraction=0)
    mixture = MoERegressor(2, gate=gate, expert=networks, solver=few, random_state=0).fit(X, y)
    # Of two features four columns each, one of a flag and one of what does not vary.
    assert mixture.expert_.networks.layers[0].shape == (2, 4, 11)
    assert mixture.gate_.networks.layers[0].shape == (1, 4, 7)
    assert np.isfinite(mixture.predict(X)).all()


@pytest.fixture(scope="module")
def accurate():
    X, y = bent(300)
    estimator = MoERegressor.accurate(solver=Adam(n_epochs=8), random_state=0)
    return estimator.fit(X, y), X, y


def test_climbs_on_different_segments_are_one_mixture(accurate):
    model, X, y = accurate
    # Each of the four climbs has four experts, two climbs in segments.
    assert len(model.climb_shares_) == 4 and model.n_experts_ == 16
    assert len(model.expert_.banks[0].positions) == 4 < len(model.expert_.banks[1].positions)
    assert [len(own) for own in model.expert_.places] == [8, 8]
    assert_allclose(model.gate_proba(X).sum(axis=1), 1)
    # The mean of the climbs, each by itself, weighed by their shares.
    gate, experts = model.gate_proba(X), model.predict_experts(X)
    shares = gate.reshape(-1, 4, 4).sum(axis=2)
    assert_allclose(shares, np.tile(model.climb_shares_, (300, 1)))
    assert_allclose(model.predict(X), np.sum(gate * experts, axis=1))
    assert_allclose(np.exp(model.score_samples(X, y)), model.predict_dist(X).pdf(y))
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))


def test_accurate_has_the_settings_that_it_is_given():
    assert MoEClassifier.accurate(n_init=2, n_experts=3).get_params()["n_init"] == 2
    assert HMERegressor.accurate().average
    X, y = bent(60)
    X = pd.DataFrame(X).assign(kind=np.where(X[:, 0] > 0, "a", "b")).rename(columns=str)
    labels = MoEClassifier.accurate(solver=Adam(n_epochs=2), n_init=2, random_state=0)
    assert np.isfinite(labels.fit(X, y > 1).predict_proba(X)).all()
