"""The softmax gate."""

from typing import Any, NamedTuple

from .._numerics.normal_equations import (
    Diagonal,
    coefficients_only,
    curvature_for,
    gradient,
)
from .._numerics.part import Doubts, Slopes, take_columns
from .._numerics.penalty import Penalty
from .._rows.arrays import (
    array_namespace,
    contrasts,
    exp,
    like,
    log_softmax,
    log_softmax_and_shares,
    zeros,
)
from .._rows.statistics import scale as rescaled
from ._base import Gate

__all__ = ["SoftmaxGate"]

# Penalty that starts are compared at: weak enough for a gate to hold eight cells side by side.
_INITIAL_ALPHA = 0.1

# Standard deviation of weights that are drawn.
_DRAWN = 0.01

# Largest change of a weight in one step.
_LONGEST = 100.0

# Keeps the share of nothing at all a number.
_TINY = 1e-30


class SoftmaxStatistics(NamedTuple):
    """Sums over rows at the current weights.

    Attributes
    ----------
    score : array of shape (n_nodes, K, D)
        Derivative with respect to the weights.
    gram : array or SoftmaxGram
        Curvature, were it known which expert every row belongs to.
    told, complete : arrays of shape (n_nodes,)
        Variance of the responsibilities around the gate's probabilities, and what it would be
        if the responsibilities were certain. The ratio of their sums is the share of the curvature
        that the data hold; the rest is missing (Louis 1982).
    """

    score: Any
    gram: Any
    told: Any
    complete: Any

    def observed(self):
        """Curvature that the data hold."""
        xp = array_namespace(self.told)
        return rescaled(self.gram, xp.sum(self.told) / (xp.sum(self.complete) + _TINY))


