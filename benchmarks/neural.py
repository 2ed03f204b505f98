"""Neural experts and Adam: beside torch, routed, in memory, and beside scikit-learn's network.

Four tables; whatever is compared is timed in turn, in one process, and ratios are medians over
repetitions, with the lowest and highest beside them where a table has room.

torch: one epoch of Adam on 100,000 x 30, K=8 experts of one hidden layer of 64, against a torch
module of the same model on the CPU, on one thread and on all cores. The module has the form that
was the fastest of four tried (a hidden layer as one product, its outputs by a sum), with Adam
fused, and gets its rows scaled and as tensors beforehand; skmoe scales its own within the time.
Both shuffle, by the same draw. "loss apart" is the difference of the mean losses at the same
weights, "after an epoch" the same once each has made its own epoch from there. Without torch the
table is left out. On all cores both sides wait for one another's threads a thousand times a
second: a core that something else needs makes those rows meaningless.

routing: the same epoch, and `Mixture.predict` over the blocks, with the 2 most probable of 16
experts and with all; the gate is sharp and the experts have similar shares. 2/16 is 0.125;
"fullest" is the largest share of the rows of a batch (of a block for prediction) that one expert
answers, to which the groups of all are filled up.

memory: a fit of n x 30 with 2 epochs, each in a process of its own. "resident MB" is the largest
resident memory less what it had when the table was made, "traced MB" the peak that tracemalloc saw
in a second fit. "bytes per row" is what a further row adds to the latter, beside the 248 of the
input: positions in their order, held-out rows. "fixed MB" is what
remains at no rows, also in batches and in blocks: their rows (design, target, weight) and the
hidden units of all experts.

quality: test R2 and seconds of MoERegressor(expert="mlp") and of scikit-learn's MLPRegressor with
early stopping, with its default size and with as many weights, on smooth regimes; "s to its R2"
are the seconds after which the climb of skmoe first predicts the test rows as well.

    OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 python benchmarks/neural.py
    python benchmarks/neural.py --quick
    python benchmarks/neural.py --tables torch routing
"""

import argparse
import copy
import json
import math
import os
import subprocess
import sys
import time
import tracemalloc
import warnings
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from itertools import pairwise

import numpy as np
from _common import build, report, resident, seconds, side_by_side
from routing import cells, gate_of
from scipy.special import softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from threadpoolctl import threadpool_limits

from skmoe import MoERegressor
from skmoe._rows.blocks import ArrayBlocks
from skmoe.experts import MLPExpert
from skmoe.gates import SoftmaxGate
from skmoe.mixture import Mixture
from skmoe.solvers import Adam
from skmoe.solvers._base import Memory

TABLES = ["torch", "routing", "memory", "quality"]

# What both sides of the comparison with torch step by: the rate, the length at which gradients
# are cut, and what shuffles the rows.
RATE, LONGEST, SEED = 1e-3, 1.0, 0


def epoch(mixture, blocks, batch_size):
    """The mixture after one epoch of Adam, along the rows shuffled by `order`."""
    solver = Adam(RATE, batch_size, max_norm=LONGEST, random_state=SEED)
    return solver.learn(mixture, blocks, Memory())[0]


def order(n):
    """Positions of the rows as `epoch` shuffles them."""
    return np.random.RandomState(SEED).permutation(n)


def mean_loss(mixture, blocks):
    """Minus the mean log-likelihood."""
    total = blocks.sum(lambda X, y, weight: weight @ mixture.log_density(X, y))
    return -float(total) / blocks.X.shape[0]


def summary(taken, names):
    """Median seconds of two calls, and their ratio."""
    ratio = taken[:, 0] / taken[:, 1]
    row = {f"{name} s": float(np.median(column)) for name, column in zip(names, taken.T)}
    return row | {
        "ratio": float(np.median(ratio)),
        "lowest": float(ratio.min()),
        "highest": float(ratio.max()),
    }


# -- beside torch ----------------------------------------------------------------------------


def started(X, y, n_experts, hidden, rng):
    """A mixture of networks at random weights, without penalties, and its blocks."""
    mixture, blocks = build(X, y, SoftmaxGate(0.0), MLPExpert(hidden, alpha=0.0), n_experts)
    noise = 0.1 * rng.standard_normal(mixture.params.shape[0])
    return mixture.with_params(mixture.params + noise.astype(X.dtype)), blocks


