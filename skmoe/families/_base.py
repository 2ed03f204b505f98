"""What a family is."""

import copy
from typing import Any, NamedTuple

from .._links import Linked
from .._numerics.gamma_functions import log_excess
from .._rows.arrays import array_namespace, device, exp, host, like, log_ceiling, ones, special
from .._rows.scaling import learn_scaling, mean_scaling
from .._rows.ties import learn_ties
from .._rows.validation import check_choice, check_positive
from .._rows.weights import largest_total

__all__ = [
    "Counts",
    "Family",
    "Labels",
    "Location",
    "LogLink",
    "LogitLink",
    "Positive",
    "ScaleSums",
    "bounded_growth",
    "check_targets",
    "cut_heavy",
    "cut_square",
    "drawn_counts",
    "grown",
    "over",
    "root_of_mean",
]

# Standard deviations of y that a scale may reach: its square is still a number.
_LARGEST_SCALE = 1e8

# Stands for a count of zero: the largest mean over it is still a number, in float32 as well.
_NEXT_TO_NOTHING = 1e-18

# Largest whole number up to which float64 has all of them.
_WHOLE = 2.0**53

# Largest change of the logarithm of a scale in one update.
_LARGEST_MOVE = 1.0

# Standard deviations of y that rounding holds a scale at, however coarse it is.
_COARSEST = 0.5


class ScaleSums(NamedTuple):
    """What an update of the scales is made of; S scales and C predictors an expert.

    Attributes
    ----------
    count : array of shape (K, 1)
        Responsibility per expert.
    slope : array of shape (K, S)
        Derivative of the log density with respect to the logarithm of every scale, summed.
    square : array of shape (K, S), (K, S, S) or None
        The squares of these derivatives, summed, or a curvature of all scales of an expert, for
        families that do not learn their scales in closed form.
    moved : array of shape (K, C) or float
        Change of the squared residuals, weighted as in `working`, that a step of the linear
        predictors has brought since `slope` was summed.
    penalty : array of shape (K, C) or float
        Twice the penalty on the coefficients, in units of the squared scale.
    prior_rows : float
        Rows that an expert is taken to have seen before the data, with
    prior_variance : array of shape (C,) or float
        this squared scale.
    pull : array of shape (K, S) or float
        Derivative of the penalty on the logarithms of the scales, where a family `pools_scales`,
        and
    hold : array of shape (K, 1) or float
        its curvature.
    """

    count: Any
    slope: Any
    square: Any = None
    moved: Any = 0.0
    penalty: Any = 0.0
    prior_rows: float = 0.0
    prior_variance: Any = 0.0
    pull: Any = 0.0
    hold: Any = 0.0

    def shared(self):
        """The same for scales that all experts share."""

        def pooled(x):
            if x is None or isinstance(x, float):
                return x
            xp = array_namespace(x)
            return xp.broadcast_to(xp.sum(x, axis=0, keepdims=True), x.shape)

        rows = self.count.shape[0] * self.prior_rows
        return ScaleSums(*map(pooled, self[:5]), rows, self.prior_variance)


