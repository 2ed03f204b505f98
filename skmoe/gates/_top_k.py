"""The gate that lets a few experts answer."""

from .._rows.arrays import array_namespace, largest, like, log_softmax
from .._rows.validation import check_count, check_positive
from ._base import Wrapper, as_gate

__all__ = ["TopKGate"]

# Experts that answer a row where nothing else is asked for.
_K = 2


class TopKGate(Wrapper):
    r"""Only the k most probable experts answer a row, in the fit and in prediction.

    Maximised: what the wrapped gate maximises. The fit climbs :math:`\sum_i \log \sum_{k \in
    S_i} g_k(x_i) f(y_i; \eta_k(x_i))` with :math:`S_i` the k most probable experts at
    :math:`x_i`, a lower bound on the likelihood of the wrapped gate (truncated EM); predictions
    divide the probabilities by their sum over :math:`S_i`. Starts are found with all experts.

    An expert is asked about, and learns from, the rows in whose :math:`S_i` it is; linear experts
    are asked about all rows where one matrix product costs less than choosing. Which experts
    answer a row depends on that row alone.

    Parameters
    ----------
    gate : str, gate or classifier, default="softmax"
        The gate that ranks the experts; as text "softmax", "mlp", "gaussian", "quadratic",
        "hierarchical" or "constant".
    k : int or "auto", default="auto"
        Experts that answer a row; at most all of them. "auto" is two, or the one there is.
    noise : float, default=1.0
        Standard deviation of the noise that Adam adds to the logits before the k largest are
        chosen, so that experts that come next get rows to learn from as well. It changes the
        choice, not the probabilities; other solvers and predictions are without.
    balance : float, default=1.0
        Weight of the load-balancing term that Adam takes away per row: the number of experts
        times the sum over experts of the share of rows that an expert answers and its mean
        probability, 1 for an even load (Fedus et al. 2021). Other solvers climb without.

    Attributes
    ----------
    inner : gate
        The wrapped gate; on the gate that `initialize` and `update` return.
    usage_ : array of shape (n_experts,)
        Share of the rows of the fit that every expert answers; sums to k. On the `gate_` of a
        fitted estimator.

    References
    ----------
    .. [1] Shazeer, N., Mirhoseini, A., Maziarz, K., Davis, A., Le, Q., Hinton, G. & Dean, J.
       (2017). Outrageously large neural networks: the sparsely-gated mixture-of-experts layer.
       International Conference on Learning Representations.
    .. [2] Fedus, W., Zoph, B. & Shazeer, N. (2021). Switch transformers: scaling to trillion
       parameter models with simple and efficient sparsity. arXiv:2101.03961.
    .. [3] Lücke, J. & Eggert, J. (2010). Expectation truncation and the benefits of preselection
       in training generative models. Journal of Machine Learning Research 11, 2855-2900.

    Examples
    --------
    >>> from skmoe import MoERegressor
    >>> from skmoe.gates import TopKGate
    >>> MoERegressor(n_experts=16, gate=TopKGate(k=2))
    MoERegressor(gate=TopKGate(k=2), n_experts=16)
    """

    climbs_once = False

    def __init__(self, gate="softmax", k="auto", noise=1.0, balance=1.0):
        self.gate = gate
        self.k = k
        self.noise = noise
        self.balance = balance

    def answering(self, n_experts):
        """How many of `n_experts` experts are asked to answer a row."""
        automatic = isinstance(self.k, str) and self.k == "auto"
        return min(_K, n_experts) if automatic else check_count(self.k, "k")

    def initialize(self, n_experts, X, columns=None):
        """The wrapped gate, open to all experts."""
        k = self.answering(n_experts)
        check_positive(self.noise, "noise", zero=True)
        check_positive(self.balance, "balance", zero=True)
        if k > n_experts:
            raise ValueError(
                f"k={k} was given for n_experts={n_experts}; at most all experts can answer. Pass "
                "a smaller k, k='auto' or more experts."
            )
        inner = as_gate(self.gate).initialize(n_experts, X, columns)
        return self._replaced(
            n_experts=n_experts, n_open=k, inner=inner, routes=False, random_state=None
        )

    @property
    def inside(self):
        """The wrapped gate."""
        return (self.inner,)

    def _with_inside(self, parts):
        (inner,) = parts
        return self._replaced(inner=inner)

    def begun(self, start, random_state):
        """The gate that closes all but k experts."""
        new = super().begun(start, random_state)
        return new._replaced(routes=self.n_open < self.n_experts)

    def refined(self):
        """The wrapped gate refined, if it asks for it."""
        inner = self.inner.refined()
        return None if inner is None else self._replaced(inner=inner)

    @property
    def exact(self):
        """Whether no expert is closed and the wrapped gate is exact."""
        return self.inner.exact and not self.routes

    @property
    def linear(self):
        """Whether the wrapped gate is."""
        return self.inner.linear

    @property
    def weights(self):
        """Coefficients and intercepts of a linear wrapped gate."""
        return self.inner.weights

    @property
    def positions(self):
        """Columns that the wrapped gate looks at."""
        return self.inner.positions

    def log_joint(self, X):
        """The wrapped gate's, minus infinity where an expert is closed."""
        return self._open(self.inner.log_joint(X))

    def log_score(self, X):
        """The wrapped gate's, minus infinity where an expert is closed."""
        return self._open(self.inner.log_score(X))

    def log_weight(self, X):
        """Log probability of every expert given x among those that are open."""
        return log_softmax(self.log_score(X), axis=1)

    def _open(self, table):
        """The table, with minus infinity where an expert is closed."""
        if not self.routes:
            return table
        return array_namespace(table).where(largest(table, self.n_open), table, -float("inf"))

    def statistics(self, X, resp):
        """The wrapped gate's."""
        return (self.inner.statistics(X, resp),)

    def gradient(self, X, resp):
        """The wrapped gate's; `resp` is zero where an expert is closed."""
        return self.inner.gradient(X, resp)

    def log_joint_and_statistics(self, X):
        """The wrapped gate's, minus infinity where an expert is closed."""
        table, sums = self.inner.log_joint_and_statistics(X)
        return self._open(table), lambda resp: (sums(resp),)

    def log_joint_and_gradient(self, X):
        """The wrapped gate's, minus infinity where an expert is closed."""
        table, slope = self.inner.log_joint_and_gradient(X)
        if self.random_state is None or not self.routes:
            return self._open(table), slope
        xp = array_namespace(table)
        noise = like(self.random_state.standard_normal(table.shape), table)
        is_open = largest(table + self.noise * noise, self.n_open)
        return xp.where(is_open, table, -float("inf")), self._balanced(table, is_open, slope)

    def _balanced(self, table, is_open, slope):
        """The function `slope`, less the slope of the load-balancing term."""
        xp = array_namespace(table)
        answered = xp.astype(is_open, table.dtype)

        def balanced(resp):
            weight = xp.sum(resp, axis=1, keepdims=True)
            load = xp.sum(weight * answered, axis=0) / (self.n_open * xp.sum(weight))
            crowded = self.balance * self.n_experts * load * xp.exp(table)
            return slope(resp - weight * crowded)

        return balanced

    def training(self, random_state):
        """Gate with noise in its choice, and the load-balancing term in its gradient."""
        return super().training(random_state)._replaced(random_state=random_state)

    def slopes(self, X, resp):
        """Those of the gate inside."""
        return self.inner.slopes(X, resp)

    def doubts(self, X, resp):
        """Those of the gate inside."""
        return self.inner.doubts(X, resp)
