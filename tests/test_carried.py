"""What rows carry beside X and y: exposure, offset, trials and groups."""

import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import logsumexp
from sklearn import config_context
from sklearn.linear_model import LinearRegression, PoissonRegressor
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmoe import HMEClassifier, HMERegressor, MoEClassifier, MoERegressor
from skmoe.dask import DaskMoERegressor
from skmoe.experts import LinearExpert, MixedExpert, MLPExpert
from skmoe.gates import SoftmaxGate
from skmoe.model_selection import select_n_experts

FREE = {"expert": LinearExpert(alpha=0), "tol": 1e-12, "max_iter": 2000}
TWO = {"gate": SoftmaxGate(alpha=0), "random_state": 0, **FREE}
FAMILIES = [
    "gaussian",
    "student_t",
    "laplace",
    "poisson",
    "negative_binomial",
    "gamma",
    "lognormal",
    "weibull",
    "inverse_gaussian",
    "tweedie",
    "bernoulli",
    "beta",
]


def table(n=120, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 2)), rng


def targets(family, X, rng):
    """Targets that a family takes, which two experts share."""
    signal = np.where(rng.uniform(size=len(X)) < 0.5, X[:, 0], 1 - X[:, 1])
    if family in ("gaussian", "student_t", "laplace"):
        return signal + 0.3 * rng.normal(size=len(X))
    if family in ("poisson", "negative_binomial"):
        return rng.poisson(np.exp(1 + 0.4 * signal))
    if family == "bernoulli":
        return (signal + rng.normal(size=len(X)) > 0.5).astype(float)
    if family == "beta":
        return 1 / (1 + np.exp(-signal - 0.5 * rng.normal(size=len(X))))
    y = rng.gamma(4.0, np.exp(0.4 * signal))
    return np.where(rng.uniform(size=len(X)) < 0.2, 0, y) if family == "tweedie" else y