class Family(Linked):
    """How y scatters around an expert's linear predictor.

    A family is elementwise: it sees no X and loops over no experts. Subclasses give the methods
    below and the class attributes; an object holds hyperparameters and what `initialize`
    learns about the targets.

    A family of one's own gives `initialize`, `log_density`, `working`, `link` and `mean`, which a
    fit needs, and `variance`, `cdf`, `sf`, `ppf`, `isf`, `sample`, which predictive distributions
    need. One with scales gives `scale_slope` too. All else has a default that is right for most.
    Counts may have `growth(y, eta, scale)`, the probability of y + 1 over that of y, a number:
    quantiles and scores are then found by sums.

    Attributes
    ----------
    coupled : bool
        Whether the C predictors of an expert share a normaliser (softmax).
    location : bool
        Whether the predictor is the centre of y. Then the targets are centred and scaled before
        the fit, and the score is R2; otherwise it is D2, the share of the deviance explained.
    log_link : bool
        Whether the predictor is the logarithm of the mean, which may be an exposure times a rate;
        then `deviance_power` is the power of the mean that the deviance takes a variance to be.
    trials : bool
        Whether the targets are shares of a known number of trials, which share an expert. Then
        there are `of_trials(y)`, shares and trials of y as given, and `log_coefficient(y, trials)`,
        what is left of the log density beside that of one trial, times their number.
    labels : bool
        Whether the targets are class codes 0, 1, ... and the mean is a table of probabilities.
    ordered : bool
        Whether the classes have an order.
    largest_step : float or None
        Root mean square change of a predictor that one update may make; None for no limit. Of
        `coupled` predictors, the length of the change of a class's weights.
    closed_form : bool
        Whether `update_scale` does without `ScaleSums.square`.
    penalty_scales : bool
        Whether `precision` is one over the squared scale, and not one.
    pools_scales : bool
        Whether experts are drawn towards each other with the logarithms of their scales too, as
        with their coefficients; other scales have a prior of their own.
    quadratic : bool
        Whether the log density is a parabola in the predictor, and the scale has a closed form.
    smooth : bool
        Whether the log density has a derivative everywhere.
    discrete : bool
        Whether the targets are whole numbers.
    support : tuple of float
        The smallest and the largest number that a target can be; of continuous families the
        bounds, which it cannot reach.
    n_outputs : int
        C; set by `initialize`.
    n_scales : int
        S; set by `initialize`. 0 for families without a scale.
    units : Scaling or None
        How the targets are scaled before the fit; set by `initialize`.
    start : list of float
        Predictors (C,) that a climb can start from, in scaled units; set by `initialize`.
    atom : bool
        Whether the smallest number of the support has a probability of its own.
    ties : sequence of Ties
        What the targets have in common, by output, where their scales depend on it; set by
        `initialize`.

    Notes
    -----
    n rows, K experts, C columns of the linear predictor, S scales of an expert:
    `y` of shape (n, n_targets), `eta` of shape (n, K, C), `scale` of shape (K, S), or (n, K, S)
    where it depends on x, or None, `resp` of shape (n, K); tables of log densities have shape
    (n, K).
    """

    coupled = False
    location = False
    log_link = False
    trials = False
    labels = False
    ordered = False
    largest_step = None
    closed_form = True
    penalty_scales = False
    pools_scales = False
    quadratic = False
    smooth = True
    discrete = False
    support = (-float("inf"), float("inf"))
    atom = False
    n_scales = 0
    units = None
    ties = ()

    def initialize(self, y, weight=None):
        """Family that knows what the targets fix (the number of classes, say).

        Parameters
        ----------
        y : array of shape (n_samples, n_targets) or Blocks
            Targets that `check` has passed. Of data that are not at hand (a reader, a cluster)
            blocks of them, with their weights: these have a `shape`, `first()` gives the first one
            and `sum(f)` adds up `f(y, None, weight)`.
        weight : array of shape (n_samples,) or None

        Returns
        -------
        Family
            A new family with `n_outputs`, `n_scales`, `units` and `start`.
        """
        raise NotImplementedError

    def n_predictors(self, n_targets):
        """Linear predictors of an expert for so many columns of y as given, or classes."""
        return n_targets

    def check(self, y):
        """Raise a ValueError if the targets (n, n_targets) are not what the family is for."""

    def freed(self, y, offset):
        """Targets (n, C) less what known terms (n, C) of the predictors explain, roughly."""
        return y

    def as_table(self, y):
        """Targets (n, n_targets) on the host as numbers between which distances make sense."""
        return y

    def log_prob(self, y, eta, scale):
        """Log density of every row under every expert, of shape (n, K)."""
        table = self.log_density(y, eta, scale)
        one = table.shape[2] == 1
        return table[:, :, 0] if one else array_namespace(table).sum(table, axis=2)

    def log_density(self, y, eta, scale):
        """Log density output by output, of shape (n, K, n_targets)."""
        raise NotImplementedError

    def supports(self, y):
        """Which numbers a target can be, an array of bool like y."""
        low, high = self.support
        if self.discrete:
            return (y >= low) & (y <= high) & (y == array_namespace(y).floor(y))
        return ((y > low) | ((y == low) & self.atom)) & (y < high)

    def link(self, mean):
        """Linear predictors (n, K, C) that have the means `mean` (n, K, n_targets or n_classes)."""
        raise NotImplementedError

    def mean(self, eta, scale):
        """Expected target under every expert, of shape (n, K, n_targets or n_classes)."""
        raise NotImplementedError

    def feasible(self, mean, floor):
        """Means that some model has predicted, moved to where the density is a number.

        `floor` is the share of the mean of y, or the probability, that is left at least.
        """
        return mean

    def variance(self, eta, scale):
        """Variance of the target under every expert, of shape (n, K, n_targets)."""
        raise NotImplementedError

    def cdf(self, y, eta, scale):
        """Probability of at most y, output by output, of shape (n, K, n_targets)."""
        raise NotImplementedError

    def sf(self, y, eta, scale):
        """Probability of more than y, exact where it is small, of shape (n, K, n_targets)."""
        raise NotImplementedError

    def smooth_cdf(self, y, eta, scale):
        """`cdf`; of counts that may be large, continued smoothly between whole numbers."""
        return self.cdf(y, eta, scale)

    def ppf(self, q, eta, scale):
        """Quantiles of the levels q, which broadcast against the experts' tables (n, K, C).

        Of a `discrete` family only roughly: they begin a search among whole numbers.
        """
        raise NotImplementedError

    def isf(self, q, eta, scale):
        """Quantiles that are exceeded with probability q: `ppf` of 1 - q, exact for small q."""
        raise NotImplementedError

    def sample(self, eta, scale, random_state):
        """Random targets (n, K, n_targets) on the host, drawn by a NumPy RandomState."""
        raise NotImplementedError

    def deviance(self, y, mean):
        """Twice the log-likelihood lost by predicting `mean` for `y`, elementwise."""
        return (y - mean) ** 2

    def working(self, y, eta, scale):
        """Score and weight of the linear predictor, up to the factor `precision(scale)`.

        Returns
        -------
        score : array of shape (n, K, C)
            Derivative of the log density.
        weight : array of shape (n, K, C) or None
            Expected curvature (class probabilities if `coupled`), or that of a lower bound that
            touches; None stands for one.
        """
        raise NotImplementedError

    def precision(self, scale):
        """Factor (K, C) that score and weight leave out, and that penalties are given in."""
        return 1.0

    def scale_slope(self, y, eta, scale):
        """Derivative of the log density with respect to the log scales, of shape (n, K, S)."""
        raise NotImplementedError

    def score_slope(self, y, eta, scale):
        """Derivative of the score with respect to the log scales, of shape (n, K, S), or None.

        With it a step moves weights and scales together; for families of one predictor whose
        `scale_sums` gives matrices (K, S, S) in place of squares.
        """
        return None

    def scale_sums(self, y, eta, scale, resp):
        """Slopes of the log scales summed over rows, and their squares; None if not needed."""
        if self.n_scales == 0:
            return None, None
        xp = array_namespace(eta)
        slope = self.scale_slope(y, eta, scale)
        weighted = resp[:, :, None] * slope
        square = None if self.closed_form else xp.sum(weighted * slope, axis=0)
        return xp.sum(weighted, axis=0), square

    def initial_scale(self, n_experts, x):
        """Scales (K, S) before anything is known, or None."""
        if self.n_scales == 0:
            return None
        return ones((n_experts, self.n_scales), x) * like(self._initial_scales(), x)

    def _initial_scales(self):
        return [1.0] * self.n_scales

    @property
    def shared(self):
        """Whether all experts have the same scales."""
        return getattr(self, "scale", "expert") == "shared"

    def update_scale(self, scale, sums):
        """New scales (K, S), within their limits, from the old ones and a `ScaleSums`."""
        sums = sums.shared() if self.shared else sums
        return self.limited(self._update_scale(scale, sums))

    def _update_scale(self, scale, sums):
        """One Newton step on the logarithms, with the squared slopes as curvature."""
        xp = array_namespace(scale)
        pull = sums.prior_rows * sums.prior_variance + float(self.penalty_scales) * sums.penalty
        pull = pull / (scale * scale)
        slope = sums.slope + pull - sums.prior_rows
        curvature = sums.square + 2 * pull
        tiny = xp.finfo(scale.dtype).smallest_normal
        move = slope / xp.maximum(curvature, xp.full_like(curvature, tiny))
        return scale * xp.exp(xp.clip(move, -_LARGEST_MOVE, _LARGEST_MOVE))

    def limited(self, scale):
        """Scales within the smallest and largest allowed."""
        xp = array_namespace(scale)
        return xp.clip(scale, self.min_scale, _LARGEST_SCALE)

    def degenerate(self, scale):
        """Whether a scale has run into the smallest allowed, which the likelihood asks to pass."""
        return bool((host(scale) <= self.min_scale * (1 + 1e-6)).any())

    def rounded(self, scale):
        """Outputs of which some scale has come down to what rounding leaves, a list of int."""
        return []

    def attributes(self, coef, intercept, scale):
        """Coefficients (K, C, d), intercepts (K, C) and scales in the units of y as given.

        Returns
        -------
        dict
            By the names of the fitted attributes.
        """
        attributes = {"expert_coef_": coef, "expert_intercept_": intercept}
        return attributes if scale is None else {**attributes, "expert_scale_": scale}

    def _check_scale(self):
        check_choice(self.scale, "scale", ("expert", "shared"))
        check_positive(self.min_scale, "min_scale")

    def for_output(self, output):
        """The family of one output alone."""
        family = copy.copy(self)
        family.n_outputs = 1
        return family

    def _with(self, y, units=None, start=None, **state):
        """A copy of this family that knows the targets."""
        family = type(self)(**self.get_params(deep=False))
        family.n_outputs = y.shape[1]
        family.units, family.start = units, start or [0.0] * y.shape[1]
        vars(family).update(state)
        return family


