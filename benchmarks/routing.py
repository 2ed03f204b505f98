"""What it saves, and costs, to let only k of K experts answer a row.

Four tables on one thread, in about five minutes; whatever is compared is timed in turn, in one
process.

Linear experts: one EM pass (all sums and the update) and the estimator's prediction, routed by
`TopKGate` over dense, against K at fixed k and against k at fixed K. "gate ms" is the evaluation
of the gate alone, routed over dense. Both mixtures have the same parameters: a sharp gate with
directions of equal length, so that the experts have similar shares of the rows, and experts a few
passes into their climb. "fullest" is the largest share of the rows of a block that one expert
counts for, of routed and dense responsibilities: products are gathered up to 0.3
(skmoe/_numerics/grouping.py).

Boosted trees as experts: prediction on 100,000 rows with the same fitted experts, routed and with
all of them asked, beside 1.5 k/K times the dense time plus the time of the gate; and one EM pass.

Accuracy: test R2 of routed and dense fits of a robot arm and of planted experts.

    OPENBLAS_NUM_THREADS=1 python benchmarks/routing.py
    OPENBLAS_NUM_THREADS=1 python benchmarks/routing.py --quick
    OPENBLAS_NUM_THREADS=1 python benchmarks/routing.py --tables linear accuracy
"""

import argparse
import copy
import warnings

import numpy as np
from _common import planted, report, seconds, side_by_side
from scipy.special import log_softmax
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from skmoe import MoERegressor
from skmoe._numerics.grouping import _NEGLIGIBLE
from skmoe._rows.blocks import ArrayBlocks
from skmoe.datasets import make_robot_arm
from skmoe.experts import EstimatorExpert, LinearExpert
from skmoe.families import Gaussian
from skmoe.gates import SoftmaxGate, TopKGate
from skmoe.mixture import Mixture

# Weighted rows cost scikit-learn's trees a weighted percentile per column and bin: few bins.
TREES = HistGradientBoostingRegressor(max_iter=20, max_bins=32, random_state=0)

TABLES = ["linear", "boosted", "training", "accuracy"]


def cells(n, d, n_experts, rng, sharpness=8.0, noise=0.1):
    """Rows of experts with even shares, X and y, and the directions (K, d) of the gate's logits.

    As `planted` but for the length of the directions and intercepts of zero.
    """
    directions = rng.standard_normal((n_experts, d))
    directions *= sharpness / np.linalg.norm(directions, axis=1, keepdims=True)
    b, a = rng.standard_normal((n_experts, d)), rng.standard_normal(n_experts)
    X = rng.standard_normal((n, d))
    gate = np.exp(log_softmax(X @ directions.T, axis=1))
    expert = (gate.cumsum(axis=1) < rng.uniform(size=(n, 1))).sum(axis=1)
    means = 2 * X @ b.T / d**0.5 + a
    y = means[np.arange(n), np.minimum(expert, n_experts - 1)] + noise * rng.standard_normal(n)
    return X, y, directions


def gate_of(directions, design, k=None):
    """A gate with these coefficients, with all experts open or with k."""
    n_experts = len(directions)
    gate = SoftmaxGate(0.1)
    gate = gate if k is None else TopKGate(gate, k)
    weights = np.column_stack([directions, np.zeros(n_experts)])
    # The columns as given, which trees look at, stand before the scaled ones.
    last = design.shape[1] - 1
    positions = list(range(last - directions.shape[1], last))
    gate = gate.initialize(n_experts, design, positions).with_params(weights.ravel())
    return gate.begun(gate, None)


def routed(mixture, k):
    """The same mixture with k experts open to a row."""
    design = np.zeros((1, mixture.gate.positions[-1] + 2))
    return Mixture(gate_of(mixture.gate.weights[:, :-1], design, k), mixture.expert)


def estimator(model, mixture):
    """The fitted estimator with another mixture."""
    new = copy.copy(model)
    new._mixture = mixture
    n_experts, size = mixture.n_experts(), mixture.gate.weights.shape[1]
    raw = mixture.expert.raw
    new._units = model._units._replace(numbers=n_experts * (size + 1), with_raw=raw)
    return new