# -- offset ----------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_an_offset_that_is_linear_in_x_moves_the_coefficients_alone(family):
    X, rng = table()
    y, known = targets(family, X, rng), np.array([0.3, -0.2])
    plain = MoERegressor(1, family=family, **FREE).fit(X, y)
    moved = MoERegressor(1, family=family, **FREE).fit(X, y, offset=X @ known)
    assert_allclose(moved.log_likelihood_, plain.log_likelihood_, atol=1e-6)
    assert_allclose(moved.expert_coef_ + known, plain.expert_coef_, atol=2e-4)
    assert_allclose(moved.predict(X, offset=X @ known), plain.predict(X), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("family", ["gaussian", "poisson", "gamma", "tweedie"])
def test_so_it_does_in_a_mixture(family):
    X, rng = table(150)
    y, known = targets(family, X, rng), np.array([0.3, -0.2])
    plain = MoERegressor(2, family=family, **TWO).fit(X, y)
    moved = MoERegressor(2, family=family, **TWO, init=plain.responsibilities(X, y))
    moved.fit(X, y, offset=X @ known)
    assert_allclose(moved.log_likelihood_, plain.log_likelihood_, atol=1e-5)
    assert_allclose(moved.expert_coef_ + known, plain.expert_coef_, atol=1e-2)
    assert moved.n_parameters_ == plain.n_parameters_
    assert_allclose(
        moved.responsibilities(X, y, offset=X @ known), plain.responsibilities(X, y), atol=1e-2
    )


@pytest.mark.parametrize("n_classes", [2, 3])
def test_classes_take_one_too(n_classes):
    X, rng = table(400)
    width = 1 if n_classes == 2 else n_classes
    known = rng.normal(size=(2, width))
    eta = X @ known + X[:, :1] * np.arange(width) * 0.5
    eta = np.hstack([0 * eta, eta]) if n_classes == 2 else eta
    y = np.argmax(eta + rng.gumbel(size=eta.shape), axis=1)
    plain = MoEClassifier(1, **FREE).fit(X, y)
    moved = MoEClassifier(1, **FREE).fit(X, y, offset=X @ known)
    assert_allclose(moved.log_likelihood_, plain.log_likelihood_, atol=1e-6)
    assert_allclose(moved.predict_proba(X, offset=X @ known), plain.predict_proba(X), atol=1e-5)
    assert_allclose(moved.score(X, y, offset=X @ known), plain.score(X, y))
    assert_array_equal(moved.predict(X, offset=X @ known), plain.predict(X))


def test_several_outputs_have_one_each_or_share_one():
    X, rng = table()
    y = np.column_stack([X[:, 0], X[:, 1]]) + 0.1 * rng.normal(size=(120, 2))
    one = MoERegressor(1, **FREE).fit(X, y + X[:, :1], offset=X[:, 0])
    own = MoERegressor(1, **FREE).fit(X, y + [5, -5] * X[:, :1], offset=X[:, :1] * [5, -5])
    plain = MoERegressor(1, **FREE).fit(X, y)
    assert_allclose(one.expert_coef_, plain.expert_coef_, atol=1e-8)
    assert_allclose(own.expert_coef_, plain.expert_coef_, atol=1e-8)


@pytest.mark.parametrize(
    "settings",
    [
        {"expert": MLPExpert((4,)), "solver": "lbfgs", "max_iter": 100},
        {"expert": MLPExpert((4,), heteroscedastic=True), "max_iter": 30},
        {"expert": MixedExpert([("a", LinearExpert()), ("b", LinearExpert(columns=[0]))])},
        {"expert": LinearExpert(segments=4)},
        {"gate": "top_k"},
        {"gate": "gaussian"},
        {"solver": "lbfgs"},
    ],
    ids=str,
)
def test_experts_and_gates_of_all_kinds_take_one(settings):
    """It explains what no expert could: without it, hardly anything is explained."""
    X, rng = table(300)
    offset = 10 * rng.normal(size=300)
    y = X[:, 0] + offset + 0.1 * rng.normal(size=300)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MoERegressor(2, random_state=0, **settings).fit(X, y, offset=offset)
    assert model.score(X, y, offset=offset) > 0.9
    assert_allclose(model.predict(X, offset=offset), model.predict(X) + offset)
    law = model.predict_dist(X, offset=offset)
    assert_allclose(law.mean(), model.predict(X, offset=offset))


def test_trees_of_experts_take_one():
    X, rng = table(300)
    y = np.abs(X[:, 0]) + 3 * X[:, 1] + 0.1 * rng.normal(size=300)
    model = HMERegressor(depth=1, random_state=0).fit(X, y, offset=3 * X[:, 1])
    assert model.score(X, y, offset=3 * X[:, 1]) > 0.9
    model = HMEClassifier(depth=1, random_state=0).fit(X, y > 1, offset=3 * X[:, 1])
    assert model.score(X, y > 1, offset=3 * X[:, 1]) > 0.8


def test_the_unit_of_y_does_not_matter():
    X, rng = table(300)
    offset = 10 * rng.normal(size=300)
    y = np.abs(X[:, 0]) + offset + 0.1 * rng.normal(size=300)
    one = MoERegressor(2, random_state=0).fit(X, y, offset=offset)
    other = MoERegressor(2, random_state=0).fit(X, 1e6 * y, offset=1e6 * offset)
    assert_allclose(other.expert_coef_, 1e6 * one.expert_coef_, rtol=1e-4)


@pytest.mark.parametrize("seed", range(3, 6))
def test_starts_look_at_what_is_left_of_y(seed):
    """Four parallel lines are found as they are without the offset, however large that is."""
    X, rng = table(200, seed)
    offset, line = 200 * rng.normal(size=200), rng.integers(0, 4, 200)
    y = np.array([-6, -2, 2, 6])[line] + 0.3 * X[:, 0] + 0.7 * rng.normal(size=200)
    plain = MoERegressor(4, gate="constant", random_state=0).fit(X, y)
    model = MoERegressor(4, gate="constant", random_state=0).fit(X, y + offset, offset=offset)
    assert_allclose(model.log_likelihood_, plain.log_likelihood_, rtol=1e-4)


@pytest.mark.parametrize("kind", [csr_array, lambda X: X.astype(np.float32)])
def test_tables_of_other_kinds_take_one(kind):
    X, rng = table(300)
    y = rng.poisson(np.exp(0.5 * X[:, 0] + X[:, 1]))
    settings = {"family": "poisson", "expert": LinearExpert(alpha=1.0), "tol": 1e-10}
    dense = MoERegressor(1, **settings).fit(X, y, offset=X[:, 1])
    other = MoERegressor(1, **settings).fit(kind(X), y, offset=X[:, 1])
    assert_allclose(other.expert_coef_, dense.expert_coef_, atol=2e-2)


# -- exposure --------------------------------------------------------------------------------


def exposed(n=400, seed=0):
    X, rng = table(n, seed)
    exposure = rng.uniform(0.1, 20, n)
    rate = np.where(rng.uniform(size=n) < 0.5, np.exp(X[:, 0]), np.exp(1 - X[:, 1]))
    return X, rng.poisson(exposure * rate), exposure


def test_one_expert_is_the_poisson_regression_of_rates_with_exposures_as_weights():
    X, y, exposure = exposed()
    model = MoERegressor(1, family="poisson", **FREE).fit(X, y, exposure=exposure)
    reference = PoissonRegressor(alpha=0, tol=1e-10).fit(X, y / exposure, exposure)
    assert_allclose(model.expert_coef_[0], reference.coef_, atol=1e-5)
    mean = model.predict(X, exposure=exposure)
    assert_allclose(mean, exposure * model.predict(X))
    assert_allclose(model.log_likelihood_, stats.poisson.logpmf(y, mean).sum())
    constant = exposure * y.sum() / exposure.sum()
    loss = [2 * (y * np.log(np.maximum(y, 1) / m) - y + m).sum() for m in (mean, constant)]
    assert_allclose(model.score(X, y, exposure=exposure), 1 - loss[0] / loss[1])


def test_a_mixture_of_rates_is_a_local_maximum_of_its_likelihood_written_by_hand():
    X, y, exposure = exposed(150)
    model = MoERegressor(2, family="poisson", **TWO).fit(X, y, exposure=exposure)
    design = np.column_stack([X, np.ones(150)])

    def loss(v):
        logits = design @ v[:3]
        mean = exposure[:, None] * np.exp(design @ v[3:].reshape(2, 3).T)
        gate = np.column_stack([-np.logaddexp(0, logits), -np.logaddexp(0, -logits)])
        return -logsumexp(gate + stats.poisson.logpmf(y[:, None], mean), axis=1).sum()

    gate = np.append(*(x[1] - x[0] for x in (model.gate_coef_, model.gate_intercept_)))
    experts = np.column_stack([model.expert_coef_, model.expert_intercept_])
    found = minimize(loss, np.append(gate, experts), method="BFGS", options={"gtol": 1e-7})
    assert_allclose(model.log_likelihood_, -found.fun, atol=1e-6)
    assert model.n_parameters_ == 9
    assert_allclose(model.bic(), 9 * np.log(150) + 2 * found.fun, atol=1e-5)


def test_a_column_that_is_named_is_no_feature_and_is_remembered():
    X, y, exposure = exposed()
    frame = pd.DataFrame(X, columns=["a", "b"]).assign(years=exposure)
    by_value = MoERegressor(2, family="poisson", random_state=0).fit(X, y, exposure=exposure)
    model = MoERegressor(2, family="poisson", random_state=0)
    model.fit(frame, y, exposure="years")
    assert model.feature_names_in_.tolist() == ["a", "b"]
    mean = by_value.predict(X, exposure=exposure)
    assert_allclose(model.predict(frame), mean)
    assert_allclose(model.predict(pl.from_pandas(frame), exposure="years"), mean)
    assert_allclose(model.predict(frame, exposure=1.0), by_value.predict(X))
    assert_allclose(model.predict(frame[["a", "b"]], exposure=exposure), mean)
    assert_allclose(model.score(frame, y), by_value.score(X, y, exposure=exposure))
    assert_allclose(model.bic(frame, y), model.bic())
    with pytest.raises(ValueError, match="exposure='years', as in fit, names no column of X"):
        model.predict(frame[["a", "b"]])
    with pytest.raises(ValueError, match="X has no names of columns"):
        model.predict(X)
    scores = cross_val_score(model, frame, y, params={"exposure": "years"}, cv=3)
    assert scores.min() > 0.2


def test_values_are_routed_through_pipelines_and_folds():
    X, y, exposure = exposed()
    with config_context(enable_metadata_routing=True):
        last = MoERegressor(1, family="poisson").set_fit_request(exposure=True)
        last.set_score_request(exposure=True)
        scores = cross_val_score(last, X, y, params={"exposure": exposure}, cv=3)
        model = make_pipeline(StandardScaler(), last).fit(X, y, exposure=exposure)
        score = model.score(X, y, exposure=exposure)
    assert len(scores) == 3 and scores.min() > 0.2
    assert_allclose(score, last.fit(X, y, exposure=exposure).score(X, y, exposure=exposure))


def test_random_rates_are_found_again():
    rng = np.random.default_rng(5)
    X, exposure = rng.uniform(-1, 1, size=(3000, 1)), rng.uniform(1, 30, 3000)
    first = rng.uniform(size=3000) < 1 / (1 + np.exp(-6 * X[:, 0]))
    y = rng.poisson(exposure * np.exp(np.where(first, X[:, 0], -1 - X[:, 0])))
    model = MoERegressor(2, family="poisson", random_state=0).fit(X, y, exposure=exposure)
    assert_allclose(np.sort(model.expert_coef_[:, 0]), [-1, 1], atol=0.1)
    assert_allclose(np.sort(model.expert_intercept_), [-1, 0], atol=0.1)
    draws = model.sample(X, exposure=exposure, random_state=0)
    assert_allclose(draws.mean(), y.mean(), rtol=0.05)


def test_rows_read_in_batches_or_on_a_cluster_name_their_columns():
    import dask.dataframe as dd

    X, y, exposure = exposed()
    frame = pd.DataFrame(X, columns=["a", "b"]).assign(years=exposure)

    def reader():
        for first in range(0, 400, 100):
            yield frame[first : first + 100], y[first : first + 100]

    settings = {"n_experts": 2, "family": "poisson", "random_state": 0}
    whole = MoERegressor(**settings).fit(frame, y, exposure="years")
    read = MoERegressor(**settings).fit_blocks(reader, exposure="years")
    assert_array_equal(read.expert_coef_, whole.expert_coef_)
    assert_allclose(read.score(reader), whole.score(frame, y))
    assert_array_equal(np.concatenate(list(read.predict(reader))), whole.predict(frame))
    parts = dd.from_pandas(frame.assign(y=y), npartitions=2)
    far = DaskMoERegressor(**settings).fit(parts[["a", "b", "years"]], parts["y"], exposure="years")
    assert_allclose(far.expert_coef_, whole.expert_coef_, rtol=1e-6)
    assert_allclose(far.score(parts[["a", "b", "years"]], parts["y"]), whole.score(frame, y))
    with pytest.raises(ValueError, match="names of columns are allowed"):
        read.score(reader, exposure=exposure)


# -- trials ----------------------------------------------------------------------------------


def tried(n=200, seed=0):
    X, rng = table(n, seed)
    trials = rng.integers(1, 30, n)
    share = np.where(rng.uniform(size=n) < 0.4, 0.15, 1 / (1 + np.exp(-1 - X[:, 0])))
    return X, rng.binomial(trials, share), trials


def test_one_expert_of_trials_is_the_logistic_regression_of_all():
    X, successes, trials = tried()
    y = np.column_stack([successes, trials])
    model = MoERegressor(1, family="binomial", **FREE).fit(X, y)
    plain = MoERegressor(1, family="bernoulli", **FREE)
    plain.fit(X, successes / trials, sample_weight=trials)
    assert_allclose(model.expert_coef_, plain.expert_coef_, atol=1e-8)
    mean = model.predict(X)
    assert_allclose(model.log_likelihood_, stats.binom.logpmf(successes, trials, mean).sum())
    assert_allclose(model.score(X, y), plain.score(X, successes / trials, trials))
    other = MoERegressor(1, family="binomial", **FREE).fit(X, successes / trials, trials=trials)
    assert_allclose(other.expert_coef_, model.expert_coef_)
    assert_allclose(other.score(X, successes / trials, trials=trials), model.score(X, y))
    errors = model.inference(X, y).std_errors["expert_coef_"]
    assert_allclose(
        errors, plain.inference(X, successes / trials, trials).std_errors["expert_coef_"]
    )


def test_trials_of_a_row_share_an_expert_as_a_textbook_has_it():
    X, successes, trials = tried()
    y = np.column_stack([successes, trials])
    settings = {**FREE, "expert": LinearExpert(alpha=0, columns=[]), "random_state": 0}
    model = MoERegressor(2, family="binomial", gate="constant", **settings).fit(X, y)
    share, proba = np.full(2, 0.5), np.array([0.2, 0.7])
    for _ in range(500):
        joint = np.log(share) + stats.binom.logpmf(successes[:, None], trials[:, None], proba)
        density = logsumexp(joint, axis=1)
        resp = np.exp(joint - density[:, None])
        share, proba = resp.mean(axis=0), successes @ resp / (trials @ resp)
    assert_allclose(model.log_likelihood_, density.sum())
    assert_allclose(np.sort(model.predict_experts(X[:1])[0]), np.sort(proba), atol=1e-7)
    assert model.n_parameters_ == 3
    assert_allclose(model.bic(X, y), 3 * np.log(200) - 2 * density.sum())


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_numbers_of_successes_follow_scipy(dtype):
    X, successes, trials = tried()
    y = np.column_stack([successes, trials])
    model = MoERegressor(1, family="binomial").fit(X.astype(dtype), y)
    law = model.predict_dist(X[:50].astype(dtype), trials=trials[:50])
    known = stats.binom(trials[:50], model.predict(X[:50].astype(dtype)))
    rtol = 1e-9 if dtype == np.float64 else 2e-4
    assert_allclose(law.mean(), known.mean(), rtol=rtol)
    assert_allclose(law.std(), known.std(), rtol=rtol)
    for count in (-1, 0, 3, 12, 40):
        assert_allclose(law.cdf(count), known.cdf(count), rtol=rtol, atol=rtol)
        assert_allclose(law.sf(count), known.sf(count), rtol=rtol, atol=rtol)
        assert_allclose(law.pdf(count), known.pmf(count), rtol=rtol, atol=rtol)
    for level in (0.013, 0.31, 0.87, 0.9993):
        assert_array_equal(law.ppf(level), known.ppf(level))
    draws = model.sample(X[:50].astype(dtype), trials=trials[:50], size=2000, random_state=0)
    assert_allclose(draws.mean(axis=0), known.mean(), atol=6 * known.std().max() / 2000**0.5)
    assert draws.min() >= 0 and (draws <= trials[:50]).all()
    grid = np.arange(31)[:, None]
    crps = np.sum((known.cdf(grid) - (successes[:50] <= grid)) ** 2, axis=0)
    assert_allclose(law.crps(successes[:50]), crps, rtol=1e-3, atol=1e-6)


def test_counts_of_several_outcomes_are_a_softmax_regression():
    X, rng = table(200)
    trials = rng.integers(1, 20, 200)
    proba = np.exp(X[:, :1] * [0.0, 1.0, -1.0])
    proba /= proba.sum(axis=1, keepdims=True)
    y = np.array([rng.multinomial(t, p) for t, p in zip(trials, proba, strict=True)])
    model = MoERegressor(1, family="multinomial", **FREE).fit(X, y)
    assert_allclose(
        model.log_likelihood_, stats.multinomial.logpmf(y, trials, model.predict(X)).sum()
    )
    labels = np.tile(np.arange(3), 200)
    plain = MoEClassifier(1, **FREE)
    plain.fit(np.repeat(X, 3, axis=0), labels, sample_weight=y.ravel().astype(float))
    assert_allclose(model.predict(X), plain.predict_proba(X), atol=1e-6)
    assert model.n_parameters_ == 6
    with pytest.raises(ValueError, match="counts of several outcomes"):
        model.predict_dist(X)
    two = MoERegressor(2, family="multinomial", random_state=0).fit(X, y)
    assert_allclose(two.predict(X).sum(axis=1), 1)


# -- groups ----------------------------------------------------------------------------------


def panel(n_groups=200, each=5, seed=0):
    """Persons of two kinds, who are asked several times."""
    rng = np.random.default_rng(seed)
    first = rng.uniform(size=n_groups) < 0.5
    groups = np.repeat(np.arange(n_groups), each)
    X = rng.normal(size=(n_groups * each, 2))
    y = np.where(first[groups], 1 + X[:, 0], -1 - 0.5 * X[:, 0])
    return X, y + 1.2 * rng.normal(size=len(X)), groups, first


def assigned(model, resp, groups, first):
    own = resp.argmax(axis=1) == first[groups]
    return max(own.mean(), 1 - own.mean())


def test_groups_are_those_of_a_textbook():
    X, y, groups, first = panel()
    model = MoERegressor(2, gate="constant", random_state=0, **FREE).fit(X, y, groups=groups)
    design = np.column_stack([X, np.ones(len(X))])
    resp = np.eye(2)[first.astype(int)]
    for _ in range(500):
        own = np.repeat(resp, 5, axis=0)
        density = np.zeros((200, 2))
        for k in range(2):
            weighted = design.T * own[:, k]
            beta = np.linalg.solve(weighted @ design, weighted @ y)
            scale = np.sqrt(own[:, k] @ (y - design @ beta) ** 2 / own[:, k].sum())
            log = stats.norm.logpdf(y, design @ beta, scale)
            density[:, k] = log.reshape(200, 5).sum(axis=1)
        joint = np.log(resp.mean(axis=0)) + density
        total = logsumexp(joint, axis=1)
        resp = np.exp(joint - total[:, None])
    assert_allclose(model.log_likelihood_, total.sum())
    found = model.responsibilities(X, y, groups=groups)
    order = [0, 1] if np.abs(found[::5] - resp).max() < 0.5 else [1, 0]
    assert_allclose(found, np.repeat(resp, 5, axis=0)[:, order], atol=1e-6)
    assert_allclose(model.bic(), 9 * np.log(200) - 2 * total.sum())
    assert_allclose(model.bic(X, y, groups=groups), model.bic())
    assert_allclose(model.score_samples(X, y, groups=groups).sum(), total.sum())
    assert "groups 200 " in str(model.summary(X, y, groups=groups))


def test_a_summary_says_of_which_columns_a_gate_sees_means():
    X, y, groups, _ = panel()
    X = np.column_stack([X, np.arange(200)[groups] % 7])
    model = MoERegressor(2, random_state=0).fit(X, y, groups=groups)
    for table in (X, csr_array(X)):
        text = str(model.summary(table, y, groups=groups))
        assert "2 of the gate's 3 columns vary within groups" in text
    model = MoERegressor(2, gate=SoftmaxGate(columns=[2]), random_state=0)
    text = str(model.fit(X, y, groups=groups).summary(X, y, groups=groups))
    assert "vary within groups" not in text
    assert_allclose(model.gate_proba(X), model.gate_proba(X, groups=groups))


def test_a_fit_that_goes_on_has_the_same_columns():
    X, y, exposure = exposed()
    model = MoERegressor(2, family="poisson", warm_start=True, random_state=0)
    model.fit(X, y, exposure=exposure)
    again = model.log_likelihood_
    assert model.fit(X, y, exposure=exposure).log_likelihood_ >= again - 1e-6
    with pytest.raises(ValueError, match="other columns of exposure, offset or groups"):
        model.fit(X, y)
    copied = pickle.loads(pickle.dumps(model))
    assert_array_equal(copied.predict(X, exposure=exposure), model.predict(X, exposure=exposure))


def test_batches_of_a_stream_bring_exposures():
    X, y, exposure = exposed(4000)
    model = MoERegressor(1, family="poisson", random_state=0)
    for first in range(0, 4000, 500):
        own = slice(first, first + 500)
        model.partial_fit(X[own], y[own], exposure=exposure[own])
    whole = MoERegressor(1, family="poisson", random_state=0).fit(X, y, exposure=exposure)
    assert_allclose(model.expert_coef_, whole.expert_coef_, atol=0.1)


def test_persons_are_told_apart_where_rows_are_not():
    X, y, groups, first = panel()
    by_row = MoERegressor(2, random_state=0).fit(X, y)
    model = MoERegressor(2, random_state=0).fit(X, y, groups=groups)
    assert assigned(by_row, by_row.responsibilities(X, y), groups, first) < 0.8
    assert assigned(model, model.responsibilities(X, y, groups=groups), groups, first) > 0.93
    auto = MoERegressor("auto", random_state=0).fit(X, y, groups=groups)
    assert auto.n_experts_ == 2
    assert (
        select_n_experts(
            MoERegressor(random_state=0), X, y, n_experts=range(1, 4), groups=groups
        ).best_n_experts_
        == 2
    )


@pytest.mark.parametrize("gate", ["softmax", "gaussian", "hierarchical", "top_k"])
def test_neither_the_order_of_rows_nor_that_of_groups_matters(gate):
    X, y, groups, _ = panel()
    order = np.random.default_rng(1).permutation(len(y))
    model = MoERegressor(2, gate=gate, random_state=0).fit(X, y, groups=groups)
    other = MoERegressor(2, gate=gate, random_state=0)
    other.fit(X[order], y[order], groups=[f"person {g}" for g in groups[order]])
    assert_allclose(other.log_likelihood_, model.log_likelihood_, rtol=1e-7)
    first = model.responsibilities(X, y, groups=groups)[order]
    second = other.responsibilities(X[order], y[order], groups=groups[order])
    assert_allclose(second, first, atol=1e-3)
    assert_allclose(
        other.predict(X[order], groups=groups[order]),
        model.predict(X, groups=groups)[order],
        atol=1e-3,
    )


def test_a_group_of_weight_two_is_two_groups():
    X, y, groups, _ = panel()
    weight = np.where(groups < 40, 2.0, 1.0)
    twice = np.flatnonzero(groups < 40)
    many = [np.concatenate([own, own[twice]]) for own in (X, y)]
    model = MoERegressor(2, random_state=0).fit(X, y, sample_weight=weight, groups=groups)
    other = MoERegressor(2, random_state=0)
    other.fit(*many, groups=np.append(groups, 1000 + groups[twice]))
    assert_allclose(other.log_likelihood_, model.log_likelihood_, rtol=1e-9)
    assert_allclose(other.bic(), model.bic(), rtol=1e-9)
    assert_allclose(other.expert_coef_, model.expert_coef_, rtol=1e-6)


def test_a_row_of_its_own_is_no_group():
    X, y, _, _ = panel()
    plain = MoERegressor(3, random_state=0).fit(X, y)
    model = MoERegressor(3, random_state=0).fit(X, y, groups=np.arange(len(y)))
    assert_array_equal(model.expert_coef_, plain.expert_coef_)
    assert_array_equal(model.predict(X, groups=np.arange(len(y))), plain.predict(X))


def test_groups_are_cut_by_no_block():
    X, y, groups, _first = panel(7000, 3)
    groups[:100] = 0
    order = np.random.default_rng(0).permutation(len(y))
    one = MoERegressor(2, random_state=0, n_jobs=2).fit(X, y, groups=groups)
    other = MoERegressor(2, random_state=0).fit(X[order], y[order], groups=groups[order])
    assert_allclose(other.log_likelihood_, one.log_likelihood_, rtol=1e-6)
    assert_allclose(one.score_samples(X, y, groups=groups).sum(), one.log_likelihood_, rtol=1e-9)
    assert_allclose(one.bic(X, y, groups=groups), one.bic(), rtol=1e-9)


@pytest.mark.parametrize("kind", [csr_array, lambda X: X.astype(np.float32)])
def test_tables_of_other_kinds_are_grouped(kind):
    X, y, groups, first = panel()
    model = MoERegressor(2, random_state=0).fit(kind(X), y, groups=groups)
    resp = model.responsibilities(kind(X), y, groups=groups)
    assert assigned(model, resp, groups, first) > 0.93


def test_classes_and_exposures_are_grouped_too():
    X, y, groups, first = panel(300, 8)
    rng = np.random.default_rng(0)
    label = rng.uniform(size=len(y)) < 1 / (1 + np.exp(-2 * np.where(first[groups], 1, -1)))
    model = MoEClassifier(2, random_state=0).fit(X, label, groups=groups)
    assert assigned(model, model.responsibilities(X, label, groups=groups), groups, first) > 0.9
    assert_allclose(model.predict_proba(X, groups=groups).sum(axis=1), 1)
    exposure = rng.uniform(0.5, 3, len(y))
    count = rng.poisson(exposure * np.exp(np.where(first[groups], 1, 0)))
    model = MoERegressor(2, family="poisson", random_state=0)
    model.fit(X, count, exposure=exposure, groups=groups)
    resp = model.responsibilities(X, count, exposure=exposure, groups=groups)
    assert assigned(model, resp, groups, first) > 0.9


def test_along_gradients_the_climb_ends_at_the_same_top():
    X, y, groups, _ = panel()
    em = MoERegressor(2, **TWO).fit(X, y, groups=groups)
    other = MoERegressor(2, solver="lbfgs", **TWO).fit(X, y, groups=groups)
    assert_allclose(other.log_likelihood_, em.log_likelihood_, rtol=1e-7)


@pytest.mark.parametrize("robust", [False, True])
def test_standard_errors_are_by_group(robust):
    """Second derivatives and scores of the likelihood, taken numerically."""
    X, y, groups, _ = panel(120, 4)
    model = MoERegressor(2, gate="constant", random_state=0, **FREE).fit(X, y, groups=groups)
    design = np.column_stack([X, np.ones(len(X))])

    def densities(v):
        share = np.array([-np.logaddexp(0, v[0]), -np.logaddexp(0, -v[0])])
        log = stats.norm.logpdf(y[:, None], design @ v[1:7].reshape(2, 3).T, np.exp(v[7:])).reshape(
            120, 4, 2
        )
        return logsumexp(share + log.sum(axis=1), axis=1)

    experts = np.column_stack([model.expert_coef_, model.expert_intercept_]).ravel()
    share = model.gate_proba(X[:1])[0]
    v = np.concatenate([[np.log(share[1] / share[0])], experts, np.log(model.expert_scale_)])
    step = 1e-4 * np.eye(9)
    scores = np.stack([(densities(v + h) - densities(v - h)) / 2e-4 for h in step], axis=1)
    bend = np.array(
        [
            [
                (
                    densities(v + a + b)
                    - densities(v + a - b)
                    - densities(v - a + b)
                    + densities(v - a - b)
                ).sum()
                / 4e-8
                for b in step
            ]
            for a in step
        ]
    )
    covariance = np.linalg.inv(-bend)
    if robust:
        covariance = covariance @ (scores.T @ scores) @ covariance
    errors = np.sqrt(np.diag(covariance))
    found = model.inference(X, y, groups=groups, robust=robust).std_errors
    assert_allclose(found["expert_coef_"].ravel(), errors[[1, 2, 4, 5]], rtol=1e-3)
    assert_allclose(found["expert_intercept_"], errors[[3, 6]], rtol=1e-3)
    assert_allclose(found["expert_scale_"] / model.expert_scale_, errors[7:], rtol=1e-3)


def test_folds_keep_groups_whole():
    X, y, groups, _ = panel()
    with config_context(enable_metadata_routing=True):
        model = MoERegressor(2, random_state=0)
        model.set_fit_request(groups=True).set_score_request(groups=True)
        scores = cross_val_score(model, X, y, params={"groups": groups}, cv=GroupKFold(3))
    assert np.isfinite(scores).all()


def test_a_named_column_of_groups_is_no_feature():
    X, y, groups, _first = panel()
    frame = pd.DataFrame(X, columns=["a", "b"]).assign(person=[f"p{g:03d}" for g in groups])
    model = MoERegressor(2, random_state=0).fit(frame, y, groups="person")
    plain = MoERegressor(2, random_state=0).fit(X, y, groups=groups)
    assert model.feature_names_in_.tolist() == ["a", "b"]
    assert_allclose(model.log_likelihood_, plain.log_likelihood_)
    assert_allclose(model.responsibilities(frame, y), plain.responsibilities(X, y, groups=groups))


def test_pictures_terms_and_lazy_answers_know_named_columns():
    import dask.dataframe as dd

    from skmoe.inspection import CalibrationDisplay, GateDisplay, PredictiveDisplay

    X, y, exposure = exposed()
    frame = pd.DataFrame(X, columns=["a", "b"]).assign(years=exposure)
    model = MoERegressor(2, family="poisson", random_state=0).fit(frame, y, exposure="years")
    for display, more in (
        (GateDisplay, ["a"]),
        (PredictiveDisplay, "a"),
        (CalibrationDisplay, y),
    ):
        display.from_estimator(model, frame, more)
    terms = model.explain(frame[:5])
    total = terms[["intercept", "offset", "a", "b"]].sum(axis=1)
    assert_allclose(np.log(terms["prediction"]), total)
    assert_allclose(terms["offset"].unstack(), np.log(exposure[:5, None]) * [[1, 1]])
    far, targets = (dd.from_pandas(own, npartitions=2) for own in (frame, pd.Series(y)))
    again = DaskMoERegressor(2, family="poisson", random_state=0).fit(
        far, targets, exposure="years"
    )
    assert_allclose(again.predict(far).compute(), again.to_local().predict(frame))
    assert_allclose(again.gate_proba(far).compute(), again.to_local().gate_proba(frame))
    resp = again.responsibilities(far, targets).compute()
    assert_allclose(resp, again.to_local().responsibilities(frame, y))
    with pytest.raises(ValueError, match="groups was given with dask collections"):
        DaskMoERegressor(2).fit(far, targets, groups="years")


def test_terms_of_scaled_predictors_are_in_units_of_y():
    X, rng = table()
    offset = 100 * rng.normal(size=120)
    y = X[:, 0] + offset + 0.1 * rng.normal(size=120)
    terms = MoERegressor(1).fit(X, y, offset=offset).explain(X, offset=offset)
    assert_allclose(terms["offset"], offset)
    assert_allclose(terms["prediction"], terms.drop(columns=["weight", "prediction"]).sum(axis=1))


def test_batches_of_a_stream_bring_whole_groups():
    X, y, groups, first = panel(600, 5)
    model = MoERegressor(2, gate="constant", random_state=0)
    for begin in range(0, 3000, 500):
        own = slice(begin, begin + 500)
        model.partial_fit(X[own], y[own], groups=groups[own])
    resp = model.responsibilities(X, y, groups=groups)
    assert assigned(model, resp, groups, first) > 0.9


def test_large_groups_are_told_apart_by_few_of_them():
    for n_groups, each in ((20, 3000), (5, 2000)):
        rng = np.random.default_rng(0)
        groups, X = np.repeat(np.arange(n_groups), each), rng.normal(size=(n_groups * each, 2))
        slope = np.array([-3.0, -1.0, 1.0, 3.0])[groups % 4]
        y = slope * X[:, 0] + 0.5 * rng.normal(size=len(X))
        model = MoERegressor(4, gate="constant", random_state=0).fit(X, y, groups=groups)
        assert_allclose(np.sort(model.expert_coef_[:, 0]), [-3, -1, 1, 3], atol=0.1)


def test_a_fit_may_begin_at_a_mixture_of_groups_and_exposures():
    X, y, groups, _ = panel()
    rng = np.random.default_rng(0)
    exposure = rng.uniform(0.5, 3, len(y))
    count = rng.poisson(exposure * np.exp(0.5 * y))
    known = {"exposure": exposure, "groups": groups}
    frame = pd.DataFrame(X, columns=["a", "b"]).assign(t=exposure, who=groups)
    settings = {"n_experts": 2, "family": "poisson", "random_state": 0}
    first = MoERegressor(**settings).fit(X, count, **known)
    again = MoERegressor(**settings, init=first).fit(X, count, **known)
    assert_allclose(again.log_likelihood_, first.log_likelihood_, rtol=1e-4)
    named = MoERegressor(**settings).fit(frame, count, exposure="t", groups="who")
    again = MoERegressor(**settings, init=named).fit(frame, count, exposure="t", groups="who")
    assert_allclose(again.log_likelihood_, first.log_likelihood_, rtol=1e-4)
    terms = named.explain(frame[["a", "b"]][:3], exposure=[1, 2, 3], groups=[1, 1, 2])
    assert_allclose(terms["offset"].unstack()[0], np.log([1, 2, 3]))


def test_all_rows_of_a_group_have_one_expert_in_a_draw():
    X, _, groups, _ = panel()
    y = np.where(groups % 2, 10, -10) + np.random.default_rng(0).normal(size=len(X))
    model = MoERegressor(2, gate="constant", random_state=0).fit(X, y, groups=groups)
    draws = np.sign(model.sample(X, size=20, random_state=0, groups=groups))
    assert (np.abs(draws.reshape(20, 200, 5).sum(axis=2)) == 5).all()
    alone = np.sign(model.sample(X, size=20, random_state=0)).reshape(20, 200, 5).sum(axis=2)
    assert (np.abs(alone) == 5).mean() < 0.2
    part = model.predict_dist(X, groups=groups)[:50].rvs(5, random_state=0)
    assert (np.abs(np.sign(part).reshape(5, 10, 5).sum(axis=2)) == 5).all()


def test_cells_of_groups_have_a_probability():
    X, y, groups, _ = panel()
    model = MoERegressor(2, gate="constant", random_state=0).fit(X, y, groups=groups)
    narrow = model.score_samples(X, y, groups=groups, spacing=1e-3).sum() - 1000 * np.log(1e-3)
    assert_allclose(narrow, model.score_samples(X, y, groups=groups).sum(), rtol=1e-6)


@pytest.mark.parametrize("family", ["bernoulli", "beta", "multinomial", "gamma", "poisson"])
def test_a_model_that_knows_no_feature_explains_nothing(family):
    rng = np.random.default_rng(0)
    offset = rng.normal(size=(400, 3))
    proba = np.exp(offset) / np.exp(offset).sum(axis=1, keepdims=True)
    share = 1 / (1 + np.exp(-offset[:, 0]))
    y = {
        "bernoulli": lambda: (rng.random(400) < share) * 1.0,
        "beta": lambda: np.clip(rng.beta(9 * share, 9 * (1 - share)), 1e-6, 1 - 1e-6),
        "multinomial": lambda: np.array([rng.multinomial(7, own) for own in proba]),
        "gamma": lambda: rng.gamma(2, np.exp(offset[:, 0])),
        "poisson": lambda: rng.poisson(5 * np.exp(offset[:, 0])),
    }[family]()
    offset = offset if family == "multinomial" else offset[:, 0]
    model = MoERegressor(1, family=family).fit(np.ones((400, 1)), y, offset=offset)
    # A beta density is not highest where the log loss is lowest.
    assert -1e-3 < model.score(np.ones((400, 1)), y, offset=offset) < 1e-6


def test_scores_of_rates_and_of_outcomes_are_those_of_the_same_model():
    X, rng = table(400)
    exposure = rng.uniform(0.5, 20, 400)
    y = rng.gamma(2, exposure**2 * np.exp(0.5 * X[:, 0]))
    one = MoERegressor(1, family="gamma", **FREE)
    counts = one.fit(X, y, exposure=exposure).score(X, y, exposure=exposure)
    assert_allclose(counts, one.fit(X, y / exposure).score(X, y / exposure))
    trials = np.where(X[:, 0] > 0, 200, 1)
    successes = rng.binomial(trials, 1 / (1 + np.exp(-X[:, 0])))
    two = np.column_stack([successes, trials - successes])
    pairs = np.column_stack([successes, trials])
    binomial = MoERegressor(1, family="binomial", **FREE).fit(X, pairs).score(X, pairs)
    multinomial = MoERegressor(1, family="multinomial", **FREE).fit(X, two).score(X, two)
    assert_allclose(multinomial, binomial, atol=1e-6)


# -- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "given", "words"),
    [
        ("poisson", {"exposure": np.zeros(120)}, "exposure has values down to 0"),
        ("poisson", {"exposure": np.full(120, np.nan)}, "exposure contains NaN"),
        ("poisson", {"exposure": np.ones(7)}, r"exposure has the shape \(7,\)"),
        ("poisson", {"exposure": ["a"] * 120}, "exposure is not made of numbers"),
        ("poisson", {"exposure": "years"}, "X has no names of columns"),
        ("poisson", {"offset": np.full(120, 800.0)}, "offset reaches 800"),
        ("poisson", {"trials": np.ones(120)}, "trials was given for the family Poisson"),
        ("gaussian", {"exposure": np.ones(120)}, "families with a log link are allowed"),
        ("gaussian", {"offset": np.ones((120, 2))}, r"offset has the shape \(120, 2\)"),
        ("gaussian", {"groups": [None] * 120}, "groups has missing values"),
        ("gaussian", {"groups": np.full(120, np.nan)}, "groups has missing values"),
        ("gaussian", {"groups": np.full(120, "NaT", "M8[D]")}, "groups has missing values"),
        ("gaussian", {"groups": np.zeros(120)}, "at most one expert per distinct group"),
        ("gaussian", {"groups": np.zeros(7)}, "groups has 7 rows and X has 120"),
        (
            "gaussian",
            {"groups": np.zeros(120), "sample_weight": np.arange(120.0)},
            "Rows of one group have several weights",
        ),
        ("binomial", {}, "without trials"),
        ("binomial", {"trials": np.zeros(120)}, "trials has the value 0"),
        ("binomial", {"trials": np.full(120, 2.5)}, "trials has the value 2.5"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_fitted(family, given, words):
    X, rng = table()
    y = rng.uniform(size=120) if family == "binomial" else rng.poisson(3, 120)
    model = MoERegressor(2, family=family)
    with pytest.raises(ValueError, match=words):
        model.fit(X, y, **given)
    assert not hasattr(model, "expert_coef_")


def test_a_failed_fit_leaves_the_old_one():
    X, y, exposure = exposed()
    model = MoERegressor(1, family="poisson").fit(X, y, exposure=exposure)
    with pytest.raises(ValueError, match="exposure has values"):
        model.fit(X, y, exposure=-exposure)
    assert_allclose(model.score(X, y, exposure=exposure), model.score(X, y, exposure=exposure))


def test_successes_are_no_more_than_trials():
    X, _rng = table(3)
    with pytest.raises(ValueError, match=r"the row \[3.0, 2.0\]"):
        MoERegressor(1, family="binomial").fit(X, [[1, 2], [3, 2], [0, 1]])
    with pytest.raises(ValueError, match="for counts, pass y with two columns"):
        MoERegressor(1, family="binomial").fit(X, [1, 2, 3], trials=[4, 4, 4])
    with pytest.raises(ValueError, match="beside a y of counts"):
        MoERegressor(1, family="binomial").fit(X, [[1, 2], [1, 2], [0, 1]], trials=[4, 4, 4])


def test_what_a_fit_has_not_had_is_not_taken_later():
    X, y, groups, _ = panel()
    model = MoERegressor(2, random_state=0).fit(X, y)
    for given in ({"offset": y}, {"groups": groups}):
        with pytest.raises(ValueError, match="the mixture was fitted without"):
            model.predict(X, **given)


def test_a_y_is_judged_by_what_the_fit_has_had():
    X, y, groups, _ = panel()
    model = MoERegressor(2, random_state=0).fit(X, y, groups=groups)
    for ask in (model.bic, model.score, model.responsibilities, model.inference):
        with pytest.raises(ValueError, match="fitted with groups, without which y says"):
            ask(X, y)
    model = MoERegressor(1).fit(X, y, offset=X[:, 0])
    for ask in (model.score, model.score_samples, model.partial_fit):
        with pytest.raises(ValueError, match="Pass exposure= or offset="):
            ask(X, y)
    assert model.predict(X).shape == y.shape


def test_lists_and_weights_of_groups_are_what_they_seem():
    X, y, groups, _ = panel()
    model = MoERegressor(2, random_state=0)
    with pytest.raises(ValueError, match="groups has 0 rows"):
        model.fit(X, y, groups=[])
    with pytest.raises(ValueError, match="names that have no order"):
        model.fit(X[:3], y[:3], groups=[1, "1", 7])
    model.fit(X, y, groups=groups[:, None])
    weight = np.linspace(1, 2, len(y))
    with pytest.raises(ValueError, match="Rows of one group have several weights"):
        model.bic(X, y, sample_weight=weight, groups=groups)
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        model.icl()
    with pytest.raises(ValueError, match="for counts, whole numbers"):
        MoERegressor(1, family="multinomial").fit(X[:3], [[0.5, 0.5], [1, 0], [0.2, 0.8]])
    with pytest.raises(ValueError, match="shares that sum to one"):
        MoERegressor(2, family="multinomial", expert=LinearRegression()).fit(
            X[:9], np.tile([[1, 2], [3, 4], [5, 0]], (3, 1))
        )


def test_one_offset_moves_no_class():
    X, rng = table()
    with pytest.raises(ValueError, match="3 columns are allowed"):
        MoEClassifier(2).fit(X, rng.integers(0, 3, 120), offset=X[:, 0])


def test_another_column_may_take_the_place_of_a_named_one():
    X, y, exposure = exposed()
    frame = pd.DataFrame(X, columns=["a", "b"]).assign(years=exposure)
    model = MoERegressor(1, family="poisson").fit(frame, y, exposure="years")
    days = model.predict(frame.assign(days=365 * exposure), exposure="days")
    assert_allclose(days, 365 * model.predict(frame))
    assert_array_equal(model.gate_proba(frame[["a", "b"]]), model.gate_proba(frame))


def test_parts_that_cannot_take_them_say_so():
    X, y, groups, _ = panel()
    with pytest.raises(ValueError, match="take no known term"):
        MoERegressor(2, expert=PoissonRegressor(), family="poisson").fit(
            X, np.round(np.exp(y)), exposure=np.ones(len(y))
        )
    with pytest.raises(ValueError, match="Pass solver='lbfgs'"):
        MoERegressor(2, expert="mlp").fit(X, y, groups=groups)
    with pytest.raises(ValueError, match="Pass grow=False"):
        HMERegressor(grow=True).fit(X, y, groups=groups)
