"""Tails of Student's t distribution by polynomials."""

import math
from functools import lru_cache

from .._rows.arrays import array_namespace, host, like

__all__ = ["students_tail"]

# Coefficients of a polynomial, and the distance in the middle of its range at most.
_TERMS, _MIDDLE = 26, 2.0

# Points of the trapezoidal rule.
_POINTS = [step / 10 for step in range(-40, 71)]


def students_tail(distance, df):
    """Probability of a deviate of more than `distance` (n, K, C), for degrees of freedom (K, C).

    As exact as the incomplete beta function, near the centre more so, and three times as fast.

    With t = sqrt(df) sinh(u) it is proportional to the integral of cosh(u + v)^-df over v > 0, so
    to cosh(u)^-df times that of (cosh(v) + tanh(u) sinh(v))^-df: a function of tanh(u) that is
    smooth from zero to one and beyond. For that stands a polynomial.
    """
    xp = array_namespace(distance)
    table = like([_polynomial(value) for value in host(df).ravel().tolist()], distance)
    table = xp.reshape(table, (*df.shape, -1))
    middle, square = table[..., 0], distance * distance
    root = middle * xp.sqrt(df + square)
    place = (distance - root) / ((1 - 2 * middle) * distance + root)
    value = table[..., 1] + xp.zeros_like(place)
    for column in range(2, _TERMS + 1):
        value *= place
        value += table[..., column]
    return value * xp.exp(-0.5 * df * xp.log1p(square / df))


@lru_cache(maxsize=256)
def _polynomial(df):
    """tanh(u) in the middle of the range, and the coefficients, highest first.

    Of a fraction of tanh(u) that is -1, 0 and 1 where this is 0, in the middle, and 1.
    """
    middle = min(_MIDDLE / math.sqrt(df + _MIDDLE**2), 0.5)
    angles = [math.pi * (j + 0.5) / _TERMS for j in range(_TERMS)]
    places = [math.cos(angle) for angle in angles]
    heights = [_integral(middle * (1 + x) / (1 - x * (1 - 2 * middle)), df) for x in places]
    # Sums of Chebyshev's polynomials, each twice x times the last less the one before.
    total, before, last = [0.0] * _TERMS, [0.0] * _TERMS, [1.0] + [0.0] * (_TERMS - 1)
    for k in range(_TERMS):
        factor = 2 if k else 1
        share = sum(h * math.cos(k * angle) for h, angle in zip(heights, angles, strict=True))
        total = [t + factor / _TERMS * share * c for t, c in zip(total, last, strict=True)]
        times_x = [0.0, *last[:-1]]
        before, last = last, [factor * c - b for c, b in zip(times_x, before, strict=True)]
    at_zero = sum((-1) ** k * c for k, c in enumerate(total))
    return middle, *(0.5 * c / at_zero for c in reversed(total))


def _integral(tanh, df):
    """Of (cosh(v) + tanh sinh(v))^-df over v > 0, by a rule that is exact to rounding."""
    width = 1 / (math.sqrt(df) * (1 + tanh * math.sqrt(df)))
    total = 0.0
    for s in _POINTS:
        v = width * math.exp(s - math.exp(-s))
        log = v + math.log1p(0.5 * (1 - tanh) * math.expm1(-2 * v))
        total += math.exp(-df * log) * v * (1 + math.exp(-s))
    return total
