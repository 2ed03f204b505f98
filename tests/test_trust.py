"""Default fits on ordinary tables: right, or with a warning that says what is wrong."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmoe import HMERegressor, MoEClassifier, MoERegressor, exceptions
from skmoe._numerics.normal_equations import Softmax, SoftmaxGram
from skmoe._numerics.penalty import Penalty
from skmoe._rows.blocks import ArrayBlocks
from skmoe._rows.carried import NOTHING, Given
from skmoe.datasets import make_crossing_lines
from skmoe.experts import LinearExpert
from skmoe.gates import SoftmaxGate
from skmoe.solvers import EM
from skmoe.starts._given import responsibilities_of
from skmoe.starts._moves import moved, shaken

PLAIN = {"gate": SoftmaxGate(alpha=0.0), "expert": LinearExpert(alpha=0.0)}


def switch(n=400, seed=0):
    """A column of zeros and ones tells two lines apart."""
    rng = np.random.default_rng(seed)
    a, z = rng.normal(size=n), rng.integers(0, 2, n).astype(float)
    y = np.where(z == 0, 5 * a, -3.5 * a + 5) + rng.normal(0, 0.5, n)
    return np.column_stack([a, z]), y


def planes(seed, n=300):
    """Two planes on either side of a border."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 2))
    y = np.where(X[:, 0] > 0, 3 * X[:, 1], -2 * X[:, 1] + 1) + 0.1 * rng.normal(size=n)
    return X, y


# -- what is there is found ------------------------------------------------------------------


@pytest.mark.parametrize("settings", [{}, {"n_init": 10}, {"n_experts": "auto"}], ids=str)
def test_a_column_of_zeros_and_ones_tells_lines_apart(settings):
    X, y = switch()
    model = MoERegressor(**{"n_experts": 2, "random_state": 0, **settings}).fit(X, y)
    assert model.n_experts_ == 2
    assert model.score(X, y) > 0.98


@pytest.mark.parametrize("seed", [12, 0, 1])
def test_a_tent_of_40_rows_is_two_lines(seed):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, 40)
    y = 10 * np.abs(x) + 0.1 * rng.normal(size=40)
    model = MoERegressor(2, random_state=0).fit(x[:, None], y)
    assert model.score(x[:, None], y) > 0.995


def test_two_modes_are_found_by_a_gate_that_looks_at_nothing():
    rng = np.random.default_rng(0)
    y = np.r_[rng.normal(0, 1, 400), rng.normal(6, 1, 600)]
    X = rng.normal(size=(1000, 1))
    model = MoERegressor(2, gate="constant", random_state=0).fit(X, y)
    assert_allclose(np.sort(model.expert_intercept_), [0, 6], atol=0.2)
    counts = np.r_[rng.poisson(1, 400), rng.poisson(15, 600)]
    model = MoERegressor(2, gate="constant", family="poisson", random_state=0).fit(X, counts)
    assert_allclose(np.sort(np.exp(model.expert_intercept_)), [1, 15], rtol=0.1)


@pytest.mark.parametrize(
    "seeds", [range(8), pytest.param(range(8, 20), marks=pytest.mark.full)], ids=str
)
def test_planes_are_found_from_every_seed(seeds):
    for seed in seeds:
        X, y = planes(seed)
        assert MoERegressor(2, random_state=seed).fit(X, y).score(X, y) > 0.99


@pytest.mark.parametrize("n", [40, 60, 100, 200])
def test_classes_inside_and_outside_an_interval(n):
    rng = np.random.default_rng(n)
    x = rng.uniform(-1, 1, n)
    labels = (np.abs(x) > 0.5).astype(int)
    model = MoEClassifier(2, random_state=0).fit(x[:, None], labels)
    assert model.score(x[:, None], labels) > 0.95


def test_a_border_with_a_bend():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(1000, 2))
    labels = (X[:, 1] > np.where(X[:, 0] > 0, 0.8 * X[:, 0], -X[:, 0]) - 0.3).astype(int)
    assert MoEClassifier(2, random_state=0).fit(X, labels).score(X, labels) > 0.98


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.full)])
def test_a_classifier_does_not_diverge(seed):
    X, y = load_digits(return_X_y=True)
    X = make_pipeline(PCA(5, random_state=0), StandardScaler()).fit_transform(X)
    X, y = X[:900], y[:900]
    model = MoEClassifier(8, expert=LinearExpert(alpha=0.1), random_state=seed).fit(X, y)
    assert log_loss(y, model.predict_proba(X)) < 0.25
    assert np.abs(model.expert_intercept_).max() < 20


