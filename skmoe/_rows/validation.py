"""Checks of hyperparameters: what was given, what is allowed, what to do."""

from numbers import Integral, Real

import numpy as np

__all__ = [
    "check_alpha",
    "check_choice",
    "check_count",
    "check_flag",
    "check_jobs",
    "check_layers",
    "check_numbers",
    "check_positive",
    "check_share",
    "check_size",
    "resolve_columns",
]


def check_count(value, name, minimum=1):
    """`value` as an int of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < minimum:
        raise ValueError(
            f"{name}={value!r} was given; an integer of at least {minimum} is allowed. "
            f"Pass for example {name}={max(minimum, 2)}."
        )
    return int(value)


def check_flag(value, name):
    """`value` as a bool."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name}={value!r} was given; True or False is allowed.")
    return bool(value)


def check_jobs(value, name="n_jobs"):
    """A number of jobs as joblib knows it."""
    number = isinstance(value, Integral) and not isinstance(value, bool) and value != 0
    if not (value is None or number):
        raise ValueError(
            f"{name}={value!r} was given; None or an integer other than 0 is allowed. Pass "
            f"{name}=-1 for one job on every core."
        )
    return value


def check_layers(value, name):
    """Numbers of units of hidden layers as a list of int."""
    layers = list(value) if isinstance(value, (list, tuple)) else [value]
    if not layers:
        raise ValueError(
            f"{name}={value!r} was given; at least one hidden layer is needed. "
            f"Pass for example {name}=(64,), or linear experts."
        )
    return [check_count(units, name) for units in layers]


def check_choice(value, name, allowed):
    """`value` as one of the `allowed` strings."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name}={value!r} was given; one of {list(allowed)} is allowed.")
    return value


def check_numbers(values, name):
    """`values` as an array of floats, on the host."""
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name}={values!r} was given; numbers are allowed.") from None


def check_size(size):
    """The axes of draws as a tuple of int; none for None."""
    lead = [] if size is None else np.atleast_1d(np.asarray(size, dtype=object)).tolist()
    try:
        return tuple(check_count(length, "size", minimum=0) for length in lead)
    except ValueError:
        raise ValueError(
            f"size={size!r} was given; None, a whole number of at least 0 and a tuple of such "
            "numbers are allowed. Pass size=10 for ten draws of every row."
        ) from None


def check_positive(value, name, *, zero=False):
    """`value` as a finite float above zero (or zero where that is allowed)."""
    ok = isinstance(value, Real) and not isinstance(value, bool) and np.isfinite(value)
    if not ok or value < 0 or (value == 0 and not zero):
        allowed = "a finite number of at least 0" if zero else "a finite number above 0"
        raise ValueError(f"{name}={value!r} was given; {allowed} is allowed.")
    return float(value)


def check_share(value, name):
    """`value` as a float of at least zero and below one."""
    if check_positive(value, name, zero=True) >= 1:
        raise ValueError(
            f"{name}={value!r} was given; a number of at least 0, below 1, is allowed."
        )
    return float(value)


def check_alpha(value, name="alpha"):
    """A penalty: the word "auto" or a finite number of at least zero."""
    if isinstance(value, str) and value == "auto":
        return value
    if isinstance(value, str):
        raise ValueError(
            f"{name}={value!r} was given; 'auto' or a number of at least 0 is allowed. "
            f"'auto' estimates the penalty from the data."
        )
    return check_positive(value, name, zero=True)


def resolve_columns(columns, feature_names, n_features, owner):
    """Positions of the columns that a gate or an expert looks at.

    Parameters
    ----------
    columns : None, slice, or sequence of names, positions or booleans
        None stands for all columns, an empty sequence for the constant alone.
    feature_names : sequence of str or None
        Names of the columns of X, where it has any.
    n_features : int
        Number of columns of X.
    owner : str
        Who asks, for the error message.

    Returns
    -------
    list of int or None
        None stands for all columns.
    """
    if columns is None:
        return None
    if isinstance(columns, slice):
        return list(range(n_features)[columns])
    if isinstance(columns, (str, Integral)):
        raise ValueError(
            f"{owner} got columns={columns!r}; None, a slice, or a list of names, positions or "
            f"booleans is allowed. Pass columns=[{columns!r}]."
        )
    columns = list(columns)
    if columns and all(isinstance(c, (bool, np.bool_)) for c in columns):
        if len(columns) != n_features:
            raise ValueError(
                f"{owner} got a mask of {len(columns)} columns; X has {n_features}. "
                "Pass one boolean per column."
            )
        return [i for i, wanted in enumerate(columns) if wanted]
    positions = []
    for column in columns:
        if isinstance(column, str):
            names = [] if feature_names is None else [str(name) for name in feature_names]
            if column not in names:
                known = ", ".join(names[:10]) if names else "none (X has no column names)"
                raise ValueError(
                    f"{owner} got the column {column!r}; the names of X are: {known}. "
                    "Pass a known name, or positions."
                )
            positions.append(names.index(column))
        elif isinstance(column, Integral) and -n_features <= column < n_features:
            positions.append(int(column) % n_features)
        else:
            raise ValueError(
                f"{owner} got the column {column!r}; positions from {-n_features} to "
                f"{n_features - 1} or names are allowed for X with {n_features} columns."
            )
    if len(set(positions)) != len(positions):
        raise ValueError(f"{owner} got columns={columns!r}, which names a column twice.")
    return positions
