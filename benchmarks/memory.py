"""Seconds and memory of fits and of answers, beyond the table that is given.

Every fit of n x 10 doubles by three experts runs in a process of its own. "resident MB" is its
largest resident memory less what it had when the table was made, "traced MB" the peak that
tracemalloc saw in a second fit, which is cut off early: no pass needs more than another. With
--max-iter the first is cut off too; "fit s" then tells what comes before the climb. "bytes per
row" is what a further row adds to the traced MB, between this number of rows and the one above.
The answers are those of the fitted model for all rows, up to a million; "times the answer" is the
traced peak over the bytes of what is returned.

    OPENBLAS_NUM_THREADS=1 python benchmarks/memory.py
    OPENBLAS_NUM_THREADS=1 python benchmarks/memory.py --rows 10000 100000 --max-iter 2
"""

import argparse
import json
import subprocess
import sys
import tracemalloc
import warnings
from itertools import chain, pairwise

import numpy as np
from _common import report, resident, seconds
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skmoe import MoEClassifier, MoERegressor

MODELS = {"regressor": MoERegressor, "classifier": MoEClassifier}
ROWS = [100_000, 1_000_000, 4_000_000]
MOST_ANSWERS = 1_000_000
COLUMNS, EXPERTS = 10, 3


def table(n):
    """Rows of planes that meet at sharp borders, made in pieces: that takes no memory."""
    rng = np.random.default_rng(0)
    W, b = np.random.default_rng(1).standard_normal((2, EXPERTS, COLUMNS))
    X, y = np.empty((n, COLUMNS)), np.empty(n)
    for begin in range(0, n, 10_000):
        rows = slice(begin, begin + 10_000)
        X[rows] = rng.standard_normal(X[rows].shape)
        chosen = np.argmax(X[rows] @ W.T, axis=1)
        y[rows] = (X[rows] * b[chosen]).sum(axis=1) + 0.5 * rng.standard_normal(len(chosen))
    return X, y


def traced(call):
    """The answer of a call, and the peak that tracemalloc saw in it, in bytes."""
    tracemalloc.start()
    answer = call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return answer, peak


def one_fit(kind, n, max_iter):
    """Fit n rows twice, ask for answers, and print seconds and memory as JSON."""
    X, y = table(n)
    if kind == "classifier":
        y = (y > 0).astype(np.int64)
    warnings.simplefilter("ignore", ConvergenceWarning)
    model = MODELS[kind](EXPERTS, max_iter=max_iter, random_state=0)
    before = resident()
    taken, _ = seconds(lambda: model.fit(X, y))
    beyond = resident() - before
    short = clone(model).set_params(max_iter=2)
    _, peak = traced(lambda: short.fit(X, y))
    row = {
        "fit of": kind,
        "n": n,
        "fit s": taken,
        "passes": model.n_iter_,
        "us per row and pass": 1e6 * taken / n / model.n_iter_,
        "input MB": (X.nbytes + y.nbytes) / 2**20,
        "resident MB": beyond,
        "traced MB": peak / 2**20,
    }
    print(json.dumps([row, list(answers(model, kind, X[:MOST_ANSWERS]))]))


def answers(model, kind, X):
    """Rows of the table of answers."""
    for name in ("gate_proba", "predict", "predict_proba", "predict_dist"):
        if method := getattr(model, name, None):
            answer, peak = traced(lambda: method(X))
            law = name == "predict_dist"
            tables = (answer.log_weight, answer.eta) if law else (answer,)
            given = sum(one.nbytes for one in tables)
            yield {
                "answer": f"{kind}.{name}",
                "n": len(X),
                "MB": given / 2**20,
                "traced MB": peak / 2**20,
                "times the answer": peak / given,
            }


def measured(kind, every_n, max_iter):
    """Rows of both tables, every number of rows in a process of its own."""
    fits, asked = [], []
    for n in every_n:
        command = [sys.executable, __file__, "--one-fit", kind, str(n)]
        command += ["--max-iter", str(max_iter)]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        fit, of_answers = json.loads(answer.stdout.splitlines()[-1])
        fits.append(fit)
        asked += of_answers
    for before, row in pairwise(fits):
        grown = row["traced MB"] - before["traced MB"]
        row["bytes per row"] = grown * 2**20 / (row["n"] - before["n"])
    return fits, asked


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", nargs="+", type=int, default=ROWS)
    parser.add_argument("--max-iter", type=int, default=500, help="of the fits that are timed")
    parser.add_argument("--one-fit", nargs=2, metavar=("KIND", "N"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one_fit:
        one_fit(args.one_fit[0], int(args.one_fit[1]), args.max_iter)
        return
    fits, asked = zip(*(measured(kind, args.rows, args.max_iter) for kind in MODELS), strict=True)
    report("fits of n x 10, K=3: time and memory beyond the input", list(chain(*fits)))
    report("memory of answers", list(chain(*asked)))


if __name__ == "__main__":
    main()
