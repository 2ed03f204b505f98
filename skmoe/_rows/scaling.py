"""Centre and scale of columns and targets, learnt once and applied block by block."""

from typing import Any, NamedTuple

from scipy.sparse import csr_array

from .arrays import array_namespace, device, host, is_sparse, ones, row_major, sparse_design
from .blocks import ArrayBlocks, Blocks

__all__ = [
    "Scaling",
    "largest_value",
    "learn_scaling",
    "mean_scaling",
    "reach_of",
    "weight_by_code",
]


class Scaling(NamedTuple):
    """Location and spread of every column of a table.

    A column without spread has an infinite `spread`: scaled, it is zero everywhere.

    Attributes
    ----------
    center : array of shape (n_columns,)
    spread : array of shape (n_columns,)
    reach : array of shape (n_columns,)
        Largest distance from the centre that is told apart.
    """

    center: Any
    spread: Any
    reach: Any

    @property
    def keeps_zeros(self):
        """Whether a sparse table stays sparse: no centre, and one spread for all columns."""
        xp = array_namespace(self.center)
        return not bool(xp.any(self.center != 0)) and bool(xp.all(self.spread == self.spread[0]))

    def design(self, X, with_raw=False, before=None):
        """Scaled columns and a last column of ones, of shape (n_samples, n_features + 1).

        With `with_raw` the columns as given stand before them, 2 n_features + 1 in all, and
        missing values are only missing there: scaled, they are the mean. Columns `before` stand
        before all others.

        The result is stored column by column, so that every product with a table of
        responsibilities runs along the rows. Values beyond `reach` are cut there: a query at
        1e200 gets a finite answer.
        """
        if is_sparse(X) and not self.keeps_zeros:
            # Learnt from a dense table: zeros are no zeros any more.
            X = X.toarray()
        if is_sparse(X):
            # Not times the inverse, which of the smallest numbers is infinite.
            scaled = X.copy()
            scaled.data = scaled.data / self.spread[0]
            others = [] if before is None else [csr_array(before)]
            return sparse_design(*others, *([X, scaled] if with_raw else [scaled]))
        xp = array_namespace(X)
        n, d = X.shape
        width = 0 if before is None else before.shape[1]
        first = width + (d if with_raw else 0)
        rows = xp.empty((first + d + 1, n), dtype=self.center.dtype, device=device(X))
        if width:
            rows[:width, :] = before.T
        deviation, reach = X.T - self.center[:, None], self.reach[:, None]
        if with_raw:
            rows[width:first, :] = X.T
            deviation = xp.where(xp.isnan(deviation), 0.0, deviation)
        # Not `clip`, which takes a single row longer than all else here.
        deviation = xp.maximum(xp.minimum(deviation, reach), -reach)
        rows[first:-1, :] = deviation / self.spread[:, None]
        rows[-1, :] = 1.0
        return rows.T

    def scaled(self, y):
        """Scaled values, cut at `reach` like columns, of shape (n_samples, n_columns)."""
        deviation = array_namespace(y).clip(y - self.center, -self.reach, self.reach)
        return deviation / self.spread

    def on_host(self):
        """The same in NumPy's namespace."""
        return Scaling(*(host(part) for part in self))

    def restored(self, y):
        """Values in the units given."""
        return y * self.spread + self.center


def reach_of(spread):
    """Distances that, scaled and over a small scale, still have a square."""
    xp = array_namespace(spread)
    largest = float(xp.finfo(spread.dtype).max)
    limit = largest**0.5 * 1e-8
    small = spread < largest / limit
    return xp.where(small, limit * xp.where(small, spread, 1.0), largest)


def learn_scaling(values, weight, *, constant_spread, n_jobs=None):
    """Weighted mean and standard deviation of every column, in three passes over blocks.

    Missing values (NaN) do not count. The columns of a sparse table are not centred, and all
    are divided by the same number, the root of the rows' mean squared length: a weighting such
    as tf-idf has chosen their relative scales, and a rare word is no more telling for being rare.

    Parameters
    ----------
    values : array of shape (n_samples, n_columns) or Blocks
        Blocks of the table, which have their weights, where it is not at hand.
    weight : array of shape (n_samples,) or None
    constant_spread : float
        Spread given to a column whose values are all the same.
    n_jobs : int or None
        Threads that share the blocks.

    Returns
    -------
    Scaling
    """
    blocks = _blocks_of(values, weight, n_jobs)
    some, _, _ = blocks.first()
    if is_sparse(some):
        return _common_scaling(blocks, some)
    xp = array_namespace(some)
    center, spread, varies = blocks.moments(_moments)
    spread = xp.where(varies, spread, constant_spread)
    return Scaling(center, spread, reach_of(spread))


