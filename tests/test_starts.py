"""Where a fit starts: kinds of cells, and the race of what they lead to."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skmoe import MoERegressor
from skmoe._numerics.normal_equations import Separable, Softmax
from skmoe._numerics.products import Products
from skmoe._rows.blocks import ArrayBlocks
from skmoe.experts import LinearExpert
from skmoe.families import Gaussian, Poisson
from skmoe.gates import ConstantGate, HierarchicalGate, SoftmaxGate, TopKGate
from skmoe.mixture import Mixture
from skmoe.solvers import EM
from skmoe.starts._cells import BY_DEFAULT, KINDS, OF_TARGETS
from skmoe.starts._race import Run, _best, _kinds_for
from skmoe.starts._teaching import side_by_side

from .data import two_lines


def test_one_start_of_every_hill_goes_on_and_degenerate_ones_last():
    evidence = [-30.0, 0.0, -1e-9, -80.0, -5.0, 50.005, -5.0]
    runs = [Run(at, None, value, [], at == 5) for at, value in enumerate(evidence)]
    for keep in range(1, 6):
        chosen = [run.index for run in _best(runs, keep, weight=100.0)]
        assert chosen == [1, 4, 0, 3, 5][:keep]


@pytest.mark.parametrize(
    ("gate", "kinds"),
    [
        (SoftmaxGate(), BY_DEFAULT),
        (TopKGate(SoftmaxGate(columns=[0]), k=2), BY_DEFAULT),
        (ConstantGate(), OF_TARGETS),
        (SoftmaxGate(columns=[]), OF_TARGETS),
        (TopKGate("constant", k=2), OF_TARGETS),
        (HierarchicalGate("constant"), OF_TARGETS),
    ],
    ids=str,
)
def test_a_gate_that_looks_at_no_column_starts_from_targets_only(gate, kinds):
    """Cells of the columns alone tell it nothing; of the others there are as many in all."""
    X, y = two_lines(200)
    model = MoERegressor(3, gate=gate, random_state=0).fit(X, y)
    assert len(model.start_histories_) == 8
    assert _kinds_for(model._mixture, BY_DEFAULT) == kinds
    # A kind that is asked for is taken.
    assert _kinds_for(model._mixture, ["kmeans"]) == ["kmeans"]


@pytest.mark.parametrize("seed", [8, 37, 48])
def test_two_curves_that_cross_are_found_without_a_gate(seed):
    """Of four starts, none was on the right hill."""
    rng = np.random.default_rng(seed)
    x, own = rng.uniform(0, 10, 500), rng.integers(0, 2, 500)
    y = np.where(own == 0, 5 * x, 15 + 10 * x - x**2) + 3 * rng.standard_normal(500)
    X = np.stack([x, x**2], axis=1)
    found = MoERegressor(2, gate="constant", random_state=seed).fit(X, y)
    told = MoERegressor(2, gate="constant", init=own).fit(X, y)
    assert found.log_likelihood_ > told.log_likelihood_ - 1


@pytest.mark.parametrize("gate", ["constant", "softmax"])
@pytest.mark.parametrize("seed", range(4))
def test_modes_far_apart_that_no_column_tells_of_are_found(seed, gate):
    """Under the usual penalties, experts come together before these can be estimated."""
    rng = np.random.default_rng(seed)
    X, own = rng.normal(size=(200, 2)), rng.integers(0, 4, 200)
    y = np.array([-6, -2, 2, 6])[own] + 0.3 * X[:, 0] + 0.7 * rng.normal(size=200)
    found = MoERegressor(4, gate=gate, random_state=0).fit(X, y)
    told = MoERegressor(4, gate="constant", init=own).fit(X, y)
    assert found.log_likelihood_ > told.log_likelihood_ - 1


def test_more_columns_than_rows_leave_something_of_the_target():
    rng = np.random.default_rng(0)
    X, own = rng.normal(size=(200, 300)), rng.integers(0, 2, 200)
    y = 6 * own[:, None] + 0.3 * rng.normal(size=(200, 1))
    cell = KINDS["residuals"](X, y, np.ones(200), 2, np.random.RandomState(0))
    assert abs(np.mean(cell == own) - 0.5) > 0.4


def test_no_start_is_lost_by_a_step_of_its_gate_that_is_too_long():
    """Newton's step of a gate that is sure of the wrong rows knows no end."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=(80, 1))
    slope = np.where(rng.random(80) < 0.5, 2, -2)
    y = rng.poisson(np.exp(np.clip(1 + slope * x[:, 0], -3, 3.5)))
    model = MoERegressor(3, family="poisson", random_state=0).fit(np.hstack([x, x]), y)
    first = [history[0] for history in model.start_histories_]
    assert min(first) > max(first) - 80


@pytest.mark.parametrize("family", [Gaussian(), Poisson()], ids=str)
def test_starts_side_by_side_come_to_where_each_comes_alone(family):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)), rng.poisson(3.0, size=(60, 1)).astype(float)
    sample = ArrayBlocks(np.hstack([X, np.ones((60, 1))]), y, np.ones(60))
    design, family = sample.X, family.initialize(y)
    mixture = Mixture(
        SoftmaxGate().initialize(2, design), LinearExpert().initialize(2, design, family)
    )
    mixtures = [mixture.with_strength(factor) for factor in (1.0, 0.1, 10.0)]
    resp = [np.eye(2)[rng.integers(0, 2, 60)] for _ in mixtures]
    together = side_by_side(mixtures, resp, sample, EM(), 5)
    for own, table, found in zip(mixtures, resp, together, strict=True):
        (alone,) = side_by_side([own], [table], sample, EM(), 5)
        assert_allclose(found.mixture.params, alone.mixture.params, rtol=1e-8, atol=1e-8)
        looked = EM().explore(found.mixture, sample, 0.0, passes=0)
        assert_allclose([found.evidence, alone.evidence], looked.evidence, rtol=1e-8)


def test_products_of_columns_sum_to_the_same_curvature():
    rng = np.random.default_rng(0)
    X, resp, prob = rng.normal(size=(50, 4)), rng.random((50, 5)), rng.random((50, 2, 3))
    for curvature, weights in (
        (Separable(), (resp,)),
        (Separable(), (resp, rng.random((50, 5, 2)))),
        (Separable(bound=0.5), (resp,)),
        (Softmax(), (resp[:, :2], prob)),
    ):
        known = curvature.knowing(Products(X))
        for own, other in zip(known.gram(X, *weights), curvature.gram(X, *weights), strict=True):
            assert_allclose(own, other, rtol=1e-12, atol=1e-12)
        # Of other rows it knows nothing.
        assert_allclose(known.gram(2 * X, *weights)[0], 4 * curvature.gram(X, *weights)[0])


def test_rows_with_other_weights_are_not_prepared_again():
    calls = []

    def prepare(X, y):
        calls.append(1)
        return X + 0.0, y

    sample = ArrayBlocks(np.ones((5, 2)), np.ones((5, 1)), prepare=prepare)
    sample.first(), sample.first()
    design, _, weight = sample.with_weight(2 * np.ones(5)).first()
    assert design is sample.first()[0] and len(calls) == 2
    assert_allclose(weight, 2)
