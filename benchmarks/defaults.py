"""How often a fit with default settings is far from the truth, and whether it says so.

Every case is a law (a regime: one regression left of a border and another right of it, a 0/1
column that tells two apart, two modes, classes beyond a bent border, ...), a number of rows, a
seed and a setting. A fit is judged by its mean log density of 2,000 fresh rows. What it falls
short of the density of the law itself is its shortfall, in nats per row; a row counts with 5 nats
at most, so that a few rows behind a border do not decide. A fit is wrong if its shortfall is
beyond

    max(0.15, 1.5 p / n)

with p the number of parameters of the mixture: the shortfall of maximum likelihood is p / 2n on
average. Where one regression is true, the fit of one expert to the same rows stands for the law,
p is that of one regression, and 0.05 stands for 0.15.

    OPENBLAS_NUM_THREADS=1 python benchmarks/defaults.py
    OPENBLAS_NUM_THREADS=1 python benchmarks/defaults.py --regimes tent xor --seeds 10 --list
    OPENBLAS_NUM_THREADS=1 python benchmarks/defaults.py --case tent/100/0/default

Two runs tell what can be asked for. `--instead "many starts"` fits all cases from 30 starts under
fixed, weak penalties: 99 of 100 should pass where more than one regression is true. There
`--instead "one expert"` should fail.
"""

import argparse
import time
import warnings
import zlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from _common import report
from scipy import stats
from scipy.sparse import csr_matrix
from scipy.special import expit, log_softmax, logsumexp
from threadpoolctl import threadpool_limits

from skmoe import HMEClassifier, HMERegressor, MoEClassifier, MoERegressor
from skmoe.experts import LinearExpert
from skmoe.gates import QuadraticGate, SoftmaxGate, TopKGate

TEST_ROWS, LARGEST_ROW, TINY = 2_000, 5.0, 1e-300
FLOOR, FLOOR_OF_ONE, PER_PARAMETER = 0.15, 0.05, 1.5

# Of the fits that tell what can be asked for.
WEAK_ALPHA, MANY_STARTS = 0.01, 30
WEAK_GATES = {
    "softmax": SoftmaxGate(alpha=WEAK_ALPHA),
    "quadratic": QuadraticGate(alpha=WEAK_ALPHA),
    "top_k": TopKGate(SoftmaxGate(alpha=WEAK_ALPHA)),
}

SETTINGS = {
    "default": {},
    "ten starts": {"n_init": 10},
    "auto": {"n_experts": "auto"},
    "four experts": {"n_experts": 4},
    "constant gate": {"gate": "constant"},
    "constant, ten starts": {"gate": "constant", "n_init": 10},
    "top_k gate": {"gate": "top_k"},
    "quadratic gate": {"gate": "quadratic"},
    "gaussian gate": {"gate": "gaussian"},
    "tree": {},
    "weights": {},
    "sparse": {},
    "frame": {},
    "eight, alpha=0.1": {"n_experts": 8, "expert": LinearExpert(alpha=0.1)},
}
CURVED = ("quadratic gate", "gaussian gate")


# -- laws ----------------------------------------------------------------------------------------


def counts(eta, scale):
    """Negative binomial with log mean eta and coefficient of variation `scale` of its rate."""
    return stats.nbinom(scale**-2, 1 / (1 + scale**2 * np.exp(eta)))


DISTRIBUTIONS = {
    "gaussian": stats.norm,
    "student_t": lambda eta, scale: stats.t(2, eta, scale),
    "poisson": lambda eta, scale: stats.poisson(np.exp(eta)),
    "negative_binomial": counts,
}