def network(mixture):
    """The same model as a torch module with the same weights."""
    import torch

    linear, (first, last) = mixture.expert.linear, mixture.expert.networks.layers
    n_experts, hidden, size = first.shape

    def layer(weights):
        """A linear layer whose intercept is the last column."""
        made = torch.nn.Linear(size - 1, len(weights), dtype=torch.from_numpy(weights).dtype)
        made.weight.data = torch.tensor(weights[:, :-1])
        made.bias.data = torch.tensor(weights[:, -1])
        return made

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.gate = layer(mixture.gate.weights)
            self.linear = layer(linear.weights[:, 0])
            self.hidden = layer(first.reshape(n_experts * hidden, size))
            self.last = torch.nn.Parameter(torch.tensor(last[:, 0]))
            self.log_scale = torch.nn.Parameter(torch.tensor(np.log(linear.scale[:, 0])))

        def forward(self, X, y):
            """Mean loss."""
            log_gate = torch.log_softmax(self.gate(X), 1)
            units = torch.relu(self.hidden(X)).view(len(X), n_experts, hidden)
            eta = self.linear(X) + (units * self.last).sum(2)
            deviation = (y - eta) * torch.exp(-self.log_scale)
            constant = self.log_scale + 0.5 * math.log(2 * math.pi)
            log_prob = -0.5 * deviation * deviation - constant
            return -torch.logsumexp(log_gate + log_prob, 1).mean()

    return Network()


def torch_epoch(module, X, y, batch_size):
    """One epoch of the module, along the same rows in the same batches as `epoch`."""
    import torch

    n, rows = len(X), torch.from_numpy(order(len(X)))
    number = -(-n // batch_size)
    optimizer = torch.optim.Adam(module.parameters(), lr=RATE, fused=True)
    for start, stop in pairwise(i * n // number for i in range(number + 1)):
        batch = rows[start:stop]
        optimizer.zero_grad()
        module(X[batch], y[batch]).backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), LONGEST)
        optimizer.step()


def torch_loss(module, X, y):
    """Mean loss, without a gradient."""
    import torch

    with torch.no_grad():
        return float(module(X, y))


def apart(mixture, blocks, X, y, batch_size):
    """Differences of the losses at the same weights, and after an epoch from there."""
    module = network(mixture)
    before = mean_loss(mixture, blocks) - torch_loss(module, X, y)
    torch_epoch(module, X, y, batch_size)
    after = epoch(mixture, blocks, batch_size)
    return {
        "loss": mean_loss(mixture, blocks),
        "loss apart": before,
        "loss after": mean_loss(after, blocks),
        "after an epoch": mean_loss(after, blocks) - torch_loss(module, X, y),
    }


def beside_torch(n, d, n_experts, hidden, batch_size, repeats):
    """Rows of the table: both precisions, on one thread and on all cores."""
    import torch

    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, d))
    y = np.sin(X[:, 0]) + X[:, 1] * X[:, 2] + 0.1 * rng.standard_normal(n)
    for dtype in (np.float32, np.float64):
        mixture, blocks = started(X.astype(dtype), y.astype(dtype), n_experts, hidden, rng)
        tables = ArrayBlocks(blocks.X, blocks.y, prepare=blocks.prepare, length=n).whole()
        scaled = torch.from_numpy(np.ascontiguousarray(tables[0][:, :-1]))
        target = torch.from_numpy(tables[1])
        agreement = apart(mixture, blocks, scaled, target, batch_size)
        calls = [
            partial(epoch, mixture, blocks, batch_size),
            partial(torch_epoch, network(mixture), scaled, target, batch_size),
        ]
        for threads in dict.fromkeys((1, os.cpu_count())):
            with threadpool_limits(threads):
                torch.set_num_threads(threads)
                taken = side_by_side(calls, repeats if threads == 1 else min(repeats, 2))
            torch.set_num_threads(1)
            row = {"dtype": np.dtype(dtype).name, "threads": threads}
            yield row | summary(taken, ["skmoe", "torch"]) | agreement


# -- routing ---------------------------------------------------------------------------------


def prediction(mixture, blocks):
    """A call that predicts all rows."""
    return lambda: blocks.map(lambda X, y, weight: mixture.predict(X))


def fullest(mixture, blocks, n_rows):
    """Largest share of the first rows that one expert answers."""
    design, _, _ = blocks.first()
    return float(np.isfinite(mixture.gate.log_weight(design[:n_rows])).mean(axis=0).max())


