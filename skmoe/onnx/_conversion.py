"""Fitted mixtures as ONNX models by themselves."""

import numpy as np

from .._rows.arrays import host
from ._graph import Graph, Tensor
from ._model import described, outputs_of
from ._refusals import check_model, imported

__all__ = ["OPSET", "to_onnx"]

# The oldest version of the operators that has all that are used, so that many runtimes read it,
# and the format that came with it.
OPSET, _IR_VERSION = 13, 7


def to_onnx(model, *, dtype=None):
    """A fitted mixture as an ONNX model, which runs without Python.

    Its outputs are those of skl2onnx: of a regressor `variable`, (n_samples, n_outputs), what
    `predict` gives; of a classifier `label`, (n_samples,), and `probabilities`,
    (n_samples, n_classes); and of all `gate_proba`, (n_samples, n_experts). They take one table
    `X`, (n_samples, n_features). In float64 they agree with the estimator to rounding.

    A model that was fitted with `exposure`, `offset` or `trials` predicts as it does without:
    rates for an exposure of one, shares of successes. Columns that `fit` was given by name for
    these are no columns of `X`.

    Parameters
    ----------
    model : MoERegressor, MoEClassifier, HMERegressor or HMEClassifier
        Fitted. Gates and experts may be all of skmoe's but those made of scikit-learn estimators.
    dtype : dtype or None, default=None
        `numpy.float64` or `numpy.float32`, of `X`, the computation and the outputs. None takes
        that of the fit.

    Returns
    -------
    onnx.ModelProto

    Raises
    ------
    ImportError
        If onnx is not installed.
    ValueError
        If the model is no mixture, has parts that are not skmoe's own or made of scikit-learn
        estimators, has categories, or was fitted with groups.

    Warns
    -----
    LostDigitsWarning
        If `dtype` is coarser than that of the fit, and too coarse for the offset of a column.

    See Also
    --------
    register : Mixtures in pipelines, for skl2onnx.

    References
    ----------
    .. [1] ONNX: Open Neural Network Exchange, https://onnx.ai.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> from skmoe.onnx import to_onnx
    >>> x = np.linspace(-1, 1, 200).reshape(-1, 1)
    >>> model = MoERegressor(2, random_state=0).fit(x, np.abs(x[:, 0]))
    >>> [output.name for output in to_onnx(model).graph.output]
    ['variable', 'gate_proba']
    """
    check_model(model)
    imported("onnx")
    dtype = host(model._units.X.center).dtype if dtype is None else np.dtype(dtype)
    if dtype not in (np.float64, np.float32):
        raise ValueError(
            f"dtype={dtype} was given; float64, float32 or None is allowed. Pass "
            "dtype=numpy.float32 for small and fast models."
        )
    graph = Graph(dtype)
    for name, tensor in outputs_of(model, Tensor(graph, "X")).items():
        graph.name_output(tensor, name)
    inputs = {"X": (dtype, [None, model.n_features_in_])}
    return _written(graph, type(model).__name__, inputs, described(model, dtype))


def _written(graph, name, inputs, outputs):
    """The ONNX model of a graph, given types and shapes of inputs and outputs by name."""
    onnx = imported("onnx")
    helper = onnx.helper

    def told(values):
        return [
            helper.make_tensor_value_info(own, helper.np_dtype_to_tensor_dtype(dtype), shape)
            for own, (dtype, shape) in values.items()
        ]

    nodes = [helper.make_node(*node, **attributes) for *node, attributes in graph.nodes]
    constants = [onnx.numpy_helper.from_array(own, key) for key, own in graph.constants.items()]
    model = helper.make_model(
        helper.make_graph(nodes, name, told(inputs), told(outputs), constants),
        producer_name="skmoe",
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=_IR_VERSION,
    )
    onnx.checker.check_model(model)
    return model
