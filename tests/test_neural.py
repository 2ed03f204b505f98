"""Gradient training: gradients, solvers, neural experts and gates, averaging."""

import re
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.datasets import make_friedman1
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeRegressor

from skmoe import HMERegressor, MoEClassifier, MoERegressor
from skmoe._numerics.networks import bent
from skmoe._rows.blocks import ArrayBlocks, thread_pools
from skmoe.estimators._stacking import shares_of_climbs, stacked
from skmoe.exceptions import NotConvergedWarning
from skmoe.experts import LinearExpert, MLPExpert
from skmoe.families import Categorical, Gamma, Gaussian, NegativeBinomial, Poisson
from skmoe.gates import GaussianGate, HierarchicalGate, MLPGate, SoftmaxGate, TopKGate
from skmoe.mixture import Mixture
from skmoe.solvers import EM, LBFGS, Adam, Trace, _adam
from skmoe.solvers._trace import HeldOut

from .choosing import every_value, needs_callbacks
from .data import planted

RNG = np.random.default_rng(0)
DESIGN = np.hstack([RNG.standard_normal((120, 3)), np.ones((120, 1))])
SIGNAL = DESIGN[:, :1] - DESIGN[:, 1:2] * (DESIGN[:, 2:3] > 0)
TARGETS = {
    Gaussian: SIGNAL + 0.3 * RNG.standard_normal(SIGNAL.shape),
    Poisson: RNG.poisson(np.exp(SIGNAL / 2)).astype(float),
    NegativeBinomial: RNG.poisson(np.exp(SIGNAL / 2)).astype(float),
    Gamma: np.exp(SIGNAL / 2 + 0.3 * RNG.standard_normal(SIGNAL.shape)),
    Categorical: RNG.integers(0, 3, SIGNAL.shape).astype(float),
}
GATES = [
    SoftmaxGate(),
    GaussianGate(),
    MLPGate(5, "tanh"),
    HierarchicalGate(MLPGate(3, "tanh")),
    TopKGate(MLPGate(4, "tanh"), 2),
    TopKGate(HierarchicalGate(), 1),
]


def mixture_of(gate, expert, family, n_experts=4, seed=1):
    """A mixture somewhere: parameters drawn around those of the start."""
    family = family().initialize(TARGETS[family])
    gate = gate.initialize(n_experts, DESIGN).begun(None, np.random.RandomState(0))
    mixture = Mixture(gate, expert.initialize(n_experts, DESIGN, family))
    noise = np.random.default_rng(seed).normal(0, 0.3, mixture.params.shape)
    return mixture.with_params(mixture.params + noise)


# Families, and whether their scales depend on x, of those that have scales.
SCATTERS = [(family, False) for family in TARGETS]
SCATTERS += [(family, True) for family in (Gaussian, NegativeBinomial, Gamma)]


@pytest.mark.parametrize(("scatter", "gate"), every_value(SCATTERS, GATES))
def test_gradient_of_a_mixture_equals_finite_differences(scatter, gate):
    family, heteroscedastic = scatter
    expert = MLPExpert((4, 3), "tanh", heteroscedastic=heteroscedastic)
    mixture = mixture_of(gate, expert, family, n_experts=3)
    weight = np.linspace(0.5, 2, len(DESIGN))

    def value(params):
        new = mixture.with_params(params)
        return weight @ new.e_step(DESIGN, TARGETS[family])[0] + new.log_prior()

    start = mixture.params
    found, slope = mixture.value_and_gradient(DESIGN, TARGETS[family], weight)
    assert_allclose(found + mixture.log_prior(), value(start))
    slope = slope + mixture.log_prior_gradient()
    numeric = [(value(start + e) - value(start - e)) / 2e-6 for e in 1e-6 * np.eye(len(start))]
    assert_allclose(slope, numeric, atol=1e-6 * np.abs(slope).max())


