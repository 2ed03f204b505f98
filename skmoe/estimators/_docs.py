"""What the four estimators say of parameters and attributes that they share, written once.

A line `%(name)s` of a class docstring stands for the text of that name below.
"""

import re
from textwrap import indent

__all__ = ["documented"]

_FLAT_GATE = """\
gate : str, gate or classifier, default="softmax"
    Who is responsible for a row: "softmax", "mlp", "quadratic", "gaussian", "hierarchical",
    "top_k", "constant" (a mixture of regressions), a gate of :mod:`skmoe.gates`, or any
    scikit-learn classifier with `predict_proba`."""

_N_EXPERTS = """\
n_experts : int or "auto", default=4
    Number of experts; at most the number of distinct rows. "auto" chooses in `fit`, up to 8:
    see Notes."""

_TREE = """\
depth : int, default=2
    Number of decisions on the way to an expert.
branching : int, default=2
    Branches of every decision: there are `branching ** depth` experts.
gate : str, gate or classifier, default="softmax"
    The gate at every node: "softmax", "mlp", "quadratic", "gaussian", "constant", a gate of
    :mod:`skmoe.gates`, or any scikit-learn classifier with `predict_proba`.
grow : bool, default=False
    Whether the tree starts from one decision and is grown: again and again the expert with
    the most to gain on held-out rows is split, until none gains or all are `depth` deep."""

_OF_NUMBERS = """\
expert : str, expert or regressor, default="linear"
    What an expert predicts: "linear", "mlp" (small networks), an expert of
    :mod:`skmoe.experts` (`MixedExpert` for several kinds), or any scikit-learn regressor.
family : str or family, default="gaussian"
    How y scatters around an expert's prediction: "gaussian", "student_t" and "laplace" (heavy
    tails), "poisson" and "negative_binomial" (counts), "gamma", "lognormal", "weibull" and
    "inverse_gaussian" (positive numbers), "tweedie" (amounts, many of them zero), "bernoulli"
    (0, 1 and shares between), "beta" (shares strictly between 0 and 1), or an object of
    :mod:`skmoe.families`."""

_OF_LABELS = """\
expert : str, expert or classifier, default="linear"
    What an expert predicts: "linear", "mlp" (small networks), an expert of
    :mod:`skmoe.experts`, or any scikit-learn classifier with `predict_proba`."""

_FAMILY_OF_LABELS = """\
family : {"auto", "ordinal"} or family, default="auto"
    How the classes hang together. "auto": not at all, an expert has a linear predictor for every
    class. "ordinal": in an order, an expert has one linear predictor, which thresholds cut into
    classes (:class:`~skmoe.families.Ordinal`). The order is that of numbers, or of the categories
    of an ordered categorical type (pandas, an Enum of polars); for other text pass
    `Ordinal(levels=[...])`. `classes_` and the columns of `predict_proba` are then in it, which
    scikit-learn's `log_loss` takes for sorted ones: score text in an order by `score_samples`."""

