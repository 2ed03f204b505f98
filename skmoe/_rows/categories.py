"""Features that are categories, text or levels, as codes: what a table with them is turned into."""

import warnings
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import _safe_indexing

from .arrays import is_sparse
from .tables import check_names, columns_of, holds_text, is_frame
from .validation import resolve_columns

__all__ = ["Category", "coded", "learn_categories", "restored", "rows_that_count"]

# Levels beyond which a category is none; as in scikit-learn's HistGradientBoosting.
_MOST_LEVELS = 255

# How the categorical types of pandas and polars are called.
_CATEGORICAL = ("category", "Categorical", "Enum")

# What a missing level is called, and the code of one that is not known.
_MISSING, _UNKNOWN = "missing", -1


class Category(NamedTuple):
    """The levels of a feature.

    Attributes
    ----------
    name : str or int
        Of the feature, or its position.
    values : ndarray of shape (n_values,)
        In order: numbers, or text.
    has_missing : bool
        Whether missing ones were among them, which are a level of their own.
    """

    name: Any
    values: Any
    has_missing: bool

    @property
    def levels(self):
        """The levels as a list; a missing one comes last."""
        texts = self.values.tolist()
        if self.values.dtype.kind == "f":
            texts = [repr(value).removesuffix(".0") for value in texts]
        missing = f"({_MISSING})" if _MISSING in texts else _MISSING
        return [*texts, *([missing] if self.has_missing else [])]

    def codes(self, column):
        """Positions of a column's values among the levels; -1 where they are unknown."""
        missing, known = _split(column)
        known = _plain(known, self.values.dtype.kind == "f")
        place = np.searchsorted(self.values, known)
        codes = np.full(len(missing), float(len(self.values) if self.has_missing else _UNKNOWN))
        codes[~missing] = np.where(np.isin(known, self.values), place, _UNKNOWN)
        return codes

    def restored(self, codes):
        """Values of codes; a missing level is None, or NaN among numbers."""
        numbers = self.values.dtype.kind == "f"
        values = np.append(self.values if numbers else self.values.astype(object), [None])
        return values.astype(self.values.dtype if numbers else object)[codes.astype(int)]


def rows_that_count(X, sample_weight):
    """Which rows of a table with weights these count at all; None where that is not told.

    Weights that are none are refused once X is known to be a table.
    """
    if sample_weight is None or not (is_frame(X) or isinstance(X, np.ndarray)):
        return None
    weight = np.asarray(sample_weight)
    return weight > 0 if weight.shape == X.shape[:1] and weight.dtype.kind in "biuf" else None


def learn_categories(X, asked, counted=None):
    """Categories among the features of a table, by position.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    asked : "from_dtype", None, or list of names, positions or booleans
        Which features are categories; "from_dtype" stands for the columns of a frame that hold
        text or are of a categorical type. A function is given X.
    counted : ndarray of bool of shape (n_samples,) or None
        Rows whose levels are learnt; None stands for all.

    Raises
    ------
    ValueError
        If there are no such features, or one has more than 255 levels.
    """
    check_names(X)
    if asked is None or (isinstance(asked, str) and asked == "from_dtype" and not is_frame(X)):
        return {}
    asked = asked(X) if callable(asked) else asked
    if isinstance(asked, str) and asked != "from_dtype":
        raise ValueError(
            f"categorical_features={asked!r} was given; 'from_dtype', None, or a list of names, "
            f"positions or booleans is allowed. Pass categorical_features=[{asked!r}]."
        )
    if isinstance(asked, str):
        chosen = [i for i, (_, own) in enumerate(columns_of(X)) if _is_category(own)]
    else:
        _check_table(X)
        names = list(X.columns) if is_frame(X) else None
        chosen = resolve_columns(asked, names, X.shape[1], "categorical_features")
    rows = X if counted is None or not chosen else _safe_indexing(X, np.flatnonzero(counted))
    return {i: _learnt(_safe_indexing(rows, i, axis=1), _name(X, i)) for i in chosen}


