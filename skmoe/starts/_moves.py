"""Ways out of a local optimum: experts are split and put together, rows are weighed anew."""

import numpy as np

from .._rows.arrays import host, like
from ._cells import KINDS
from ._sampling import sketch, told
from ._teaching import taught

__all__ = ["moved", "shaken", "splits"]

# Experts that are split, those with the most rows first.
_SPLITS = 2

# A new expert gets this share of the rows that are meant for it: no expert begins without rows.
_OWN_SHARE = 0.9

# An expert with less than this share of a row is not asked about it when it is split.
_SHARE = 0.01

# Passes after which a move is judged, the first look and the second.
_PASSES = (10, 40)

# Gain per row that makes a move worth it, and loss at the first look that makes it hopeless.
_GAIN, _LOSS = 1e-5, 0.1


def moved(mixture, evidence, fresh, sample, solver, tries, *, kinds, random_state):
    """The mixture after the moves that raise its evidence.

    Of every expert in turn, those with the fewest rows first, the rows go to the others, and
    another is split or an expert is made of the rows that are explained worst.

    Parameters
    ----------
    mixture : Mixture
        The best so far.
    evidence : float
        Its evidence.
    fresh : Mixture
        One that has learnt nothing.
    sample : Blocks
    solver : solver
    tries : int
        Moves that are tried.
    kinds : list of str
        Kinds of cells (keys of `KINDS`) that an expert is split into.
    random_state : RandomState

    Returns
    -------
    mixture : Mixture
    evidence : float

    References
    ----------
    .. [1] Ueda, N., Nakano, R., Ghahramani, Z. & Hinton, G. E. (2000). SMEM algorithm for mixture
       models. Neural Computation 12, 2109-2128.
    """
    while True:
        for start in _moves(mixture, fresh, sample, kinds, random_state):
            if tries == 0:
                return mixture, evidence
            tries -= 1
            if higher := _higher(start, evidence, sample, solver):
                mixture, evidence = higher
                break
        else:
            return mixture, evidence


def shaken(mixture, evidence, sample, solver, tries, passes, random_state):
    """The mixture after climbs on rows weighed at random, and back on the rows as they are.

    What a few rows hold up gives way: neighbouring hills of the likelihood differ by such rows.

    Parameters
    ----------
    mixture : Mixture
        The best so far.
    evidence : float
        Its evidence.
    sample : Blocks
    solver : solver
    tries : int
    passes : int
        Of a climb on rows with other weights.
    random_state : RandomState

    Returns
    -------
    mixture : Mixture
    evidence : float

    References
    ----------
    .. [1] Elidan, G., Ninio, M., Friedman, N. & Schuurmans, D. (2002). Data perturbation for
       escaping local maxima in learning. Proceedings of AAAI-02, 132-139.
    """
    weight = sample.weights()
    for _ in range(tries):
        # Weights of the Bayesian bootstrap.
        noise = like(random_state.standard_exponential(weight.shape[0]), weight)
        other = sample.with_weight(weight * noise)
        start = solver.explore(mixture, other, _GAIN, passes=passes).mixture
        if higher := _higher(start, evidence, sample, solver):
            mixture, evidence = higher
    return mixture, evidence


def _higher(start, evidence, sample, solver):
    """What a start climbs to, if that has more evidence; None if not."""
    weight = sample.total_weight()
    for passes in _PASSES:
        found = solver.explore(start, sample, _GAIN, passes=passes)
        start = found.mixture
        if found.evidence > evidence + _GAIN * weight:
            return None if start.expert.at_bound() else found
        if found.evidence < evidence - _LOSS * weight:
            break
    return None


def _moves(mixture, fresh, sample, kinds, random_state):
    """Mixtures of as many experts, each with one taken away and one split off."""
    joint = host(sample.map(lambda X, y, weight: mixture.log_joint(X, y))).astype(np.float64)
    top = joint.max(axis=1, keepdims=True)
    weight = host(sample.weights()).astype(np.float64)
    resp = np.exp(joint - top)
    resp /= resp.sum(axis=1, keepdims=True)
    for expert in np.argsort(weight @ resp, kind="stable"):
        rest = np.delete(joint, expert, axis=1)
        top = rest.max(axis=1, keepdims=True)
        share = np.exp(rest - top)
        total = share.sum(axis=1, keepdims=True)
        density = (top + np.log(total))[:, 0]
        yield from splits(share / total, density, fresh, sample, kinds, random_state)


def splits(share, density, fresh, sample, kinds, random_state):
    """Mixtures of one expert more than `share` has columns, taught one split each.

    Split are the experts with the most rows; the first mixture has an expert of its own for the
    rows that are explained worst.

    Parameters
    ----------
    share : ndarray of shape (n, K - 1)
        Responsibilities of a mixture of one expert less.
    density : ndarray of shape (n,)
        Its log densities.
    fresh : Mixture
        Of K experts, which have learnt nothing.
    sample : Blocks
    kinds : list of str
    random_state : RandomState

    Yields
    ------
    Mixture
    """
    weight = host(sample.weights()).astype(np.float64)
    for table in _tables(share, density, weight, fresh, sample, kinds, random_state):
        resp = like(weight[:, None] * table, sample.X, fresh.params.dtype)
        yield taught(fresh, sample.with_weight(resp))


def _tables(share, density, weight, fresh, sample, kinds, random_state):
    """Responsibilities of one expert more, one table for every start."""
    order = np.argsort(density, kind="stable")
    part = weight.sum() / (share.shape[1] + 1)
    worst = order[np.cumsum(weight[order]) <= part]
    yield np.column_stack(_divided(share, worst))
    X, y, _ = sample.whole()
    X, y = sketch(fresh, X), told(fresh, X, y)
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