def _moments(blocks):
    """Mean and standard deviation of every column, and whether it varies."""
    low, high = blocks.sum(_extremes).known()
    xp = array_namespace(low)
    varies = high > low
    # Taken from the middle, values with an offset keep all their digits; divided by half their
    # range, sums of squares cannot overflow.
    middle = low / 2 + high / 2
    half = xp.where(varies, high / 2 - low / 2, 1.0)
    # Half of the smallest number there is is zero.
    half = xp.where(half > 0, half, high - low)

    def known(X, w):
        """Values from -1 to 1, the middle for missing ones, and the weight of each, (d, n)."""
        missing = xp.isnan(X)
        counted = (w > 0)[:, None] & ~missing
        deviation = xp.where(counted, X - middle, 0.0) / half
        return _by_column(deviation), _by_column(xp.where(missing, 0.0, w[:, None]))

    def first(X, _, w):
        deviation, w = known(X, w)
        return xp.sum(w, axis=1), xp.sum(w * deviation, axis=1)

    total, moment = blocks.sum(first)
    total = xp.where(total > 0, total, 1.0)
    mean = moment / total

    # The third pass also gives the rounding error of the mean.
    def second(X, _, w):
        deviation, w = known(X, w)
        deviation = deviation - mean[:, None]
        return xp.sum(w * deviation, axis=1), xp.sum(w * deviation * deviation, axis=1)

    correction, square = blocks.sum(second)
    spread = xp.sqrt(xp.clip(square / total - (correction / total) ** 2, 0.0, None))
    return middle + (mean + correction / total) * half, spread * half, varies


def _by_column(table):
    """A table column by column: sums over it add in one order, however many columns there are."""
    columns = array_namespace(table).empty(
        table.shape[::-1], dtype=table.dtype, device=device(table)
    )
    columns[...] = table.T
    return columns


def _blocks_of(values, weight, n_jobs=None):
    return (
        values if isinstance(values, Blocks) else ArrayBlocks(values, None, weight, n_jobs=n_jobs)
    )


class _Extremes:
    """Smallest and largest value of every column; of two sets of rows, of both."""

    def __init__(self, low, high):
        self.low, self.high = low, high

    def __add__(self, other):
        xp = array_namespace(self.low)
        return _Extremes(xp.minimum(self.low, other.low), xp.maximum(self.high, other.high))

    def known(self):
        """Both, zeros where no row counts."""
        xp = array_namespace(self.low)
        none = self.low > self.high
        return xp.where(none, 0.0, self.low), xp.where(none, 0.0, self.high)


def _extremes(X, _, w):
    """Extremes in rows that count; of a sparse table, of all that is stored in them."""
    xp = array_namespace(X)
    if is_sparse(X):
        stored = X[w > 0].data
        return _Extremes(stored.min(initial=0.0), stored.max(initial=0.0))
    counted = (w > 0)[:, None] & ~xp.isnan(X)
    low = xp.min(xp.where(counted, X, float("inf")), axis=0)
    return _Extremes(low, xp.max(xp.where(counted, X, -float("inf")), axis=0))


def largest_value(values):
    """Largest value of an array of shape (n_samples, n_columns), or of blocks of one."""

    def extremes(X, *_):
        top = array_namespace(X).max(X)
        return _Extremes(top, top)

    return float(_blocks_of(values, None).sum(extremes).high)


def weight_by_code(codes, weight, number):
    """Summed weights (number,) of the rows that hold each of the codes 0, 1, ...

    `codes` of shape (n_samples, 1), or blocks of them; `weight` as in `mean_scaling`.
    """

    def sums(X, _, w):
        xp = array_namespace(X)
        own = xp.arange(number, dtype=X.dtype, device=device(X))
        return xp.sum(xp.where(X == own, w[:, None], xp.zeros_like(w)[:, None]), axis=0)

    return _blocks_of(codes, weight).sum(sums)


def mean_scaling(values, weight):
    """Division of every column by its weighted mean; a column without one keeps its units.

    Parameters
    ----------
    values : array of shape (n_samples, n_columns) or Blocks
        At least zero.
    weight : array of shape (n_samples,) or None

    Returns
    -------
    Scaling
    """
    blocks = _blocks_of(values, weight)
    magnitude = blocks.sum(_extremes).high
    xp = array_namespace(magnitude)
    magnitude = xp.where(magnitude > 0, magnitude, xp.ones_like(magnitude))

    def sums(X, _, w):
        return xp.sum(w), w @ (row_major(X) / magnitude)

    total, moment = blocks.sum(sums)
    mean = moment / total * magnitude
    spread = xp.where(mean > 0, mean, xp.ones_like(mean))
    return Scaling(xp.zeros_like(spread), spread, reach_of(spread))


def _common_scaling(blocks, some):
    """Division of all columns of a sparse table by one number."""
    extremes = blocks.sum(_extremes)
    magnitude = max(extremes.high, -extremes.low) or 1.0

    def sums(X, _, w):
        counted = w > 0
        X, w = X[counted], w[counted]
        X.data = (X.data / magnitude) ** 2
        return w.sum(), w @ X.sum(axis=1)

    total, square = blocks.sum(sums)
    length = float(square / total) ** 0.5 * magnitude
    spread = (length or 1.0) * ones(some.shape[1:], some)
    return Scaling(0 * spread, spread, reach_of(spread))
