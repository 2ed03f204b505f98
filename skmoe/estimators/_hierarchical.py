"""Hierarchical mixtures of experts."""

from ..gates import HierarchicalGate
from ..gates._hierarchical import check_size, most_leaves
from ._classifier import MoEClassifier
from ._docs import documented
from ._regressor import MoERegressor
from ._settings import make_part

__all__ = ["HMEClassifier", "HMERegressor"]


class _Hierarchical:
    """A tree of gates in place of one gate."""

    def _make_gate(self):
        return HierarchicalGate(make_part(self.gate, "gate"), self.depth, self.branching)

    def _count_experts(self):
        """Experts of the full tree, or of the first split where it is to be grown."""
        depth, branching = check_size(self.depth, self.branching)
        return branching if self.grow else most_leaves(depth, branching)

    def _experts_label(self):
        return "experts"

    def _experts_setting(self):
        return f"depth={self.depth} with branching={self.branching}"


@documented
class HMERegressor(_Hierarchical, MoERegressor):
    r"""Hierarchical mixture-of-experts regression.

    Maximised: the penalised log-likelihood :math:`\sum_i w_i \log \sum_k g_k(x_i)
    N(y_i \mid b_k^\top x_i + a_k, \sigma_k^2)` less the penalties of gates and experts, where
    :math:`g_k` is the product of the probabilities of the branches on the path to expert k
    (:class:`~skmoe.gates.HierarchicalGate`). A tree of soft decisions: every node divides what
    reaches it, an expert answers at every leaf.

    Columns and target are centred and scaled inside the fit, so their units do not matter;
    coefficients are reported in the units given.

    Parameters
    ----------
    %(tree)s
    %(expert and family)s
    %(climb)s
    %(conduct)s

    Attributes
    ----------
    %(node_coef_)s
    %(coef_ of numbers)s
    %(leaves_)s
    %(outcome_)s

    See Also
    --------
    MoERegressor : One gate for all experts; takes a `HierarchicalGate` with any number of experts.

    References
    ----------
    .. [1] Jordan, M. I. & Jacobs, R. A. (1994). Hierarchical mixtures of experts and the EM
       algorithm. Neural Computation 6, 181-214.

    Examples
    --------
    A curve of four pieces:

    >>> import numpy as np
    >>> from skmoe import HMERegressor
    >>> x = np.linspace(0, 4, 400).reshape(-1, 1)
    >>> y = np.abs(x[:, 0] % 2 - 1) + 0.01 * np.random.default_rng(0).standard_normal(400)
    >>> model = HMERegressor(depth=2, n_init=5, random_state=0).fit(x, y)
    >>> model.gate_.branches
    [(0,), (1,), (0, 0), (0, 1), (1, 0), (1, 1)]
    >>> model.score(x, y) > 0.99
    True
    """

    def __init__(
        self,
        depth=2,
        branching=2,
        *,
        gate="softmax",
        grow=False,
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
        self.depth = depth
        self.branching = branching
        self.gate = gate
        self.grow = grow
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


@documented
class HMEClassifier(_Hierarchical, MoEClassifier):
    r"""Hierarchical mixture-of-experts classification.

    Maximised: the penalised log-likelihood :math:`\sum_i w_i \log \sum_k g_k(x_i) p_k(y_i \mid
    x_i)` less the penalties of gates and experts, where :math:`g_k` is the product of the
    probabilities of the branches on the path to expert k
    (:class:`~skmoe.gates.HierarchicalGate`); every expert is a logistic (two classes) or softmax
    regression.

    Columns are centred and scaled inside the fit, so their units do not matter; coefficients
    are reported in the units given.

    Parameters
    ----------
    %(tree)s
    %(expert and family of labels)s
    %(climb)s
    %(class_weight)s
    %(conduct)s

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
    %(node_coef_)s
    %(coef_ of labels)s
    %(leaves_)s
    %(outcome_)s

    See Also
    --------
    MoEClassifier : One gate for all experts; takes a `HierarchicalGate` with any number of experts.

    References
    ----------
    .. [1] Jordan, M. I. & Jacobs, R. A. (1994). Hierarchical mixtures of experts and the EM
       algorithm. Neural Computation 6, 181-214.

    Examples
    --------
    Stripes:

    >>> import numpy as np
    >>> from skmoe import HMEClassifier
    >>> X = np.random.default_rng(0).uniform(0, 8, size=(800, 2))
    >>> y = X[:, 0].astype(int) % 2
    >>> HMEClassifier(depth=2, n_init=10, random_state=0).fit(X, y).score(X, y) > 0.95
    True
    """

    def __init__(
        self,
        depth=2,
        branching=2,
        *,
        gate="softmax",
        grow=False,
        expert="linear",
        family="auto",
        categorical_features="from_dtype",
        solver="auto",
        init="auto",
        n_init=1,
        average=False,
        max_iter=500,
        tol=1e-6,
        class_weight=None,
        warm_start=False,
        n_jobs=None,
        random_state=None,
        verbose=0,
    ):
        self.depth = depth
        self.branching = branching
        self.gate = gate
        self.grow = grow
        self.expert = expert
        self.family = family
        self.categorical_features = categorical_features
        self.solver = solver
        self.init = init
        self.n_init = n_init
        self.average = average
        self.max_iter = max_iter
        self.tol = tol
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose
