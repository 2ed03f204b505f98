"""Libraries that take any estimator take those of skmoe; pyproject.toml has a group of them."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split

from skmoe import TRUSTED_TYPES, MoEClassifier, MoERegressor
from skmoe.experts import LinearExpert
from skmoe.gates import SoftmaxGate

pytestmark = pytest.mark.full

REASON = "{} is in the group friends, not in test"


def friend(name):
    return pytest.importorskip(name, reason=REASON.format(name.partition(".")[0]))


@pytest.fixture(scope="module")
def hinge():
    """Rows of a bent line and of a column that does not matter."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(900, 2))
    return X, np.abs(X[:, 0]) + 0.1 * rng.normal(size=900)


def test_optuna_finds_the_number_of_experts(hinge):
    optuna = friend("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    X, y = (part[:300] for part in hinge)
    model = MoERegressor(random_state=0)

    def score(trial):
        own = {
            "n_experts": trial.suggest_int("n_experts", 1, 2),
            "expert__alpha": trial.suggest_float("expert__alpha", 1e-2, 1e2, log=True),
        }
        return cross_val_score(clone(model).set_params(**own), X, y, cv=3).mean()

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(score, n_trials=8)
    assert study.best_params["n_experts"] == 2 and study.best_value > 0.8
    best = clone(model).set_params(**study.best_params)
    assert cross_val_score(best, X, y, cv=3).mean() == study.best_value


def test_shap_takes_predictions_apart(hinge):
    shap = friend("shap")
    X, y = hinge
    parts = {"gate": SoftmaxGate(columns=[0]), "expert": LinearExpert(columns=[0])}
    model = MoERegressor(2, **parts, random_state=0)
    told = shap.Explainer(model.fit(X, y).predict, X[:100])(X[:20])
    assert_allclose(told.values.sum(axis=1) + told.base_values, model.predict(X[:20]))
    # What neither gate nor experts look at has no share in it.
    assert np.abs(told.values[:, 1]).max() < 1e-12 < np.abs(told.values[:, 0]).min()
    # No tool takes a mixture for one linear model; the page on reading says to pass the method.
    with pytest.raises(TypeError, match="not callable"):
        shap.Explainer(model, X[:100])


def test_shap_takes_probabilities_apart(hinge):
    shap = friend("shap")
    X, y = hinge
    model = MoEClassifier(2, random_state=0).fit(X, y > 0.5)
    told = shap.Explainer(model.predict_proba, X[:100])(X[:20])
    assert_allclose(told.values.sum(axis=1) + told.base_values, model.predict_proba(X[:20]))


@pytest.fixture(scope="module")
def trips(hinge):
    """A table as it comes: numbers with gaps, dates, and text of few and of many values."""
    X, y = hinge
    rows = np.arange(len(X))
    frame = pd.DataFrame(
        {
            "x": np.where(rows % 50 == 0, np.nan, X[:, 0]),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rows % 365, unit="D"),
            "place": np.array(["north", "south"], dtype=object)[rows % 2],
            "note": [f"trip number {i} to {'sea' if i % 3 else 'hills'}" for i in rows],
        }
    )
    return frame, y + (rows % 2)


def test_skrub_prepares_a_table_for_a_mixture(trips):
    skrub = friend("skrub")
    frame, y = trips
    pipeline = skrub.tabular_pipeline(MoERegressor(2, random_state=0))
    pipeline.set_output(transform="pandas")  # or the mixture learns no names
    train, test, y_train, y_test = train_test_split(frame, y, random_state=0)
    assert pipeline.fit(train, y_train).score(test, y_test) > 0.9
    names = pipeline[-1].coef_names_
    assert "x" in names and any("place" in name for name in names)


def test_mapie_calibrates_intervals_on_rows_held_back(hinge):
    regression = friend("mapie.regression")
    (X, y), (X_held, y_held), (X_new, y_new) = thirds(hinge)
    model = MoERegressor(2, random_state=0).fit(X, y)
    conformal = regression.SplitConformalRegressor(model, confidence_level=0.9, prefit=True)
    mean, interval = conformal.conformalize(X_held, y_held).predict_interval(X_new)
    assert_array_equal(mean, model.predict(X_new))
    assert 0.85 < within(interval, y_new) < 0.95


def test_mapie_calibrates_intervals_by_cross_validation(hinge):
    regression = friend("mapie.regression")
    (X, y), _, (X_new, y_new) = thirds(hinge)
    model = MoERegressor(2, random_state=0)
    conformal = regression.CrossConformalRegressor(model, confidence_level=0.9, cv=3)
    _, interval = conformal.fit_conformalize(X, y).predict_interval(X_new)
    assert 0.85 < within(interval, y_new) < 0.95


class Quantile(RegressorMixin, BaseEstimator):
    """A quantile of a fitted mixture, as an estimator of its own; it stands in the guide too."""

    fitted_ = True  # MAPIE looks for a name like it

    def __init__(self, model, level):
        self.model, self.level = model, level

    def fit(self, X, y):
        return self

    def predict(self, X):
        return self.model.predict_quantiles(X, self.level)