def check_targets(y, ok, family, given, allowed):
    """Raise unless all of `ok` (like y) is true: what was given, what is allowed."""
    xp = array_namespace(y)
    if not bool(xp.all(ok)):
        bad = host(y)[~host(ok)]
        raise ValueError(
            f"y has {bad.size} {given} (the first is {bad[0]:g}), but family={family!r} is for "
            f"{allowed}. Leave out those rows, or choose another family."
        )


def cut_square(x, times=1.0):
    """Numbers cut where their square, so many times, would overflow.

    So a row far from every expert keeps a finite density.
    """
    xp = array_namespace(x)
    most = float(xp.finfo(x.dtype).max) / times
    limit = xp.full_like(x, most**0.5 * 1e-4)
    # Not xp.clip, which would lay the rows of the table out anew.
    return xp.maximum(xp.minimum(x, limit), -limit)


def cut_heavy(x):
    """Numbers cut where the sum of their squares over the heaviest rows would overflow."""
    return cut_square(x, largest_total(x.dtype, array_namespace(x)))


def over(part, whole):
    """A quotient; nothing where there is nothing."""
    xp = array_namespace(whole)
    return xp.where(whole > 0, part / xp.where(whole > 0, whole, xp.ones_like(whole)), 0.0)


def grown(slope, curvature):
    """Factor by which a bounded Newton step on the logarithm makes a scale larger."""
    return bounded_growth(over(slope, curvature))


