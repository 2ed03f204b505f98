"""Roots and maxima of many functions of one variable at once."""

import math
from typing import Any, NamedTuple

from .._rows.arrays import allowing_overflow, array_namespace, device, take_rows

__all__ = ["find_maximum", "find_root", "put_back"]

# Points looked at before a search ends as it stands. Bisection in every other step has then halved
# an interval to rounding: 53 times one that is as wide as its ends are large, as often again else.
_LOOKS = 210

# Tolerances by which a cubic may miss the root, by its own reckoning, and be believed unseen.
_UNSEEN = 1e-4

# How far to go at least for a point on the other side, in parts of what may be gone.
_LEAST_STEP = 1e-4

_GOLDEN = 0.6180339887498949


@allowing_overflow
def find_root(f, aim, start, reach, tolerance=None):
    """Where increasing functions reach `aim`, all at once.

    Cubic interpolation of the inverse between the nearest points below and above, by the slopes
    there; bisection where that does not help. The functions of a row are one and the same: what
    is seen for one aim counts for the others. Entries that are found leave, once they are more
    than a quarter.

    Parameters
    ----------
    f : callable
        `f(x, rows)` of a table x (m, M), elementwise, gives values and slopes, which may be rough;
        the functions are those of the positions `rows` (m,), or of all rows if that is None.
    aim : array of shape (n, M)
    start : array of shape (n, M)
        Where to look first.
    reach : array of shape (n, M)
        How far to go at most for a point on the other side; four times as far every time.
    tolerance : array of shape (n, M) or None
        Distance from the aim at which a root counts as found. None asks for the smallest whole
        number from 0 on that reaches the aim; to rounding, where not all of them are told apart.

    Returns
    -------
    array of shape (n, M)
    """
    bracket = _bracket_among(start, *f(start, None), aim)
    return _narrowed(f, aim, tolerance, _Search(bracket, reach, 0 * reach), None, _LOOKS)


def put_back(left, table, rest):
    """A table whose rows that were `left` (n,) are those of `rest`, in their order."""
    xp = array_namespace(table)
    among = xp.clip(xp.cumulative_sum(xp.astype(left, xp.int64)) - 1, 0, None)
    return xp.where(left[:, None], take_rows(rest, among), table)


class _Point(NamedTuple):
    """A point, how far the function there lies above the aim, and its slope."""

    x: Any
    gap: Any
    slope: Any

    def where(self, condition, other):
        """The point itself where the condition holds, the other one elsewhere."""
        xp = array_namespace(self.gap)
        return _Point(*(xp.where(condition, own, its) for own, its in zip(self, other)))


class _Bracket(NamedTuple):
    """The nearest points below and above; infinitely far where none has been seen."""

    low: _Point
    high: _Point

    def with_point(self, point):
        """The bracket after a look at a point in it."""
        below = point.gap < 0
        return _Bracket(point.where(below, self.low), self.high.where(below, point))

    def nearest(self):
        """The end nearer to the aim, and the other one."""
        xp = array_namespace(self.low.gap)
        lower = xp.abs(self.low.gap) < xp.abs(self.high.gap)
        return self.low.where(lower, self.high), self.high.where(lower, self.low)


class _Search(NamedTuple):
    """How far a search has come; `last` is the product of the gaps of the bracket before."""

    bracket: _Bracket
    reach: Any
    last: Any

    def of(self, own):
        """The search for some entries, which `own` picks from a table."""
        ends = (_Point(*map(own, end)) for end in self.bracket)
        return _Search(_Bracket(*ends), own(self.reach), own(self.last))

    def next(self):
        """Where to look next, by how much that may miss the aim, and the product of the gaps."""
        low, high = self.bracket
        best, other = self.bracket.nearest()
        xp = array_namespace(best.x)
        known = xp.isfinite(other.x)
        x = best.x + xp.where(known, _cubic_step(best, other), self._step_beyond(best))
        inside = (x > low.x) & (x < high.x)
        product = xp.abs(best.gap * other.gap)
        stuck = known & (~inside | ((4 * product > self.last) & (self.last > 0)))
        # A cubic misses by the product of the squared gaps times what changes slowly.
        miss = xp.abs(best.gap) * (product / self.last) ** 2
        miss = xp.where(known & ~stuck, miss, xp.full_like(miss, float("inf")))
        return xp.where(stuck, (low.x + high.x) / 2, x), miss, xp.where(known, product, self.last)

    def _step_beyond(self, best):
        """A step to the other side: a little farther than the tangent says."""
        xp = array_namespace(best.x)
        # Far out, slopes may be nothing or no number.
        step = xp.where(best.slope > 0, 1.5 * xp.abs(best.gap) / best.slope, self.reach)
        step = xp.maximum(xp.minimum(step, self.reach), _LEAST_STEP * self.reach)
        return xp.where(best.gap < 0, step, -step)