def bends(seed, n=200):
    """Two regressions in x and its square that cross, and which row is of which."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 10, n)
    own = np.arange(n) % 2
    y = np.where(own == 0, 5 * x, 40 - (x - 5) ** 2) + rng.normal(0, 3, n)
    return np.column_stack([x, x**2]), y, own


def test_a_mixture_of_regressions_is_that_from_the_true_labels():
    for seed in range(6):
        X, y, own = bends(seed)
        model = MoERegressor(2, gate="constant", random_state=seed).fit(X, y)
        true = MoERegressor(2, gate="constant", init=own).fit(X, y)
        assert model.log_likelihood_ > true.log_likelihood_ - 0.5


def test_one_expert_is_as_good_where_there_is_one_line():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 3))
    y = X @ [1.0, 2.0, -1.0] + rng.normal(size=100)
    one = MoERegressor(1).fit(X, y)
    with pytest.warns(exceptions.AlikeExpertsWarning, match=r"one has [\d.]+ nats more evidence"):
        model = MoERegressor(3, random_state=0).fit(X, y)
    assert_allclose(model.predict(X), one.predict(X), atol=1e-6 * y.std())


# -- penalties -------------------------------------------------------------------------------


def settled(penalty, determined, square):
    while (new := penalty.estimated(determined, square)) is not penalty:
        penalty = new
    return penalty.alpha


@pytest.mark.parametrize("first", [1e-6, 1.0, 1e8])
def test_an_estimated_penalty_comes_back_from_either_end(first):
    # A gate that is sure of every row has no curvature, but its coefficients are large.
    assert settled(Penalty(first, True), 0.002, 51.0) < 0.01
    assert_allclose(settled(Penalty(first, True), 0.0, 0.0), 10, rtol=0.11)
    assert_allclose(settled(Penalty(first, True), 20.0, 4.0), 5, rtol=0.11)


def test_the_gate_of_a_clean_border_is_hardly_penalised():
    X, y = planes(0)
    model = MoERegressor(2, random_state=0).fit(X, y)
    assert model.gate_.alpha_ < 0.05
    assert model.gate_proba(X).max(axis=1).mean() > 0.98


def test_what_starts_are_compared_by_is_the_evidence():
    X, y = planes(0)
    model = MoERegressor(2, random_state=0).fit(X, y)
    mixture, blocks = model._mixture, model._rows(X, "predict", y[:, None])
    found = EM().explore(mixture, blocks, 1e-6, passes=0)
    statistics = blocks.sum(mixture.statistics)
    volume = mixture.gate.log_volume(statistics.gate) + mixture.expert.log_volume(statistics.expert)
    objective = float(statistics.log_likelihood) + mixture.log_prior()
    assert_allclose(found.evidence, objective + float(volume))
    assert volume < 0


def test_moves_lead_out_of_a_local_optimum():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, 300)
    stripe = np.digitize(x, [-0.4, 0.3])
    y = np.array([0.0, 4.0, 1.0])[stripe] + 0.2 * rng.normal(size=300)
    X = x[:, None]
    best = MoERegressor(3, init=stripe, random_state=0).fit(X, y)
    # One expert for two stripes, and two experts for the third.
    shared = np.where(stripe == 2, 2, np.where(stripe == 1, 0, 0))
    shared[(stripe == 2) & (x > 0.6)] = 1
    caught = MoERegressor(3, init=shared, random_state=0, **PLAIN).fit(X, y)
    assert caught.log_likelihood_ < best.log_likelihood_ - 50
    mixture = caught._mixture
    blocks = caught._units.seen(ArrayBlocks(X, y[:, None]))
    found = EM().explore(mixture, blocks, 1e-6, passes=5)
    fresh = caught._mixture.with_params(0 * mixture.params)
    words = {"kinds": ["kmeans", "joint"], "random_state": np.random.RandomState(0)}
    better, evidence = moved(*found, fresh, blocks, EM(), 12, **words)
    assert evidence > found.evidence + 50
    assert_allclose(evidence, EM().explore(better, blocks, 1e-6, passes=0).evidence, atol=1e-6)
    # From the top, none leads higher, and none is taken.
    top = EM().explore(better, blocks, 1e-6, passes=500)
    assert moved(*top, fresh, blocks, EM(), 3, **words)[1] >= top.evidence


# -- nothing in silence ----------------------------------------------------------------------


def silent(model, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return model.fit(X, y)


def test_a_good_fit_says_nothing():
    X, y = planes(0)
    model = silent(MoERegressor(2, random_state=0), X, y)
    assert model.problems_ == []
    # Without noise: a gate that decides every row stands before experts that are not alike.
    x = np.linspace(-1, 1, 200)[:, None]
    silent(MoERegressor(2, random_state=0), x, np.abs(x[:, 0]))


def said(kind, model, X, y):
    """The fitted model, which has warned of one thing, and says it in its summary too."""
    with pytest.warns(kind) as caught:
        model.fit(X, y)
    assert [w.category for w in caught] == [kind]
    assert [str(w.message) for w in caught] == model.problems_
    assert " ".join(model.problems_[0].split()[:6]) in " ".join(str(model.summary()).split())
    return model.problems_[0]


@pytest.mark.parametrize(
    ("max_iter", "words"),
    [
        (1, "too few to tell whether the gain"),
        (4, r"the gain still expected is \d\S* per row, above"),
    ],
)
def test_a_climb_cut_short_says_what_is_known_of_the_rest(max_iter, words):
    X, y = make_crossing_lines(300, random_state=0)
    with pytest.warns(exceptions.NotConvergedWarning, match=words):
        MoERegressor(3, max_iter=max_iter, tol=1e-9, random_state=0).fit(X, y)


def test_experts_that_end_alike_are_reported():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(60, 2)), rng.normal(size=60)
    text = said(exceptions.AlikeExpertsWarning, MoERegressor(2, random_state=0), X, y)
    assert "differ by" in text and "n_experts=1 or 'auto'" in text
    labels = (X[:, 0] + rng.normal(size=60) > 0).astype(int)
    said(exceptions.AlikeExpertsWarning, MoEClassifier(2, random_state=0), X, labels)


def test_a_gate_that_ends_constant_is_reported():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 2))
    y = np.where(rng.uniform(size=500) < 0.5, 6 * X[:, 0], -6 * X[:, 0]) + rng.normal(size=500)
    gate = SoftmaxGate(alpha=1e6)
    text = said(exceptions.ConstantGateWarning, MoERegressor(2, gate=gate, random_state=0), X, y)
    assert "gate='constant'" in text
    silent(MoERegressor(2, gate="constant", random_state=0), X, y)
    silent(MoERegressor(2, gate=SoftmaxGate(columns=[]), random_state=0), X, y)


def stars(n=400):
    """Ratings from 1 to 5 along one line, and new ones."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, size=(n, 1))
    return x, np.clip(np.round(3 + x[:, 0] + 0.4 * rng.normal(size=n)), 1, 5)


