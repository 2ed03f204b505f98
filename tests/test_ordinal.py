"""Ordered classes: independent references, the order of labels, what experts share, bad data."""

import numpy as np
import polars as pl
import pytest
from matplotlib import pyplot
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize
from scipy.special import expit
from sklearn import config_context
from sklearn.datasets import load_diabetes
from sklearn.exceptions import DataConversionWarning
from sklearn.tree import DecisionTreeClassifier

from skmoe import HMEClassifier, MoEClassifier, MoERegressor
from skmoe._rows.arrays import array_namespace
from skmoe.exceptions import EmptyClassWarning
from skmoe.experts import LinearExpert, MixedExpert, MLPExpert
from skmoe.families import Categorical, Gaussian, Ordinal
from skmoe.gates import SoftmaxGate
from skmoe.inspection import TreeDisplay, export_text
from skmoe.readers import ArrayReader
from skmoe.testing._backends import as_host

from .choosing import OTHER_BACKENDS

FREE = LinearExpert(alpha=0.0)
NAMES = np.array(["awful", "poor", "fair", "good", "superb"])
BORDERS = [[-3, -1, 2, 3], [-2, 0, 1, 4]]


def answers(n=900, seed=0):
    """Answers 0 to 4 of two kinds of people, who are told apart by the first column."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-2, 2, size=(n, 3))
    first = X[:, 0] < 0
    score = np.where(first, -3 * X[:, 1] + X[:, 2], 3 * X[:, 1]) + rng.logistic(size=n)
    codes = [np.digitize(score, borders) for borders in BORDERS]
    return X, np.where(first, *codes)


def of_diabetes():
    X, y = load_diabetes(return_X_y=True, scaled=False)
    return X[:, [2, 3]], np.digitize(y, [75, 120, 180, 250])


def log_likelihood(params, X, y):
    """Of one expert: coefficients, then thresholds."""
    coef, thresholds = params[: X.shape[1]], params[X.shape[1] :]
    edges = np.concatenate([[-np.inf], thresholds, [np.inf]])
    eta = X @ coef
    return np.sum(np.log(expit(edges[y + 1] - eta) - expit(edges[y] - eta)))


def slopes(params, *data):
    steps = 1e-5 * np.eye(len(params))
    ends = [[log_likelihood(params + sign * own, *data) for sign in (1, -1)] for own in steps]
    return np.subtract(*np.transpose(ends)) / 2e-5


def params_of(model, expert=0):
    return np.concatenate([model.expert_coef_[expert], model.expert_thresholds_[expert]])


# -- independent references -------------------------------------------------------------------


def test_one_expert_is_the_ordered_logit_of_statsmodels():
    X, y = of_diabetes()
    model = MoEClassifier(1, family="ordinal", expert=FREE, tol=1e-12).fit(X, y)
    # statsmodels 0.15.0, OrderedModel(y, X, distr="logit").fit(method="newton") on scaled columns.
    assert_allclose(model.log_likelihood_, -610.5160940677242, rtol=1e-11)
    assert_allclose(model.expert_coef_, [[0.23081706765888, 0.03950789100475]], rtol=1e-7)
    thresholds = [[7.914014979759, 9.278153605977, 10.582613219861, 12.139728646425]]
    assert_allclose(model.expert_thresholds_, thresholds, rtol=1e-7)
    errors = model.inference(X, y).std_errors["expert_coef_"]
    assert_allclose(errors, [[0.02387126366617, 0.00713403776856]], rtol=1e-6)


def test_one_expert_is_at_the_maximum_of_the_likelihood():
    X, y = of_diabetes()
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    model = MoEClassifier(1, family="ordinal", expert=FREE, tol=1e-12).fit(X, y)

    def params(free):
        # The thresholds from the first one and the logarithms of the distances.
        steps = np.concatenate([free[2:3], np.exp(free[3:])])
        return np.concatenate([free[:2], np.cumsum(steps)])

    start = np.array([0.0, 0, -1, 0, 0, 0])
    best = minimize(lambda free: -log_likelihood(params(free), X, y), start, tol=1e-8)
    assert_allclose(model.log_likelihood_, -best.fun, rtol=1e-10)
    assert_allclose(params_of(model), params(best.x), atol=1e-4)
    assert_allclose(slopes(params_of(model), X, y), 0, atol=1e-4)
    assert model.n_parameters_ == 6


def test_many_classes_reach_the_maximum_too():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 2))
    score = X @ [1.5, -1] + rng.logistic(size=600)
    y = np.digitize(score, np.quantile(score, np.linspace(0, 1, 51)[1:-1]))
    model = MoEClassifier(1, family="ordinal", expert=FREE, tol=1e-12).fit(X, y)
    assert model.expert_thresholds_.shape == (1, 49)
    assert_allclose(slopes(params_of(model), X, y), 0, atol=1e-4)


@pytest.mark.parametrize("alpha", [0.0, 1.0, "auto"])
def test_two_classes_are_those_of_logistic_regression(alpha):
    X, y = answers(300)
    words = {"expert": LinearExpert(alpha=alpha), "gate": "constant", "tol": 1e-12}
    words |= {"init": X[:, 0] > 0, "random_state": 0}
    ordinal = MoEClassifier(2, family="ordinal", **words).fit(X, y > 2)
    logistic = MoEClassifier(2, **words).fit(X, y > 2)
    assert ordinal.n_parameters_ == logistic.n_parameters_
    assert_allclose(ordinal.predict_proba(X), logistic.predict_proba(X), atol=1e-4)
    assert_allclose(-ordinal.expert_thresholds_[:, 0], logistic.expert_intercept_, atol=1e-3)
    ours, theirs = ordinal.explain(X[:5]), logistic.explain(X[:5])
    assert list(ours.index) == list(theirs.index)
    assert_allclose(ours, theirs, atol=1e-2)


def test_classes_in_the_opposite_order_give_the_mirrored_fit():
    X, y = answers(400)
    words = {"expert": LinearExpert(alpha=0.3), "gate": SoftmaxGate(alpha=0.3), "tol": 1e-12}
    words |= {"family": "ordinal", "init": X[:, 0] > 0}
    model, mirrored = (MoEClassifier(2, **words).fit(X, own) for own in (y, 4 - y))
    assert_allclose(mirrored.objective_, model.objective_, rtol=1e-9)
    assert_allclose(mirrored.expert_coef_, -model.expert_coef_, atol=1e-4)
    assert_allclose(mirrored.expert_thresholds_, -model.expert_thresholds_[:, ::-1], atol=1e-4)
    assert_allclose(mirrored.predict_proba(X), model.predict_proba(X)[:, ::-1], atol=1e-5)


def test_two_planted_experts_are_found_with_thresholds_of_their_own():
    X, y = answers(4000)
    model = MoEClassifier(2, family="ordinal", random_state=0).fit(X, y)
    first = int(model.gate_coef_[0, 0] > 0)
    assert_allclose(model.expert_coef_[first], [0, -3, 1], atol=0.3)
    assert_allclose(model.expert_coef_[1 - first], [0, 3, 0], atol=0.3)
    assert_allclose(model.expert_thresholds_[[first, 1 - first]], BORDERS, atol=0.4)
    assert model.n_parameters_ == 2 * (3 + 4) + 4
    assert np.diff(model.history_).min() > -1e-9 * abs(model.objective_)
    X, y = answers(2000, seed=1)
    one, plain = MoEClassifier(1, family="ordinal").fit(X, y), MoEClassifier(2, random_state=0)
    plain.fit(X, y)
    loss = [-own.score_samples(*answers(4000, seed=2)).mean() for own in (model, plain, one)]
    assert loss[0] < loss[1] < loss[2]


# -- climbs ---------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::skmoe.exceptions.NotConvergedWarning")
@pytest.mark.parametrize(
    "expert",
    [LinearExpert(), LinearExpert(0.2), MLPExpert((3,), "tanh"), MLPExpert((3,), "tanh", True)],
    ids=str,
)
def test_gradients_are_those_of_the_objective(expert):
    X, y = answers(200)
    words = {"family": "ordinal", "random_state": 0, "max_iter": 5}
    mixture = MoEClassifier(2, expert=expert, **words).fit(X, y)._mixture
    rng = np.random.default_rng(0)
    mixture = mixture.with_params(mixture.params + 0.1 * rng.normal(size=mixture.params.shape))
    rows = np.column_stack([X, np.ones(len(X))]), y[:, None] * 1.0, np.ones(len(X))

    def objective(params):
        own = mixture.with_params(params)
        return float(own.log_likelihood(*rows)) + own.log_prior()

    got = mixture.value_and_gradient(*rows)[1] + mixture.log_prior_gradient()
    steps = 1e-5 * np.eye(len(got))
    at = mixture.params
    numeric = [(objective(at + own) - objective(at - own)) / 2e-5 for own in steps]
    assert_allclose(got, numeric, rtol=1e-4, atol=1e-4)


def test_climbs_along_gradients_end_where_those_by_newton_steps_do():
    X, y = answers(400)
    words = {"expert": LinearExpert(alpha=0.5), "gate": SoftmaxGate(alpha=0.5), "tol": 1e-9}
    words |= {"family": "ordinal", "random_state": 0}
    by_steps = MoEClassifier(2, **words).fit(X, y)
    along = MoEClassifier(2, solver="lbfgs", **words).fit(X, y)
    assert_allclose(along.objective_, by_steps.objective_, rtol=1e-7)
    assert_allclose(along.expert_thresholds_, by_steps.expert_thresholds_, atol=0.02)


def test_a_row_of_weight_two_is_the_row_twice():
    X, y = answers(150)
    weight = np.arange(150) % 3 + 1
    words = {"family": "ordinal", "random_state": 0}
    weighted = MoEClassifier(2, **words).fit(X, y, weight)
    repeated = MoEClassifier(2, **words).fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    assert_allclose(weighted.expert_thresholds_, repeated.expert_thresholds_, rtol=1e-9)


def test_classes_that_a_line_separates_are_fitted_to_the_end_in_few_passes():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    y = np.digitize(X @ [2, -1], [-2, 0, 2])
    model = MoEClassifier(1, family="ordinal", expert=LinearExpert(alpha=1e-4)).fit(X, y)
    assert model.converged_ and model.n_iter_ < 30
    assert model.score(X, y) == 1 and model.log_likelihood_ > -3
    # Weights and thresholds grow together, which one after the other takes hundreds of passes.
    default = MoEClassifier(2, family="ordinal", random_state=0).fit(X, y)
    assert default.log_likelihood_ > -10


def test_the_counts_of_classes_hold_more_rows_than_the_type_of_their_codes():
    codes = np.repeat([0, 1, 2], [300, 400, 500])[:, None]
    starts = [Ordinal().initialize(codes.astype(kind)).start for kind in (np.int8, float)]
    assert starts[0] == starts[1]


def test_single_precision_says_the_same():
    X, y = of_diabetes()
    fits = [MoEClassifier(1, family="ordinal").fit(X.astype(k), y) for k in ("f4", "f8")]
    assert fits[0].expert_thresholds_.dtype == np.float32
    assert_allclose(*(own.expert_thresholds_ for own in fits), rtol=1e-3)


@pytest.mark.parametrize("backend", [p for p in OTHER_BACKENDS if p.values[0].library != "numpy"])
def test_other_arrays_give_the_probabilities_of_numpy(backend):
    X, y = answers(100)
    parts = {"gate": SoftmaxGate(alpha=1.0), "expert": LinearExpert(alpha=1.0)}
    words = {"family": "ordinal", "random_state": 0, **parts}
    reference = MoEClassifier(2, **words).fit(X, y)
    with config_context(array_api_dispatch=True):
        codes = backend.array(y)
        xp = array_namespace(codes)
        model = MoEClassifier(2, **words).fit(backend.array(X), xp.astype(codes, xp.int64))
        proba = model.predict_proba(backend.array(X))
    tolerance = 1e-6 if backend.dtype == "float64" else 2e-2
    assert_allclose(as_host(proba), reference.predict_proba(X), atol=tolerance)


# -- what experts have in common --------------------------------------------------------------


def seen_in_part(n=600):
    """Two kinds of rows, of which one never has the two highest classes of five."""
    rng = np.random.default_rng(0)
    X = np.column_stack([np.repeat([0.0, 1.0], n // 2), rng.normal(size=n)])
    score = np.where(X[:, 0] > 0, 2, -2) * X[:, 1] + rng.logistic(size=n)
    y = np.digitize(score, [-2, 0, 1.5, 3])
    return X, np.where(X[:, 0] > 0, np.minimum(y, 2), y)


@pytest.mark.parametrize("alpha", [0.0, 1.0, "auto"])
def test_an_expert_that_sees_some_classes_alone_stays_a_number(alpha):
    X, y = seen_in_part()
    words = {"gate": SoftmaxGate(alpha=1e-4), "expert": LinearExpert(alpha=alpha)}
    model = MoEClassifier(2, family="ordinal", init=X[:, 0] > 0, **words).fit(X, y)
    gaps = np.diff(model.expert_thresholds_)
    assert np.isfinite(model.expert_thresholds_).all() and (gaps > 0).all()
    few = int(model.gate_coef_[1, 0] > model.gate_coef_[0, 0])
    proba = model.predict_experts(X)[X[:, 0] > 0, few]
    assert proba[:, 3:].sum(axis=1).max() < (0.05 if alpha else 1e-3)
    if alpha:
        assert gaps.max() < 20
    if alpha == "auto":
        # Nothing but the other expert tells how far apart the classes are that it never has.
        assert abs(np.log(gaps[few, 2] / gaps[1 - few, 2])) < 0.7


def test_experts_that_differ_in_their_coefficients_alone_have_like_distances():
    rng = np.random.default_rng(0)
    X = rng.uniform(-2, 2, size=(300, 2))
    score = 3 * np.sign(X[:, 0]) * X[:, 1] + rng.logistic(size=300)
    model = MoEClassifier(2, family="ordinal", random_state=0)
    model.fit(X, np.digitize(score, [-3, -1, 1, 3]))
    assert abs(model.expert_coef_[0, 1] - model.expert_coef_[1, 1]) > 4
    assert np.abs(np.diff(np.log(np.diff(model.expert_thresholds_)), axis=0)).max() < 0.1
    assert model.expert_.scale_alphas.min() > 5 * model.expert_.alphas.max()


def test_experts_may_share_the_distances_between_thresholds():
    X, y = answers(1500)
    shared = Ordinal(scale="shared")
    model = MoEClassifier(2, family=shared, random_state=0, expert=FREE).fit(X, y)
    gaps = np.diff(model.expert_thresholds_)
    assert_allclose(gaps[0], gaps[1], rtol=1e-12)
    assert model.n_parameters_ == 2 * (3 + 1) + 3 + 4
    free = MoEClassifier(2, family="ordinal", random_state=0, expert=FREE).fit(X, y)
    assert model.log_likelihood_ < free.log_likelihood_ - 10
    assert np.diff(model.history_).min() > -1e-9 * abs(model.objective_)


@pytest.mark.filterwarnings("ignore:The information is singular")
def test_experts_that_no_evidence_tells_apart_are_the_one_expert_fit():
    X, y = of_diabetes()
    one = MoEClassifier(1, family="ordinal").fit(X, y)
    model = MoEClassifier(3, family="ordinal", random_state=0).fit(X, y)
    assert_allclose(model.predict_proba(X), one.predict_proba(X), atol=1e-4)
    ours = model.inference(X, y).std_errors["expert_thresholds_"]
    theirs = one.inference(X, y).std_errors["expert_thresholds_"]
    assert_allclose(ours, np.repeat(theirs, 3, axis=0), rtol=1e-2)


def test_the_evidence_weighs_distances_between_thresholds():
    X, y = answers(600)
    model = MoEClassifier("auto", family="ordinal", random_state=0).fit(X, y)
    assert model.n_experts_ == 2
    mixture = model._mixture
    rows = np.column_stack([(X - X.mean(axis=0)) / X.std(axis=0), np.ones(len(X))])
    sums = mixture.statistics(rows, y[:, None] * 1.0, np.ones(len(X))).expert
    without = mixture.expert.curvature.log_volume(sums.observed(), mixture.expert._ridge(), 1)
    volume = mixture.expert.log_volume(sums) - without
    # Three distances an expert, each known to some share of what the penalty leaves open.
    assert -6 * np.log(600) < volume < -6


# -- the order of the classes -----------------------------------------------------------------


def in_order(kind, codes):
    """Labels from a frame, whose type tells their order."""
    library = pytest.importorskip(kind, reason=f"{kind} is not installed")
    if kind == "polars":
        return library.Series(NAMES[codes], dtype=library.Enum(NAMES.tolist()))
    return library.Series(library.Categorical(NAMES[codes], categories=NAMES, ordered=True))


@pytest.mark.parametrize("kind", ["pandas", "polars", "levels"])
def test_text_is_taken_in_its_order(kind):
    X, y = answers(300)
    family = Ordinal(levels=NAMES.tolist()) if kind == "levels" else "ordinal"
    labels = NAMES[y] if kind == "levels" else in_order(kind, y)
    weight = {name: 1.0 + place for place, name in enumerate(NAMES)}
    words = {"random_state": 0, "n_experts": 2}
    model = MoEClassifier(family=family, class_weight=weight, **words).fit(X, labels)
    codes = MoEClassifier(family="ordinal", class_weight=dict(enumerate(range(1, 6))), **words)
    codes.fit(X, y)
    assert_array_equal(model.classes_, NAMES)
    assert_array_equal(model.expert_thresholds_, codes.expert_thresholds_)
    assert_array_equal(model.predict_proba(X), codes.predict_proba(X))
    assert_array_equal(model.predict(X), NAMES[codes.predict(X)])
    assert model.score(X, NAMES[y]) == codes.score(X, y)
    assert_array_equal(model.score_samples(X, labels), codes.score_samples(X, y))
    assert_array_equal(model.score_samples(X, NAMES[y]), codes.score_samples(X, y))
    assert set(model.sample(X, random_state=0)) <= set(NAMES)


def test_categories_without_rows_are_no_classes():
    X, y = answers(300)
    labels = in_order("pandas", np.where(y == 1, 0, y))
    model = MoEClassifier(1, family="ordinal").fit(X, labels)
    assert_array_equal(model.classes_, NAMES[[0, 2, 3, 4]])
    assert model.expert_thresholds_.shape == (1, 3)


def test_levels_may_turn_numbers_around():
    X, y = answers(300)
    model = MoEClassifier(1, family=Ordinal(levels=[4, 3, 2, 1, 0])).fit(X, y)
    plain = MoEClassifier(1, family="ordinal").fit(X, y)
    assert_array_equal(model.classes_, [4, 3, 2, 1, 0])
    assert_allclose(model.predict_proba(X), plain.predict_proba(X)[:, ::-1], atol=1e-6)


@pytest.mark.parametrize("kind", ["pandas", "levels"])
def test_batches_of_a_reader_have_one_order(kind):
    X, y = answers(300)
    y[:100] = np.minimum(y[:100], 2)
    if kind == "levels":
        family, reader = Ordinal(levels=NAMES.tolist()), ArrayReader(X, NAMES[y], batch_rows=100)
    else:
        family, labels = "ordinal", in_order(kind, y)

        def reader():
            return ((X[at : at + 100], labels.iloc[at : at + 100]) for at in (0, 100, 200))

    model = MoEClassifier(2, family=family, random_state=0).fit_blocks(reader)
    codes = MoEClassifier(2, family="ordinal", random_state=0).fit(X, y)
    assert_array_equal(model.classes_, NAMES)
    assert_array_equal(model.expert_thresholds_, codes.expert_thresholds_)
    assert_allclose(model.score(reader), codes.score(X, y), rtol=1e-12)
    assert_allclose(model.bic(reader), codes.bic(X, y), rtol=1e-12)
    if kind == "levels":
        with pytest.raises(ValueError, match="Batch 0 of the reader: y holds text without an ord"):
            MoEClassifier(2, family="ordinal").fit_blocks(reader)
        return
    labels = labels.copy()

    def turned():
        for at in (0, 100, 200):
            own = labels.iloc[at : at + 100]
            yield X[at : at + 100], own.cat.reorder_categories(NAMES[::-1]) if at else own

    with pytest.raises(ValueError, match="Batch 1 of the reader has levels in the order"):
        MoEClassifier(2, family="ordinal").fit_blocks(turned)


def test_partitions_of_a_cluster_have_one_order():
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    frames = pytest.importorskip("dask.dataframe")
    from skmoe.dask import DaskHMEClassifier, DaskMoEClassifier

    X, y = answers(300)
    labels = in_order("pandas", y)
    table = labels.to_frame("y").assign(a=X[:, 0], b=X[:, 1], c=X[:, 2])
    far = frames.from_pandas(table, npartitions=2)
    names, words = ["a", "b", "c"], {"family": "ordinal", "random_state": 0}
    near = MoEClassifier(2, **words).fit(table[names], labels)
    for model in (DaskMoEClassifier(2, **words), DaskHMEClassifier(1, **words)):
        model.fit(far[names], far["y"])
        assert_array_equal(model.classes_, NAMES)
        assert_allclose(model.log_likelihood_, near.log_likelihood_, rtol=1e-6)
    assert_array_equal(model.predict(far[names]).compute(), model.to_local().predict(table[names]))


def test_the_first_call_of_partial_fit_takes_the_order():
    X, y = answers(900)
    model = MoEClassifier(2, family=Ordinal(levels=NAMES.tolist()), random_state=0)
    for at in range(0, 900, 300):
        rows = slice(at, at + 300)
        model.partial_fit(X[rows], NAMES[y[rows]], classes=NAMES)
    assert_array_equal(model.classes_, NAMES)
    whole = MoEClassifier(2, family="ordinal", random_state=0).fit(X, y)
    density = model.score_samples(X, NAMES[y]).mean(), whole.score_samples(X, y).mean()
    assert density[0] > density[1] - 0.1
    with pytest.raises(ValueError, match="text without an order"):
        MoEClassifier(2, family="ordinal").partial_fit(X, NAMES[y], classes=NAMES)


# -- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "labels", "message"),
    [
        ("ordinal", NAMES, r"text without an order, \['awful', 'fair', .* Pass family=Ordinal\("),
        ("ordinal", np.zeros(5), "y holds one class"),
        ("ordinal", np.array([0, 1, np.nan, 2, 1]), "Input y contains NaN"),
        (Ordinal(levels=["awful", "poor"]), NAMES, r"labels \['fair', 'good', 'superb'\], which"),
        (Ordinal(levels=["a", "a", "b"]), NAMES, "at least 2 labels, each once"),
        (Ordinal(levels="abc"), NAMES, "levels='abc' was given; a list"),
        (Ordinal(scale="both"), np.arange(5), "scale='both'"),
        ("gaussian", np.arange(5), r"one of \['auto', 'ordinal'\], or an object"),
        (Gaussian(), np.arange(5), "it is for numbers. Use MoERegressor"),
    ],
)
def test_bad_families_and_labels_are_refused_in_words(family, labels, message):
    X, _ = answers(25)
    for kind in (MoEClassifier(2, family=family), HMEClassifier(1, family=family)):
        with pytest.raises(ValueError, match=message):
            kind.fit(X, np.tile(labels, 5))


def test_missing_labels_of_a_frame_are_refused():
    X, y = answers(50)
    labels = in_order("pandas", y).cat.remove_categories("fair")
    with pytest.raises(ValueError, match="y contains NaN"):
        MoEClassifier(2, family="ordinal").fit(X, labels)


def test_labels_that_the_fit_has_not_seen_are_refused():
    X, y = answers(100)
    model = MoEClassifier(1, family="ordinal").fit(X, y)
    with pytest.raises(ValueError, match=r"labels \[5\], which fit has not seen"):
        model.score_samples(X, y + 1)


@pytest.mark.parametrize("family", ["ordinal", Ordinal(), Categorical()], ids=str)
def test_regressors_refuse_families_of_labels(family):
    X, y = answers(50)
    with pytest.raises(ValueError, match="it is for labels"):
        MoERegressor(2, family=family).fit(X, y)


@pytest.mark.parametrize("mixed", [False, True])
def test_estimators_do_not_stand_for_ordinal_experts(mixed):
    X, y = answers(50)
    tree = DecisionTreeClassifier()
    expert = MixedExpert([("line", "linear"), ("tree", tree)]) if mixed else tree
    with pytest.raises(ValueError, match=r"know no thresholds .* Use expert='linear' or 'mlp'"):
        MoEClassifier(2, family="ordinal", expert=expert).fit(X, y)


def test_a_class_whose_rows_have_no_weight_is_not_predicted():
    X, y = answers(300)
    with pytest.warns(EmptyClassWarning, match=r"classes \[2\]"):
        model = MoEClassifier(2, family="ordinal", random_state=0).fit(X, y, (y != 2) * 1.0)
    assert model.predict_proba(X)[:, 2].max() < 0.01


# -- reading ----------------------------------------------------------------------------------


def test_reports_name_thresholds_by_the_classes_beside_them():
    X, y = answers(300)
    model = MoEClassifier(2, family=Ordinal(levels=NAMES.tolist()), random_state=0)
    model.fit(X, NAMES[y])
    frame = model.inference(X, NAMES[y]).to_frame()
    assert_allclose(
        frame.loc[("experts", 1, "poor | fair"), "value"], model.expert_thresholds_[1, 1]
    )
    text = str(model.summary(X, NAMES[y]))
    assert "LinearExpert (Ordinal)" in text and "good | superb" in text
    lines = export_text(model).splitlines()
    cuts = [float(part) for part in lines[3].split("|")[2:] if part.strip(" -.0123456789") == ""]
    assert lines[2].startswith("|   |--- logit of higher = 0.0 ")
    assert "awful |" in lines[3] and lines[3].endswith("| superb")
    assert_allclose(cuts, model.expert_thresholds_[0], atol=0.01)
    assert not hasattr(model, "expert_intercept_")


def test_trees_say_the_thresholds_at_their_leaves():
    X, y = answers(300)
    model = HMEClassifier(1, family="ordinal", random_state=0).fit(X, y)
    leaf = TreeDisplay.from_estimator(model, X)._leaf_text(0)
    assert "logit of higher" in leaf and "0 | " in leaf
    pyplot.close("all")
    many = MoEClassifier(1, family="ordinal").fit(X, np.arange(300) % 20)
    assert export_text(many).splitlines()[-1].count("|") < 22


def test_terms_of_an_explanation_add_up_to_the_log_odds_of_a_higher_class():
    X, y = answers(300)
    model = MoEClassifier(2, family="ordinal", random_state=0).fit(X, y)
    frame = model.explain(X[:10])
    assert list(frame.index.get_level_values("target")[:4]) == [1, 2, 3, 4]
    odds = frame["prediction"] / (1 - frame["prediction"])
    terms = frame.drop(columns=["weight", "prediction"]).sum(axis=1)
    assert_allclose(np.log(odds), terms, rtol=1e-6, atol=1e-8)
    by_row = frame["prediction"].unstack("target")
    assert_allclose(by_row[4], model.predict_experts(X[:10])[:, :, 4].ravel(), rtol=1e-9)


def test_settings_are_reached_by_name():
    model = MoEClassifier(2, family="ordinal").set_params(family__scale="shared")
    assert model.family.scale == "shared"
    with pytest.raises(ValueError, match="family='auto' has no parameters"):
        MoEClassifier().set_params(family__scale="shared")


def test_known_terms_and_groups_go_with_an_order():
    rng = np.random.default_rng(0)
    X, offset, groups = (
        rng.normal(size=(400, 2)),
        2 * rng.normal(size=400),
        np.repeat(range(100), 4),
    )
    first = rng.uniform(size=100) < 0.5
    eta = np.where(first[groups], X[:, 0] + 1.5, -X[:, 0] - 1.5) + offset
    y = np.digitize(eta + rng.logistic(size=400), [-1, 0, 1.5])
    known = {"offset": offset, "groups": groups}
    model = MoEClassifier(2, family="ordinal", random_state=0).fit(X, y, **known)
    own = model.responsibilities(X, y, **known).argmax(axis=1) == first[groups]
    assert max(own.mean(), 1 - own.mean()) > 0.9
    assert_allclose(model.bic(X, y, **known), model.bic())
    one = {"family": "ordinal", "expert": LinearExpert(alpha=0), "tol": 1e-12}
    plain = MoEClassifier(1, **one).fit(X, y)
    moved = MoEClassifier(1, **one).fit(X, y, offset=X @ [0.5, -0.3])
    assert_allclose(moved.expert_coef_[0] - plain.expert_coef_[0], [-0.5, 0.3], atol=1e-6)
    assert_allclose(moved.log_likelihood_, plain.log_likelihood_)
    terms = moved.explain(X[:4], offset=X[:4] @ [0.5, -0.3])
    total = terms.drop(columns=["weight", "prediction"]).sum(axis=1)
    assert_allclose(np.log(terms["prediction"] / (1 - terms["prediction"])), total)


def test_a_frame_of_one_column_tells_the_order():
    rng = np.random.default_rng(0)
    X, names = rng.normal(size=(200, 1)), ["low", "mid", "Top"]
    label = np.array(names)[np.digitize(X[:, 0] + rng.logistic(size=200), [-1, 1])]
    frame = pl.DataFrame({"grade": pl.Series(label, dtype=pl.Enum(names))})
    with pytest.warns(DataConversionWarning, match="1d array was expected"):
        model = MoEClassifier(1, family="ordinal").fit(X, frame)
    assert model.classes_.tolist() == names