class Regime(NamedTuple):
    """A law, and the fits that are made of its rows.

    `latent(n, rng)` draws a table. `expert` gives the number of the expert of its rows or the
    experts' shares of them, or is the same shares for all; the experts' `lines` are intercept and
    slopes of the first columns (for classes one line per class). `observe` makes of the table
    what a fit gets to see. `others` are settings tried at the last number of rows but one.
    """

    name: str
    latent: Callable
    expert: Callable | tuple
    lines: list
    noise: float | tuple = 1.0
    family: str = "gaussian"
    observe: Callable = np.asarray
    rows: tuple = (100, 500)
    setting: str = "default"
    others: tuple = ()
    whole: bool = False

    def draw(self, n, rng):
        """Columns, targets, and the true log density of these."""
        table = self.latent(n, rng)
        lines = np.asarray(self.lines, dtype=float)
        used = table[:, : lines.shape[-1] - 1]
        eta = np.moveaxis(lines[..., 1:] @ used.T + lines[..., :1], -1, 0)
        if callable(self.expert):
            share = self.expert(table)
            if share.ndim == 1:
                share = np.eye(len(lines))[share.astype(int)]
        else:
            share = np.tile(self.expert, (n, 1))
        expert = np.argmax(np.log(share + TINY) + rng.gumbel(size=share.shape), axis=1)
        row = np.arange(n)
        if self.classes():
            y = np.argmax(eta[row, expert] + rng.gumbel(size=(n, lines.shape[1])), axis=1)
            density = log_softmax(eta, axis=2)[row, :, y]
        else:
            noise = np.broadcast_to(self.noise, len(lines))
            law = DISTRIBUTIONS[self.family]
            y = law(eta[row, expert], noise[expert]).rvs(random_state=rng).astype(float)
            if self.whole:
                y, noise = np.rint(y), np.sqrt(noise**2 + 1 / 12)
            law = law(eta, noise)
            density = getattr(law, "logpdf" if hasattr(law.dist, "pdf") else "logpmf")(y[:, None])
        truth = logsumexp(density, axis=1, b=share)
        return self.observe(table), y, truth

    def classes(self):
        return self.family == "classes"

    def margin(self, n, d, setting):
        """The shortfall that estimation explains."""
        # Under a penalty that is fixed no fit becomes that of one expert.
        fixed = "alpha=" in setting
        n_experts = {"four experts": 4, "eight, alpha=0.1": 8}.get(setting, len(self.lines))
        outputs = np.asarray(self.lines).shape[1] - 1 if self.classes() else 1
        scales = {"gaussian": 1, "negative_binomial": 1, "student_t": 2}.get(self.family, 0)
        gate = d + 1
        if "constant" in setting:
            gate = 1
        elif setting in CURVED:
            gate += d * (d + 1) // 2
        if len(self.lines) == 1 and not fixed:
            return max(FLOOR_OF_ONE, PER_PARAMETER * (outputs * (d + 1) + scales) / n)
        parameters = n_experts * (outputs * (d + 1) + scales) + (n_experts - 1) * gate
        return max(FLOOR, PER_PARAMETER * parameters / n)


def uniform(d=1, end=1.0):
    return lambda n, rng: rng.uniform(-end, end, (n, d))


def normal(d=1):
    return lambda n, rng: rng.standard_normal((n, d))


def with_levels(*shares):
    """A column with a line in it, and one whose value is the number of a level."""
    return lambda n, rng: np.c_[rng.standard_normal(n), rng.choice(len(shares), n, p=shares)]


def with_two_switches(n, rng):
    return np.c_[rng.standard_normal(n), rng.integers(0, 4, n)]


def with_square(n, rng):
    x = rng.uniform(0, 10, n)
    return np.c_[x, x**2]


def noisy_switch(d):
    def latent(n, rng):
        return np.c_[with_levels(0.5, 0.5)(n, rng), rng.standard_normal((n, d))]

    return latent


def groups(n, rng):
    return CENTERS[rng.integers(0, len(CENTERS), n)] + rng.standard_normal((n, CENTERS.shape[1]))


def rounded(n, rng):
    return np.round(rng.uniform(-1, 1, (n, 1)), 1)


def cut(*borders, column=0):
    """The number of borders below a column."""
    return lambda table: np.searchsorted(borders, table[:, column])


def two_clouds(n, rng):
    return rng.choice([-2.0, 2.0], (n, 1)) * [1, 0] + rng.standard_normal((n, 2))


def cloud(table):
    """Probabilities of the two clouds."""
    return expit(np.outer(table[:, 0], [-4, 4]))


def inside(table):
    return (table**2).sum(axis=1) < 0.5


def level(table):
    return table[:, 1]


def one_hot(table):
    return np.c_[table[:, 0], np.eye(int(table[:, 1].max()) + 1)[table[:, 1].astype(int)]]


