"""What is said of models that no graph is written for, and of libraries that are missing."""

import importlib

from sklearn.utils.validation import check_is_fitted

from ..estimators import MoEClassifier, MoERegressor

__all__ = ["check_model", "imported", "refuse_part"]

_ROOMS = {"gate": "gates", "expert": "experts", "family": "families"}


def refuse_part(kind, part):
    """What to raise for a gate, an expert or a family that has no graph."""
    room = _ROOMS[kind]
    return ValueError(
        f"The model has the {kind} {type(part).__name__}, which no graph is written for; those of "
        f"skmoe.{room} are allowed. Fit with one of these, or serve this model in Python."
    )


def check_model(model):
    """Raise unless a model is a fitted mixture that needs no more than numbers of a row.

    Raises
    ------
    ValueError
        If it is something else, or needs levels of categories or groups of rows.
    NotFittedError
        If it has not been fitted.
    """
    if not isinstance(model, (MoERegressor, MoEClassifier)):
        raise ValueError(
            f"model={type(model).__name__} was given; a fitted mixture of skmoe is allowed. For a "
            "Pipeline or another estimator that holds one, call skmoe.onnx.register() and "
            "skl2onnx.to_onnx."
        )
    check_is_fitted(model)
    if model._units.with_raw:
        raise ValueError(
            "The model has scikit-learn estimators as gate or experts, or others that look at the "
            "columns as given; gates and experts of skmoe are allowed. Fit with these, or serve "
            "this model in Python."
        )
    if model._categories:
        raise ValueError(
            f"The model has the categories {list(model.categories_)}, whose levels are told apart "
            "in Python; features that are numbers are allowed. Encode them before the mixture, "
            "with OneHotEncoder in a Pipeline, and fit with categorical_features=None."
        )
    if model._record.grouped:
        raise ValueError(
            "The model was fitted with groups, whose rows are answered together; rows that stand "
            "alone are allowed. Fit without groups, or serve this model in Python."
        )


def imported(name):
    """A module of the extra, or a word on how to install it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            f"skmoe.onnx needs {name}: install it with pip install 'skmoe[onnx]'"
        ) from error