def test_an_expert_on_one_value_of_rounded_targets_is_no_win_and_is_reported():
    x, y = stars(600)
    one = MoERegressor(1).fit(x[:400], y[:400])
    model = MoERegressor(4, random_state=0)
    text = said(exceptions.RoundedTargetsWarning, model, x[:400], y[:400])
    assert "grid of step 1, " in text and "come down to 0.2887" in text
    assert_allclose(model.expert_scale_.min(), 12**-0.5)
    new = x[400:], y[400:]
    gain = model.score_samples(*new) - one.score_samples(*new)
    assert gain.mean() < 0.4
    cells = [own.score_samples(*new, spacing=1.0).mean() for own in (one, model)]
    assert_allclose(*cells, atol=0.02)


def test_an_atom_is_reported():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 2))
    y = np.where(X[:, 0] > 0, 2 * X[:, 1], -X[:, 1]) + 0.5 * rng.normal(size=500)
    some = np.where(rng.uniform(size=500) < 0.43, 0.0, y)
    text = said(exceptions.AtomWarning, MoERegressor(2, random_state=0), X, some)
    assert text.startswith(f"{100 * np.mean(some == 0):.2g} % of the targets are exactly 0: ")
    # A few at a limit, where an expert has gone to them, and where none has.
    capped = np.minimum(y, np.quantile(y, 0.95))
    silent(MoERegressor(1), X, capped)
    labels = np.where(capped == capped.max(), 2, X[:, 0] > 0)
    spiked = MoERegressor(3, init=labels, random_state=0)
    text = said(exceptions.AtomWarning, spiked, X, capped)
    assert "5 % of the targets" in text and "of the largest" in text


