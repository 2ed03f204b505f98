"""Banks of small networks."""

from .._numerics.networks import FAR
from .._rows.arrays import host

__all__ = ["outputs"]

_ACTIVATIONS = {
    "relu": lambda a: a.then("Relu"),
    "tanh": lambda a: a.then("Tanh"),
    "logistic": lambda a: a.then("Sigmoid"),
    "silu": lambda a: a * a.then("Sigmoid"),
}


def outputs(networks, design, positions):
    """Outputs (n, K, n_outputs) of K networks."""
    activation = _ACTIVATIONS[networks.activation]
    first, *others = (host(layer) for layer in networks.layers)
    weights = design.widened(first[:, :, :-1], positions)
    # Products of one table with K, (K, n, units).
    table = design.bent(FAR).table @ weights.transpose(0, 2, 1) + first[:, None, :, -1]
    for layer, intercept in zip(others, [*networks.intercepts, None], strict=True):
        table = activation(table) @ layer.transpose(0, 2, 1)
        if intercept is not None:
            table = table + host(intercept).transpose(0, 2, 1)
    return table.then("Transpose", perm=[1, 0, 2])
