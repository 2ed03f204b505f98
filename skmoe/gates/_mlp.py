"""The neural gate."""

from sklearn.utils import check_random_state

from .._numerics.ladders import alpha_of, segments_of
from .._numerics.networks import ACTIVATIONS, Networks
from .._numerics.normal_equations import gradient
from .._numerics.part import take_columns
from .._rows.arrays import array_namespace, exp, like, log_softmax
from .._rows.validation import check_choice, check_layers
from ._base import Gate
from ._softmax import SoftmaxGate

__all__ = ["MLPGate"]


class MLPGate(Gate):
    r"""A softmax over linear logits and, added to them, the outputs of one neural network.

    Maximised: :math:`\sum_i \sum_k r_{ik} \log g_k(x_i) - \frac{\alpha}{2} (\|W\|^2 +
    \sum_k \|v_k\|^2)` with :math:`\log g_k(x) = v_k' x + c_k + \mathrm{net}_k(x)` up to
    a number for every row, along gradients. A fit begins at the softmax gate that EM finds.

    Parameters
    ----------
    hidden_layer_sizes : int or tuple of int, default=(64,)
        Units of the hidden layers, which all experts' logits share.
    activation : {"relu", "tanh", "logistic", "silu"}, default="relu"
        What a hidden unit does to its input.
    alpha : float or "auto", default=1.0
        Penalty on the weights and the linear coefficients; intercepts are free. With "auto" every
        climb takes another one, as with :class:`~skmoe.experts.MLPExpert`.
    columns : list of names, positions or booleans, slice, callable or None, default=None
        The columns that the gate looks at; None stands for all.
        A callable is given X in `fit`, as scikit-learn's `make_column_selector` is.
    segments : int or "auto", default=1
        In how many segments the gate looks at every feature that is a number, as
        :class:`~skmoe.gates.SoftmaxGate` does: each is a column of its own. With "auto" the
        climbs of `n_init` take 1 and 8 in turn, of more than 500 features 1.

    Attributes
    ----------
    inner : SoftmaxGate
        The linear logits; on the gate that `initialize` returns.
    networks : Networks
        What is added to them.
    alpha_ : float
        The penalty in force.

    References
    ----------
    .. [1] Shazeer, N. et al. (2017). Outrageously large neural networks: the sparsely-gated
       mixture-of-experts layer. International Conference on Learning Representations.

    Examples
    --------
    >>> from skmoe import MoEClassifier
    >>> from skmoe.gates import MLPGate
    >>> MoEClassifier(gate=MLPGate(hidden_layer_sizes=32))
    MoEClassifier(gate=MLPGate(hidden_layer_sizes=32))
    """

    has_statistics = False

    def __init__(
        self, hidden_layer_sizes=(64,), activation="relu", alpha=1.0, columns=None, segments=1
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.alpha = alpha
        self.columns = columns
        self.segments = segments

    def allows_sparse(self):
        """Yes: the first layer is a product with X."""
        return True

    def initialize(self, n_experts, X, columns=None):
        """Gate that gives every expert the same weight everywhere."""
        sizes = check_layers(self.hidden_layer_sizes, "hidden_layer_sizes")
        check_choice(self.activation, "activation", ACTIVATIONS)
        inner = SoftmaxGate(alpha_of(self.alpha)).initialize(n_experts, X, columns)
        sizes = [inner.weights.shape[1], *sizes, n_experts]
        return self._replaced(n_experts=n_experts, sizes=sizes, inner=inner)._drawn(
            check_random_state(0)
        )

    def _drawn(self, random_state):
        """Gate with the hidden layers of its network drawn anew; it adds nothing yet."""
        weights = self.inner.weights
        networks = Networks.drawn(self.activation, 1, self.sizes, weights, random_state)
        return self._of(self.inner.begun(None, random_state), networks)

    def _of(self, inner, networks):
        """Gate of these."""
        weights = inner.weights
        return self._replaced(
            inner=inner,
            networks=networks,
            penalised=networks.coefficients,
            ridge=networks.ridge(like([inner.alpha_], weights)),
        )

    def segments_on(self, index, n_features):
        """The number of segments in climb number `index`; of "auto" the rungs of a ladder."""
        return segments_of(self.segments, index, n_features)

    def on_rung(self, index):
        """Gate with the penalty of climb number `index`."""
        return self._of(self.inner.with_alpha(alpha_of(self.alpha, index)), self.networks)

    @property
    def alpha_(self):
        """The penalty in force."""
        return self.inner.alpha_

    def stand_in(self):
        """The linear logits alone."""
        return self.inner.with_alpha("auto")

    def begun(self, start, random_state):
        """Gate that gives the weights that the softmax gate `start` does; small ones of None."""
        new = self._drawn(random_state)
        return new if start is None else new._replaced(inner=start.with_alpha(self.alpha_))

    @property
    def gradient_only(self):
        """Whether the design is too wide, or sparse, for the stand-in's Newton matrix."""
        return self.inner.gradient_only

    @property
    def positions(self):
        """Columns that the gate looks at."""
        return self.inner.positions

    def log_weight(self, X):
        """Log probability of every expert given x, of shape (n, K)."""
        return self.log_joint_and_gradient(X)[0]

    def gradient(self, X, resp):
        """Gradient with respect to `params`, a vector."""
        return self.log_joint_and_gradient(X)[1](resp)

    def log_joint_and_gradient(self, X):
        """Log probabilities, and the function that takes responsibilities to `gradient`."""
        xp = array_namespace(X)
        logits = self.inner.log_score(X)
        X = take_columns(X, self.positions)
        added, back = self.networks.outputs_and_gradient(X)
        table = log_softmax(logits + added[0, :, :].T, axis=1)

        def slope(resp):
            score = resp - xp.sum(resp, axis=1, keepdims=True) * exp(table)
            linear = xp.reshape(gradient(X, score[:, None, :]), (-1,))
            return xp.concat([linear, back(score.T[None, :, :])])

        return table, slope

    @property
    def params(self):
        """Weights of the linear logits, then those of the network."""
        own = self.inner.params, self.networks.params
        return array_namespace(*own).concat(own)

    def with_params(self, params):
        """Gate with other parameters."""
        cut = params.shape[0] - self.penalised.shape[0]
        return self._replaced(
            inner=self.inner.with_params(params[:cut]),
            networks=self.networks.with_params(params[cut:]),
        )

    @property
    def coefficients(self):
        """Vector like `params`: 1 for weights, 0 for intercepts."""
        own = self.inner.coefficients, self.penalised
        return array_namespace(*own).concat(own)

    def log_prior(self):
        """Minus `alpha / 2` times the sum of squared weights."""
        params = self.networks.params
        square = array_namespace(params).sum(self.ridge * params * params)
        return self.inner.log_prior() - 0.5 * square

    def log_prior_gradient(self):
        """Minus `alpha` times the weights."""
        own = self.inner.log_prior_gradient(), -self.ridge * self.networks.params
        return array_namespace(*own).concat(own)

    def n_parameters(self):
        """Those of the linear logits, weights and intercepts of the network."""
        return self.inner.n_parameters() + self.penalised.shape[0]
