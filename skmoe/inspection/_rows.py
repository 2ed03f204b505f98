"""Rows to ask a mixture about: a typical row, moved along one or two features."""

from typing import Any, NamedTuple

import array_api_compat
import numpy as np
from sklearn.utils import check_array

from .._rows.arrays import host, is_sparse, like
from .._rows.carried import NOTHING
from .._rows.categories import coded, restored

__all__ = [
    "check_percentiles",
    "chosen_features",
    "dense_sample",
    "feature_position",
    "grids",
    "held_words",
    "moved_rows",
    "movement",
    "on_host",
    "subset",
]

# Rows from which medians and quantiles are taken; of wide sparse tables fewer, they become dense.
_ROWS, _SPARSE_ROWS = 10_000, 1000

# Columns with no more values than this are held at the most frequent one.
_FEW = 10

# Entries of a table that is asked about at once.
_CELLS = 1_000_000

# An expert with less probability than this everywhere in a picture is not seen in it.
_UNSEEN = 0.05

# Experts that a line names.
_NAMED = 4

# A second feature is shown if the gate moves at least this much as far along it.
_SECOND = 0.2

# ... and it does move: differences of probabilities, summed over the experts.
_LEAST_MOVE = 0.05


def subset(n_rows, size):
    """Positions of at most `size` rows, always the same ones, in order; None stands for all."""
    if size is None or n_rows <= size:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(0).choice(n_rows, size, replace=False))


def on_host(X):
    """A table or targets where NumPy can read them."""
    return host(X) if array_api_compat.is_array_api_obj(X) else X


class Sample(NamedTuple):
    """Some rows of X.

    Attributes
    ----------
    table : ndarray of shape (n_rows, n_features)
        Dense, categories as codes.
    rows : ndarray of int of shape (n_rows,)
        Where they stand in X.
    X : {array-like, sparse matrix}
        As given: tells the container.
    categories : dict of int to Category
        Features that are categories, by position.
    carried : dict of str to float
        Typical values of columns that are no features, by name; None for names of groups.
    """

    table: Any
    rows: Any
    X: Any
    categories: dict
    carried: dict

    def as_given(self, table):
        """Rows (n, n_features) in the container of X, data frame or array, with its levels."""
        if hasattr(self.X, "columns"):
            frame = restored(
                type(self.X)(dict(zip(self.X.columns, table.T, strict=True))), self.categories
            )
            if not self.carried:
                return frame
            own = np.arange(len(table))
            more = {n: own if x is None else 0 * own + x for n, x in self.carried.items()}
            return type(self.X)({**{name: frame[name] for name in frame.columns}, **more})
        table = restored(table, self.categories)
        return like(table, self.X) if array_api_compat.is_array_api_obj(self.X) else table


def dense_sample(estimator, X):
    """Some rows of X, which must have the features that the mixture was fitted with."""
    known = estimator._carried
    X, carried = NOTHING.parted(X, known)
    usual = {
        known[key]: None if key == "groups" else float(np.median(np.asarray(values)))
        for key, values in carried.given().items()
    }
    table = check_array(
        on_host(coded(X, estimator._categories)),
        dtype=np.float64,
        accept_sparse="csr",
        ensure_all_finite="allow-nan",
    )
    if table.shape[1] != estimator.n_features_in_:
        raise ValueError(
            f"X has {table.shape[1]} features, but the mixture was fitted with "
            f"{estimator.n_features_in_}. Pass the columns it was fitted with."
        )
    rows = subset(table.shape[0], _SPARSE_ROWS if is_sparse(table) else _ROWS)
    table = table[rows].toarray() if is_sparse(table) else table[rows]
    return Sample(table, rows, X, estimator._categories, usual)


def feature_position(feature, names, sample):
    """Position of a column given by name or position, which must hold numbers."""
    whole = isinstance(feature, (int, np.integer)) and not isinstance(feature, bool)
    if isinstance(feature, str) and feature in names:
        position = names.index(feature)
    else:
        position = int(feature) if whole and 0 <= feature < len(names) else None
    if position in sample.categories:
        raise ValueError(
            f"feature {feature!r} is a category, whose levels have no order to be drawn along; a "
            "feature that is a number is allowed. Compare the rows of its levels with gate_proba "
            "and predict."
        )
    if position is not None:
        return position
    known = ", ".join(map(repr, names[:10])) + (", ..." if len(names) > 10 else "")
    raise ValueError(
        f"feature {feature!r} was given; a position from 0 to {len(names) - 1} or one of the names "
        f"{known} is allowed."
    )


