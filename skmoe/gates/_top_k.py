"""The gate that lets a few experts answer."""

from .._rows.arrays import array_namespace, largest, like, log_softmax
from .._rows.validation import check_count, check_positive
from ._base import Wrapper, as_gate

__all__ = ["TopKGate"]


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
    k : int, default=2
        Experts that answer a row; at most all of them.
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
    MoERegressor(gate=TopKGate(), n_experts=16)
    """

    climbs_once = False

    def __init__(self, gate="softmax", k=2, noise=1.0, balance=1.0):
        self.gate = gate
        self.k = k
        self.noise = noise
        self.balance = balance

    @property
    def gradient_only(self):
        """Whether the gate inside knows its curvature column by column only."""
        return self.inner.gradient_only

    def initialize(self, n_experts, X, columns=None):
        """The wrapped gate, open to all experts."""
        k = check_count(self.k, "k")
        check_positive(self.noise, "noise", zero=True)
        check_positive(self.balance, "balance", zero=True)
        if k > n_experts:
            raise ValueError(
                f"k={k} was given for n_experts={n_experts}; at most all experts can answer. Pass "
                "a smaller k or more experts."
            )
        inner = as_gate(self.gate).initialize(n_experts, X, columns)
        return self._replaced(n_experts=n_experts, inner=inner, routes=False, random_state=None)

    def started(self):
        """The gate that closes all but k experts."""
        return self._replaced(inner=self.inner.started(), routes=self.k < self.n_experts)

    def cost(self):
        """Of the wrapped gate."""
        return self.inner.cost()

    def frozen(self):
        """The wrapped gate frozen; itself if that has nothing to freeze."""
        inner = self.inner.frozen()
        return self if inner is self.inner else self._replaced(inner=inner)

    def thawed(self):
        """The wrapped gate thawed."""
        return self._replaced(inner=self.inner.thawed())

    def with_usage(self, usage):
        """The gate with a note of the share of the rows that every expert answers."""
        return self._replaced(usage_=usage)

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
        return array_namespace(table).where(largest(table, self.k), table, -float("inf"))

    def statistics(self, X, resp):
        """The wrapped gate's."""
        return self.inner.statistics(X, resp)

    def update(self, statistics, step=1.0):
        """The wrapped gate's update."""
        return self._replaced(inner=self.inner.update(statistics, step))

    def settled(self, statistics):
        """The wrapped gate's."""
        return self.inner.settled(statistics)

    def gradient(self, X, resp):
        """The wrapped gate's; `resp` is zero where an expert is closed."""
        return self.inner.gradient(X, resp)

    def log_joint_and_gradient(self, X):
        """The wrapped gate's, minus infinity where an expert is closed."""
        table, slope = self.inner.log_joint_and_gradient(X)
        if self.random_state is None or not self.routes:
            return self._open(table), slope
        xp = array_namespace(table)
        noise = like(self.random_state.standard_normal(table.shape), table)
        is_open = largest(table + self.noise * noise, self.k)
        return xp.where(is_open, table, -float("inf")), self._balanced(table, is_open, slope)

    def _balanced(self, table, is_open, slope):
        """The function `slope`, less the slope of the load-balancing term."""
        xp = array_namespace(table)
        answered = xp.astype(is_open, table.dtype)

        def balanced(resp):
            weight = xp.sum(resp, axis=1, keepdims=True)
            load = xp.sum(weight * answered, axis=0) / (self.k * xp.sum(weight))
            crowded = self.balance * self.n_experts * load * xp.exp(table)
            return slope(resp - weight * crowded)

        return balanced

    def training(self, random_state):
        """Gate with noise in its choice, and the load-balancing term in its gradient."""
        return self._replaced(inner=self.inner.training(random_state), random_state=random_state)

    @property
    def coefficients(self):
        """The wrapped gate's."""
        return self.inner.coefficients

    def drawn(self, random_state):
        """The gate around the wrapped gate drawn anew."""
        return self._replaced(inner=self.inner.drawn(random_state))

    def stand_in(self):
        """The gate around the wrapped gate's stand-in."""
        return self._replaced(inner=self.inner.stand_in())

    def begun(self, start, random_state):
        """The gate around the wrapped gate at the beginning of its climb."""
        return self._replaced(inner=self.inner.begun(start.inner, random_state))

    @property
    def params(self):
        """The wrapped gate's."""
        return self.inner.params

    def slopes(self, X, resp):
        """Those of the gate inside."""
        return self.inner.slopes(X, resp)

    def identified(self):
        """Basis of the gate inside."""
        return self.inner.identified()

    def with_params(self, params):
        """Gate with other parameters."""
        return self._replaced(inner=self.inner.with_params(params))

    def log_prior(self):
        """The wrapped gate's."""
        return self.inner.log_prior()

    def log_prior_gradient(self):
        """The wrapped gate's."""
        return self.inner.log_prior_gradient()

    def update_penalty(self, statistics):
        """New gate with the wrapped gate's penalty re-estimated; itself if that has settled."""
        inner = self.inner.update_penalty(statistics)
        return self if inner is self.inner else self._replaced(inner=inner)

    def log_volume(self, statistics):
        """The wrapped gate's."""
        return self.inner.log_volume(statistics)

    def most_penalised(self):
        """New gate around the wrapped gate at its largest penalty."""
        return self._replaced(inner=self.inner.most_penalised())

    def n_parameters(self):
        """The wrapped gate's."""
        return self.inner.n_parameters()