def bounded_growth(move):
    """Factor of a move of the logarithm, within bounds."""
    xp = array_namespace(move)
    return xp.exp(xp.clip(move, -_LARGEST_MOVE, _LARGEST_MOVE))


def root_of_mean(scale, sums, moved=0.0):
    """Scales whose square is a mean over rows; an expert without rows keeps its own."""
    xp = array_namespace(scale)
    count, variance = sums.count + sums.prior_rows, scale * scale
    square = variance * (sums.slope + sums.count)
    square = square + moved + sums.penalty + sums.prior_rows * sums.prior_variance
    used = count > 0
    variance = xp.where(used, square / xp.where(used, count, 1.0), variance)
    return xp.sqrt(xp.clip(variance, 0.0, None))


def drawn_counts(rate, random_state):
    """Random Poisson counts, on the host; normal numbers where whole ones are not told apart."""
    xp = array_namespace(rate)
    large = rate > _WHOLE
    count = random_state.poisson(xp.where(large, 0.0, rate)).astype(float)
    if bool(xp.any(large)):
        count = xp.where(large, random_state.normal(rate, xp.sqrt(rate)), count)
    return count


class Location(Family):
    """Families whose predictor is the centre of y and whose scale is its spread.

    Attributes
    ----------
    rounding : float
        Scale, in steps, of what rounding to a grid leaves: of a uniform distribution over a step.
    floor : list of float or None
        Smallest scale of every output where rounding holds some above `min_scale`.
    """

    location = True
    penalty_scales = True
    rounding = 12**-0.5
    floor = None

    def initialize(self, y, weight=None):
        """Family for targets of shape (n_samples, n_outputs)."""
        self._check_scale()
        units, ties = learn_scaling(y, weight, constant_spread=1.0), learn_ties(y, weight)
        floor = [
            min(self.rounding * tied.spacing / spread, _COARSEST)
            for tied, spread in zip(ties, host(units.spread).tolist(), strict=True)
        ]
        # A density of rounded targets is a probability of a step over its length: below what
        # rounding alone scatters, a scale makes it larger without saying more.
        floor = [max(own, self.min_scale) for own in floor] if max(floor) > self.min_scale else None
        return self._with(y, units, n_scales=y.shape[1], ties=ties, floor=floor)

    def limited(self, scale):
        """Scales within the smallest and largest allowed, none finer than the targets are."""
        scale = super().limited(scale)
        if self.floor is None:
            return scale
        return array_namespace(scale).maximum(scale, like(self.floor, scale))

    def rounded(self, scale):
        """Outputs of which some scale has come down to what rounding leaves, a list of int."""
        if self.floor is None:
            return []
        scale = host(self._spread(scale))
        floor = like(self.floor, scale)
        reached = (scale <= floor * (1 + 1e-6)) & (floor > self.min_scale)
        return reached.any(axis=0).nonzero()[0].tolist()

    def freed(self, y, offset):
        """Targets less known terms of the predictors."""
        return y - offset

    def link(self, mean):
        """The mean itself."""
        return mean

    def mean(self, eta, scale):
        """Expected target, of shape (n, K, C): the linear predictor itself."""
        return eta

    def precision(self, scale):
        """One over the squared scale."""
        spread = self._spread(scale)
        return 1 / (spread * spread)

    def _deviation(self, y, eta, scale):
        """Distance from the centre in scales."""
        return cut_square((y[:, None, :] - eta) / scale)

    def hill(self, y, eta, scale):
        """Places of y, (n, K, C), among which the density is a log-concave hill around zero.

        Where a family gives `fall`, how far the log density of a place lies below the top, and
        `log_top`, the log density there, probabilities of cells are found by these.
        """
        return self._deviation(y, eta, self._spread(scale))

    def _below(self, deviation, scale):
        """Probability of a standard deviate of at most `deviation`."""
        raise NotImplementedError

    def _standard_ppf(self, q, scale):
        """Quantile of the standard deviate."""
        raise NotImplementedError

    def cdf(self, y, eta, scale):
        """Probability of at most y."""
        return self._below(self._deviation(y, eta, self._spread(scale)), scale)

    def sf(self, y, eta, scale):
        """Probability of more than y: all these densities are symmetric."""
        return self._below(-self._deviation(y, eta, self._spread(scale)), scale)

    def ppf(self, q, eta, scale):
        """Quantiles of the levels q."""
        return eta + self._spread(scale) * self._standard_ppf(q, scale)

    def isf(self, q, eta, scale):
        """Quantiles that are exceeded with probability q."""
        return eta - self._spread(scale) * self._standard_ppf(q, scale)

    def _spread(self, scale):
        """What deviations are counted in, (K, C) or (n, K, C)."""
        return scale[..., : self.n_outputs]

    def _update_scale(self, scale, sums):
        """Root of the weighted mean square deviation after the step of the predictors."""
        return root_of_mean(scale, sums, sums.moved)

    def attributes(self, coef, intercept, scale):
        """Coefficients, intercepts and scales in the units of y as given."""
        spread, center = self.units.spread, self.units.center
        return super().attributes(
            coef * spread[None, :, None], intercept * spread + center, scale * spread
        )


