"""Neural experts."""

from sklearn.utils import check_random_state

from .._numerics.grouping import group_rows
from .._numerics.ladders import alpha_of, segments_of
from .._numerics.networks import ACTIVATIONS, Networks, bent
from .._numerics.normal_equations import gradient
from .._numerics.part import take_columns
from .._numerics.penalty import Penalty
from .._rows.arrays import array_namespace, device, is_sparse
from .._rows.validation import check_choice, check_layers
from ._base import Expert
from ._linear import LinearExpert

__all__ = ["FARTHEST", "MLPExpert"]

# Logarithm of a factor on a scale, beyond which its exponential could not be squared.
_WIDEST = 30.0

# Standard deviations beyond which a linear predictor beside a network does not go on straight.
FARTHEST = 20.0


class MLPExpert(Expert):
    r"""Small neural networks: each a linear predictor and, added to it, hidden layers.

    Maximised: :math:`\sum_i r_{ik} \log f(y_i; \eta_{ik}, \sigma_{ik}) - \frac{\alpha}{2}
    \|W_k\|^2` less the penalty of the linear part (that of
    :class:`~skmoe.experts.LinearExpert`), with :math:`\eta_{ik} = b_k^\top x_i + a_k +
    \mathrm{net}_k(x_i)`, along gradients. A fit begins with networks of random hidden layers
    that add nothing yet. Networks take columns of a dense table as they are up to ten standard
    deviations, and beyond that as they would their logarithms: a row far outside is left to the
    linear predictor. All experts are one bank: every layer is one product. Behind a
    :class:`~skmoe.gates.TopKGate`, an expert only computes its own rows.

    Parameters
    ----------
    hidden_layer_sizes : int or tuple of int, default=(64,)
        Units of the hidden layers of every expert.
    activation : {"relu", "tanh", "logistic", "silu"}, default="relu"
        What a hidden unit does to its input.
    heteroscedastic : bool, default=False
        Whether the networks predict the logarithm of the family's scale as well: a spread (or
        dispersion, or shape) that depends on x, as in mixture density networks. Only for families
        that have a scale.
    alpha : float or "auto", default=1.0
        Penalty on the weights of the networks, and on the linear coefficients as in
        :class:`~skmoe.experts.LinearExpert`; intercepts are free. With "auto" every climb of
        `n_init` takes another one from a ladder: 3, 30, 1, 10 and 100 in turn. Rows held out
        tell which climb stays, or, with `average=True`, which shares they have; where none are
        held out, all climbs take 3. It gains most where columns are many for the rows, or say
        nothing, and loses where a weak penalty is right; `n_init=5` at least, and averaged.
    columns : list of names, positions or booleans, slice, callable or None, default=None
        The columns that the experts look at; None stands for all.
        A callable is given X in `fit`, as scikit-learn's `make_column_selector` is.
    segments : int or "auto", default=1
        In how many segments the experts look at every feature that is a number, as
        :class:`~skmoe.experts.LinearExpert` does: each is a column of its own. With "auto" the
        climbs of `n_init` take 1 and 8 in turn, of more than 500 features 1.

    Attributes
    ----------
    linear : LinearExpert
        The linear predictors and the scales; on the bank that `initialize` returns.
    networks : Networks
        What is added to them.
    alpha_ : array of shape (n_experts,)
        The penalties in force.

    References
    ----------
    .. [1] Jacobs, R. A., Jordan, M. I., Nowlan, S. J. & Hinton, G. E. (1991). Adaptive mixtures
       of local experts. Neural Computation 3, 79-87.
    .. [2] Bishop, C. M. (1994). Mixture density networks. Aston University, NCRG/94/004.

    Examples
    --------
    >>> from skmoe import MoERegressor
    >>> from skmoe.experts import MLPExpert
    >>> MoERegressor(expert=MLPExpert(hidden_layer_sizes=(32, 32), heteroscedastic=True))
    MoERegressor(expert=MLPExpert(heteroscedastic=True,
                                  hidden_layer_sizes=(32, 32)))
    """

    has_statistics = False
    is_held = False

    takes_offsets = True

    def __init__(
        self,
        hidden_layer_sizes=(64,),
        activation="relu",
        heteroscedastic=False,
        alpha=1.0,
        columns=None,
        segments=1,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.heteroscedastic = heteroscedastic
        self.alpha = alpha
        self.columns = columns
        self.segments = segments

    def allows_sparse(self):
        """Yes: the first layer is a product with X."""
        return True

    def initialize(self, n_experts, X, family, columns=None):
        """Bank that predicts zero everywhere."""
        sizes = check_layers(self.hidden_layer_sizes, "hidden_layer_sizes")
        check_choice(self.activation, "activation", ACTIVATIONS)
        alpha = alpha_of(self.alpha)
        if self.heteroscedastic and not family.n_scales:
            raise ValueError(
                f"heteroscedastic=True was given for family={type(family).__name__!r}, which has "
                "no scale that could depend on x. Pass heteroscedastic=False, or a family with a "
                "scale ('gaussian', 'negative_binomial', 'gamma', ...)."
            )
        linear = LinearExpert(alpha).initialize(n_experts, X, family, columns)
        n_outputs = family.n_outputs + self.heteroscedastic * family.n_scales
        sizes = [linear.weights.shape[2], *sizes, n_outputs]
        new = self._replaced(positions=columns, linear=linear, sizes=sizes)
        return new._drawn(check_random_state(0))

    def begun(self, start, random_state):
        """The start; without one, networks drawn anew."""
        return self._drawn(random_state) if start is None else start

    def _drawn(self, random_state):
        """Bank with the hidden layers of its networks drawn anew; they add nothing yet."""
        weights = self.linear.weights
        shape = weights.shape[0], self.sizes, weights
        return self._of(self.linear, Networks.drawn(self.activation, *shape, random_state))

    def _of(self, linear, networks):
        """Bank of these."""
        return self._replaced(
            linear=linear,
            networks=networks,
            penalised=networks.coefficients,
            ridge=networks.ridge(linear.alpha_),
        )

    def segments_on(self, index, n_features):
        """The number of segments in climb number `index`; of "auto" the rungs of a ladder."""
        return segments_of(self.segments, index, n_features)

    def on_rung(self, index):
        """Bank with the penalty of climb number `index`."""
        penalties = [Penalty.of(alpha_of(self.alpha, index))] * len(self.linear.penalties)
        return self._of(self.linear._with_penalties(penalties), self.networks)

    def held(self, is_held=True):
        """Bank whose scales do not learn yet what x has to do with them, or, if False, do.

        With such scales from the start, spread explains the rows that the mean does not yet.
        """
        learns = self.heteroscedastic and self.is_held != is_held
        if not learns or (is_held and self._scales_vary()):
            return self
        return self._replaced(is_held=is_held)

    def _scales_vary(self):
        """Whether the networks have a say in the scales."""
        weights = self.networks.layers[-1][:, self.family.n_outputs :, :]
        return bool(array_namespace(weights).any(weights != 0))

    @property
    def alpha_(self):
        """The penalties in force."""
        return self.linear.alpha_

    @property
    def family(self):
        """How y scatters."""
        return self.linear.family

    @property
    def scale(self):
        """Scales (K, S) of the experts, or None; if heteroscedastic, at the networks' zero."""
        return self.linear.scale

    @property
    def gradient_only(self):
        """Whether the design is too wide, or sparse, for the linear part's Newton matrix."""
        return self.linear.gradient_only

    def take(self, experts):
        """Bank of some of the experts, repeated as often as they are named."""
        weights = self.linear.weights
        rows = array_namespace(weights).asarray(experts, device=device(weights))
        return self._of(self.linear.take(experts), self.networks.take(rows))

    def joined(self, other):
        """Bank of these experts and, after them, those of another bank."""
        return self._of(self.linear.joined(other.linear), self.networks.joined(other.networks))

    def _seen(self, X):
        """The columns that the experts look at: far outside not even the linear part goes on."""
        return bent(take_columns(X, self.positions), FARTHEST)

    def _forward(self, X, wanted):
        """Outputs (n, K, C or C + S) of the networks, and the way of their slopes back.

        Where few entries are wanted, every expert's own rows are gathered: the others give zero.
        """
        xp = array_namespace(X)
        groups = None
        if wanted is not None and not is_sparse(X):
            width = X.shape[1] + self.networks.layers[0].shape[1]
            groups = group_rows(xp.astype(wanted, X.dtype), width)
        if groups is None:
            table, back = self.networks.outputs_and_gradient(X)
            table = xp.permute_dims(table, (2, 0, 1))
            return table, lambda slope: back(xp.permute_dims(slope, (1, 2, 0)))
        table, back = self.networks.outputs_and_gradient(groups.design(X))
        inside = groups.weight[:, None, :]
        return groups.spread(table), lambda slope: back(inside * groups.own(slope))

    def _forward_all(self, X, wanted):
        """Predictors (n, K, C), scales, where those are free to move, and the slopes' way back."""
        table, back = self._forward(X, wanted)
        eta = self.linear.at_offset(self.offset).eta(X) + table[:, :, : self.family.n_outputs]
        scale, free = self.linear.scale, None
        if self.heteroscedastic:
            xp = array_namespace(X)
            log_scale = table[:, :, self.family.n_outputs :]
            wide = scale * xp.exp(xp.clip(log_scale, -_WIDEST, _WIDEST))
            scale = self.family.limited(wide)
            free = xp.astype(scale == wide, scale.dtype)
        return eta, scale, free, back

    def predictors(self, X, wanted=None):
        """Predictors (n, K, C) and scales, (K, S) or, if heteroscedastic, (n, K, S)."""
        eta, scale, _, _ = self._forward_all(self._seen(X), wanted)
        return eta, scale

    def gradient(self, X, y, resp):
        """Gradient with respect to `params`, a vector."""
        return self.log_prob_and_gradient(X, y)[1](resp)

    def log_prob_and_gradient(self, X, y, wanted=None):
        """`log_prob`, and the function that takes responsibilities to `gradient`."""
        xp = array_namespace(X)
        X, family = self._seen(X), self.family
        eta, scale, free, back = self._forward_all(X, wanted)

        def slope(resp):
            resp = resp[:, :, None]
            score, _ = family.working(y, eta, scale)
            by_eta, by_scale = resp * score * family.precision(scale), None
            outputs = by_eta
            if family.n_scales:
                by_scale = resp * family.scale_slope(y, eta, scale)
            if self.heteroscedastic:
                by_scale = by_scale * free
                moved = 0.0 * by_scale if self.is_held else by_scale
                outputs = xp.concat([by_eta, moved], axis=2)
            by_scale = None if by_scale is None else xp.sum(by_scale, axis=0)
            return xp.concat([self.linear.vector(gradient(X, by_eta), by_scale), back(outputs)])

        return family.log_prob(y, eta, scale), slope

    @property
    def params(self):
        """Those of the linear predictors and scales, then those of the networks."""
        own = self.linear.params, self.networks.params
        return array_namespace(*own).concat(own)

    def with_params(self, params):
        """Bank with other parameters."""
        cut = params.shape[0] - self.penalised.shape[0]
        return self._replaced(
            linear=self.linear.with_params(params[:cut]),
            networks=self.networks.with_params(params[cut:]),
        )

    @property
    def coefficients(self):
        """Vector like `params`: 1 for weights, 0 for intercepts and scales."""
        own = self.linear.coefficients, self.penalised
        return array_namespace(*own).concat(own)

    def log_prior(self):
        """The linear part's, minus `alpha / 2` times the sum of squared weights of the networks."""
        params = self.networks.params
        square = array_namespace(params).sum(self.ridge * params * params)
        return self.linear.log_prior() - 0.5 * square

    def log_prior_gradient(self):
        """Gradient of `log_prior` with respect to `params`."""
        own = self.linear.log_prior_gradient(), -self.ridge * self.networks.params
        return array_namespace(*own).concat(own)

    def at_bound(self):
        """Whether a scale has reached the smallest allowed."""
        return self.linear.at_bound()

    def n_parameters(self):
        """Linear coefficients and scales, weights and intercepts of the networks."""
        return self.linear.n_parameters() + self.penalised.shape[0]
