"""One target's mixture distribution, many points of it for every row."""

import math
from typing import Any, NamedTuple

import numpy as np

from .._numerics.quantiles import deviate, slack
from .._numerics.search import find_maximum, find_root, put_back
from .._rows.arrays import array_namespace, device, exp, like, logsumexp, take_rows

__all__ = ["Marginal"]

# Standard deviations between the quartiles of a normal distribution.
_QUARTILES = 1.3489795003921634

# Levels of the components between whose quantiles a density is smooth, and from each tail on which
# nothing is left to integrate.
_LEVELS = [1e-10, 1e-8, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.05, 0.15, 0.3, 0.5]

# Nodes of Gauss and Legendre's rule between two such quantiles.
_NODES = 10

# Distance, in those between the quartiles of the narrowest component, of points that count as two.
_APART = 1e-3

# Whole numbers whose probabilities are summed at once, and at most: the spread of larger counts is
# some dozens.
_TOGETHER, _SUMMED = 32, 256

# Rounding units that a sum of probabilities may be off by.
_SUM_ERROR = 4096

# Probability above the largest number summed whose square does not count any more.
_NEGLIGIBLE = 1e-9

# Standard deviations from the means of counts between which their distribution is smooth, and
# nodes of the rule there.
_SPREADS = [-6, -3.5, -2, -1, 0, 1, 2, 3.5, 6, 10, 18, 40]
_FEWER_NODES = 6


def _rule(n_nodes, x):
    """Nodes and weights of Gauss and Legendre's rule on (-1, 1), beside `x`."""
    return tuple(like(part, x) for part in np.polynomial.legendre.leggauss(n_nodes))


