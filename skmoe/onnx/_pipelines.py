"""Mixtures inside the pipelines that skl2onnx converts."""

import numpy as np

from ..estimators import HMEClassifier, HMERegressor, MoEClassifier, MoERegressor
from ._conversion import OPSET
from ._graph import Graph, Tensor
from ._model import described, outputs_of
from ._refusals import check_model, imported

__all__ = ["register"]

# Beginnings of the names of skl2onnx's operators that do no more than put outputs into a form.
_OF_OUTPUTS = ("SklearnZipMap", "SklearnIdentity")


def register():
    """Tell skl2onnx of skmoe's estimators, so that it converts pipelines that end with one.

    The outputs are those of :func:`to_onnx` without `gate_proba`; of classifiers skl2onnx makes a
    list of dictionaries of the probabilities, unless it is given `options={"zipmap": False}`.

    Raises
    ------
    ImportError
        If skl2onnx is not installed.

    Notes
    -----
    skl2onnx computes in float32 where X, by which it is told the types, is in float32. A mixture
    that is followed by another step, which is given the gate's probabilities there, is refused.

    Examples
    --------
    >>> import numpy as np
    >>> import skl2onnx
    >>> import skmoe.onnx
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skmoe import MoERegressor
    >>> x = np.linspace(-1, 1, 200).reshape(-1, 1)
    >>> model = make_pipeline(StandardScaler(), MoERegressor(2, random_state=0))
    >>> skmoe.onnx.register()
    >>> made = skl2onnx.to_onnx(model.fit(x, np.abs(x[:, 0])), x)
    >>> [output.name for output in made.graph.output]
    ['variable']
    """
    skl2onnx = imported("skl2onnx")
    labels = {"zipmap": [True, False, "columns"], "nocl": [False]}
    for kind in (MoERegressor, MoEClassifier, HMERegressor, HMEClassifier):
        options = labels if issubclass(kind, MoEClassifier) else None
        skl2onnx.update_registered_converter(
            kind, f"Skmoe{kind.__name__}", _shapes, _converted, options=options
        )


def _shapes(operator):
    """Set the types and shapes of the outputs of one of skl2onnx's operators."""
    types = imported("skl2onnx.common.data_types")
    check_model(operator.raw_operator)
    kinds = {
        np.dtype(np.float64): types.DoubleTensorType,
        np.dtype(np.float32): types.FloatTensorType,
        np.dtype(np.int64): types.Int64TensorType,
        np.dtype(object): types.StringTensorType,
    }
    outputs = described(operator.raw_operator, _dtype_of(operator))
    for (dtype, shape), own in zip(outputs.values(), operator.outputs):
        own.type = kinds[dtype](shape)


def _dtype_of(operator):
    """What one of skl2onnx's operators computes in: that of its input."""
    if len(operator.inputs) != 1:
        raise ValueError(
            f"X is {len(operator.inputs)} inputs, one for every column, say; one table is allowed. "
            "Put a ColumnTransformer before the mixture, or pass initial_types with one."
        )
    kind = type(operator.inputs[0].type).__name__
    return np.dtype(np.float64 if kind == "DoubleTensorType" else np.float32)


def _check_readers(scope, operator):
    """Raise a ValueError if the outputs of one of skl2onnx's operators are not what is wanted."""
    names = {own.full_name for own in operator.outputs}
    for other in scope.operators.values():
        if not names & {own.full_name for own in other.inputs}:
            continue
        if not other.type.startswith(_OF_OUTPUTS):
            raise ValueError(
                f"{type(operator.raw_operator).__name__} is followed by another step, which is "
                "given the gate's probabilities, but skl2onnx passes predictions on; a mixture as "
                "the last step is allowed. Leave out what follows, or serve the pipeline in Python."
            )
        if other.type == "SklearnZipMap" and _dtype_of(operator) == np.float64:
            raise ValueError(
                "Probabilities in float64 were asked for as dictionaries, which no runtime makes. "
                "Pass options={'zipmap': False}, or X in float32."
            )


def _converted(scope, operator, container):
    """Add the graph of a mixture to skl2onnx's."""
    model = operator.raw_operator
    _check_readers(scope, operator)
    if container.target_opset_onnx < OPSET:
        raise ValueError(
            f"target_opset={container.target_opset_onnx} was given; {OPSET} or more is allowed. "
            "Leave it out for the newest that skl2onnx knows."
        )
    kind = imported("onnx").helper.np_dtype_to_tensor_dtype
    graph = Graph(_dtype_of(operator), scope.get_unique_variable_name)
    # Whole numbers may be asked about too.
    X = Tensor(graph, operator.inputs[0].full_name).then("Cast", to=kind(graph.dtype))
    outputs = outputs_of(model, X)
    for name, own in zip(described(model, graph.dtype), operator.outputs):
        graph.name_output(outputs[name], own.full_name)
    for name, own in graph.constants.items():
        container.add_initializer(name, kind(own.dtype), own.shape, own.ravel().tolist())
    for node, inputs, names, attributes in graph.nodes:
        container.add_node(node, inputs, names, **attributes)
