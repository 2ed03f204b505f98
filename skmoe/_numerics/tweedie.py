r"""Sums over the unknown number of parts that a compound Poisson amount is made of.

An amount y is the sum of a Poisson number j of parts, Gamma distributed with the shape `alpha`. Its
density is a sum over j whose terms do not depend on the mean of y; the largest stands near
:math:`j = y^{2 - p} / (\varphi (2 - p))`, called `peak` here. Where that is large the terms are a
smooth hill, whose sum is also that of every h-th of them, times h (the trapezoidal rule, whose
error falls as the exponential of the squared width over h).

References
----------
.. [1] Dunn, P. K. & Smyth, G. K. (2005). Series evaluation of Tweedie exponential dispersion model
   densities. Statistics and Computing 15, 267-280.
"""

import math

from .._rows.arrays import array_namespace, exp, like, special, take_rows
from .gamma_functions import log_excess, log_less_digamma, stirling_rest
from .search import put_back

__all__ = ["compound_cdf", "compound_sf", "log_series", "series_means"]

# Height of the hill, in logarithms, from which on its foot at no parts does not count.
_HIGH = 40.0

# Steps in a standard deviation of the hill, and steps on each side of its top.
_FINENESS, _STEPS = 1.4, 13

# Numbers of a table of several terms.
_ENTRIES = 2**15

# Number of parts on average from which on their distribution is a hill without a foot.
_MANY = 60.0

# Units of rounding of the number of parts that a step at least should hold.
_UNITS = 64.0


def log_series(peak, alpha):
    """Logarithm of the sum over j of the terms, over the exponential of `(1 + alpha) * peak`.

    Parameters
    ----------
    peak : array of shape (n, K, C)
        Above zero.
    alpha : array that broadcasts against it

    Returns
    -------
    array of shape (n, K, C)
    """
    return _over_parts(peak, alpha, _log_sum)[0]


def series_means(peak, alpha):
    """Means, weighted by the terms, of j - peak, and of j (log(j / peak) - log(a) + digamma(a)).

    a stands for j times alpha. Parameters as in `log_series`.
    """
    return _over_parts(peak, alpha, _means)


def _over_parts(peak, alpha, ask):
    """Answers `ask(peak, alpha, ground, terms)`, tables, to few parts and to many."""
    xp = array_namespace(peak)
    high = (1 + alpha) * peak > _HIGH
    low = xp.where(high, xp.ones_like(peak), peak)
    found = ask(low, alpha, *_each(low, alpha))
    if not bool(xp.any(high)):
        return found
    left = xp.reshape(high, (-1,))
    place = xp.nonzero(left)[0]
    own = (take_rows(xp.reshape(x, (-1, 1)), place) for x in xp.broadcast_arrays(peak, alpha))
    peak, alpha = own
    rest = ask(peak, alpha, xp.zeros_like(peak), _some(peak, alpha))
    return [
        xp.reshape(put_back(left, xp.reshape(table, (-1, 1)), more), table.shape)
        for table, more in zip(found, rest, strict=True)
    ]


def _log_sum(peak, alpha, ground, terms):
    xp = array_namespace(peak)
    total = sum(xp.sum(step * exp(log), axis=0) for _, _, step, log in terms)
    return [ground + xp.log(total)]


def _means(peak, alpha, ground, terms):
    xp, log_peak = array_namespace(peak), array_namespace(peak).log(peak)
    total = more = bend = 0.0
    for j, digamma, step, log in terms:
        weight = step * exp(log)
        total = total + xp.sum(weight, axis=0)
        more = more + xp.sum(weight * (j - peak), axis=0)
        bend = bend + xp.sum(weight * (j * (digamma - log_peak)), axis=0)
    return [more / total, bend / total]