def test_an_expert_that_answers_no_row_is_reported():
    X, y = planes(0)
    model = MoERegressor(3, tol=1e9, init=np.arange(300) % 3).fit(X, y)
    gate = model._mixture.gate
    weights = gate.weights.copy()
    weights[2, -1] -= 1e3
    model._mixture = model._mixture._replace(gate=gate._replaced(weights=weights))
    model.set_params(warm_start=True)
    text = said(exceptions.IdleExpertWarning, model, X, y)
    assert text.startswith("The experts [2] answer no row")


def test_separation_without_a_penalty_is_reported():
    X, y = planes(0)
    X[:, 0] += np.sign(X[:, 0])
    gate, expert = SoftmaxGate(alpha=0.0), LinearExpert(alpha=0.0)
    text = said(exceptions.SeparationWarning, MoERegressor(2, gate=gate, random_state=0), X, y)
    assert "The gate tells experts apart without error" in text
    labels = (X[:, 0] > 0).astype(int)
    model = MoEClassifier(2, gate="constant", expert=expert, random_state=0)
    with pytest.warns(exceptions.SeparationWarning, match="predict rows without error"):
        model.fit(X, labels)


FREE = {"gate": SoftmaxGate(alpha=0.0), "expert": LinearExpert(alpha=0.0), "random_state": 0}


def test_coefficients_that_a_few_rows_send_off_are_reported():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=(300, 2)), rng.uniform(size=300) < 0.1])
    rare, settings = X[:, 2] == 1, FREE | {"n_experts": 1}
    labels = (rng.logistic(size=300) < X[:, 0]).astype(int)
    counts = rng.poisson(np.exp(0.5 * X[:, 0])) * 1.0
    three = labels + (rng.uniform(size=300) < 0.3)
    silent(MoEClassifier(**settings), X, labels)
    silent(MoEClassifier(**settings), X, three)
    silent(MoERegressor(family="poisson", **settings), X, counts)
    for model, y in [
        (MoEClassifier(**settings), np.where(rare, 1, labels)),
        (MoEClassifier(**settings), (X[:, 0] > 0).astype(int)),
        (MoEClassifier(**settings), np.where(rare, 0, three)),
        (MoERegressor(family="bernoulli", **settings), np.where(rare, 1.0, labels)),
        (MoERegressor(family="poisson", **settings), np.where(rare, 0.0, counts)),
    ]:
        assert "The experts [0] predict" in said(exceptions.SeparationWarning, model, X, y)
        with pytest.warns(exceptions.SeparationWarning, match="Standard errors mean nothing"):
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "The information is singular")
                model.inference(X, y)
    # A gate that is sure of the rows with the rare column only.
    first = rare | (rng.logistic(size=300) < X[:, 1])
    y = np.where(first, 3 * X[:, 0], 5 - 3 * X[:, 0]) + 0.1 * rng.normal(size=300)
    text = said(exceptions.SeparationWarning, MoERegressor(2, **FREE), X, y)
    assert "The gate tells" in text
    y = np.where(first ^ rare, 3 * X[:, 0], 5 - 3 * X[:, 0]) + 0.1 * rng.normal(size=300)
    y[rare] = np.where(X[rare, 1] > 0, 3 * X[rare, 0], 5 - 3 * X[rare, 0])
    silent(MoERegressor(2, **FREE), X[:, :2], y)


def test_more_parameters_than_rows_are_reported():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 50)), rng.normal(size=40)
    kinds = (exceptions.TooManyParametersWarning, exceptions.DegenerateWarning)
    with pytest.warns(kinds) as caught:
        MoERegressor(**(FREE | {"n_experts": 1})).fit(X, y)
    assert "52 parameters without a penalty were fitted to 40 distinct rows" in str(
        caught[0].message
    )
    silent(MoERegressor(1), X, y)
    silent(MoERegressor(**(FREE | {"n_experts": 1})), X[:, :30], y)


