"""Passes and seconds to the same log-likelihood: plain EM, accelerated EM, L-BFGS.

The problems overlap: regressions that cross, with weak gates and much noise, on which plain EM is
slow. All three solvers climb the same objective (fixed penalties) from the same start, one
M-step from the cells of k-means++ seeds: EM(memory=0), EM(), and scipy.optimize.minimize(method=
"L-BFGS-B") on the flat vector of parameters with the exact gradient. Counted are the passes over
the data and the seconds until the objective is within 1e-6 per row of the highest that the
solver at hand reaches, rejected steps included. Where solvers end in different maxima each is
timed to its own, and "end per row" says how far below the best of the three that lies.

    OPENBLAS_NUM_THREADS=1 python benchmarks/convergence.py
    OPENBLAS_NUM_THREADS=1 python benchmarks/convergence.py --seeds 10 --rows 2000
"""

import argparse
import time

import numpy as np
from _common import build, report
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from skmoe.experts import LinearExpert
from skmoe.gates import ConstantGate, SoftmaxGate
from skmoe.solvers import EM, Trace
from skmoe.starts._race import find_start
from skmoe.starts._sampling import distinct_rows, sample_size

CLOSE = 1e-6
TOL = 1e-9  # per row, where the climbs end
MOST = 3_000

# name, experts, columns, sharpness of the gate, length of the experts' coefficients (the noise has
# standard deviation 1), correlation of neighbouring columns
PROBLEMS = [
    ("2 lines, constant gate", 2, 1, 0.0, 1.0, 0.0),
    ("2 lines, weak gate", 2, 1, 0.7, 0.8, 0.0),
    ("3 planes, weak gate", 3, 3, 1.0, 1.5, 0.0),
    ("3 planes, correlated", 3, 10, 1.0, 1.5, 0.95),
    ("4 planes, weak gate", 4, 10, 1.0, 2.0, 0.0),
    ("4 planes, correlated", 4, 10, 1.0, 2.0, 0.95),
]


def draw(n, n_experts, d, sharpness, length, correlation, rng):
    """Rows of regressions through one another, told apart by a weak gate."""
    X = rng.standard_normal((n, d))
    for j in range(1, d):
        X[:, j] = correlation * X[:, j - 1] + (1 - correlation**2) ** 0.5 * X[:, j]
    b = rng.standard_normal((n_experts, d))
    b *= length / np.std(X @ b.T, axis=0)[:, None]
    if n_experts == 2:
        b[1] = -b[0]
    logits = X @ rng.standard_normal((d, n_experts))
    logits *= sharpness / np.std(logits, axis=0)
    expert = np.argmax(logits + rng.gumbel(size=(n, n_experts)), axis=1)
    return X, (X * b[expert]).sum(axis=1) + rng.standard_normal(n)


class Watch:
    """Seconds and objective after every pass over the data."""

    def __init__(self, blocks):
        self.blocks, self.begin = blocks, time.perf_counter()
        self.record = []

    def sum(self, f):
        """What `blocks.sum` returns; the pass is noted with its value once that is known."""
        total = self.blocks.sum(f)
        self.record.append((time.perf_counter() - self.begin, None))
        return total

    def note(self, objective):
        """Objective of the last pass."""
        self.record[-1] = (self.record[-1][0], objective)


def run_em(solver, mixture, blocks):
    """Passes, seconds and objectives of a climb by EM."""
    watch = Watch(blocks)
    trace = Trace(MOST, TOL, lambda trace, mixture: watch.note(trace.history[-1]))
    solver.solve(mixture, watch, trace)
    return watch.record


def run_lbfgs(mixture, blocks):
    """The same of L-BFGS, every evaluation of value and gradient one pass."""
    watch = Watch(blocks)
    weight = blocks.X.shape[0]

    def negative(params):
        new = mixture.with_params(params)
        value, slope = watch.sum(new.value_and_gradient)
        value, slope = float(value) + new.log_prior(), slope + new.log_prior_gradient()
        watch.note(value)
        return -value / weight, -slope / weight

    options = {"maxiter": MOST, "maxfun": MOST, "ftol": TOL / 10, "gtol": 1e-7}
    minimize(negative, mixture.params, jac=True, method="L-BFGS-B", options=options)
    return watch.record


def reached(record, target):
    """Passes and seconds until the objective is at least `target`."""
    for at, (taken, objective) in enumerate(record, start=1):
        if objective is not None and objective >= target:
            return at, taken
    return len(record), record[-1][0]


def compare(problem, n, seed, alpha):
    """Rows of the table for one problem: one per solver."""
    name, n_experts, _, sharpness = problem[:4]
    X, y = draw(n, *problem[1:], np.random.default_rng(seed))
    gate = SoftmaxGate(alpha) if sharpness else ConstantGate()
    mixture, blocks = build(X, y, gate, LinearExpert(alpha), n_experts)
    state = np.random.RandomState(seed)
    sampled = distinct_rows(blocks, state, sample_size(mixture), mixture).blocks
    kinds = {"kinds": ["kmeans"], "n_init": 1, "random_state": state}
    start = find_start(mixture, sampled, EM(), **kinds).mixture
    records = {
        "plain EM": run_em(EM(memory=0), start, blocks),
        "accelerated EM": run_em(EM(), start, blocks),
        "L-BFGS": run_lbfgs(start, blocks),
    }
    ends = {s: max(o for _, o in r if o is not None) for s, r in records.items()}
    best = max(ends.values())
    for solver, record in records.items():
        passes, taken = reached(record, ends[solver] - CLOSE * n)
        yield {
            "problem": name,
            "n": n,
            "seed": seed,
            "solver": solver,
            "passes": passes,
            "ms": 1e3 * taken,
            "end per row": (ends[solver] - best) / n,
        }


def summary(rows):
    """Medians over the seeds and ratios to the accelerated EM."""
    for problem, n in dict.fromkeys((row["problem"], row["n"]) for row in rows):
        mine = [row for row in rows if row["problem"] == problem and row["n"] == n]
        plain, fast, newton = (
            {key: np.array([r[key] for r in mine if r["solver"] == s]) for key in mine[0]}
            for s in ("plain EM", "accelerated EM", "L-BFGS")
        )
        yield {
            "problem": problem,
            "n": n,
            "plain passes": float(np.median(plain["passes"])),
            "accelerated": float(np.median(fast["passes"])),
            "L-BFGS": float(np.median(newton["passes"])),
            "passes / plain": float(np.median(fast["passes"] / plain["passes"])),
            "ms": float(np.median(fast["ms"])),
            "L-BFGS s / s": float(np.median(newton["ms"] / fast["ms"])),
            "accelerated lower than plain": int(
                np.sum(fast["end per row"] < plain["end per row"] - CLOSE)
            ),
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[2_000, 10_000])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--alpha", type=float, default=0.1, help="penalty of gate and experts")
    args = parser.parse_args()
    with threadpool_limits(1):
        rows = [
            row
            for n in args.rows
            for problem in PROBLEMS
            for seed in range(args.seeds)
            for row in compare(problem, n, seed, args.alpha)
        ]
    report("three solvers from the same start, every climb", rows)
    report("three solvers from the same start, medians", list(summary(rows)))


if __name__ == "__main__":
    main()
