"""X as given: which columns are no numbers or have gaps, said where validation refuses it."""

import numpy as np
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import validate_data

__all__ = ["validated"]

# Columns that a message names.
_NAMED = 5


def validated(estimator, X, *y, **words):
    """What scikit-learn's `validate_data` returns.

    Raises
    ------
    ValueError
        Where that refuses X for columns that are no numbers, or for missing values: with the names
        of the columns, and what to do.
    """
    try:
        return validate_data(estimator, X, *y, **words)
    except (TypeError, ValueError) as error:
        # Objects of all kinds in an array have no column to be named: scikit-learn says it.
        strange = isinstance(error, TypeError) and not hasattr(X, "columns")
        message = None if strange else _words(X, str(error))
        if message is None:
            raise
        raise ValueError(message) from error


def _words(X, error):
    """What is wrong with columns of X; None if nothing of that kind is."""
    columns = list(_columns(X))
    others = [f"{name} ({kind})" for name, values in columns if (kind := _kind(values))]
    if others:
        return (
            f"X has columns that are not numbers: {_listed(others)}. Encode categories and text "
            "(scikit-learn's OneHotEncoder, skrub's TableVectorizer), turn dates into numbers "
            "(such as days since a date), in a Pipeline before the mixture, or drop them."
        )
    if "Input X contains NaN" not in error:
        return None
    gaps = [name for name, values in columns if len(_known(values)) < len(values)]
    where = f" in the columns {_listed(gaps)}" if gaps else ""
    return (
        f"Input X contains NaN{where}: values are missing that gate or experts need. Fill them "
        "(SimpleImputer in a Pipeline), or give the mixture a gate and experts that both take "
        "missing values: gate='constant' or gate=HistGradientBoostingClassifier(), and "
        "expert=HistGradientBoostingRegressor() (of labels HistGradientBoostingClassifier())."
    )


def _columns(X):
    """Names and values of the columns of a frame, or of an array or nested list on the host."""
    names = getattr(X, "columns", None)
    if names is None:
        X = np.asarray(X) if isinstance(X, (list, tuple, np.ndarray)) else np.empty(0)
        names = range(X.shape[1]) if X.ndim == 2 else []
    for position, name in enumerate(names):
        yield repr(name), _safe_indexing(X, position, axis=1)


def _known(values):
    """The values of a column that are not missing, as an array."""
    for drop in ("dropna", "drop_nulls"):
        if hasattr(values, drop):
            values = getattr(values, drop)()
    values = np.asarray(values)
    return values[~np.isnan(values)] if values.dtype.kind == "f" else values


def _kind(values):
    """What a column is that is no numbers; None of numbers."""
    known = _known(values)
    if known.dtype.kind in "biufc":
        return None
    if known.dtype.kind in "mM":
        return str(known.dtype)
    try:
        known.astype(float)
    except (TypeError, ValueError):
        kind = getattr(values, "dtype", "text")
        kind = "text" if getattr(kind, "kind", "") == "U" or str(kind) == "object" else kind
        return f"{kind}, such as {known.tolist()[0]!r}"
    return None


def _listed(names):
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
