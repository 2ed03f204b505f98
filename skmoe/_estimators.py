"""scikit-learn estimators as parts: the weighted rows that they learn from, and their fit."""

import numpy as np
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from ._arrays import array_namespace, host

__all__ = [
    "BLOCK_ROWS",
    "Refitted",
    "Rows",
    "class_proba",
    "fit_labels",
    "fit_weighted",
    "raw_columns",
    "set_random_states",
    "takes_weights",
    "weight_params",
]

# Rows of a block where estimators are asked: a call costs as much as a thousand rows.
BLOCK_ROWS = 65536


class Refitted:
    """What parts made of estimators have in common: their estimators can be kept as they are."""

    is_frozen = False

    def frozen(self):
        """Part that keeps its estimators from now on."""
        return self if self.is_frozen else self._replaced(is_frozen=True)

    def thawed(self):
        """Part that fits its estimators anew on every pass."""
        return self._replaced(is_frozen=False) if self.is_frozen else self


class Rows:
    """Rows of tables as a statistic: put together, they stand under one another.

    Parameters
    ----------
    *tables : arrays of shape (n, ...)
    """

    def __init__(self, *tables):
        self.tables = tables

    def __add__(self, other):
        """Rows of both."""
        pairs = zip(self.tables, other.tables, strict=True)
        return Rows(*(array_namespace(a).concat([a, b], axis=0) for a, b in pairs))


def raw_columns(X, positions):
    """Columns of a design without its constant, on the host."""
    table = host(X)[:, :-1]
    return table if positions is None else table[:, list(positions)]


def _weight_name(estimator):
    """Keyword of the row weights in `fit`, or None."""
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        inner = _weight_name(last)
        return None if inner is None else f"{name}__{inner}"
    return "sample_weight" if has_fit_parameter(estimator, "sample_weight") else None


def takes_weights(estimator):
    """Whether `fit` takes row weights."""
    return _weight_name(estimator) is not None


def weight_params(estimator, weight):
    """Keywords of `fit` that pass row weights."""
    name = _weight_name(estimator)
    return {} if name is None else {name: weight}


def set_random_states(part, random_state):
    """Give the estimators in a part that draw numbers freely a state of their own.

    Fitted anew on every pass, they would otherwise be judged by their luck.
    """
    names = [name for name in part.get_params() if name.split("__")[-1] == "random_state"]
    free = [name for name in sorted(names) if part.get_params()[name] is None]
    part.set_params(**{name: random_state.randint(2**31 - 1) for name in free})


def fit_weighted(estimator, X, y, weight):
    """A clone of `estimator`, fitted to weighted rows."""
    return clone(estimator).fit(X, y, **weight_params(estimator, weight))


def fit_labels(estimator, X, label, weight):
    """A clone of a classifier, fitted to weighted rows; of one label or no column, their shares."""
    several = X.shape[1] > 0 and (label != label[0]).any()
    return fit_weighted(
        estimator if several else DummyClassifier(strategy="prior"), X, label, weight
    )


def class_proba(estimator, X, n_classes, floor):
    """Probabilities (n, n_classes) of the labels 0, 1, ..., also of those never seen in a fit.

    The share `floor` is mixed in equally. No probability is zero, not in float32 either.
    """
    proba = np.full((len(X), n_classes), floor / n_classes)
    proba[:, estimator.classes_] += (1 - floor) * estimator.predict_proba(X)
    return np.maximum(proba, np.finfo(np.float32).tiny)
