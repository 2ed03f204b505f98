"""Where a fit starts: partitions that are functions of the distinct rows, and their choice."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.cluster import kmeans_plusplus
from sklearn.decomposition import TruncatedSVD

from .._rows.arrays import array_namespace, host, is_sparse, like
from ..gates import ConstantGate
from ..mixture import Mixture
from ..solvers._trace import Trace

__all__ = [
    "KINDS",
    "Sample",
    "Start",
    "distinct_rows",
    "features",
    "find_start",
    "fit_pooled",
    "prefer_evidence",
    "race",
    "sample_size",
    "sketch",
    "taught",
]

# Rows that starts are tried on. Which of several starts is best shows on a few thousand.
_SAMPLE_ROWS = 2048

# Rows per parameter of the gate and the experts that a sample should at least have.
_ROWS_PER_PARAMETER = 10

# A start gives its own expert this share of a row, so that no expert begins without rows.
_OWN_SHARE = 0.9

# Passes of the first round; every round runs twice as long with a quarter of the starts.
_FIRST_PASSES = 5

# Rows times parameters up to which starts get longer rounds: there are more hills to tell apart
# on a few rows, and a pass costs next to nothing.
_WORK = 1e5
_KEEP = 4

# Columns that starts on a sparse table look at.
_SKETCH = 30

# Stands for a missing value where rows are told apart; no scaled value is likely to equal it.
_MISSING = 0.7548776662466927

# Steps in which gate and experts learn the cells of a start, before any row may change its cell:
# after one step of Newton's method a gate is still far from the borders of eight cells.
_GIVEN_STEPS = 4
_SHORT_TOL = 1e-4


class Run(NamedTuple):
    """A start on its way."""

    index: int
    mixture: Any
    history: list
    degenerate: bool

    @property
    def objective(self):
        """The objective so far."""
        return self.history[-1]


class Start(NamedTuple):
    """Where a climb begins.

    Attributes
    ----------
    mixture : Mixture
    histories : list of list of float
        The objective after every pass of the short climbs from all starts; empty if there was no
        choice.
    """

    mixture: Any
    histories: list


class Sample(NamedTuple):
    """Rows that starts are tried on.

    Attributes
    ----------
    rows : ndarray of shape (n_sampled,)
        Positions in the data, in an order that does not depend on the order of the data.
    weight : ndarray of shape (n_sampled,)
        Weight of each, summing to that of the data.
    n_distinct : int
        Number of distinct rows with weight above zero in the data.
    """

    rows: Any
    weight: Any
    n_distinct: int


def sample_size(mixture):
    """Rows that starts of `mixture` are tried on."""
    if not mixture.expert.has_statistics:
        # Neither starts nor penalties are compared on them.
        return _SAMPLE_ROWS
    return max(_SAMPLE_ROWS, _ROWS_PER_PARAMETER * mixture.n_parameters())


def distinct_rows(blocks, random_state, most, mixture):
    """Distinct rows of the data, or a sample of them by weight if there are more than `most`.

    Rows are put in the order of two random projections of the scaled columns: the same for the
    same rows in any order, whatever the units, and a row given twice is one row of weight two.

    Parameters
    ----------
    blocks : Blocks
    random_state : RandomState
    most : int
    mixture : Mixture
        Tells which columns of the design are the scaled ones.

    Returns
    -------
    Sample
    """
    X, y, _ = blocks.first()
    size = features(mixture, X).shape[1]
    n_keys = size + 1 + y.shape[1]
    # Two projections: in float32, one alone would take some different rows for the same.
    directions = [like(random_state.uniform(-1, 1, size=n_keys), X) for _ in range(2)]

    def project(X, y, weight):
        xp = array_namespace(X)
        table = features(mixture, X)
        if is_sparse(X):
            keys = [table @ v[:size] + y @ v[size + 1 :] for v in directions]
            return xp.stack([*keys, weight], axis=1)
        if table.shape[1] < X.shape[1] - 1:
            # Scaled, a missing value is the mean: as a row of its own, it is told apart.
            table = xp.where(xp.isnan(X[:, :size]), like(_MISSING, X), table)
        table = xp.concat([table, X[:, -1:], y], axis=1)
        # Sums of products, not a matrix product: equal rows get equal bits wherever they stand.
        return xp.stack([*(xp.sum(table * v, axis=1) for v in directions), weight], axis=1)

    first_key, second_key, weight = host(blocks.map(project)).T.astype(np.float64)
    order = np.lexsort((second_key, first_key))
    changes = [np.diff(key[order], prepend=-np.inf) != 0 for key in (first_key, second_key)]
    first = np.flatnonzero(changes[0] | changes[1])
    total = np.add.reduceat(weight[order], first)
    rows = order[first][total > 0]
    total = total[total > 0]
    n_distinct = len(rows)
    if n_distinct > most:
        edges = np.cumsum(total)
        at = (np.arange(most) + random_state.uniform()) * (edges[-1] / most)
        rows = rows[np.searchsorted(edges, at, side="right").clip(max=n_distinct - 1)]
        total = np.full(most, edges[-1] / most)
    return Sample(rows, total, n_distinct)


def _nearest(table, centers):
    """Index of the nearest center for every row."""
    distance = -2 * table @ centers.T + np.sum(centers**2, axis=1)
    return np.argmin(distance, axis=1)


def _kmeans(X, y, weight, n_experts, random_state):
    """Cells around k-means++ seeds among the columns."""
    centers, _ = kmeans_plusplus(X, n_experts, sample_weight=weight, random_state=random_state)
    return _nearest(X, centers)


def _joint(X, y, weight, n_experts, random_state):
    """Cells around k-means++ seeds among columns and target together, of equal say."""
    table = np.hstack([X, y * np.sqrt(max(X.shape[1], 1) / y.shape[1])])
    return _kmeans(table, y, weight, n_experts, random_state)


def _planes(X, y, weight, n_experts, random_state):
    """Cells of the largest of n_experts random linear functions."""
    return np.argmax(X @ random_state.standard_normal((X.shape[1], n_experts)), axis=1)


def _lines(X, y, weight, n_experts, random_state):
    """The nearest of n_experts regressions, each through a few random rows."""
    design = np.hstack([X, np.ones((len(X), 1))])
    size = min(design.shape[1] + 1, len(X))
    residual = np.empty((len(X), n_experts))
    for k in range(n_experts):
        chosen = random_state.choice(len(X), size, p=weight / weight.sum())
        coef, *_ = np.linalg.lstsq(design[chosen], y[chosen], rcond=1e-6)
        residual[:, k] = np.sum((y - design @ coef) ** 2, axis=1)
    return np.argmin(residual, axis=1)


KINDS = {"kmeans": _kmeans, "planes": _planes, "joint": _joint, "lines": _lines}


def _tree(gate):
    """The tree that the cells of a start should follow: a gate's own, or one of leaves alone."""
    while hasattr(gate, "inner"):
        gate = gate.inner
    return getattr(gate, "tree", ((),) * gate.n_experts)


