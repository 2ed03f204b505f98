"""Ordered answers: cumulative logits."""

import copy
import math
from itertools import accumulate, pairwise

from .._rows.arrays import array_namespace, device, exp, host, like, ones, solve_spd, zeros
from .._rows.scaling import largest_value, weight_by_code
from .._rows.validation import check_choice
from ._base import Labels, bounded_growth

__all__ = ["Ordinal"]

# Widths of a class that exponentials can still be taken of, and squares of one over them.
_NARROWEST, _WIDEST = 1e-6, 1e6

# Rows of every class that a climb begins with beside the data: one without weight has a width too.
_BEFORE_DATA = 0.5


class Ordinal(Labels):
    r"""Labels in an order, through cumulative logits: proportional odds.

    Maximised: :math:`\sum_i r_{ik} \log p(y_i \mid \eta_{ik})` with :math:`P(y \le j) = 1 / (1 +
    e^{-(\theta_{kj} - \eta_{ik})})`: every expert has one linear predictor, whatever the number of
    classes, and J - 1 thresholds in rising order that cut it into the J classes. A coefficient is
    a change of the log odds of a higher class, the same at every threshold. One expert with
    `alpha=0` is the ordered logit of R's `polr` and of statsmodels' `OrderedModel`; of two classes
    it is logistic regression.

    Parameters
    ----------
    levels : list or None, default=None
        The labels from the lowest to the highest. None takes numbers by value, and columns of an
        ordered categorical type in the order of its categories; other text has no order.
    scale : {"expert", "shared"}, default="expert"
        Whether every expert has distances between its thresholds of its own or all have the same.
        Thresholds as a whole move with an expert's intercept in any case. Under `alpha="auto"`
        distances of their own are drawn towards their geometric mean over the experts, with a
        strength that is estimated.

    Attributes
    ----------
    n_classes : int
        J; set by `initialize`, and so are the others.
    n_scales : int
        J - 2, the distances between neighbouring thresholds, which are the scales of an expert.
    anchor : list of float
        Weights of the thresholds whose mean, the intercept apart, is zero: those by which the
        intercept and the distances know nothing of each other where no column matters.

    References
    ----------
    .. [1] McCullagh, P. (1980). Regression models for ordinal data. Journal of the Royal
       Statistical Society B 42, 109-142.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe import MoEClassifier
    >>> from skmoe.families import Ordinal
    >>> rng = np.random.default_rng(0)
    >>> x = rng.uniform(-3, 3, size=(2000, 1))
    >>> y = np.digitize(2 * x[:, 0] + rng.logistic(size=2000), [-1, 3])
    >>> model = MoEClassifier(1, family=Ordinal()).fit(x, y)
    >>> model.expert_coef_.round(), model.expert_thresholds_.round()
    (array([[2.]]), array([[-1.,  3.]]))
    """

    ordered = True
    largest_step = 4.0
    closed_form = False
    n_classes = None

    def __init__(self, levels=None, scale="expert"):
        self.levels = levels
        self.scale = scale

    @property
    def pools_scales(self):
        """Whether experts are drawn towards each other with the logarithms of their scales too."""
        return self.n_scales > 0 and not self.shared

    def with_classes(self, n_classes):
        """Family for a known number of classes."""
        family = copy.copy(self)
        family.n_classes = n_classes
        return family

    def n_predictors(self, n_classes):
        """One, whatever the number of classes."""
        return 1

    def initialize(self, y, weight=None):
        """Family for targets of shape (n_samples, 1) that hold class codes 0, 1, ..."""
        check_choice(self.scale, "scale", ("expert", "shared"))
        n_classes = self.n_classes or int(largest_value(y)) + 1
        if n_classes < 2:
            raise ValueError(
                "y holds one class, but family='ordinal' is for at least 2. Pass rows of other "
                "classes too."
            )
        rows = host(weight_by_code(y, weight, n_classes)).tolist()
        rows = [own + _BEFORE_DATA for own in rows]
        below = list(accumulate(rows))[:-1]
        above = list(accumulate(reversed(rows)))[-2::-1]
        logits = [math.log(low / high) for low, high in zip(below, above, strict=True)]
        pairs = zip(below, above, pairwise(rows), strict=True)
        known = [low * high * sum(beside) for low, high, beside in pairs]
        anchor = [own / sum(known) for own in known]
        return self._with(
            y,
            start=[-sum(own * logit for own, logit in zip(anchor, logits, strict=True))],
            n_classes=n_classes,
            n_scales=n_classes - 2,
            anchor=anchor,
            gaps=[high - low for low, high in pairwise(logits)],
        )

    def as_table(self, y):
        """The codes themselves."""
        return y

    def _initial_scales(self):
        return self.gaps

    def _basis(self, x):
        """What thresholds are made of gaps by, (J - 1, S)."""
        xp = array_namespace(x)
        place = xp.arange(self.n_classes - 1, device=device(x))
        steps = xp.astype(place[:, None] > place[None, :-1], x.dtype)
        return steps - like(self.anchor, x) @ steps

    def thresholds(self, scale, x):
        """Thresholds (K, J - 1) or (n, K, J - 1), the intercept apart, like the array `x`."""
        # Of two classes there is one, which the intercept stands for.
        return zeros((1, 1), x) if scale is None else scale @ self._basis(x).T

    def _widths(self, scale, x):
        """One less the odds by which a threshold lies below the next, (K or n, K, J)."""
        xp = array_namespace(x)
        inner = zeros((1, 0), x) if scale is None else -xp.expm1(-scale)
        one = ones((*inner.shape[:-1], 1), x)
        return xp.concat([one, inner, one], axis=-1)

    @staticmethod
    def _own(table, codes):
        """Entries (n, K) of a table (K, M) or (n, K, M) that belong to the codes (n,)."""
        xp = array_namespace(table)
        if table.ndim == 2:
            return xp.take(table.T, codes, axis=0)
        codes = xp.broadcast_to(codes[:, None, None], (*table.shape[:2], 1))
        return xp.take_along_axis(table, codes, axis=2)[:, :, 0]

    def _edges(self, y, eta, scale):
        """How far the thresholds below and above the class lie from the predictor, (n, K)."""
        xp = array_namespace(eta)
        codes = xp.astype(y[:, 0], xp.int64)
        table = self.thresholds(scale, eta)
        end = xp.full_like(table[..., :1], float("inf"))
        table = xp.concat([-end, table, end], axis=-1)
        return [self._own(table, codes + above) - eta[:, :, 0] for above in (0, 1)]

    def log_prob(self, y, eta, scale=None):
        """Log probability of the label of every row under every expert, of shape (n, K)."""
        xp = array_namespace(eta)
        low, high = self._edges(y, eta, scale)
        # The difference of two probabilities as a product, of which no digit is lost.
        width = self._own(xp.log(self._widths(scale, eta)), xp.astype(y[:, 0], xp.int64))
        sides = xp.minimum(high, xp.zeros_like(high)) - xp.maximum(low, xp.zeros_like(low))
        return sides + width - xp.log1p(exp(-xp.abs(low))) - xp.log1p(exp(-xp.abs(high)))

    def link(self, mean):
        """Predictors (n, K, 1) that have these class probabilities, at their own thresholds."""
        xp = array_namespace(mean)
        codes = xp.arange(self.n_classes, device=device(mean))
        below = xp.astype(codes[:, None] <= codes[None, :-1], mean.dtype)
        logits = xp.log(mean @ (1 - below)) - xp.log(mean @ below)
        return xp.sum(logits * like(self.anchor, mean), axis=2, keepdims=True)

    def mean(self, eta, scale=None):
        """Class probabilities, of shape (n, K, n_classes)."""
        xp = array_namespace(eta)
        below, above = _sides(self.thresholds(scale, eta) - eta)
        one = xp.ones_like(eta)
        below, above = xp.concat([below, one], axis=2), xp.concat([one, above], axis=2)
        return below * above * self._widths(scale, eta)

    def working(self, y, eta, scale=None):
        """Score, and minus the second derivative itself, which has one sign."""
        low, high = (_sides(edge) for edge in self._edges(y, eta, scale))
        score = low[0] - high[1]
        return score[:, :, None], (low[0] * low[1] + high[0] * high[1])[:, :, None]

    def scale_slope(self, y, eta, scale):
        """Derivative with respect to the logarithms of the gaps, of shape (n, K, S)."""
        low, high = (_sides(edge) for edge in self._edges(y, eta, scale))
        own = self._one_hot(y, eta)
        moved = own[:, :, :-1] * high[1][:, :, None] - own[:, :, 1:] * low[0][:, :, None]
        return scale * (moved @ self._basis(eta) + own[:, :, 1:-1] * _log_width_slope(scale))

    def score_slope(self, y, eta, scale):
        """Derivative of the score with respect to the logarithms of the gaps."""
        if scale is None:
            return None
        low, high = (_sides(edge) for edge in self._edges(y, eta, scale))
        own = self._one_hot(y, eta)
        moved = own[:, :, :-1] * (high[0] * high[1])[:, :, None]
        moved = moved + own[:, :, 1:] * (low[0] * low[1])[:, :, None]
        return scale * (moved @ self._basis(eta))

    def scale_sums(self, y, eta, scale, resp):
        """Slopes (K, S) of the logarithms of the gaps, and their curvature (K, S, S).

        That is the second derivative less the slope, exact where there is none.
        """
        if scale is None:
            return None, None
        xp = array_namespace(eta)
        low, high = (_sides(edge) for edge in self._edges(y, eta, scale))
        tables = resp, resp * low[0], resp * high[1], resp * low[0] * low[1]
        tables = xp.concat([*tables, resp * high[0] * high[1]], axis=1)
        # By class, (5, K, J): all the rest is done once for all rows.
        sums = xp.reshape(tables.T @ self._one_hot(y, eta)[:, 0, :], (5, resp.shape[1], -1))
        rows, inner = sums[0, :, 1:-1], _log_width_slope(scale)
        basis = self._basis(eta)
        slope = (sums[2, :, :-1] - sums[1, :, 1:]) @ basis + rows * inner
        weight = sums[4, :, :-1] + sums[3, :, 1:]
        bent = (basis.T[None, :, :] * weight[:, None, :]) @ basis
        eye = xp.eye(scale.shape[1], dtype=scale.dtype, device=device(scale))
        bent = bent + eye * (rows * inner * (1 + inner))[:, None, :]
        return scale * slope, scale[:, :, None] * scale[:, None, :] * bent

    def _update_scale(self, scale, sums):
        """One Newton step on the logarithms of all gaps of an expert together."""
        xp = array_namespace(scale)
        eye = xp.eye(scale.shape[1], dtype=scale.dtype, device=device(scale))
        curvature = sums.square + eye * (sums.hold + xp.zeros_like(scale))[:, None, :]
        move = solve_spd(curvature, (sums.slope + sums.pull)[:, :, None])
        return scale * bounded_growth(move[:, :, 0])

    def limited(self, scale):
        """Gaps that are still numbers."""
        return array_namespace(scale).clip(scale, _NARROWEST, _WIDEST)

    def degenerate(self, scale):
        """No: a class that an expert never predicts has no width, and no likelihood grows there."""
        return False

    def attributes(self, coef, intercept, scale):
        """Coefficients and thresholds, in which the intercepts are contained."""
        thresholds = self.thresholds(scale, intercept) - intercept
        return {"expert_coef_": coef, "expert_thresholds_": thresholds[:, None, :]}


def _sides(logit):
    """Probabilities of lying below and above, each with all its digits."""
    xp = array_namespace(logit)
    odds = exp(-xp.abs(logit))
    rare, one = odds / (1 + odds), 1 / (1 + odds)
    negative = logit < 0
    return xp.where(negative, rare, one), xp.where(negative, one, rare)


def _log_width_slope(gap):
    """Derivative of the logarithm of a width with respect to its gap."""
    xp = array_namespace(gap)
    return exp(-gap) / -xp.expm1(-gap)
