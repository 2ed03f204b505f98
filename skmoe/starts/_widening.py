"""Fits with several numbers of experts, each started from the one before."""

import warnings

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from .._rows.arrays import host
from .._rows.validation import check_positive
from ..experts import EstimatorExpert, MixedExpert
from ..experts._base import as_expert
from ..gates import EstimatorGate, HierarchicalGate, TopKGate
from ..gates._base import Wrapper, as_gate
from ._moves import splits
from ._race import find_start, race

__all__ = [
    "counts",
    "fewest_experts",
    "fit_path",
    "inner_gate",
    "is_split",
    "widened",
    "with_experts",
]

# Tolerance of the climbs on a path: what is left of the likelihood decides on no number.
_PATH_TOL = 1e-4

# Passes of the first short climbs; the best quarter runs twice as long, and so on.
_PASSES = 5


def widened(narrow, mixture, sample, solver, *, kinds, n_init, random_state):
    """Best of several starts after short climbs, most of them from a mixture of one expert less.

    Tried are splits of the experts with the most rows, an expert of its own for the rows that are
    explained worst, and the best of several starts that `find_start` finds. A mixture of one expert
    tells nothing: then it is `find_start` alone. Starts that have run into the smallest scale count
    behind all others.

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
        Kinds of starts (keys of `KINDS`), used in turn.
    n_init : int
        Number of starts of `find_start`, if more than its least.
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
    fresh = find_start(
        mixture, sample, solver, kinds=kinds, n_init=n_init, random_state=random_state
    )
    if narrow.n_experts() == 1:
        return fresh
    share = host(sample.map(lambda X, y, weight: narrow.responsibilities(X, y))).astype(np.float64)
    density = host(sample.map(lambda X, y, weight: narrow.log_density(X, y)))
    starts = splits(share, density, mixture, sample, kinds, random_state)
    begun = [solver.explore(start, sample, 0.0, passes=0) for start in (*starts, fresh.mixture)]
    return race(begun, sample, solver, _PASSES)


def fit_path(estimator, fit, numbers):
    """Rough fits with every number of experts, each from the one before where that is one less.

    `fit(estimator, narrow)` fits one to the rows, from a mixture of one expert less or from None.
    """
    narrow, tol = None, max(check_positive(estimator.tol, "tol", zero=True), _PATH_TOL)
    for number in numbers:
        fitted = with_experts(estimator, number).set_params(tol=tol)
        with warnings.catch_warnings():
            # These are candidates: the table marks the degenerate ones.
            warnings.simplefilter("ignore", ConvergenceWarning)
            fit(fitted, narrow)
        yield fitted
        follows = is_split(estimator) and number + 1 in numbers
        narrow = fitted._mixture if follows else None


def with_experts(estimator, number):
    """An unfitted copy with a number of experts, without callbacks.

    A gate that lets the k most probable experts answer is no other than the one inside where
    there are not more than k.
    """
    new = clone(estimator).set_params(n_experts=number)
    vars(new).pop("_skl_callbacks", None)
    gate = as_gate(new.gate)
    if isinstance(gate, TopKGate) and gate.answering(number) >= number:
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


def is_split(estimator):
    """Whether the mixture of one expert less is a start."""
    tree = isinstance(as_gate(estimator.gate), HierarchicalGate)
    return counts(estimator) and not (estimator.average or tree)


def fewest_experts(estimator):
    """The smallest number of experts: one, or one of every kind."""
    bank = as_expert(estimator.expert)
    return len(bank.experts) if isinstance(bank, MixedExpert) else 1
