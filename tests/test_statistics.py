"""The right answer: special cases, independent optimisers, published figures, invariances."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from skmoe import MoEClassifier, MoERegressor
from skmoe._rows.blocks import ArrayBlocks
from skmoe.experts import LinearExpert
from skmoe.gates import GaussianGate, QuadraticGate, SoftmaxGate
from skmoe.solvers import EM

from .choosing import FULL
from .data import TEMPERATURE_ANOMALIES, planted, two_lines

PLAIN = {"gate": SoftmaxGate(alpha=0.0), "expert": LinearExpert(alpha=0.0)}


def ridge(X, y, alpha):
    return Ridge(alpha=alpha).fit(X, y)


@pytest.mark.parametrize("alpha", [0.0, 1.0, 30.0])
def test_one_expert_is_ridge(alpha):
    X, y = load_diabetes(return_X_y=True)
    scaled = StandardScaler().fit_transform(X)
    model = MoERegressor(n_experts=1, expert=LinearExpert(alpha=alpha)).fit(X, y)
    assert_allclose(model.predict(X), ridge(scaled, y, alpha).predict(scaled), rtol=1e-6)


@pytest.mark.parametrize("load", [load_breast_cancer, load_iris])
@pytest.mark.parametrize("alpha", [0.1, 1.0])
def test_one_expert_is_logistic_regression(load, alpha):
    X, y = load(return_X_y=True)
    scaled = StandardScaler().fit_transform(X)
    newton = {"solver": "newton-cg", "tol": 1e-12, "max_iter": 10_000}
    reference = LogisticRegression(C=1 / alpha, **newton).fit(scaled, y)
    model = MoEClassifier(n_experts=1, expert=LinearExpert(alpha=alpha)).fit(X, y)
    assert_allclose(model.predict_proba(X), reference.predict_proba(scaled), atol=1e-6)


def test_one_expert_with_a_fixed_penalty_is_ridge():
    X, y = load_diabetes(return_X_y=True)
    scaled = StandardScaler().fit_transform(X)
    model = MoERegressor(n_experts=1, expert=LinearExpert(alpha=1.0)).fit(X, y)
    assert_allclose(model.predict(X), ridge(scaled, y, 1.0).predict(scaled), rtol=1e-6)


@pytest.mark.parametrize("gate", [SoftmaxGate(alpha=0.1), "constant"], ids=["softmax", "constant"])
@pytest.mark.parametrize("kind", ["gaussian", "binary", "three classes"])
def test_optimum_agrees_with_lbfgs_from_the_same_start(kind, gate):
    X, y = two_lines(400, seed=3)
    if kind == "gaussian":
        model = MoERegressor(2, gate=gate, expert=LinearExpert(alpha=0.1))
    else:
        y = np.digitize(y, np.quantile(y, [0.5] if kind == "binary" else [0.3, 0.6]))
        model = MoEClassifier(2, gate=gate, expert=LinearExpert(alpha=0.1))
    start = model.set_params(random_state=0).fit(X, y)._mixture
    # A start leads close to a maximum: both climb back from some way off.
    basis = start.identified()
    moved = basis @ np.random.default_rng(0).normal(0, 0.2, size=basis.shape[1])
    start = model._mixture = start.with_params(start.params + moved)
    model.set_params(warm_start=True, max_iter=2000, tol=1e-10).fit(X, y)
    assert model.history_[-1] > model.history_[0] + 1e-4 * len(X)
    blocks = model._units.seen(ArrayBlocks(X, model._encode(y, X)))

    def negative_objective(params):
        mixture = start.with_params(params)
        value, slope = blocks.sum(mixture.value_and_gradient)
        objective = value + mixture.log_prior()
        return -objective, -(slope + mixture.log_prior_gradient())

    reference = minimize(
        negative_objective,
        start.params,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 5000, "maxfun": 20_000, "ftol": 1e-15, "gtol": 1e-8},
    )
    ours = -negative_objective(model._mixture.params)[0]
    assert ours >= -reference.fun - 1e-6 * len(X)


def test_published_optimum_of_the_temperature_anomalies():
    year, anomaly = TEMPERATURE_ANOMALIES.T
    model = MoERegressor(2, n_init=40, random_state=0, **PLAIN).fit(year[:, None], anomaly)
    assert model.log_likelihood_ >= 102.7219
    assert model.n_parameters_ == 8
    assert_allclose(np.sort(model.expert_coef_[:, 0]), [0.0064748, 0.0214926], rtol=1e-3)
    assert_allclose(np.sort(model.expert_scale_**2), [0.01193, 0.01352], rtol=1e-3)


def test_log_likelihood_is_the_sum_of_the_log_densities():
    X, y = two_lines(300)
    model = MoERegressor(2, random_state=0).fit(X, 1000 * y)
    assert_allclose(model.log_likelihood_, model.score_samples(X, 1000 * y).sum())
    weight = np.arange(300) % 3
    model.fit(X, y, sample_weight=weight)
    assert_allclose(model.log_likelihood_, weight @ model.score_samples(X, y))


def test_targets_that_no_expert_expects_have_a_finite_density():
    X, y = two_lines(300)
    model = MoERegressor(2, random_state=0).fit(X, y)
    far = np.where(np.arange(300) % 2, y + 1e3, y - 1e5)
    each = norm.logpdf(far[:, None], model.predict_experts(X), model.expert_scale_)
    reference = logsumexp(np.log(model.gate_proba(X)) + each, axis=1)
    assert reference.max() < -1e4
    assert_allclose(model.score_samples(X, far), reference, rtol=1e-9)


def test_density_integrates_to_one():
    X, y = two_lines(300)
    model = MoERegressor(3, random_state=0).fit(X, y)
    targets = np.linspace(-30, 30, 20_001)
    density = np.exp(model.score_samples(np.repeat(X[:1], len(targets), axis=0), targets))
    assert_allclose(np.trapezoid(density, targets), 1, rtol=1e-6)


# With more experts than the data tell apart, the climb may creep or end on the smallest scale.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "seed", [*range(16), *(pytest.param(seed, marks=FULL) for seed in range(16, 100))]
)
def test_the_objective_never_falls(seed):
    rng = np.random.default_rng(seed)
    n, d, n_experts = rng.integers(20, 200), rng.integers(1, 6), rng.integers(1, 6)
    X, y = rng.standard_normal((n, d)), rng.standard_normal(n)
    y = y + X[:, 0] * rng.choice([-2, 2], size=n)
    memory, alpha = int(rng.choice([0, 5])), float(rng.choice([0.01, 1.0]))
    settings = {
        "gate": SoftmaxGate(alpha=alpha),
        "expert": LinearExpert(alpha=alpha),
        "solver": EM(memory=memory),
        "max_iter": 300,
        "random_state": seed,
    }
    if seed % 2:
        model = MoERegressor(int(n_experts), **settings)
    else:
        model = MoEClassifier(int(n_experts), **settings)
        y = np.digitize(y, [-1, 1])
    if seed % 4 < 2:
        model.set_params(gate="softmax", expert="linear")
    model.fit(X, y)
    assert (np.diff(model.history_) >= 0).all()


def test_planted_experts_are_found():
    X, y, X_test, y_test, best = planted(1000, 10, seed=0)
    model = MoERegressor(n_init=10, random_state=0).fit(X, y)
    assert model.score(X_test, y_test) >= best - 0.03


def fitted(X, y, sample_weight=None, **settings):
    return MoERegressor(3, random_state=0, **settings).fit(X, y, sample_weight)


def test_units_of_columns_and_target_do_not_matter():
    X, y = two_lines(500)
    reference = fitted(X, y).predict(X)
    assert_allclose(fitted(X * [1000, 1e-3], y).predict(X * [1000, 1e-3]), reference, rtol=1e-6)
    moved = X + np.array([1e8, 0])
    assert_allclose(fitted(moved, y).predict(moved), reference, rtol=0, atol=1e-6)
    assert_allclose(fitted(X, 1000 * y - 7).predict(X), 1000 * reference - 7, rtol=1e-6)


def test_order_of_rows_and_repetition_do_not_matter():
    X, y = two_lines(500)
    reference = fitted(X, y).predict(X)
    order = np.random.default_rng(0).permutation(500)
    assert_allclose(fitted(X[order], y[order]).predict(X), reference, rtol=1e-6)
    weight = 1 + np.arange(500) % 3
    repeated = fitted(X.repeat(weight, axis=0), y.repeat(weight)).predict(X)
    assert_allclose(fitted(X, y, weight).predict(X), repeated, rtol=1e-6)


def test_a_large_data_set_is_sampled_for_its_start_in_any_order():
    X, y = two_lines(6000)
    order = np.random.default_rng(0).permutation(6000)
    reference = fitted(X, y).predict(X)
    assert_allclose(fitted(X[order], y[order]).predict(X), reference, rtol=1e-6, atol=1e-6)
    doubled = fitted(np.vstack([X, X]), np.hstack([y, y])).predict(X)
    assert_allclose(fitted(X, y, np.full(6000, 2.0)).predict(X), doubled, rtol=1e-6, atol=1e-6)


def test_several_outputs_have_their_own_scales():
    X, y = two_lines(600)
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((600, 2)) * [0.01, 2.0]
    table = np.column_stack([y, -y]) + noise
    model = MoERegressor(2, n_init=5, random_state=0).fit(X, table)
    assert model.predict(X).shape == (600, 2)
    assert model.expert_scale_.shape == (2, 2)
    assert model.expert_coef_.shape == (2, 2, 2)
    assert (model.expert_scale_[:, 1] > 5 * model.expert_scale_[:, 0]).all()


def test_the_gate_and_the_experts_may_look_at_other_columns():
    X, y = two_lines(500)
    model = MoERegressor(
        2,
        gate=SoftmaxGate(columns=[1]),
        expert=LinearExpert(columns=[0]),
        n_init=5,
        random_state=0,
    ).fit(X, y)
    assert (model.gate_coef_[:, 0] == 0).all()
    assert (model.expert_coef_[:, 1] == 0).all()
    everything = MoERegressor(2, n_init=5, random_state=0).fit(X, y)
    X_test, y_test = two_lines(5000, seed=7)
    assert model.score(X_test, y_test) > everything.score(X_test, y_test)


def test_experts_may_be_intercepts_and_the_gate_blind():
    X, y = two_lines(500)
    settings = {"n_init": 5, "random_state": 0}
    blind = MoERegressor(2, gate=SoftmaxGate(alpha=0, columns=[]), **settings)
    constant = MoERegressor(2, gate="constant", **settings)
    for model in (blind, constant):
        model.set_params(expert=LinearExpert(alpha=0, columns=[])).fit(X, y)
    assert_allclose(blind.predict(X), y.mean(), atol=1e-3)
    assert_allclose(blind.log_likelihood_, constant.log_likelihood_, atol=1e-3)
    assert_allclose(np.sort(blind.expert_scale_), np.sort(constant.expert_scale_), rtol=1e-2)


def test_information_criteria():
    X, y = two_lines(500)
    model = MoERegressor(2, random_state=0).fit(X, y)
    deviance, p = -2 * model.log_likelihood_, model.n_parameters_
    resp = model.responsibilities(X, y)
    entropy = -np.sum(resp * np.log(np.clip(resp, 1e-300, None)))
    assert_allclose(model.aic(X, y), deviance + 2 * p)
    assert_allclose(model.bic(X, y), deviance + p * np.log(500))
    assert_allclose(model.icl(X, y), deviance + p * np.log(500) + 2 * entropy)


def test_criteria_of_the_fit_are_remembered_with_its_weights():
    X, y = two_lines(200)
    weight = np.random.default_rng(0).integers(1, 4, len(y)).astype(float)
    for gate in ("softmax", "gaussian", "top_k"):
        model = MoERegressor(2, gate=gate, random_state=0).fit(X, y, weight)
        again = pickle.loads(pickle.dumps(model))
        twice = np.repeat(np.arange(len(y)), weight.astype(int))
        assert_allclose(again.bic(), model.bic(X[twice], y[twice]))
        assert_allclose(again.aic(), model.aic(X, y, weight))
    for method in (model.aic, model.bic):
        with pytest.raises(ValueError, match="X was given without y"):
            method(X)
    streamed = MoERegressor(2, random_state=0).partial_fit(X, y)
    with pytest.raises(ValueError, match=r"bic without data.*Pass X and y"):
        streamed.bic()


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_criteria_are_those_of_y_given_x_unless_the_joint_one_is_asked_for(covariance_type):
    X, y = two_lines(300)
    X = np.column_stack([X[:, 0] * 50 + 7, X[:, -1] + np.sin(np.arange(300)), np.ones(300)])
    gate = GaussianGate(covariance_type)
    model = MoERegressor(2, gate=gate, random_state=0).fit(X, y)
    n_columns, log_n = 3, np.log(300)
    deviance = -2 * model.log_likelihood_
    products = {"full": 6, "tied": 0, "diag": 3, "spherical": 1}[covariance_type]
    assert model.n_parameters_ == 1 + n_columns + products + 2 * (n_columns + 2)
    if products != 0:
        rival = MoERegressor(2, gate=QuadraticGate(covariance_type), random_state=0).fit(X, y)
        assert model.n_parameters_ == rival.n_parameters_
    assert_allclose(deviance, -2 * model.score_samples(X, y).sum())
    assert_allclose(model.bic(X, y), deviance + model.n_parameters_ * log_n)
    assert_allclose(
        model.icl(X, y) - model.bic(), model.icl(X, y, joint=True) - model.bic(joint=True)
    )
    assert_allclose(model.summary(X, y).facts["BIC"], model.bic())
    # Bayes' rule with scipy's densities; the constant column keeps its unit.
    spread, density = np.append(X[:, :2].std(axis=0), 1.0), 0.0
    for k in range(2):
        factor = np.broadcast_to(model.gate_.factor, (2, *model.gate_.factor.shape[1:]))[k]
        root = factor if factor.ndim == 2 else np.diag(factor * np.ones(n_columns))
        covariance = np.linalg.inv(root @ root.T) * np.outer(spread, spread)
        mean = X.mean(axis=0) + model.gate_.mean[k] * spread
        around = X @ model.expert_coef_[k] + model.expert_intercept_[k]
        density += (
            np.exp(model.gate_.log_prob[k])
            * multivariate_normal(mean, covariance).pdf(X)
            * norm.pdf(y, around, model.expert_scale_[k])
        )
    n_covariances = {"full": 12, "tied": 6, "diag": 6, "spherical": 2}[covariance_type]
    p = 1 + 2 * n_columns + n_covariances + 2 * (n_columns + 2)
    for joint in (model.bic(joint=True), model.bic(X, y, joint=True)):
        assert_allclose(joint, -2 * np.log(density).sum() + p * log_n)
    assert_allclose(model.aic(joint=True), -2 * np.log(density).sum() + 2 * p)


def test_one_expert_has_the_same_criterion_behind_every_gate():
    X, y = two_lines(100)
    values = [
        MoERegressor(1, gate=gate, random_state=0).fit(X, y).bic()
        for gate in ("softmax", "gaussian", "quadratic", "top_k", "constant")
    ]
    assert_allclose(values, values[0])
    with pytest.raises(ValueError, match=r"joint=True.*SoftmaxGate.*no density of X"):
        MoERegressor(1).fit(X, y).bic(X, y, joint=True)


def test_the_default_mixture_does_not_fall_behind_one_expert():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((120, 8))
    y = X @ rng.standard_normal(8) + 2 * rng.standard_normal(120)
    X_test = rng.standard_normal((5000, 8))
    one, four = (MoERegressor(k, random_state=0).fit(X, y) for k in (1, 4))
    difference = np.abs(one.predict(X_test) - four.predict(X_test))
    assert difference.mean() < 0.15 * y.std()
