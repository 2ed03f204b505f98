"""Cells that a start divides the rows into: functions of the distinct rows and random numbers."""

import warnings

import numpy as np
from sklearn import config_context
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from .._rows.compat import seeds

__all__ = ["BY_DEFAULT", "INSTEAD", "KINDS", "OF_TARGETS", "cells", "cells_of_groups", "tree_of"]

# Columns that the regressions look at that cells are made from.
_MOST_COLUMNS = 10


def _nearest(table, centers):
    """Index of the nearest center for every row."""
    distance = -2 * table @ centers.T + np.sum(centers**2, axis=1)
    return np.argmin(distance, axis=1)


def _kmeans(X, y, weight, n_experts, random_state):
    """Cells around k-means++ seeds among the columns."""
    return _nearest(X, seeds(X, n_experts, weight, random_state))


def _joint(X, y, weight, n_experts, random_state):
    """Cells around k-means++ seeds among columns and target together, of equal say."""
    table = np.hstack([X, y * np.sqrt(max(X.shape[1], 1) / y.shape[1])])
    return _kmeans(table, y, weight, n_experts, random_state)


def _planes(X, y, weight, n_experts, random_state):
    """Cells of the largest of n_experts random linear functions."""
    return np.argmax(X @ random_state.standard_normal((X.shape[1], n_experts)), axis=1)


def _residuals(X, y, weight, n_experts, random_state):
    """Cells around k-means++ seeds among what one regression leaves of the target."""
    root = np.sqrt(weight)[:, None]
    # Of many columns nothing would be left.
    design = np.hstack([X[:, _telling(root * X, root * y)], np.ones((len(X), 1))])
    coef, *_ = np.linalg.lstsq(root * design, root * y, rcond=1e-6)
    return _kmeans(y - design @ coef, y, weight, n_experts, random_state)


def _telling(X, y):
    """Positions of a few columns: those that y goes along with most."""
    along = np.abs((X - X.mean(axis=0)).T @ (y - y.mean(axis=0))).sum(axis=1)
    return np.sort(np.argsort(-along, kind="stable")[:_MOST_COLUMNS])


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


KINDS = {
    "kmeans": _kmeans,
    "planes": _planes,
    "joint": _joint,
    "lines": _lines,
    "residuals": _residuals,
}

# Taken in turn by default; in every other turn, instead of one kind another that no column need
# tell of. A gate that looks at no column learns nothing from cells of the columns alone; its
# experts may be as far apart as the targets are, wherever the rows lie.
BY_DEFAULT, INSTEAD = ["kmeans", "planes", "joint", "lines"], {"joint": "residuals"}
OF_TARGETS = ["residuals", "lines", "joint"]


def tree_of(gate):
    """The tree that the cells of a start should follow: a gate's own, or one of leaves alone."""
    while hasattr(gate, "inner"):
        gate = gate.inner
    return getattr(gate, "tree", ((),) * gate.n_experts)


def cells(kind, tree, X, y, weight, random_state):
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
            leaves[own] += cells(kind, child, X[own], y[own], weight[own], random_state)
        first += _n_leaves(child)
    return leaves


def _n_leaves(tree):
    return sum(map(_n_leaves, tree)) if tree else 1


def cells_of_groups(own, X, y, begins, turn, random_state):
    """Cells of groups of rows, in turns by their regressions and by the cells of their rows.

    The mean over many rows of the cells is much like that of all and would say nothing: a group
    goes where most of its rows are, compared with all rows.

    Parameters
    ----------
    own : ndarray of shape (n, n_cells)
        1 in the cell of a row, else 0.
    X, y : ndarray of shape (n, n_columns)
    begins : ndarray of int
        Where groups begin.
    turn : int
    random_state : RandomState

    Returns
    -------
    ndarray of shape (n, n_cells)
    """
    size, n_cells = np.diff(begins, append=len(own)), own.shape[1]
    if turn % 2 == 0 and n_cells <= len(begins):
        cell = _alike(_regressions(X, y, begins, size), n_cells, random_state)
    else:
        share, of_all = np.add.reduceat(own, begins) / size[:, None], own.mean(axis=0)
        cell = np.argmax(share / np.where(of_all > 0, of_all, 1.0), axis=1)
    return np.repeat(np.eye(n_cells)[cell], size, axis=0)


def _regressions(X, y, begins, size):
    """Coefficients of groups, (n_groups, n_numbers): what theirs differ by from those of all."""
    X = X[:, _telling(X, y)]
    design = np.column_stack([X, np.ones(len(X))])
    ridge = np.eye(design.shape[1])
    rest = y - design @ np.linalg.solve(design.T @ design + ridge, design.T @ y)
    gram = np.add.reduceat(design[:, :, None] * design[:, None, :], begins)
    moment = np.add.reduceat(design[:, :, None] * rest[:, None, :], begins)
    # Groups of few rows know less.
    return np.linalg.solve(gram + ridge, moment).reshape(len(size), -1)


def _alike(table, n_cells, random_state):
    """Cells of the rows of a table that are alike, by a few steps of k-means."""
    seed = random_state.randint(2**31 - 1)
    with warnings.catch_warnings(), config_context(array_api_dispatch=False):
        # There may be fewer distinct rows than cells.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return KMeans(n_cells, n_init=3, max_iter=20, random_state=seed).fit_predict(table)
