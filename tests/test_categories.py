"""Data frames with text, categories, flags and numbers, fitted as they are."""

import pickle

import dask.dataframe as dd
import matplotlib
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.compose import make_column_selector
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skmoe import HMEClassifier, MoEClassifier, MoERegressor
from skmoe.exceptions import TooManyParametersWarning
from skmoe.experts import EstimatorExpert, LinearExpert
from skmoe.gates import SoftmaxGate
from skmoe.inspection import ExpertDisplay, GateDisplay, PredictiveDisplay

matplotlib.use("Agg")

NAMES = ["age", "smokes", "job[cook]", "job[nurse]", "job[pilot]", "sex[m]", "zone[1]", "zone[2]"]


@pytest.fixture(scope="module")
def people():
    """Two regimes that the job tells apart."""
    rng = np.random.default_rng(0)
    n = 400
    X = pd.DataFrame(
        {
            "job": rng.choice(["nurse", "cook", "pilot"], n),
            "age": rng.uniform(20, 60, n),
            "sex": pd.Categorical(rng.choice(["m", "f"], n)),
            "zone": pd.Categorical(rng.integers(1, 4, n)),
            "smokes": rng.integers(0, 2, n).astype(bool),
        }
    )
    slope = np.where(X["job"] == "nurse", 1.0, -1.0)
    y = slope * X["age"] / 10 + (X["sex"] == "m") + 0.1 * rng.standard_normal(n)
    return X, y.to_numpy()


@pytest.fixture(scope="module")
def model(people):
    return MoERegressor(2, random_state=0).fit(*people)


def by_hand(X):
    """The columns that stand for the features, the levels in order."""
    columns = [X["age"], X["smokes"], *(X["job"] == job for job in ("cook", "nurse", "pilot"))]
    return np.column_stack([*columns, X["sex"] == "m", *(X["zone"] == i for i in (1, 2, 3))])


def test_a_frame_is_fitted_as_its_columns_would_be(people, model):
    X, y = people
    assert model.score(X, y) > 0.99
    assert model.coef_names_ == [*NAMES, "zone[3]"]
    assert model.categories_ == {
        "job": ["cook", "nurse", "pilot"],
        "sex": ["f", "m"],
        "zone": ["1", "2", "3"],
    }
    assert model.n_features_in_ == 5
    plain = MoERegressor(2, random_state=0).fit(by_hand(X).astype(float), y)
    assert_allclose(model.predict(X), plain.predict(by_hand(X)), atol=1e-3)
    assert_allclose(model.log_likelihood_, plain.log_likelihood_, atol=0.05)
    one = MoERegressor(1).fit(X, y).predict(X)
    assert_allclose(one, MoERegressor(1).fit(by_hand(X).astype(float), y).predict(by_hand(X)))


def test_frames_of_other_kinds_give_the_same(people, model):
    X, y = people
    frames = [
        X.astype({"job": "category", "sex": object}),
        X.astype({"job": "string", "zone": pd.CategoricalDtype(range(1, 9))}),
        X.sample(frac=1, random_state=0),
    ]
    for frame in frames:
        own = pd.Series(y).loc[frame.index]
        assert_array_equal(
            MoERegressor(2, random_state=0).fit(frame, own).predict(X), model.predict(X)
        )
    table = pl.from_pandas(X.astype({"zone": object})).with_columns(
        pl.col("job").cast(pl.Categorical)
    )
    other = MoERegressor(2, random_state=0).fit(
        pl.from_pandas(X.assign(zone=X["zone"].astype(str))), y
    )
    assert_array_equal(
        other.predict(table.with_columns(pl.col("zone").cast(pl.String))), model.predict(X)
    )


def test_codes_in_an_array_are_categories_where_told(people, model):
    X, y = people
    codes = X.assign(**{name: X[name].astype("category").cat.codes for name in ("job", "sex")})
    codes = codes.astype(float).to_numpy()
    told = MoERegressor(2, categorical_features=[0, 2, 3], random_state=0).fit(codes, y)
    assert told.coef_names_[2:5] == ["x0[0]", "x0[1]", "x0[2]"]
    assert_array_equal(told.predict(codes), model.predict(X))
    mask = MoERegressor(2, categorical_features=np.array([1, 0, 1, 1, 0], bool), random_state=0)
    assert_array_equal(mask.fit(codes, y).predict(codes), model.predict(X))
    plain = MoERegressor(2, random_state=0).fit(codes, y)
    assert plain.coef_names_ == [f"x{i}" for i in range(5)] and plain.categories_ == {}