class LogLink(Family):
    """Families whose predictor is the logarithm of the mean."""

    log_link = True
    deviance_power = 1.0
    largest_step = 1.0

    def freed(self, y, offset):
        """Targets over what known terms of the predictors multiply their means by."""
        return y / exp(offset)

    def link(self, mean):
        """Logarithm of the mean."""
        return array_namespace(mean).log(mean)

    def mean(self, eta, scale):
        """Exponential of the predictor, cut before it or one over it overflows."""
        xp = array_namespace(eta)
        limit = like(log_ceiling(eta), eta)
        return xp.exp(xp.maximum(xp.minimum(eta, limit), -limit))

    def feasible(self, mean, floor):
        """Means of at least `floor` times the mean of y."""
        xp = array_namespace(mean)
        least = xp.exp(like(self.start, mean)) * max(floor, 1e-30)
        return xp.maximum(mean, least + xp.zeros_like(mean))

    def _with_mean(self, y, weight, **state):
        """Family that starts at the mean of the targets."""
        mean = mean_scaling(y, weight).spread
        return self._with(y, start=host(self.link(mean)).tolist(), **state)


class LogitLink(Family):
    """Families of shares, whose predictor is the log odds of the mean."""

    largest_step = 4.0
    support = (0.0, 1.0)

    def link(self, mean):
        """Log odds."""
        xp = array_namespace(mean)
        return xp.log(mean) - xp.log1p(-mean)

    def feasible(self, mean, floor):
        """Probabilities of at least half the `floor`."""
        least = max(floor / 2, 1e-7)
        return array_namespace(mean).clip(mean, least, 1 - least)

    def mean(self, eta, scale=None):
        """Expected share, of shape (n, K, C)."""
        return self._mean(eta, exp(-array_namespace(eta).abs(eta)))

    @staticmethod
    def _mean(eta, odds):
        # Of the rarer one, so that no digit of its probability is lost.
        return array_namespace(eta).where(eta < 0, odds, 1.0) / (1 + odds)

    def deviance(self, y, mean):
        """Twice the log loss, less that of the shares themselves."""
        xp = array_namespace(mean)
        least = xp.full_like(mean, xp.finfo(mean.dtype).smallest_normal)

        def loss(y, mean):
            y = xp.maximum(y, least)
            return y * log_excess(mean / y)

        # Both are positive: no digit of a small share is lost.
        return 2 * (loss(y, mean) + loss(1 - y, 1 - mean))


