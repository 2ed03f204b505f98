"""Learning from batches: online EM, and Adam for neural parts."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression, Ridge

from skmoe import HMEClassifier, HMERegressor, MoEClassifier, MoERegressor
from skmoe.exceptions import UnvaryingTargetsWarning
from skmoe.experts import LinearExpert
from skmoe.gates import TopKGate
from skmoe.solvers import EM, Adam

from .choosing import FULL
from .data import planted


def batches(X, y, rows=250, epochs=1, seed=0):
    """Shuffled batches of several passes."""
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        order = rng.permutation(len(X))
        for first in range(0, len(X), rows):
            chosen = order[first : first + rows]
            yield X[chosen], y[chosen]


def learnt(model, stream, **first):
    """The model after all batches of a stream."""
    for X, y in stream:
        model.partial_fit(X, y, **first)
        first = {}
    return model


def test_one_expert_that_counts_all_rows_alike_is_least_squares():
    X, y = planted(1000, 4, 0)[:2]
    model = MoERegressor(1, gate="constant", expert=LinearExpert(alpha=0.0), solver=EM(decay=1.0))
    learnt(model, batches(X, y, rows=90))
    exact = LinearRegression().fit(X, y)
    assert_allclose(model.predict(X), exact.predict(X), rtol=1e-8, atol=1e-8)
    residual = y - exact.predict(X)
    assert_allclose(model.expert_scale_[0], np.sqrt(np.mean(residual**2)), rtol=0.02)
    assert model.n_iter_ == 12


@pytest.mark.parametrize(
    "settings",
    [
        {},
        pytest.param({"gate": "gaussian"}, marks=FULL),
        pytest.param({"gate": "constant"}, marks=FULL),
        {"family": "student_t"},
        {"gate": TopKGate(k=2)},
    ],
    ids=str,
)
def test_twenty_epochs_end_near_em(settings):
    X, y = planted(3000, 3, 1, n_experts=3)[:2]
    model = MoERegressor(3, n_init=2, random_state=0, **settings)
    learnt(model, batches(X, y, epochs=20))
    online = model.score_samples(X, y).mean()
    # From the same hill: which one a first batch leads to is a matter of luck.
    model.set_params(warm_start=True).fit(X, y)
    assert online > model.score_samples(X, y).mean() - 0.01
    assert online > MoERegressor(1).fit(X, y).score_samples(X, y).mean() + 0.3


@pytest.mark.parametrize("seed", [0, pytest.param(17, marks=pytest.mark.full)])
def test_twenty_epochs_end_where_em_ends(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(4000, 5))
    gate, experts = rng.normal(size=(3, 5)) * 2 / np.sqrt(5), rng.normal(size=(3, 5))
    # The largest of logits with Gumbel noise is a draw from their softmax.
    answers = (X @ gate.T + rng.gumbel(size=(4000, 3))).argmax(axis=1)
    y = (X @ experts.T)[np.arange(4000), answers] + 0.5 * rng.normal(size=4000)
    model = learnt(MoERegressor(3, random_state=0), batches(X, y, epochs=20))
    online = model.score_samples(X, y).mean()
    assert online > MoERegressor(3, random_state=0).fit(X, y).score_samples(X, y).mean() - 0.001


@pytest.mark.parametrize(
    "family",
    [
        "poisson",
        "laplace",
        *(pytest.param(name, marks=FULL) for name in ("negative_binomial", "gamma")),
    ],
)
def test_other_families_come_near_em_as_well(family):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((3000, 2))
    mean = np.exp(np.where(X[:, 0] > 0, 1 + X[:, 1], -X[:, 1]))
    counts = family in ("poisson", "negative_binomial")
    y = rng.poisson(mean) if counts else mean * rng.gamma(3, 1 / 3, 3000)
    model = MoERegressor(2, family=family, n_init=2, random_state=0)
    learnt(model, batches(X, y, epochs=20))
    online = model.score_samples(X, y).mean()
    model.set_params(warm_start=True).fit(X, y)
    assert online > model.score_samples(X, y).mean() - 0.01
    one = MoERegressor(1, family=family).fit(X, y)
    assert online > one.score_samples(X, y).mean() + 0.1


@pytest.mark.parametrize(
    "kind", [MoEClassifier, HMERegressor, pytest.param(HMEClassifier, marks=FULL)]
)
def test_em_on_all_rows_has_little_to_add(kind):
    X, y = planted(3000, 3, 1, n_experts=3)[:2]
    first, size = {}, {"depth": 1} if kind is not MoEClassifier else {"n_experts": 2}
    if kind is not HMERegressor:
        y = np.where(y > np.median(y), "high", "low")
        first = {"classes": ["low", "high"]}
    model = kind(n_init=4, random_state=0, **size)
    learnt(model, batches(X, y, epochs=20), **first)
    online = model.score_samples(X, y).mean()
    # From the same hill: which one a first batch leads to is a matter of luck.
    model.set_params(warm_start=True).fit(X, y)
    assert model.score_samples(X, y).mean() < online + 0.01


def test_networks_learn_from_batches():
    X, y = planted(2000, 3, 1, n_experts=3)[:2]
    model, scores = MoERegressor(3, expert="mlp", random_state=0), []
    for epoch in range(6):
        learnt(model, batches(X, y, seed=epoch))
        scores.append(model.score_samples(X, y).mean())
    assert scores[-1] > scores[0] + 0.5
    assert model.score(X, y) > 0.8


def test_forgetting_follows_a_drift():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((12000, 2))
    distance = np.abs(X[:, 0])
    y = np.where(np.arange(12000) < 6000, distance, 3 - 2 * distance)
    y = y + 0.1 * rng.standard_normal(12000)
    models = [
        MoERegressor(2, solver=solver, n_init=4, random_state=0)
        for solver in (EM(decay=1.0), EM(forgetting=0.1))
    ]
    for first in range(0, 12000, 200):
        rows = slice(first, first + 200)
        for model in models:
            model.partial_fit(X[rows], y[rows])
    remembers, forgets = (model.score(X[-2000:], y[-2000:]) for model in models)
    assert forgets > 0.9
    assert remembers < forgets - 0.2


@pytest.mark.parametrize("settings", [{}, {"gate": "gaussian"}, {"family": "student_t"}], ids=str)
def test_a_fit_goes_on_from_where_it_was(settings):
    X, y = planted(4000, 3, 1, n_experts=3)[:2]
    model = MoERegressor(3, n_init=8, random_state=0, **settings).fit(X, y)
    before = model.score_samples(X, y).mean()
    model.partial_fit(X[:100], y[:100])
    assert abs(model.score_samples(X, y).mean() - before) < 0.02
    # What no one can know of rows that are gone is not told.
    assert not hasattr(model, "log_likelihood_")
    assert hasattr(model, "expert_coef_")


def test_another_solver_goes_on_from_the_mixture():
    X, y = planted(600, 3, 1, n_experts=3)[:2]
    model = MoERegressor(3, random_state=0).partial_fit(X, y)
    for solver in ("adam", "em", "adam"):
        before = model.score_samples(X, y).mean()
        model.set_params(solver=solver).partial_fit(X, y)
        assert model.score_samples(X, y).mean() > before - 0.1


def test_a_row_of_weight_two_is_the_row_twice():
    X, y = planted(600, 3, 1, n_experts=3)[:2]
    weight = np.where(np.arange(600) % 3 == 0, 2, 1)
    weighted = MoERegressor(2, random_state=0)
    repeated = MoERegressor(2, random_state=0)
    for rows in np.array_split(np.arange(600), 3):
        weighted.partial_fit(X[rows], y[rows], sample_weight=weight[rows])
        repeated.partial_fit(X[np.repeat(rows, weight[rows])], y[np.repeat(rows, weight[rows])])
    assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-8)


def test_a_column_that_begins_to_vary_is_noticed():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((2000, 2))
    X[:200, 1] = 3.0
    y = X.sum(axis=1)
    model = learnt(MoERegressor(1), [(X[:200], y[:200]), (X[200:], y[200:])])
    assert model.score(X, y) > 0.99


def test_a_batch_that_fails_leaves_the_model_as_it_was():
    X, y = planted(500, 3, 1)[:2]
    model = MoERegressor(2, expert="mlp", random_state=0).partial_fit(X, y)
    before = model.predict(X)
    with pytest.raises(ValueError, match="X has 2 features"):
        model.partial_fit(X[:, :2], y)
    means = model._memory.state.mean + 0.0, model._memory.state.square + 0.0
    model.set_params(solver=Adam(learning_rate=1e300))
    for memory in (model._memory, model._memory._replace(state=None)):
        model._memory = memory
        with pytest.raises(ValueError, match="diverged on this batch"), np.errstate(all="ignore"):
            model.partial_fit(X, y)
        assert_array_equal(model.predict(X), before)
        if memory.state is not None:
            assert_array_equal(memory.state.mean, means[0])
            assert_array_equal(memory.state.square, means[1])


def test_classes_are_told_once():
    X, y = planted(300, 3, 1)[:2]
    labels = (y > 0).astype(int)
    with pytest.raises(ValueError, match=r"Pass classes=np\.unique"):
        MoEClassifier(2).partial_fit(X, labels)
    model = MoEClassifier(2, random_state=0).partial_fit(X, labels, classes=[0, 1, 2])
    assert model.predict_proba(X).shape == (300, 3)
    with pytest.raises(ValueError, match="the first call had"):
        model.partial_fit(X, labels, classes=[0, 1])
    with pytest.raises(ValueError, match="labels \\[7\\]"):
        model.partial_fit(X, np.full(300, 7))
    model.partial_fit(X, labels)
    assert MoEClassifier(2).fit(X, labels).partial_fit(X, labels).n_iter_ > 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"solver": "lbfgs"}, "needs all rows at once"),
        ({"solver": EM(decay=0.3)}, "decay=0.3"),
        ({"solver": EM(forgetting=1.0)}, "forgetting=1.0"),
        ({"n_experts": 400}, "at most one expert per"),
    ],
    ids=str,
)
def test_what_cannot_learn_from_batches_says_so(settings, message):
    X, y = planted(300, 3, 1)[:2]
    with pytest.raises(ValueError, match=message):
        MoERegressor(**{"n_experts": 2, **settings}).partial_fit(X, y)


def test_estimators_as_parts_have_no_partial_fit():
    assert not hasattr(MoERegressor(expert=Ridge()), "partial_fit")
    assert not hasattr(MoERegressor(gate=TopKGate(Ridge())), "partial_fit")
    assert hasattr(MoERegressor(gate="hierarchical"), "partial_fit")


def test_an_average_does_not_learn_from_batches():
    X, y = planted(300, 3, 1)[:2]
    model = MoERegressor(2, n_init=2, average=True)
    assert not hasattr(model, "partial_fit")
    model.fit(X, y).set_params(average=False)
    with pytest.raises(ValueError, match="has averaged several mixtures"):
        model.partial_fit(X, y)


def test_a_stream_that_begins_with_zeros_is_told_and_comes_back():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20000, 3))
    y = rng.poisson(np.exp(X[:, 0] - 3)).astype(float)
    y[:100] = 0
    model = MoERegressor(1, family="poisson", random_state=0)
    with pytest.warns(UnvaryingTargetsWarning, match="one target in all of its 100 rows"):
        model.partial_fit(X[:100], y[:100])
    for first in range(100, 20000, 100):
        model.partial_fit(X[first : first + 100], y[first : first + 100])
    assert_allclose(model.predict(X).mean(), y.mean(), rtol=0.1)


@pytest.mark.parametrize("family", ["poisson", "negative_binomial", "tweedie", "bernoulli"])
def test_of_zeros_alone_a_mean_is_next_to_zero_and_no_further(family):
    X = np.random.default_rng(0).normal(size=(100, 2))
    model = MoERegressor(1, family=family).fit(X, np.zeros(100))
    assert model.predict(X).max() < 1e-4
    assert -60 < model.expert_intercept_[0] < -8


def test_a_first_batch_that_is_refused_is_not_warned_of():
    X = np.random.default_rng(0).normal(size=(1, 2))
    with pytest.raises(ValueError, match="at most one expert per"):
        MoERegressor(2, random_state=0).partial_fit(X, np.zeros(1))
