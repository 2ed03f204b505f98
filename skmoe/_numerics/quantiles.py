"""Quantiles of distributions of which only the distribution function is known."""

import math

from .._rows.arrays import array_namespace, special, take_rows
from .search import find_root

__all__ = ["deviate", "searched", "slack"]


def deviate(probability):
    """Standard normal deviates of probabilities, kept off zero and one."""
    xp = array_namespace(probability)
    least = xp.full_like(probability, xp.finfo(probability.dtype).smallest_normal)
    most = xp.full_like(probability, 1 - xp.finfo(probability.dtype).eps / 2)
    return special("ndtri", xp.minimum(xp.maximum(probability, least), most))


def slack(wanted, sign):
    """Distance of deviates of a probability, rising if the sign is 1, that counts as none."""
    xp = array_namespace(wanted)
    # Probabilities near one are known to a rounding unit only, and their deviates to less.
    eps = float(xp.finfo(wanted.dtype).eps)
    steepness = xp.exp(0.5 * xp.minimum(wanted * wanted, 600 + 0 * wanted))
    loose = xp.where(wanted * sign > 0, 8 * eps * steepness, 0.0)
    return 16 * eps * (1 + xp.abs(wanted)) + loose


def searched(tail, log_density, sign, q, start, reach, *params):
    """Positive numbers at which a probability is q, one for every entry.

    In standard normal deviates of the probabilities, by the logarithm of the number.

    Parameters
    ----------
    tail, log_density : callable
        `f(y, *params)`, elementwise.
    sign : float
        1.0 where `tail` is the probability of at most y, -1.0 where it is that of more.
    q, start, reach, *params : array
        Levels, logarithms where to begin, how far to look at first; they broadcast.

    Returns
    -------
    array
    """
    xp = array_namespace(q)
    table = xp.broadcast_arrays(q, start, reach, *params)
    q, start, reach, *params = (xp.reshape(own, (-1, 1)) for own in table)
    wanted = sign * deviate(q)

    def look(x, rows):
        own = params if rows is None else [take_rows(param, rows) for param in params]
        y = xp.exp(x)
        z = sign * deviate(tail(y, *own))
        slope = xp.exp(log_density(y, *own) + x + 0.5 * z * z) * (2 * math.pi) ** 0.5
        return z, slope

    root = find_root(look, wanted, start + reach * wanted, reach, slack(wanted, sign))
    return xp.reshape(xp.exp(root), table[0].shape)