class Marginal(NamedTuple):
    """Mixture distribution of one target, for a block of rows.

    Points are tables (n, M), M of them for every row, in scaled units.

    Attributes
    ----------
    log_weight : array of shape (n, K)
        Logarithms of the experts' shares.
    eta : array of shape (n, K, 1)
    scale : array of shape (K, S) or (n, K, S), or None
    family : Family
        Of one target.
    """

    log_weight: Any
    eta: Any
    scale: Any
    family: Any

    def rows(self, rows):
        """The distributions of some rows: a slice or positions."""

        def own(table):
            return table[rows, ...] if isinstance(rows, slice) else take_rows(table, rows)

        by_row = self.scale is not None and self.scale.ndim == 3
        scale = own(self.scale) if by_row else self.scale
        return Marginal(own(self.log_weight), own(self.eta), scale, self.family)

    @property
    def weight(self):
        """The experts' shares, (n, K)."""
        return exp(self.log_weight)

    def _mixed(self, table):
        """Sum over the experts of share times table, (n, K, M) to (n, M)."""
        xp = array_namespace(table)
        return xp.sum(self.weight[:, :, None] * table, axis=1)

    def moments(self):
        """Mean, and the variance within and between the experts, all of shape (n, 1)."""
        means = self.family.mean(self.eta, self.scale)
        mean = self._mixed(means)
        within = self._mixed(self.family.variance(self.eta, self.scale))
        return mean, within, self._mixed((means - mean[:, None, :]) ** 2)

    def logpdf(self, y):
        """Log density; minus infinity where a target cannot be."""
        xp = array_namespace(self.eta)
        supported = self.family.supports(y)
        y = xp.where(supported, y, xp.ones_like(y))
        table = self._height(y)
        return xp.where(supported, table, xp.full_like(table, -float("inf")))

    def _log_terms(self, y):
        """Logarithms of share times density, (n, K, M)."""
        return self.log_weight[:, :, None] + self.family.log_density(y, self.eta, self.scale)

    def cdf(self, y):
        """Probability of at most y."""
        return self._mixed(self.family.cdf(y, self.eta, self.scale))

    def sf(self, y):
        """Probability of more than y."""
        return self._mixed(self.family.sf(y, self.eta, self.scale))

    def ppf(self, q):
        """Quantiles of the levels q (n, M)."""
        return self._quantile(q, Marginal.cdf, 1.0, q)

    def isf(self, q):
        """Quantiles that are exceeded with probability q (n, M)."""
        return self._quantile(q, Marginal.sf, -1.0, 1 - q)

    def _quantile(self, q, tail, sign, level):
        """Where the probability `tail`, rising if the sign is 1, is q, and `cdf` the level.

        In standard normal deviates of the probabilities: those of one Gaussian expert are a line.
        Positive targets by their logarithms: a quantile may be many powers of ten away.
        """
        if self.family.discrete:
            return self._whole_quantile(q, tail, sign, level)
        if self.family.atom:
            return self._quantile_above(q, tail, sign)
        wanted = sign * deviate(q)
        return self._root(tail, sign, wanted, self._guess(wanted))

    def _quantile_above(self, q, tail, sign):
        """The same where zero has a probability: there is where the others leave off."""
        xp = array_namespace(q)
        end = tail(self, xp.zeros_like(q[:, :1]))
        some = q > end if sign > 0 else q < end
        rest, inner = (1 - end, (1 + end) / 2) if sign > 0 else (end, end / 2)
        share = (q - end if sign > 0 else q) / xp.where(some, rest, xp.ones_like(q))
        guess = self._guess(sign * deviate(xp.where(some, share, xp.full_like(q, 0.5))))
        y = self._root(tail, sign, sign * deviate(xp.where(some, q, inner)), guess)
        return xp.where(some, y, xp.zeros_like(y))

    def _root(self, tail, sign, wanted, guess):
        """Where deviates are the wanted ones."""
        root = find_root(self._look(tail, sign), wanted, *guess, slack(wanted, sign))
        return array_namespace(root).exp(root) if self._by_logarithm else root

    def _look(self, tail, sign):
        """Deviates of a probability at points of some rows, and their slopes."""

        def look(x, rows):
            law, xp = self if rows is None else self.rows(rows), array_namespace(x)
            y = xp.exp(x) if self._by_logarithm else x
            z = sign * deviate(tail(law, y))
            density = xp.sum(exp(law._log_terms(y)), axis=1)
            slope = density * xp.exp(0.5 * z * z) * (2 * math.pi) ** 0.5
            return z, slope * y if self._by_logarithm else slope

        return look

    @property
    def _by_logarithm(self):
        return self.family.support[0] == 0 and not self.family.discrete

    def _guess(self, wanted):
        """Quantiles if all were normal, and the spread: components between their quartiles."""
        xp, ends = array_namespace(wanted), self._component_quantiles([0.25])
        if self._by_logarithm:
            ends = [xp.log(xp.maximum(end, xp.finfo(end.dtype).smallest_normal)) for end in ends]
        center, width = (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / _QUARTILES
        mean = self._mixed(center)
        spread = self._mixed(xp.hypot(width, center - mean[:, None, :]))
        return mean + spread * wanted, spread + 0 * wanted

    def _whole_quantile(self, q, tail, sign, level):
        """Quantiles of whole numbers: by sums of probabilities, and where these leave it open."""
        xp = array_namespace(q)
        slack = _SUM_ERROR * float(xp.finfo(q.dtype).eps) * level
        found, highest = self._summed_quantiles(level - slack, level + slack, 0, 0 * q[:, :1])
        # Next to nothing is more than probabilities that underflow.
        least = float(xp.finfo(q.dtype).smallest_normal) ** 0.25
        beyond = highest >= _SUMMED
        left = xp.any((found < highest) | beyond | (level < least), axis=1)
        place = xp.nonzero(left)[0]
        if place.shape[0] == 0:
            return found
        law, wanted = self.rows(place), sign * deviate(take_rows(q, place))
        start, spread = law._guess(wanted)
        start = xp.where(take_rows(beyond, place), xp.ceil(start), take_rows(found, place))
        start = xp.maximum(start, xp.zeros_like(start))
        rest = find_root(law._look(tail, sign), wanted, start, 1 + spread)
        return put_back(left, found, rest)

    def _summed_quantiles(self, low, high, first, below):
        """How many whole numbers below `_SUMMED`, and at least `first`, have a `cdf` below levels.

        Of two levels (n, M); `below` (n, 1) is the probability of less than `first`.
        """
        xp = array_namespace(low)
        table = self._summed(first, below)
        counts = []
        for level in (low, high):
            columns = (table[:, m : m + 1] < level for m in range(_TOGETHER))
            counts.append(first + sum(xp.astype(column, low.dtype) for column in columns))
        left = table[:, -1] < xp.max(high, axis=1)
        place = xp.nonzero(left)[0]
        if first + _TOGETHER >= _SUMMED or place.shape[0] == 0:
            return counts
        low, high, below = (take_rows(t, place) for t in (low, high, table[:, -1:]))
        rest = self.rows(place)._summed_quantiles(low, high, first + _TOGETHER, below)
        return [
            xp.where(own < first + _TOGETHER, own, put_back(left, own, more))
            for own, more in zip(counts, rest, strict=True)
        ]

    def _summed(self, first, below):
        """`cdf` of `_TOGETHER` whole numbers from `first` on, (n, _TOGETHER).

        `below` (n, 1) is the probability of less than `first`.
        """
        xp = array_namespace(below)
        start = first + xp.zeros_like(below)
        if not hasattr(self.family, "growth"):
            return self.cdf(start + like(range(_TOGETHER), below))
        # Not by our `exp`: the least that it gives may grow.
        term, columns = xp.exp(self._log_terms(start)), []
        for number in range(first, first + _TOGETHER):
            below = below + xp.sum(term, axis=1)
            columns.append(below)
            term = term * self.family.growth(number, self.eta, self.scale)
        return xp.concat(columns, axis=1)

    def crps(self, y):
        """Continuous ranked probability score of y (n, M)."""
        if hasattr(self.family, "expected_distance"):
            return self._crps_by_distances(y)
        if self.family.discrete:
            return self._crps_by_sum(y)
        return self._crps_by_quadrature(y)

    def _crps_by_distances(self, y):
        """E|Y - y| - E|Y - Y'| / 2 from the expected distances of two components."""
        xp = array_namespace(y)
        distance = self.family.expected_distance
        zero = 0 * self.scale
        first = self._mixed(distance(self.eta - y[:, None, :], self.scale, zero))
        eta, scale = self.eta[:, :, 0], self.scale
        pairs = distance(
            eta[:, :, None] - eta[:, None, :],
            scale,
            xp.matrix_transpose(scale),
        )
        weight = self.weight
        second = xp.sum(weight * xp.sum(weight[:, None, :] * pairs, axis=2), axis=1)
        return first - 0.5 * second[:, None]

    def _crps_by_quadrature(self, y):
        """Integral of (cdf - 1[y <= z])^2, piece by piece between the components' quantiles."""
        xp = array_namespace(y)
        knots, rule = self._knots(), _rule(_NODES, y)
        columns = []
        for column in range(y.shape[1]):
            own = y[:, column : column + 1]
            points = xp.sort(xp.concat([knots, own], axis=1), axis=1)
            columns.append(self._squares(points, own, self.cdf, *rule))
        return xp.concat(columns, axis=1)

    def _knots(self):
        """Quantiles of all components, side by side, (n, 2 K L)."""
        xp = array_namespace(self.eta)
        table = xp.concat(self._component_quantiles(_LEVELS), axis=2)
        if self.family.atom:
            table = xp.concat([table, xp.zeros_like(table[:, :, :1])], axis=2)
        return xp.reshape(table, (table.shape[0], -1))

    def _component_quantiles(self, levels):
        """Quantiles (n, K, L) of the components from below and from above.

        Where zero has a probability, of what lies above.
        """
        levels, eta, scale = like(levels, self.eta)[None, None, :], self.eta, self.scale
        below = above = levels
        if self.family.atom:
            zero = array_namespace(eta).zeros_like(eta[:, 0, :])
            at, rest = (f(zero, eta, scale) for f in (self.family.cdf, self.family.sf))
            below, above = at + rest * levels, rest * levels
        return [self.family.ppf(below, eta, scale), self.family.isf(above, eta, scale)]

    def _crps_by_sum(self, y):
        """Sum of (cdf - 1[y <= z])^2 over the whole numbers z; over large ones as an integral."""
        xp = array_namespace(y)
        # What lies below zero was missed for certain.
        total, steps = xp.maximum(-y, xp.zeros_like(y)), like(range(_TOGETHER), y)[None, :]
        below = xp.zeros_like(y[:, :1])
        for first in range(0, _SUMMED, _TOGETHER):
            z, below = first + steps, self._summed(first, below[:, -1:])
            hit = xp.astype(z[:, None, :] >= y[:, :, None], y.dtype)
            total = total + xp.sum((below[:, None, :] - hit) ** 2, axis=2)
            highest = first + _TOGETHER
            left = (1 - below[:, -1] >= _NEGLIGIBLE) | (xp.max(y, axis=1) >= highest)
            if not bool(xp.any(left)):
                return total
        place = xp.nonzero(left)[0]
        law, y = self.rows(place), take_rows(y, place)
        columns = [law._crps_beyond(y[:, m : m + 1]) for m in range(y.shape[1])]
        return total + put_back(left, xp.zeros_like(total), xp.concat(columns, axis=1))

    def _crps_beyond(self, y):
        """The part of the sum from `_SUMMED` on, by Euler and Maclaurin's formula.

        A term stands for the unit around it; where a smooth function begins or ends, its slope
        over 24 corrects that. The next correction is smaller by the square of the spread.
        """
        xp = array_namespace(y)
        begin = xp.full_like(y, _SUMMED - 0.5)
        mean = self.family.mean(self.eta, self.scale)
        spread = xp.sqrt(self.family.variance(self.eta, self.scale))
        knots = mean + spread * like(_SPREADS, y)[None, None, :]
        knots = xp.reshape(knots, (y.shape[0], -1))
        points = xp.maximum(xp.concat([begin, knots, y - 0.5], axis=1), begin)
        nodes, weights = _rule(_FEWER_NODES, y)
        total = self._squares(xp.sort(points, axis=1), y - 0.5, self._smooth_cdf, nodes, weights)
        at_begin, at_jump = self._smooth_cdf(begin), self._smooth_slope(xp.maximum(y - 0.5, begin))
        miss = xp.where(y > _SUMMED, at_begin, at_begin - 1)
        total = total + miss * self._smooth_slope(begin) / 12
        return total - xp.where(y > _SUMMED, at_jump / 12, xp.zeros_like(y))

    def _smooth_cdf(self, y):
        """The distribution function of counts, continued between whole numbers."""
        return self._mixed(self.family.smooth_cdf(y, self.eta, self.scale))

    def _smooth_slope(self, y):
        return self._smooth_cdf(y + 0.5) - self._smooth_cdf(y - 0.5)

    @staticmethod
    def _squares(points, own, cdf, nodes, weights):
        """Integral of (cdf - 1[own <= z])^2 between the first and the last of sorted points."""
        xp = array_namespace(points)
        total = xp.zeros_like(own)
        for piece in range(points.shape[1] - 1):
            low, high = points[:, piece : piece + 1], points[:, piece + 1 : piece + 2]
            half = (high - low) / 2
            z = low + half * (1 + nodes[None, :])
            below = cdf(z)
            miss = xp.where(z >= own, 1 - below, below)
            total = total + half * ((miss * miss) @ weights)[:, None]
        return total

    def mode(self):
        """Where the density is highest, (n, 1)."""
        xp = array_namespace(self.eta)
        points = self._knots()
        points = xp.floor(points) if self.family.discrete else points
        if self._by_logarithm:
            points = xp.maximum(points, xp.finfo(points.dtype).smallest_normal)
        points = xp.clip(points, *self._bounds())
        best = self._highest(points)
        # Quantiles of experts that are alike fall together up to rounding.
        apart = _APART * self._narrowest()
        below, above = points < best - apart, points > best + apart
        low = xp.max(xp.where(below, points, -float("inf")), axis=1, keepdims=True)
        high = xp.min(xp.where(above, points, float("inf")), axis=1, keepdims=True)
        low, high = (xp.where(xp.isfinite(end), end, best) for end in (low, high))
        peak = find_maximum(self._height, low, high)
        if self.family.discrete:
            peak = xp.concat([xp.floor(peak), xp.floor(peak) + 1], axis=1)
        # A density next to an atom says nothing of its probability.
        atom = [xp.zeros_like(best)] if self.family.atom else []
        return self._highest(xp.concat([best, peak, *atom], axis=1))

    def _bounds(self):
        """The smallest and the largest point that has a density."""
        low, high = self.family.support
        if high == float("inf") or self.family.discrete:
            return low, high
        return low, high * (1 - float(array_namespace(self.eta).finfo(self.eta.dtype).eps))

    def _narrowest(self):
        """The least distance between a component's quartiles, (n, 1)."""
        ends = self._component_quantiles([0.25])
        return array_namespace(self.eta).min((ends[1] - ends[0])[:, :, 0], axis=1, keepdims=True)

    def _highest(self, points):
        """The point of every row (n, M) with the highest density, (n, 1)."""
        xp = array_namespace(points)
        place = xp.argmax(self._height(points), axis=1, keepdims=True)
        chosen = xp.arange(points.shape[1], device=device(points))[None, :] == place
        return xp.sum(xp.where(chosen, points, xp.zeros_like(points)), axis=1, keepdims=True)

    def _height(self, y):
        """Log density, of whole numbers' families also between these."""
        return logsumexp(self._log_terms(y), axis=1)[:, 0, :]
