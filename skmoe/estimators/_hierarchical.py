"""Hierarchical mixtures of experts."""

from ..gates import HierarchicalGate
from ..gates._hierarchical import check_size
from ._classifier import MoEClassifier
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
        return branching if self.grow else branching**depth

    def _experts_label(self):
        return "experts"

    def _experts_setting(self):
        return f"depth={self.depth} with branching={self.branching}"


class HMERegressor(_Hierarchical, MoERegressor):
    r"""Hierarchical mixture-of-experts regression.

    Maximised: the penalised log-likelihood :math:`\sum_i w_i \log \sum_k g_k(x_i)
    N(y_i \mid b_k' x_i + a_k, \sigma_k^2)` less the penalties of gates and experts, where
    :math:`g_k` is the product of the probabilities of the branches on the path to expert k
    (:class:`~skmoe.gates.HierarchicalGate`). A tree of soft decisions: every node divides what
    reaches it, an expert answers at every leaf.

    Columns and target are centred and scaled inside the fit, so their units do not matter;
    coefficients are reported in the units given.

    Parameters
    ----------
    depth : int, default=2
        Number of decisions on the way to an expert.
    branching : int, default=2
        Branches of every decision: there are `branching ** depth` experts.
    gate : str, gate or classifier, default="softmax"
        The gate at every node: "softmax", "mlp", "quadratic", "gaussian", "constant", a gate of
        :mod:`skmoe.gates`, or any scikit-learn classifier with `predict_proba`.
    grow : bool, default=False
        Whether the tree starts from one decision and is grown: again and again the expert with
        the most to gain on held-out rows is split, until none gains or all are `depth` deep.
    expert : str, expert or regressor, default="linear"
        What an expert predicts: "linear", "mlp" (small networks), an expert of
        :mod:`skmoe.experts` (`MixedExpert` for several kinds), or any scikit-learn regressor.
    family : str or family, default="gaussian"
        How y scatters around an expert's prediction: "gaussian", "student_t" and "laplace" (heavy
        tails), "poisson" and "negative_binomial" (counts), "gamma" (positive numbers),
        "bernoulli" (0, 1 and shares between), or an object of :mod:`skmoe.families`.
    solver : {"auto", "em", "lbfgs", "adam"} or solver, default="auto"
        How the objective is climbed. "auto" is EM, L-BFGS for sparse or very wide X, and Adam on
        mini-batches where gate or experts are neural.
    init : {"auto", "kmeans", "planes", "joint", "lines"}, default="auto"
        Where the climb starts: cells of k-means++ seeds among the columns, random half-spaces,
        k-means++ cells among columns and target together, or the nearest of random
        regressions. "auto" takes these in turn.
    n_init : int, default=1
        Number of starts. All make a few passes, the best go on (emEM). Experts that learn along
        gradients ("mlp") go the whole way from every start, and the best on held-out rows stays.
    average : bool, default=False
        Whether all `n_init` mixtures are kept and averaged: a mixture of `n_init * n_experts`
        experts. Mostly better than the best of them, above all with neural experts.
    max_iter : int, default=500
        Passes over the data at most.
    tol : float, default=1e-6
        The climb stops once the gain still expected is below `tol` per row.
    warm_start : bool, default=False
        Whether a further `fit` goes on from the mixture of the last one, in its units, with its
        penalties and without new starts.
    n_jobs : int or None, default=None
        Threads that share the blocks of rows, or the fits of scikit-learn estimators as experts;
        the result is the same for any number.
    random_state : int, RandomState instance or None, default=None
        Draws the starts. Pass an int for the same answer each time.
    verbose : int, default=0
        1 prints the objective after every pass, and how often estimators among the parts were
        fitted.

    Attributes
    ----------
    gate_ : HierarchicalGate
        The fitted tree; `gate_.branches` names its branches by the turns from the root. It sees
        scaled columns.
    node_coef_ : array of shape (n_branches, n_features)
        Coefficients of the logits of every branch (softmax nodes), per unit of each column. A row
        turns to the branch of its node with the larger logit.
    node_intercept_ : array of shape (n_branches,)
    expert_coef_ : array of shape (n_experts, n_features) or (n_experts, n_outputs, n_features)
        Coefficients of the experts, in units of y per unit of each column.
    expert_intercept_ : array of shape (n_experts,) or (n_experts, n_outputs)
    expert_scale_ : array of shape (n_experts,) or (n_experts, n_outputs)
        Scales around the experts' predictions, for families that have one: in units of y the
        standard deviation (Gaussian) or what stands for it (Student's t, Laplace); the
        coefficient of variation (Gamma, and of a negative binomial's rate).
    expert_df_ : array of shape (n_experts,) or (n_experts, n_outputs)
        Degrees of freedom; only with the family "student_t".
    expert_ : expert
        The fitted bank of experts, in the order of the leaves. It sees scaled columns.
    n_experts_ : int
    n_parameters_ : int
        Number of free parameters.
    log_likelihood_ : float
        Summed over rows, without penalty, in the units of y as given.
    objective_ : float
        With penalty.
    history_ : list of float
        Objective after every pass of the final climb; with EM and L-BFGS it never falls. With
        Adam, at the start, averaged over every epoch, and at the end.
    start_histories_ : list of list of float
        Objective after every pass of the short climbs from all starts.
    validation_scores_ : list of float
        Mean log density of the rows that Adam has held out, after every epoch.
    n_iter_ : int
        Passes of the final climb over the data.
    converged_ : bool
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Only where X has column names.

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
    >>> y = np.abs(x[:, 0] % 2 - 1)
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
    depth : int, default=2
        Number of decisions on the way to an expert.
    branching : int, default=2
        Branches of every decision: there are `branching ** depth` experts.
    gate : str, gate or classifier, default="softmax"
        The gate at every node: "softmax", "mlp", "quadratic", "gaussian", "constant", a gate of
        :mod:`skmoe.gates`, or any scikit-learn classifier with `predict_proba`.
    grow : bool, default=False
        Whether the tree starts from one decision and is grown: again and again the expert with
        the most to gain on held-out rows is split, until none gains or all are `depth` deep.
    expert : str, expert or classifier, default="linear"
        What an expert predicts: "linear", "mlp" (small networks), an expert of
        :mod:`skmoe.experts`, or any scikit-learn classifier with `predict_proba`.
    solver : {"auto", "em", "lbfgs", "adam"} or solver, default="auto"
        How the objective is climbed. "auto" is EM, L-BFGS for sparse or very wide X, and Adam on
        mini-batches where gate or experts are neural.
    init : {"auto", "kmeans", "planes", "joint", "lines"}, default="auto"
        Where the climb starts: cells of k-means++ seeds among the columns, random half-spaces,
        k-means++ cells among columns and labels together, or the nearest of random
        regressions. "auto" takes these in turn.
    n_init : int, default=1
        Number of starts. All make a few passes, the best go on (emEM). Experts that learn along
        gradients ("mlp") go the whole way from every start, and the best on held-out rows stays.
    average : bool, default=False
        Whether all `n_init` mixtures are kept and averaged: a mixture of `n_init * n_experts`
        experts. Mostly better than the best of them, above all with neural experts.
    max_iter : int, default=500
        Passes over the data at most.
    tol : float, default=1e-6
        The climb stops once the gain still expected is below `tol` per row.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, which multiply those of the rows.
    warm_start : bool, default=False
        Whether a further `fit` goes on from the mixture of the last one, in its units, with its
        penalties and without new starts.
    n_jobs : int or None, default=None
        Threads that share the blocks of rows, or the fits of scikit-learn estimators as experts;
        the result is the same for any number.
    random_state : int, RandomState instance or None, default=None
        Draws the starts. Pass an int for the same answer each time.
    verbose : int, default=0
        1 prints the objective after every pass, and how often estimators among the parts were
        fitted.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
    gate_ : HierarchicalGate
        The fitted tree; `gate_.branches` names its branches by the turns from the root. It sees
        scaled columns.
    node_coef_ : array of shape (n_branches, n_features)
        Coefficients of the logits of every branch (softmax nodes), per unit of each column. A row
        turns to the branch of its node with the larger logit.
    node_intercept_ : array of shape (n_branches,)
    expert_coef_ : array of shape (n_experts, n_features) or (n_experts, n_classes, n_features)
        Coefficients of the log odds of the second class (two classes) or of the logit of
        every class, per unit of each column.
    expert_intercept_ : array of shape (n_experts,) or (n_experts, n_classes)
    expert_ : expert
        The fitted bank of experts, in the order of the leaves. It sees scaled columns.
    n_experts_ : int
    n_parameters_ : int
        Number of free parameters.
    log_likelihood_ : float
        Summed over rows, without penalty.
    objective_ : float
        With penalty.
    history_ : list of float
        Objective after every pass of the final climb; with EM and L-BFGS it never falls. With
        Adam, at the start, averaged over every epoch, and at the end.
    start_histories_ : list of list of float
        Objective after every pass of the short climbs from all starts.
    validation_scores_ : list of float
        Mean log density of the rows that Adam has held out, after every epoch.
    n_iter_ : int
        Passes of the final climb over the data.
    converged_ : bool
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Only where X has column names.

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
    >>> X = np.random.default_rng(0).uniform(0, 4, size=(800, 2))
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
