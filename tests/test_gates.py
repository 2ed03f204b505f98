"""Gates: special cases, published figures, independent references."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import multivariate_normal
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler

from skmoe import MoERegressor
from skmoe._rows.blocks import ArrayBlocks
from skmoe.datasets import make_crossing_lines
from skmoe.experts import LinearExpert
from skmoe.gates import GaussianGate, QuadraticGate
from skmoe.solvers import EM, Trace

from .choosing import every_value
from .data import planted, two_lines

COVARIANCE_TYPES = ["full", "tied", "diag", "spherical"]
MAXIMUM_LIKELIHOOD = {"prior_rows": 0, "reg_covar": 1e-9}


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_one_gaussian_leaves_the_expert_alone(covariance_type):
    X, y = load_diabetes(return_X_y=True)
    scaled = StandardScaler().fit_transform(X)
    model = MoERegressor(1, gate=GaussianGate(covariance_type), expert=LinearExpert(alpha=1.0))
    model.fit(X, y)
    assert_allclose(model.predict(X), Ridge().fit(scaled, y).predict(scaled), rtol=1e-6)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_gaussian_gate_is_bayes_rule(covariance_type):
    X, y = two_lines(500)
    model = MoERegressor(3, gate=GaussianGate(covariance_type), random_state=0).fit(X, y)
    gate, Z = model.gate_, StandardScaler().fit_transform(X)
    joint = np.empty((500, 3))
    for k in range(3):
        factor = {
            "full": lambda k: gate.factor[k],
            "tied": lambda k: gate.factor[0],
            "diag": lambda k: np.diag(gate.factor[k]),
            "spherical": lambda k: gate.factor[k] * np.eye(2),
        }[covariance_type](k)
        density = multivariate_normal(gate.mean[k], np.linalg.inv(factor @ factor.T))
        joint[:, k] = np.exp(gate.log_prob[k]) * density.pdf(Z)
    assert_allclose(model.gate_proba(X), joint / joint.sum(1, keepdims=True), rtol=1e-6, atol=1e-9)


def test_gaussian_gate_is_a_gaussian_mixture_of_x_and_y_given_x():
    """Gaussians of x with linear Gaussian experts are Gaussians of (x, y), and the other way."""
    X, y = make_crossing_lines(1000, random_state=0)
    model = MoERegressor(
        2,
        gate=GaussianGate(**MAXIMUM_LIKELIHOOD),
        expert=LinearExpert(alpha=0),
        random_state=0,
        tol=1e-10,
    ).fit(X, y)
    both = np.column_stack([X, y])
    joint = GaussianMixture(2, n_init=5, tol=1e-10, max_iter=2000, random_state=0).fit(both)
    proba, mean = np.empty((1000, 2)), np.empty((1000, 2))
    for k in range(2):
        (mu, nu), covariance = joint.means_[k], joint.covariances_[k]
        proba[:, k] = joint.weights_[k] * multivariate_normal(mu, covariance[0, 0]).pdf(X)
        mean[:, k] = nu + covariance[0, 1] / covariance[0, 0] * (X[:, 0] - mu)
    proba /= proba.sum(1, keepdims=True)
    assert_allclose(model.predict(X), np.sum(proba * mean, axis=1), atol=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_gaussian_gate_converges_within_15_passes_on_crossing_lines(seed):
    X, y = make_crossing_lines(1000, random_state=seed)
    model = MoERegressor(
        2,
        gate=GaussianGate(**MAXIMUM_LIKELIHOOD),
        expert=LinearExpert(alpha=0),
        init="lines",
        max_iter=1,
        tol=0,
        random_state=seed,
    )
    with pytest.warns(match="did not converge"):
        start = model.fit(X, y)
    design = StandardScaler().fit_transform(X)
    resp = np.eye(2)[(design[:, 0] > 0).astype(int)]
    blocks = start._units.seen(ArrayBlocks(X, y[:, None]))
    mixture = start._mixture
    mixture = mixture.update(blocks.with_weight(resp).sum(mixture.statistics_given))
    _, trace = EM().solve(mixture, blocks, Trace(max_iter=500, tol=1e-6))
    assert trace.converged
    assert trace.n_iter <= 15
    model.set_params(max_iter=500, tol=1e-6).fit(X, y)
    assert_allclose(np.sort(model.expert_coef_[:, 0]), [-0.8, 0.8], atol=0.1)


def test_joint_likelihood_is_climbed_and_conditional_likelihood_reported():
    X, y = two_lines(500)
    model = MoERegressor(3, gate="gaussian", random_state=0).fit(X, y)
    assert (np.diff(model.history_) >= 0).all()
    assert_allclose(model.log_likelihood_, model.score_samples(X, y).sum())


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_refinement_starts_at_the_borders_of_the_gaussians(covariance_type):
    X, y = two_lines(500)
    model = MoERegressor(3, gate=GaussianGate(covariance_type), random_state=0).fit(X, y)
    design, _ = model._units.prepare(X, None)
    refined = GaussianGate.refined(model.gate_._replaced(refine=True))
    assert_allclose(refined.log_weight(design), model.gate_.log_weight(design), atol=1e-8)


def test_refinement_predicts_better_where_inputs_have_no_clusters():
    X, y, X_test, y_test, best = planted(1000, 30, seed=0)
    scores = {}
    for covariance_type, refine in [("full", False), ("tied", False), ("tied", True)]:
        gate = GaussianGate(covariance_type, refine=refine)
        model = MoERegressor(gate=gate, random_state=0).fit(X, y)
        scores[covariance_type, refine] = model.score(X_test, y_test)
    assert scores["full", False] > 0.3
    assert scores["tied", False] > scores["full", False]
    assert scores["tied", True] > best - 0.06


@pytest.mark.parametrize(("covariance_type", "seed"), every_value(COVARIANCE_TYPES, range(2)))
def test_refinement_never_lowers_the_likelihood(covariance_type, seed):
    X, y, *_ = planted(300, 8, seed=seed)
    before, after = (
        MoERegressor(gate=GaussianGate(covariance_type, refine=refine), random_state=0).fit(X, y)
        for refine in (False, True)
    )
    assert after.log_likelihood_ >= before.log_likelihood_


@pytest.mark.parametrize("products", ["full", "diag", "spherical"])
def test_quadratic_gate_sees_a_circle(products):
    rng = np.random.default_rng(0)
    X = rng.uniform(-2, 2, size=(1000, 2))
    y = np.where((X**2).sum(1) < 1.5, X[:, 0], -X[:, 0]) + 0.1 * rng.standard_normal(1000)
    model = MoERegressor(2, gate=QuadraticGate(products), n_init=8, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.95


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        (GaussianGate("round"), "covariance_type='round' was given"),
        (GaussianGate(prior_rows=-1), "prior_rows=-1 was given"),
        (GaussianGate(reg_covar=-1), "reg_covar=-1 was given"),
        (QuadraticGate("cubes"), "products='cubes' was given"),
    ],
)
def test_bad_settings_are_named(gate, message):
    with pytest.raises(ValueError, match=message):
        MoERegressor(2, gate=gate).fit(np.arange(10.0)[:, None], np.arange(10.0))
