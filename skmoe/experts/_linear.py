"""Linear and generalised linear experts."""

from typing import Any, NamedTuple

from .._numerics.normal_equations import (
    Diagonal,
    Separable,
    coefficients_only,
    curvature_for,
    gradient,
)
from .._numerics.part import Doubts, Slopes, take_columns
from .._numerics.penalty import Penalty
from .._rows.arrays import (
    array_namespace,
    block_diagonal,
    contrasts,
    device,
    host,
    identity,
    like,
    stacked,
    zeros,
)
from .._rows.statistics import scale as rescaled
from .._rows.whitening import Whitening
from ..families._base import ScaleSums
from ._base import Expert

__all__ = ["LinearExpert"]


# Rows that every pooled expert is taken to have seen, at the geometric mean of the experts'
# variances (at first, that of the one-expert fit). One row leaves a well-determined scale alone
# and keeps an expert of a few rows from passing through them exactly.
_PRIOR_ROWS = 1.0

# The least of that variance, as a share of the one-expert fit's: rows without any noise would
# otherwise draw all scales to zero.
_FINEST = 1e-2

# Penalty on the intercepts of several experts for labels, relative to that on coefficients, where
# it is fixed: worth a twentieth of a nat three logits away from even odds, at alpha=1.
_OF_INTERCEPTS = 1e-2

# Logarithm of an extrapolated scale whose exponential, and one over it, can still be squared.
_WIDEST = 40.0

# Longest change of an expert's weights in one step, of families with bounded steps.
_LONGEST = 1e3

# Largest steps that an extrapolation may go at once: where steps are alike, as towards a mean of
# zero, they point to infinity.
_STEPS_AHEAD = 10.0


class LinearStatistics(NamedTuple):
    """Sums over rows at the current parameters.

    Attributes
    ----------
    score : array of shape (K, C, D)
        Derivative with respect to the weights, over the family's precision.
    gram : array or SoftmaxGram
        Curvature with respect to the weights, over the family's precision.
    count : array of shape (K,)
        Responsibility of every expert.
    slope : array of shape (K, S) or None
        Derivative with respect to the logarithms of the scales.
    square : array of shape (K, S), (K, S, S) or None
        Squares of the rows' shares in `slope`, or their curvature, where the family asks for them.
    cross : array of shape (K, S, D) or None
        Derivative of `score` with respect to the logarithms of the scales, where the family has
        it.
    told : array of shape (K,)
        Squared responsibilities over row weights: their sum over that of `count` is the share of
        the curvature that the data hold, not knowing which expert every row belongs to.
    """

    score: Any
    gram: Any
    count: Any
    slope: Any
    square: Any
    cross: Any
    told: Any

    def observed(self):
        """Curvature that the data hold."""
        xp = array_namespace(self.count)
        return rescaled(self.gram, xp.sum(self.told) / xp.sum(self.count))

    def observed_scales(self):
        """The same of the scales, where they have a matrix, as that of one predictor."""
        xp = array_namespace(self.count)
        return self.square[:, None, :, :] * (xp.sum(self.told) / xp.sum(self.count))