class Positive(LogLink):
    """Families of positive numbers; `name` is what `family=` calls them.

    Targets are divided by their mean before the fit. All are scored by Gamma's deviance, so that
    they can be compared.
    """

    name = None
    deviance_power = 2.0
    penalty_scales = True
    support = (0.0, float("inf"))

    def __init__(self, scale="expert", min_scale=1e-3):
        self.scale = scale
        self.min_scale = min_scale

    def initialize(self, y, weight=None):
        """Family for positive targets of shape (n_samples, n_outputs)."""
        self._check_scale()
        return self._with(y, mean_scaling(y, weight), n_scales=y.shape[1])

    def check(self, y):
        """Raise a ValueError for targets of zero or less."""
        allowed = "numbers above 0 (family='tweedie' takes zeros too)"
        check_targets(y, y > 0, self.name, "values of zero or less", allowed)

    def precision(self, scale):
        """One over the squared scale."""
        return 1 / (scale * scale)

    def attributes(self, coef, intercept, scale):
        """Coefficients, intercepts and scales in the units of y as given."""
        xp = array_namespace(intercept)
        return super().attributes(coef, intercept + xp.log(self.units.spread), scale)

    def deviance(self, y, mean):
        """Gamma deviance."""
        return 2 * log_excess(y / mean)

    def _ratio(self, y, eta):
        """Targets over means, cut where the product with a shape would overflow."""
        ratio = y / self.mean(eta, None)
        return array_namespace(ratio).minimum(ratio, exp(like(log_ceiling(ratio), ratio)))

    @staticmethod
    def _log(y):
        """Logarithms (n, 1, C) of targets; minus infinity of those that cannot be."""
        xp = array_namespace(y)
        some = y > 0
        log = xp.where(some, xp.log(xp.where(some, y, xp.ones_like(y))), -float("inf"))
        return log[:, None, :]

    @staticmethod
    def _square(x):
        """Squares, as large as numbers are."""
        xp = array_namespace(x)
        most = float(xp.finfo(x.dtype).max) ** 0.5 / 2
        return xp.minimum(x, like(most, x)) ** 2


