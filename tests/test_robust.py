"""Bad input, and input that is allowed but hard."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from skmoe import MoEClassifier, MoERegressor
from skmoe.exceptions import DegenerateWarning
from skmoe.experts import LinearExpert, MixedExpert
from skmoe.gates import GaussianGate, HierarchicalGate, QuadraticGate, SoftmaxGate, TopKGate
from skmoe.solvers import EM

from .choosing import every_value
from .data import two_lines

X, Y = two_lines(60)
LABELS = np.where(Y > 0, "a", "b")
DATES = np.datetime64("2020-01-01", "D") + np.arange(120).reshape(60, 2)
BAD = np.where(np.arange(60)[:, None] == 3, np.nan, X)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_experts": 0}, "n_experts=0 .*integer of at least 1"),
        ({"n_experts": 2.0}, "n_experts=2.0 .*integer"),
        ({"n_experts": True}, "n_experts=True .*integer"),
        ({"n_experts": 61}, "n_experts=61 .*60 samples.*at most"),
        ({"gate": "soft"}, "gate='soft' .*'softmax'"),
        ({"gate": SoftmaxGate}, "gate=.*a class"),
        ({"expert": "tree"}, "expert='tree' .*'linear'"),
        ({"solver": "sgd"}, "solver='sgd' .*'em'"),
        ({"init": "zeros"}, "init='zeros' .*'kmeans'"),
        ({"n_init": 0}, "n_init=0"),
        ({"max_iter": -1}, "max_iter=-1"),
        ({"tol": -1.0}, "tol=-1.0"),
        ({"tol": np.nan}, "tol=nan"),
        ({"solver": EM(memory=-1)}, "memory=-1"),
        ({"gate": SoftmaxGate(alpha=-1)}, "alpha=-1"),
        ({"expert": LinearExpert(alpha="much")}, "alpha='much' .*'auto'"),
        ({"gate": SoftmaxGate(columns=["a"])}, "column 'a'.*no column names"),
        ({"gate": SoftmaxGate(columns="a")}, r"columns=\['a'\]"),
        ({"expert": LinearExpert(columns=[2])}, "column 2.*from -2 to 1"),
        ({"expert": LinearExpert(columns=[0, 0])}, "twice"),
        ({"expert": LinearExpert(columns=[True])}, "mask of 1 columns"),
        ({"warm_start": np.array([1, 2])}, "warm_start=.*True or False"),
        ({"average": "no"}, "average='no' .*True or False"),
        ({"n_jobs": 0}, "n_jobs=0 .*n_jobs=-1"),
        ({"n_jobs": "all"}, "n_jobs='all' .*n_jobs=-1"),
        ({"verbose": None}, "verbose=None .*at least 0"),
        ({"init": np.zeros(60, dtype=complex)}, "entries that are not numbers"),
        ({"expert": MixedExpert([(1, "linear")])}, r"a list of \(name, expert\)"),
    ],
)
@pytest.mark.parametrize("kind", [MoERegressor, MoEClassifier])
def test_bad_settings(kind, settings, message):
    with pytest.raises(ValueError, match=message):
        kind(**settings).fit(X, Y if kind is MoERegressor else LABELS)


def test_bad_family():
    with pytest.raises(ValueError, match=r"family='gauss' .*'gaussian'"):
        MoERegressor(family="gauss").fit(X, Y)


@pytest.mark.parametrize(
    ("X", "y", "weight", "message"),
    [
        (BAD, Y, None, "NaN"),
        (np.where(np.isnan(BAD), np.inf, BAD), Y, None, "infinity"),
        (X, BAD[:, 0], None, "NaN"),
        (X, Y, BAD[:, 0], "NaN"),
        (X, Y, np.where(np.arange(60) == 2, -1.0, 1.0), "[Nn]egative.*at least 0"),
        (X, Y, np.zeros(60), "zero"),
        (X, Y[:-1], None, "inconsistent"),
        (X, Y, ["a"] * 60, "sample_weight is not made of numbers.*'a'"),
        (X, Y, csr_array(np.ones((60, 1))), "sample_weight is sparse"),
        (X, Y, DATES[:, 0], "sample_weight holds dates"),
        (X, DATES[:, 0], None, "y holds dates.*days since"),
        (X, csr_array(Y[:, None]), None, "y is sparse.*toarray"),
        (X, pd.Series(["a", None] * 30, dtype="string"), None, "y contains NaN"),
        (DATES, Y, None, r"not numbers: 0 \(datetime64.*days since"),
        (pd.DataFrame({"day": DATES[:, 0]}), Y, None, "'day' .*datetime64"),
        (pl.DataFrame({"a": X[:, 0], "day": DATES[:, 0]}), Y, None, "'day' .*datetime64"),
        (np.zeros((60, 2), dtype=[("a", float)]), Y, None, "not numbers"),
        (pd.DataFrame(), Y, None, "without columns"),
        (pl.LazyFrame({"a": X[:, 0]}), Y, None, r"Pass X.collect\(\)"),
        (X, LABELS, None, "X or y holds text.*MoEClassifier"),
        (np.repeat(X[:2], 30, axis=0), np.repeat(Y[:2], 30), None, "2 distinct samples"),
    ],
)
def test_bad_data(X, y, weight, message):
    model = MoERegressor(3)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y, sample_weight=weight)
    assert not hasattr(model, "n_features_in_")


def test_labels_of_several_kinds():
    labels = np.where(np.arange(60) == 3, None, LABELS.astype(object))
    with pytest.raises(ValueError, match=r"no order.*'NoneType'.*all text or all numbers"):
        MoEClassifier().fit(X, labels)


def test_a_continuous_target_is_no_label():
    with pytest.raises(ValueError, match="continuous"):
        MoEClassifier().fit(X, Y)


def test_other_columns_and_labels_than_in_fit():
    model = MoERegressor(2, random_state=0).fit(X, Y)
    with pytest.raises(ValueError, match="3 features"):
        model.predict(np.hstack([X, X[:, :1]]))
    with pytest.raises(ValueError, match="60 rows and y has 59"):
        model.score_samples(X, Y[:-1])
    classifier = MoEClassifier(2, random_state=0).fit(X, LABELS)
    with pytest.raises(ValueError, match=r"'c'.*not seen"):
        classifier.score_samples(X, np.where(Y > 1, "c", LABELS))


@pytest.mark.parametrize(
    "labels",
    [[None] * 60, ["a", 1] * 30, [{}] * 60, pd.Series(["a", None] * 30, dtype="string")],
    ids=["None", "mixed", "dict", "NA"],
)
def test_strange_labels_are_refused_in_words(labels):
    classifier = MoEClassifier(2, random_state=0, max_iter=3, tol=1.0).fit(X, LABELS)
    labels = labels if isinstance(labels, pd.Series) else np.array(labels, dtype=object)
    with pytest.raises(ValueError, match=r"which fit has not seen|NaN"):
        classifier.responsibilities(X, labels)


@pytest.mark.parametrize("classes", [[], "ab", 3, [np.nan, 1.0], [["a", "b"]]])
def test_strange_classes_are_refused_in_words(classes):
    with pytest.raises(ValueError, match=r"classes=.*all_labels"):
        MoEClassifier(2).partial_fit(X, LABELS, classes=classes)


def test_questions_before_the_fit():
    for model in (MoERegressor(), MoEClassifier()):
        for question in ("responsibilities", "score_samples"):
            with pytest.raises(NotFittedError):
                getattr(model, question)(X, Y)
    with pytest.raises(NotFittedError):
        MoERegressor().predict_quantiles(X)


def test_strange_levels_values_and_sizes():
    model = MoERegressor(1).fit(X, Y)
    for levels in ("a", ["a"], {}, [[0.1], [0.2, 0.3]]):
        with pytest.raises(ValueError, match=r"q=.*numbers"):
            model.predict_quantiles(X, levels)
    with pytest.raises(ValueError, match=r"values='a'.*numbers"):
        model.predict_dist(X).cdf("a")
    with pytest.raises(ValueError, match=r"q=\['a'\] .*numbers"):
        model.predict_dist(X).isf(["a"])
    with pytest.raises(ValueError, match=r"shape \(2,\) .*broadcast"):
        model.predict_dist(X).ppf([0.1, 0.9])
    for drawing in (model, MoEClassifier(1).fit(X, LABELS)):
        for size in (-1, 1.5, "a", True, (2, None)):
            with pytest.raises(ValueError, match=r"size=.*whole number"):
                drawing.sample(X, size)


def test_the_largest_numbers_of_both_signs():
    model = MoERegressor(1).fit(X, Y)
    assert np.isfinite(model.predict(np.where(X > 0, 1.7e308, -1.7e308))).all()


def test_a_class_as_a_part_has_a_diagram():
    assert "SoftmaxGate" in MoERegressor(gate=SoftmaxGate)._repr_html_()


def finite(model, X):
    far = np.vstack([X, np.full((1, X.shape[1]), 1e200), np.full((1, X.shape[1]), -1e200)])
    proba = model.gate_proba(far)
    assert_allclose(proba.sum(axis=1), 1)
    assert np.isfinite(model.predict_experts(far)).all()
    assert np.isfinite(model.score_samples(far)).all()
    if hasattr(model, "predict_proba"):
        assert_allclose(model.predict_proba(far).sum(axis=1), 1)
        assert np.isfinite(model.predict_log_proba(far)).all()
    else:
        assert np.isfinite(model.predict(far)).all()
    for value in vars(model).values():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            assert np.isfinite(value).all()


PENALTIES = [{}, {"gate": SoftmaxGate(alpha=0), "expert": LinearExpert(alpha=0)}]


GATES = [
    *(GaussianGate(kind) for kind in ("full", "tied", "diag", "spherical")),
    GaussianGate("diag", prior_rows=0, refine=True),
    QuadraticGate(),
    HierarchicalGate(),
    TopKGate(k=2),
    LogisticRegression(),
]
SETTINGS = [*PENALTIES, *({"gate": gate} for gate in GATES)]
TABLES = {
    "duplicated columns": np.hstack([X, X]),
    "constant column": np.hstack([X, np.full((60, 1), 7.0)]),
    "huge constant": np.column_stack([np.full(60, 1e150), np.arange(60.0)]),
    "tiny column": np.hstack([X, 1e-300 * X]),
    "huge column": np.hstack([X, 1e200 * X]),
    "more columns than rows": np.random.default_rng(0).standard_normal((60, 90)),
}


@pytest.mark.parametrize(
    ("kind", "settings", "name"), every_value([MoERegressor, MoEClassifier], SETTINGS, TABLES)
)
def test_hard_columns(kind, settings, name):
    table = TABLES[name]
    model = kind(3, random_state=0, n_init=4, max_iter=50, **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(table, Y if kind is MoERegressor else LABELS)
    finite(model, table)


@pytest.mark.parametrize("settings", PENALTIES, ids=["default", "unpenalised"])
def test_separable_gate(settings):
    x = np.linspace(-1, 1, 80)[:, None]
    y = np.where(x[:, 0] > 0, 5.0, -5.0) + 0.01 * np.sin(40 * x[:, 0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MoERegressor(2, random_state=0, n_init=4, **settings).fit(x, y)
        labels = MoEClassifier(2, random_state=0, n_init=4, **settings).fit(x, y > 0)
    finite(model, x)
    finite(labels, x)
    assert model.score(x, y) > 0.99
    assert labels.score(x, y > 0) == 1


@pytest.mark.parametrize("kind", [MoERegressor, MoEClassifier])
def test_one_row_per_expert(kind):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = kind(5, random_state=0).fit(X[:5], Y[:5] if kind is MoERegressor else LABELS[:5])
    finite(model, X)


def test_constant_target():
    model = MoERegressor(2, random_state=0)
    with pytest.warns(match="degenerate"):
        model.fit(X, np.full(60, 3.0))
    assert_allclose(model.predict(X), 3)


def test_a_degenerate_fit_says_so():
    x = X[:60, :1]
    exact = np.arange(60) < 30
    y = np.where(exact, 2 * x[:, 0], Y[:60])
    # The race would avoid it.
    model = MoERegressor(2, gate="constant", expert=LinearExpert(alpha=0.0), init=exact)
    with pytest.warns(DegenerateWarning, match=r"min_scale=0.001.*fewer experts"):
        model.fit(x, y)
    assert "degenerate" in str(model.summary())
    finite(model, x)