def rows_of(model, X, y=None):
    """Blocks of rows as the estimator sees them."""
    return model._units.seen(ArrayBlocks(X, None if y is None else y[:, None]))


def one_pass(model, X, y):
    """A call that makes one EM pass."""
    blocks, mixture = rows_of(model, X, y), model._mixture
    return lambda: mixture.update(blocks.sum(mixture.statistics))


def prediction(model, X):
    """A call that predicts."""
    return lambda: model.predict(X)


def gate_alone(model, X):
    """A call that evaluates the gate on the rows, checked and scaled as prediction does."""
    gate = model._mixture.gate
    return lambda: model._rows(X, "predict").map(lambda X, *_: gate.log_weight(X)[:, 0])


def fullest(model, X, y):
    """Largest share of the rows of the first block that one expert counts for."""
    design, target, _ = rows_of(model, X, y).first()
    resp = model._mixture.responsibilities(design, target)
    return float((resp > _NEGLIGIBLE * resp.max(axis=0)).mean(axis=0).max())


def compared(calls, repeats):
    """Median seconds of the calls, and medians of their ratios to the first."""
    taken = side_by_side(calls, repeats)
    return np.median(taken, axis=0), np.median(taken / taken[:, :1], axis=0)


def learnt_linear(model, X, y, directions):
    """A dense mixture of linear experts, a few passes into its climb."""
    blocks = rows_of(model, X, y)
    design, _, _ = blocks.first()
    gate = gate_of(directions, design)
    family = Gaussian().initialize(y[:, None])
    mixture = Mixture(gate, LinearExpert(0.1).initialize(len(directions), design, family))
    given = blocks.with_weight(blocks.map(lambda X, y, weight: np.exp(gate.log_weight(X))))
    experts = mixture.expert.update(given.sum(mixture.statistics_given)[1])
    mixture = Mixture(gate, experts)
    for _ in range(3):
        mixture = mixture.update(blocks.sum(mixture.statistics))
    return mixture


def linear(n, shapes, every_k, repeats):
    """Rows of the table of linear experts: each (d, K) with the k that are fewer than K."""
    rng = np.random.default_rng(0)
    for d, n_experts in shapes:
        X, y, directions = cells(n, d, n_experts, rng)
        model = MoERegressor(1).fit(X, y)  # for the units
        dense = learnt_linear(model, X, y, directions)
        several = [k for k in every_k if k < n_experts]
        mixtures = [dense, *(routed(dense, k) for k in several)]
        models = [estimator(model, mixture) for mixture in mixtures]
        share = [fullest(model, X, y) for model in models]
        columns = {
            name: compared([make(model, *data) for model in models], repeats)
            for name, make, data in [
                ("pass", one_pass, (X, y)),
                ("predict", prediction, (X,)),
                ("gate", gate_alone, (X,)),
            ]
        }
        for at, k in enumerate(several, 1):
            row = {"n": n, "d": d, "K": n_experts, "k": k}
            row |= {"fullest": share[at], "fullest dense": share[0]}
            for name, (taken, ratio) in columns.items():
                row[f"{name} ms"] = 1e3 * float(taken[at])
                row[f"{name} dense ms"] = 1e3 * float(taken[0])
                row[f"{name} ratio"] = float(ratio[at])
            yield row


def learnt_trees(model, X, y, directions, k):
    """A routed mixture of boosted trees that were fitted to the rows that k experts answer."""
    blocks = rows_of(model, X, y)
    design, target, _ = blocks.whole()
    design = np.hstack([X, design])
    gate = gate_of(directions, design, k)
    family, given = Gaussian().initialize(y[:, None]), list(range(X.shape[1]))
    bank = EstimatorExpert(TREES, cv=1).initialize(len(directions), design, family, given)
    resp = np.exp(gate.log_weight(design))
    return Mixture(gate, bank.update(bank.statistics(design, target, resp)))


def with_all_asked(mixture):
    """The same mixture with all experts open."""
    return Mixture(mixture.gate.inner, mixture.expert)


