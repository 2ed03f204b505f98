"""Mixtures of experts for tabular data, as scikit-learn estimators."""

__version__ = "0.2.0"  # estimators, which stamp it on what they store, are imported below

import importlib

from ._versions import show_versions
from .estimators import TRUSTED_TYPES, HMEClassifier, HMERegressor, MoEClassifier, MoERegressor

__all__ = [
    "TRUSTED_TYPES",
    "HMEClassifier",
    "HMERegressor",
    "MoEClassifier",
    "MoERegressor",
    "__version__",
    "show_versions",
]

# Rooms that users enter; those that the estimators need not are imported when first named.
_ROOMS = [
    "datasets",
    "distribution",
    "exceptions",
    "experts",
    "families",
    "gates",
    "inference",
    "inspection",
    "model_selection",
    "onnx",
    "readers",
    "solvers",
    "summary",
    "testing",
]


def __getattr__(name):
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*__all__, *_ROOMS])