def _cubic_step(best, other):
    """How far from the best point the inverse's cubic puts the root."""
    rise, width = other.gap - best.gap, other.x - best.x
    share, own, its = -best.gap / rise, rise / best.slope, rise / other.slope
    bend = 3 * width - 2 * own - its + share * (own + its - 2 * width)
    return share * (own + share * bend)


def _bracket_among(x, value, slope, aim):
    """The bracket of every aim among all points of its row."""
    xp = array_namespace(x)
    far, flat = xp.full_like(aim, float("inf")), xp.ones_like(aim)
    low, high = _Point(-far, -far, flat), _Point(far, far, flat)
    for column in range(x.shape[1]):
        at, height, rise = (table[:, column : column + 1] for table in (x, value, slope))
        point = _Point(at, height - aim, rise)
        low = point.where((point.gap < 0) & (at > low.x), low)
        high = point.where((point.gap >= 0) & (at < high.x), high)
    return _Bracket(low, high)


def _narrowed(f, aim, tolerance, search, rows, looks):
    """The roots of a search, after no more looks than that."""
    ended = _whole_ended if tolerance is None else _ended
    for look in range(looks + 1):
        x, miss, product = search.next()
        x, done, answer = ended(search.bracket, x, miss, tolerance)
        xp = array_namespace(x)
        n_left = math.prod(done.shape) - int(xp.sum(xp.astype(done, xp.int64)))
        if n_left == 0 or look == looks:
            return answer
        if 4 * n_left < 3 * math.prod(done.shape):
            return _rest_narrowed(f, aim, tolerance, search, rows, looks - look, ~done, answer)
        value, slope = f(x, rows)
        bracket = search.bracket.with_point(_Point(x, value - aim, slope))
        search = _Search(bracket, 4 * search.reach, product)
    return answer


def _ended(bracket, x, miss, tolerance):
    """Where to look next, whether the search is over, and its answer."""
    xp = array_namespace(x)
    best, _ = bracket.nearest()
    eps, tiny = xp.finfo(x.dtype).eps, xp.finfo(x.dtype).smallest_normal
    narrow = bracket.high.x - bracket.low.x <= 2 * eps * xp.abs(best.x) + tiny
    found = narrow | (xp.abs(best.gap) <= tolerance)
    x = xp.where(found, best.x, x)
    return x, found | (miss <= _UNSEEN * tolerance), x


def _whole_ended(bracket, x, miss, tolerance):
    """The same for whole numbers."""
    xp = array_namespace(x)
    low, high = xp.maximum(bracket.low.x, -xp.ones_like(x)), bracket.high.x
    x = xp.maximum(xp.minimum(xp.ceil(x), high - 1), low + 1)
    # Between large whole numbers the dtype knows no other ones.
    least = xp.maximum(xp.ones_like(x), xp.finfo(x.dtype).eps * low)
    return x, high - low <= least, high


def _rest_narrowed(f, aim, tolerance, search, rows, looks, left, answer):
    """The roots, of which some have been found: the others go on one by one."""
    xp, shape = array_namespace(answer), answer.shape
    left = xp.reshape(left, (-1,))
    place = xp.nonzero(left)[0]

    def own(table):
        return None if table is None else take_rows(xp.reshape(table, (-1, 1)), place)

    rows = xp.arange(shape[0], device=device(answer)) if rows is None else rows
    rows = take_rows(xp.repeat(rows, shape[1]), place)
    rest = _narrowed(f, own(aim), own(tolerance), search.of(own), rows, looks)
    return xp.reshape(put_back(left, xp.reshape(answer, (-1, 1)), rest), shape)


def find_maximum(f, low, high):
    """Where functions with one maximum between `low` and `high` have it (golden section).

    To the root of a rounding unit of the interval: near a maximum no function tells more.

    Parameters
    ----------
    f : callable
        Elementwise, on arrays of one shape.
    low, high : array

    Returns
    -------
    array
    """
    xp = array_namespace(low)
    steps = math.ceil(0.5 * math.log(xp.finfo(low.dtype).eps) / math.log(_GOLDEN))
    width = high - low
    left, right = high - _GOLDEN * width, low + _GOLDEN * width
    f_left, f_right = f(left), f(right)
    for _ in range(steps):
        falls = f_left > f_right
        low, high = xp.where(falls, low, left), xp.where(falls, right, high)
        other = low + high - xp.where(falls, left, right)
        value = f(other)
        kept, f_kept = xp.where(falls, left, right), xp.where(falls, f_left, f_right)
        left, f_left = xp.where(falls, other, kept), xp.where(falls, value, f_kept)
        right, f_right = xp.where(falls, kept, other), xp.where(falls, f_kept, value)
    return (low + high) / 2