def boosted(n, n_fit, cases, repeats):
    """Rows of the table of predictions of boosted trees; `cases` are K and its k."""
    rng = np.random.default_rng(0)
    for n_experts, every_k in cases:
        X, y, directions = cells(n, 10, n_experts, rng)
        model = MoERegressor(1).fit(X, y)
        mixture = learnt_trees(model, X[:n_fit], y[:n_fit], directions, 2)
        mixtures = [with_all_asked(mixture), *(routed(mixture, k) for k in every_k)]
        models = [estimator(model, mixture) for mixture in mixtures]
        calls = [prediction(model, X) for model in models]
        calls += [gate_alone(model, X) for model in models[1:]]
        taken, ratio = compared(calls, repeats)
        gate = taken[len(every_k) :]
        for at, k in enumerate(every_k, 1):
            allowed = 1.5 * k / n_experts * taken[0] + gate[at]
            yield {
                "n": n,
                "K": n_experts,
                "k": k,
                "predict s": float(taken[at]),
                "dense s": float(taken[0]),
                "gate s": float(gate[at]),
                "ratio": float(ratio[at]),
                "k/K": k / n_experts,
                "allowed s": float(allowed),
                "over allowed": float(taken[at] / allowed),
            }


def training(n, every_count, repeats):
    """Rows of the table of EM passes of boosted trees, with k=2."""
    rng = np.random.default_rng(0)
    for n_experts in every_count:
        X, y, directions = cells(n, 10, n_experts, rng)
        model = MoERegressor(1).fit(X, y)
        mixture = learnt_trees(model, X, y, directions, 2)
        models = [estimator(model, m) for m in (with_all_asked(mixture), mixture)]
        taken, ratio = compared([one_pass(model, X, y) for model in models], repeats)
        yield {
            "n": n,
            "K": n_experts,
            "k": 2,
            "pass s": float(taken[1]),
            "dense s": float(taken[0]),
            "ratio": float(ratio[1]),
        }


def accuracy(data, every_k, **options):
    """Rows of the table of fits, for data sets (X, y, X_test, y_test) by name."""
    for name, (X, y, X_test, y_test) in data.items():
        for k in ["dense", *every_k]:
            gate = "softmax" if k == "dense" else TopKGate(k=k)
            model = MoERegressor(gate=gate, random_state=0, **options)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                taken, _ = seconds(lambda model=model, X=X, y=y: model.fit(X, y))
            yield {
                "data": name,
                "n": len(X),
                "K": model.n_experts,
                "k": k,
                "test R2": model.score(X_test, y_test),
                "train R2": model.score(X, y),
                "fit s": taken,
                "passes": model.n_iter_,
            }


def data_sets(n, n_test):
    """Robot arm and planted experts."""
    X, y = make_robot_arm(n + n_test, random_state=0)
    rng = np.random.default_rng(0)
    P, t, _, P_test, t_test, _ = planted(n, 10, 16, rng, n_test=n_test)
    return {"robot arm": (X[:n], y[:n], X[n:], y[n:]), "planted": (P, t, P_test, t_test)}


def table(name, quick):
    """Title and rows of a table."""
    if name == "linear":
        shapes = [(d, n_experts) for d in (10, 30) for n_experts in (4, 16, 64)]
        settings = (4_096, shapes[:2], (1, 2), 3) if quick else (20_000, shapes, (1, 2, 4, 8), 7)
        return "linear experts, routed against dense", linear(*settings)
    if name == "boosted":
        cases = [(8, (2,)), (16, (2,)), (32, (1, 2, 4, 8, 16)), (64, (2,))]
        settings = (2_000, 500, [(8, (2,))], 2) if quick else (100_000, 10_000, cases, 3)
        return "prediction of boosted trees, routed against all", boosted(*settings)
    if name == "training":
        settings = (500, (8,), 2) if quick else (10_000, (16, 64), 3)
        return "one EM pass of boosted trees, routed against all", training(*settings)
    if quick:
        rows = accuracy(data_sets(500, 300), (1, 2), n_experts=4, max_iter=5)
    else:
        settings = {"n_experts": 16, "n_init": 4, "max_iter": 60}
        rows = accuracy(data_sets(15_000, 5_000), (1, 2, 4), **settings)
    return "fits, routed and dense", rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few rows and settings, as a test")
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=TABLES)
    args = parser.parse_args()
    with threadpool_limits(1):
        for name in args.tables:
            title, rows = table(name, args.quick)
            report(title, list(rows))


if __name__ == "__main__":
    main()