def test_linear_experts_and_networks_that_add_nothing_agree():
    family = Gaussian().initialize(TARGETS[Gaussian])
    y = TARGETS[Gaussian]
    linear = LinearExpert(alpha=1.0).initialize(3, DESIGN, family)
    neural = MLPExpert().initialize(3, DESIGN, family)
    moved = linear.with_params(RNG.normal(0, 0.3, linear.params.shape))
    rest = neural.params[len(linear.params) :]
    neural = neural.with_params(np.concatenate([moved.params, rest]))
    assert_allclose(neural.log_prob(DESIGN, y), moved.log_prob(DESIGN, y))
    assert_allclose(neural.predict(DESIGN), moved.predict(DESIGN))


def test_networks_do_not_run_away_with_rows_far_outside():
    expert = mixture_of(SoftmaxGate(), MLPExpert(5), Gaussian).expert
    said = [
        expert.predict(rows)
        for rows in (DESIGN, *(np.hstack([c * DESIGN[:, :3], DESIGN[:, 3:]]) for c in (1e3, 1e6)))
    ]
    # Each time a thousand times as far, and not a thousand times as much.
    assert np.abs(said[1]).max() < 30 * np.abs(said[0]).max()
    assert np.abs(said[2]).max() < 2 * np.abs(said[1]).max()
    assert_array_equal(bent(DESIGN), DESIGN)
    x = np.linspace(-20, 20, 401)
    slope = np.diff(bent(x)) / 0.1
    assert (slope > 0).all() and (slope < 1 + 1e-9).all()
    assert_allclose(bent(-x), -bent(x))


def test_experts_that_are_not_wanted_are_left_out():
    mixture = mixture_of(SoftmaxGate(), MLPExpert(32), Gaussian, n_experts=12)
    rows, y = np.repeat(DESIGN, 5, axis=0), np.repeat(TARGETS[Gaussian], 5, axis=0)
    wanted = np.argsort(np.argsort(RNG.uniform(size=(len(rows), 12)), axis=1), axis=1) < 2
    expert = mixture.expert
    table, gradient = expert.log_prob_and_gradient(rows, y, wanted)
    assert_allclose(table[wanted], expert.log_prob(rows, y)[wanted])
    resp = np.where(wanted, RNG.uniform(size=wanted.shape), 0.0)
    assert_allclose(gradient(resp), expert.gradient(rows, y, resp), atol=1e-10)
    # It was not by computing them all.
    assert not np.allclose(table, expert.log_prob(rows, y))


@pytest.mark.parametrize("part", ["expert", "gate"])
def test_sparse_rows_give_what_dense_ones_do(part):
    mixture = mixture_of(MLPGate(4), MLPExpert(5), Gaussian)
    y, resp = TARGETS[Gaussian], RNG.uniform(size=(len(DESIGN), 4))
    rows = {"expert": (y,), "gate": ()}[part]
    part = getattr(mixture, part)
    assert_allclose(
        part.gradient(csr_array(DESIGN), *rows, resp), part.gradient(DESIGN, *rows, resp)
    )


def start_of(X, y, n_experts=3):
    """A mixture of linear experts near the start of a climb, and its blocks."""
    design = np.hstack([X, np.ones((len(X), 1))])
    family = Gaussian().initialize(y[:, None])
    mixture = Mixture(
        SoftmaxGate(alpha=0.1).initialize(n_experts, design),
        LinearExpert(alpha=0.1).initialize(n_experts, design, family),
    )
    blocks = ArrayBlocks(design, y[:, None])
    mixture, _ = EM(memory=0).solve(
        mixture.begun(None, np.random.RandomState(0)), blocks, Trace(12, 0.0)
    )
    return mixture, blocks


@pytest.mark.parametrize("solvers", [(EM(), LBFGS()), (LBFGS(), EM())], ids=str)
def test_where_one_of_em_and_lbfgs_ends_the_other_finds_no_way_up(solvers):
    X, y = planted(1500, 3, 3)[:2]
    mixture, blocks = start_of(X, y)
    for solver in solvers:
        mixture, trace = solver.solve(mixture, blocks, Trace(3000, 1e-12))
    assert trace.converged and trace.history[-1] - trace.history[0] < 1e-6 * len(X)