def test_missing_levels_are_a_level_and_unknown_ones_the_average(people):
    X, y = people
    gaps = X.copy()
    gaps.loc[:40, "job"] = None
    mixture = MoERegressor(1).fit(gaps, y)
    assert "job[missing]" in mixture.coef_names_
    row = gaps.iloc[[50]]
    levels = ["cook", "nurse", "pilot", None]
    known = [mixture.predict(row.assign(job=level))[0] for level in levels]
    share = [(gaps["job"] == level).mean() for level in levels[:3]] + [gaps["job"].isna().mean()]
    with pytest.warns(UserWarning, match=r"has not seen in 'job' \(1 rows\)"):
        unknown = mixture.predict(row.assign(job="astronaut"))
    assert_allclose(unknown[0], np.dot(share, known))
    whole = MoERegressor(1).fit(X, y)
    with pytest.warns(UserWarning, match="has not seen in 'sex'"):
        assert np.isfinite(whole.predict(row.assign(sex=None))).all()


@pytest.mark.parametrize("library", [pd, pl])
def test_a_row_without_weight_teaches_no_level(people, model, library):
    X, y = people
    weight = (X["job"] != X["job"].iloc[0]).to_numpy().astype(float)
    frame = library.DataFrame({name: X[name].astype(object).tolist() for name in X})
    some = frame.filter(weight > 0) if library is pl else frame[weight > 0]
    weighted = clone(model).fit(frame, y, sample_weight=weight)
    alone = clone(model).fit(some, y[weight > 0])
    assert weighted.coef_names_ == alone.coef_names_
    assert_array_equal(weighted.predict(some), alone.predict(some))


def test_dates_are_told_apart_in_all_their_units():
    dates = np.array(["2024-02-01", "2024-02-02", "2024-02-03"] * 20, dtype="datetime64[s]")
    frame = pd.DataFrame({"day": pd.Categorical(pd.Series(dates))})
    y = np.tile([0.0, 1.0, 5.0], 20) + 0.1 * np.random.default_rng(0).normal(size=60)
    model = MoERegressor(1).fit(frame, y)
    other = pd.DataFrame({"day": pd.Categorical(pd.Series(dates.astype("datetime64[ns]")))})
    assert_array_equal(model.predict(other), model.predict(frame))


def test_missing_levels_of_object_arrays_are_those_of_frames(people):
    X, y = people
    gaps = X.copy()
    gaps.loc[:40, "job"] = None
    mixture = MoERegressor(1).fit(gaps, y)
    with pytest.warns(UserWarning, match="valid feature names"):
        answer = mixture.predict(gaps.to_numpy(object))
    assert_array_equal(answer, mixture.predict(gaps))
    told = MoERegressor(1, categorical_features=[0, 2, 3]).fit(gaps.to_numpy(object), y)
    assert "x0[missing]" in told.coef_names_ and "x0[None]" not in told.coef_names_


def test_levels_have_names_of_their_own():
    numbers = [1234567, 1234568, 0.3, 0.1 + 0.2]
    X = pd.DataFrame({"a": pd.Categorical(numbers * 10), "b": ["missing", "u", None, "v"] * 10})
    levels = MoERegressor(1).fit(X, np.arange(40.0)).categories_
    assert levels["a"] == ["0.3", "0.30000000000000004", "1234567", "1234568"]
    assert levels["b"] == ["missing", "u", "v", "(missing)"]


def test_what_is_read_of_a_mixture_names_levels(people, model):
    X, y = people
    table = model.explain(X.iloc[:5])
    assert list(table.columns[3:]) == list(X.columns)
    assert_allclose(table.iloc[:, 2:].sum(axis=1), table["prediction"])
    assert "job[nurse]" in str(model.summary(X, y))
    assert {"job[nurse]", "sex[m]"} < {term.name for term in model.inference(X, y).terms}


def test_pictures_move_along_numbers(people, model):
    X, y = people
    assert set(GateDisplay.from_estimator(model, X).feature_names) <= {"age", "smokes"}
    assert PredictiveDisplay.from_estimator(model, X, y=y).feature_name == "age"
    assert "job[nurse]" in ExpertDisplay.from_estimator(model, X).feature_names
    with pytest.raises(ValueError, match="'job' is a category"):
        GateDisplay.from_estimator(model, X, features=["job"])


def test_parts_look_at_features_by_name_and_in_segments(people):
    X, y = people
    gate, expert = SoftmaxGate(columns=["job"]), LinearExpert(columns=["age", "sex"], segments=3)
    mixture = MoERegressor(2, gate=gate, expert=expert, random_state=0).fit(X, y)
    assert mixture.score(X, y) > 0.99
    seen = np.array(mixture.coef_names_)[mixture.gate_coef_[0] != 0]
    assert_array_equal(seen, NAMES[2:5])
    numbers = SoftmaxGate(columns=make_column_selector(dtype_include="number"))
    mixture = MoERegressor(2, gate=numbers, random_state=0).fit(X, y)
    assert [n for n, c in zip(mixture.coef_names_, mixture.gate_coef_[0], strict=True) if c] == [
        "age"
    ]


