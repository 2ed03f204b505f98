"""Centre and scale of columns and targets, learnt once and applied block by block."""

from typing import Any, NamedTuple

from .arrays import array_namespace, device, host, is_sparse, ones, sparse_design
from .blocks import Blocks

__all__ = ["Scaling", "learn_scaling", "mean_scaling"]


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

    def design(self, X, with_raw=False):
        """Scaled columns and a last column of ones, of shape (n_samples, n_features + 1).

        With `with_raw` the columns as given stand before them, 2 n_features + 1 in all, and
        missing values are only missing there: scaled, they are the mean.

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
            return sparse_design(X, scaled) if with_raw else sparse_design(scaled)
        xp = array_namespace(X)
        n, d = X.shape
        first = d if with_raw else 0
        rows = xp.empty((first + d + 1, n), dtype=self.center.dtype, device=device(X))
        deviation, reach = X.T - self.center[:, None], self.reach[:, None]
        if with_raw:
            rows[:d, :] = X.T
            deviation = xp.where(xp.isnan(deviation), 0.0, deviation)
        rows[first:-1, :] = xp.clip(deviation, -reach, reach) / self.spread[:, None]
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


def _reach(spread):
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
    values : array of shape (n_samples, n_columns)
    weight : array of shape (n_samples,) or None
    constant_spread : float
        Spread given to a column whose values are all the same.
    n_jobs : int or None
        Threads that share the blocks.

    Returns
    -------
    Scaling
    """
    if is_sparse(values):
        return _common_scaling(values, weight)
    xp = array_namespace(values)
    blocks = Blocks(values, None, weight, n_jobs=n_jobs)
    low, high = _extremes(blocks)
    varies = high > low
    # Taken from the middle, values with an offset keep all their digits; divided by half their
    # range, sums of squares cannot overflow.
    middle = low / 2 + high / 2
    half = xp.where(varies, high / 2 - low / 2, 1.0)
    # Half of the smallest number there is is zero.
    half = xp.where(half > 0, half, high - low)

    def known(X, w):
        """Values from -1 to 1, the middle for missing ones, and the weight (n, d) of each."""
        missing = xp.isnan(X)
        counted = (w > 0)[:, None] & ~missing
        deviation = xp.where(counted, X - middle, 0.0) / half
        return deviation, xp.where(missing, 0.0, w[:, None])

    def first(X, _, w):
        deviation, w = known(X, w)
        return xp.sum(w, axis=0), xp.sum(w * deviation, axis=0)

    total, moment = blocks.sum(first)
    total = xp.where(total > 0, total, 1.0)
    mean = moment / total

    # The third pass also gives the rounding error of the mean.
    def second(X, _, w):
        deviation, w = known(X, w)
        deviation = deviation - mean
        return xp.sum(w * deviation, axis=0), xp.sum(w * deviation * deviation, axis=0)

    correction, square = blocks.sum(second)
    spread = xp.sqrt(xp.clip(square / total - (correction / total) ** 2, 0.0, None))
    spread = xp.where(varies, spread * half, constant_spread)
    return Scaling(middle + (mean + correction / total) * half, spread, _reach(spread))


def _extremes(blocks):
    """Smallest and largest value of every column in rows that count; zeros where none does."""
    lows, highs = [], []
    for X, _, w in blocks:
        xp = array_namespace(X)
        counted = (w > 0)[:, None] & ~xp.isnan(X)
        lows.append(xp.min(xp.where(counted, X, float("inf")), axis=0))
        highs.append(xp.max(xp.where(counted, X, -float("inf")), axis=0))
    low, high = xp.min(xp.stack(lows), axis=0), xp.max(xp.stack(highs), axis=0)
    none = low > high
    return xp.where(none, 0.0, low), xp.where(none, 0.0, high)


def mean_scaling(values, weight):
    """Division of every column by its weighted mean; a column without one keeps its units.

    Parameters
    ----------
    values : array of shape (n_samples, n_columns)
        At least zero.
    weight : array of shape (n_samples,) or None

    Returns
    -------
    Scaling
    """
    xp = array_namespace(values)
    magnitude = xp.max(values, axis=0)
    magnitude = xp.where(magnitude > 0, magnitude, xp.ones_like(magnitude))

    def sums(X, _, w):
        return xp.sum(w), w @ (X / magnitude)

    total, moment = Blocks(values, None, weight).sum(sums)
    mean = moment / total * magnitude
    spread = xp.where(mean > 0, mean, xp.ones_like(mean))
    return Scaling(xp.zeros_like(spread), spread, _reach(spread))


def _common_scaling(values, weight):
    """Division of all columns of a sparse table by one number."""
    magnitude = abs(values.data).max(initial=0.0) or 1.0

    def sums(X, _, w):
        X = X.copy()
        X.data = (X.data / magnitude) ** 2
        return w.sum(), w @ X.sum(axis=1)

    total, square = Blocks(values, None, weight).sum(sums)
    length = float(square / total) ** 0.5 * magnitude
    spread = (length or 1.0) * ones(values.shape[1:], values)
    return Scaling(0 * spread, spread, _reach(spread))