def test_rows_given_twice_hold_no_more_parameters():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(10, 12)).repeat(10, axis=0), rng.normal(size=10).repeat(10)
    model = MoERegressor(2, **(FREE | {"gate": "constant"}), warm_start=True)
    given = clone(model).set_params(init=np.arange(100) // 50)
    for one in (model, model, given):
        with pytest.warns(exceptions.FitWarning) as caught:
            one.fit(X, y)
        assert "29 parameters without a penalty were fitted to 10 distinct" in str(caught[0])


class Lost(LinearExpert):
    """Learns nothing that is a number."""

    def update(self, *args):
        new = super().update(*args)
        return new.with_params(np.nan * new.params)


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_parameters_that_are_no_numbers_are_refused():
    X, y = planes(0)
    model = MoERegressor(2, random_state=0).fit(X, y)
    before = model.predict(X)
    with pytest.raises(ValueError, match=r"fit has ended with an objective of nan.*no numbers"):
        model.set_params(expert=Lost()).fit(X, y)
    assert_array_equal(model.predict(X), before)
    streamed = MoERegressor(2, expert=Lost(), random_state=0)
    with pytest.raises(ValueError, match="step on this batch has ended with an objective of nan"):
        streamed.partial_fit(X, y)
    assert not hasattr(streamed, "expert_")


def test_a_class_without_weight_is_reported():
    X, _ = planes(0)
    labels = np.array(["a", "b", "c"])[np.arange(300) % 3]
    model = MoEClassifier(1, random_state=0)
    weight = (labels != "b").astype(float)
    with pytest.warns(exceptions.EmptyClassWarning, match=r"classes \['b'\] have no row of weight"):
        model.fit(X, labels, weight)
    assert "The classes ['b'] have no row" in str(model.summary())
    silent(model, X, labels)


def test_networks_that_answer_no_row_are_reported():
    X, y = planes(0, n=100)
    model = MoERegressor(8, expert="mlp", random_state=0)
    with pytest.warns(exceptions.IdleExpertWarning, match="more than half of none"):
        model.fit(X, y)
    resp = model.responsibilities(X, y)
    named = [k for k in range(8) if f"{k}" in model.problems_[0].split("]")[0]]
    assert named == [k for k in range(8) if resp[:, k].mean() < 0.2 / 8 and resp[:, k].max() < 0.5]


def test_one_class_is_not_separation():
    X, _ = planes(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", exceptions.SeparationWarning)
        MoEClassifier(2, random_state=0).fit(X, np.zeros(300, dtype=int))


def test_weights_at_random_lead_to_a_higher_hill():
    X, y, _ = bends(0, n=90)
    settings = {"gate": "constant", "expert": LinearExpert(0.0), "init": "joint"}
    for seed in (0, 1, 2):
        model = MoERegressor(3, **settings, random_state=seed)
        mixture = model.fit(X, y)._mixture
        blocks = model._units.seen(ArrayBlocks(X, y[:, None]))
        found = EM().explore(mixture, blocks, 1e-7, passes=300)
        random_state = np.random.RandomState(0)
        better, evidence = shaken(*found, blocks, EM(), 30, 10, random_state)
        assert evidence > found.evidence + 1
        assert_allclose(evidence, EM().explore(better, blocks, 1e-6, passes=0).evidence)


def test_kinds_can_be_told_apart():
    kinds = [getattr(exceptions, name) for name in exceptions.__all__]
    assert all(issubclass(kind, exceptions.FitWarning) for kind in kinds)
    X, y = planes(0)
    with pytest.warns(exceptions.NotConvergedWarning, match="did not converge"):
        MoERegressor(2, max_iter=1, tol=0.0, random_state=0).fit(X, y)


# -- a start that is given -------------------------------------------------------------------


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 3))
    turns, coef = 2 * rng.normal(size=(3, 3)), 3 * rng.normal(size=(3, 3))
    labels = np.argmax(X @ turns + rng.gumbel(size=(600, 3)), axis=1)
    return X, (X * coef[labels]).sum(axis=1) + labels + 0.3 * rng.normal(size=600), labels