class LinearExpert(Expert):
    r"""Experts with linear predictors: least squares, logistic and softmax regressions.

    Maximised: :math:`\sum_i r_{ik} \log f(y_i; \eta_{ik}, \sigma_k) - \frac{\alpha}{2 \sigma_k^2}
    \|b_k - b_0\|^2` with :math:`\eta_{ik} = b_k^\top x_i + a_k`, and :math:`\sigma_k = 1` in the
    penalty of counts and labels, by one Newton step an update; for Gaussian experts that step is
    the exact maximum. Columns are scaled to unit variance, those of a sparse table of more than
    128 by one number.

    Parameters
    ----------
    alpha : float or "auto", default="auto"
        Penalty on the coefficients. A number shrinks them towards zero (:math:`b_0 = 0`) and
        leaves the intercepts free: one expert with `alpha=a` is scikit-learn's `Ridge(alpha=a)`
        or `LogisticRegression(C=1/a)` on scaled columns; 0 is maximum likelihood. Of several
        experts for labels the intercepts are shrunk too, a hundredth as much: where an expert
        sees few classes they would grow without end. "auto" shrinks
        the experts, intercepts included, towards each other: :math:`b_0` is the one-expert fit.
        Its strength towards zero, and then one for every expert towards it, are estimated from the
        data: MacKay's evidence is maximised, under a weak Gamma prior on the strength. The
        variances are
        drawn towards their geometric mean with the weight of one row. Where several experts have
        no more evidence than one, all become the one-expert fit, and the fit warns. On tables
        of 1,000 columns or more, sparse ones of more than 128, the strength stays at 1: the
        evidence needs a matrix of the columns squared. That of the one-expert fit stays at 1
        also where columns times classes are more than 500.
    columns : list of names, positions or booleans, slice, callable or None, default=None
        The columns that the experts look at; None stands for all, an empty list for the
        intercept alone.
        A callable is given X in `fit`, as scikit-learn's `make_column_selector` is.
    segments : int, default=1
        In how many segments the experts look at every feature that is a number: with a slope of
        its own in each, so that what is fitted bends at the borders between them, quantiles of
        the feature. There are fewer where values repeat, and 20 rows in each at least. 1 is a
        straight line.

    Attributes
    ----------
    weights : array of shape (n_experts, n_outputs, n_columns + 1)
        Coefficients and, last, intercepts on the scaled columns; on the bank that `initialize`
        and `update` return.
    scale : array of shape (n_experts, n_scales) or None
        Scales, for families that have them, in units of the scaled target.
    alpha_ : array of shape (n_experts,)
        The penalties in force. "auto" estimates one for every expert, so that an expert that the
        data do not need is pooled while the others keep their own coefficients.

    References
    ----------
    .. [1] Jordan, M. I. & Jacobs, R. A. (1994). Hierarchical mixtures of experts and the EM
       algorithm. Neural Computation 6, 181-214.
    .. [2] MacKay, D. J. C. (1992). Bayesian interpolation. Neural Computation 4, 415-447.

    Examples
    --------
    >>> from skmoe import MoERegressor
    >>> from skmoe.experts import LinearExpert
    >>> MoERegressor(expert=LinearExpert(alpha=1.0))
    MoERegressor(expert=LinearExpert(alpha=1.0))
    """

    takes_offsets = True

    def __init__(self, alpha="auto", columns=None, segments=1):
        self.alpha = alpha
        self.columns = columns
        self.segments = segments

    def initialize(self, n_experts, X, family, columns=None):
        """Bank that predicts the same for every row, with all coefficients zero."""
        size = X.shape[1] if columns is None else len(columns) + 1
        outputs = family.n_outputs
        shape = (n_experts, outputs, size)
        penalised = coefficients_only(size, X)
        start = like(family.start, X)[None, :, None] * (1 - penalised)
        if family.labels and n_experts > 1:
            penalised = penalised + _OF_INTERCEPTS * (1 - penalised)
        scale = family.initial_scale(n_experts, X)
        return self._replaced(
            weights=zeros(shape, X) + start,
            center=zeros(shape[1:], X),
            scale=scale,
            scale_center=scale,
            pooled_scales=_OF_INTERCEPTS if family.pools_scales and n_experts > 1 else 0.0,
            prior_rows=0.0,
            prior_variance=zeros(shape[1:2], X),
            family=family,
            positions=columns,
            penalised=penalised,
            curvature=curvature_for(X, size, outputs if family.coupled else 0),
        )._with_penalties([Penalty.of(self.alpha)] * n_experts)

    @property
    def gradient_only(self):
        """Whether the curvature is known column by column only."""
        return isinstance(self.curvature, Diagonal)

    @property
    def learns_at_once(self):
        """Whether one step reaches the top: of a log density that is a parabola."""
        return self.family.quadratic

    def allows_sparse(self):
        """Yes: predictors and gradients are products with X."""
        return True

    def with_products(self, products):
        """Bank whose curvature is summed by them."""
        return self._replaced(curvature=self.curvature.knowing(products))

    @property
    def alpha_(self):
        """The penalties in force."""
        return self.alphas[:, 0]

    def _with_penalties(self, penalties, of_scales=None):
        """Bank with other penalties, one per expert, on weights and on pooled scales."""
        penalties = tuple(penalties)
        of_scales = penalties if of_scales is None else tuple(of_scales)
        alphas, scale_alphas = (
            like([[penalty.alpha] for penalty in own], self.weights)
            for own in (penalties, of_scales)
        )
        return self._replaced(
            penalties=penalties,
            alphas=alphas,
            scale_penalties=of_scales,
            scale_alphas=scale_alphas,
        )

    def _ridge(self):
        """Penalty on every weight, of shape (K, D)."""
        return self.alphas * self.penalised

    @property
    def pools(self):
        """Whether the experts are shrunk towards the one-expert fit."""
        return self.penalties[0].automatic

    def pooled_at(self, one):
        """Bank that starts at, and is shrunk towards, the one expert of the bank `one`."""
        xp = array_namespace(self.weights)
        weights = xp.broadcast_to(one.weights, self.weights.shape)
        # Towards the one-expert fit the intercepts are shrunk as well.
        strength = one._times_precision(
            zeros(one.weights.shape, one.weights) + one._ridge()[:, None, :]
        )
        new = self._replaced(
            center=one.weights[0, ...],
            center_strength=strength,
            weights=weights,
            penalised=xp.ones_like(self.penalised),
        )
        if self.scale is None:
            return new
        new = new._replaced(scale=xp.broadcast_to(one.scale, self.scale.shape))
        if self.family.pools_scales:
            return new._replaced(scale_center=one.scale, pooled_scales=1.0)
        return new._replaced(
            prior_rows=_PRIOR_ROWS,
            prior_variance=one.scale[0, : one.family.n_outputs] ** 2,
            pooled_variance=one.scale[0, : one.family.n_outputs] ** 2,
        )

    def take(self, experts):
        """Bank of some of the experts, repeated as often as they are named."""
        xp = array_namespace(self.weights)
        rows = xp.asarray(experts, device=device(self.weights))
        scale = None if self.scale is None else xp.take(self.scale, rows, axis=0)
        new = self._replaced(weights=xp.take(self.weights, rows, axis=0), scale=scale)
        pairs = (self.penalties, self.scale_penalties)
        return new._with_penalties(*([own[k] for k in experts] for own in pairs))

    def joined(self, other):
        """Bank of these experts and, after them, those of another bank."""
        xp = array_namespace(self.weights)
        scale = None if self.scale is None else xp.concat([self.scale, other.scale], axis=0)
        weights = xp.concat([self.weights, other.weights], axis=0)
        new = self._replaced(weights=weights, scale=scale)
        of_scales = self.scale_penalties + other.scale_penalties
        return new._with_penalties(self.penalties + other.penalties, of_scales)

    def eta(self, X):
        """Linear predictors (n, K, C) of an already chosen design."""
        xp = array_namespace(X)
        experts, outputs, size = self.weights.shape
        rows = xp.reshape(self.weights, (experts * outputs, size)) @ X.T
        rows = xp.reshape(rows, (experts, outputs, X.shape[0]))
        if self.offset is not None:
            rows = rows + self.offset.T[None, ...]
        return xp.permute_dims(rows, (2, 0, 1))

    def predictors(self, X, wanted=None):
        """Linear predictors (n, K, C) and scales (K, S).

        All are computed: one matrix product costs less than choosing rows.
        """
        return self.eta(take_columns(X, self.positions)), self.scale

    def statistics(self, X, y, resp):
        """Score, curvature, responsibilities and slopes of the scales of a block."""
        X = take_columns(X, self.positions)
        return self._statistics(X, y, self.eta(X), resp)

    def log_prob_and_statistics(self, X, y, wanted=None):
        """`log_prob`, and the function that takes responsibilities to `statistics`."""
        X = take_columns(X, self.positions)
        eta = self.eta(X)
        table = self.family.log_prob(y, eta, self.scale)
        return table, lambda resp: self._statistics(X, y, eta, resp)

    def _statistics(self, X, y, eta, resp):
        """Those of an already chosen design and its linear predictors."""
        xp = array_namespace(X)
        score, weight = self.family.working(y, eta, self.scale)
        slope, square = self.family.scale_sums(y, eta, self.scale, resp)
        turned = self.family.score_slope(y, eta, self.scale)
        total = xp.sum(resp, axis=1)[:, None]
        return LinearStatistics(
            score=gradient(X, resp[:, :, None] * score),
            gram=self.curvature.gram(X, resp, weight),
            count=xp.sum(resp, axis=0),
            slope=slope,
            square=square,
            cross=None if turned is None else gradient(X, resp[:, :, None] * turned),
            told=xp.vecdot(resp, resp / xp.where(total > 0, total, 1.0), axis=-2),
        )

    def _deviation(self):
        """Weights less their prior mean, times what is penalised of them."""
        return self.penalised * self._apart()

    def _apart(self):
        return self.weights - self.center

    def _squares(self):
        """Sum of squared deviations per expert and predictor, (K, C)."""
        return array_namespace(self.weights).sum(self._deviation() * self._apart(), axis=-1)

    def _scale_ridge(self):
        """Penalty (K, 1) on the squared logarithms of the scales over `scale_center`."""
        return self.pooled_scales * self.scale_alphas

    def _scale_apart(self):
        """Those logarithms, (K, S); nothing where no penalty is on them."""
        if not self.pooled_scales:
            return 0.0
        return array_namespace(self.scale).log(self.scale / self.scale_center[:1, :])

    def update(self, statistics, step=1.0):
        """New bank after the fraction `step` of a Newton step; scales in closed form."""
        score = statistics.score - self.alphas[:, :, None] * self._deviation()
        if statistics.cross is not None:
            return self._updated_together(statistics, score, step)
        change = step * self.curvature.step(statistics.gram, score, self._ridge())
        change = self._limited(change, statistics.gram)
        new = self._replaced(weights=self.weights + change)
        if self.scale is None:
            return new
        xp = array_namespace(change)
        # The squared residuals after the step, without looking at the rows again.
        moved = self.curvature.quadratic(statistics.gram, change)
        moved = moved - 2 * xp.sum(change * statistics.score, axis=-1)
        sums = ScaleSums(
            statistics.count[:, None],
            statistics.slope,
            statistics.square,
            moved,
            self.alphas * new._squares(),
            self.prior_rows,
            self.prior_variance,
        )
        scale = self.family.update_scale(self.scale, sums)
        return new._replaced(scale=self.scale * (scale / self.scale) ** step)

    def _updated_together(self, statistics, score, step):
        """New bank after a step of weights and scales that knows what they have in common.

        The scales move as if the weights always followed them.
        """
        xp, cross = array_namespace(score), statistics.cross
        solved = xp.concat([score, cross], axis=1)
        solved = self.curvature.step(statistics.gram, solved, self._ridge())
        alone, along = solved[:, :1, :], solved[:, 1:, :]
        sums = ScaleSums(
            statistics.count[:, None],
            statistics.slope + (cross @ xp.matrix_transpose(alone))[:, :, 0],
            statistics.square - cross @ xp.matrix_transpose(along),
            pull=-self._scale_ridge() * self._scale_apart(),
            hold=self._scale_ridge(),
        )
        factor = self.family.update_scale(self.scale, sums) / self.scale
        change = alone + xp.log(factor)[:, None, :] @ along
        change = self._limited(step * change, statistics.gram)
        return self._replaced(weights=self.weights + change, scale=self.scale * factor**step)

    def settled(self, statistics):
        """The same, its derivatives balanced by the penalties."""
        new = statistics._replace(score=self.alphas[:, :, None] * self._deviation())
        return new if self.scale is None else new._replace(slope=-self._scale_prior_slope())

    def _limited(self, change, gram, steps=1.0):
        """The step, cut where a predictor would move too far for its curvature to hold."""
        if self.family.largest_step is None:
            return change
        limit = steps * self.family.largest_step
        xp = array_namespace(change)
        # Squares of the change itself could be beyond all numbers where a row weighs next to none.
        top = xp.max(xp.abs(change), axis=(-2, -1), keepdims=True)
        top = xp.where(top > 0, top, 1.0)
        unit = change / top
        if self.family.coupled:
            # Where next to no class is in doubt curvature says nothing of how far rows move.
            square = xp.max(xp.sum(unit * unit, axis=-1), axis=-1)[:, None]
            weight = xp.ones_like(square)
        else:
            square = self.curvature.quadratic(gram, unit)
            weight = self.curvature.total(gram)
        moved = square > 0
        size = xp.sqrt(xp.where(moved, square, 1.0))
        weight = xp.sqrt(xp.where(weight > 0, weight, 1.0))
        # Where all rows are certain there is no curvature, and the quotient would know no bounds.
        room = xp.where(moved, xp.clip(limit * weight / size, None, _LONGEST), _LONGEST)
        return change * (room / xp.maximum(top[..., 0], room))[..., None]

    def gradient(self, X, y, resp):
        """Gradient with respect to `params`, a vector."""
        return self.log_prob_and_gradient(X, y)[1](resp)

    def log_prob_and_gradient(self, X, y, wanted=None):
        """`log_prob`, and the function that takes responsibilities to `gradient`."""
        X = take_columns(X, self.positions)
        eta = self.eta(X)

        def slope(resp):
            score, _ = self.family.working(y, eta, self.scale)
            weights = self._times_precision(gradient(X, resp[:, :, None] * score))
            return self.vector(weights, self.family.scale_sums(y, eta, self.scale, resp)[0])

        return self.family.log_prob(y, eta, self.scale), slope

    def slopes(self, X, y, resp):
        """Derivatives of the predictors, then those of the log scales."""
        xp = array_namespace(X)
        X = take_columns(X, self.positions)
        eta = self.eta(X)
        score, _ = self.family.working(y, eta, self.scale)
        n, size = X.shape
        table = xp.reshape(resp[:, :, None] * score * self._precision(), (n, -1))
        found = [Slopes(X, table, [size * (m + 1) - 1 for m in range(table.shape[1])])]
        if self.scale is None:
            return found
        slope = resp[:, :, None] * self.family.scale_slope(y, eta, self.scale)
        slope = xp.sum(slope, axis=1, keepdims=True) if self.family.shared else slope
        slope = xp.reshape(slope, (n, -1))
        first = table.shape[1] * size
        ends = list(range(first, first + slope.shape[1]))
        return [*found, Slopes(X[:, -1:], slope, ends)]

    def doubts(self, X, y, resp):
        """Curvatures of the rows, predictor by predictor."""
        xp = array_namespace(X)
        X = take_columns(X, self.positions)
        _, weight = self.family.working(y, self.eta(X), self.scale)
        if self.family.location or weight is None:
            # Curved alike everywhere: no row is ever predicted without error.
            return []
        weight = weight * (1 - weight) if self.family.coupled else weight
        weight = weight * self.family.precision(self.scale)
        rows = xp.reshape(resp[:, :, None] + 0 * weight, (X.shape[0], -1))
        return [Doubts(X, rows, xp.reshape(weight, rows.shape))]

    def pull(self):
        """Penalties over squared scales, of experts that are drawn towards the one-expert fit."""
        if not self.pools or not float(self.penalised[-1]):
            return super().pull()
        xp = array_namespace(self.weights)
        strength = self._times_precision(self.alphas[:, :, None] + xp.zeros_like(self.weights))
        strength = host(strength)
        shared = identity(strength[0].size)
        rest = 0 * identity(self.params.shape[0])[strength.size :, : len(shared)]
        pulled = stacked([own.ravel()[:, None] * shared for own in strength] + [rest])
        if not self.pooled_scales:
            return pulled
        shared = identity(self.family.n_scales)
        own = stacked([alpha * shared for alpha in host(self._scale_ridge())[:, 0].tolist()])
        return block_diagonal([pulled[: strength.size], own])

    def pull_strength(self):
        """Penalties of the one-expert fit over its squared scale."""
        if not self.pull().shape[1]:
            return super().pull_strength()
        # What scales are drawn towards has no penalty of its own.
        free = 0 * identity(self.family.n_scales)[0] if self.pooled_scales else identity(0).ravel()
        return stacked([host(self.center_strength).ravel(), free])

    def identified(self):
        """Contrasts of the classes of every expert, if those share a normaliser."""
        if not self.family.coupled:
            return super().identified()
        return contrasts(*self.weights.shape)

    def _times_precision(self, weights):
        """A table (K, C, D) times the precision of every expert and predictor."""
        return weights * (zeros(self.weights.shape[:2], weights) + self._precision())[..., None]

    def vector(self, weights, log_scale):
        """Weights and log scales put together; slopes of scales that are shared are summed."""
        xp = array_namespace(weights)
        if log_scale is None:
            return xp.reshape(weights, (-1,))
        if self.family.shared:
            log_scale = xp.sum(log_scale, axis=0)
        return xp.concat([xp.reshape(weights, (-1,)), xp.reshape(log_scale, (-1,))])

    @property
    def params(self):
        """Weights and, for families with a scale, logarithms of the scales."""
        if self.scale is None:
            return self.vector(self.weights, None)
        scale = self.scale[:1, :] if self.family.shared else self.scale
        return self.vector(self.weights, array_namespace(scale).log(scale))

    def extrapolated(self, statistics, params):
        """Bank where the last steps point to, of bounded steps no further than a few of them."""
        new = self.with_params(params)
        if self.family.largest_step is None:
            return new
        change = self._limited(new.weights - self.weights, statistics.gram, _STEPS_AHEAD)
        return new._replaced(weights=self.weights + change)

    def with_params(self, params):
        """Bank with other weights and scales (within the limits of the family)."""
        xp = array_namespace(params)
        shape = self.weights.shape
        n_weights = shape[0] * shape[1] * shape[2]
        new = self._replaced(weights=xp.reshape(params[:n_weights], shape))
        if self.scale is None:
            return new
        log_scale = xp.clip(params[n_weights:], -_WIDEST, _WIDEST)
        scale = xp.exp(xp.reshape(log_scale, (-1, self.scale.shape[1])))
        scale = xp.broadcast_to(self.family.limited(scale), self.scale.shape)
        return new._replaced(scale=scale)

    def whitening(self, statistics):
        """Of the weights of every expert, and of the log scales."""
        experts, outputs, _ = self.weights.shape
        found = self.curvature.whitening(statistics.gram, self._ridge(), outputs)
        if self.scale is None:
            return [found]
        xp = array_namespace(self.scale)
        root = host(xp.sqrt(zeros((experts, outputs), self.weights) + self._precision()))
        # Predictors of one design differ in their precision.
        table = found.table.repeat(found.copies, axis=0)
        found = Whitening(table / root.repeat(len(table) // root.size)[:, None, None])
        if statistics.square is not None and statistics.square.ndim == 3:
            return [found, self._whitening_of_scales(statistics.square)]
        # Of a log scale, that of a Gaussian's.
        count = statistics.count[:, None] + xp.zeros_like(self.scale)
        count = xp.sum(count, axis=0) if self.family.shared else xp.reshape(count, (-1,))
        width = host(1 / xp.sqrt(2 * xp.clip(count, 1.0, None)))
        return [found, Whitening(width.reshape(-1, 1, 1))]

    def _whitening_of_scales(self, square):
        """Where they have a matrix of every expert, or of all together."""
        xp = array_namespace(square)
        if self.family.shared:
            square = xp.sum(square, axis=0, keepdims=True)
        ridge = self._scale_ridge() + xp.zeros_like(self.scale)
        return Separable().whitening(square[:, None, :, :], ridge[: square.shape[0], :], 1)

    def multiplications(self):
        """Of predictors and their curvature."""
        return self.curvature.multiplications(*self.weights.shape)

    def _precision(self):
        return self.family.precision(self.scale)

    def log_prior(self):
        """Minus `alpha / 2` times the sum of squared deviations over squared scales."""
        xp = array_namespace(self.weights)
        penalty = xp.sum(self.alphas * self._squares() * self._precision())
        if self.prior_rows:
            scale = self.scale[:, : self.family.n_outputs]
            ratio = self.prior_variance / (scale * scale)
            penalty = penalty + self.prior_rows * xp.sum(ratio - xp.log(ratio))
        if self.pooled_scales:
            penalty = penalty + xp.sum(self._scale_ridge() * self._scale_apart() ** 2)
        return -0.5 * penalty

    def log_prior_gradient(self):
        """Gradient of `log_prior` with respect to `params`."""
        weights = self._times_precision(-self.alphas[:, :, None] * self._deviation())
        return self.vector(weights, None if self.scale is None else self._scale_prior_slope())

    @property
    def coefficients(self):
        """Vector like `params`: 1 for coefficients, 0 for intercepts and scales."""
        xp = array_namespace(self.weights)
        weights = xp.zeros_like(self.weights) + coefficients_only(
            self.weights.shape[2], self.weights
        )
        return self.vector(weights, None if self.scale is None else xp.zeros_like(self.scale))

    def _scale_prior_slope(self):
        """Derivative of `log_prior` with respect to the log scales, of shape (K, S)."""
        if self.pooled_scales:
            return -self._scale_ridge() * self._scale_apart()
        xp = array_namespace(self.weights)
        spread = self.scale[:, : self.family.n_outputs]
        slope = self.prior_rows * (self.prior_variance / (spread * spread) - 1)
        if self.family.penalty_scales:
            slope = slope + self.alphas * self._squares() * self._precision()
        rest = xp.zeros_like(self.scale[:, self.family.n_outputs :])
        return xp.concat([slope, rest], axis=1)

    def learns_penalty(self):
        """Whether the penalties are estimated."""
        # Column by column, correlated columns would count several times: the evidence would ask
        # for more and more penalty, until nothing is left. So it would of one expert, for which
        # there is no other to be drawn towards, where the curvature is an upper bound.
        exact = self.curvature.bound == 1 or self.weights.shape[0] > 1
        return self.pools and not self.gradient_only and exact

    def update_penalty(self, statistics):
        """New bank with the penalties re-estimated from the evidence, if they are "auto"."""
        if not self.learns_penalty():
            return self
        outputs = self.weights.shape[1]
        xp = array_namespace(self.weights)
        determined = self.curvature.determined(statistics.observed(), self._ridge(), outputs)
        square = host(xp.sum(self._squares() * self._precision(), axis=1))
        penalties = _estimated(self.penalties, determined, square)
        of_scales = self.scale_penalties
        if self.pooled_scales:
            # How much experts differ in them says nothing of how much their weights do.
            determined = self._of_scales("determined", statistics)
            square = host(xp.sum(self._scale_apart() ** 2, axis=1))
            of_scales = _estimated(of_scales, determined, square)
        pairs = zip(penalties + of_scales, self.penalties + self.scale_penalties, strict=True)
        if all(new is old for new, old in pairs):
            return self
        return self._with_penalties(penalties, of_scales)._with_common_scale(statistics.count)

    def _with_common_scale(self, count):
        """Bank whose scales are drawn towards their mean: geometric, weighted by rows.

        The one-expert fit, which they begin at, has mostly wider spreads than any of several, and
        narrower gaps between thresholds.
        """
        if not (self.prior_rows or self.pooled_scales):
            return self
        xp = array_namespace(self.scale)
        share = count / xp.sum(count)
        if self.pooled_scales:
            return self._replaced(scale_center=xp.exp(share @ xp.log(self.scale))[None, :])
        scale = self.scale[:, : self.family.n_outputs]
        mean = xp.exp(2 * (share @ xp.log(scale)))
        return self._replaced(prior_variance=xp.maximum(mean, _FINEST * self.pooled_variance))

    def log_volume(self, statistics):
        """Log of posterior over prior volume of several experts' weights, if `alpha` is "auto".

        Of one expert nothing is counted: what others are shrunk towards is common to all.
        """
        if not self.learns_penalty() or self.weights.shape[0] == 1:
            return 0.0
        outputs = self.weights.shape[1]
        volume = self.curvature.log_volume(statistics.observed(), self._ridge(), outputs)
        return volume + self._of_scales("log_volume", statistics) if self.pooled_scales else volume

    def _of_scales(self, what, statistics):
        """What `Separable` tells of the curvature of the logarithms of the scales."""
        ridge = self._scale_ridge() + array_namespace(self.scale).zeros_like(self.scale)
        return getattr(Separable(), what)(statistics.observed_scales(), ridge, 1)

    def with_strength(self, factor):
        """New bank whose penalties, if they are estimated, are `factor` times as strong.

        One that is "auto" and stays where it began would keep a start's strength for good.
        """
        if not self.learns_penalty():
            return self
        pairs = (self.penalties, self.scale_penalties)
        return self._with_penalties(*([one.times(factor) for one in own] for own in pairs))

    def at_bound(self):
        """Whether a scale has reached the smallest allowed."""
        return self.scale is not None and self.family.degenerate(self.scale)

    def n_parameters(self):
        """Weights and scales; of C > 1 classes, one class's weights are implied."""
        experts, outputs, size = self.weights.shape
        free = outputs - 1 if self.family.coupled else outputs
        scales = self.family.n_scales * (1 if self.family.shared else experts)
        return experts * free * size + scales


def _estimated(penalties, determined, square):
    """Penalties of larger evidence, each the old one where it has settled."""
    sums = zip(penalties, determined, square, strict=True)
    return tuple(old.estimated(float(own), float(rest)) for old, own, rest in sums)
