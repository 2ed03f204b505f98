"""How seconds grow with rows, columns and experts.

Fits: `MoERegressor(4)` with default settings but for `max_iter`, so that all make as many passes,
on 10 planted columns. Passes: seconds of the processor, per row, of the sums of an EM pass and of
a value and its gradient for K experts and d columns, and the law

    a + b K + c d + e K d + f K d^2 + g (K - 1)^2 d^2

of all of these, with weights that are not negative, least squares of relative errors.

    OPENBLAS_NUM_THREADS=1 python benchmarks/scaling.py
    OPENBLAS_NUM_THREADS=1 python benchmarks/scaling.py --rows 10000 --tables rows
"""

import argparse
import time
import warnings

import numpy as np
from _common import build, planted, report, resident, seconds, side_by_side
from scipy.optimize import nnls
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from skmoe import MoERegressor
from skmoe.experts import LinearExpert
from skmoe.gates import SoftmaxGate

EXPERTS, COLUMNS = (2, 4, 8, 16), (5, 10, 20, 40, 80)
TERMS = {
    "1": lambda K, d: 1,
    "K": lambda K, d: K,
    "d": lambda K, d: d,
    "K d": lambda K, d: K * d,
    "K d^2": lambda K, d: K * d**2,
    "(K-1)^2 d^2": lambda K, d: (K - 1) ** 2 * d**2,
}


def fits(every_n, passes=10):
    """Rows of the table of fits of n rows."""
    for n in every_n:
        X, y, _ = planted(n, 10, 4, np.random.default_rng(0))
        model, before = MoERegressor(4, max_iter=passes, tol=0, random_state=0), resident()
        taken, _ = seconds(lambda model=model, X=X, y=y: model.fit(X, y), time.process_time)
        yield {
            "n": n,
            "passes": model.n_iter_,
            "fit s": taken,
            "us per row": 1e6 * taken / n,
            "us per row and pass": 1e6 * taken / n / model.n_iter_,
            "MB added": resident() - before,
        }


def passes(repeats=3):
    """Microseconds per row of both kinds of passes."""
    rng = np.random.default_rng(0)
    for n_experts in EXPERTS:
        for d in COLUMNS:
            n = 2_400_000 // d  # too many to be kept prepared
            X, y, _ = planted(n, d, n_experts, rng)
            mixture, blocks = build(X, y, SoftmaxGate(0.1), LinearExpert(0.1), n_experts)
            mixture = mixture.with_params(
                mixture.params + 0.1 * np.sin(np.arange(len(mixture.params)))
            )
            calls = [
                lambda sums=sums, blocks=blocks: blocks.sum(sums)
                for sums in (mixture.statistics, mixture.value_and_gradient)
            ]
            taken = np.median(side_by_side(calls, repeats, time.process_time), axis=0)
            em, gradient = map(float, 1e6 * taken / n)
            line = {"K": n_experts, "d": d, "n": n, "gradient us": gradient}
            # Larger gates have a bound for a curvature, and are not climbed by EM.
            full = (n_experts - 1) * (d + 1) <= 500
            yield line | {"EM us": em} if full else line


def law(table, name):
    """Nanoseconds that each term takes, and how far the law is from what was measured."""
    table = [line for line in table if name in line]
    taken = np.array([1e3 * line[name] for line in table])
    parts = np.array([[term(line["K"], line["d"]) for term in TERMS.values()] for line in table])
    weights, _ = nnls(parts / taken[:, None], np.ones(len(table)))
    miss = np.abs(parts @ weights / taken - 1)
    found = {term: float(weight) for term, weight in zip(TERMS, weights)}
    return {
        "pass": name,
        **found,
        "median error": float(np.median(miss)),
        "largest": float(miss.max()),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--tables", nargs="+", choices=["rows", "law"], default=["rows", "law"])
    args = parser.parse_args()
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        if "rows" in args.tables:
            report("fits of n x 10, K=4", list(fits(args.rows)))
        if "law" in args.tables:
            table = list(passes())
            report("passes, per row", table)
            report("nanoseconds", [law(table, name) for name in ("EM us", "gradient us")])


if __name__ == "__main__":
    main()