_CLIMB = """\
categorical_features : "from_dtype", None, callable, or list of names, positions or booleans
    The features that are categories, "from_dtype" by default: gate and experts see a column for
    every level (of two levels, one). "from_dtype" stands for the columns of a data frame that
    hold text or are of a categorical type. A missing value is a level of its own if the fit has
    seen one; there, and of levels that it has not seen, a row counts as the average of all.
solver : {"auto", "em", "lbfgs", "adam"} or solver, default="auto"
    How the objective is climbed. "auto" is EM, L-BFGS where columns or classes are so
    many that a pass of EM is dear (from 41 columns beside four experts, 20 beside sixteen) and
    for sparse X of more than 128 columns, and Adam on mini-batches where gate or experts are
    neural.
init : str, array-like or fitted mixture, default="auto"
    Where the climb starts: cells of k-means++ seeds among the columns ("kmeans"), random
    half-spaces ("planes"), k-means++ cells among columns and y together ("joint"), the nearest
    of random regressions ("lines"), or k-means++ cells among what one regression leaves of y
    ("residuals"). "auto" takes the first four in turn, with "residuals" for "joint" in every
    other turn, and the last three for a gate that looks at no column. A start of your own, and
    nothing else is tried: the expert of every row, of shape (n_samples,), -1 where it is not
    known; responsibilities of shape (n_samples, n_experts); or a fitted mixture of as many
    experts, of any kind, which is asked for its responsibilities. Not with `n_experts="auto"`,
    `grow` or networks.
n_init : int, default=1
    Number of starts, of which there are at least eight where `init` is "auto". All make a few
    passes, and those of most evidence go on (emEM). Of what is asked for beyond that, half goes
    into ways out of the best: an expert is taken away and another is split, rows are weighed at
    random for a while. Scikit-learn estimators as gate or experts have exactly `n_init` starts.
    Experts that learn along gradients ("mlp") go the whole way from every start, and the best on
    held-out rows stays.
average : bool, default=False
    Whether all `n_init` mixtures are kept and averaged: a mixture of `n_init * n_experts`
    experts, with shares that explain held-out rows best, equal ones where none are held out; a
    mixture with next to no share is left out. Mostly better than the best of them, above all
    with neural experts.
max_iter : int, default=500
    Passes over the data at most; three times as many, which take less, where solver="auto"
    climbs by L-BFGS.
tol : float, default=1e-6
    The climb stops once the gain still expected is below `tol` per row."""

_CLASS_WEIGHT = """\
class_weight : dict, "balanced" or None, default=None
    Weights of the classes, which multiply those of the rows."""

_CONDUCT = """\
warm_start : bool, default=False
    Whether a further `fit` goes on from the mixture of the last one, in its units, with its
    penalties and without new starts. It starts anew where the number of experts, gate, experts,
    family or their settings have changed since, and from a fit that has become that of one expert.
n_jobs : int or None, default=None
    Threads that share the blocks of rows, the fits of scikit-learn estimators as experts, or
    the climbs where several go the whole way; those of networks go in processes, unless `verbose`
    or a callback is to be told of their passes; -1 is all cores, None is one. The result is the
    same for any number: products of matrices take one core each, however many BLAS is given.
random_state : int, RandomState instance or None, default=None
    Draws the starts. Pass an int for the same answer each time.
verbose : int, default=0
    1 prints the objective after every pass, of several climbs with the number of each, and how
    often estimators among the parts were fitted."""

_GATE_COEF = """\
gate_coef_ : array of shape (n_experts, n_features)
    Coefficients of the gate's logits (natural logarithms) per unit of each column; of a
    linear gate only (softmax, constant, and the k most probable of one of these).
gate_intercept_ : array of shape (n_experts,)"""

_NODE_COEF = """\
gate_ : HierarchicalGate
    The fitted tree; `gate_.branches` names its branches by the turns from the root. It sees
    scaled columns.
node_coef_ : array of shape (n_branches, n_features)
    Coefficients of the logits of every branch (softmax nodes), per unit of each column. A row
    turns to the branch of its node with the larger logit.
node_intercept_ : array of shape (n_branches,)"""

_COEF_OF_NUMBERS = """\
expert_coef_ : array of shape (n_experts, n_features) or (n_experts, n_outputs, n_features)
    Coefficients of the experts, in units of y per unit of each column.
expert_intercept_ : array of shape (n_experts,) or (n_experts, n_outputs)
expert_scale_ : array of shape (n_experts,) or (n_experts, n_outputs)
    Scales around the experts' predictions, for families that have one: in units of y the
    standard deviation (Gaussian) or what stands for it (Student's t, Laplace); the
    coefficient of variation (Gamma, and of a negative binomial's rate); the standard deviation of
    log y (log-normal), one over the shape (Weibull), the root of the dispersion (inverse
    Gaussian, Tweedie), one over the root of the precision (beta).
expert_df_ : array of shape (n_experts,) or (n_experts, n_outputs)
    Degrees of freedom; only with the family "student_t".
expert_power_ : array of shape (n_experts,) or (n_experts, n_outputs)
    Powers of the mean that the variance goes with; only with the family "tweedie"."""

