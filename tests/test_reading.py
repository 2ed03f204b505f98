"""Summaries, explanations and the uncertainty of classes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.calibration import calibration_curve
from sklearn.datasets import load_diabetes, load_iris
from sklearn.tree import DecisionTreeRegressor

from skmoe import HMERegressor, MoEClassifier, MoERegressor


@pytest.fixture(scope="module")
def patients():
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    return X[["bmi", "bp"]], y


def test_a_summary_tells_what_the_fit_knows_and_with_the_data_how_certain(patients):
    X, y = patients
    model = HMERegressor(depth=1, random_state=0).fit(X, y)
    text = str(model.summary(X, y))
    assert text.startswith("HMERegressor: 2 x LinearExpert (Gaussian), HierarchicalGate")
    facts = [
        "rows 442",
        f"parameters {model.n_parameters_}",
        f"log-likelihood {model.log_likelihood_:,.2f}",
        f"AIC {model.aic(X, y):,.2f}",
        f"BIC {model.bic(X, y):,.2f}",
        f"ICL {model.icl(X, y):,.2f}",
        f"passes {model.n_iter_}",
    ]
    assert all(fact in text for fact in facts)
    share = model.responsibilities(X, y).mean(axis=0)
    assert f"expert 1   share {share[1]:.1%}" in text
    assert "penalised" in text
    line = next(line for line in text.splitlines() if line.startswith("  bmi"))
    row = model.inference(X, y).to_frame().loc[("experts", 0, "bmi")]
    assert line.split()[1:4] == [
        f"{row['value']:.4g}",
        f"{row['std_error']:.4g}",
        f"{row['z']:.2f}",
    ]
    assert len({line.rstrip()[-1] for line in text.splitlines() if line}) > 1


def test_a_summary_without_data_says_what_is_missing(patients):
    X, y = patients
    model = MoERegressor(2, random_state=0).fit(X, y)
    text = str(model.summary())
    assert "Pass X and y" in text
    assert "std. error" not in text and "ICL" not in text and "share" not in text.split("Pass")[0]
    assert model.summary().to_frame()["std_error"].isna().all()
    with pytest.raises(ValueError, match="X was given without y"):
        model.summary(X)
    with pytest.raises(ValueError, match=r"confidence=1\.5"):
        model.summary(confidence=1.5)


def test_a_stream_has_a_summary_too(patients):
    X, y = patients
    model = MoERegressor(2, random_state=0)
    for rows in np.array_split(np.random.default_rng(0).permutation(len(X)), 3):
        model.partial_fit(X.iloc[rows], y.iloc[rows])
    assert "batches 3" in str(model.summary())
    assert f"BIC {model.bic(X, y):,.2f}" in str(model.summary(X, y))


def test_a_summary_is_html_and_a_frame_too(patients):
    X, y = patients
    X = X.rename(columns={"bmi": "bmi <kg>"})
    model = HMERegressor(depth=1, random_state=0).fit(X, y)
    summary = model.summary(X, y, robust=True, confidence=0.9)
    page = summary._repr_html_()
    assert "bmi &lt;kg&gt;" in page and "<kg>" not in page
    assert page.count("<table>") == page.count("</table>") == 5
    assert "sandwich" in page and "0.05" in page
    frame = summary.to_frame()
    want = model.inference(X, y, robust=True).to_frame(0.9)
    assert frame.equals(want)


def test_a_summary_names_what_the_data_do_not_determine():
    X, y = load_iris(return_X_y=True)
    model = MoEClassifier(2, random_state=0).fit(X[:, :2], y)
    summary = model.summary(X[:, :2], y)
    # Two equal experts: their shares are arbitrary.
    assert "do not determine ['gate 0: intercept', 'gate 1: intercept']" in str(summary)
    assert "infinite" in str(summary)
    assert "2: x0" in str(summary)


def test_experts_without_coefficients_have_a_summary_of_facts(patients):
    X, y = patients
    model = MoERegressor(
        2, gate="gaussian", expert=DecisionTreeRegressor(max_depth=2), random_state=0
    ).fit(X, y)
    text = str(model.summary(X, y))
    assert "no coefficients" in text and "BIC" in text


def test_standard_errors_are_left_out_where_they_are_not_known(patients):
    X, y = patients
    model = MoERegressor(2, expert=DecisionTreeRegressor(max_depth=2), random_state=0).fit(X, y)
    text = str(model.summary(X, y))
    assert "gate, expert 0" in text and "std. error" not in text
    assert "Standard errors of EstimatorExpert" in text


@pytest.mark.parametrize("family", ["gaussian", "poisson"])
def test_terms_add_up_to_predictions(patients, family):
    X, y = patients
    model = MoERegressor(3, family=family, random_state=0).fit(X, y)
    frame = model.explain(X.iloc[5:9])
    assert frame.index.names == ["row", "expert"]
    assert frame.index.get_level_values("row").unique().tolist() == X.index[5:9].tolist()
    total = frame[["intercept", *X.columns]].sum(axis=1)
    want = np.log(frame["prediction"]) if family == "poisson" else frame["prediction"]
    assert_allclose(total, want)
    average = (frame["weight"] * frame["prediction"]).groupby("row").sum()
    assert_allclose(average, model.predict(X.iloc[5:9]))


def test_terms_of_several_targets_and_classes_are_told_apart(patients):
    X, y = patients
    table = X.to_numpy()
    model = MoERegressor(2, random_state=0).fit(table, np.column_stack([y, -2 * y]))
    frame = model.explain(table[:3])
    assert frame.index.names == ["row", "expert", "target"]
    total = frame[["intercept", "x0", "x1"]].sum(axis=1)
    assert_allclose(total, frame["prediction"], rtol=1e-9, atol=1e-9)
    X, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    model = MoEClassifier(2, random_state=0).fit(X, names)
    frame = model.explain(X[:2])
    assert frame.loc[(0, 1)].index.tolist() == ["setosa", "versicolor", "virginica"]
    logits = frame[["intercept", "x0", "x1", "x2", "x3"]].sum(axis=1).to_numpy().reshape(2, 2, 3)
    proba = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    assert_allclose(proba.ravel(), frame["prediction"], atol=1e-9)
    binary = MoEClassifier(2, random_state=0).fit(X, y == 2)
    frame = binary.explain(X[:2])
    odds = frame[["intercept", "x0", "x1", "x2", "x3"]].sum(axis=1)
    assert_allclose(1 / (1 + np.exp(-odds)), frame["prediction"])


def test_only_linear_experts_are_explained(patients):
    X, y = patients
    model = MoERegressor(2, expert=DecisionTreeRegressor(max_depth=2), random_state=0).fit(X, y)
    with pytest.raises(ValueError, match=r"EstimatorExpert.*predict_experts"):
        model.explain(X)


def test_the_uncertainty_of_classes_is_within_and_between_experts():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(600, 2))
    y = X[:, 0] * X[:, 1] > 0
    model = MoEClassifier(2, n_init=5, random_state=0).fit(X, y)
    total, within, between = model.predict_uncertainty(X)
    proba = model.predict_proba(X)
    assert_allclose(total, -np.sum(proba * np.log(np.clip(proba, 1e-300, None)), axis=1), atol=1e-9)
    assert_allclose(within + between, total, atol=1e-9)
    assert (between >= 0).all() and (within >= 0).all()
    # The experts contradict each other where the gate changes hands, and only there.
    order = np.argsort(model.gate_proba(X).max(axis=1))
    assert between[order[:100]].mean() > 5 * between[order[-100:]].mean()
    one = MoEClassifier(1).fit(X, y).predict_uncertainty(X)
    assert_allclose(one.between, 0, atol=1e-12)


def test_labels_are_drawn_from_the_predicted_probabilities():
    X, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    model = MoEClassifier(2, random_state=0).fit(X, names)
    drawn = model.sample(X, 2000, random_state=0)
    assert drawn.shape == (2000, 150)
    share = (drawn == "versicolor").mean(axis=0)
    assert np.abs(share - model.predict_proba(X)[:, 1]).max() < 0.06
    assert model.sample(X, random_state=0).shape == (150,)


def test_predicted_probabilities_are_calibrated():
    rng = np.random.default_rng(0)
    n = 20_000
    X = rng.normal(size=(n, 3))
    odds = np.where(X[:, 0] > 0, 2 * X[:, 1], -1.5 * X[:, 2] + 1)
    y = rng.uniform(size=n) < 1 / (1 + np.exp(-odds))
    model = MoEClassifier(2, n_init=4, random_state=0).fit(X[: n // 2], y[: n // 2])
    proba = model.predict_proba(X[n // 2 :])[:, 1]
    happened, said = calibration_curve(y[n // 2 :], proba, n_bins=10, strategy="quantile")
    # Ten bins of a thousand rows: three standard errors of a share.
    assert (np.abs(happened - said) < 3 * np.sqrt(said * (1 - said) / 1000)).all()