class SoftmaxGate(Gate):
    r"""Linear logits and a softmax: the borders between experts are soft planes.

    Maximised: :math:`\sum_i \sum_k r_{ik} \log g_k(x_i) - \frac{\alpha}{2} \sum_k \|v_k\|^2` with
    :math:`g_k(x) = \exp(v_k' x + c_k) / \sum_j \exp(v_j' x + c_j)`, by one Newton step an update
    (Lange's EM gradient algorithm). Columns are scaled to unit variance, those of a sparse table
    of more than 128 by one number; the intercepts
    :math:`c_k` are not penalised; logits sum to zero over the experts.

    Parameters
    ----------
    alpha : float or "auto", default="auto"
        Penalty on the coefficients. "auto" estimates it from the data: MacKay's evidence is
        maximised, as by scikit-learn's BayesianRidge for a linear model, under a weak Gamma prior
        on the strength. The gate gets sharp where the data ask for it, and stays near constant
        where they do not. 0 is maximum likelihood.
    columns : list of names, positions or booleans, slice, callable or None, default=None
        The columns that the gate looks at; None stands for all, an empty list for none.
        A callable is given X in `fit`, as scikit-learn's `make_column_selector` is.
    segments : int, default=1
        In how many segments the gate looks at every feature that is a number: with a slope of
        its own in each, so that what is fitted bends at the borders between them, quantiles of
        the feature. There are fewer where values repeat, and 20 rows in each at least. 1 is a
        straight line.

    Attributes
    ----------
    weights : array of shape (n_experts, n_columns + 1)
        Coefficients and, last, intercepts on the scaled columns; on the gate that `initialize`
        and `update` return.
    n_nodes : int
        Softmaxes side by side, one after the other in the columns of every table: the nodes of
        a hierarchy learn as one gate. 1 unless `initialize` is told otherwise.
    alpha_ : float
        The penalty in force.

    References
    ----------
    .. [1] Jacobs, R. A., Jordan, M. I., Nowlan, S. J. & Hinton, G. E. (1991). Adaptive mixtures
       of local experts. Neural Computation 3, 79-87.
    .. [2] Lange, K. (1995). A gradient algorithm locally equivalent to the EM algorithm. Journal
       of the Royal Statistical Society B 57, 425-437.
    .. [3] MacKay, D. J. C. (1992). Bayesian interpolation. Neural Computation 4, 415-447.

    Examples
    --------
    >>> from skmoe import MoERegressor
    >>> from skmoe.gates import SoftmaxGate
    >>> MoERegressor(gate=SoftmaxGate(alpha=0.1, columns=["age"]))
    MoERegressor(gate=SoftmaxGate(alpha=0.1, columns=['age']))
    """

    # Whether the weights are coefficients of the columns themselves.
    linear = True

    def __init__(self, alpha="auto", columns=None, segments=1):
        self.alpha = alpha
        self.columns = columns
        self.segments = segments

    def initialize(self, n_experts, X, columns=None, n_nodes=1):
        """Gate with all weights zero."""
        size = self._size(X.shape[1] - 1 if columns is None else len(columns))
        return self._replaced(
            n_experts=n_experts,
            n_nodes=n_nodes,
            weights=zeros((n_nodes * n_experts, size), X),
            positions=columns,
            penalised=coefficients_only(size, X),
            penalty=Penalty.of(self.alpha, initial=_INITIAL_ALPHA),
            curvature=curvature_for(X, size, n_experts),
        )

    @property
    def gradient_only(self):
        """Whether the curvature is known column by column only."""
        return isinstance(self.curvature, Diagonal)

    def allows_sparse(self):
        """Whether the logits are linear in the columns themselves."""
        return self.linear

    def with_products(self, products):
        """Gate whose curvature is summed by them."""
        return self._replaced(curvature=self.curvature.knowing(products))

    @property
    def alpha_(self):
        """The penalty in force."""
        return self.penalty.alpha

    def with_alpha(self, alpha):
        """Gate with the penalty `alpha`, "auto" or a number."""
        return self._replaced(penalty=Penalty.of(alpha, initial=_INITIAL_ALPHA))

    def begun(self, start, random_state):
        """The start; without one, small random weights, so that no two experts stay alike."""
        if start is not None:
            return start
        noise = random_state.normal(0, _DRAWN, self.weights.shape)
        return self._replaced(weights=self.weights + like(noise, self.weights))

    def _size(self, n_columns):
        """Number of weights of a logit on so many columns."""
        return n_columns + 1

    def _design(self, X):
        """The columns that the logits are linear in, and the constant."""
        return take_columns(X, self.positions)

    def _by_node(self, table):
        """(n, nodes * experts) to (n, nodes, experts)."""
        shape = (table.shape[0], self.n_nodes, self.n_experts)
        return array_namespace(table).reshape(table, shape)

    def log_score(self, X):
        """Logits, of shape (n, K), of a gate of one node."""
        return (self.weights @ self._design(X).T).T

    def _log_weight(self, design):
        """Log probability within every node, of shape (n, nodes, experts)."""
        return log_softmax(self._logits(design), axis=2)

    def _logits(self, design):
        return self._by_node((self.weights @ design.T).T)

    def log_weight(self, X):
        """Log probability of every expert given x, of shape (n, K)."""
        table = self._log_weight(self._design(X))
        return array_namespace(table).reshape(table, (X.shape[0], -1))

    def _score(self, prob, resp):
        """Weights of rows and derivative of the logits, given probabilities by node."""
        resp = self._by_node(resp)
        weight = array_namespace(resp).sum(resp, axis=2)
        return weight, resp - weight[:, :, None] * prob

    def statistics(self, X, resp):
        """Gradient of the logits and the curvature of softmax regression."""
        return self.log_joint_and_statistics(X)[1](resp)

    def log_joint_and_statistics(self, X):
        """Log probabilities, and the function that takes responsibilities to `statistics`."""
        xp, design = array_namespace(X), self._design(X)
        table, prob = log_softmax_and_shares(self._logits(design))

        def sums(resp):
            weight, score = self._score(prob, resp)
            certain = xp.where(weight > 0, weight, 1.0)[:, :, None]
            told = xp.vecdot(score / certain, score, axis=-3)
            complete = xp.vecdot(weight[:, :, None] * prob, 1 - prob, axis=-3)
            return SoftmaxStatistics(
                score=gradient(design, score),
                gram=self.curvature.gram(design, weight, prob),
                told=xp.sum(told, axis=1),
                complete=xp.sum(complete, axis=1),
            )

        return xp.reshape(table, (X.shape[0], -1)), sums

    def update(self, statistics, step=1.0):
        """New gate after the fraction `step` of a Newton step."""
        if self.n_experts == 1:
            return self
        xp = array_namespace(self.weights)
        weights = xp.reshape(self.weights, statistics.score.shape)
        score = statistics.score - self._ridge()[:, None, :] * weights
        change = self.curvature.step(statistics.gram, score, self._ridge())
        # A gate that is sure of rows which are another expert's has no curvature to tell how far.
        longest = xp.clip(xp.max(xp.abs(change), axis=(1, 2), keepdims=True), _LONGEST, None)
        change = change * (_LONGEST / longest)
        return self._replaced(weights=self.weights + step * xp.reshape(change, self.weights.shape))

    def settled(self, statistics):
        """The same, its score balanced by the penalty."""
        xp = array_namespace(self.weights)
        score = xp.reshape(self._ridge() * self.weights, statistics.score.shape)
        return statistics._replace(score=score)

    def _ridge(self):
        return self.alpha_ * self.penalised[None, :]

    def gradient(self, X, resp):
        """Gradient with respect to `params`, of shape (K * D,)."""
        return self.log_joint_and_gradient(X)[1](resp)

    def log_joint_and_gradient(self, X):
        """Log probabilities, and the function that takes responsibilities to `gradient`."""
        xp, design = array_namespace(X), self._design(X)
        table = self._log_weight(design)

        def slope(resp):
            _, score = self._score(exp(table), resp)
            return xp.reshape(gradient(design, score), (-1,))

        return xp.reshape(table, (X.shape[0], -1)), slope

    def slopes(self, X, resp):
        """Derivatives of the logits."""
        design = self._design(X)
        _, score = self._score(exp(self._log_weight(design)), resp)
        size = design.shape[1]
        ends = [size * (m + 1) - 1 for m in range(self.weights.shape[0])]
        return [Slopes(design, array_namespace(X).reshape(score, (X.shape[0], -1)), ends)]

    def doubts(self, X, resp):
        """Probabilities that are neither zero nor one, logit by logit."""
        if self.n_experts == 1:
            return []
        design = self._design(X)
        prob = exp(self._log_weight(design))
        weight, _ = self._score(prob, resp)
        xp = array_namespace(prob)
        rows = xp.reshape(weight[:, :, None] + 0 * prob, (X.shape[0], -1))
        return [Doubts(design, rows, xp.reshape(prob * (1 - prob), rows.shape))]

    def identified(self):
        """Contrasts of the logits of every node."""
        return contrasts(self.n_nodes, self.n_experts, self.weights.shape[1])

    @property
    def params(self):
        """Weights as a vector of length K * D."""
        return array_namespace(self.weights).reshape(self.weights, (-1,))

    def with_params(self, params):
        """Gate with other weights."""
        xp = array_namespace(params)
        return self._replaced(weights=xp.reshape(params, self.weights.shape))

    @property
    def coefficients(self):
        """Vector like `params`: 1 for coefficients, 0 for intercepts."""
        xp = array_namespace(self.weights)
        return xp.reshape(xp.zeros_like(self.weights) + self.penalised, (-1,))

    def whitening(self, statistics):
        """Of all nodes."""
        if self.n_experts == 1:
            return super().whitening(statistics)
        return [self.curvature.whitening(statistics.gram, self._ridge(), self.n_experts)]

    def multiplications(self):
        """Of logits and their curvature."""
        return self.curvature.multiplications(self.n_nodes, self.n_experts, self.weights.shape[1])

    def log_prior(self):
        """Minus `alpha / 2` times the sum of squared coefficients."""
        return -0.5 * self.alpha_ * self._square()

    def _square(self):
        return array_namespace(self.weights).sum(self.penalised * self.weights**2)

    def log_prior_gradient(self):
        """Minus `alpha` times the coefficients."""
        return array_namespace(self.weights).reshape(-self._ridge() * self.weights, (-1,))

    def _may_learn_penalty(self):
        return self.penalty.automatic and self.n_experts > 1 and self.weights.shape[1] > 1

    def update_penalty(self, statistics):
        """New gate with `alpha` re-estimated from the evidence, if it is "auto"."""
        if not self._may_learn_penalty():
            return self
        determined = self.curvature.determined(statistics.observed(), self._ridge(), self.n_experts)
        determined = float(array_namespace(determined).sum(determined))
        penalty = self.penalty.estimated(determined, float(self._square()))
        return self if penalty is self.penalty else self._replaced(penalty=penalty)

    def log_volume(self, statistics):
        """Log of posterior over prior volume of the coefficients, if `alpha` is "auto"."""
        if not self._may_learn_penalty():
            return 0.0
        return self.curvature.log_volume(statistics.observed(), self._ridge(), self.n_experts)

    def with_strength(self, factor):
        """New gate whose penalty, if it is "auto", is `factor` times as strong."""
        return self._replaced(penalty=self.penalty.times(factor))

    def n_parameters(self):
        """Weights less one expert's in every node, which the others imply."""
        return self.n_nodes * (self.n_experts - 1) * self.weights.shape[1]