_COEF_OF_LABELS = """\
expert_coef_ : array of shape (n_experts, n_features) or (n_experts, n_classes, n_features)
    Coefficients of the log odds of the second class (two classes) or of the logit of
    every class, per unit of each column.
    With the family "ordinal", of the log odds of a class above a threshold, of whichever.
expert_intercept_ : array of shape (n_experts,) or (n_experts, n_classes)
    Not with the family "ordinal", whose thresholds contain them.
expert_thresholds_ : array of shape (n_experts, n_classes - 1)
    Only with the family "ordinal": where the linear predictor without an intercept makes a class
    up to the j-th as probable as a higher one."""

_FLAT_PARTS = """\
gate_, expert_ : gate and expert
    The fitted parts. They see scaled columns.
n_experts_ : int
selection_ : Selection
    What the number was chosen from; only with `n_experts="auto"`. A table of the path is
    `selection_.to_frame()`."""

_TREE_PARTS = """\
expert_ : expert
    The fitted bank of experts, in the order of the leaves. It sees scaled columns.
n_experts_ : int"""

_OUTCOME = """\
n_parameters_ : int
    Number of free parameters of the density of y given x, which a Gaussian gate has fewer of than
    it fits.
log_likelihood_ : float
    Summed over rows, without penalty, in the units of y as given.
objective_ : float
    With penalty.
history_ : list of float
    Objective after every pass of the final climb; with EM and L-BFGS it never falls. With
    Adam, at the start, averaged over every epoch, and at the end.
start_histories_ : list of list of float
    What the starts were compared by after every round of short climbs, on a sample of large
    data: the log evidence up to a constant, which is the objective where penalties are fixed.
    The objective after every pass of the whole climbs, where several were averaged or went all
    the way.
climb_shares_ : list of float
    Shares of the `n_init` mixtures in their average, 0 of those left out; only with
    `average=True`.
validation_scores_ : list of float
    Mean log density of the rows that Adam has held out, after every epoch.
n_iter_ : int
    Passes of the final climb over the data.
converged_ : bool
    Whether the last climb ended by itself: of Adam, also after all the epochs that it was given.
problems_ : list of str
    What the fit has warned of (:mod:`skmoe.exceptions`); `summary` says it too.
coef_names_ : list of str
    Names of the columns that coefficients belong to: the features, their segments or levels.
categories_ : dict of str (or int) to list of str
    Levels of the features that are categories, by name or position.
n_features_in_ : int
feature_names_in_ : ndarray of shape (`n_features_in_`,)
    Only where X has column names."""

_AUTO = """\
`n_experts="auto"` fits one expert, two, and so on, each fit starting from splits of the last,
until two numbers in a row gain nothing. Chosen is the number with the largest evidence,
BIC in which coefficients with estimated penalties count by the volume that the data leave
them. Where penalties are fixed, or with other gates than "softmax", "quadratic", "constant"
and "hierarchical", it is the lowest BIC. Networks and scikit-learn estimators are judged
by the log density of held-out rows: the smallest number within one standard error of the best.
Fits with an expert that has fewer rows than parameters are never chosen."""

_TEXTS = {
    "n_experts": _N_EXPERTS,
    "gate": _FLAT_GATE,
    "tree": _TREE,
    "expert and family": _OF_NUMBERS,
    "expert and family of labels": f"{_OF_LABELS}\n{_FAMILY_OF_LABELS}",
    "climb": _CLIMB,
    "class_weight": _CLASS_WEIGHT,
    "conduct": _CONDUCT,
    "gate_coef_": _GATE_COEF,
    "node_coef_": _NODE_COEF,
    "coef_ of numbers": _COEF_OF_NUMBERS,
    "coef_ of labels": _COEF_OF_LABELS,
    "parts_": _FLAT_PARTS,
    "leaves_": _TREE_PARTS,
    "outcome_": _OUTCOME,
    "auto": _AUTO,
}


def documented(cls):
    """The class, the names in its docstring replaced by the texts that they stand for."""

    def text(match):
        return indent(_TEXTS[match["name"]], match["indent"])

    # Python run with -OO has no docstrings.
    if cls.__doc__ is not None:
        cls.__doc__ = re.sub(r"(?m)^(?P<indent> *)%\((?P<name>[^)]+)\)s$", text, cls.__doc__)
    return cls
