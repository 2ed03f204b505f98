"""The softmax gate with quadratic logits."""

from .._rows.arrays import array_namespace, device
from .._rows.validation import check_choice
from ._softmax import SoftmaxGate

__all__ = ["PRODUCTS", "QuadraticGate"]

# Pairs of d columns whose products become further columns.
PRODUCTS = {
    "full": lambda d: [(i, j) for i in range(d) for j in range(i, d)],
    "diag": lambda d: [(i, i) for i in range(d)],
    "spherical": lambda d: [(i, i) for i in range(d)],
}


class QuadraticGate(SoftmaxGate):
    r"""Quadratic logits and a softmax: borders are ellipses, parabolas and hyperbolas.

    Maximised: :math:`\sum_i \sum_k r_{ik} \log g_k(x_i) - \frac{\alpha}{2} \sum_k \|v_k\|^2` as
    by :class:`SoftmaxGate`, with products of the columns among the columns. These are the borders
    between Gaussians, learnt from y given x; `GaussianGate(refine=True)` ends as this gate.

    Parameters
    ----------
    products : {"full", "diag", "spherical"}, default="diag"
        All products of two columns, the square of every column, or the sum of the squares.
    alpha : float or "auto", default="auto"
        Penalty on the coefficients, as of :class:`SoftmaxGate`.
    columns : list of names, positions or booleans, slice, callable or None, default=None
        The columns that the gate looks at; None stands for all, an empty list for none.
        A callable is given X in `fit`, as scikit-learn's `make_column_selector` is.

    Attributes
    ----------
    weights : array of shape (n_experts, n_columns + n_products + 1)
        Coefficients of the scaled columns and of their products and, last, intercepts; on the
        gate that `initialize` and `update` return.

    References
    ----------
    .. [1] Xu, L., Jordan, M. I. & Hinton, G. E. (1995). An alternative model for mixtures of
       experts. Advances in Neural Information Processing Systems 7, 633-640.

    Examples
    --------
    >>> from skmoe import MoERegressor
    >>> from skmoe.gates import QuadraticGate
    >>> MoERegressor(gate=QuadraticGate("full"))
    MoERegressor(gate=QuadraticGate(products='full'))
    """

    linear = False

    def __init__(self, products="diag", alpha="auto", columns=None):
        self.products = products
        self.alpha = alpha
        self.columns = columns

    def _size(self, n_columns):
        check_choice(self.products, "products", PRODUCTS)
        pairs = len(PRODUCTS[self.products](n_columns))
        return n_columns + 1 + (min(pairs, 1) if self.products == "spherical" else pairs)

    def _design(self, X):
        X = super()._design(X)
        pairs = PRODUCTS[self.products](X.shape[1] - 1)
        if not pairs:
            return X
        xp = array_namespace(X)
        first, second = (
            xp.take(X, xp.asarray(index, device=device(X)), axis=1)
            for index in map(list, zip(*pairs, strict=True))
        )
        product = first * second
        if self.products == "spherical":
            product = xp.sum(product, axis=1, keepdims=True)
        return xp.concat([X[:, :-1], product, X[:, -1:]], axis=1)
