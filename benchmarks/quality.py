"""Quality of the estimators beside those of scikit-learn and LightGBM, on a folder of data sets.

DIR holds `suite.py`, from which `list_sets()`, `meta(name)`, `load(name)` and `splits(name)` are
used. Package defaults, one thread, seconds of the processor; "linear" is Ridge, LogisticRegression
or PoissonRegressor.

Every model gets the same columns, encoded on the training part: numbers with their medians for
missing values and standardised, categories as 0/1 columns, or as target encodings where there are
many, texts as 100 standardised components of tf-idf. Targets of regression are standardised and
counts of the baselines divided by their mean; the scores are in the original units. A baseline's
density is a normal around its prediction, or a negative binomial, whose scale is measured on a
fifth of the training rows after a fit to the others; skmoe's density is its own.

Results are stored after every fit, so that an interrupted run goes on where it was.

    OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 python benchmarks/quality.py DIR
    python benchmarks/quality.py DIR --sets diabetes,ames --models linear,MLP,"skmoe linear"
    python benchmarks/quality.py DIR --models "skmoe accurate" --again
    python benchmarks/quality.py DIR --table
"""

import argparse
import importlib
import json
import sys
import time
import warnings
from collections import namedtuple
from pathlib import Path

import numpy as np
from _common import environment
from scipy.optimize import minimize_scalar
from scipy.stats import nbinom, norm, rankdata
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.metrics import (
    accuracy_score,
    log_loss,
    mean_poisson_deviance,
    root_mean_squared_error,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, TargetEncoder
from threadpoolctl import threadpool_limits

from skmoe import MoEClassifier, MoERegressor

try:
    import lightgbm
except ImportError:
    lightgbm = None

# The scores of every task, the main one first.
SCORES = {
    "regression": ["RMSE", "NLL"],
    "classification": ["accuracy", "log loss"],
    "count": ["Poisson deviance", "NLL"],
}

MANY_LEVELS = 50  # with more, a category becomes a target encoding
BEHIND = 0.03  # share of the main score by which the best of the others may be ahead

Split = namedtuple("Split", "X y X_test y_test seed")


def linear(task):
    """The linear model of a task."""
    return {
        "regression": Ridge(),
        "classification": LogisticRegression(max_iter=1000),
        "count": PoissonRegressor(alpha=1e-3, max_iter=1000),
    }[task]


def forest(task):
    """Bagged trees."""
    kind = RandomForestClassifier if task == "classification" else RandomForestRegressor
    return kind(random_state=0)


def boosted_trees(task):
    """scikit-learn's boosted trees."""
    if task == "classification":
        return HistGradientBoostingClassifier(random_state=0)
    loss = "poisson" if task == "count" else "squared_error"
    return HistGradientBoostingRegressor(loss=loss, random_state=0)


def light_gbm(task):
    """LightGBM's boosted trees, or None where it is not installed."""
    if lightgbm is None:
        return None
    if task == "classification":
        return lightgbm.LGBMClassifier(random_state=0, n_jobs=1, verbosity=-1)
    objective = "poisson" if task == "count" else "regression"
    return lightgbm.LGBMRegressor(objective=objective, random_state=0, n_jobs=1, verbosity=-1)


def network(task):
    """scikit-learn's network; it has no loss for counts and takes them as numbers."""
    kind = MLPClassifier if task == "classification" else MLPRegressor
    return kind(random_state=0)


def mixture(task, **options):
    """A mixture of experts with the default settings but for `options`."""
    if task == "classification":
        return MoEClassifier(random_state=0, **options)
    family = "negative_binomial" if task == "count" else "gaussian"
    return MoERegressor(family=family, random_state=0, **options)


def accurate_mixture(task, **options):
    """The settings for accuracy."""
    if task == "classification":
        return MoEClassifier.accurate(random_state=0, **options)
    family = "negative_binomial" if task == "count" else "gaussian"
    return MoERegressor.accurate(family=family, random_state=0, **options)


# Name of a model: its unfitted estimator for a task, or None.
MODELS = {
    "linear": linear,
    "RandomForest": forest,
    "HistGradientBoosting": boosted_trees,
    "LightGBM": light_gbm,
    "MLP": network,
    "skmoe linear": mixture,
    "skmoe accurate": accurate_mixture,
}


def encoder(X, meta):
    """A transformer of the table to numbers."""
    text = meta["text"]
    few = [name for name in meta["categorical"] if X[name].nunique() <= MANY_LEVELS]
    many = [name for name in meta["categorical"] if name not in few]
    numbers = [name for name in X if name not in (*few, *many, text)]
    target_type = "auto" if meta["task"] == "classification" else "continuous"
    target_encoder = TargetEncoder(target_type=target_type, random_state=0)
    parts = [
        ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        ("few", OneHotEncoder(handle_unknown="ignore", sparse_output=False), few),
        ("many", make_pipeline(target_encoder, StandardScaler()), many),
    ]
    if text is not None:
        words = TfidfVectorizer(sublinear_tf=True, min_df=3, max_features=20_000)
        svd = TruncatedSVD(100, random_state=0)
        parts.append(("text", make_pipeline(words, svd, StandardScaler()), text))
    return ColumnTransformer(parts, sparse_threshold=0)


def encoded(X, y, meta, train, test, most_rows, seed):
    """One split as arrays, with at most `most_rows` training rows, the same for every model."""
    if len(train) > most_rows:
        train = np.random.default_rng(seed).choice(train, most_rows, replace=False)
    columns = encoder(X, meta)
    tables = columns.fit_transform(X.iloc[train], y[train]), columns.transform(X.iloc[test])
    X_train, X_test = (np.ascontiguousarray(table, dtype=float) for table in tables)
    return Split(X_train, y[train], X_test, y[test], seed)


def held_out(model, X, y, seed):
    """Positions of a fifth of the rows, and their predictions after a fit to the others."""
    order = np.random.RandomState(seed).permutation(len(y))
    fitted, tested = np.split(order, [int(0.8 * len(y))])
    return tested, clone(model).fit(X[fitted], y[fitted]).predict(X[tested])


def regression_scores(model, split):
    """RMSE and NLL in the units of the target, and the seconds of the fit."""
    centre, spread = split.y.mean(), split.y.std()
    y, y_test = (split.y - centre) / spread, (split.y_test - centre) / spread
    taken, fitted = processor_seconds(lambda: clone(model).fit(split.X, y))
    prediction = fitted.predict(split.X_test)
    if hasattr(model, "score_samples"):
        log_density = fitted.score_samples(split.X_test, y_test)
    else:
        tested, guess = held_out(model, split.X, y, split.seed)
        sigma = root_mean_squared_error(y[tested], guess)
        log_density = norm.logpdf(y_test, prediction, sigma)
    return {
        "RMSE": spread * root_mean_squared_error(y_test, prediction),
        "NLL": np.log(spread) - log_density.mean(),
        "seconds": taken,
    }


def classification_scores(model, split):
    """Accuracy, log loss and the seconds of the fit."""
    taken, fitted = processor_seconds(lambda: clone(model).fit(split.X, split.y))
    chance = np.clip(fitted.predict_proba(split.X_test), 1e-12, 1)
    return {
        "accuracy": accuracy_score(split.y_test, fitted.classes_[chance.argmax(axis=1)]),
        "log loss": log_loss(split.y_test, chance, labels=fitted.classes_),
        "seconds": taken,
    }


def negative_binomial(count, mean, dispersion):
    """Log-probabilities of counts with variance mean + dispersion mean^2."""
    return nbinom.logpmf(count, 1 / dispersion, 1 / (1 + dispersion * mean))


def measured_dispersion(count, mean):
    """The most likely dispersion of counts around given means."""

    def loss(logarithm):
        return -negative_binomial(count, mean, np.exp(logarithm)).mean()

    return np.exp(minimize_scalar(loss, bounds=(-9, 5), method="bounded").x)


def count_scores(model, split):
    """Mean Poisson deviance, NLL and the seconds of the fit."""
    own = hasattr(model, "score_samples")
    unit = 1.0 if own else split.y.mean()
    least = 1e-3 * split.y.mean()  # forests and networks predict zeros and less
    y = split.y / unit
    taken, fitted = processor_seconds(lambda: clone(model).fit(split.X, y))
    mean = np.maximum(unit * fitted.predict(split.X_test), least)
    if own:
        log_density = fitted.score_samples(split.X_test, split.y_test)
    else:
        tested, guess = held_out(model, split.X, y, split.seed)
        # Not from y, whose products with the unit are not whole numbers.
        dispersion = measured_dispersion(split.y[tested], np.maximum(unit * guess, least))
        log_density = negative_binomial(split.y_test, mean, dispersion)
    return {
        "Poisson deviance": mean_poisson_deviance(split.y_test, mean),
        "NLL": -log_density.mean(),
        "seconds": taken,
    }


def scores(model, task, split):
    """Scores of one model on one split, with the number of its convergence warnings."""
    measure = {
        "regression": regression_scores,
        "classification": classification_scores,
        "count": count_scores,
    }[task]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        record = {name: float(value) for name, value in measure(model, split).items()}
    return {**record, "warnings": sum(w.category is ConvergenceWarning for w in caught)}


class Store:
    """A JSON file of the scores: of a set its task, of a set and a model one record per split.

    It is read anew before every change.
    """

    def __init__(self, path, most_rows):
        self.path, self.most_rows = Path(path), most_rows

    def read(self):
        """What is stored so far."""
        if not self.path.exists():
            return {"rows": self.most_rows, "environment": settings(), "sets": {}}
        return json.loads(self.path.read_text())

    def records(self, name, model):
        """Records of a model on a set, in the order of the splits."""
        return self.read()["sets"].get(name, {"models": {}})["models"].get(model, [])

    def change(self, name, task, model, records):
        """Put records in the place of those of a model on a set."""
        stored = {**self.read(), "environment": settings()}
        stored["sets"].setdefault(name, {"task": task, "models": {}})["models"][model] = records
        # An interrupted write must not cost the earlier results.
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(stored, indent=1))
        new.replace(self.path)


