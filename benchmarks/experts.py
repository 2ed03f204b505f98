"""Families, estimators as experts, and sparse tables: seconds, memory, held-out log density.

Families: one EM pass of linear experts over that of Gaussian ones, at the same responsibilities.

Jobs: a fit with `n_jobs=1` and `n_jobs=2` of the same mixture of estimators, in turn.

Spread: held-out negative log density per row (diabetes, five folds) with the spread estimated
out of fold (cv=3) and from the residuals of the fit itself (cv=1).

Sparse: a table of 5,000 rows like tf-idf text (100 words a row, words by Zipf's law, two labels
by two topics), the seconds of a fit and the memory it adds, beside LogisticRegression.

    OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 python benchmarks/experts.py
    OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 python benchmarks/experts.py --tables sparse
"""

import argparse
import resource
import warnings

import numpy as np
from _common import build, report, seconds, side_by_side
from scipy import sparse
from sklearn.datasets import load_diabetes
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.tree import DecisionTreeRegressor
from threadpoolctl import threadpool_limits

from skmoe import MoEClassifier, MoERegressor
from skmoe.experts import EstimatorExpert, LinearExpert
from skmoe.families import NAMES
from skmoe.gates import SoftmaxGate

TABLES = ["families", "jobs", "spread", "sparse"]


def families_table(rng):
    """One EM pass by family, 20,000 rows of 10 columns, 4 experts."""
    X = rng.standard_normal((20_000, 10))
    y = rng.poisson(np.exp(0.5 * X[:, 0])).astype(float)
    made = {}
    for name, family in NAMES.items():
        family = family()
        if family.trials:
            continue
        targets = y + 1 if family.support[0] == 0 and not family.discrete else y
        if family.support[1] == 1:
            targets = (y + 0.5) / (y.max() + 1)
        parts = SoftmaxGate(0.1), LinearExpert(0.1), 4
        made[name] = build(X, targets, *parts, family=family)
    calls = [
        lambda mixture=mixture, blocks=blocks: mixture.update(blocks.sum(mixture.statistics))
        for mixture, blocks in made.values()
    ]
    times = side_by_side(calls, 9)
    first = list(made).index("gaussian")
    return [
        {
            "family": name,
            "pass ms": 1e3 * float(np.median(times[:, at])),
            "over gaussian": float(np.median(times[:, at] / times[:, first])),
        }
        for at, name in enumerate(made)
    ]


def jobs_table(rng):
    """Fits of four heavy experts with one job and with two."""
    X = rng.standard_normal((4000, 20))
    y = np.abs(X[:, 0]) * X[:, 1] + 0.1 * rng.standard_normal(4000)
    forest = RandomForestRegressor(20, min_samples_leaf=5)
    models = [
        MoERegressor(4, expert=forest, max_iter=2, n_jobs=jobs, random_state=0) for jobs in (1, 2)
    ]
    times = side_by_side([lambda m=model: m.fit(X, y) for model in models], 3)
    return [
        {
            "expert": "RandomForestRegressor(20)",
            "fits": models[0].expert_.n_fits,
            "one job s": float(np.median(times[:, 0])),
            "two jobs s": float(np.median(times[:, 1])),
            "ratio": float(np.median(times[:, 0] / times[:, 1])),
        }
    ]


def spread_table(rng):
    """Held-out negative log density with and without out-of-fold spread."""
    X, y = load_diabetes(return_X_y=True)
    experts = [
        DecisionTreeRegressor(min_samples_leaf=5),
        RandomForestRegressor(20, min_samples_leaf=3),
        HistGradientBoostingRegressor(max_iter=50),
    ]
    rows = []
    for expert in experts:
        row = {"expert": type(expert).__name__}
        for name, cv in (("out of fold", 3), ("in sample", 1)):
            loss = []
            for train, test in KFold(5, shuffle=True, random_state=0).split(X):
                model = MoERegressor(2, expert=EstimatorExpert(expert, cv=cv), random_state=0)
                loss.append(-model.fit(X[train], y[train]).score_samples(X[test], y[test]).mean())
            row[f"{name} NLL"] = float(np.mean(loss))
        rows.append(row)
    return rows


def text(rng, n=5000, n_words=40_000, length=100):
    """Rows of tf-idf-like weights of length one, and labels by a topic that only shows in words."""
    frequency = 1 / np.arange(10, n_words + 10)
    topics = frequency * np.exp(0.5 * rng.standard_normal((2, n_words)))
    topics /= topics.sum(axis=1, keepdims=True)
    label = rng.integers(0, 2, size=n)
    words = np.empty((n, length), dtype=int)
    for topic in (0, 1):
        rows = label == topic
        words[rows] = rng.choice(n_words, size=(rows.sum(), length), p=topics[topic])
    row = np.repeat(np.arange(n), length)
    counts = sparse.csr_array((np.ones(n * length), (row, words.ravel())), shape=(n, n_words))
    counts.sum_duplicates()
    weight = np.log(n / (1 + (counts > 0).sum(axis=0))) + 1
    table = sparse.csr_array(counts.multiply(weight[None, :]))
    norm = np.sqrt(table.power(2).sum(axis=1))
    return sparse.csr_array(table.multiply(1 / norm[:, None])), label


def sparse_table(rng):
    """Seconds and added memory of a fit of 4 experts beside logistic regression."""
    X, label = text(rng)
    train, test = slice(0, 4000), slice(4000, None)
    models = {
        "LogisticRegression()": LogisticRegression(max_iter=1000),
        "MoEClassifier(4)": MoEClassifier(4, random_state=0),
        "MoEClassifier(4), alpha 1": MoEClassifier(
            4, gate=SoftmaxGate(1.0), expert=LinearExpert(1.0), random_state=0
        ),
    }
    rows = []
    for name, model in models.items():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        time, _ = seconds(lambda m=model: m.fit(X[train], label[train]))
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        rows.append(
            {
                "model": name,
                "columns": X.shape[1],
                "fit s": time,
                "added MB": (after - before) / 1024,
                "peak MB": after / 1024,
                "accuracy": float(model.score(X[test], label[test])),
            }
        )
    return rows


def main():
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=TABLES)
    tables = parser.parse_args().tables
    warnings.simplefilter("ignore", ConvergenceWarning)
    for name in tables:
        with threadpool_limits(1):
            report(name, globals()[f"{name}_table"](np.random.default_rng(0)))


if __name__ == "__main__":
    main()