class Counts(LogLink):
    """Families of counts; `name` is what `family=` calls them."""

    name = None
    discrete = True
    support = (0.0, float("inf"))

    def check(self, y):
        """Raise a ValueError for negative targets."""
        check_targets(y, y >= 0, self.name, "negative values", "counts of at least 0")

    def deviance(self, y, mean):
        """Poisson deviance."""
        y = self._some(y)
        return 2 * y * log_excess(self._some(mean) / y)

    @staticmethod
    def _some(y):
        """Counts that can be divided by: next to nothing instead of nothing."""
        xp = array_namespace(y)
        return xp.maximum(y, xp.full_like(y, _NEXT_TO_NOTHING))

    def cdf(self, y, eta, scale=None):
        """Probability of at most y, of shape (n, K, C)."""
        return self._tail(y, eta, scale, self._cdf, 0.0)

    def sf(self, y, eta, scale=None):
        """Probability of more than y."""
        return self._tail(y, eta, scale, self._sf, 1.0)

    def smooth_cdf(self, y, eta, scale=None):
        """`cdf` continued between whole numbers, for y of at least -1 / 2."""
        return self._cdf(y[:, None, :], self.mean(eta, None), scale)

    def _tail(self, y, eta, scale, tail, below_zero):
        """A probability `tail(count, mean, scale)` of whole numbers; `below_zero` under them."""
        xp = array_namespace(eta)
        count = xp.floor(y[:, None, :]) + xp.zeros_like(eta)
        inside = count >= 0
        # Beyond, the incomplete functions are no numbers, and nothing is left for long.
        most = float(xp.finfo(count.dtype).max) ** 0.5
        count = xp.minimum(xp.where(inside, count, xp.zeros_like(count)), like(most, count))
        proba = tail(count, self.mean(eta, None), scale)
        return xp.where(inside, proba, xp.full_like(proba, below_zero))

    def ppf(self, q, eta, scale=None):
        """Quantiles of a normal distribution of the same mean and variance."""
        xp = array_namespace(eta)
        wide = self.mean(eta, scale) + xp.sqrt(self.variance(eta, scale)) * special("ndtri", q)
        return xp.maximum(wide, xp.zeros_like(wide))

    def isf(self, q, eta, scale=None):
        """Quantiles of a normal distribution of the same mean and variance."""
        return self.mean(eta, scale) - array_namespace(eta).sqrt(
            self.variance(eta, scale)
        ) * special("ndtri", q)

    def _cdf(self, count, mean, scale):
        """Probability of at most `count`, which is not negative."""
        raise NotImplementedError

    def _sf(self, count, mean, scale):
        """Probability of more than `count`."""
        raise NotImplementedError


class Labels(Family):
    """Families of class codes 0, 1, ..., `n_classes` of them, whose mean is their probabilities."""

    labels = True

    def _one_hot(self, y, eta):
        """Indicators (n, 1, n_classes) of the class codes (n, 1)."""
        xp = array_namespace(eta)
        codes = xp.arange(self.n_classes, dtype=y.dtype, device=device(y))
        return xp.astype(y[:, :, None] == codes, eta.dtype)

    def cdf(self, y, eta, scale=None):
        """Probability of a class code of at most y, of shape (n, K, 1)."""
        xp = array_namespace(eta)
        proba = self.mean(eta, scale)
        codes = xp.arange(self.n_classes, dtype=y.dtype, device=device(y))
        below = xp.astype(codes <= y[:, :, None], eta.dtype)
        return xp.sum(proba * below, axis=2, keepdims=True)

    def sample(self, eta, scale, random_state):
        """Random class codes."""
        edges = host(self.mean(eta, scale)).cumsum(axis=2)
        drawn = random_state.uniform(size=(*edges.shape[:2], 1)) * edges[:, :, -1:]
        return (drawn >= edges).sum(axis=2, keepdims=True).astype(float)