def routed_and_dense(n, hidden, rng, n_experts=16, k=2, d=30):
    """A mixture with k experts open to a row, the same with all, and their blocks."""
    X, y, directions = cells(n, d, n_experts, rng)
    mixture, blocks = build(X, y, SoftmaxGate(0.1), MLPExpert(hidden), n_experts)
    design, _, _ = blocks.first()
    several = [Mixture(gate_of(directions, design, k), mixture.expert) for k in (k, None)]
    return several, blocks


def routing(n, every_hidden, every_batch_size, repeats):
    """Rows of the table of 2 of 16 experts, in training and in prediction."""
    rng = np.random.default_rng(0)
    names = ["top-2", "dense"]
    for hidden in every_hidden:
        mixtures, blocks = routed_and_dense(n, hidden, rng)
        for batch_size in every_batch_size:
            calls = [partial(epoch, mixture, blocks, batch_size) for mixture in mixtures]
            row = {"call": "epoch", "h": hidden, "rows at once": batch_size}
            row["fullest"] = fullest(mixtures[0], blocks, batch_size)
            yield row | summary(side_by_side(calls, repeats), names)
        calls = [prediction(mixture, blocks) for mixture in mixtures]
        row = {"call": "predict", "h": hidden, "rows at once": blocks.length}
        row["fullest"] = fullest(mixtures[0], blocks, blocks.length)
        yield row | summary(side_by_side(calls, repeats), names)


# -- memory ----------------------------------------------------------------------------------


# Name of a unit that memory is counted in, and its column.
UNITS = {"batches": "batch MB", "blocks": "block MB"}


def one_fit(n, d=30, n_experts=4, hidden=16, batch_size=256):
    """Fit n x d rows twice and print seconds and memory as JSON."""
    rng = np.random.default_rng(0)
    X, y = np.empty((n, d)), np.empty(n)
    for begin in range(0, n, 10_000):  # in pieces, so that making the table needs no memory
        rows = slice(begin, begin + 10_000)
        X[rows] = rng.standard_normal(X[rows].shape)
        y[rows] = np.sin(X[rows, 0]) + X[rows, 1] * X[rows, 2]
    solver = Adam(n_epochs=2, batch_size=batch_size)
    model = MoERegressor(n_experts, expert=MLPExpert(hidden), solver=solver, random_state=0)
    before = resident()
    taken, _ = seconds(lambda: model.fit(X, y))
    beyond = resident() - before
    tracemalloc.start()
    copy.copy(model).fit(X, y)
    traced = tracemalloc.get_traced_memory()[1] / 2**20
    width = d + 3 + n_experts * hidden  # design, target, weight, hidden units
    print(
        json.dumps(
            {
                "n": n,
                "fit s": taken,
                "input MB": (X.nbytes + y.nbytes) / 2**20,
                "resident MB": beyond,
                "traced MB": traced,
                "traced / input": traced * 2**20 / (X.nbytes + y.nbytes),
                "batch MB": batch_size * width * 8 / 2**20,
                "block MB": ArrayBlocks(X).length * width * 8 / 2**20,
            }
        )
    )


def memory_of_fits(every_n):
    """Rows of the table of fits, each in a process of its own."""
    rows = []
    for n in every_n:
        command = [sys.executable, __file__, "--one-fit", str(n)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True)
        rows.append(json.loads(answer.stdout.splitlines()[-1]))
    yield rows[0]
    for before, row in pairwise(rows):
        slope = (row["traced MB"] - before["traced MB"]) / (row["n"] - before["n"])
        fixed = row["traced MB"] - slope * row["n"]
        row |= {"bytes per row": slope * 2**20, "fixed MB": fixed}
        row |= {f"in {name}": fixed / row[unit] for name, unit in UNITS.items()}
        yield row


# -- beside scikit-learn's network -----------------------------------------------------------