def test_labels_trees_estimators_and_copies(people):
    X, y = people
    labels = np.where(y > np.median(y), "much", "little")
    mixture = MoEClassifier(2, random_state=0).fit(X, labels)
    assert mixture.score(X, labels) > 0.97
    assert_array_equal(pickle.loads(pickle.dumps(mixture)).predict(X), mixture.predict(X))
    assert HMEClassifier(1, random_state=0).fit(X, labels).score(X, labels) > 0.97
    trees = EstimatorExpert(HistGradientBoostingRegressor(max_iter=5, max_bins=16))
    assert MoERegressor(2, expert=trees, random_state=0, tol=1e-2).fit(X, y).score(X, y) > 0.5


def test_pipelines_and_searches(people):
    X, y = people
    steps = make_pipeline(FunctionTransformer(), MoERegressor(1))
    search = GridSearchCV(steps, {"moeregressor__expert__alpha": [0.1, 1e5]}, cv=2).fit(X, y)
    assert search.best_params_["moeregressor__expert__alpha"] == 0.1
    assert MoERegressor("auto", random_state=0).fit(X, y).n_experts_ == 2


def test_readers_of_a_fitted_mixture_have_levels(people, model):
    X, y = people
    read = lambda: ((X[i : i + 150], y[i : i + 150]) for i in range(0, 400, 150))  # noqa: E731
    assert_allclose(model.score(read), model.score(X, y))
    assert_array_equal(np.concatenate(list(model.predict(read))), model.predict(X))


def test_what_cannot_be_a_category_is_refused(people):
    X, y = people
    with pytest.raises(ValueError, match=r"'id' has 400 different values.*at most 255.*TargetEnc"):
        MoERegressor().fit(X.assign(id=[f"p{i}" for i in range(400)]), y)
    with pytest.raises(ValueError, match=r"columns that are not numbers: 'job'.*'from_dtype'"):
        MoERegressor(categorical_features=None).fit(X, y)
    with pytest.raises(ValueError, match="not numbers: 'day'"):
        MoERegressor().fit(X.assign(day=pd.Timestamp("2020-01-01")), y)
    with pytest.raises(ValueError, match=r"categorical_features='job'.*\['job'\]"):
        MoERegressor(categorical_features="job").fit(X, y)
    with pytest.raises(ValueError, match="the names of X are"):
        MoERegressor(categorical_features=["jobs"]).fit(X, y)
    with pytest.raises(
        ValueError, match="columns \\['job', 'sex', 'zone'\\], whose levels no batch"
    ):
        MoERegressor().partial_fit(X, y)
    with pytest.raises(ValueError, match="dask; a table in memory is allowed"):
        MoERegressor().fit(dd.from_pandas(X, npartitions=2), y)
    with pytest.raises(ValueError, match=r"not numbers: 'job'.*not in batches"):
        MoERegressor().fit_blocks(lambda: [(X, y)])
    with pytest.raises(ValueError, match="list of categorical features"):
        MoERegressor(categorical_features=[0]).fit_blocks(lambda: [(np.ones((9, 1)), np.ones(9))])
    model = MoERegressor(1, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="other levels"):
        model.fit(X[X["job"] != "cook"], y[X["job"] != "cook"])
    with pytest.raises(ValueError, match="feature"):
        model.predict(X[["age", "job"]])


@pytest.mark.parametrize("settings", [{}, {"categorical_features": None}])
def test_tables_whose_columns_cannot_be_told_apart_are_refused(settings):
    x = np.linspace(-1, 1, 20)
    doubled = pd.DataFrame(np.column_stack([x, x**2, x**3]), columns=["a", "b", "a"])
    model = MoERegressor(1, **settings)
    with pytest.raises(ValueError, match=r"several columns of the name 'a'; .* Rename them"):
        model.fit(doubled, x)
    with pytest.raises(ValueError, match=r"Table of pyarrow, .* Pass X\.to_pandas\(\)"):
        model.fit(pa.table({"a": x}), x)
    assert not hasattr(model, "n_features_in_")
    # A number and its text are two names, of which scikit-learn says that one kind is allowed.
    with pytest.raises(TypeError, match="have string names"):
        model.fit(pd.DataFrame(np.column_stack([x, x**2]), columns=[1, "1"]), x)


def test_a_column_of_names_of_rows_is_told():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(100, 2)), columns=["a", "b"])
    X["id"] = [f"row {i}" for i in range(100)]
    with pytest.warns(TooManyParametersWarning, match="'id' has 100 levels in 100 rows"):
        MoERegressor(2, random_state=0).fit(X, X["a"] + 0.1 * rng.normal(size=100))
