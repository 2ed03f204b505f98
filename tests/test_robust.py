"""Bad input, and input that is allowed but hard."""

import warnings
from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression

from skmoe import MoEClassifier, MoERegressor
from skmoe.exceptions import DegenerateWarning
from skmoe.experts import LinearExpert
from skmoe.gates import GaussianGate, HierarchicalGate, QuadraticGate, SoftmaxGate, TopKGate
from skmoe.solvers import EM

from .choosing import every_value
from .data import two_lines

X, Y = two_lines(60)
LABELS = np.where(Y > 0, "a", "b")
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
        (X, LABELS, None, "X or y holds text.*MoEClassifier"),
        (np.repeat(X[:2], 30, axis=0), np.repeat(Y[:2], 30), None, "2 distinct samples"),
    ],
)
def test_bad_data(X, y, weight, message):
    model = MoERegressor(3)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y, sample_weight=weight)
    assert not hasattr(model, "n_features_in_")


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
    ("model", "name"), every_value(product((MoERegressor, MoEClassifier), SETTINGS), TABLES)
)
def test_hard_columns(model, name):
    kind, settings = model
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