def settings():
    """Date, machine and versions."""
    return {**environment(), "LightGBM": getattr(lightgbm, "__version__", None)}


def is_due(records, seed, limit):
    """Whether a split is still to be run: a slow model gets the first one only."""
    return len(records) == seed and (seed == 0 or records[0]["seconds"] <= limit)


def run_set(suite, name, models, store, args):
    """Fit the models to the splits of one set, and store the scores."""
    X, y, meta = suite.load(name)
    for seed, (train, test) in enumerate(suite.splits(name)[: args.splits]):
        due = [m for m in models if is_due(store.records(name, m), seed, args.seconds)]
        if not due:
            continue
        split = encoded(X, y, meta, train, test, args.rows, seed)
        for model in due:
            try:
                record = scores(MODELS[model](meta["task"]), meta["task"], split)
            except Exception as error:  # one model that fails must not end a run of hours
                print(f"{name}, split {seed}, {model}: {error!r}", flush=True)
                continue
            records = store.records(name, model)
            store.change(name, meta["task"], model, [*records, record])
            figures = ", ".join(f"{key} {value:.4g}" for key, value in record.items())
            print(f"{name}, split {seed}, {model}: {figures}", flush=True)


def run(names, models, store, args):
    """Run what is not stored yet, the small sets first."""
    suite = suite_in(args.folder)
    metas = {name: suite.meta(name) for name in names or suite.list_sets()}
    for name in sorted(metas, key=lambda name: metas[name]["n"] * metas[name]["d"]):
        task = metas[name]["task"]
        if metas[name]["exposure"]:
            print(f"{name} is left out: skmoe has no offset for its exposures", flush=True)
            continue
        possible = [model for model in models if MODELS[model](task) is not None]
        if args.again:
            for model in possible:
                store.change(name, task, model, [])
        run_set(suite, name, possible, store, args)


