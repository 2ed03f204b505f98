"""Banks of small networks: K at once, as stacked matrix products.

Tables inside are stored with the rows last, (K, units, n): then every layer of all networks is
one product, and the first layer, whose input they share, is one plain matrix product.
"""

import math
from itertools import pairwise
from typing import Any, NamedTuple

from .._rows.arrays import array_namespace, is_sparse, like

__all__ = ["ACTIVATIONS", "FAR", "Networks", "bent"]


def _relu(a):
    xp = array_namespace(a)
    value = xp.maximum(a, xp.zeros_like(a[:1, :1, :1]))
    return value, lambda slope: slope * xp.astype(value > 0, value.dtype)


def _tanh(a):
    value = array_namespace(a).tanh(a)
    return value, lambda slope: slope * (1 - value * value)


def _logistic(a):
    # By tanh, which cannot overflow.
    value = 0.5 * array_namespace(a).tanh(0.5 * a) + 0.5
    return value, lambda slope: slope * (value * (1 - value))


def _silu(a):
    gate, _ = _logistic(a)
    value = a * gate
    return value, lambda slope: slope * (gate + value * (1 - gate))


# Name -> function that gives the values and takes slopes back through them, and the variance of
# the weights, times the number of inputs, at which signals neither grow nor fade (He et al. 2015).
ACTIVATIONS = {
    "relu": (_relu, 2.0),
    "tanh": (_tanh, 1.0),
    "logistic": (_logistic, 1.0),
    "silu": (_silu, 2.0),
}


# Standard deviations that the networks take as they are.
FAR = 10.0


class Networks(NamedTuple):
    """K networks of the same shape with hidden layers and a linear output.

    Attributes
    ----------
    activation : str
        Key of `ACTIVATIONS`.
    layers : tuple of arrays of shape (K, n_units, n_inputs)
        Weights. The constant of the design serves the first layer as its intercept; the output
        has none.
    intercepts : tuple of arrays of shape (K, n_units, 1)
        Of the second and further hidden layers.

    References
    ----------
    .. [1] He, K., Zhang, X., Ren, S. & Sun, J. (2015). Delving deep into rectifiers. International
       Conference on Computer Vision, 1026-1034.
    """

    activation: str
    layers: Any
    intercepts: Any

    @classmethod
    def drawn(cls, activation, n_networks, sizes, x, random_state):
        """Networks that give zero, with random hidden layers.

        Parameters
        ----------
        activation : str
        n_networks : int
        sizes : list of int
            Columns of the design, units of the hidden layers, outputs.
        x : array
            Tells namespace, device and dtype.
        random_state : RandomState
        """
        gain = ACTIVATIONS[activation][1]
        layers = [
            like(random_state.normal(0, math.sqrt(gain / rows), (n_networks, units, rows)), x)
            for rows, units in pairwise(sizes[:-1])
        ]
        xp = array_namespace(x)
        last = xp.zeros_like(layers[-1][:, :1, :1])
        layers.append(xp.broadcast_to(last, (n_networks, sizes[-1], sizes[-2])) + 0.0)
        inner = (xp.zeros_like(layer[:, :, :1]) for layer in layers[1:-1])
        return cls(activation, tuple(layers), tuple(inner))

    def take(self, rows):
        """Some of the networks; `rows` is an array of int."""
        return self._each(lambda xp, x: xp.take(x, rows, axis=0))

    def joined(self, other):
        """These networks and, after them, others of the same shape."""
        xp = array_namespace(self.layers[0])
        pairs = zip(self._tables(), other._tables(), strict=True)
        return self._rebuilt([xp.concat(pair, axis=0) for pair in pairs])

    def _tables(self):
        return [*self.layers, *self.intercepts]

    def _rebuilt(self, tables):
        cut = len(self.layers)
        return self._replace(layers=tuple(tables[:cut]), intercepts=tuple(tables[cut:]))

    def _each(self, f):
        return self._rebuilt([f(array_namespace(x), x) for x in self._tables()])

    def outputs(self, X):
        """Outputs (K, n_outputs, n) for a shared design (n, D) or one for each, (K, D, n)."""
        return self.outputs_and_gradient(X)[0]

    def outputs_and_gradient(self, X):
        """Outputs, and the function that takes their slopes to the gradient, a vector."""
        xp, X = array_namespace(X), bent(X)
        act = ACTIVATIONS[self.activation][0]
        inputs, back = [], []
        table = self._first(X)
        for layer, intercept in zip(self.layers[1:], [*self.intercepts, 0.0], strict=True):
            table, slopes_back = act(table)
            inputs.append(table)
            back.append(slopes_back)
            table = layer @ table + intercept

        def gradient(slope):
            layers, intercepts = [], []
            for index in range(len(back) - 1, -1, -1):
                layers.append(slope @ xp.matrix_transpose(inputs[index]))
                if index < len(self.intercepts):
                    intercepts.append(xp.sum(slope, axis=2, keepdims=True))
                below = xp.matrix_transpose(self.layers[index + 1]) @ slope
                slope = back[index](below)
            layers.append(self._first_gradient(X, slope))
            return _vector([*reversed(layers), *reversed(intercepts)])

        return table, gradient

    def _first(self, X):
        """First layer before its activation; of a shared design one plain product."""
        first, xp = self.layers[0], array_namespace(X)
        if X.ndim == 3:
            return first @ X
        networks, units, size = first.shape
        rows = xp.reshape(first, (networks * units, size)) @ X.T
        return xp.reshape(rows, (networks, units, X.shape[0]))

    def _first_gradient(self, X, slope):
        xp = array_namespace(X)
        if X.ndim == 3:
            return slope @ xp.matrix_transpose(X)
        networks, units, n = slope.shape
        rows = xp.reshape(slope, (networks * units, n)) @ X
        return xp.reshape(rows, self.layers[0].shape)

    @property
    def params(self):
        """All weights and intercepts as one vector."""
        return _vector(self._tables())

    def with_params(self, params):
        """Networks with other weights and intercepts."""
        xp, tables, first = array_namespace(params), [], 0
        for table in self._tables():
            size = math.prod(table.shape)
            tables.append(xp.reshape(params[first : first + size], table.shape))
            first += size
        return self._rebuilt(tables)

    @property
    def coefficients(self):
        """Vector like `params`: 1 for weights, 0 for intercepts."""
        return self.ridge(array_namespace(self.layers[0]).ones_like(self.layers[0][:, 0, 0]))

    def ridge(self, alphas):
        """Vector like `params`: the penalty (K,) of every network for weights, 0 for intercepts."""
        xp = array_namespace(alphas)
        first, *others = (xp.zeros_like(x) + alphas[:, None, None] for x in self.layers)
        first = xp.concat([first[:, :, 1:], xp.zeros_like(first[:, :, :1])], axis=2)
        return _vector([first, *others, *(xp.zeros_like(table) for table in self.intercepts)])


def bent(X, far=FAR):
    """Columns of a design that grow as logarithms do beyond `far` standard deviations.

    A network extrapolates along whatever slope it happens to end with: one row far outside would
    ruin a mean of squares. Columns of a sparse table share one scale, and stay as they are.
    """
    if is_sparse(X):
        return X
    xp = array_namespace(X)
    beyond = xp.abs(X) > far
    if not bool(xp.any(beyond)):
        return X
    table, few = xp.asarray(X, copy=True), X[beyond]
    table[beyond] = xp.sign(few) * (far + xp.log1p(xp.abs(few) - far))
    return table


def _vector(tables):
    xp = array_namespace(tables[0])
    return xp.concat([xp.reshape(table, (-1,)) for table in tables])