def regimes(n, rng, d=10, n_regimes=4, noise=0.1):
    """Rows whose mean goes smoothly from one of several curved functions to another.

    x ~ N(0, I); shares softmax(6 W x / sqrt(d)), W ~ N(0, 1); means sin(2 b.x) + (c.x)^2 / 2
    + a.x, with a, b, c ~ N(0, 1 / d) each. y is brought to unit variance.
    """
    W, a, b, c = (rng.standard_normal((n_regimes, d)) / d**0.5 for _ in range(4))
    X = rng.standard_normal((n, d))
    means = np.sin(2 * X @ b.T) + (X @ c.T) ** 2 / 2 + X @ a.T
    y = (softmax(6 * X @ W.T, axis=1) * means).sum(axis=1)
    y = (y - y.mean()) / y.std()
    return X, y + noise * rng.standard_normal(n)


class Watch:
    """A callback that notes seconds and test R2 after every epoch; looking takes no time."""

    def __init__(self, X, y):
        self.X, self.y, self.record = X, y, []
        self.begin = time.perf_counter()

    def setup(self, estimator, context):
        self.begin = time.perf_counter()

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        if context.task_name != "pass":
            return False
        taken = time.perf_counter() - self.begin
        looking, score = seconds(lambda: fitted_estimator.score(self.X, self.y))
        self.record.append((taken, score))
        self.begin += looking
        return False

    def reached(self, score):
        """Seconds after which the climb predicts at least as well; infinite if it never does."""
        return next((taken for taken, own in self.record if own >= score), math.inf)


def weights_of(model):
    """Number of weights of scikit-learn's network."""
    return sum(table.size for table in (*model.coefs_, *model.intercepts_))


def quality(n, n_test, seeds):
    """Rows of the table: the climb of skmoe beside two networks of scikit-learn."""
    for seed in range(seeds):
        X, y = regimes(n + n_test, np.random.default_rng(seed))
        train, test = (X[:n], y[:n]), (X[n:], y[n:])
        watch = Watch(*test)
        ours = MoERegressor(expert="mlp", random_state=seed)
        whole, _ = seconds(lambda ours=ours, train=train: ours.fit(*train))
        watched = MoERegressor(expert="mlp", random_state=seed).set_callbacks(watch).fit(*train)
        assert watched.score(*test) == ours.score(*test)
        size = round((ours.n_parameters_ - 1) / (X.shape[1] + 2))
        row = {"seed": seed, "model": "skmoe", "weights": ours.n_parameters_}
        row |= {"epochs": ours.n_iter_, "fit s": whole, "test R2": ours.score(*test)}
        yield row | {"s to its R2": watch.reached(ours.score(*test))}
        for name, hidden in (("MLPRegressor", 100), ("MLPRegressor, wide", size)):
            model = MLPRegressor(
                hidden_layer_sizes=(hidden,), early_stopping=True, random_state=seed
            )
            taken, _ = seconds(lambda model=model, train=train: model.fit(*train))
            score = model.score(*test)
            row = {"seed": seed, "model": name, "weights": weights_of(model)}
            row |= {"epochs": model.n_iter_, "fit s": taken, "test R2": score}
            row["s to its R2"] = watch.reached(score)
            yield row | {"ratio": watch.reached(score) / taken}


def table(name, quick):
    """Title and rows of a table."""
    if name == "torch":
        n, repeats = (500, 2) if quick else (100_000, 7)
        title = f"epoch of Adam, {n} x 30, K=8, h=64, batch 256, beside torch {version('torch')}"
        return title, beside_torch(n, 30, 8, 64, 256, repeats)
    if name == "routing":
        settings = (1_000, (64,), (256,), 2) if quick else (100_000, (64, 128), (256, 1024), 5)
        return f"2 of 16 neural experts against all, {settings[0]} x 30", routing(*settings)
    if name == "memory":
        every_n = [2_000, 4_000] if quick else [100_000, 300_000, 1_000_000]
        return "memory of a fit of n x 30, K=4, h=16, 2 epochs", memory_of_fits(every_n)
    settings = (300, 300, 1) if quick else (20_000, 10_000, 3)
    title = f"fits of smooth regimes, {settings[0]} x 10, beside scikit-learn's network"
    return title, quality(*settings)


def main():
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few rows and settings, as a test")
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=TABLES)
    parser.add_argument("--one-fit", type=int, metavar="N", help=argparse.SUPPRESS)
    args = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    with threadpool_limits(1):
        if args.one_fit:
            one_fit(args.one_fit)
            return
        for name in args.tables:
            if name == "torch" and find_spec("torch") is None:
                print("Nothing measured beside torch: it cannot be imported.")
                continue
            title, rows = table(name, args.quick)
            report(title, list(rows))


if __name__ == "__main__":
    main()
