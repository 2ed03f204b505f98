"""Gates: the log weights of every expert, each kind of gate in one function."""

import math

import numpy as np

from .._rows.arrays import host
from ..gates import (
    ConstantGate,
    GaussianGate,
    HierarchicalGate,
    MLPGate,
    QuadraticGate,
    SoftmaxGate,
    TopKGate,
)
from ..gates._averaged import AveragedGate
from ..gates._quadratic import PRODUCTS
from ._networks import outputs
from ._refusals import refuse_part

__all__ = ["log_joint"]


def log_joint(gate, design):
    """A gate's `log_joint` of a design, a tensor of shape (n, K)."""
    # The type itself: a gate derived from one of these may compute something else.
    if type(gate) not in _LOG_JOINTS:
        raise refuse_part("gate", gate)
    return _LOG_JOINTS[type(gate)](gate, design)


def _constant(gate, design):
    return design.linear(gate.weights, gate.positions)


def _softmax(gate, design):
    return _by_node(gate, design.linear(gate.weights, gate.positions))


def _by_node(gate, logits):
    """Log probabilities within every node of logits (n, nodes * experts)."""
    if gate.n_nodes == 1:
        return logits.then("LogSoftmax", axis=1)
    table = logits.reshape(0, gate.n_nodes, gate.n_experts).then("LogSoftmax", axis=2)
    return table.reshape(0, gate.n_nodes * gate.n_experts)


def _quadratic(gate, design):
    weights, positions = host(gate.weights), gate.positions
    positions = list(range(design.width)) if positions is None else list(positions)
    pairs = [tuple(positions[i] for i in pair) for pair in PRODUCTS[gate.products](len(positions))]
    n_columns = len(positions)
    logits = design.linear(np.delete(weights, np.s_[n_columns:-1], axis=1), positions)
    if pairs:
        product = math.prod((design.table.take(own) for own in zip(*pairs)), start=1.0)
        # One coefficient stands for all squares where they are summed.
        coef = np.broadcast_to(weights[:, n_columns:-1], (len(weights), len(pairs)))
        logits = logits + product @ coef.T
    return _by_node(gate, logits)


def _gaussian(gate, design):
    log_prob, mean, factor = (host(part) for part in (gate.log_prob, gate.mean, gate.factor))
    n_columns = mean.shape[1]
    if not n_columns:
        return design.linear(log_prob[:, None], ())
    largest = float(np.finfo(design.table.graph.dtype).max)
    # As far as squares of products with the factor are numbers.
    limit = largest**0.5 * 1e-2 / factor.shape[-1] / np.abs(factor).max()
    inside = design._replace(table=design.table.then("Clip", -limit, limit))
    if factor.ndim == 3:
        distance, log_det = _mahalanobis(inside, gate.positions, mean, factor)
    else:
        distance, log_det = _weighted(inside, gate.positions, mean, factor)
    return log_prob + log_det - 0.5 * n_columns * math.log(2 * math.pi) - 0.5 * distance


def _mahalanobis(design, positions, mean, factor):
    """Squared distances (n, K) under full covariances, and log determinants of the factors."""
    log_det = np.linalg.slogdet(factor)[1]
    factor = np.broadcast_to(factor, (len(mean), *factor.shape[1:]))
    center = np.einsum("kd,kde->ke", mean, factor)
    wide = design.widened(factor.transpose(0, 2, 1), positions)
    n_experts, n_columns, width = wide.shape
    whitened = design.table @ wide.reshape(-1, width).T - center.reshape(-1)
    return (whitened * whitened).reshape(0, n_experts, n_columns).sum(axis=2), log_det


def _weighted(design, positions, mean, factor):
    """The same without correlations."""
    factor = np.broadcast_to(factor, mean.shape)
    precision, cross = factor * factor, factor * factor * mean
    squares = (design.table * design.table) @ design.widened(precision, positions).T
    product = design.table @ design.widened(-2 * cross, positions).T
    return squares + product + (cross * mean).sum(axis=1), np.log(np.abs(factor)).sum(axis=1)


def _hierarchical(gate, design):
    # A column for every branch, and one of zeros for paths that have ended.
    tables = [log_joint(node, design) for node in gate.nodes]
    table = design.table.graph.concat([*tables, design.linear(np.zeros((1, 1)), ())])
    first, *others = (table.take(step) for step in gate.steps)
    return sum(others, start=first)


def _top_k(gate, design):
    table = log_joint(gate.inner, design)
    if not gate.routes:
        return table
    graph = design.table.graph
    # Of equals the first are taken, as `largest` does.
    values, places = table.then("TopK", graph.positions([gate.n_open]), axis=1, n_outputs=2)
    closed = graph.numbers(-np.inf).then("Expand", table.then("Shape"))
    return closed.then("ScatterElements", places, values, axis=1)


def _mlp(gate, design):
    logits = design.linear(gate.inner.weights, gate.positions)
    added = outputs(gate.networks, design, gate.positions)
    return (logits + added.reshape(0, gate.n_experts)).then("LogSoftmax", axis=1)


def _averaged(gate, design):
    shares = gate.shares or [1 / len(gate.gates)] * len(gate.gates)
    tables = [
        log_joint(own, design).then("LogSoftmax", axis=1) + math.log(share)
        for own, share in zip(gate.gates, shares, strict=True)
    ]
    return design.table.graph.concat(tables)


_LOG_JOINTS = {
    ConstantGate: _constant,
    SoftmaxGate: _softmax,
    QuadraticGate: _quadratic,
    GaussianGate: _gaussian,
    HierarchicalGate: _hierarchical,
    TopKGate: _top_k,
    MLPGate: _mlp,
    AveragedGate: _averaged,
}
