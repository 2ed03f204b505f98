"""Roots and maxima of many functions of one variable at once."""

import math
from typing import Any, NamedTuple

from .._rows.arrays import array_namespace, device, take_rows

__all__ = ["find_maximum", "find_root", "find_whole_root"]

# Points looked at before a search ends as it stands. Bisection in every other step has then halved
# an interval to rounding: 53 times one that is as wide as its ends are large, as often again else.
_LOOKS = 210

_GOLDEN = 0.6180339887498949


def find_root(f, aim, low, high, tolerance):
    """Where increasing functions reach `aim`, all at once.

    Inverse quadratic interpolation where it can be trusted, bisection elsewhere. Entries that are
    found leave, once they are more than a quarter.

    Parameters
    ----------
    f : callable
        `f(x, rows)` of a table x (m, M), elementwise; the functions of its rows are those at the
        positions `rows` (m,).
    aim : array of shape (n, M)
    low, high : array of shape (n, M)
        With f(low) <= aim <= f(high).
    tolerance : array of shape (n, M)
        Distance from the aim at which a root counts as found.

    Returns
    -------
    array of shape (n, M)

    References
    ----------
    .. [1] Chandrupatla, T. R. (1997). A new hybrid quadratic/bisection algorithm for finding the
       zero of a nonlinear function without using derivatives. Advances in Engineering Software 28,
       145-149.
    """
    xp = array_namespace(low)
    rows = xp.arange(low.shape[0], device=device(low))
    f_low = f(low, rows) - aim
    bracket = _Bracket(low, high, low, f_low, f(high, rows) - aim, f_low)
    return _narrowed(f, aim, bracket, tolerance, rows, _LOOKS)


class _Bracket(NamedTuple):
    """The last point, the other end, the point before, and the functions there."""

    a: Any
    b: Any
    c: Any
    fa: Any
    fb: Any
    fc: Any

    def nearest(self):
        """The end nearer to the root, and the function there."""
        xp = array_namespace(self.a)
        nearer = xp.abs(self.fb) < xp.abs(self.fa)
        return xp.where(nearer, self.b, self.a), xp.where(nearer, self.fb, self.fa)

    def with_point(self, x, fx):
        """The bracket after a look at x."""
        xp = array_namespace(x)
        a, b, _, fa, fb, _ = self
        same = (fx > 0) == (fa > 0)
        c, fc = xp.where(same, a, b), xp.where(same, fa, fb)
        return _Bracket(x, xp.where(same, b, a), c, fx, xp.where(same, fb, fa), fc)


def _narrowed(f, aim, bracket, tolerance, rows, looks):
    """The roots in a bracket, after no more looks than that."""
    xp = array_namespace(tolerance)
    rounding = 4 * xp.finfo(tolerance.dtype).eps
    tiny = xp.finfo(tolerance.dtype).smallest_normal
    for look in range(looks):
        best, value = bracket.nearest()
        width = xp.abs(bracket.b - bracket.a)
        least = rounding * xp.abs(best) + tiny
        done = (xp.abs(value) <= tolerance) | (width <= 2 * least)
        if 4 * int(xp.sum(xp.astype(done, xp.int64))) > math.prod(done.shape):
            return _rest_narrowed(f, aim, bracket, tolerance, rows, looks - look, done, best)
        share = least / xp.where(done, xp.ones_like(width), width)
        x = bracket.a + xp.clip(_quadratic(*bracket), share, 1 - share) * (bracket.b - bracket.a)
        x = xp.where(done, best, x)
        bracket = bracket.with_point(x, xp.where(done, value, f(x, rows) - aim))
    return bracket.nearest()[0]


def _rest_narrowed(f, aim, bracket, tolerance, rows, looks, done, best):
    """The roots, of which some have been found: the others go on one by one."""
    xp, shape = array_namespace(best), best.shape
    left = xp.reshape(~done, (-1,))
    if not bool(xp.any(left)):
        return best
    place = xp.nonzero(left)[0]

    def own(table):
        return take_rows(xp.reshape(table, (-1, 1)), place)

    rows = take_rows(xp.repeat(rows, shape[1]), place)
    inner = _narrowed(f, own(aim), _Bracket(*map(own, bracket)), own(tolerance), rows, looks)
    among = xp.clip(xp.cumulative_sum(xp.astype(left, xp.int64)) - 1, 0, None)
    return xp.where(done, best, xp.reshape(take_rows(inner, among), shape))


def _quadratic(a, b, c, fa, fb, fc):
    """How far from a to b inverse quadratic interpolation puts the root; half where it may err."""
    xp = array_namespace(a)

    def ratio(x, y):
        return x / xp.where(y == 0, xp.ones_like(y), y)

    xi, phi = ratio(a - b, c - b), ratio(fa - fb, fc - fb)
    inside = (phi**2 < xi) & ((1 - phi) ** 2 < 1 - xi)
    first = ratio(fa, fb - fa) * ratio(fc, fb - fc)
    second = ratio(c - a, b - a) * ratio(fa, fc - fa) * ratio(fb, fc - fb)
    return xp.where(inside, first + second, 0.5 * xp.ones_like(a))


def find_whole_root(f, low, high):
    """The smallest whole numbers at which increasing functions are zero or more.

    Parameters
    ----------
    f : callable
        Elementwise, on arrays of one shape.
    low, high : array
        Whole numbers with f(low) < 0 <= f(high).

    Returns
    -------
    array
        Of numbers that are so large that the dtype tells not all whole ones apart, to rounding.
    """
    xp = array_namespace(low)
    rounding, one = xp.finfo(low.dtype).eps, xp.ones_like(low)
    f_low, f_high = f(low), f(high)
    for look in range(_LOOKS):
        # Between large whole numbers the dtype knows no other ones.
        if not bool(xp.any(high - low > xp.maximum(one, rounding * high))):
            break
        # In turn with bisection, the secant cannot get stuck at one end.
        share = 0.5 if look % 2 else -f_low / (f_high - f_low)
        x = xp.floor(low + share * (high - low))
        x = xp.maximum(xp.minimum(x, high - 1), xp.minimum(low + 1, high))
        value = f(x)
        above = value >= 0
        high, f_high = xp.where(above, x, high), xp.where(above, value, f_high)
        low, f_low = xp.where(above, low, x), xp.where(above, f_low, value)
    return high


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
