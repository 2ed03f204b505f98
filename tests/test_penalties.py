"""Penalties that are estimated, their strength and the evidence that hills are compared by."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skmoe import MoEClassifier, MoERegressor
from skmoe._numerics.penalty import Penalty
from skmoe._rows.blocks import ArrayBlocks
from skmoe.exceptions import AlikeExpertsWarning
from skmoe.experts import LinearExpert
from skmoe.families import Bernoulli, Gaussian
from skmoe.gates import ConstantGate, HierarchicalGate, SoftmaxGate, TopKGate
from skmoe.mixture import Mixture
from skmoe.solvers import EM
from skmoe.solvers._base import evidence
from skmoe.starts._race import fit_pooled

from .data import two_lines


@pytest.mark.parametrize(
    ("determined", "square", "strength"),
    # Of a Gamma distribution of shape 0.1 and rate 0.01: (determined + 0.2) / (square + 0.02).
    [
        (0, 0, 10),
        (0, 1.98, 0.1),
        (-1e-9, 1.98, 0.1),
        (4.8, 0.48, 10),
        (99.8, 99.98, 1),
        (2, 0, 110),
    ],
)
def test_an_estimate_weighs_what_is_determined_against_a_prior(determined, square, strength):
    for first in (1e-6, 1.0, 1e8):
        penalty = Penalty.of("auto", initial=first)
        for _ in range(50):
            penalty = penalty.estimated(determined, square)
        # It rests once a move would be less than a tenth.
        assert_allclose(penalty.alpha, strength, rtol=0.1)


def rows():
    X, y = two_lines(200)
    return np.hstack([X, np.ones((200, 1))]), y[:, None]


def test_evidence_is_the_objective_and_the_volume_of_the_weights():
    """Two equal experts share every row: the curvature that the data hold is a quarter each."""
    X, y = rows()
    family = Gaussian().initialize(y)
    expert = LinearExpert().initialize(2, X, family)
    mixture = Mixture(ConstantGate().initialize(2, X), expert)
    one = fit_pooled(mixture, ArrayBlocks(X, y, None), EM())
    mixture = mixture._replace(expert=expert.pooled_at(one)).with_strength(3.0)
    statistics = mixture.statistics(X, y, np.ones(200))
    objective = float(statistics.log_likelihood) + mixture.log_prior()
    volume = np.linalg.slogdet(np.eye(3) + X.T @ X / 4 / 3.0)[1]
    assert_allclose(evidence(mixture, statistics), objective - volume, rtol=1e-9)


def noise_and_a_line():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((120, 40))
    return X, X[:, 0] + rng.standard_normal(120)


def test_the_penalty_of_one_expert_is_estimated():
    """At MacKay's fixed point, beside the eigenvalues of the scaled columns."""
    X, y = noise_and_a_line()
    model = MoERegressor(1).fit(X, y)
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    values = np.linalg.eigvalsh(scaled.T @ scaled)
    alpha = model.expert_.alpha_[0]
    determined = np.sum(values / (values + alpha))
    square = np.sum((model.expert_coef_ * X.std(axis=0)) ** 2) / model.expert_scale_[0] ** 2
    assert_allclose(alpha, (determined + 0.2) / (square + 0.02), rtol=0.1)
    assert alpha > 10
    weak = MoERegressor(1, expert=LinearExpert(alpha=1.0)).fit(X, y)
    X = np.random.default_rng(1).standard_normal((1000, 40))
    assert np.mean((model.predict(X) - X[:, 0]) ** 2) < np.mean((weak.predict(X) - X[:, 0]) ** 2)


def test_experts_are_drawn_towards_a_fit_whose_penalty_is_estimated():
    X, y = noise_and_a_line()
    with pytest.warns(AlikeExpertsWarning):
        several = MoERegressor(2, random_state=0).fit(X, y)
    one = MoERegressor(1).fit(X, y)
    assert_allclose(several.predict(X), one.predict(X), atol=1e-5)
    strength = np.append(np.full(40, one.expert_.alpha_[0] / one.expert_.scale[0, 0] ** 2), 0)
    assert_allclose(several.expert_.pull_strength(), strength, rtol=1e-6)


@pytest.mark.parametrize(
    "gate", [SoftmaxGate(), HierarchicalGate(), TopKGate(k=2), TopKGate(HierarchicalGate(), k=2)]
)
def test_the_strength_of_all_penalties_is_changed_together(gate):
    X, y = rows()
    family = Bernoulli().initialize(y > 0)
    mixture = Mixture(gate.initialize(3, X), LinearExpert().initialize(3, X, family))
    params = np.random.default_rng(0).standard_normal(mixture.params.shape)
    mixture = mixture.with_params(params)
    for before, after in zip(mixture.inside, mixture.with_strength(7.0).inside, strict=True):
        assert float(before.log_prior()) < 0
        assert_allclose(after.log_prior(), 7 * before.log_prior())


def test_penalties_that_are_fixed_keep_their_strength():
    X, y = rows()
    family = Gaussian().initialize(y)
    mixture = Mixture(
        SoftmaxGate(alpha=0.3).initialize(2, X), LinearExpert(alpha=2.0).initialize(2, X, family)
    ).with_strength(7.0)
    assert mixture.gate.alpha_ == 0.3
    assert (mixture.expert.alpha_ == 2.0).all()


def test_no_penalty_of_one_expert_is_estimated_from_a_bound_of_its_curvature():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((150, 60)), np.arange(150) % 10
    assert MoEClassifier(1).fit(X, y).expert_.alpha_[0] == 1.0
    with pytest.warns(AlikeExpertsWarning):
        several = MoEClassifier(2, random_state=0).fit(X, y)
    assert_allclose(
        several.predict_proba(X), MoEClassifier(1).fit(X, y).predict_proba(X), atol=1e-4
    )
    assert MoEClassifier(1).fit(X[:, :10], y).expert_.alpha_[0] > 10


@pytest.mark.parametrize("seed", range(3))
def test_more_columns_than_rows_of_noise_are_not_learnt_by_heart(seed):
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((60, 100)), rng.standard_normal(60)
    Z, z = rng.standard_normal((500, 100)), rng.standard_normal(500)
    assert MoERegressor(1).fit(X, y).score(Z, z) > -0.3
