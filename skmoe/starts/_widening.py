"""Fits with several numbers of experts, each started from the one before."""

import warnings

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from .._rows.arrays import host, like
from .._rows.validation import check_positive
from ..experts import EstimatorExpert, MixedExpert
from ..experts._base import as_expert
from ..gates import EstimatorGate, HierarchicalGate, TopKGate
from ..gates._base import Wrapper, as_gate
from ._initialization import KINDS, find_start, race, sketch, taught

__all__ = [
    "counts",
    "fewest_experts",
    "fit_path",
    "inner_gate",
    "splits",
    "widened",
    "with_experts",
]

# Experts that are split, those with the most rows first.
_SPLITS = 2

# A new expert gets this share of the rows that are meant for it: no expert begins without rows.
_OWN_SHARE = 0.9

# An expert with less than this share of a row is not asked about it when it is split.
_SHARE = 0.01

# Tolerance of the climbs on a path: what is left of the likelihood decides on no number.
_PATH_TOL = 1e-4

# Passes of the first short climbs; the best quarter runs twice as long, and so on.
_PASSES = 5


def widened(narrow, mixture, sample, solver, *, kinds, n_init, random_state):
    """Best of several starts after short climbs, most of them from a mixture of one expert less.

    Tried are splits of the experts with the most rows, an expert of its own for the rows that are
    explained worst, and one start of `initialization.find_start`. A mixture of one expert
    tells nothing: then it is `find_start` with at least one start of every kind. Starts
    that have run into the smallest scale count behind all others.

    Parameters
    ----------
    narrow : Mixture
        With one expert less, fitted to the same rows in the same units.
    mixture : Mixture
        An initialised mixture.
    sample : Blocks
        Distinct rows with their weights.
    solver : solver
    kinds : list of str
        Kinds of starts (keys of `initialization.KINDS`), used in turn.
    n_init : int
        Number of starts of a mixture of two experts, if more than there are kinds.
    random_state : RandomState

    Returns
    -------
    start : Start

    References
    ----------
    .. [1] Ueda, N., Nakano, R., Ghahramani, Z. & Hinton, G. E. (2000). SMEM algorithm for mixture
       models. Neural Computation 12, 2109-2128.
    """
    first = narrow.n_experts() % len(kinds)
    kinds = kinds[first:] + kinds[:first]
    n_starts = max(n_init, len(kinds)) if narrow.n_experts() == 1 else 1
    fresh = find_start(
        mixture, sample, solver, kinds=kinds, n_init=n_starts, random_state=random_state
    )
    if narrow.n_experts() == 1:
        return fresh
    weight = host(sample.map(lambda X, y, weight: weight)).astype(np.float64)
    tables = _splits(narrow, mixture, sample, weight, kinds, random_state)
    tables = [like(weight[:, None] * table, sample.X, mixture.params.dtype) for table in tables]
    starts = [taught(mixture, sample.with_weight(table)) for table in tables]
    return race([*starts, fresh.mixture], sample, solver, _PASSES, _best)


def _splits(narrow, mixture, sample, weight, kinds, random_state):
    """Responsibilities of one expert more, one table for every start."""
    share = host(sample.map(lambda X, y, weight: narrow.responsibilities(X, y))).astype(np.float64)
    density = host(sample.map(lambda X, y, weight: narrow.log_density(X, y)))
    order = np.argsort(density, kind="stable")
    part = weight.sum() / (share.shape[1] + 1)
    worst = order[np.cumsum(weight[order]) <= part]
    yield np.column_stack(_divided(share, worst))
    X, y, _ = sample.whole()
    X, y = sketch(mixture, X), mixture.expert.family.as_table(host(y).astype(np.float64))
    largest = np.argsort(-(weight @ share), kind="stable")[:_SPLITS]
    for index, expert in enumerate(largest):
        own = share[:, expert]
        rows = np.flatnonzero(own > _SHARE)
        if len(rows) > 1:
            kind = KINDS[kinds[index % len(kinds)]]
            half = kind(X[rows], y[rows], weight[rows] * own[rows], 2, random_state)
            old, new = _divided(own[:, None], rows[half == 1])
            yield np.column_stack([share[:, :expert], old, share[:, expert + 1 :], new])


def _divided(share, rows):
    """What stays with the old experts, and what a new one gets, most of it of `rows`."""
    moved = np.full((len(share), 1), 1 - _OWN_SHARE)
    moved[rows] = _OWN_SHARE
    return share * (1 - moved), np.sum(share * moved, axis=1)


def _best(runs, keep):
    """The `keep` highest runs, degenerate ones last."""
    return sorted(runs, key=lambda run: (run.degenerate, -run.objective))[:keep]


def fit_path(estimator, X, y, sample_weight, numbers):
    """Rough fits with every number of experts, each from the one before where that is one less."""
    narrow, tol = None, max(check_positive(estimator.tol, "tol", zero=True), _PATH_TOL)
    for number in numbers:
        fitted = with_experts(estimator, number).set_params(tol=tol)
        with warnings.catch_warnings():
            # These are candidates: the table marks the degenerate ones.
            warnings.simplefilter("ignore", ConvergenceWarning)
            fitted._fit_wider(narrow, X, y, sample_weight)
        yield fitted
        follows = splits(estimator) and number + 1 in numbers
        narrow = fitted._mixture if follows else None


def with_experts(estimator, number):
    """An unfitted copy with a number of experts, without callbacks.

    A gate that lets the k most probable experts answer is no other than the one inside where
    there are not more than k.
    """
    new = clone(estimator).set_params(n_experts=number)
    vars(new).pop("_skl_callbacks", None)
    gate = as_gate(new.gate)
    if isinstance(gate, TopKGate) and gate.k >= number:
        new.set_params(gate=gate.gate)
    return new


def inner_gate(estimator):
    """The gate that the gate of an estimator is made of."""
    gate = as_gate(estimator.gate)
    while isinstance(gate, Wrapper):
        gate = as_gate(gate.gate)
    return gate


def counts(estimator):
    """Whether what gate and experts learn is counted by their numbers of parameters."""
    parts = [inner_gate(estimator), as_expert(estimator.expert)]
    kinds = (EstimatorGate, EstimatorExpert, MixedExpert)
    return all(part.has_statistics and not isinstance(part, kinds) for part in parts)


def splits(estimator):
    """Whether the mixture of one expert less is a start."""
    tree = isinstance(as_gate(estimator.gate), HierarchicalGate)
    return counts(estimator) and not (estimator.average or tree)


def fewest_experts(estimator):
    """The smallest number of experts: one, or one of every kind."""
    bank = as_expert(estimator.expert)
    return len(bank.experts) if isinstance(bank, MixedExpert) else 1
