"""Graphs as ONNX models, by themselves or inside the pipelines that skl2onnx converts."""

import importlib

import numpy as np

from .._rows.arrays import host
from ..estimators import HMEClassifier, HMERegressor, MoEClassifier, MoERegressor
from ._graph import Graph, Tensor
from ._model import classes_of, outputs_of
from ._refusals import check_model

__all__ = ["register", "to_onnx"]

# The oldest version of the operators that has all that are used, so that many runtimes read it,
# and the format that came with it.
_OPSET, _IR_VERSION = 15, 8

# Beginnings of the names of skl2onnx's operators that do no more than put outputs into a form.
_OF_OUTPUTS = ("SklearnZipMap", "SklearnIdentity")


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
    onnx = _imported("onnx")
    dtype = host(model._units.X.center).dtype if dtype is None else np.dtype(dtype)
    if dtype not in (np.float64, np.float32):
        raise ValueError(
            f"dtype={dtype} was given; float64, float32 or None is allowed. Pass "
            "dtype=numpy.float32 for small and fast models."
        )
    graph = Graph(dtype)
    outputs = outputs_of(model, Tensor(graph, "X"))
    for name, tensor in outputs.items():
        graph.name_output(tensor, name)
    helper, kind = onnx.helper, onnx.helper.np_dtype_to_tensor_dtype
    shape = [None, model.n_features_in_]
    whole = helper.make_graph(
        [helper.make_node(*node, **attributes) for *node, attributes in graph.nodes],
        type(model).__name__,
        [helper.make_tensor_value_info("X", kind(dtype), shape)],
        [
            helper.make_tensor_value_info(name, kind(own), shape)
            for name, (own, shape) in _described(model, dtype).items()
        ],
        [onnx.numpy_helper.from_array(own, name) for name, own in graph.constants.items()],
    )
    made = helper.make_model(
        whole,
        producer_name="skmoe",
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
    )
    onnx.checker.check_model(made)
    return made


def _described(model, dtype):
    """Types and shapes of the outputs, by name."""
    if isinstance(model, MoEClassifier):
        classes = classes_of(model)
        own = {
            "label": (classes.dtype, [None]),
            "probabilities": (dtype, [None, len(classes)]),
        }
    else:
        own = {"variable": (dtype, [None, model._mixture.expert.family.n_outputs])}
    return {**own, "gate_proba": (dtype, [None, model.n_experts_])}


def _imported(name):
    """A module of the extra, or a word on how to install it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            f"skmoe.onnx needs {name}: install it with pip install 'skmoe[onnx]'"
        ) from error


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
    skl2onnx = _imported("skl2onnx")
    labels = {"zipmap": [True, False, "columns"], "nocl": [False]}
    for kind in (MoERegressor, MoEClassifier, HMERegressor, HMEClassifier):
        options = labels if issubclass(kind, MoEClassifier) else None
        skl2onnx.update_registered_converter(
            kind, f"Skmoe{kind.__name__}", _shapes, _converted, options=options
        )


def _shapes(operator):
    """Set the types and shapes of the outputs of one of skl2onnx's operators."""
    types = _imported("skl2onnx.common.data_types")
    check_model(operator.raw_operator)
    kinds = {
        np.dtype(np.float64): types.DoubleTensorType,
        np.dtype(np.float32): types.FloatTensorType,
        np.dtype(np.int64): types.Int64TensorType,
        np.dtype(object): types.StringTensorType,
    }
    described = _described(operator.raw_operator, _dtype_of(operator))
    for (dtype, shape), own in zip(described.values(), operator.outputs):
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
    graph = Graph(_dtype_of(operator), scope.get_unique_variable_name)
    outputs = outputs_of(model, Tensor(graph, operator.inputs[0].full_name))
    for name, own in zip(_described(model, graph.dtype), operator.outputs):
        graph.name_output(outputs[name], own.full_name)
    kind = _imported("onnx").helper.np_dtype_to_tensor_dtype
    for name, own in graph.constants.items():
        container.add_initializer(name, kind(own.dtype), own.shape, own.ravel().tolist())
    for node, inputs, names, attributes in graph.nodes:
        container.add_node(node, inputs, names, **attributes)
