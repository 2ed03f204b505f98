"""A graph as it is written down: nodes, constants, and tensors to compute with."""

from itertools import count

import numpy as np

__all__ = ["Graph", "Tensor"]


class Graph:
    """Nodes and constants of an ONNX graph, in the order in which they were made.

    Parameters
    ----------
    dtype : dtype
        Of all numbers that are no positions: float64 or float32.
    unique : callable, default=None
        Takes a word to a name that nothing in the graph has yet. None counts.

    Attributes
    ----------
    nodes : list of (str, list of str, list of str, dict)
        Operator, names of its inputs and outputs, attributes.
    constants : dict of str to ndarray
    """

    def __init__(self, dtype, unique=None):
        self.dtype = np.dtype(dtype)
        self.nodes, self.constants = [], {}
        numbers = count()
        self._unique = unique or (lambda seed: f"{seed}_{next(numbers)}")

    def constant(self, values):
        """A constant of any type as a tensor."""
        name = self._unique("constant")
        self.constants[name] = values
        return Tensor(self, name)

    def numbers(self, values):
        """A tensor itself, or numbers as a constant."""
        if isinstance(values, Tensor):
            return values
        # Limits of float64 are infinite in float32.
        with np.errstate(over="ignore"):
            return self.constant(np.asarray(values).astype(self.dtype))

    def positions(self, values):
        """Positions or sizes as a constant."""
        return self.constant(np.asarray(values, dtype=np.int64))

    def add(self, operator, *inputs, n_outputs=1, **attributes):
        """The output of a new node, or all outputs where there are several."""
        inputs = [self.numbers(own).name for own in inputs]
        names = [self._unique(operator.lower()) for _ in range(n_outputs)]
        self.nodes.append((operator, inputs, names, attributes))
        tensors = [Tensor(self, name) for name in names]
        return tensors if n_outputs > 1 else tensors[0]

    def concat(self, tensors):
        """Tensors side by side, along axis 1."""
        return tensors[0] if len(tensors) == 1 else self.add("Concat", *tensors, axis=1)

    def name_output(self, tensor, name):
        """Give a tensor the name of an output."""
        self.nodes.append(("Identity", [tensor.name], [name], {}))


class Tensor:
    """A value of a graph. What is computed with it becomes nodes; numbers become constants."""

    # NumPy leaves it to the methods below what an array and a tensor are together.
    __array_ufunc__ = None

    def __init__(self, graph, name):
        self.graph, self.name = graph, name

    def then(self, operator, *inputs, **attributes):
        """What an operator makes of it and of further inputs."""
        return self.graph.add(operator, self, *inputs, **attributes)

    def take(self, positions, axis=1):
        """Entries at some positions along an axis."""
        return self.then("Gather", self.graph.positions(positions), axis=axis)

    def reshape(self, *shape):
        """Another shape, in which 0 stands for the size there was and -1 for what is left."""
        return self.then("Reshape", self.graph.positions(shape))

    def sum(self, axis):
        """Sum along an axis, which goes."""
        return self.then("ReduceSum", self.graph.positions([axis]), keepdims=0)

    def __neg__(self):
        return self.then("Neg")

    def __add__(self, other):
        return self.then("Add", other)

    def __sub__(self, other):
        return self.then("Sub", other)

    def __mul__(self, other):
        return self.then("Mul", other)

    def __truediv__(self, other):
        return self.then("Div", other)

    def __matmul__(self, other):
        return self.then("MatMul", other)

    def __radd__(self, other):
        return self.graph.add("Add", other, self)

    def __rsub__(self, other):
        return self.graph.add("Sub", other, self)

    def __rmul__(self, other):
        return self.graph.add("Mul", other, self)
