"""How fast skmoe is beside what it is likely to be compared with, in one table, ratios first.

Seconds are those of the processor, one thread, medians of a few runs in turn with what stands
beside; only the second core is told in seconds of the wall, over those of one core. "passes" are
those of the solver.

pass        one EM pass over the matrix products that it cannot do without (`em_pass.py`)
small       fits of 500 x 10, three experts, over GaussianMixture(3) (`small_fits.py`)
predict     a prediction of a few rows over that of Ridge
routing     an EM pass with two of 16 experts open to a row over one with all (`routing.py`)
quantiles   nine levels of 100,000 rows over one `cdf` of as many numbers (`quantiles.py`)
networks    eight neural experts over MLPRegressor with its defaults
wide        many columns, most of them of categorical features, over boosted trees
converged   fits to the end over R's flexmix. Its seconds are not measured here: they were taken
            once, on another machine and from labels half of which were true, so that the ratio is
            only indicative
cores       a fit with two threads over one with one (`threads.py`)

    OPENBLAS_NUM_THREADS=1 python benchmarks/compare.py
    OPENBLAS_NUM_THREADS=1 python benchmarks/compare.py --rows small    # a minute
    OPENBLAS_NUM_THREADS=1 python benchmarks/compare.py --only wide
    OPENBLAS_NUM_THREADS=1 python benchmarks/compare.py --quick         # few rows, to try it
"""

import argparse
import importlib.util
import time
import warnings

import em_pass
import numpy as np
import prediction
import routing
import small_fits
import threads
from _common import one_hot, planted, report, seconds, side_by_side
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor
from threadpoolctl import threadpool_limits

from skmoe import MoEClassifier, MoERegressor
from skmoe.families import Gamma, NegativeBinomial, Poisson, StudentT

# Levels of the categorical features, and how many columns of numbers stand beside them.
ONE_HOT = {
    "one-hot": (30_000, [9, 16, 7, 15, 6, 5, 2, 12, 8, 10], 10),
    "like adult": (39_000, [9, 16, 7, 15, 6, 5, 2, 42], 6),
    "like bank": (36_000, [12, 4, 8, 3, 3, 3, 2, 9], 7),
}

# Rows, experts, family and the seconds of flexmix.
CONVERGED = [
    (10_000, 4, "gaussian", 8.3),
    (10_000, 8, "gaussian", 68.0),
    (10_000, 4, "poisson", 16.6),
    (100_000, 4, "gaussian", 81.0),
]


def row(work, ours, beside, theirs, **more):
    """A row of the table."""
    return {
        "ratio": float(ours / theirs),
        "work": work,
        "s": float(ours),
        "beside": beside,
        "its s": float(theirs),
        **more,
    }


def compared(work, ours, beside, theirs, repeats):
    """The row of two calls, timed in turn."""
    taken = side_by_side([ours, theirs], repeats, time.process_time)
    return row(work, *np.median(taken[:, :1], axis=0), beside, np.median(taken[:, 1]))


def counts(y, rng):
    """Poisson counts whose log means follow y."""
    return rng.poisson(np.exp(1 + y / np.std(y) / 2)).astype(float)


def passes(rows, repeats):
    """One EM pass."""
    rng = np.random.default_rng(0)
    for d, n_experts in [(10, 4), (30, 8)]:
        X, y, _ = planted(rows(100_000), d, n_experts, rng)
        call, length = em_pass.one_pass(X, y, n_experts)
        products = em_pass.floor(len(X), d + 1, n_experts, length, X.dtype, rng)
        name = f"EM pass, {len(X)} x {d}, K={n_experts}"
        yield compared(name, call, "its products", products, 2 * repeats)


def small(rows, repeats):
    """Fits of few rows."""
    X, y, label = small_fits.table(rows(500))
    fits, others = small_fits.mixtures(X, y, label), small_fits.others(X, y, label)
    numbers = counts(y, np.random.default_rng(1))
    model = MoERegressor(3, family="poisson", random_state=0)
    fits["Poisson"] = lambda: model.fit(X, numbers)
    for name, fit in fits.items():
        work, beside = f"{name}, {len(X)} x 10, K=3", "GaussianMixture"
        yield compared(work, fit, beside, others[beside], 4 * repeats)


def predictions(rows, repeats):
    """Predictions of few rows, a hundred times over."""
    X, y, _ = small_fits.table(500)
    ours, theirs = MoERegressor(3, random_state=0).fit(X, y), Ridge().fit(X, y)
    for n in (1, 400):
        calls = [
            lambda model=model, some=X[:n]: [model.predict(some) for _ in range(100)]
            for model in (ours, theirs)
        ]
        yield compared(f"100 times predict of {n}", calls[0], "Ridge", calls[1], 4 * repeats)


