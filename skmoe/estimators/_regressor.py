"""Mixture-of-experts regression."""

import warnings
from functools import partial

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_array, check_is_fitted, column_or_1d

from .._rows.arrays import array_namespace
from .._rows.carried import Given
from .._rows.compat import get_namespace_and_device, move_to, with_callbacks
from .._rows.tables import as_type_of, check_column, validated
from .._rows.validation import check_numbers
from ..distribution._distribution import MixtureDistribution
from ..experts._base import as_expert
from ..families import NAMES as FAMILIES
from ..families._base import LogLink
from ._base import BaseMixtureOfExperts
from ._carried import carrying
from ._docs import documented
from ._reader import by_batch
from ._reading import check_both

__all__ = ["MoERegressor"]

# Steps to the intercept that goes with offsets, and one after which it is found.
_MOST_STEPS, _SMALL_STEP = 100, 1e-9


@documented
class MoERegressor(RegressorMixin, BaseMixtureOfExperts):
    r"""Mixture-of-experts regression.

    Maximised: the penalised log-likelihood :math:`\sum_i w_i \log \sum_k g_k(x_i)
    f(y_i \mid b_k^\top x_i + a_k, \sigma_k)` less the penalties of gate and experts
    (:class:`~skmoe.gates.SoftmaxGate`, :class:`~skmoe.experts.LinearExpert`), with the density f
    of the family (:class:`~skmoe.families.Gaussian`).

    A gate divides the inputs softly into regions, an expert answers in each. Columns and target
    are centred and scaled inside the fit, so their units do not matter; coefficients are
    reported in the units given.

    Parameters
    ----------
    %(n_experts)s
    %(gate)s
    %(expert and family)s
    %(climb)s
    %(conduct)s

    Attributes
    ----------
    %(gate_coef_)s
    %(coef_ of numbers)s
    %(parts_)s
    %(outcome_)s

    See Also
    --------
    skmoe.model_selection.select_n_experts : The same with a choice of criteria.
    MoEClassifier : The same for class labels.

    Notes
    -----
    %(auto)s

    References
    ----------
    .. [1] Jacobs, R. A., Jordan, M. I., Nowlan, S. J. & Hinton, G. E. (1991). Adaptive mixtures
       of local experts. Neural Computation 3, 79-87.
    .. [2] Jordan, M. I. & Jacobs, R. A. (1994). Hierarchical mixtures of experts and the EM
       algorithm. Neural Computation 6, 181-214.

    Examples
    --------
    A line that breaks at zero:

    >>> import numpy as np
    >>> from skmoe import MoERegressor
    >>> x = np.linspace(-1, 1, 200).reshape(-1, 1)
    >>> y = np.abs(x[:, 0]) + 0.01 * np.sin(50 * x[:, 0])
    >>> model = MoERegressor(n_experts=2, random_state=0).fit(x, y)
    >>> np.sort(model.expert_coef_[:, 0]).round(1)
    array([-1.,  1.])
    >>> round(model.score(x, y), 3)
    0.999
    """

    def __init__(
        self,
        n_experts=4,
        *,
        gate="softmax",
        expert="linear",
        family="gaussian",
        categorical_features="from_dtype",
        solver="auto",
        init="auto",
        n_init=1,
        average=False,
        max_iter=500,
        tol=1e-6,
        warm_start=False,
        n_jobs=None,
        random_state=None,
        verbose=0,
    ):
        self.n_experts = n_experts
        self.gate = gate
        self.expert = expert
        self.family = family
        self.categorical_features = categorical_features
        self.solver = solver
        self.init = init
        self.n_init = n_init
        self.average = average
        self.max_iter = max_iter
        self.tol = tol
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @with_callbacks
    @carrying("exposure", "offset", "groups", "trials")
    def fit(self, X, y, sample_weight=None, *, carried):
        """Fit the mixture.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Sparse where gate and experts take it (softmax and linear ones do), with missing
            values where both take those.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
            A row of weight 2 counts as two rows. Weights that sum to one or less, which no count of
            rows does, are shares of as many rows as Kish's effective sample size,
            (sum w)^2 / sum w^2.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If a hyperparameter, X, y or the weights are not as described, y is not what the
            family is for, or an estimator cannot stand for an expert.

        Examples
        --------
        >>> from skmoe import MoERegressor
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoERegressor(n_experts=2, random_state=0).fit(X, y)
        >>> model.expert_coef_.round(1)
        array([[-0.8],
               [ 0.9]])
        """
        return self._fit(X, y, sample_weight, carried)

    @available_if(BaseMixtureOfExperts._learns_from_batches)
    @carrying("exposure", "offset", "groups", "trials")
    def partial_fit(self, X, y, sample_weight=None, *, carried):
        """Learn from a batch of rows: online EM, or Adam where gate or experts are neural.

        The first batch, of at least as many distinct rows as there are experts, tells the units
        of the columns and the start; a thousand rows are better than ten. Penalties that are
        "auto" stay at their starting values. After `fit` the mixture goes on from there.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
            In one unit in all batches: a row of weight 2 counts as two rows, and none are shares.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If a hyperparameter, X, y or the weights are not as described, or the solver or a part
            cannot learn from batches (L-BFGS, scikit-learn estimators), or if
            gate, experts, family or their settings are no longer those that it began with.

        See Also
        --------
        skmoe.solvers.EM : Settings of the schedule, and a forgetting factor for drift.

        Examples
        --------
        >>> from skmoe import MoERegressor
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(1000, random_state=0)
        >>> model = MoERegressor(n_experts=2, random_state=0)
        >>> for start in range(0, 1000, 250):
        ...     rows = slice(start, start + 250)
        ...     model = model.partial_fit(X[rows], y[rows])
        >>> model.n_iter_
        4
        >>> round(model.score(X, y), 1)
        0.8
        """
        return self._partial_fit(X, y, sample_weight, carried)

    @carrying("exposure", "offset", "groups")
    @by_batch
    def predict(self, X, return_std=False, *, carried):
        """Expected target: the experts' predictions weighted by the gate.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        return_std : bool, default=False
            Whether to return the standard deviation of the target too.

        Returns
        -------
        mean : array of shape (n_samples,) or (n_samples, n_outputs)
        std : array of the same shape
            Only if `return_std`. Infinite where a Student t expert has two degrees of freedom
            or fewer: quantiles tell more there.

        Examples
        --------
        >>> from skmoe import MoERegressor
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoERegressor(n_experts=2, random_state=0).fit(X, y)
        >>> model.predict([[0.5], [2.0]]).round(1)
        array([0.8, 0.7])
        >>> mean, std = model.predict([[0.5], [2.0]], return_std=True)
        >>> std.round(2)
        array([0.26, 0.31])
        """
        rows = self._rows(X, "predict", carried=carried)
        if return_std:
            return rows.map(lambda X, y, weight: self._mean_and_std(X))
        mean = rows.map(lambda X, y, weight: self._units.restored(self._mixture.predict(X)))
        return mean[:, 0] if self._flat_targets else mean

    def _mean_and_std(self, X):
        law = self._law(X)
        return law.mean(), law.std()

    def _law(self, X):
        """Distribution of y for the rows of a design."""
        components = self._mixture.components(X)
        return MixtureDistribution(*components, self._family_of_law(), self._flat_targets)

    def _family_of_law(self):
        """The family of what predictive distributions are of."""
        family = self._mixture.expert.family
        return family.of_counts() if family.trials else family

    @carrying("exposure", "offset", "groups", "trials")
    @by_batch
    def predict_dist(self, X, *, carried):
        """The whole distribution of y given x.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        MixtureDistribution
            With the methods of scipy.stats' frozen distributions (`mean`, `std`, `pdf`, `cdf`,
            `ppf`, `interval`, `rvs`), `crps`, `mode` and `plot`.

        Examples
        --------
        >>> from skmoe import MoERegressor
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoERegressor(n_experts=2, random_state=0).fit(X, y)
        >>> law = model.predict_dist([[0.5], [2.0]])
        >>> law.std().round(2)
        array([0.26, 0.31])
        >>> law.cdf(1.0).round(2)
        array([0.78, 0.8 ])
        """
        scales = []

        def tables(X, y, weight):
            log_weight, eta, scale = self._mixture.components(X)
            by_row = scale is not None and scale.ndim == 3
            scales.append(scale)
            return (log_weight, eta, scale) if by_row else (log_weight, eta)

        rows = self._rows(X, "predict_dist", carried=carried)
        log_weight, eta, *scale = rows.map(tables)
        scale = scale[0] if scale else scales[0]
        law = MixtureDistribution(log_weight, eta, scale, self._family_of_law(), self._flat_targets)
        return law.with_groups(rows.group_codes()) if rows.grouped else law

    @carrying("exposure", "offset", "groups", "trials")
    @by_batch
    def predict_quantiles(self, X, q=(0.05, 0.5, 0.95), *, carried):
        """Quantiles of y given x.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        q : float or array-like of shape (n_quantiles,), default=(0.05, 0.5, 0.95)
            Levels between 0 and 1.

        Returns
        -------
        array of shape (n_samples[, n_outputs], n_quantiles)
            Without the last axis if q is a number.

        Raises
        ------
        ValueError
            If a level is not between 0 and 1.

        Examples
        --------
        >>> from skmoe import MoERegressor
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoERegressor(n_experts=2, random_state=0).fit(X, y)
        >>> model.predict_quantiles([[0.5], [2.0]], [0.1, 0.9]).round(1)
        array([[0.5, 1.1],
               [0.4, 1.1]])
        """
        rows = self._rows(X, "predict_quantiles", carried=carried)
        levels = check_numbers(q, "q")
        levels = np.reshape(levels, (-1, 1) if self._flat_targets else (-1, 1, 1))

        def quantiles(X, y, weight):
            table = self._law(X).ppf(levels)
            return array_namespace(X).moveaxis(table, 0, -1)

        table = rows.map(quantiles)
        return table[..., 0] if np.ndim(q) == 0 else table

    @carrying("exposure", "offset", "groups", "trials")
    @by_batch
    def sample(self, X, size=None, random_state=None, *, carried):
        """Random targets: for every row an expert is drawn, then a target around its prediction.

        For every group one expert is drawn.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        size : int, tuple of int or None, default=None
            Draws for every row; None is one, without an axis for it.
        random_state : int, RandomState instance or None, default=None

        Returns
        -------
        array of shape ([size, ]n_samples[, n_outputs])

        Examples
        --------
        >>> from skmoe import MoERegressor
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoERegressor(n_experts=2, random_state=0).fit(X, y)
        >>> model.sample([[0.5], [2.0]], size=1000, random_state=0).mean(axis=0).round(1)
        array([0.8, 0.7])
        """
        return self.predict_dist(X, **carried.given()).rvs(size, random_state)

    @carrying("exposure", "offset", "groups", "trials")
    def score(self, X, y=None, sample_weight=None, *, carried):
        """Share of the variation of y that the prediction explains; 1 is best.

        R2 for the families "gaussian", "student_t" and "laplace"; D2 for the others, the share of
        the deviance explained: Poisson's for counts (negative binomial ones too), Gamma's for
        positive numbers of all families, Tweedie's and the log loss. Of several outputs, the mean.
        Of targets that do not vary, R2 is 1 if they are predicted just so, else 0, and D2 is 0.
        With `exposure` or `offset`, what is explained is compared with one rate, or one intercept,
        for all rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or reader
            A reader brings y and weights.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float

        Examples
        --------
        >>> from skmoe import MoERegressor
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoERegressor(n_experts=2, random_state=0).fit(X, y)
        >>> round(model.score(X, y), 2)
        0.84
        """
        check_is_fitted(self)
        check_both(X, y)
        blocks = self._weighted_rows(Given(X, y, sample_weight, carried), "score")
        if blocks.n_rows < 2:
            warnings.warn(
                "The share of the variation of one row is not defined; pass two rows or more.",
                UndefinedMetricWarning,
                stacklevel=2,
            )
            return float("nan")
        mixture, family = self._mixture, self._mixture.expert.family
        constant = self._constant(blocks)
        deviance = _squared_error if family.location else family.deviance

        def sums(X, y, weight):
            known = mixture.predict(X), constant(X, y)
            weight = mixture.trial_weight(X, weight)
            return tuple(weight @ deviance(y, mean) for mean in known)

        lost, total = blocks.sum(sums)
        xp = array_namespace(lost)
        if family.coupled:
            # Of the shares of outcomes there is one loss.
            lost, total = xp.sum(lost), xp.sum(total)
        varies = total > 0
        # Of targets that do not vary there is nothing to explain.
        rest = xp.astype((lost == 0) & family.location, lost.dtype)
        explained = xp.where(varies, 1 - lost / xp.where(varies, total, 1.0), rest)
        return float(xp.mean(explained))

    def _constant(self, blocks):
        """The function that predicts a block's targets without any feature, from all rows."""
        mixture, family = self._mixture, self._mixture.expert.family

        def sums(X, y, weight):
            weight = mixture.trial_weight(X, weight)
            offset, one = mixture.offset(X), array_namespace(y).ones_like(y)
            if offset is None:
                return weight @ y, weight @ one
            # What the deviance weighs rates by: a power of the exposure.
            own = one
            if family.log_link:
                own = family.freed(one, (family.deviance_power - 2) * offset)
            return weight @ (family.freed(y, offset) * own), weight @ own

        total, count = blocks.sum(sums)
        rate = (total / count)[None, :]
        if self._record.offsets and not (family.location or family.log_link):
            return self._constant_odds(blocks, rate)

        def constant(X, y):
            offset = mixture.offset(X)
            rates = rate + array_namespace(y).zeros_like(y)
            return rates if offset is None else family.freed(rates, -offset)

        return constant

    def _constant_odds(self, blocks, mean):
        """The same of shares: the intercept that goes best with the offsets, by Newton's method."""
        mixture, family = self._mixture, self._mixture.expert.family
        intercept = family.link(family.feasible(mean[:, None, :], 1e-6))[:, 0, :]

        def at(X, intercept):
            return (mixture.offset(X) + intercept)[:, None, :]

        def sums(X, y, weight, intercept):
            weight = mixture.trial_weight(X, weight)
            mean = family.mean(at(X, intercept), None)[:, 0, :]
            return weight @ (y - mean), weight @ (mean * (1 - mean))

        for _ in range(_MOST_STEPS):
            slope, curvature = blocks.sum(partial(sums, intercept=intercept))
            xp = array_namespace(slope)
            step = slope / xp.maximum(curvature, xp.full_like(curvature, 1e-30))
            # Of coupled predictors the diagonal alone is known.
            step = xp.clip(step / (2 if family.coupled else 1), -1.0, 1.0)
            intercept = intercept + step[None, :]
            if float(xp.max(xp.abs(step))) < _SMALL_STEP:
                break
        return lambda X, y: family.mean(at(X, intercept), None)[:, 0, :]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        try:
            tags.target_tags.multi_output = as_expert(self.expert).allows_outputs()
        except ValueError:
            # What is wrong with the expert, a fit will say.
            tags.target_tags.multi_output = True
        kind = FAMILIES.get(str(self.family), type(self.family))
        tags.target_tags.positive_only = issubclass(kind, LogLink)
        return tags

    def _family(self):
        return self.family

    @staticmethod
    def _n_predictors(family, state):
        return family.n_predictors(state["_n_outputs"])

    @staticmethod
    def _with_classes(settings, classes):
        return settings

    def _validate_fit(self, checked, X, y, accepted, classes=None):
        """Checked X, targets (n, n_outputs) and what to note about them."""
        check_column(y, "y")
        xp, _, device = get_namespace_and_device(X)
        y = move_to(y, xp=xp, device=device)
        try:
            X, y = validated(
                checked,
                X,
                y,
                dtype=[xp.float64, xp.float32],
                multi_output=True,
                y_numeric=True,
                **accepted,
            )
            y = as_type_of(y, X)
        except ValueError as error:
            if "could not convert string to float" not in str(error):
                raise
            raise ValueError(
                f"X or y holds text ({error}); numbers are allowed. Encode text columns of X; for "
                "text labels in y use MoEClassifier."
            ) from error
        if y.ndim == 2 and y.shape[1] == 1 and not as_expert(self.expert).allows_outputs():
            y = column_or_1d(y, warn=True)
        flat = y.ndim == 1
        y = y[:, None] if flat else y
        n_outputs = y.shape[1]
        # Of successes and trials one number is predicted.
        flat = flat or (n_outputs > 1 and self._part("family").n_predictors(n_outputs) == 1)
        return X, y, {"_flat_targets": flat, "_n_outputs": n_outputs}

    @staticmethod
    def _target_kind(state):
        return f"{state['_n_outputs']} outputs"

    def _encode(self, y, X):
        """Targets (n, n_outputs) of a fitted estimator."""
        check_is_fitted(self)
        check_column(y, "y")
        xp, _, device = get_namespace_and_device(X)
        y = move_to(y, xp=xp, device=device)
        y = check_array(y, ensure_2d=False, dtype="numeric", input_name="y")
        y = as_type_of(y, self._x_center)
        y = y[:, None] if y.ndim == 1 else y
        if y.shape[1] != self._n_outputs:
            raise ValueError(
                f"y has {y.shape[1]} columns, but the mixture was fitted with {self._n_outputs}."
            )
        self._mixture.expert.family.check(y)
        return y

    def _target_names(self):
        return range(self._n_outputs)

    def _experts_in_units(self, table):
        table = self._units.restored(table)
        return table[:, :, 0] if self._flat_targets else table


def _squared_error(y, mean):
    deviation = y - mean
    return deviation * deviation
