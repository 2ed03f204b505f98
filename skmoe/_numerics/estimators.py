"""scikit-learn estimators as parts: the weighted rows that they learn from, and their fit."""

import numpy as np
from sklearn import config_context
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import has_fit_parameter

from .._rows.arrays import concat_rows, host
from .._rows.blocks import thread_pools

__all__ = [
    "BLOCK_ROWS",
    "Refitted",
    "Rows",
    "check_finite",
    "class_proba",
    "fit_labels",
    "fit_weighted",
    "in_parallel",
    "raw_columns",
    "set_random_states",
]

# Rows of a block where estimators are asked: a call costs as much as a thousand rows.
BLOCK_ROWS = 65536

# How far the sum of a row of probabilities may be from one.
_ROUNDING = 1e-3


class Fits:
    """How often the estimators of a part have been fitted; all values of the part share it."""

    def __init__(self):
        self.count = 0


class Refitted:
    """What parts made of estimators have in common: their estimators can be kept as they are."""

    is_frozen = False
    forgets_rows = False

    def frozen(self, is_frozen=True):
        """Part that keeps its estimators from now on, or fits them anew on every pass."""
        return self if self.is_frozen == is_frozen else self._replaced(is_frozen=is_frozen)

    def _counting(self):
        """Part that counts its fits from zero."""
        return self._replaced(fits=Fits())

    @property
    def n_fits(self):
        """Fits of the estimators so far."""
        return self.fits.count

    def allows_sparse(self):
        """Whether the estimator takes a sparse X."""
        return get_tags(self.estimator).input_tags.sparse

    def allows_missing(self):
        """Whether the estimator takes missing values."""
        return _allows_missing(self.estimator)

    def cost(self):
        """Names of the estimators and how often each was fitted."""
        return {type(self.estimator).__name__: self.n_fits}


class Rows:
    """Rows of tables as a statistic: put together, they stand under one another.

    Parameters
    ----------
    *tables : arrays of shape (n, ...) on the host
    """

    def __init__(self, *tables):
        self.tables = tables

    def __add__(self, other):
        """Rows of both."""
        pairs = zip(self.tables, other.tables, strict=True)
        return Rows(*(concat_rows(pair) for pair in pairs))


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


def set_random_states(part, random_state):
    """Give the estimators in a part that draw numbers freely a state of their own.

    Fitted anew on every pass, they would otherwise be judged by their luck.
    """
    names = [name for name in part.get_params() if name.split("__")[-1] == "random_state"]
    free = [name for name in sorted(names) if part.get_params()[name] is None]
    part.set_params(**{name: random_state.randint(2**31 - 1) for name in free})


def _allows_missing(estimator):
    """Whether an estimator, or a pipeline's first step, takes missing values."""
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[0][1]
    return not isinstance(estimator, str) and get_tags(estimator).input_tags.allow_nan


def _repeats(weight):
    """How often rows of given weights are drawn: whole numbers that add up to the same.

    Systematic resampling: wherever the running sum passes a half, the row is drawn.
    """
    total = np.floor(np.cumsum(weight) + 0.5).astype(int)
    times = np.diff(total, prepend=0)
    times[np.argmax(weight)] += not times.any()
    return times


def _sample(estimator, X, y, weight):
    """Rows, targets and keywords for `fit`: the weights, or rows drawn by them."""
    name = _weight_name(estimator)
    if name is not None:
        return X, y, {name: weight}
    rows = np.repeat(np.arange(len(y)), _repeats(weight))
    return X[rows], y[rows], {}


def fit_weighted(estimator, X, y, weight):
    """A clone of `estimator`, fitted to weighted rows."""
    X, y, params = _sample(estimator, X, y, weight)
    return clone(estimator).fit(X, y, **params)


def in_parallel(function, arguments, n_jobs):
    """Results of a function for every tuple of arguments, in order."""
    # Side by side, the fits share the cores: each gets one thread of its own libraries.
    limit = None if n_jobs in (None, 1) else 1
    # The weights are ours: no estimator needs to ask for them.
    with config_context(enable_metadata_routing=False), thread_pools().limit(limits=limit):
        parallel = Parallel(n_jobs=n_jobs, prefer="threads", batch_size=1)
        return parallel(delayed(function)(*given) for given in arguments)


def fit_labels(estimator, X, label, weight):
    """A clone of a classifier, fitted to weighted rows; of one label or no column, their shares."""
    X, label, params = _sample(estimator, X, label, weight)
    if X.shape[1] > 0 and (label != label[0]).any():
        return clone(estimator).fit(X, label, **params)
    return DummyClassifier(strategy="prior").fit(X, label, *params.values())


def class_proba(estimator, X, n_classes, floor):
    """Probabilities (n, n_classes) of the labels 0, 1, ..., also of those never seen in a fit.

    The share `floor` is mixed in equally. No probability is zero, not in float32 either.
    """
    given = np.asarray(estimator.predict_proba(X), dtype=float)
    known = estimator.classes_
    if given.shape != (X.shape[0], len(known)):
        raise ValueError(
            f"{type(estimator).__name__} has given probabilities of shape {given.shape} for "
            f"{X.shape[0]} rows and {len(known)} classes; ({X.shape[0]}, {len(known)}) is allowed. "
            "Mend its predict_proba: one column for every label in classes_."
        )
    _check_proba(estimator, given)
    proba = np.full((X.shape[0], n_classes), floor / n_classes)
    proba[:, known] += (1 - floor) * given
    return np.maximum(proba, np.finfo(np.float32).tiny)


def _check_proba(estimator, given):
    """Whether what a classifier has answered are probabilities, to rounding."""
    bad = ~((given >= -_ROUNDING).all(axis=1) & (abs(given.sum(axis=1) - 1) <= _ROUNDING))
    if bad.any():
        raise ValueError(
            f"predict_proba of {type(estimator).__name__} gave rows such as "
            f"{given[bad][0].tolist()[:10]}, {bad.sum()} of {len(given)}; numbers of at least 0 "
            "that sum to 1 are needed. Mend it, or wrap the estimator in CalibratedClassifierCV."
        )


def check_finite(estimator, answer):
    """Raise if a regressor has predicted what is no number."""
    bad = ~np.isfinite(answer).all(axis=1)
    if bad.any():
        raise ValueError(
            f"predict of {type(estimator).__name__} gave {answer[bad][0].tolist()[:10]}, in "
            f"{bad.sum()} of {len(answer)} rows; finite numbers are needed. Scale its columns or "
            "targets, or pass an estimator that bounds its answers."
        )