def check_percentiles(percentiles):
    """The two ends of a grid as shares of the rows."""
    low, high = percentiles
    if not 0 <= low < high <= 1:
        raise ValueError(
            f"percentiles={percentiles!r} was given; two increasing numbers from 0 to 1 are "
            "allowed, for example (0.01, 0.99)."
        )
    return low, high


def _known(column):
    """The values of a column that are not missing; a zero where all are."""
    known = column[np.isfinite(column)]
    return known if known.size else np.zeros(1)


def _ends(column, percentiles):
    """Where a grid along a column begins and ends."""
    column = _known(column)
    low, high = np.quantile(column, percentiles)
    if low < high:
        return low, high
    # A rare indicator is constant between its quantiles, and some columns are constant.
    low, high = column.min(), column.max()
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def grids(table, percentiles, n_points):
    """Grid of `n_points` along every column of a table, of shape (n_points, n_columns)."""
    ends = np.array([_ends(column, percentiles) for column in table.T])
    return np.linspace(*ends.T, n_points)


def _typical(column):
    """The median of a column, or its most frequent value if there are few."""
    column = _known(column)
    values, counts = np.unique(column, return_counts=True)
    return values[counts.argmax()] if values.size <= _FEW else np.median(column)


def typical_rows(table, n_rows):
    """Typical row of a table, of shape (n_rows, n_features)."""
    return np.tile([_typical(column) for column in table.T], (n_rows, 1))


def movement(ask, sample):
    """How far the answers `ask(rows)` (n, m) move along every feature, the others held.

    From the 10 % to the 90 % quantile; of shape (n_features,). Minus one for a category, whose
    levels have no order.
    """
    table = sample.table
    n_features = table.shape[1]
    typical, (low, high) = typical_rows(table, 1), grids(table, (0.1, 0.9), 2)
    at_once = max(_CELLS // n_features, 1)

    def answers(ends, features):
        rows = np.repeat(typical, len(features), axis=0)
        rows[np.arange(len(features)), features] = ends[features]
        return host(ask(sample.as_given(rows))).reshape(len(features), -1)

    blocks = np.split(np.arange(n_features), range(at_once, n_features, at_once))
    moves = [np.abs(answers(high, own) - answers(low, own)).sum(axis=1) for own in blocks]
    moves = np.concatenate(moves)
    moves[list(sample.categories)] = -1.0
    return moves


def moved_rows(sample, positions, values):
    """Typical rows, in the container of X, with `values` (n, len(positions)) in some columns."""
    rows = typical_rows(sample.table, len(values))
    rows[:, positions] = values
    return sample.as_given(rows)


def held_words(estimator, sample, positions, asked):
    """One line on what is held in a picture, and who answers elsewhere only; None if nothing is.

    Parameters
    ----------
    estimator : mixture
    sample : Sample
    positions : list of int
        Features that are shown.
    asked : array-like or frame
        The rows that are shown, as `moved_rows` gives them.
    """
    n_held = sample.table.shape[1] - len(positions)
    if not n_held:
        return None
    words = f"{n_held} other{'s' if n_held > 1 else ''} held at typical values"
    usual = host(estimator.gate_proba(sample.as_given(sample.table))).mean(axis=0)
    seen = host(estimator.gate_proba(asked)).max(axis=0)
    hidden = np.flatnonzero((seen < _UNSEEN) & (usual > _UNSEEN))
    if not hidden.size:
        return words
    own = ", ".join(map(str, hidden[:_NAMED])) + (", ..." if hidden.size > _NAMED else "")
    kind = "experts" if hidden.size > 1 else "expert"
    return f"{words}; {kind} {own} ({100 * usual[hidden].sum():.0f} % of rows) not seen"


def chosen_features(features, names, ask, sample):
    """Positions of the one or two features chosen, else of those along which `ask` moves most."""
    if features is None:
        few = len(names) <= 2 and not sample.categories
        return [0, 1][: len(names)] if few else _moving(ask, sample)
    features = [features] if isinstance(features, (str, int, np.integer)) else list(features)
    positions = [feature_position(feature, names, sample) for feature in features]
    if len(positions) not in (1, 2) or len(set(positions)) < len(positions):
        raise ValueError(
            f"features={features!r} was given; one feature or two different ones are allowed."
        )
    return positions


def _moving(ask, sample):
    """The one or two features along which the answers `ask(rows)` move most."""
    moves = movement(ask, sample)
    first, *second = np.argsort(-moves, kind="stable")[:2]
    least = max(_SECOND * moves[first], _LEAST_MOVE)
    return [int(first), *(int(other) for other in second if moves[other] >= least)]
