"""The whole graph: from rows as they are given to the outputs of an estimator."""

import warnings

import numpy as np

from .._rows.arrays import host
from ..estimators import MoEClassifier
from ..estimators._data_diagnosis import lost_digits
from ._design import design_of
from ._experts import predict
from ._gates import log_joint

__all__ = ["described", "outputs_of"]


def outputs_of(model, X):
    """Outputs of a fitted mixture by name, given a tensor X of shape (n, n_features).

    Returns
    -------
    dict of str to Tensor
        `variable` of a regressor, `label` and `probabilities` of a classifier; `gate_proba`.
    """
    _warn_of_lost_digits(model, X.graph.dtype)
    gate, bank = model._mixture.inside
    design = design_of(model._units, X)
    weight = log_joint(gate, design).then("Softmax", axis=1)
    by_output = weight.then("Unsqueeze", X.graph.positions([2]))
    average = (by_output * predict(bank, design)).sum(axis=1)
    own = _labelled if isinstance(model, MoEClassifier) else _restored
    return {**own(model, average), "gate_proba": weight}


def _warn_of_lost_digits(model, dtype):
    """Warn of offsets that a graph has fewer digits for than the fit had."""
    if np.finfo(dtype).eps > np.finfo(host(model._units.X.center).dtype).eps:
        names = getattr(model, "feature_names_in_", range(model.n_features_in_))
        for kind, text in lost_digits(model._units, names, dtype):
            warnings.warn(text, kind, stacklevel=4)


def _restored(model, average):
    """Expected targets (n, n_outputs) in the units given."""
    units = model._units.y
    if units is not None:
        average = average * host(units.spread) + host(units.center)
    return {"variable": average}


def _labelled(model, average):
    """The most probable class (n,) and probabilities (n, n_classes)."""
    graph = average.graph
    code = average.then("ArgMax", axis=1, keepdims=0)
    label = graph.constant(_classes_of(model)).then("Gather", code, axis=0)
    return {"label": label, "probabilities": average}


def _classes_of(model):
    """The classes as an array of a type that a graph knows: int64, float64 or text.

    As in skl2onnx, False and True are 0 and 1.
    """
    classes = host(model.classes_)
    kinds = {"i": np.int64, "u": np.int64, "b": np.int64, "f": np.float64}
    return classes.astype(kinds.get(classes.dtype.kind, object))


def described(model, dtype):
    """Types and shapes of the outputs of a fitted mixture, by name."""
    if isinstance(model, MoEClassifier):
        classes = _classes_of(model)
        own = {
            "label": (classes.dtype, [None]),
            "probabilities": (dtype, [None, len(classes)]),
        }
    else:
        own = {"variable": (dtype, [None, model._mixture.expert.family.n_outputs])}
    return {**own, "gate_proba": (dtype, [None, model.n_experts_])}
