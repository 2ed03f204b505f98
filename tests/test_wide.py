"""Tables of some hundred columns, on which the curvature is dearer than all else."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import block_diag

from skmoe import HMEClassifier, MoEClassifier, MoERegressor
from skmoe._numerics.normal_equations import Diagonal, Separable
from skmoe._rows.blocks import ArrayBlocks
from skmoe._rows.whitening import Coordinates, whitening
from skmoe.experts import LinearExpert
from skmoe.families import Bernoulli, Categorical, Gaussian, Poisson
from skmoe.gates import HierarchicalGate, SoftmaxGate
from skmoe.mixture import Mixture
from skmoe.solvers import EM, LBFGS, Trace

from .data import one_hot_regimes


def differences(f, z, step):
    """Derivatives of a function of a vector, by central differences."""
    moves = step * np.eye(len(z))
    return np.array([(f(z + move) - f(z - move)) / (2 * step) for move in moves])


def parts_and_targets(kind, rng, n):
    """A gate, a bank of two experts with random weights, responsibilities, X and y."""
    X = np.c_[rng.standard_normal((n, 2)), np.ones(n)]
    y = rng.standard_normal((n, 2 if kind == "two targets" else 1))
    family = Gaussian()
    if kind in ("labels", "classes"):
        y = np.floor(rng.uniform(0, 2 if kind == "labels" else 3, size=(n, 1)))
        family = Bernoulli() if kind == "labels" else Categorical()
    if kind == "counts":
        y, family = rng.poisson(2.0, size=(n, 1)).astype(float), Poisson()
    gate = SoftmaxGate(0.3).initialize(3, X)
    if kind == "tree":
        gate = HierarchicalGate(SoftmaxGate(0.3)).initialize(3, X)
    expert = LinearExpert(0.2).initialize(3, X, family.initialize(y))
    mixture = Mixture(gate, expert)
    noise = 0.5 * rng.standard_normal(mixture.params.shape[0])
    resp = rng.dirichlet(np.ones(3), size=n)
    return mixture.with_params(mixture.params + noise), X, y, resp


@pytest.mark.parametrize("kind", ["target", "two targets", "labels", "classes", "counts", "tree"])
def test_in_its_coordinates_the_curvature_is_a_unit_matrix(kind):
    mixture, X, y, resp = parts_and_targets(kind, np.random.default_rng(0), 40)
    statistics = mixture.statistics_given(X, y, resp)
    coordinates = Coordinates(mixture.params, mixture.whitening(statistics))
    n_scales = 0 if mixture.expert.scale is None else mixture.expert.scale.size

    def objective(z):
        new = mixture.with_params(coordinates.params(z))
        table = new.gate.log_weight(X) + new.expert.log_prob(X, y)
        return float(np.sum(resp * table)) + new.log_prior()

    def slope(z):
        new = mixture.with_params(coordinates.params(z))
        own = [new.gate.gradient(X, resp), new.expert.gradient(X, y, resp)]
        return coordinates.gradient(np.concatenate(own) + new.log_prior_gradient())

    z = coordinates.start()
    assert_allclose(slope(z), differences(objective, z, 1e-5), rtol=1e-5, atol=1e-6)
    known = len(z) - n_scales
    assert_allclose(-differences(slope, z, 1e-4)[:known, :known], np.eye(known), atol=1e-5)


@pytest.mark.parametrize("kind", ["target", "classes"])
def test_of_a_sparse_table_the_coordinates_are_those_of_the_diagonal(kind):
    mixture, X, y, resp = parts_and_targets(kind, np.random.default_rng(0), 40)
    gate, expert = (part._replaced(curvature=Diagonal()) for part in mixture.inside)
    mixture = Mixture(gate, expert)
    whitening = mixture.whitening(mixture.statistics_given(X, y, resp))

    def slope(params):
        new = mixture.with_params(params)
        own = [new.gate.gradient(X, resp), new.expert.gradient(X, y, resp)]
        return np.concatenate(own) + new.log_prior_gradient()

    exact = -np.diag(differences(slope, mixture.params, 1e-5))
    size = exact.size - (0 if expert.scale is None else expert.scale.size)
    found = 1 / np.concatenate([table.ravel() for table, _ in whitening]) ** 2
    if kind == "target":
        assert_allclose(found[9:size], exact[9:size], rtol=1e-5)
    # Of what shares a normaliser the diagonal is held to be the sum of all of p, not p (1 - p).
    assert (found[:size] >= exact[:size] * (1 - 1e-5)).all()


def test_classes_whose_bound_is_one_matrix_share_it():
    mixture, X, y, resp = parts_and_targets("classes", np.random.default_rng(0), 40)
    gate, expert = (part._replaced(curvature=Separable(bound=0.5)) for part in mixture.inside)
    mixture = Mixture(gate, expert)
    blocks = mixture.whitening(mixture.statistics_given(X, y, resp))
    assert [block.table.shape for block in blocks] == [(1, 3, 3), (3, 3, 3)]
    coordinates = Coordinates(0 * mixture.params, blocks)
    W = np.array([coordinates.params(z) for z in np.eye(len(coordinates.start()))]).T
    assert_allclose(W.T, np.array([coordinates.gradient(z) for z in np.eye(len(W))]).T)
    # The gate's three logits, then three classes of each expert.
    grams = [X.T @ (r[:, None] * X) for r in (resp.sum(axis=1), *resp.T)]
    # Intercepts of experts for labels are shrunk a hundredth as much.
    ridges = [[0.3, 0.3, 0.0]] + 3 * [[0.2, 0.2, 0.002]]
    bound = [0.5 * gram + np.diag(own) for gram, own in zip(grams, ridges, strict=True)]
    A = block_diag(*(own for own in bound for _ in range(3)))
    assert_allclose(W.T @ A @ W, np.eye(len(A)), atol=1e-9)


def test_columns_twice_and_columns_of_zeros_are_whitened_with_finite_numbers():
    x = np.random.default_rng(0).standard_normal((30, 3))
    table = np.c_[x, x[:, :1], np.zeros(30)]
    found = whitening((table.T @ table)[None])
    assert np.isfinite(found).all()
    kept = found[0].T @ (table.T @ table) @ found[0]
    assert_allclose(np.sort(np.linalg.eigvalsh(kept))[2:], 1, rtol=1e-6)


def test_gradients_are_for_tables_whose_curvature_is_dear():
    def is_dear(n_columns, n_experts):
        X = np.random.default_rng(0).standard_normal((4, n_columns + 1))
        family = Gaussian().initialize(X[:, :1])
        gate = SoftmaxGate().initialize(n_experts, X)
        return Mixture(gate, LinearExpert().initialize(n_experts, X, family)).has_dear_curvature

    assert not is_dear(10, 4) and not is_dear(30, 4) and not is_dear(5, 16)
    assert is_dear(60, 4) and is_dear(100, 2) and is_dear(30, 16)


@pytest.mark.parametrize("target", ["labels", "numbers"])
def test_a_wide_fit_ends_as_high_as_newton_steps_from_the_same_start(target):
    X, y, labels = one_hot_regimes(800, seed=0)
    kind, y = (MoEClassifier, labels) if target == "labels" else (MoERegressor, y)
    fixed = {"gate": SoftmaxGate(1.0), "expert": LinearExpert(1.0), "n_experts": 3}
    start = np.random.default_rng(1).dirichlet(np.full(3, 0.2), size=len(y))
    ends = {}
    for solver in ("auto", "em"):
        model = kind(**fixed, init=start, solver=solver, max_iter=2000, tol=1e-9).fit(X, y)
        assert model.converged_ and (np.diff(model.history_) >= -1e-9).all()
        ends[solver] = model
    assert ends["auto"].n_iter_ != ends["em"].n_iter_
    # Hills may differ; each solver can only go on from where the other has ended.
    for one, other in (("auto", "em"), ("em", "auto")):
        resumed = kind(**fixed, solver=other, tol=1e-9, max_iter=300)
        resumed.set_params(init=ends[one]).fit(X, y)
        assert resumed.objective_ >= ends[one].objective_ - 1e-3


def test_a_wide_tree_is_grown_along_gradients():
    X, _, labels = one_hot_regimes(400, seed=2)
    model = HMEClassifier(depth=2, random_state=0, max_iter=50).fit(X, labels)
    assert (np.diff(model.history_) >= -1e-9).all()
    assert model.score(X, labels) > np.bincount(labels).max() / len(labels)


def test_steps_begin_afresh_without_losing_height():
    X, _, labels = one_hot_regimes(800, seed=3)
    family = Bernoulli().initialize(labels[:, None].astype(float))
    design = np.c_[(X - X.mean(axis=0)) / X.std(axis=0), np.ones(len(X))]
    blocks = ArrayBlocks(design, labels[:, None].astype(float))
    rng = np.random.default_rng(0)
    mixture = Mixture(
        SoftmaxGate(1.0).initialize(3, design), LinearExpert(1.0).initialize(3, design, family)
    )
    mixture = mixture.with_params(0.1 * rng.standard_normal(mixture.params.shape[0]))
    solved, trace = LBFGS().solve(mixture, blocks, Trace(2000, 1e-11))
    assert trace.converged and len(trace.history) > 60
    coordinates = Coordinates(solved.params, solved.whitening(blocks.sum(solved.statistics)))
    slope = blocks.sum(solved.value_and_gradient)[1] + solved.log_prior_gradient()
    # Half its square is what a Newton step would gain.
    assert np.linalg.norm(coordinates.gradient(slope)) < 0.01
    best, _ = EM().solve(solved, blocks, Trace(50, 1e-12))
    assert best.log_prior() + float(blocks.sum(best.log_likelihood)) <= trace.history[-1] + 1e-4
