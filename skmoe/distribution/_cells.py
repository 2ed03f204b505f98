"""Probability of a cell: of what was rounded to a target."""

import math

import numpy as np

from .._rows.arrays import allowing_underflow, array_namespace, exp

__all__ = ["log_cell"]

# Falls of a log density between which it is integrated; beyond the last nothing is left.
_DEPTHS = (0.1, 2.0, 42.0)

# Halvings, in logarithms, that find where it has fallen so far.
_HALVINGS = 14

# Nodes and weights of Gauss and Legendre's rule.
_RULE = [(float(x), float(w)) for x, w in zip(*np.polynomial.legendre.leggauss(24), strict=True)]


@allowing_underflow
def log_cell(family, y, width, eta, scale):
    """Log probability of a cell around every target, under every expert.

    Families with `hill`, `fall` and `log_top` have it by quadrature from where the density in the
    cell is highest, so that it is as exact far out as near by; others by differences of their
    distribution functions.

    Parameters
    ----------
    family : Family
        Of targets that have a density.
    y : array of shape (n, n_targets)
        Middles of the cells.
    width : array of shape (n_targets,)
    eta : array of shape (n, K, C)
    scale : array of shape (K, S) or (n, K, S), or None

    Returns
    -------
    array of shape (n, K, n_targets)
    """
    xp = array_namespace(eta)
    small = float(xp.finfo(eta.dtype).eps) ** (1 / 3)
    flat = family.log_density(y, eta, scale) + xp.log(width)
    ends = [y - width / 2, y + width / 2]
    if not hasattr(family, "fall"):
        return _by_difference(family, ends, flat, eta, scale)

    def fall(place):
        return family.fall(place, scale)

    low, high = (family.hill(end, eta, scale) for end in ends)
    nothing = xp.zeros_like(low)
    above = _one_side(fall, xp.maximum(low, nothing), xp.maximum(high, nothing), 1.0)
    below = _one_side(fall, xp.maximum(-high, nothing), xp.maximum(-low, nothing), -1.0)
    # A cell so small that its ends have few digits between them: the density hardly varies.
    narrow = (high - low < small) & (xp.abs(fall(high) - fall(low)) < small)
    narrow = narrow & (family.smooth | (low > 0) | (high < 0) | (low == high))
    whole = family.log_top(scale) + _log_sum(above, below)
    # Rounding must not make it more than certain.
    return xp.minimum(xp.where(narrow, flat, whole), nothing)


def _one_side(fall, near, far, side):
    """Log of the integral of exp(-fall) between two distances from the top, on one side of it."""
    xp = array_namespace(near)
    start = fall(side * near)

    def fallen(distance):
        return fall(side * (near + distance)) - start

    total = begin = xp.zeros_like(near)
    for depth in _DEPTHS:
        end = _reach(fallen, far - near, depth)
        if bool(xp.any(end > begin)):
            middle, half = (begin + end) / 2, (end - begin) / 2
            part = sum(weight * exp(-fallen(middle + node * half)) for node, weight in _RULE)
            total, begin = total + half * part, end
    empty = far <= near
    # A number, of which others can be taken away.
    nothing = -0.5 * float(xp.finfo(near.dtype).max)
    return xp.where(empty, nothing, xp.log(xp.where(empty, xp.ones_like(total), total)) - start)


def _reach(fallen, width, depth):
    """The part of a width within which the log density falls so far, or a little farther."""
    xp = array_namespace(width)
    deep = fallen(width) > depth
    if not bool(xp.any(deep)):
        return width
    long = xp.log(xp.where(deep, width, xp.ones_like(width)))
    short = xp.full_like(long, math.log(float(xp.finfo(width.dtype).smallest_normal)))
    for _ in range(_HALVINGS):
        middle = (short + long) / 2
        enough = fallen(xp.exp(middle)) > depth
        short, long = xp.where(enough, short, middle), xp.where(enough, middle, long)
    return xp.where(deep, xp.exp(long), width)


def _log_sum(a, b):
    """Logarithm of the sum of two exponentials."""
    xp = array_namespace(a)
    top = xp.maximum(a, b)
    return top + xp.log1p(exp(xp.minimum(a, b) - top))


def _by_difference(family, ends, flat, eta, scale):
    """From distribution functions, and from the density where their difference has no digits."""
    xp = array_namespace(eta)
    low, high = ([f(end, eta, scale) for end in ends] for f in (family.cdf, family.sf))
    left = low[1] < high[0]
    larger = xp.where(left, low[1], high[0])
    between = larger - xp.where(left, low[0], high[1])
    known = between > float(xp.finfo(eta.dtype).eps) ** 0.5 * larger
    return xp.where(known, xp.log(xp.where(known, between, xp.ones_like(between))), flat)