def suite_in(folder):
    """The module `suite` of a folder."""
    sys.path.insert(0, folder)
    return importlib.import_module("suite")


def average(sets, name, model, score):
    """Mean of a score over the splits, NaN where there is none."""
    records = sets[name]["models"].get(model, [])
    return float(np.mean([record[score] for record in records])) if records else np.nan


def standard_error(sets, name, model, score):
    """Of that mean, from how the splits differ; NaN of fewer than two."""
    own = [record[score] for record in sets[name]["models"].get(model, [])]
    return float(np.std(own, ddof=1) / len(own) ** 0.5) if len(own) > 1 else np.nan


def processor_seconds(call):
    """Seconds of this process for one call, whatever else runs beside it, and its answer."""
    begin = time.process_time()
    answer = call()
    return time.process_time() - begin, answer


def losses(score, value):
    """The score such that less is better."""
    return -value if score == "accuracy" else value


def fitted_to(sets, task, models):
    """The sets of a task for which there are records, and the models that have some of them."""
    counts = {
        name: {model: len(about["models"].get(model, [])) for model in models}
        for name, about in sets.items()
        if about["task"] == task
    }
    names = [name for name, count in counts.items() if any(count.values())]
    return names, [model for model in models if any(counts[name][model] for name in names)]


def print_table(sets, task, score, models):
    """One markdown table of a score: sets by models, and the average ranks."""
    names, models = fitted_to(sets, task, models)
    if not names:
        return
    figures = np.array([[average(sets, name, m, score) for m in models] for name in names])
    loss = losses(score, figures)
    print(f"\n### {task}, {score}\n")
    print(f"| set | {' | '.join(models)} |\n|---|{'---|' * len(models)}")
    for name, row, losing in zip(names, figures, loss):
        counts = [len(sets[name]["models"].get(model, [])) for model in models]
        best = row[np.nanargmin(losing)]
        errors = [standard_error(sets, name, model, score) for model in models]
        cells = [
            text(value, value == best, error, count if count < max(counts) else None)
            for value, error, count in zip(row, errors, counts)
        ]
        print(f"| {name} | {' | '.join(cells)} |")
    complete = np.isfinite(loss).all(axis=1)
    if complete.any():
        ranks = rankdata(loss[complete], axis=1).mean(axis=0)
        cells = [text(rank, rank == ranks.min()) for rank in ranks]
        print(f"| average rank ({complete.sum()} sets) | {' | '.join(cells)} |")


