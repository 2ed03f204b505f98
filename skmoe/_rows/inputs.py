"""How the features of a table become the columns that gate and experts look at."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from .arrays import array_namespace, device, host, is_sparse, like

__all__ = ["Inputs", "learn_inputs"]

# Rows that a segment has at least: of fewer rows there are fewer segments.
_ROWS_PER_SEGMENT = 20

# Distinct rows that knots are learnt from at most: quantiles to a hundredth.
_MOST_ROWS = 16_384

# Share of the rows by which rounding may move a quantile: weights are added in any order.
_ROUNDING = 1e-9


class Inputs(NamedTuple):
    """Columns made of features: as they are, in segments, or one for every level of a category.

    A feature in segments stands in a column for each: it moves with the feature there and stays
    the same elsewhere, so that its coefficient is the slope in that segment. All of them are zero
    where the feature is zero.

    Attributes
    ----------
    places : tuple of str
        What stands behind the name of the feature in the name of each column.
    features : tuple of int
        The feature that each column is made of.
    segments : tuple of set of int
        The numbers of segments that each column was asked for in.
    low, high, origin : array of shape (n_numbers,)
        Ends of the segment of the columns that are numbers, which come first, and what they are at
        zero.
    level : array of shape (n_levels,)
        The code of the other columns, which are 1 in its rows and 0 in others.
    mean : array of shape (n_levels,)
        What they are in rows whose level is unknown.
    typical : array of shape (n_features,)
        A value of every feature, as it is given.
    """

    places: Any
    features: Any
    segments: Any
    low: Any
    high: Any
    origin: Any
    level: Any
    mean: Any
    typical: Any

    def table(self, X):
        """Columns (n, d') of a block of rows (n, n_features) as they are given."""
        xp = array_namespace(X)
        cut = self.low.shape[0]
        tables = []
        if cut:
            wide = _take(X, self.features[:cut])
            tables.append(xp.minimum(xp.maximum(wide, self.low), self.high) - self.origin)
        if cut < len(self.features):
            codes = _take(X, self.features[cut:])
            same = xp.astype(codes == self.level, X.dtype)
            tables.append(xp.where(codes < 0, self.mean, same))
        return tables[0] if len(tables) == 1 else xp.concat(tables, axis=1)

    def as_columns(self, X, y):
        """The columns as a table without targets, for what is learnt of them."""
        return self.table(X), None

    def positions(self, features, segments):
        """Columns that features (None stands for all) are seen in; None where that is all."""
        pairs = zip(self.features, self.segments, strict=True)
        chosen = [
            i
            for i, (feature, own) in enumerate(pairs)
            if segments in own and (features is None or feature in features)
        ]
        return None if len(chosen) == len(self.features) else chosen

    def names(self, of_features):
        """Names of the columns, given those of the features."""
        pairs = zip(self.features, self.places, strict=True)
        return [f"{of_features[i]}{place}" for i, place in pairs]

    def by_feature(self, table):
        """Sums over the columns of every feature of a table (..., d'), on the host."""
        total = np.zeros((*table.shape[:-1], self.typical.shape[0]))
        for column, feature in enumerate(self.features):
            total[..., feature] += table[..., column]
        return total


def _take(X, features):
    xp = array_namespace(X)
    return xp.take(X, xp.asarray(features, device=device(X)), axis=1)


def learn_inputs(rows, asked, levels):
    """Inputs of a table; None where all that is looked at is one column as it is given.

    Parameters
    ----------
    rows : Blocks
        As given; categories as codes.
    asked : list of (list of int or None, int)
        The features that each part looks at (None stands for all), and in how many segments.
    levels : dict of int to list
        Levels of the features that are categories, by position.

    Returns
    -------
    Inputs or None

    Raises
    ------
    ValueError
        If segments are asked for of a sparse table.
    """
    most = max((segments for _, segments in asked), default=1)
    if most == 1 and not levels:
        return None
    X, _, _ = rows.first_given()
    if is_sparse(X):
        raise ValueError(
            f"{most} segments were asked for (segments='auto' asks for them too) of a sparse X, "
            "which is looked at as it is. Pass segments=1 to experts and gate, as "
            "set_params(expert__segments=1) does, or X.toarray()."
        )
    sample = _Sample.of(rows)
    numbers, codes = [], []
    for feature in range(X.shape[1]):
        wanted = {n for chosen, n in asked if chosen is None or feature in chosen}
        if feature in levels:
            told = _told(levels[feature]) if wanted else []
            codes += [(f"[{level}]", feature, wanted, code) for code, level in told]
        else:
            numbers += _numbers(feature, wanted, sample)
    if not numbers + codes:
        return None
    places, features, segments = zip(*(column[:3] for column in numbers + codes), strict=True)
    low, high, origin = np.array([column[3:] for column in numbers]).reshape(-1, 3).T
    own, code = [column[1] for column in codes], np.array([column[3] for column in codes])
    mean = sample.weight @ (sample.table[:, own] == code) / sample.weight.sum()
    typical = sample.table.min(axis=0)
    tables = (like(table, X) for table in (low, high, origin, code, mean, typical))
    return Inputs(places, features, segments, *tables)


def _told(levels):
    """Codes and levels that have a column: of two the second tells both apart."""
    known = list(enumerate(levels))
    return known[1:] if len(known) == 2 else known


class _Sample(NamedTuple):
    """Distinct rows with their weights, on the host."""

    table: Any
    weight: Any

    @classmethod
    def of(cls, rows):
        found, weight = rows.distinct(_MOST_ROWS)
        X, _, _ = rows.take(found, weight).whole()
        return cls(host(X).astype(np.float64), weight)

    def knots(self, feature, segments):
        """Borders between segments that hold equally many rows; none beyond the data."""
        segments = min(segments, int(self.weight.sum() // _ROWS_PER_SEGMENT))
        if segments < 2:
            return []
        values, place = np.unique(self.table[:, feature], return_inverse=True)
        share = np.cumsum(np.bincount(place, self.weight)) / self.weight.sum()
        wanted = np.arange(1, segments) / segments - _ROUNDING
        found = np.unique(values[np.searchsorted(share, wanted)])
        return found[(found > values[0]) & (found < values[-1])]


def _numbers(feature, wanted, sample):
    """Columns of a number: place, feature, segments, ends and what it is at zero."""
    knots = {segments: sample.knots(feature, segments) for segments in sorted(wanted)}
    # Without knots a feature is one column, whatever was asked for.
    if plain := {segments for segments, own in knots.items() if not len(own)}:
        yield "", feature, plain, -np.inf, np.inf, 0.0
    for segments, own in knots.items():
        ends = [-np.inf, *own, np.inf]
        for place, low, high in zip(_places(own), ends[:-1], ends[1:], strict=False):
            yield place, feature, {segments}, low, high, min(max(0.0, low), high)


def _places(knots):
    """Segments between knots as they stand in names, in as many digits as that takes."""
    if not len(knots):
        return []
    for digits in range(4, 18):
        said = [f"{knot:.{digits}g}" for knot in knots]
        if len(set(said)) == len(knots):
            break
    return [f"[{low}:{high}]" for low, high in pairwise(["", *said, ""])]