def test_mapie_calibrates_quantiles_which_are_wide_where_y_is(hinge):
    regression = friend("mapie.regression")
    X, y = hinge
    # Noise that grows along x, of which quantiles know and one width for all rows does not.
    y = y + (X[:, 0] > 0) * np.random.default_rng(1).normal(size=len(y))
    (X, y), (X_held, y_held), (X_new, y_new) = thirds((X, y))
    model = MoERegressor(2, random_state=0).fit(X, y)
    three = [Quantile(model, level) for level in (0.05, 0.95, 0.5)]
    conformal = regression.ConformalizedQuantileRegressor(three, confidence_level=0.9, prefit=True)
    _, interval = conformal.conformalize(X_held, y_held).predict_interval(X_new)
    assert 0.85 < within(interval, y_new) < 0.95
    width = (interval[:, 1] - interval[:, 0])[:, 0]
    assert np.median(width[X_new[:, 0] > 0.2]) > 3 * np.median(width[X_new[:, 0] < -0.2])


def test_mapie_calibrates_sets_of_labels(hinge):
    classification = friend("mapie.classification")
    (X, y), (X_held, y_held), (X_new, y_new) = thirds((hinge[0], np.digitize(hinge[1], [0.3, 0.6])))
    model = MoEClassifier(3, random_state=0).fit(X, y)
    conformal = classification.SplitConformalClassifier(model, confidence_level=0.9, prefit=True)
    labels, sets = conformal.conformalize(X_held, y_held).predict_set(X_new)
    assert_array_equal(labels, model.predict(X_new))
    held = sets[np.arange(len(y_new)), y_new, 0]
    assert 0.85 < held.mean() < 0.95


# -- MLflow, whose warnings are of its own dependencies ------------------------------------------

OF_MLFLOW = pytest.mark.filterwarnings("ignore")

# Without requirements MLflow finds them out in another process, which takes seconds.
STORED = {
    "serialization_format": "skops",
    "skops_trusted_types": TRUSTED_TYPES,
    "pip_requirements": ["skmoe"],
}


@pytest.fixture
def mlflow(tmp_path, monkeypatch):
    """MLflow with runs in a folder of the test, logging scikit-learn by itself."""
    mlflow = friend("mlflow")
    friend("mlflow.sklearn")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri((tmp_path / "runs").as_uri())
    mlflow.sklearn.autolog(log_models=False, silent=True)
    yield mlflow
    mlflow.sklearn.autolog(disable=True)
    mlflow.set_tracking_uri(before)


@OF_MLFLOW
def test_mlflow_stores_a_model_without_code_and_serves_it(hinge, tmp_path, mlflow):
    X, y = hinge
    model = MoERegressor(2, random_state=0).fit(X, y)
    mlflow.sklearn.save_model(model, tmp_path / "model", **STORED)
    for load in (mlflow.sklearn.load_model, mlflow.pyfunc.load_model):
        assert_array_equal(load(str(tmp_path / "model")).predict(X), model.predict(X))


@OF_MLFLOW
def test_mlflow_logs_searches_by_itself(hinge, mlflow):
    X, y = (part[:300] for part in hinge)
    with mlflow.start_run() as run:
        search = GridSearchCV(MoERegressor(random_state=0), {"n_experts": [1, 2]}, cv=3)
        search.fit(X, y)
    logged = mlflow.get_run(run.info.run_id).data
    assert logged.params["best_n_experts"] == "2"
    assert_allclose(logged.metrics["best_cv_score"], search.best_score_)


@OF_MLFLOW
def test_mlflow_logs_a_mixture_alone_when_it_is_told_to(hinge, mlflow):
    X, y = (part[:300] for part in hinge)
    with mlflow.start_run() as run:
        model = MoERegressor(2, random_state=0).fit(X, y)
        by_itself = mlflow.get_run(run.info.run_id).data
        mlflow.log_params(model.get_params(deep=False))
        mlflow.log_metric("log_likelihood", model.log_likelihood_)
        told = mlflow.sklearn.log_model(model, name="model", **STORED)
    logged = mlflow.get_run(run.info.run_id).data
    assert by_itself.params == {} and logged.params["n_experts"] == "2"
    assert_allclose(logged.metrics["log_likelihood"], model.log_likelihood_)
    assert_array_equal(mlflow.sklearn.load_model(told.model_uri).predict(X), model.predict(X))


# -- dask-ml, which spreads an estimator that knows nothing of dask over partitions ---------------


def test_dask_ml_predicts_partition_by_partition_and_learns_from_one_after_the_other(hinge):
    wrappers = friend("dask_ml.wrappers")
    da = friend("dask.array")
    X, y = hinge
    far = da.from_array(X, chunks=(300, 2)), da.from_array(y, chunks=300)
    model = MoERegressor(2, random_state=0)
    spread = wrappers.ParallelPostFit(model).fit(X, y)
    assert_array_equal(spread.predict(far[0]).compute(), model.predict(X))
    learnt = wrappers.Incremental(model, shuffle_blocks=False).fit(*far)
    one = clone(model)
    for first in range(0, 900, 300):
        one.partial_fit(X[first : first + 300], y[first : first + 300])
    assert_array_equal(learnt.predict(far[0]).compute(), one.predict(X))


def thirds(table):
    """Rows in three parts: to fit, to calibrate, and new ones."""
    X, y = table
    return [(X[i::3], y[i::3]) for i in range(3)]


def within(interval, y):
    """The share of targets inside intervals (n, 2, 1)."""
    return np.mean((interval[:, 0, 0] <= y) & (y <= interval[:, 1, 0]))