def _check_table(X):
    if is_sparse(X) or not (is_frame(X) or isinstance(X, np.ndarray)):
        raise ValueError(
            f"categorical_features was given for X of type {type(X).__name__}; a data frame or a "
            "dense NumPy array is allowed. Encode the categories before, or pass one of these."
        )


def _name(X, position):
    return X.columns[position] if is_frame(X) else position


def _is_category(column):
    """Whether a column of a frame holds text or is of a categorical type."""
    return str(column.dtype).startswith(_CATEGORICAL) or holds_text(column)


def _split(column):
    """Where values of a column are missing, and the others as an array."""
    for is_missing in ("isna", "is_null"):
        if hasattr(column, is_missing):
            missing = np.asarray(getattr(column, is_missing)(), dtype=bool)
            return missing, np.asarray(column)[~missing]
    column = np.asarray(column)
    # Of objects, None is missing too; NaN is the number that is not itself.
    missing = (column != column) | (column == np.array(None))
    missing = np.broadcast_to(missing, column.shape).astype(bool)
    return missing, column[~missing]


def _plain(known, as_numbers):
    """Values as numbers, NaN where they are none, or as text; dates alike in all their units."""
    if known.dtype.kind == "M":
        known = known.astype("datetime64[ns]")
    if not as_numbers:
        return known.astype(str)
    try:
        return known.astype(np.float64)
    except ValueError:
        return np.full(len(known), np.nan)


def _learnt(column, name):
    """The category that a column holds."""
    missing, known = _split(column)
    number = len(set(known.tolist()))
    if number > _MOST_LEVELS:
        raise ValueError(
            f"The column {name!r} has {number:,} different values; a category of at most "
            f"{_MOST_LEVELS} levels is allowed. Encode it before the mixture (scikit-learn's "
            "TargetEncoder, skrub's TableVectorizer for text), turn it into numbers, or drop it."
        )
    return Category(name, np.unique(_plain(known, known.dtype.kind in "iuf")), bool(missing.any()))


def coded(X, categories, counted=None):
    """The table with codes in place of categories, in the container that it came in.

    Warns of levels that are unknown, whose code is -1, in the rows `counted` (None: all).
    """
    if not categories:
        return X
    X = X if is_frame(X) else np.asarray(X)
    codes = {i: own.codes(_safe_indexing(X, i, axis=1)) for i, own in categories.items()}
    among = slice(None) if counted is None else counted
    unknown = {own.name: int((codes[i][among] < 0).sum()) for i, own in categories.items()}
    if any(unknown.values()):
        told = ", ".join(f"{name!r} ({n} rows)" for name, n in unknown.items() if n)
        warnings.warn(
            f"X has levels that the fit has not seen in {told}; there a row counts as the average "
            "of all levels.",
            UserWarning,
            stacklevel=2,
        )
    return _replaced(X, codes)


def _replaced(X, columns):
    """The table with other columns at some positions."""
    if hasattr(X, "with_columns"):
        names = X.columns
        return X.with_columns(**{names[i]: type(X[names[i]])(own) for i, own in columns.items()})
    if is_frame(X):
        X = X.copy(deep=False)
        for i, own in columns.items():
            X.isetitem(i, own)
        return X
    # Text beside numbers is only told apart column by column.
    X = X.astype(
        X.dtype if X.dtype.kind == "f" else np.float64 if X.dtype.kind in "biu" else object
    )
    for i, own in columns.items():
        X[:, i] = own
    return X


def restored(X, categories):
    """The table, a frame or an array of numbers, with levels in place of their codes."""
    if not categories:
        return X
    codes = {i: np.asarray(_safe_indexing(X, i, axis=1)) for i in categories}
    return _replaced(X, {i: own.restored(codes[i]) for i, own in categories.items()})
