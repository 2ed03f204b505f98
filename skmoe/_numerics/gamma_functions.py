"""Logarithms of gamma densities and of probabilities of counts, without differences that cancel.

In float32 the logarithm of the factorial of a million is known to a unit; so large terms are
taken together on paper, around the value at which they are smallest (Loader's saddle point).

References
----------
.. [1] Loader, C. (2000). Fast and accurate computation of binomial probabilities.
"""

import math

from .._rows.arrays import array_namespace, device, host, like, special

__all__ = ["digamma_step", "incomplete_beta", "log_excess", "log_less_digamma", "stirling_rest"]

# Beyond it the series below are exact to rounding, and differences would cancel.
_LARGE = 20.0


def _parted(x):
    """Whether x is large, x where it is not, and x where it is; harmless numbers elsewhere."""
    xp = array_namespace(x)
    large = x > _LARGE
    return large, xp.where(large, xp.ones_like(x), x), xp.where(large, x, xp.full_like(x, _LARGE))


def log_excess(ratio):
    """How far ratio - 1 lies above log(ratio): half the squared relative error where that is small.

    A logarithm near that of one keeps its digits, as the difference of the two does.
    """
    xp = array_namespace(ratio)
    least = xp.full_like(ratio, xp.finfo(ratio.dtype).smallest_normal)
    return ratio - 1 - xp.log(xp.maximum(ratio, least))


def incomplete_beta(a, b, part, rest):
    """Regularised incomplete beta function of a and b at part / (part + rest).

    In float64, on the host where the device has none: in float32, scipy's own is off by more than
    rounding, and gives NaN for what underflows.
    """
    xp, dtype = array_namespace(part), part.dtype
    known = xp.__array_namespace_info__().dtypes(device=device(part), kind="real floating")
    table = xp.broadcast_arrays(a, b, part, rest)
    if "float64" not in known:
        return like(incomplete_beta(*(host(x).astype(float) for x in table)), part)
    wide = known["float64"]
    a, b, part, rest = (xp.astype(x, wide) for x in table)
    total, none = part + rest, xp.zeros_like(part)
    # A number near one has no digits left: there from the rest, which takes ten times as long.
    near = rest < xp.finfo(wide).eps ** 0.25 * total
    lower = special("betainc", a, b, xp.where(near, none, part) / total)
    upper = special("betaincc", b, a, xp.where(near, rest, none) / total)
    return xp.astype(xp.where(near, upper, lower), dtype)


def stirling_rest(x):
    """log(x! / x^x) + x: minus the log probability of a Poisson count x at its mean."""
    xp = array_namespace(x)
    large, few, many = _parted(x)
    logarithm = xp.log(xp.maximum(few, xp.full_like(few, xp.finfo(few.dtype).smallest_normal)))
    direct = special("gammaln", few + 1) - few * (logarithm - 1)
    square = (1 / many) ** 2
    series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680))) / many
    return xp.where(large, 0.5 * xp.log(2 * math.pi * many) + series, direct)


def log_less_digamma(x):
    """log(x) - digamma(x)."""
    xp = array_namespace(x)
    large, few, many = _parted(x)
    square = (1 / many) ** 2
    series = 0.5 / many + square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square / 240)))
    return xp.where(large, series, xp.log(few) - special("digamma", few))


def digamma_step(x, y):
    """digamma(x + y) - digamma(x) - log(1 + y / x)."""
    xp = array_namespace(x, y)
    large, few, many = _parted(x)
    direct = special("digamma", y + few) - special("digamma", few) - xp.log1p(y / few)
    first, last = 1 / many, 1 / (y + many)
    series = 0.5 * y * first * last + (first**2 - last**2) / 12 - (first**4 - last**4) / 120
    return xp.where(large, series, direct)