def two_switches(table):
    return np.c_[table[:, 0], table[:, 1] // 2, table[:, 1] % 2]


def repeated(table):
    return np.c_[table, table, 2 * table - 1]


def other_units(table):
    return table * [1e-6, 1e4, 1.0] + [0.0, 1e5, 1e6]


def binary(lines):
    """Lines of the two classes, from those of the log odds of the second."""
    return [[np.zeros(len(line)), line] for line in lines]


TENT, SWITCH = [[0, -10], [0, 10]], [[0, 5], [5, -3.5]]
LEVELS = [[0, 3], [4, -3], [-4, 0], [6, 2], [-2, -6]]
ZIGZAG = [[8, 8], [0, -8], [0, 8], [8, -8]]
PLANES = [[1, 0, -2], [0, 0, 3]]
STEPS = [[0, 0], [4, 0], [1, 0]]
COUNTS, TWO_COUNTS = [[0.5, -1.5], [0.5, 1.5]], [[1, 0.8], [2.5, -0.8]]
INSIDE, FLIPPED = binary([[-7, -14], [-7, 14]]), binary([[0, 4], [0, -4]])
XOR, BENT = binary([[0, -8], [0, 8]]), binary([[5, 15, 10], [5, -15, 10]])
HINGE = binary([[0.5, 0, 1], [0.5, -2, 1]])
STRIPES = binary([[20, 30], [0, -30], [-20, 30]])
ORDERS = [[[0, -8], [3, 0], [0, 8]], [[0, 8], [0, -8], [3, 0]]]
THREE_FLIPPED = [[[0, -4], [0, 0], [0, 4]], [[0, 4], [1, 0], [0, -4]]]
MODES = [[-6, 0.3], [-2, 0.3], [2, 0.3], [6, 0.3]]
NPREG = [[0, 5, 0], [15, 10, -1]]
CROSSING, PARALLEL = [[0, -3], [0, 0.5], [3, 3]], [[0, 2], [4, 2], [8, 2]]
CENTERS = 1.5 * np.random.default_rng(0).standard_normal((10, 5))
GROUPS = [np.c_[-0.5 * (CENTERS**2).sum(axis=1), CENTERS]]

FEW, MANY = ("ten starts", "auto"), ("ten starts", "auto", "four experts")
CONSTANT = {"setting": "constant gate", "others": ("constant, ten starts", "default")}
T, P, NB, C = (
    {"family": family} for family in ("student_t", "poisson", "negative_binomial", "classes")
)

# fmt: off
REGIMES = [
    # borders in a column
    Regime("tent", uniform(), cut(0), TENT, 0.5, rows=(30, 60, 100, 200, 500, 2000),
           others=(*MANY, "tree", "weights", "frame", "quadratic gate")),
    Regime("sharp tent", uniform(), cut(0), TENT, 0.1, rows=(40, 100, 500), others=MANY),
    Regime("tent of 5", uniform(5), cut(0), TENT, 0.5, rows=(100, 200, 1000), others=MANY),
    Regime("step", uniform(), cut(0.2), [[0, 1], [4, 1]], 0.3, rows=(40, 100, 500),
           others=(*MANY, "tree", "weights", "quadratic gate")),
    Regime("staircase", uniform(), cut(-0.3, 0.4), STEPS, 0.4, rows=(60, 200, 1000),
           others=("ten starts", "auto", "top_k gate", "tree")),
    Regime("hinge", uniform(), cut(0), [[0, 0], [0, 6]], 0.2, rows=(40, 100, 500), others=MANY),
    Regime("zigzag", uniform(), cut(-0.5, 0, 0.5), ZIGZAG, 0.4, rows=(200, 500, 2000),
           others=("ten starts", "auto", "top_k gate", "tree")),
    Regime("planes", normal(2), cut(0), PLANES, 0.1, rows=(100, 300, 1000),
           others=(*MANY, "tree", "weights", "quadratic gate")),
    Regime("spread", uniform(), cut(0), [[0, 1], [0, 1]], (0.1, 1.0), rows=(60, 200, 1000),
           others=FEW),
    Regime("island", uniform(2), inside, PLANES, 0.3, rows=(200, 500), setting="quadratic gate"),
    Regime("clouds", two_clouds, cloud, PLANES, 0.3, rows=(60, 200, 1000),
           setting="gaussian gate", others=("default", "quadratic gate")),
    # columns of zeros and ones
    Regime("switch", with_levels(0.5, 0.5), level, SWITCH, 0.5, rows=(40, 100, 400, 1000),
           others=(*MANY, "tree", "weights", "sparse", "frame")),
    Regime("two switches", with_two_switches, level, LEVELS[:4], 0.5, observe=two_switches,
           rows=(200, 500, 2000), others=("ten starts", "auto", "top_k gate", "tree", "sparse")),
    Regime("rare 10%", with_levels(0.9, 0.1), level, SWITCH, 0.3, rows=(200, 500, 2000),
           others=("ten starts", "auto", "sparse")),
    Regime("rare 5%", with_levels(0.95, 0.05), level, SWITCH, 0.3, rows=(500, 2000)),
    *(
        Regime(f"{k} levels", with_levels(*[1 / k] * k), level, LEVELS[:k], 0.5, observe=one_hot,
               rows=rows, others=("ten starts", "auto", "top_k gate", "sparse"))
        for k, rows in ((3, (100, 300, 1000)), (4, (200, 500)), (5, (300, 1000)))
    ),
    # a gate that knows nothing
    Regime("two modes", normal(), (0.4, 0.6), [[0, 0], [6, 0]], rows=(80, 200, 1000), **CONSTANT),
    Regime("four modes", normal(), (0.25, 0.25, 0.25, 0.25), MODES, 0.7, rows=(200, 500, 1000),
           **CONSTANT),
    Regime("crossing", uniform(1, 2), (0.3, 0.3, 0.4), CROSSING, 0.3, rows=(100, 300, 1000),
           **CONSTANT),
    Regime("parallel", uniform(1, 2), (0.3, 0.3, 0.4), PARALLEL, 0.4, rows=(100, 300, 1000),
           **CONSTANT),
    Regime("NPreg", with_square, (0.5, 0.5), NPREG, 3.0, rows=(100, 200, 1000), **CONSTANT),
    Regime("count modes", normal(), (0.5, 0.5), [[0, 0], [2.7, 0]], **P, rows=(100, 300),
           **CONSTANT),
    # tables as they come
    Regime("repeated columns", uniform(2), cut(0), TENT, 0.5, observe=repeated, others=MANY),
    Regime("ties", rounded, cut(0), TENT, 1.0, whole=True, rows=(60, 200, 1000), others=MANY),
    Regime("other units", uniform(3), cut(0), TENT, 0.5, observe=other_units, others=FEW),
    Regime("5 noise columns", uniform(6), cut(0), TENT, 0.5, rows=(200, 1000), others=FEW),
    Regime("20 noise columns", uniform(21), cut(0), TENT, 0.5, rows=(500, 2000), others=FEW),
    Regime("switch, 10 noise", noisy_switch(10), level, SWITCH, 0.5, rows=(300, 1000), others=FEW),
    # outliers and counts
    Regime("t tent", uniform(), cut(0), TENT, 0.4, **T, rows=(60, 200, 1000),
           others=FEW),
    Regime("t switch", with_levels(0.5, 0.5), level, SWITCH, 0.3, **T, rows=(100, 400),
           others=("ten starts",)),
    Regime("count tent", uniform(1, 1.5), cut(0), COUNTS, **P, rows=(100, 300, 1000),
           others=("ten starts", "auto", "tree")),
    Regime("count switch", with_levels(0.5, 0.5), level, TWO_COUNTS, **P, rows=(80, 200, 1000),
           others=("ten starts", "auto", "sparse")),
    Regime("wide count switch", with_levels(0.5, 0.5), level, TWO_COUNTS, 0.3, **NB,
           rows=(200, 500), others=("ten starts",)),
    Regime("wide count tent", uniform(1, 1.5), cut(0), COUNTS, 0.3, **NB, rows=(200, 500),
           others=("ten starts",)),
    # classes
    Regime("inside", uniform(), cut(0), INSIDE, **C, rows=(40, 80, 200, 1000),
           others=(*MANY, "tree", "weights", "quadratic gate")),
    Regime("xor", uniform(2), cut(0, column=1), XOR, **C, rows=(80, 100, 200, 1000),
           others=(*MANY, "tree", "frame")),
    Regime("bent border", uniform(2), cut(0), BENT, **C, rows=(100, 300, 1000),
           others=(*MANY, "weights")),
    Regime("stripes", uniform(), cut(-1 / 3, 1 / 3), STRIPES, **C, rows=(100, 300, 1000),
           others=("ten starts", "auto", "top_k gate")),
    Regime("flipped", with_levels(0.5, 0.5), level, FLIPPED, **C, rows=(60, 200, 1000),
           others=("ten starts", "auto", "sparse")),
    Regime("three orders", uniform(2), cut(0, column=1), ORDERS, **C, rows=(100, 300, 1000),
           others=MANY),
    Regime("three flipped", with_levels(0.5, 0.5), level, THREE_FLIPPED, **C, rows=(100, 400),
           others=("ten starts",)),
    Regime("hard inside", uniform(), cut(0), 1000 * np.array(INSIDE), **C,
           rows=(40, 60, 100, 200, 1000), others=(*MANY, "weights")),
    Regime("hard hinge", uniform(2), cut(0), 1000 * np.array(HINGE), **C, rows=(100, 300, 1000),
           others=(*MANY, "frame")),
    Regime("inside, 5 noise", uniform(6), cut(0), INSIDE, **C, rows=(300, 1000),
           others=("ten starts",)),
    # one regression is true
    Regime("one line", normal(), (1.0,), [[1, 2]], rows=(30, 100, 500),
           others=(*MANY, "constant gate", "tree")),
    Regime("one plane of 10", normal(10), (1.0,), [[1, 2, -1, 0.5]], rows=(100, 500), others=MANY),
    Regime("nothing", normal(3), (1.0,), [[0, 0]], rows=(60, 300), others=MANY),
    Regime("one count", normal(2), (1.0,), [[1, 0.5]], **P, rows=(60, 300), others=MANY),
    Regime("one t line", normal(), (1.0,), [[1, 2]], **T, rows=(60, 300), others=("ten starts",)),
    Regime("one border", normal(3), (1.0,), binary([[0, 2, -1]]), **C, rows=(60, 300), others=MANY),
    Regime("three in line", normal(2), (1.0,), [[[0, -2], [0.5, 0], [0, 2]]], **C,
           rows=(100, 300), others=("ten starts",)),
    Regime("ten groups", groups, (1.0,), GROUPS, **C, rows=(500, 1000),
           setting="eight, alpha=0.1"),
]
# fmt: on


# -- fits ----------------------------------------------------------------------------------------


class Case(NamedTuple):
    """One fit; as text, what `--case` takes."""

    regime: Regime
    n: int
    seed: int
    setting: str
    instead: str = ""

    def __str__(self):
        return f"{self.regime.name}/{self.n}/{self.seed}/{self.setting}"


def cases(regimes, seeds):
    """Every number of rows at the regime's own setting; the others at one, with a seed less."""
    for regime in regimes:
        for n in regime.rows:
            yield from (Case(regime, n, seed, regime.setting) for seed in range(seeds))
        for setting in regime.others:
            n = regime.rows[-2:][0]
            yield from (Case(regime, n, seed, setting) for seed in range(max(seeds - 1, 1)))


def parse(key):
    """The case of its text."""
    name, n, seed, setting = key.split("/")
    return Case(next(r for r in REGIMES if r.name == name), int(n), int(seed), setting)


def estimator(case):
    """The estimator of a case, not yet fitted."""
    regime, n_experts = case.regime, max(len(case.regime.lines), 2)
    words = {"n_experts": n_experts, "random_state": case.seed, **SETTINGS[case.setting]}
    if not regime.classes():
        words["family"] = regime.family
    if case.instead == "one expert":
        words |= {"n_experts": 1, "gate": "constant"}
    elif case.instead == "many starts":
        gate = words.get("gate", "softmax")
        gate = WEAK_GATES.get(gate, gate)
        words |= {"gate": gate, "expert": LinearExpert(alpha=WEAK_ALPHA), "n_init": MANY_STARTS}
        if words["n_experts"] == "auto":
            words["n_experts"] = n_experts
    if case.setting == "tree" and case.instead != "one expert":
        del words["n_experts"]
        kind = HMEClassifier if regime.classes() else HMERegressor
        return kind(depth=1 if n_experts == 2 else 2, **words)
    return (MoEClassifier if regime.classes() else MoERegressor)(**words)


def judge(case):
    """Shortfall, margin, what the fit said and its seconds."""
    regime, n = case.regime, case.n
    rng = np.random.default_rng([zlib.crc32(regime.name.encode()), n, case.seed])
    X, y, _ = regime.draw(n, rng)
    X_test, y_test, truth = regime.draw(TEST_ROWS, rng)
    weight = None
    if case.setting == "weights":
        # Rows that weigh nothing have targets of others.
        weight = rng.uniform(0.5, 1.5, n) * (np.arange(n) >= n // 10)
        y[: n // 10] = rng.permutation(y)[: n // 10]
    elif case.setting == "sparse":
        X, X_test = csr_matrix(X), csr_matrix(X_test)
    elif case.setting == "frame":
        X, X_test = (pd.DataFrame(table).add_prefix("x") for table in (X, X_test))
    model = estimator(case)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        begin = time.process_time()
        try:
            model.fit(X, y, sample_weight=weight)
            found = model.score_samples(X_test, y_test)
        except Exception as error:
            warnings.warn(f"{type(error).__name__}: {error}", stacklevel=1)
            found = np.full(TEST_ROWS, -np.inf)
        taken = time.process_time() - begin
    if len(regime.lines) == 1:
        one = estimator(case._replace(instead="one expert")).fit(X, y, sample_weight=weight)
        truth = one.score_samples(X_test, y_test)
    gap = np.nan_to_num(truth - found, nan=LARGEST_ROW, posinf=LARGEST_ROW)
    said = [str(w.message) for w in caught if issubclass(w.category, UserWarning)]
    return {
        "shortfall": float(gap.clip(-LARGEST_ROW, LARGEST_ROW).mean()),
        "margin": regime.margin(n, X.shape[1], case.setting),
        "s": taken,
        "said": said[0][:60] if said else "",
    }


def summary(name, fits):
    """A line of a table of fits."""
    wrong = [fit for fit in fits if fit["wrong"]]
    return {
        "": name,
        "fits": len(fits),
        "wrong": len(wrong),
        "in silence": sum(not fit["said"] for fit in wrong),
        "right, warned": sum(bool(fit["said"]) and not fit["wrong"] for fit in fits),
        "median shortfall": float(np.median([fit["shortfall"] for fit in fits])),
        "s a fit": float(np.mean([fit["s"] for fit in fits])),
    }


def by(key, fits):
    """A line for every value of a key, and one for all fits."""
    values = dict.fromkeys(fit[key] for fit in fits)
    values = sorted(values) if key == "n" else values
    rows = [summary(value, [fit for fit in fits if fit[key] == value]) for value in values]
    return [*rows, summary("all", fits)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--regimes", nargs="+", metavar="NAME", help="all, if not given")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--instead", choices=["many starts", "one expert"], default="")
    parser.add_argument("--list", action="store_true", help="print every fit that is wrong")
    parser.add_argument("--case", metavar="KEY", help="fit one alone, by its name in --list")
    args = parser.parse_args()
    if args.case:
        chosen = [parse(args.case)]
    else:
        regimes = [r for r in REGIMES if not args.regimes or r.name in args.regimes]
        chosen = list(cases(regimes, args.seeds))
    fits = []
    with threadpool_limits(1):
        for case in (case._replace(instead=args.instead) for case in chosen):
            fit = {"case": str(case), **judge(case)}
            fit["wrong"] = fit["shortfall"] > fit["margin"]
            fits.append(fit | {"regime": case.regime.name, "n": case.n, "setting": case.setting})
    if args.list or args.case:
        shown = ("case", "shortfall", "margin", "wrong", "s", "said")
        rows = [{key: fit[key] for key in shown} for fit in fits if fit["wrong"] or args.case]
        report("fits" if args.case else "fits that are wrong", rows)
    if not args.case:
        for key in ("regime", "n", "setting"):
            report(f"fits that are wrong, by {key}", by(key, fits))


if __name__ == "__main__":
    main()