def routed(rows, repeats):
    """EM passes with two of 16 experts."""
    rng = np.random.default_rng(0)
    for d in (10, 30):
        X, y, directions = routing.cells(rows(20_000), d, 16, rng)
        model = MoERegressor(1).fit(X, y)  # for the units
        dense = routing.learnt_linear(model, X, y, directions)
        ours, theirs = (
            routing.one_pass(routing.estimator(model, mixture), X, y)
            for mixture in (routing.routed(dense, 2), dense)
        )
        yield compared(f"EM pass, 2 of 16, d={d}", ours, "all 16", theirs, 2 * repeats)


def quantiles(rows, repeats):
    """Quantiles of 9 levels."""
    for kind in (StudentT, Gamma, Poisson, NegativeBinomial):
        law = prediction.random_law(kind())[: rows(prediction.N_ROWS)]
        y = law.ppf(prediction.LEVELS)
        calls = (lambda law=law: law.ppf(prediction.LEVELS)), (lambda law=law, y=y: law.cdf(y))
        name = f"quantiles, {kind.__name__}"
        yield compared(name, calls[0], "cdf", calls[1], 1)


def networks(rows, repeats):
    """One climb of neural experts."""
    for n in (500, 5_000, 20_000):
        X, y, _ = planted(rows(n), 10, 8, np.random.default_rng(0))
        ours = MoERegressor(8, expert="mlp", random_state=0)
        theirs = MLPRegressor(random_state=0)
        yield fits(f"networks, {len(X)} x 10, K=8", ours, theirs, X, y)


def wide(rows, repeats):
    """Many columns."""
    for at, (name, (n, levels, n_numeric)) in enumerate(ONE_HOT.items()):
        X, y = one_hot(rows(n), levels, n_numeric, 4, np.random.default_rng(at))
        work = f"MoEClassifier, {name}, {len(X)} x {X.shape[1]}"
        yield fits(work, MoEClassifier(4, random_state=0), trees("Classifier"), X, y)
    X, y, _ = planted(rows(50_000), 80, 4, np.random.default_rng(3), sharpness=4.0, noise=0.3)
    ours = MoERegressor(4, random_state=0)
    yield fits(f"MoERegressor, {len(X)} x 80", ours, trees("Regressor"), X, y)


def trees(kind):
    """LightGBM, where it is installed, or scikit-learn's boosted trees."""
    if importlib.util.find_spec("lightgbm"):
        import lightgbm

        return getattr(lightgbm, f"LGBM{kind}")(n_jobs=1, random_state=0, verbose=-1)
    own = {"Classifier": HistGradientBoostingClassifier, "Regressor": HistGradientBoostingRegressor}
    return own[kind](random_state=0)


def fits(work, ours, theirs, X, y):
    """The row of two fits of which each is made once."""
    taken = [seconds(lambda m=m: m.fit(X, y), time.process_time)[0] for m in (ours, theirs)]
    return row(work, taken[0], type(theirs).__name__, taken[1], passes=ours.n_iter_)


def converged(rows, repeats):
    """Fits to the end."""
    for n, n_experts, family, published in CONVERGED:
        rng = np.random.default_rng(0)
        X, y, _ = planted(rows(n), 10, n_experts, rng)
        y = counts(y, rng) if family == "poisson" else y
        model = MoERegressor(n_experts, family=family, max_iter=1_000, random_state=0)
        taken, _ = seconds(lambda model=model, X=X, y=y: model.fit(X, y), time.process_time)
        work = f"to the end, {family}, {len(X)} x 10, K={n_experts}"
        yield row(work, taken, "flexmix, published", published, passes=model.n_iter_)


def cores(rows, repeats):
    """A fit with two threads."""
    X, y, _ = planted(rows(200_000), 20, 4, np.random.default_rng(0))
    one, two = (MoERegressor(4, n_jobs=jobs, random_state=0) for jobs in (1, 2))
    wall = threads.taken([lambda: two.fit(X, y), lambda: one.fit(X, y)], repeats)[:, 0]
    yield row(f"n_jobs=2, {len(X)} x 20, K=4 (wall)", wall[0], "n_jobs=1", wall[1])


WORKS = {
    "small": {
        "pass": passes,
        "small": small,
        "predict": predictions,
        "routing": routed,
        "quantiles": quantiles,
    },
    "large": {"networks": networks, "wide": wide, "converged": converged, "cores": cores},
}


def main():
    every = WORKS["small"] | WORKS["large"]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", choices=WORKS, help="works of seconds, or of minutes")
    parser.add_argument("--only", choices=every, metavar="NAME", help=", ".join(every))
    parser.add_argument("--quick", action="store_true", help="few rows, as a test")
    args = parser.parse_args()
    chosen = [every[args.only]] if args.only else WORKS.get(args.rows, every).values()

    def rows(n):
        return min(n, max(n // 20, 500)) if args.quick else n

    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        table = [line for work in chosen for line in work(rows, 1 if args.quick else 3)]
    report("skmoe beside others", table)


if __name__ == "__main__":
    main()