def text(value, is_best, error=np.nan, n_splits=None):
    """A cell: the best bold, its standard error, and the number of splits where others had more."""
    if np.isnan(value):
        return "-"
    figure = f"**{value:.4g}**" if is_best else f"{value:.4g}"
    figure = figure if np.isnan(error) else f"{figure} ± {error:.1g}"
    return figure if n_splits is None else f"{figure} ({n_splits})"


def paired(about, score, own, other):
    """A score of two models on the splits that both have, (splits, 2)."""
    records = zip(*(about["models"].get(model, []) for model in (own, other)))
    return np.array([[record[score] for record in pair] for pair in records]).reshape(-1, 2)


def print_behind_best(sets, models):
    """Sets where the mixture for accuracy is much worse than the best of the others."""
    others = [model for model in models if not model.startswith("skmoe")]
    behind = {}
    for name, about in sets.items():
        score = SCORES[about["task"]][0]
        pairs = {other: paired(about, score, "skmoe accurate", other) for other in others}
        pairs = {other: pair.mean(axis=0) for other, pair in pairs.items() if len(pair)}
        if not pairs:
            continue
        # Each beside the splits that both have.
        lost = {o: losses(score, own - best) / best for o, (own, best) in pairs.items()}
        behind[name] = max(lost.items(), key=lambda pair: pair[1])
    far = {name: pair for name, pair in behind.items() if pair[1] > BEHIND}
    near = len(behind) - len(far)
    print(f"\n### skmoe accurate within {BEHIND:.0%} of the best: {near} of {len(behind)} sets\n")
    for name, (other, share) in far.items():
        print(f"- {name}: {share:.1%} behind {other}")


def print_behind_linear(sets):
    """Sets where the linear mixture is worse than the linear model by two standard errors."""
    print("\n### skmoe linear behind linear by more than two standard errors over the splits\n")
    print("Sets with one split are not judged.\n")
    for name, about in sets.items():
        for score in SCORES[about["task"]]:
            pairs = paired(about, score, "skmoe linear", "linear")
            if len(pairs) < 2:
                continue
            worse = losses(score, pairs[:, 0] - pairs[:, 1])
            error = worse.std(ddof=1) / len(pairs) ** 0.5
            if worse.mean() > 2 * error:
                print(f"- {name}: {score} worse by {worse.mean():.3g} ± {error:.2g}")


def print_warnings(sets, models):
    """How many splits of every model came with a convergence warning."""
    print("\n### splits with a ConvergenceWarning\n")
    for model in models:
        records = [r for about in sets.values() for r in about["models"].get(model, [])]
        print(f"- {model}: {sum(r['warnings'] > 0 for r in records)} of {len(records)}")


def print_all(stored, names, models):
    """Everything that is stored of these sets and models."""
    sets = {name: about for name, about in stored["sets"].items() if not names or name in names}
    described = ", ".join(f"{key} {value}" for key, value in stored["environment"].items())
    print(f"\n{described}; at most {stored['rows']} training rows")
    for task in SCORES:
        for score in [*SCORES[task], "seconds"]:
            print_table(sets, task, score, models)
    if "skmoe accurate" in models:
        print_behind_best(sets, models)
    if {"linear", "skmoe linear"} <= set(models):
        print_behind_linear(sets)
    print_warnings(sets, models)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", metavar="DIR", help="folder with suite.py")
    parser.add_argument("--sets", help="names, separated by commas; all unless told")
    parser.add_argument("--models", default=",".join(MODELS), help="names, separated by commas")
    parser.add_argument("--rows", type=int, default=20_000, help="most training rows")
    parser.add_argument("--splits", type=int, default=3, help="most splits of a set")
    parser.add_argument("--seconds", type=float, default=120, help="of a fit; beyond, one split")
    parser.add_argument("--store", default="quality.json", help="file of the results")
    parser.add_argument("--again", action="store_true", help="forget what is stored of the models")
    parser.add_argument("--table", action="store_true", help="print what is stored, run nothing")
    args = parser.parse_args()
    names = args.sets.split(",") if args.sets else []
    models = args.models.split(",")
    if unknown := set(models) - set(MODELS):
        parser.error(f"no model {', '.join(sorted(unknown))}; there are {', '.join(MODELS)}")
    store = Store(args.store, args.rows)
    if not args.table:
        if store.read()["rows"] != args.rows:
            parser.error(f"{args.store} holds scores with another number of --rows")
        if lightgbm is None and "LightGBM" in models:
            print("LightGBM is not installed and is left out")
        warnings.simplefilter("ignore")  # those of the fits are counted
        with threadpool_limits(1):
            run(names, models, store, args)
    print_all(store.read(), names, models)


if __name__ == "__main__":
    main()