def test_adam_comes_near_the_optimum_of_em():
    X, y = planted(1500, 3, 3)[:2]
    mixture, blocks = start_of(X, y)
    _, exact = EM().solve(mixture, blocks, Trace(3000, 1e-12))
    adam = Adam(learning_rate=0.02, n_epochs=60, validation_fraction=0.0, random_state=0)
    _, trace = adam.solve(mixture, blocks, Trace(3000, 0.0))
    assert trace.history[-1] > exact.history[-1] - 0.005 * len(X)


def waves(n=1500, seed=0):
    """A smooth curve with a jump, and noise that grows to the right."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-2, 2, (n, 1))
    spread = 0.05 + 0.3 * (X[:, 0] > 0) * X[:, 0]
    y = np.where(X[:, 0] > 0.5, 2.0, 0.0) + np.sin(3 * X[:, 0])
    return X, y + spread * rng.standard_normal(n), spread


def test_networks_fit_what_lines_cannot():
    X, y, _ = waves()
    new, target, _ = waves(seed=1)
    neural = MoERegressor(2, expert="mlp", gate="mlp", random_state=1).fit(X, y)
    linear = MoERegressor(2, random_state=1).fit(X, y)
    assert neural.score_samples(new, target).mean() > linear.score_samples(new, target).mean() + 0.5
    best = np.where(new[:, 0] > 0.5, 2.0, 0.0) + np.sin(3 * new[:, 0])
    assert neural.score(new, target) > r2_score(target, best) - 0.03


def test_a_spread_that_depends_on_x_is_learnt():
    X, _, spread = waves(800)
    y = X[:, 0] + spread * np.random.default_rng(1).standard_normal(len(X))
    model = MoERegressor(1, expert=MLPExpert(heteroscedastic=True), random_state=0).fit(X, y)
    design, _ = model._units.prepare(X, None)
    _, scale = model.expert_.predictors(design)
    right, left = X[:, 0] > 1.5, X[:, 0] < -0.5
    ratio = scale[right, 0, 0].mean() / scale[left, 0, 0].mean()
    assert 0.5 < ratio / (spread[right].mean() / spread[left].mean()) < 1.5
    plain = MoERegressor(1, expert="mlp", random_state=0).fit(X, y)
    assert model.score_samples(X, y).mean() > plain.score_samples(X, y).mean() + 0.1


def test_scales_learn_to_depend_on_x_after_the_mean_has():
    X, y, _ = waves(400)
    moved = []

    def note(trace, mixture):
        weights = mixture.expert.networks.layers[-1]
        moved.append([bool((weights[:, k, :] != 0).any()) for k in range(2)])

    bank = MLPExpert(4, heteroscedastic=True)
    design = np.hstack([X, np.ones((400, 1))])
    family = Gaussian().initialize(y[:, None])
    mixture = Mixture(SoftmaxGate().initialize(1, design), bank.initialize(1, design, family))
    adam = Adam(n_epochs=8, validation_fraction=0.0, random_state=0)
    best, _ = adam.solve(mixture, ArrayBlocks(design, y[:, None]), Trace(100, 0.0, note))
    assert moved == [[True, False]] * 4 + [[True, True]] * 4
    # One that has learnt it goes on with it.
    moved.clear()
    adam.solve(best, ArrayBlocks(design, y[:, None]), Trace(100, 0.0, note))
    assert moved == [[True, True]] * 8


@pytest.mark.full
def test_a_spread_that_may_depend_on_x_costs_nothing_where_it_does_not():
    X, y = make_friedman1(1500, noise=1.0, random_state=0)
    varying, constant = (
        MoERegressor(4, expert=MLPExpert(heteroscedastic=own), random_state=0)
        .fit(X[:1000], y[:1000])
        .score_samples(X[1000:], y[1000:])
        .mean()
        for own in (True, False)
    )
    assert varying > constant - 0.05


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"gate": "mlp"},
        {"gate": TopKGate(k=2)},
        pytest.param(
            {"n_init": 3, "average": True, "expert": MLPExpert(8, alpha="auto")},
            marks=pytest.mark.full,
        ),
    ],
    ids=str,
)
def test_the_same_seed_gives_the_same_bits_for_any_number_of_jobs(settings):
    X, y, _ = waves(6000)
    settings = {"expert": "mlp", "solver": Adam(n_epochs=2)} | settings
    predictions = [
        MoERegressor(3, n_jobs=n_jobs, random_state=3, **settings).fit(X, y).predict(X)
        for n_jobs in (None, 1, 2)
    ]
    assert_array_equal(predictions[0], predictions[1])
    assert_array_equal(predictions[0], predictions[2])


class Stubborn(Gaussian):
    """A family that stays where it is."""

    def __reduce_ex__(self, protocol):
        raise TypeError("not for sending")


@pytest.mark.full
def test_parts_that_cannot_go_to_other_processes_are_told():
    X, y, _ = waves(100)
    settings = {"solver": Adam(n_epochs=2), "n_init": 2, "average": True, "random_state": 0}
    model = MoERegressor(2, expert=MLPExpert(4), family=Stubborn(), **settings)
    model.fit(X, y)
    with pytest.raises(ValueError, match=r"cannot be sent to another process.*n_jobs=None"):
        model.set_params(n_jobs=2).fit(X, y)


@pytest.mark.full
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_climbs_of_estimators_side_by_side_draw_what_they_do_in_turn():
    X, y, _ = waves(100)
    tree = DecisionTreeRegressor(max_depth=2, splitter="random")
    settings = {"expert": tree, "n_init": 3, "average": True, "random_state": 0}
    one, two = (MoERegressor(2, n_jobs=n, max_iter=3, **settings).fit(X, y) for n in (1, 2))
    assert_array_equal(one.predict(X), two.predict(X))


def test_a_row_of_weight_two_is_the_row_twice():
    X, y, _ = waves(300)
    weight = np.where(np.arange(300) % 3 == 0, 2, 1)
    settings = {"expert": "mlp", "solver": Adam(n_epochs=5), "random_state": 0}
    weighted = MoERegressor(2, **settings).fit(X, y, sample_weight=weight)
    repeated = MoERegressor(2, **settings).fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-9)


@pytest.mark.parametrize("expert", ["linear", "mlp"])
def test_a_climb_that_diverges_warns_and_keeps_the_best_weights(expert):
    X, y, _ = waves(400)
    model = MoERegressor(2, expert=expert, solver=Adam(learning_rate=1e3), random_state=0)
    with pytest.warns(ConvergenceWarning, match="diverged with learning_rate=1000"):
        model.fit(X, y)
    assert np.isfinite(model.predict(X)).all()
    assert not model.converged_
    # Not worse than one spread for all: the start was kept.
    assert model.score_samples(X, y).mean() > -0.5 * np.log(2 * np.pi * np.e * y.var()) - 0.1


def test_a_climb_that_is_cut_off_says_so():
    X, y, _ = waves(400)
    model = MoERegressor(2, expert="mlp", max_iter=3, random_state=0)
    with pytest.warns(NotConvergedWarning, match="cut off after max_iter=3 of 500 epochs"):
        model.fit(X, y)
    assert not model.converged_
    # What was asked for is no cut.
    model.set_params(solver=Adam(n_epochs=3))
    assert model.fit(X, y).converged_


def test_an_interrupted_climb_leaves_the_fit_before(monkeypatch):
    X, y, _ = waves(400)
    model = MoERegressor(2, expert="mlp", solver=Adam(n_epochs=20), random_state=0).fit(X, y)
    before = model.predict(X)
    epochs = []
    epoch = _adam._Climb.epoch

    def interrupted(self, *args):
        epochs.append(self)
        if len(epochs) >= 4:
            raise KeyboardInterrupt
        return epoch(self, *args)

    monkeypatch.setattr(_adam._Climb, "epoch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, -y)
    assert len(epochs) == 4
    assert_allclose(model.predict(X), before, rtol=0)
    # A search that swallows an interruption goes on for hours, with scores of half a fit.
    with pytest.raises(KeyboardInterrupt):
        cross_val_score(MoERegressor(2, expert="mlp"), X, y, error_score=0.0)


class Passes:
    """A callback that counts passes, and stops or fails the fit in one of them."""

    def __init__(self, last, error=None):
        self.last, self.error, self.n = last, error, 0

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        if context.task_name != "pass":
            return False
        self.n += 1
        if self.n == self.last and self.error is not None:
            raise self.error
        return self.n >= self.last


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_verbose_tells_climbs_side_by_side_apart(n_jobs, capsys):
    X, y, _ = waves(100)
    settings = {"solver": Adam(n_epochs=3), "n_init": 2, "random_state": 0, "n_jobs": n_jobs}
    model = MoERegressor(2, expert=MLPExpert(4), average=True, verbose=1, **settings).fit(X, y)
    line = r"^\[MoERegressor\] climb (\d) of 2, pass (\d+): objective (.*)$"
    told = re.findall(line, capsys.readouterr().out, re.MULTILINE)
    for number, history in enumerate(model.start_histories_, 1):
        own = [(int(at), float(value)) for climb, at, value in told if int(climb) == number]
        assert [at for at, _ in own] == [1, 2, 3]
        # The last of the history is that of the weights that are kept.
        assert_allclose([value for _, value in own], history[1:-1], rtol=1e-5)


@needs_callbacks
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_monitor_stops_all_climbs(n_jobs):
    X, y, _ = waves(300)
    settings = {"solver": Adam(n_epochs=50), "n_init": 4, "random_state": 0, "n_jobs": n_jobs}
    model = MoERegressor(2, expert=MLPExpert(4), average=True, **settings)
    monitor = Passes(5)
    model.set_callbacks(monitor).fit(X, y)
    # Those under way end with their pass, the others do not begin.
    assert len(model.climb_shares_) == (1 if n_jobs == 1 else 2)
    assert monitor.n == 5
    assert model.n_iter_ <= 6
    assert np.isfinite(model.predict(X)).all()


@needs_callbacks
def test_climbs_side_by_side_stop_where_one_fails():
    X, y, _ = waves(300)
    settings = {"solver": Adam(n_epochs=500, patience=500), "n_init": 4, "random_state": 0}
    model = MoERegressor(2, expert=MLPExpert(4), average=True, n_jobs=2, **settings)
    monitor = Passes(6, ArithmeticError())
    pools = thread_pools().info()
    with pytest.raises(ArithmeticError):
        model.set_callbacks(monitor).fit(X, y)
    assert not hasattr(model, "gate_")
    told = monitor.n
    time.sleep(0.05)
    # No climb goes on behind the error.
    assert monitor.n == told < 20
    assert thread_pools().info() == pools


def test_products_of_a_climb_take_one_core_in_any_thread():
    X, y = planted(300, 3, 3)[:2]
    mixture, blocks = start_of(X, y)
    seen = []

    def report(trace, mixture):
        pools = thread_pools().info()
        seen.append(max(pool["num_threads"] for pool in pools if pool["user_api"] == "blas"))

    adam = Adam(n_epochs=2, validation_fraction=0.0, random_state=0)
    # OpenBLAS listens to the thread that has resized its pools, and to no other by itself.
    with thread_pools().limit(limits=2), ThreadPoolExecutor(1) as pool:
        pool.submit(adam.solve, mixture, blocks, Trace(2, 0.0, report)).result()
    assert seen and max(seen) == 1


def test_the_best_of_several_starts_is_kept():
    X, y, _ = waves(500)
    settings = {"expert": MLPExpert(8), "solver": Adam(n_epochs=10), "random_state": 0}
    one = MoERegressor(2, **settings).fit(X, y)
    three = MoERegressor(2, n_init=3, **settings).fit(X, y)
    assert max(three.validation_scores_) >= max(one.validation_scores_)


def held_out_targets(monkeypatch, X, y, **settings):
    """Targets of the rows that every climb of a fit holds out."""
    held, judge = [], _adam._judge

    def noting(blocks, held_out):
        held.append(np.sort(held_out.y[:, 0]))
        return judge(blocks, held_out)

    with monkeypatch.context() as patch:
        patch.setattr(_adam, "_judge", noting)
        MoERegressor(2, expert=MLPExpert(2), n_init=2, random_state=0, **settings).fit(X, y)
    return held


@pytest.mark.filterwarnings("ignore::skmoe.exceptions.ConstantGateWarning")
@pytest.mark.parametrize("average", [True, False])
@pytest.mark.parametrize("n_rows", [200, 2500])
def test_all_climbs_hold_out_the_same_rows_in_any_order(monkeypatch, average, n_rows):
    X, y, _ = waves(n_rows)
    settings = {"solver": Adam(n_epochs=1), "average": average}
    first, second = held_out_targets(monkeypatch, X, y, **settings)
    other, _ = held_out_targets(monkeypatch, X[::-1], y[::-1], **settings)
    assert len(first) == n_rows / 10
    assert_array_equal(first, second)
    # The spread that targets are scaled by is summed in another order.
    assert_allclose(first, other, rtol=1e-12)


def test_shares_are_those_that_explain_held_out_rows_best():
    rng = np.random.default_rng(0)
    density = rng.normal([0.0, 0.5, -1.0], size=(40, 3))
    times = rng.integers(1, 4, 40)
    shares = stacked(density, times.astype(float), prior_rows=0.5)

    def value(s):
        return times @ np.log(np.exp(density) @ s) + 0.5 * np.log(s).sum()

    near = [shares + step for step in 1e-3 * (np.eye(3) - 1 / 3)]
    near += [shares - step for step in 1e-3 * (np.eye(3) - 1 / 3)]
    assert all(value(shares) > value(other) for other in [*near, np.full(3, 1 / 3)])
    repeated = np.repeat(density, times, axis=0)
    assert_allclose(stacked(repeated, np.ones(len(repeated)), prior_rows=0.5), shares)


def test_a_climb_that_explains_next_to_nothing_is_left_out():
    def shares(*levels):
        traces = [Trace(1, 0.0) for _ in levels]
        for trace, level in zip(traces, levels, strict=True):
            held_out = None if level is None else HeldOut(np.full(5000, level), np.ones(5000))
            trace.held_out = held_out
        return shares_of_climbs(traces)

    assert_array_equal(shares(0.0, -9.0), [1, 0])
    assert_allclose(shares(0.0, 0.0), [0.5, 0.5])
    assert_allclose(shares(0.0, None), [0.5, 0.5])


def test_shares_are_equal_where_nothing_is_held_out():
    X, y, _ = waves(60)
    settings = {"expert": MLPExpert(2), "n_init": 2, "average": True, "random_state": 0}
    solver = Adam(n_epochs=2, validation_fraction=0.0)
    model = MoERegressor(2, solver=solver, **settings).fit(X, y)
    assert_allclose(model.climb_shares_, [0.5, 0.5])
    model.set_params(solver=Adam(n_epochs=2)).fit(X, y)
    assert np.ptp(model.climb_shares_) > 0
    assert not hasattr(model.set_params(average=False).fit(X, y), "climb_shares_")


@pytest.mark.parametrize("expert", ["linear", "mlp"])
def test_an_average_is_the_mixture_of_its_mixtures(expert):
    X, y, _ = waves(500)
    solver = "auto" if expert == "linear" else Adam(n_epochs=10)
    settings = {"expert": expert, "solver": solver, "average": True, "random_state": 0}
    model = MoERegressor(2, n_init=3, **settings).fit(X, y)
    assert model.n_experts_ == 6
    shares = np.array(model.climb_shares_)
    assert_allclose(model.gate_proba(X).reshape(-1, 3, 2).sum(axis=2), np.tile(shares, (500, 1)))
    design, target = model._units.prepare(X, y[:, None])
    members = [
        Mixture(gate, model.expert_.take([2 * i, 2 * i + 1]))
        for i, gate in enumerate(model.gate_.gates)
    ]
    density = [np.exp(member.log_density(design, target)) for member in members]
    together = np.log(shares @ density) - model._units.log_spread()
    assert_allclose(model.score_samples(X, y), together)
    assert_allclose(model.log_likelihood_, model.score_samples(X, y).sum())
    answers = np.stack([member.predict(design) for member in members])
    mean = model._units.restored(np.tensordot(shares, answers, 1))
    assert_allclose(model.predict(X), mean[:, 0])
    assert model.n_parameters_ == sum(member.n_parameters() for member in members)


LADDER = [3, 30, 1, 10, 100]


@pytest.mark.parametrize("gate", [MLPGate(2, alpha="auto"), TopKGate(MLPGate(2, alpha="auto"), 2)])
def test_every_climb_has_a_penalty_of_its_own(gate):
    X, y, _ = waves(60)
    expert = MLPExpert(2, alpha="auto")
    settings = {"gate": gate, "expert": expert, "n_init": 6, "average": True, "random_state": 0}
    model = MoERegressor(2, solver=Adam(n_epochs=1), **settings).fit(X, y)
    wanted = [*LADDER, LADDER[0]]
    assert_array_equal(model.expert_.alpha_, np.repeat(wanted, 2))
    assert [own.inner.alpha_ for own in model.gate_.gates] == wanted
    # Without rows held out there is nothing to compare them by.
    model.set_params(solver__validation_fraction=0.0).fit(X, y)
    assert_array_equal(model.expert_.alpha_, LADDER[0])


def test_penalties_of_experts_put_together_are_their_own():
    family = Gaussian().initialize(TARGETS[Gaussian])
    bank = MLPExpert(3, alpha="auto").initialize(2, DESIGN, family)
    banks = [bank.on_rung(i).with_params(RNG.normal(size=bank.params.shape)) for i in range(2)]
    both = banks[0].joined(banks[1])
    assert_array_equal(both.alpha_, np.repeat(LADDER[:2], 2))
    assert_allclose(both.log_prior(), sum(own.log_prior() for own in banks))
    assert_allclose(both.take([2, 3]).log_prior(), banks[1].log_prior())
    assert_allclose(both.take([2, 3]).log_prior_gradient(), banks[1].log_prior_gradient())


@pytest.mark.filterwarnings("ignore::skmoe.exceptions.ConstantGateWarning")
def test_the_penalty_of_the_best_climb_is_kept_and_gone_on_with():
    X, y, _ = waves(200)
    settings = {"expert": MLPExpert(4, alpha="auto"), "solver": Adam(n_epochs=3)}
    model = MoERegressor(1, n_init=3, warm_start=True, random_state=0, **settings).fit(X, y)
    scores = [
        MoERegressor(1, n_init=n, random_state=0, **settings).fit(X, y).validation_scores_
        for n in (1, 2, 3)
    ]
    best = np.argmax([max(own) for own in scores])
    assert_array_equal(model.expert_.alpha_, LADDER[best])
    assert_array_equal(model.fit(X, y).expert_.alpha_, LADDER[best])


def test_an_average_of_one_is_that_one():
    X, y = planted(300, 2, 2)[:2]
    one = MoERegressor(2, random_state=0, average=True).fit(X, y)
    assert one.n_experts_ == 2
    assert hasattr(one, "expert_coef_")


def test_balanced_routing_uses_more_experts():
    rng = np.random.default_rng(0)
    centers, slopes = 3 * rng.standard_normal((8, 4)), rng.standard_normal((8, 4))
    kind = rng.integers(0, 8, 2000)
    X = centers[kind] + rng.standard_normal((2000, 4))
    y = np.sin(np.einsum("nd,nd->n", X, slopes[kind])) + kind % 3
    solver = Adam(n_epochs=30)
    used = []
    for gate in (TopKGate(k=2), TopKGate(k=2, noise=0.0, balance=0.0)):
        model = MoERegressor(8, gate=gate, expert=MLPExpert(16), solver=solver, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            used.append((model.fit(X, y).gate_.usage_ > 0.01).sum())
    assert used[0] > used[1]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"solver": "em", "expert": "mlp"}, "EM climbs by sums over rows, and MLPExpert"),
        ({"solver": "em", "gate": "mlp"}, "EM climbs by sums over rows, and MLPGate"),
        ({"solver": "adam", "expert": Ridge()}, "Adam climbs along gradients"),
        ({"expert": MLPExpert(hidden_layer_sizes=())}, "at least one hidden layer"),
        ({"expert": MLPExpert(hidden_layer_sizes=(8, 0))}, "hidden_layer_sizes=0"),
        ({"expert": MLPExpert(activation="step")}, "activation='step'"),
        ({"expert": MLPExpert(alpha=-1)}, "alpha=-1"),
        ({"expert": MLPExpert(alpha="any")}, "alpha='any'"),
        (
            {"expert": MLPExpert(heteroscedastic=True), "family": "bernoulli"},
            "no scale that could depend on x",
        ),
        ({"average": True, "warm_start": True}, "average=True was given with warm_start"),
        ({"solver": Adam(learning_rate=0)}, "learning_rate=0"),
        ({"solver": Adam(batch_size=0)}, "batch_size=0"),
        ({"solver": Adam(n_epochs=0)}, "n_epochs=0"),
        ({"solver": Adam(schedule="step")}, "schedule='step'"),
        ({"solver": Adam(weight_decay=-1)}, "weight_decay=-1"),
        ({"solver": Adam(max_norm=0)}, "max_norm=0"),
        ({"solver": Adam(validation_fraction=1.0)}, "validation_fraction=1.0"),
        ({"solver": Adam(patience=0)}, "patience=0"),
        ({"gate": TopKGate(noise=-1)}, "noise=-1"),
        ({"gate": TopKGate(balance=-1)}, "balance=-1"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_is_refused(settings, message):
    X, y, _ = waves(60)
    with pytest.raises(ValueError, match=message):
        MoERegressor(2, **settings).fit(X, (y > 0).astype(float))


def test_a_tree_is_not_grown_with_networks():
    X, y, _ = waves(60)
    with pytest.raises(ValueError, match="grow=True tries splits by EM"):
        HMERegressor(expert="mlp", grow=True).fit(X, y)


def test_a_tree_of_networks_learns():
    X, y, _ = waves(800)
    solver = Adam(learning_rate=1e-2, n_epochs=100)
    model = HMERegressor(1, expert="mlp", gate="mlp", solver=solver, random_state=0)
    assert model.fit(X, y).score(X, y) > 0.9


def test_networks_go_on_from_the_last_fit():
    X, y, _ = waves(500)
    model = MoERegressor(
        2, expert="mlp", solver=Adam(n_epochs=3), warm_start=True, random_state=0
    ).fit(X, y)
    first = model.log_likelihood_
    assert model.fit(X, y).log_likelihood_ > first


def test_a_classifier_of_networks_learns_from_sparse_rows():
    X, y, _ = waves(400)
    table = csr_array(np.maximum(np.hstack([X, -X, X - 1]), 0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = MoEClassifier(2, expert="mlp", solver=Adam(n_epochs=60), random_state=0)
        model.fit(table, y > 0)
    assert model.score(table, y > 0) > 0.9


def test_gaussian_gates_are_refined_beside_networks():
    X, y, _ = waves(200)
    settings = {"expert": MLPExpert(4), "random_state": 0, "solver": Adam(n_epochs=5)}
    rough, fine = (
        MoERegressor(2, gate=GaussianGate(refine=refine), **settings).fit(X, y)
        for refine in (False, True)
    )
    assert isinstance(rough.gate_, GaussianGate) and not isinstance(fine.gate_, GaussianGate)
    assert fine.log_likelihood_ > rough.log_likelihood_