def _numbers(first, last, x):
    """Whole numbers up to the last, along a first axis before those of x, some at a time."""
    xp = array_namespace(x)
    length = max(_ENTRIES // max(math.prod(x.shape), 1), 1)
    for begin in range(first, last + 1, length):
        numbers = like(range(begin, min(begin + length, last + 1)), x)
        yield xp.reshape(numbers, (-1,) + (1,) * x.ndim)


def _each(peak, alpha):
    """Logarithm to add, and all terms that count, some at a time.

    For each j, digamma(j alpha) - log(alpha), the distance to the next and the logarithm.
    """
    xp = array_namespace(peak)
    rise = (1 + alpha) * xp.log(peak) + alpha * xp.log(alpha)
    fall = (1 + alpha) * peak
    # Below one part, the first is the largest of all.
    ground = xp.where(peak < 1, rise - special("gammaln", alpha) - fall, xp.zeros_like(peak))
    last = peak + 9 * xp.sqrt(peak / (1 + alpha)) + 8 + 12 / (1 + alpha)

    def terms():
        for j in _numbers(1, _largest(last), peak):
            down = special("gammaln", j + 1) + special("gammaln", j * alpha)
            digamma = xp.log(j) - log_less_digamma(j * alpha)
            yield j, digamma, 1.0, j * rise - (fall + ground) - down

    return ground, terms()


def _some(peak, alpha):
    """Terms around the top of a high hill, all where it is narrow."""
    xp = array_namespace(peak)
    step = xp.sqrt(peak / (1 + alpha)) / _FINENESS
    step = xp.where(step > 1, step, xp.ones_like(step))
    for number in _numbers(-_STEPS, _STEPS, peak):
        j = xp.floor(peak) + number * step
        some = j > 0.5
        j = xp.where(some, j, xp.ones_like(j))
        log = -(1 + alpha) * j * log_excess(peak / j) - stirling_rest(j)
        log = log - stirling_rest(j * alpha) + xp.log(j * alpha)
        digamma = xp.log(j) - log_less_digamma(j * alpha)
        yield j, digamma, xp.where(some, step, xp.zeros_like(step)), log


def _largest(x):
    """The largest number of a table, rounded up; one of an empty table.

    Searches look at what is no number too.
    """
    xp = array_namespace(x)
    if math.prod(x.shape) == 0:
        return 1
    return math.ceil(float(xp.max(xp.where(xp.isfinite(x), x, xp.ones_like(x)))))


def compound_cdf(amount, rate, alpha):
    """Probability of some parts, and of at most an amount.

    Parameters
    ----------
    amount : array
        Over the scale of the parts, at least zero.
    rate : array of the same shape
        Number of parts on average.
    alpha : array of the same shape
        Shape of a part.

    Returns
    -------
    array of the same shape
    """
    xp = array_namespace(amount)
    center = xp.minimum(rate, _parts_of(amount, rate, alpha))
    return _compound("gammainc", amount, rate, alpha, center)


def compound_sf(amount, rate, alpha):
    """Probability of more than an amount; parameters as in `compound_cdf`."""
    xp = array_namespace(amount)
    # What takes more parts than that has no probability that is a number.
    most = rate + 30 * xp.sqrt(rate) + 50
    center = xp.minimum(xp.maximum(rate, _parts_of(amount, rate, alpha)), most)
    return _compound("gammaincc", amount, rate, alpha, center)


def _parts_of(amount, rate, alpha):
    """Number of parts that an amount probably is made of."""
    xp = array_namespace(amount)
    # Next to no amount is of no parts, whatever its power.
    ratio = xp.maximum(amount / (alpha * rate), xp.full_like(rate, 1e-30))
    return rate * ratio ** (alpha / (1 + alpha))


def _compound(tail, amount, rate, alpha, center):
    """Sum of Poisson probabilities of j parts times a probability of their sum.

    The largest terms stand around `center`.
    """
    xp = array_namespace(amount)
    step = xp.sqrt(center / (1 + alpha)) / _FINENESS
    many = center > _MANY
    # Of so many, rounding lets numbers of parts be told apart no more.
    coarse = many & (step < _UNITS * xp.finfo(step.dtype).eps * center)
    step = xp.where((step > 1) & many & ~coarse, step, xp.ones_like(step))
    center = xp.where(coarse, xp.ones_like(center), center)
    reach = 8 * xp.sqrt(center) + 10
    first = xp.floor(xp.maximum(center - reach, xp.ones_like(center)))
    total = xp.zeros_like(center)
    for number in _numbers(0, _largest((center + reach - first) / step), center):
        j = first + number * step
        proba = step * exp(-stirling_rest(j) - j * log_excess(rate / j))
        total = total + xp.sum(proba * special(tail, j * alpha, amount + 0 * j), axis=0)
    return xp.where(coarse, _normal(tail, amount, rate, alpha), xp.clip(total, 0.0, 1.0))


def _normal(tail, amount, rate, alpha):
    """The same probability of an amount of so many parts that it is normal."""
    spread = array_namespace(amount).sqrt((1 + 1 / alpha) / rate)
    deviate = (amount / (alpha * rate) - 1) / spread
    return 0.5 * special("erfc", (0.5**0.5 if tail == "gammaincc" else -(0.5**0.5)) * deviate)