def test_from_the_true_labels_one_climb_ends_where_many_starts_end(table):
    X, y, labels = table
    many = MoERegressor(3, n_init=40, random_state=0, tol=1e-9, **PLAIN).fit(X, y)
    given = MoERegressor(3, init=labels, tol=1e-9, **PLAIN).fit(X, y)
    assert_allclose(given.log_likelihood_, many.log_likelihood_, atol=1e-3)
    assert given.start_histories_ == []


def test_experts_keep_the_order_of_the_labels(table):
    X, y, labels = table
    for turn in ([0, 1, 2], [2, 0, 1]):
        own = np.array(turn)[labels]
        model = MoERegressor(3, init=own).fit(X, y)
        assert np.mean(model.responsibilities(X, y).argmax(axis=1) == own) > 0.8


def test_forms_of_a_start(table):
    X, y, labels = table
    settings = {"n_experts": 3, "tol": 1e-9, **PLAIN}
    given = MoERegressor(init=labels, **settings).fit(X, y)
    starts = [np.eye(3)[labels], list(labels), labels.astype(float), given]
    for start in starts:
        model = MoERegressor(init=start, **settings).fit(X, y)
        assert_allclose(model.log_likelihood_, given.log_likelihood_, atol=1e-4)
    assert_allclose(model.history_[0], given.log_likelihood_, atol=1e-3)
    # Another kind of mixture of as many experts, with names of columns.
    tree = HMERegressor(1, branching=3, init=given).fit(X, y)
    assert_allclose(tree.predict(X), MoERegressor(3, init=given).fit(X, y).predict(X), atol=0.05)


def test_rows_without_a_label_teach_nothing(table):
    X, y, labels = table
    some = np.where(np.arange(600) % 10 == 0, labels, -1)
    settings = {"n_experts": 3, "tol": 1e-9, **PLAIN}
    model = MoERegressor(init=some, **settings).fit(X, y)
    full = MoERegressor(init=labels, **settings).fit(X, y)
    assert_allclose(model.log_likelihood_, full.log_likelihood_, atol=1e-3)
    unknown = responsibilities_of(some, Given(X, y, None, NOTHING), None, 600, 3)[some < 0]
    assert_array_equal(unknown, 0)
    # The labels of the other rows tell nothing, whatever they would have been.
    weight = np.where(some >= 0, 1.0, 0.0)
    alone = MoERegressor(init=labels, **settings).fit(X, y, sample_weight=weight)
    start = MoERegressor(init=some, **settings).fit(X, y, sample_weight=weight)
    assert_allclose(start.history_[0], alone.history_[0])


def test_weights_are_rows_from_a_given_start_too(table):
    X, y, labels = table
    weight = np.random.default_rng(0).integers(0, 3, 600)
    rows = np.repeat(np.arange(600), weight)
    weighted = MoERegressor(3, init=labels).fit(X, y, sample_weight=weight)
    repeated = MoERegressor(3, init=labels[rows]).fit(X[rows], y[rows])
    assert_allclose(weighted.predict(X), repeated.predict(X), atol=1e-6)


def test_other_parts_start_where_they_are_told(table):
    X, y, labels = table
    for settings in ({"expert": Ridge()}, {"gate": "gaussian"}, {"gate": "top_k"}):
        model = MoERegressor(3, init=labels, random_state=0, **settings).fit(X, y)
        assert model.score(X, y) > 0.8
    above = (y > np.median(y)).astype(int)
    assert MoEClassifier(3, init=labels).fit(X, above).score(X, above) > 0.9
    online = MoERegressor(3, init=labels).partial_fit(X, y)
    assert online.score(X, y) > 0.8
    # A further batch, a further fit from where the last one ended: the start has been used.
    online.partial_fit(X[:50], y[:50])
    warm = MoERegressor(3, init=labels, warm_start=True).fit(X, y)
    warm.fit(X[:100], y[:100])
    assert_array_equal(clone(warm).init, labels)


def test_labels_may_come_as_columns(table):
    X, y, labels = table
    expected = MoERegressor(3, init=labels).fit(X, y).predict(X)
    column = pd.Series(labels)
    frame = pd.DataFrame(np.eye(3)[labels].round(2))
    for start in (column, column.astype("category"), column.astype("Int64"), frame):
        assert_allclose(MoERegressor(3, init=start).fit(X, y).predict(X), expected)