def _cells(kind, tree, X, y, weight, random_state):
    """Labels of the rows: cells within cells, down a tree of nested tuples."""
    if len(X) <= len(tree):
        labels = np.arange(len(X))
    else:
        labels = kind(X, y, weight, len(tree), random_state)
    leaves, first = np.empty(len(X), dtype=int), 0
    for index, child in enumerate(tree):
        own = labels == index
        leaves[own] = first
        if child and own.any():
            leaves[own] += _cells(kind, child, X[own], y[own], weight[own], random_state)
        first += _n_leaves(child)
    return leaves


def _n_leaves(tree):
    return sum(map(_n_leaves, tree)) if tree else 1


def features(mixture, X):
    """Scaled columns of a design: without the constant, and the raw columns that come before."""
    first = X.shape[1] // 2 if mixture.gate.raw or mixture.expert.raw else 0
    return X[:, first:-1]


def sketch(mixture, X):
    """The scaled columns of a design on the host; of a sparse one, a few that hold most of it."""
    table = host(features(mixture, X)).astype(np.float64)
    if not is_sparse(table):
        return table
    size = min(_SKETCH, *(length - 1 for length in table.shape))
    if size < 1:
        return table.toarray()
    return TruncatedSVD(size, random_state=0).fit_transform(table)


def fit_pooled(expert, blocks, solver):
    """Bank of one expert of an initialised bank's kind, fitted to all rows."""
    X, _, _ = blocks.first()
    kind = expert.pooling()
    one = kind.initialize(1, X, kind.family, kind.positions)
    one = Mixture(ConstantGate().initialize(1, X), one)
    # Newton's method: a tight tolerance costs a pass.
    one, _ = solver.solve(one, blocks, Trace(max_iter=500, tol=1e-10))
    return one.expert


