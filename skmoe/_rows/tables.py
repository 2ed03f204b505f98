"""X and y as given: what is taken, and what is said of columns that are not."""

from collections import Counter

import numpy as np
from scipy.sparse import csr_array
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import validate_data

from .arrays import array_namespace, is_sparse

__all__ = [
    "accepted",
    "as_type_of",
    "check_column",
    "check_known",
    "check_names",
    "columns_of",
    "holds_text",
    "is_elsewhere",
    "is_frame",
    "known_values",
    "noted_columns",
    "validated",
]

# Columns that a message names.
_NAMED = 5


def accepted(parts, X):
    """What a gate and an expert (of settings or a mixture) take as X, as words for validation."""
    missing = parts.gate.allows_missing() and parts.expert.allows_missing() and not is_sparse(X)
    sparse = parts.gate.allows_sparse() and parts.expert.allows_sparse()
    return {
        "ensure_all_finite": "allow-nan" if missing else True,
        "accept_sparse": "csr" if sparse else False,
    }


def validated(estimator, X, *y, **words):
    """What scikit-learn's `validate_data` returns.

    Raises
    ------
    ValueError
        Where that refuses X for columns that are no numbers, or for missing values: with the names
        of the columns, and what to do.
    """
    # A cast would make numbers of dates, in whatever unit they are held.
    message = _words(X, "") if is_elsewhere(X) or _holds_times(X) else None
    if message is not None:
        raise ValueError(message)
    check_names(X)
    try:
        # It adds up all of X to look for what is not finite: sums of the largest are not.
        with np.errstate(over="ignore", invalid="ignore"):
            checked = validate_data(estimator, X, *y, **words)
    except (TypeError, ValueError) as error:
        # Objects of all kinds in an array have no column to be named: scikit-learn says it.
        strange = isinstance(error, TypeError) and not is_frame(X)
        message = None if strange else _words(X, str(error))
        if message is None:
            raise
        raise ValueError(message) from error
    X, *y = checked if y else (checked,)
    # Of sparse matrices, the older kind, sums are matrices again.
    X = csr_array(X) if is_sparse(X) else X
    return (X, *y) if y else X


def noted_columns(checked):
    """What validation has noted about the columns on the estimator `checked`, by attribute."""
    names = ("n_features_in_", "feature_names_in_")
    return {name: getattr(checked, name) for name in names if hasattr(checked, name)}


def as_type_of(y, X):
    """Targets as floating-point numbers of the type of X, which must be able to hold them."""
    xp = array_namespace(y)
    if y.dtype == X.dtype or not xp.isdtype(y.dtype, "real floating"):
        return xp.astype(y, X.dtype, copy=False)
    least, most = (float(getattr(xp.finfo(X.dtype), name)) for name in ("smallest_normal", "max"))
    largest = float(xp.max(xp.abs(y))) if y.shape[0] else 0.0
    if largest and not least <= largest <= most:
        raise ValueError(
            f"y holds numbers up to {largest:.3g}; from {least:.3g} to {most:.3g} is allowed for X "
            f"of {X.dtype}. Pass X as float64, or divide y by a number."
        )
    return xp.astype(y, X.dtype)


def check_names(X):
    """Raise a ValueError for a table whose columns cannot be told apart, or are no columns."""
    if not is_frame(X):
        return
    if hasattr(X, "column_names"):
        raise ValueError(
            f"X is a {type(X).__name__} of {type(X).__module__.partition('.')[0]}, whose columns "
            "are in pieces; a data frame or an array is allowed. Pass X.to_pandas() or "
            "polars.from_arrow(X)."
        )
    counts = Counter(X.columns)
    if doubled := [repr(name) for name, number in counts.items() if number > 1]:
        raise ValueError(
            f"X has several columns of the name {_listed(doubled)}; names of one column each are "
            "allowed. Rename them, or pass X.to_numpy()."
        )


def check_known(values, name):
    """Raise a ValueError if values of a column of a frame are missing."""
    if hasattr(values, "dropna") and len(values.dropna()) < len(values):
        raise ValueError(f"{name} contains NaN: values are missing. Leave out those rows.")