def test_searches_take_a_frozen_mixture(table):
    X, y, labels = table
    mixture = MoERegressor(3, init=labels).fit(X, y)
    frozen = MoERegressor(3, init=FrozenEstimator(mixture))
    assert cross_val_score(frozen, X, y, cv=3, error_score="raise").min() > 0.85
    with pytest.raises(ValueError, match=r"init=MoERegressor is not fitted.*FrozenEstimator"):
        cross_val_score(MoERegressor(3, init=mixture), X, y, cv=3, error_score="raise")
    with pytest.raises(ValueError, match="init=MoEClassifier cannot tell"):
        MoERegressor(2, init=MoEClassifier(2, random_state=0).fit(X, labels > 0)).fit(X, y)


def test_a_fit_that_became_that_of_one_expert_learns_on():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(60, 2)), rng.normal(size=60)
    other = 10 + 5 * X[:, 1] + 0.1 * rng.normal(size=60)
    model = MoERegressor(2, random_state=0, warm_start=True).fit(X, y)
    online = clone(model).fit(X, y)
    for fit in (model, online):
        assert "ended alike" in fit.problems_[0]
    for _ in range(30):
        online.partial_fit(X, other)
    assert online.score(X, other) > 0.99
    assert model.fit(X, other).score(X, other) > 0.99


BAD_STARTS = [
    ({"init": np.zeros(10)}, r"shape \(10,\).*\(600,\) or.*\(600, 3\)"),
    ({"init": np.full((600, 2), 0.5)}, r"shape \(600, 2\)"),
    ({"init": np.arange(600) % 4}, r"labels \[3.0\].*0 to 2, and -1"),
    ({"init": np.arange(600) % 2}, r"no row.*experts \[2\], of 3"),
    ({"init": np.full(600, 0.5)}, r"labels \[0.5\]"),
    ({"init": np.full((600, 3), 0.5)}, r"in row 0.*sum to 1"),
    ({"init": np.full((600, 3), np.nan)}, r"in row 0.*sum to 1"),
    ({"init": ["a"] * 600}, r"not numbers.*LabelEncoder"),
    ({"init": None}, r"init=None was given; labels"),
    ({"init": "k-means"}, r"init='k-means' was given; 'auto', one of"),
    ({"init": np.arange(600) % 3, "n_init": 2}, r"n_init=2.*one start"),
    ({"init": np.arange(600) % 3, "n_experts": "auto"}, r"n_experts='auto'"),
    ({"init": np.arange(600) % 3, "expert": "mlp"}, r"neural"),
]


@pytest.mark.parametrize(("settings", "message"), BAD_STARTS, ids=[m for _, m in BAD_STARTS])
def test_bad_starts_are_refused(table, settings, message):
    X, y, _ = table
    with pytest.raises(ValueError, match=message):
        MoERegressor(**{"n_experts": 3, **settings}).fit(X, y)


def test_mixtures_that_are_no_start_are_refused(table):
    X, y, labels = table
    two = MoERegressor(2, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="init=MoERegressor has 2 experts, and 3 are asked for"):
        MoERegressor(3, init=two).fit(X, y)
    with pytest.raises(ValueError, match="not fitted yet"):
        MoERegressor(3, init=MoERegressor(3)).fit(X, y)
    with pytest.raises(ValueError, match="grow=True"):
        HMERegressor(2, grow=True, init=labels).fit(X, y)
    weight = np.ones(600)
    weight[labels == 1] = 0
    with pytest.raises(ValueError, match=r"experts \[1\]"):
        MoERegressor(3, init=labels).fit(X, y, sample_weight=weight)


def test_a_gate_that_is_sure_of_every_row_takes_no_wild_step():
    rng = np.random.default_rng(0)
    epsilon = np.finfo(float).eps
    for _ in range(300):
        # Sums of a hundred rows whose differences are what rounding has left.
        own = 100 * np.ones((1, 2, 2, 2)) + np.eye(2)
        cross = np.zeros((1, 2, 2, 2, 2))
        cross[0, 0, :, 0], cross[0, 1, :, 1] = own[0]
        noise = 100 * epsilon * rng.standard_normal((4, 4))
        cross = cross.reshape(1, 4, 4) + noise + noise.T
        score = 100 * epsilon * rng.standard_normal((1, 3, 2))
        step = Softmax().step(SoftmaxGram(cross, own), score, np.zeros((1, 2)))
        assert np.abs(step).max() < 1
