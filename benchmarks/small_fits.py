"""Seconds of a fit on a small table, as a grid search pays them many times over.

n = 200 to 2,000 rows, d = 10, three planted experts, default settings, beside Ridge,
LogisticRegression and GaussianMixture; medians of repeated fits, one thread. A second table
divides the milliseconds of a mixture's fit at 500 x 10 into named parts; timing them costs a few
per cent itself.

    OPENBLAS_NUM_THREADS=1 python benchmarks/small_fits.py
    OPENBLAS_NUM_THREADS=1 python benchmarks/small_fits.py --repeats 50 --rows 500
"""

import argparse
import functools
import time
from contextlib import ExitStack
from unittest.mock import patch

import numpy as np
from _common import planted, report, seconds
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from skmoe import MoEClassifier, MoERegressor
from skmoe.estimators import _base, _preparation
from skmoe.mixture import Mixture
from skmoe.solvers import EM

# Part of a fit: where its function is looked up.
PARTS = {
    "validation": [
        (MoERegressor, "_validate_fit"),
        (MoEClassifier, "_validate_fit"),
        (_base, "plan"),
    ],
    "scaling": [(_preparation, "learn_scaling")],
    "distinct rows": [(_preparation, "distinct_rows")],
    "one-expert fit": [(_preparation, "fit_pooled")],
    "start": [(_preparation, "find_start")],
    "penalties": [(_preparation, "settled")],
    "final climb": [(EM, "solve")],
    "diagnosis": [(_base, "diagnosis")],
    "attributes": [(_base, "model_attributes"), (_base, "climb_attributes")],
}


def mixtures(X, y, label):
    """Fits of the two estimators."""
    return {
        "MoERegressor": lambda: MoERegressor(n_experts=3, random_state=0).fit(X, y),
        "MoEClassifier": lambda: MoEClassifier(n_experts=3, random_state=0).fit(X, label),
    }


def others(X, y, label):
    """Fits of the models they stand beside."""
    return {
        "Ridge": lambda: Ridge().fit(X, y),
        "LogisticRegression": lambda: LogisticRegression().fit(X, label),
        "GaussianMixture": lambda: GaussianMixture(3, random_state=0).fit(X),
    }


def table(n):
    """Columns, targets and labels of a planted mixture."""
    X, y, _ = planted(n, 10, 3, np.random.default_rng(0))
    return X, y, y > np.median(y)


def median_ms(fit, repeats):
    """Median milliseconds of a fit, after one that is not counted."""
    fit()
    return float(1e3 * np.median([seconds(fit)[0] for _ in range(repeats)]))


def timed(part, function, spent, inside):
    """The function, its time put to `part` unless another part called it."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        if inside:
            return function(*args, **kwargs)
        inside.append(part)
        begin = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            spent[part] = spent.get(part, 0.0) + time.perf_counter() - begin
            inside.pop()

    return call


def parts(fit, repeats):
    """Mean milliseconds of each part of a fit, the remainder and the passes over blocks."""
    fit()
    spent, inside, passes = {}, [], []
    statistics = Mixture.statistics

    def counted(*args):
        passes.append(1)
        return statistics(*args)

    with ExitStack() as stack:
        for part, places in PARTS.items():
            for owner, name in places:
                function = timed(part, getattr(owner, name), spent, inside)
                stack.enter_context(patch.object(owner, name, function))
        stack.enter_context(patch.object(Mixture, "statistics", counted))
        total = sum(seconds(fit)[0] for _ in range(repeats))
    row = {part: 1e3 * spent.get(part, 0.0) / repeats for part in PARTS}
    rest = 1e3 * (total - sum(spent.values())) / repeats
    return {**row, "rest": rest, "total": 1e3 * total / repeats, "E-steps": len(passes) / repeats}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[200, 500, 1_000, 2_000])
    parser.add_argument("--repeats", type=int, default=20)
    args = parser.parse_args()
    with threadpool_limits(1):
        rows = []
        for n in args.rows:
            data = table(n)
            fits = {**mixtures(*data), **others(*data)}
            times = {f"{name} ms": median_ms(fit, args.repeats) for name, fit in fits.items()}
            rows.append({"n": n, **times})
        report("fit of n x 10, K=3, one thread", rows)
        fits = mixtures(*table(500))
        rows = [{"estimator": name, **parts(fit, args.repeats)} for name, fit in fits.items()]
        report("where the milliseconds of a fit at 500 x 10 go", rows)


if __name__ == "__main__":
    main()
