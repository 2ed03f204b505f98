"""Cells that a start divides the rows into: functions of the distinct rows and random numbers."""

import numpy as np

from .._rows.compat import seeds

__all__ = ["KINDS", "cells", "tree_of"]


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