def check_column(values, name):
    """Raise a ValueError for targets or weights that a cast would take for numbers, or cannot."""
    check_known(values, name)
    if is_sparse(values):
        raise ValueError(f"{name} is sparse; a dense array is allowed. Pass {name}.toarray().")
    if _holds_times(values):
        raise ValueError(
            f"{name} holds dates or durations; numbers are allowed. Turn them into numbers, such "
            "as days since a date."
        )


def is_elsewhere(X):
    """Whether X is no table, but something that gives one: a reader, a query, a graph of tasks."""
    return any(hasattr(X, name) for name in ("__call__", "__next__", "collect", "__dask_graph__"))


def is_frame(X):
    """Whether X has columns; one that is still to be computed has no shape."""
    return hasattr(X, "shape") and hasattr(X, "columns")


def _holds_times(values):
    """Whether an array, a column or a table holds dates, durations or records."""
    own = getattr(values, "dtype", None)
    types = getattr(values, "dtypes", ()) if is_frame(values) else (own,)
    return any(
        getattr(dtype, "kind", "") in ("m", "M", "V") or getattr(dtype, "is_temporal", bool)()
        for dtype in set(types)
    )


def _words(X, error):
    """What is wrong with columns of X; None if nothing of that kind is."""
    if callable(X) or hasattr(X, "__next__"):
        kind = "a function" if callable(X) else "an iterator"
        return (
            f"X is {kind}; a table is allowed. Pass a function that reads batches to fit_blocks "
            "and, of a fitted mixture, to predict, score and their like."
        )
    if hasattr(X, "__dask_graph__"):
        return (
            f"X is a {type(X).__name__} of dask; a table in memory is allowed. The estimators of "
            "skmoe.dask fit and predict where it lies; for all else pass X.compute(), or one "
            "partition after the other."
        )
    if hasattr(X, "collect"):
        return "X is a query that has not run yet; a table is allowed. Pass X.collect()."
    columns = list(columns_of(X))
    if is_frame(X) and not columns:
        return "X is a table without columns; at least 1 is needed."
    others = [f"{name} ({kind})" for name, values in columns if (kind := kind_of(values))]
    if others:
        return (
            f"X has columns that are not numbers: {_listed(others)}. Categories and "
            "short text are taken by fit in a whole data frame with "
            "categorical_features='from_dtype', not in batches or partitions: encode them there "
            "(scikit-learn's OneHotEncoder, skrub's TableVectorizer). Turn dates into numbers "
            "(such as days since a date), or drop such columns."
        )
    if "Input X contains NaN" not in error:
        return None
    gaps = [name for name, values in columns if len(known_values(values)) < len(values)]
    where = f" in the columns {_listed(gaps)}" if gaps else ""
    return (
        f"Input X contains NaN{where}: values are missing that gate or experts need. Fill them "
        "(SimpleImputer in a Pipeline), or give the mixture a gate and experts that both take "
        "missing values: gate='constant' or gate=HistGradientBoostingClassifier(), and "
        "expert=HistGradientBoostingRegressor() (of labels HistGradientBoostingClassifier())."
    )


def columns_of(X):
    """Names and values of the columns of a frame, or of an array or nested list on the host."""
    if is_frame(X):
        names = getattr(X, "column_names", X.columns)
    else:
        X = _array(X) if isinstance(X, (list, tuple, np.ndarray)) else np.empty(0)
        names = range(X.shape[1]) if X.ndim == 2 else []
    for position, name in enumerate(names):
        yield repr(name), _safe_indexing(X, position, axis=1)


def _array(rows):
    """Rows as an array, an empty one if they differ in length."""
    try:
        return np.asarray(rows)
    except ValueError:
        return np.empty(0)


def known_values(values):
    """The values of a column that are not missing, as an array."""
    for drop in ("dropna", "drop_nulls"):
        if hasattr(values, drop):
            values = getattr(values, drop)()
    values = np.asarray(values)
    return values[~np.isnan(values)] if values.dtype.kind == "f" else values


def holds_text(values):
    """Whether a column holds text, among numbers perhaps."""
    known = known_values(values)
    if known.dtype.kind != "O":
        return known.dtype.kind in "UT"
    kinds = set(map(type, known))
    return str in kinds and kinds <= {str, int, float, bool}


def kind_of(values):
    """What a column is that is no numbers; None of numbers."""
    known = known_values(values)
    if known.dtype.kind in "biufc":
        return None
    if known.dtype.kind in "mMV":
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
