"""Mixture-of-experts classification."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import check_random_state, compute_class_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import column_or_1d, validate_data

from .._rows.arrays import array_namespace, drawn, host, like
from .._rows.compat import get_namespace_and_device, move_to, with_callbacks
from ._base import BaseMixtureOfExperts

__all__ = ["MoEClassifier", "Uncertainty"]


class Uncertainty(NamedTuple):
    """Entropies of the class given x, in nats.

    Attributes
    ----------
    total, within, between : array of shape (n_samples,)
    """

    total: Any
    within: Any
    between: Any


class MoEClassifier(ClassifierMixin, BaseMixtureOfExperts):
    r"""Mixture-of-experts classification.

    Maximised: the penalised log-likelihood :math:`\sum_i w_i \log \sum_k g_k(x_i) p_k(y_i \mid
    x_i)` less the penalties of gate and experts (:class:`~skmoe.gates.SoftmaxGate`,
    :class:`~skmoe.experts.LinearExpert`); every expert is a logistic (two classes) or softmax
    regression.

    Columns are centred and scaled inside the fit, so their units do not matter; coefficients
    are reported in the units given.

    Parameters
    ----------
    n_experts : int or "auto", default=4
        Number of experts; at most the number of distinct rows. "auto" chooses in `fit`, up to 8:
        see Notes.
    gate : str, gate or classifier, default="softmax"
        Who is responsible for a row: "softmax", "mlp", "quadratic", "gaussian", "hierarchical",
        "top_k", "constant", a gate of :mod:`skmoe.gates`, or any scikit-learn
        classifier with `predict_proba`.
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
    gate_coef_ : array of shape (n_experts, n_features)
        Coefficients of the gate's logits (natural logarithms) per unit of each column; of a
        linear gate only (softmax, constant, and the k most probable of one of these).
    gate_intercept_ : array of shape (n_experts,)
    expert_coef_ : array of shape (n_experts, n_features) or (n_experts, n_classes, n_features)
        Coefficients of the log odds of the second class (two classes) or of the logit of
        every class, per unit of each column.
    expert_intercept_ : array of shape (n_experts,) or (n_experts, n_classes)
    gate_, expert_ : gate and expert
        The fitted parts. They see scaled columns.
    n_experts_ : int
    selection_ : Selection
        What the number was chosen from; only with `n_experts="auto"`. A table of the path is
        `selection_.to_frame()`.
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
        Objective after every pass of the short climbs from all starts: with the penalties that
        starts are compared at, and on a sample of large data. Of the whole climbs, where several
        were averaged or went all the way.
    validation_scores_ : list of float
        Mean log density of the rows that Adam has held out, after every epoch.
    n_iter_ : int
        Passes of the final climb over the data.
    converged_ : bool
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Only where X has column names.

    Notes
    -----
    `n_experts="auto"` fits one expert, two, and so on, each fit starting from splits of the last,
    until two numbers in a row gain nothing. Chosen is the number with the largest evidence,
    BIC in which coefficients with estimated penalties count by the volume that the data leave
    them. Where penalties are fixed, or with other gates than "softmax", "quadratic", "constant"
    and "hierarchical", it is the lowest BIC. Networks and scikit-learn estimators are judged
    by the log density of held-out rows: the smallest number within one standard error of the best.
    Fits with an expert that has fewer rows than parameters are never chosen.

    See Also
    --------
    skmoe.model_selection.select_n_experts : The same with a choice of criteria.
    MoERegressor : The same for numbers.

    References
    ----------
    .. [1] Jordan, M. I. & Jacobs, R. A. (1994). Hierarchical mixtures of experts and the EM
       algorithm. Neural Computation 6, 181-214.

    Examples
    --------
    Exclusive or, which no single linear classifier can do:

    >>> import numpy as np
    >>> from skmoe import MoEClassifier
    >>> X = np.random.default_rng(0).uniform(-1, 1, size=(400, 2))
    >>> y = X[:, 0] * X[:, 1] > 0
    >>> MoEClassifier(n_experts=2, n_init=5, random_state=0).fit(X, y).score(X, y) > 0.95
    True
    """

    def __init__(
        self,
        n_experts=4,
        *,
        gate="softmax",
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
        self.n_experts = n_experts
        self.gate = gate
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

    @with_callbacks
    def fit(self, X, y, sample_weight=None):
        """Fit the mixture.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Sparse where gate and experts take it (softmax and linear ones do), with missing
            values where both take those.
        y : array-like of shape (n_samples,)
            Labels, numbers or strings.
        sample_weight : array-like of shape (n_samples,), default=None
            A row of weight 2 counts as two rows.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If a hyperparameter, X, y or the weights are not as described.
        """
        return self._fit(X, y, sample_weight)

    @available_if(BaseMixtureOfExperts._learns_from_batches)
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Learn from a batch of rows: online EM, or Adam where gate or experts are neural.

        The first batch, of at least as many distinct rows as there are experts, tells the units
        of the columns and the start; a thousand rows are better than ten. Penalties that are
        "auto" stay at their starting values. After `fit` the mixture goes on from there.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come; needed at the first call, unless `fit` came before.
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If a hyperparameter, X, y, `classes` or the weights are not as described, or the solver
            or a part cannot learn from batches (L-BFGS, scikit-learn estimators).

        See Also
        --------
        skmoe.solvers.EM : Settings of the schedule, and a forgetting factor for drift.
        """
        return self._partial_fit(X, y, sample_weight, classes)

    def predict_proba(self, X):
        """Class probabilities: the experts' probabilities weighted by the gate.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples, n_classes)
        """
        return self._predict_proba(X, "predict_proba")

    def _predict_proba(self, X, method):
        proba = self._rows(X, method).map(lambda X, y, weight: self._mixture.predict(X))
        # To the last bit: rounding must not make a probability larger than one.
        return proba / array_namespace(proba).sum(proba, axis=1)[:, None]

    def predict_log_proba(self, X):
        """Logarithms of the class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples, n_classes)
        """
        proba = self._predict_proba(X, "predict_log_proba")
        xp = array_namespace(proba)
        return xp.log(xp.clip(proba, xp.finfo(proba.dtype).smallest_normal, None))

    def predict_uncertainty(self, X):
        r"""Entropy of the class given x, and how much of it is within and between the experts.

        The entropy of the predicted probabilities is :math:`\sum_k g_k H(p_k)`, what is left once
        it is known which expert answers, plus the mutual information of class and expert, what is
        due to not knowing that: the experts contradict one another.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        Uncertainty
            Named tuple of `total`, `within` and `between`, arrays of shape (n_samples,), in nats.
        """
        rows = self._rows(X, "predict_uncertainty")
        return Uncertainty(*rows.map(lambda X, y, weight: self._uncertainty(X)))

    def _uncertainty(self, X):
        xp = array_namespace(X)

        def entropy(proba):
            some = proba > 0
            return -xp.sum(proba * xp.log(xp.where(some, proba, xp.ones_like(proba))), axis=-1)

        weight = xp.exp(self._mixture.gate.log_weight(X))
        proba = self._mixture.expert.predict(X)
        total = entropy(xp.sum(weight[:, :, None] * proba, axis=1))
        within = xp.sum(weight * entropy(proba), axis=1)
        return total, within, xp.clip(total - within, 0.0, None)

    def sample(self, X, size=None, random_state=None):
        """Random labels from the predicted probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        size : int, tuple of int or None, default=None
            Draws for every row; None is one, without an axis for it.
        random_state : int, RandomState instance or None, default=None

        Returns
        -------
        ndarray of shape ([size, ]n_samples)
        """
        lead = () if size is None else tuple(np.atleast_1d(size))
        proba = self._predict_proba(X, "sample")
        return host(self.classes_)[drawn(proba, lead, check_random_state(random_state))]

    def predict(self, X):
        """Most probable class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples,)
        """
        proba = self._predict_proba(X, "predict")
        xp, _, device = get_namespace_and_device(proba)
        codes = xp.argmax(proba, axis=1)
        xp_classes, _, device_classes = get_namespace_and_device(self.classes_)
        codes = move_to(codes, xp=xp_classes, device=device_classes)
        labels = xp_classes.take(self.classes_, codes, axis=0)
        is_number = not isinstance(labels, np.ndarray) or labels.dtype.kind in "biuf"
        return move_to(labels, xp=xp, device=device) if is_number else labels

    @staticmethod
    def _family():
        return "categorical"

    def _with_classes(self, settings, classes):
        """Settings for the classes given at the first call of `partial_fit`."""
        if hasattr(self, "classes_"):
            known = host(self.classes_)
            if classes is not None and not np.array_equal(unique_labels(classes), known):
                raise ValueError(
                    f"classes={list(classes)[:10]} was given, but the first call had "
                    f"{known[:10].tolist()}. Leave classes out after the first call."
                )
            return settings
        if classes is None:
            raise ValueError(
                "classes=None was given at the first call of partial_fit; all labels that will "
                "ever come are needed then. Pass classes=np.unique(all_labels)."
            )
        family = settings.family.with_classes(len(unique_labels(classes)))
        return settings._replace(family=family)

    def _validate_fit(self, checked, X, y, accepted, classes=None):
        """Checked X, class codes (n, 1) and what to note about them."""
        xp, _, device = get_namespace_and_device(X)
        X, y = validate_data(checked, X, y, dtype=[xp.float64, xp.float32], **accepted)
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        encoder = LabelEncoder().fit(y if classes is None else classes)
        codes = move_to(encoder.transform(y), xp=xp, device=device)
        return X, xp.astype(codes, X.dtype)[:, None], {"classes_": encoder.classes_}

    @staticmethod
    def _target_kind(targets, state):
        return f"the classes {host(state['classes_']).tolist()}"

    def _row_weight(self, weight, targets, state):
        if self.class_weight is None:
            return weight
        codes = host(targets)[:, 0].astype(int)
        classes = host(state["classes_"])
        table = compute_class_weight(self.class_weight, classes=classes, y=classes[codes])
        by_class = like(table[codes], targets)
        return by_class if weight is None else by_class * weight

    def _encode(self, y, X):
        """Class codes (n, 1) of labels known to a fitted estimator."""
        xp, _, device = get_namespace_and_device(X)
        labels, known = host(column_or_1d(y)), host(self.classes_)
        unknown = np.setdiff1d(labels, known)
        if unknown.size:
            raise ValueError(
                f"y contains the labels {unknown[:5].tolist()}, which fit has not seen; known "
                f"are {known[:10].tolist()}. Leave out those rows."
            )
        codes = np.searchsorted(known, labels)[:, None]
        return xp.asarray(codes, dtype=self._x_center.dtype, device=device)

    def _target_names(self):
        return host(self.classes_).tolist()

    @staticmethod
    def _experts_in_units(table):
        return table