def find_start(mixture, sample, solver, *, kinds, n_init, random_state):
    """Best of several starts after short runs on the sample (emEM).

    All starts run a few passes; the quarter with the highest objective runs twice as many, and so
    on until one is left. Starts that have run into the smallest scale count behind all others.

    Parameters
    ----------
    mixture : Mixture
        An initialised mixture.
    sample : Blocks
        Distinct rows with their weights.
    solver : solver
    kinds : list of str
        Kinds of starts (keys of `KINDS`), used in turn.
    n_init : int
    random_state : RandomState

    Returns
    -------
    start : Start
        The best start after its short runs.

    References
    ----------
    .. [1] Biernacki, C., Celeux, G. & Govaert, G. (2003). Choosing starting values for the EM
       algorithm for getting the highest likelihood in multivariate Gaussian mixture models.
       Computational Statistics & Data Analysis 41, 561-575.
    """
    n_experts = mixture.n_experts()
    X, y, weight = sample.whole()
    X, y, weight = sketch(mixture, X), *(host(table).astype(np.float64) for table in (y, weight))
    y = mixture.expert.family.as_table(y)
    tree = _tree(mixture.gate)
    starts = []
    for index in range(n_init):
        kind = KINDS[kinds[index % len(kinds)]]
        labels = _cells(kind, tree, X, y, weight, random_state)
        own = np.eye(n_experts)[labels]
        resp = weight[:, None] * (_OWN_SHARE * own + (1 - _OWN_SHARE) / n_experts)
        given = sample.with_weight(like(resp, sample.X, mixture.params.dtype))
        starts.append(taught(mixture, given))
    total = float(weight.sum())
    passes = _first_passes(mixture, X.shape[0])
    return race(starts, sample, solver, passes, lambda runs, keep: _best(runs, keep, total))


def race(mixtures, sample, solver, passes, best):
    """The start that leads after short climbs.

    Parameters
    ----------
    mixtures : list of Mixture
    sample : Blocks
    solver : solver
    passes : int
        Of the first round; every round runs twice as long with a quarter of the starts.
    best : callable
        `best(runs, keep)` gives those that go on.

    Returns
    -------
    Start
    """
    runs, histories = [Run(i, mixture, [], False) for i, mixture in enumerate(mixtures)], {}
    while len(runs) > 1:
        runs = [_short_run(run, sample, solver, passes) for run in runs]
        histories.update((run.index, run.history) for run in runs)
        runs, passes = best(runs, -(-len(runs) // _KEEP)), 2 * passes
    return Start(runs[0].mixture, list(histories.values()))


def taught(mixture, given):
    """Mixture whose gate and experts have learnt `given`, blocks with responsibilities."""
    for _ in range(_GIVEN_STEPS):
        # Estimators learn what is given in one step, and the same again in every other.
        mixture = mixture.update(given.sum(mixture.statistics_given)).frozen()
    return mixture.frozen(False)


def _first_passes(mixture, n_rows):
    """Passes of the first round: more where a pass is cheap."""
    work = n_rows * max(mixture.n_parameters(), 1)
    return int(_FIRST_PASSES * min(max((_WORK / work) ** 0.5, 1), 10))


def prefer_evidence(mixture, pooled, sample):
    """The mixture, or its one-expert limit where that has the larger evidence.

    Parameters
    ----------
    mixture : Mixture
        With penalties estimated on the sample.
    pooled : Mixture
        All experts at the one-expert fit, the gate constant.
    sample : Blocks

    Returns
    -------
    Mixture
        `mixture`, or the same with its penalties at their largest.

    References
    ----------
    .. [1] MacKay, D. J. C. (1992). Bayesian interpolation. Neural Computation 4, 415-447,
       section 4 (Occam factors).
    """
    at_mixture, at_pooled = (sample.sum(m.statistics) for m in (mixture, pooled))
    gain = float(at_mixture.log_likelihood) + mixture.log_prior()
    gain -= float(at_pooled.log_likelihood) + pooled.log_prior()
    return mixture if gain + mixture.log_volume(at_mixture) > 0 else mixture.most_penalised()


def _best(runs, keep, weight):
    """The `keep` highest runs on different hills, degenerate ones last.

    Objectives that a short run cannot tell apart count as one hill, and the first start on it
    goes on: rounding does not choose among them.
    """
    best = max(run.objective for run in runs)
    hills = {}
    for run in runs:
        hill = (run.degenerate, (best - run.objective) // (_SHORT_TOL * weight))
        hills.setdefault(hill, run)
    return [hills[hill] for hill in sorted(hills)[:keep]]


def _short_run(run, sample, solver, passes):
    """A start some passes further on."""
    trace = Trace(max_iter=passes, tol=_SHORT_TOL)
    mixture, trace = solver.solve(run.mixture, sample, trace)
    # A later round begins where the one before has ended.
    history = run.history[:-1] + trace.history
    return Run(run.index, mixture, history, mixture.expert.at_bound())
