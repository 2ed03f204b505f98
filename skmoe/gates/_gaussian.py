"""The gate that knows where every expert's inputs lie."""

import math
from typing import Any, NamedTuple

from .._numerics.covariances import Matrices, Variances
from .._numerics.part import take_columns
from .._rows.arrays import array_namespace, block_diagonal, contrasts, identity, log_softmax, zeros
from .._rows.validation import check_choice, check_positive
from ._base import Gate
from ._quadratic import PRODUCTS, QuadraticGate
from ._softmax import SoftmaxGate

__all__ = ["GaussianGate"]

_TYPES = {
    "full": Matrices(shared=False),
    "tied": Matrices(shared=True),
    "diag": Variances(shared=False),
    "spherical": Variances(shared=True),
}

# An expert with fewer rows than this keeps its place; the logarithm is still finite.
_SMALLEST = 1e-30


class GaussianStatistics(NamedTuple):
    """Sums over rows.

    Attributes
    ----------
    count : array of shape (K,)
        Responsibility of every expert.
    first : array of shape (K, d)
        Sums of the columns, weighted by the responsibilities.
    second : array
        Second moments, in the shape of the covariance type.
    """

    count: Any
    first: Any
    second: Any


class GaussianGate(Gate):
    r"""A Gaussian density of the inputs for every expert, and Bayes' rule.

    Maximised: :math:`\sum_i \sum_k r_{ik} \log [\pi_k N(x_i; \mu_k, \Sigma_k)]`, in closed form,
    so that the fit climbs the joint likelihood of y and x; predictions use
    :math:`g_k(x) = \pi_k N(x; \mu_k, \Sigma_k) / \sum_j \pi_j N(x; \mu_j, \Sigma_j)`. A
    conjugate prior, worth `prior_rows` rows of covariance :math:`K^{-2/d}` times that of
    uncorrelated columns, keeps covariances invertible. Columns are scaled to unit variance.

    Parameters
    ----------
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        One matrix per expert; one for all; variances of every column per expert; one variance
        per expert. The first has d (d + 1) / 2 parameters an expert: with many columns and few
        rows, "tied" or "diag" hold better.
    prior_rows : float or "auto", default="auto"
        Weight of the prior on the covariances, in rows. "auto" is d + 2, the smallest at which
        the prior has a mean; 0 is maximum likelihood.
    reg_covar : float, default=1e-6
        Added to every sum of squared deviations, in squared standard deviations of the columns:
        keeps covariances invertible where `prior_rows=0`.
    refine : bool, default=False
        Whether the climb goes on with the conditional likelihood of y given x afterwards. The
        same borders are then those of a softmax gate whose logits are linear ("tied") or
        quadratic in x, which learns what predicts best instead of where the inputs lie. Where
        that lowers the likelihood of y given x, the Gaussians stay.
    columns : list of names, positions or booleans, slice, callable or None, default=None
        The columns that the gate looks at; None stands for all, an empty list for none.
        A callable is given X in `fit`, as scikit-learn's `make_column_selector` is.

    Attributes
    ----------
    log_prob : array of shape (n_experts,)
        Log shares :math:`\pi`; on the gate that `initialize` and `update` return.
    mean : array of shape (n_experts, n_columns)
        On the scaled columns.
    factor : array
        Factor A of the inverse covariance, A A': of shape (n_experts, n_columns, n_columns),
        (1, n_columns, n_columns), (n_experts, n_columns) or (n_experts, 1) by covariance type.

    References
    ----------
    .. [1] Xu, L., Jordan, M. I. & Hinton, G. E. (1995). An alternative model for mixtures of
       experts. Advances in Neural Information Processing Systems 7, 633-640.
    .. [2] Fraley, C. & Raftery, A. E. (2007). Bayesian regularization for normal mixture
       estimation and model-based clustering. Journal of Classification 24, 155-181.

    Examples
    --------
    >>> from skmoe import MoERegressor
    >>> from skmoe.gates import GaussianGate
    >>> MoERegressor(gate=GaussianGate(covariance_type="diag"))
    MoERegressor(gate=GaussianGate(covariance_type='diag'))
    """

    exact = False
    generative = True

    def __init__(
        self,
        covariance_type="full",
        prior_rows="auto",
        reg_covar=1e-6,
        refine=False,
        columns=None,
    ):
        self.covariance_type = covariance_type
        self.prior_rows = prior_rows
        self.reg_covar = reg_covar
        self.refine = refine
        self.columns = columns

    def initialize(self, n_experts, X, columns=None):
        """Equal shares of the standard Gaussian."""
        check_choice(self.covariance_type, "covariance_type", _TYPES)
        n_columns = (X.shape[1] if columns is None else len(columns) + 1) - 1
        rows = self.prior_rows
        rows = n_columns + 2 if rows == "auto" else check_positive(rows, "prior_rows", zero=True)
        mean = zeros((n_experts, n_columns), X)
        return self._replaced(
            n_experts=n_experts,
            positions=columns,
            log_prob=log_softmax(zeros((n_experts,), X), axis=0),
            mean=mean,
            factor=_TYPES[self.covariance_type].unit(mean),
            prior_weight=float(rows),
            prior_scatter=rows * n_experts ** (-2 / max(n_columns, 1))
            + check_positive(self.reg_covar, "reg_covar", zero=True),
        )

    @property
    def climbs_once(self):
        """Whether the gate is not refined."""
        return not self.refine

    @property
    def _type(self):
        return _TYPES[self.covariance_type]

    def _columns(self, X):
        return take_columns(X, self.positions)[:, :-1]

    def log_joint(self, X):
        """Log share times density of every expert, of shape (n, K)."""
        xp = array_namespace(X)
        n_columns = self.mean.shape[1]
        distance = self._type.distance(self._columns(X), self.mean, self.factor)
        # Infinitely far from all experts is equally far from all.
        distance = xp.clip(distance, None, 1e-3 * xp.finfo(distance.dtype).max)
        log_det = self._type.log_det(self.factor, n_columns)
        return self.log_prob + log_det - 0.5 * (distance + n_columns * math.log(2 * math.pi))

    def log_weight(self, X):
        """Log probability of every expert given x, of shape (n, K)."""
        return log_softmax(self.log_joint(X), axis=1)

    def statistics(self, X, resp):
        """Responsibilities, and moments of the columns under them."""
        Z = self._columns(X)
        count = array_namespace(resp).sum(resp, axis=0)
        return GaussianStatistics(count, resp.T @ Z, self._type.moment(Z, resp))

    def update(self, statistics, step=1.0):
        """Shares, means and covariances in closed form, or a step towards them."""
        xp = array_namespace(self.mean)
        count, first, second = statistics
        covariance = self._type.covariance(self.factor)
        share = xp.log(count + _SMALLEST) - xp.log(xp.sum(count + _SMALLEST))
        safe = xp.clip(count, _SMALLEST, None)[:, None]
        wanted = xp.where(count[:, None] > _SMALLEST, first / safe, self.mean)
        mean = self.mean + step * (wanted - self.mean)
        rows, scatter = self._prior()
        rows = rows + self._type.rows(count, mean.shape[1])
        scatter = scatter + self._type.scatter(second, first, count, mean)
        # Without any row nor prior the old covariance is as good as any.
        wanted = xp.where(rows > _SMALLEST, scatter / xp.clip(rows, _SMALLEST, None), covariance)
        return self._replaced(
            log_prob=log_softmax(self.log_prob + step * (share - self.log_prob), axis=0),
            mean=mean,
            factor=self._type.factor(covariance + step * (wanted - covariance)),
        )

    def settled(self, statistics):
        """Moments of so many rows that have the present shares, means and covariances."""
        xp = array_namespace(self.mean)
        count = xp.sum(statistics.count) * xp.exp(self.log_prob)
        first = count[:, None] * self.mean
        prior_rows, prior_scatter = self._prior()
        rows = prior_rows + self._type.rows(count, self.mean.shape[1])
        scatter = rows * self._type.covariance(self.factor) - prior_scatter
        around_zero = self._type.scatter(0 * scatter, first, count, self.mean)
        return GaussianStatistics(count, first, scatter - around_zero)

    def _prior(self):
        """Observations behind every entry of the covariances, and their scatter."""
        repeats = self._type.repeats(self.mean.shape[1])
        scatter = repeats * self.prior_scatter * self._type.unit(self.mean)
        return repeats * self.prior_weight, scatter

    def gradient(self, X, resp):
        """Gradient with respect to `params`, a vector."""
        xp = array_namespace(X)
        count, first, second = self.statistics(X, resp)
        deviation = first - count[:, None] * self.mean
        scatter = self._type.scatter(second, first, count, self.mean)
        rows = self._type.rows(count, self.mean.shape[1])
        return self._vector(
            count - xp.sum(count) * xp.exp(self.log_prob),
            self._type.divide(deviation, self.factor),
            self._type.slope(self.factor, rows, scatter),
        )

    @staticmethod
    def _vector(*tables):
        xp = array_namespace(*tables)
        return xp.concat([xp.reshape(table, (-1,)) for table in tables])

    def identified(self):
        """Contrasts of the log shares; means and factors as they are."""
        shares = contrasts(1, self.n_experts, 1)
        return block_diagonal([shares, identity(self.params.shape[0] - self.n_experts)])

    @property
    def params(self):
        """Log shares, means and factors."""
        return self._vector(self.log_prob, self.mean, self.factor)

    def with_params(self, params):
        """Gate with other parameters; the log shares are normalised."""
        xp = array_namespace(params)
        experts, n_columns = self.mean.shape
        cut = experts * (1 + n_columns)
        return self._replaced(
            log_prob=log_softmax(params[:experts], axis=0),
            mean=xp.reshape(params[experts:cut], self.mean.shape),
            factor=xp.reshape(params[cut:], self.factor.shape),
        )

    def log_prior(self):
        """Log prior density of the covariances, up to a constant."""
        n_columns = self.mean.shape[1]
        log_det = self._type.log_det(self.factor, n_columns)
        trace = self._type.trace(self.factor, n_columns)
        xp = array_namespace(trace)
        return xp.sum(self.prior_weight * log_det - 0.5 * self.prior_scatter * trace)

    def log_prior_gradient(self):
        """Gradient of `log_prior` with respect to `params`."""
        slope = self._type.slope(self.factor, *self._prior())
        return self._vector(0 * self.log_prob, 0 * self.mean, slope)

    def refined(self):
        """The softmax gate of the same borders, if wanted."""
        if not self.refine:
            return None
        xp = array_namespace(self.mean)
        n_columns = self.mean.shape[1]
        coef = self._type.divide(self.mean, self.factor)
        intercept = self.log_prob + self._type.log_det(self.factor, n_columns)
        intercept = intercept - 0.5 * xp.sum(coef * self.mean, axis=1)
        tables = [coef, intercept[:, None]]
        gate = SoftmaxGate(columns=self.columns)
        if self.covariance_type in PRODUCTS:
            gate = QuadraticGate(self.covariance_type, columns=self.columns)
            tables.insert(1, self._type.quadratic(self.factor))
        weights = xp.concat(tables, axis=1)
        positions = list(range(n_columns)) if self.positions is None else self.positions
        gate = gate.initialize(self.n_experts, weights, positions)
        return gate._replaced(weights=weights - xp.mean(weights, axis=0), positions=self.positions)

    def n_parameters(self):
        """Shares, means and covariances."""
        experts, n_columns = self.mean.shape
        return experts - 1 + experts * n_columns + self._type.n_parameters(experts, n_columns)

    def n_parameters_given_x(self):
        """Those of the borders: logits against one expert's, linear or quadratic in the columns."""
        experts, n_columns = self.mean.shape
        products = self.covariance_type in PRODUCTS and self._type.n_parameters(1, n_columns)
        return (experts - 1) * (1 + n_columns + products)
