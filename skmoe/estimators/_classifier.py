"""Mixture-of-experts classification."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import check_random_state, compute_class_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import check_is_fitted, column_or_1d

from .._rows.arrays import array_namespace, concat_rows, drawn, filled, host, like
from .._rows.carried import Given
from .._rows.compat import get_namespace_and_device, move_to, with_callbacks
from .._rows.tables import check_known, validated
from .._rows.validation import check_size
from ._base import BaseMixtureOfExperts
from ._carried import carrying
from ._docs import documented
from ._levels import OrderedEncoder, levels_of
from ._reader import by_batch
from ._settings import make_part

__all__ = ["MoEClassifier", "Uncertainty"]


# Families by the names that they have here.
_FAMILIES = {"auto": "categorical", "ordinal": "ordinal"}

# Labels that are sorted at once.
_LABELS = 65_536


class Uncertainty(NamedTuple):
    """Entropies of the class given x, in nats.

    Attributes
    ----------
    total, within, between : array of shape (n_samples,)
    """

    total: Any
    within: Any
    between: Any


@documented
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
    %(n_experts)s
    %(gate)s
    %(expert and family of labels)s
    %(climb)s
    %(class_weight)s
    %(conduct)s

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
    %(gate_coef_)s
    %(coef_ of labels)s
    %(parts_)s
    %(outcome_)s

    See Also
    --------
    skmoe.model_selection.select_n_experts : The same with a choice of criteria.
    MoERegressor : The same for numbers.

    Notes
    -----
    %(auto)s

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
        self.n_experts = n_experts
        self.gate = gate
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

    @with_callbacks
    @carrying("offset", "groups")
    def fit(self, X, y, sample_weight=None, *, carried):
        """Fit the mixture.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Sparse where gate and experts take it (softmax and linear ones do), with missing
            values where both take those.
        y : array-like of shape (n_samples,)
            Labels, numbers or strings.
        sample_weight : array-like of shape (n_samples,), default=None
            A row of weight 2 counts as two rows. Weights that sum to one or less, which no count of
            rows does, are shares of as many rows as Kish's effective sample size,
            (sum w)^2 / sum w^2.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If a hyperparameter, X, y or the weights are not as described.

        Examples
        --------
        >>> from skmoe import MoEClassifier
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoEClassifier(n_experts=2, random_state=0).fit(X, y > 0.8)
        >>> model.classes_
        array([False,  True])
        """
        return self._fit(X, y, sample_weight, carried)

    @available_if(BaseMixtureOfExperts._learns_from_batches)
    @carrying("offset", "groups")
    def partial_fit(self, X, y, classes=None, sample_weight=None, *, carried):
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
            In one unit in all batches: a row of weight 2 counts as two rows, and none are shares.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If a hyperparameter, X, y, `classes` or the weights are not as described, or the solver
            or a part cannot learn from batches (L-BFGS, scikit-learn estimators), or if
            gate, experts, family or their settings are no longer those that it began with.

        See Also
        --------
        skmoe.solvers.EM : Settings of the schedule, and a forgetting factor for drift.

        Examples
        --------
        >>> from skmoe import MoEClassifier
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(1000, random_state=0)
        >>> model = MoEClassifier(n_experts=2, random_state=0)
        >>> for start in range(0, 1000, 250):
        ...     rows = slice(start, start + 250)
        ...     model = model.partial_fit(X[rows], y[rows] > 0.8, classes=[False, True])
        >>> model.n_iter_
        4
        >>> round(model.score(X, y > 0.8), 1)
        0.9
        """
        return self._partial_fit(X, y, sample_weight, carried, classes)

    @carrying("offset", "groups")
    @by_batch
    def predict_proba(self, X, *, carried):
        """Class probabilities: the experts' probabilities weighted by the gate.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples, n_classes)

        Examples
        --------
        >>> from skmoe import MoEClassifier
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoEClassifier(n_experts=2, random_state=0).fit(X, y > 0.8)
        >>> model.predict_proba([[0.0], [1.1], [3.0]]).round(2)
        array([[0.96, 0.04],
               [0.06, 0.94],
               [0.99, 0.01]])
        """
        return self._rows(X, "predict_proba", carried=carried).map(self._proba)

    @carrying("offset", "groups")
    def score(self, X, y=None, sample_weight=None, *, carried):
        """Share of the rows of which the most probable class is the right one.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or reader
            A reader brings y and weights.
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float

        Examples
        --------
        >>> from skmoe import MoEClassifier
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoEClassifier(n_experts=2, random_state=0).fit(X, y > 0.8)
        >>> round(model.score(X, y > 0.8), 1)
        0.9
        """
        if not self._is_far(X):
            proposed = self.predict(X, offset=carried.offset, groups=carried.groups)
            return accuracy_score(y, proposed, sample_weight=sample_weight)
        blocks = self._weighted_rows(Given(X, y, sample_weight, carried), "score")
        mixture = self._mixture

        def right(X, y, weight):
            xp = array_namespace(X)
            return weight @ xp.astype(
                xp.argmax(mixture.predict(X), axis=1) == y[:, 0], weight.dtype
            )

        return float(blocks.sum(right)) / blocks.total_weight()

    def _proba(self, X, y, weight):
        proba = self._mixture.predict(X)
        # To the last bit: rounding must not make a probability larger than one.
        return proba / array_namespace(proba).sum(proba, axis=1)[:, None]

    @carrying("offset", "groups")
    @by_batch
    def predict_log_proba(self, X, *, carried):
        """Logarithms of the class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples, n_classes)

        Examples
        --------
        >>> from skmoe import MoEClassifier
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoEClassifier(n_experts=2, random_state=0).fit(X, y > 0.8)
        >>> model.predict_log_proba([[1.1]]).round(1)
        array([[-2.8, -0.1]])
        """

        def logarithm(*block):
            proba = self._proba(*block)
            xp = array_namespace(proba)
            return xp.log(xp.clip(proba, xp.finfo(proba.dtype).smallest_normal, None))

        return self._rows(X, "predict_log_proba", carried=carried).map(logarithm)

    @carrying("offset", "groups")
    @by_batch
    def predict_uncertainty(self, X, *, carried):
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

        Examples
        --------
        >>> from skmoe import MoEClassifier
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoEClassifier(n_experts=2, random_state=0).fit(X, y > 0.8)
        >>> total, within, between = model.predict_uncertainty([[0.5], [1.1]])
        >>> between.round(2)
        array([0.  , 0.04])
        """
        rows = self._rows(X, "predict_uncertainty", carried=carried)
        return Uncertainty(*rows.map(lambda X, y, weight: self._uncertainty(X)))

    def _uncertainty(self, X):
        xp = array_namespace(X)

        def entropy(proba):
            some = proba > 0
            return -xp.sum(proba * xp.log(xp.where(some, proba, xp.ones_like(proba))), axis=-1)

        weight = xp.exp(self._mixture.log_weight(X))
        proba = self._mixture.predict_experts(X)
        total = entropy(xp.sum(weight[:, :, None] * proba, axis=1))
        within = xp.sum(weight * entropy(proba), axis=1)
        return total, within, xp.clip(total - within, 0.0, None)

    @carrying("offset", "groups")
    @by_batch
    def sample(self, X, size=None, random_state=None, *, carried):
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

        Examples
        --------
        >>> from skmoe import MoEClassifier
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoEClassifier(n_experts=2, random_state=0).fit(X, y > 0.8)
        >>> model.sample([[0.5], [1.1], [3.0]], size=1000, random_state=0).mean(axis=0).round(1)
        array([0.4, 0.9, 0. ])
        """
        lead = check_size(size)
        proba = self._rows(X, "sample", carried=carried).map(self._proba)
        return host(self.classes_)[drawn(proba, lead, check_random_state(random_state))]

    @carrying("offset", "groups")
    @by_batch
    def predict(self, X, *, carried):
        """Most probable class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        array of shape (n_samples,)

        Examples
        --------
        >>> from skmoe import MoEClassifier
        >>> from skmoe.datasets import make_crossing_lines
        >>> X, y = make_crossing_lines(200, random_state=0)
        >>> model = MoEClassifier(n_experts=2, random_state=0).fit(X, y > 0.8)
        >>> model.predict([[0.0], [1.1], [3.0]])
        array([False,  True, False])
        """
        return self._rows(X, "predict", carried=carried).map(self._most_probable)

    def _most_probable(self, *block):
        proba = self._proba(*block)
        xp, _, device = get_namespace_and_device(proba)
        codes = xp.argmax(proba, axis=1)
        xp_classes, _, device_classes = get_namespace_and_device(self.classes_)
        codes = move_to(codes, xp=xp_classes, device=device_classes)
        labels = xp_classes.take(self.classes_, codes, axis=0)
        is_number = not isinstance(labels, np.ndarray) or labels.dtype.kind in "biuf"
        return move_to(labels, xp=xp, device=device) if is_number else labels

    def _family(self):
        if isinstance(self.family, str) and self.family not in _FAMILIES:
            raise ValueError(
                f"family={self.family!r} was given; one of {list(_FAMILIES)}, or an object "
                "(Categorical(), Ordinal()) is allowed. Use MoERegressor for families of numbers."
            )
        return _FAMILIES[self.family] if isinstance(self.family, str) else self.family

    def _is_ordered(self):
        return make_part(self._family(), "family").ordered

    def _levels(self, *labels):
        if not self._is_ordered():
            return None
        own = getattr(self.family, "levels", None)
        return own if own is not None else next(filter(None, map(levels_of, labels)), None)

    def _encoder(self, *labels):
        """What learns the classes: of a family that wants an order, in that."""
        return OrderedEncoder(self._levels(*labels)) if self._is_ordered() else LabelEncoder()

    @staticmethod
    def _n_predictors(family, state):
        return family.n_predictors(state["classes_"].shape[0])

    def _with_classes(self, settings, classes):
        """Settings for the classes given at the first call of `partial_fit`."""
        if classes is not None:
            classes = self._encoder(classes).fit(_checked(classes)).classes_
        if hasattr(self, "classes_"):
            known = host(self.classes_)
            if classes is not None and not np.array_equal(classes, known):
                raise ValueError(
                    f"classes={classes[:10].tolist()} was given, but the first call had "
                    f"{known[:10].tolist()}. Leave classes out after the first call."
                )
            return settings
        if classes is None:
            raise ValueError(
                "classes=None was given at the first call of partial_fit; all labels that will "
                "ever come are needed then. Pass classes=np.unique(all_labels)."
            )
        family = settings.family.with_classes(len(classes))
        return settings._replace(family=family)

    def _validate_fit(self, checked, X, y, accepted, classes=None):
        """Checked X, class codes (n, 1) and what to note about them."""
        check_known(y, "y")
        xp, _, device = get_namespace_and_device(X)
        X, labels = validated(checked, X, y, dtype=[xp.float64, xp.float32], **accepted)
        pieces = _pieces(column_or_1d(labels, warn=True))
        try:
            for piece in pieces:
                check_classification_targets(piece)
            encoder = self._encoder(y, classes)
            if classes is None:
                classes = concat_rows([LabelEncoder().fit(piece).classes_ for piece in pieces])
            encoder = encoder.fit(classes)
        except TypeError as error:
            raise ValueError(
                f"y holds labels that have no order ({error}); all text or all numbers is allowed. "
                "Leave out rows without a label, or pass the labels as text."
            ) from error
        most = encoder.classes_.shape[0] - 1
        # Blocks bring them to the dtype of X: a number of eight bytes a row would be held twice.
        kind = next(k for k in (xp.int8, xp.int16, xp.int32) if most <= xp.iinfo(k).max)
        codes = (move_to(encoder.transform(piece), xp=xp, device=device) for piece in pieces)
        codes = filled((xp.astype(piece, kind) for piece in codes), X.shape[0])
        return X, codes[:, None], {"classes_": encoder.classes_}

    @staticmethod
    def _target_kind(state):
        return f"the classes {host(state['classes_']).tolist()}"

    def _row_weight(self, X, weight, targets, state, counts=None):
        if self.class_weight is None:
            return weight
        codes, classes = host(targets)[:, 0].astype(int), host(state["classes_"])
        if counts is None:
            counts = np.bincount(codes, minlength=len(classes))
        by_class = like(_class_factors(self.class_weight, classes, counts)[codes], X)
        return by_class if weight is None else by_class * weight

    def _encode(self, y, X):
        """Class codes (n, 1) of labels known to a fitted estimator."""
        check_is_fitted(self)
        check_known(y, "y")
        xp, _, device = get_namespace_and_device(X)
        labels, known = host(column_or_1d(y)), host(self.classes_)
        # Without a sort: labels of several kinds have no order.
        unknown = labels[~np.isin(labels, known)]
        if unknown.size:
            some = ", ".join(dict.fromkeys(map(repr, unknown[:5].tolist())))
            raise ValueError(
                f"y contains the labels [{some}], which fit has not seen; known "
                f"are {known[:10].tolist()}. Leave out those rows."
            )
        # Classes that have an order need not be sorted.
        order = np.argsort(known)
        codes = order[np.searchsorted(known, labels, sorter=order)][:, None]
        return xp.asarray(codes, dtype=self._x_center.dtype, device=device)

    def _target_names(self):
        return host(self.classes_).tolist()

    @staticmethod
    def _experts_in_units(table):
        return table


def _class_factors(class_weight, classes, counts):
    """Factors of the weights of rows, by class, from the number of rows of each."""
    if class_weight == "balanced":
        return counts.sum() / (len(classes) * np.maximum(counts, 1))
    return compute_class_weight(class_weight, classes=classes, y=classes)


def _checked(classes):
    """Distinct labels, in order, on the host."""
    # Of all values, only NaN is not equal to itself.
    if np.ndim(classes) != 1 or not len(classes) or any(label != label for label in classes):
        raise ValueError(
            f"classes={classes!r} was given; a list of labels, without NaN, is allowed. Pass "
            "classes=np.unique(all_labels)."
        )
    return host(unique_labels(classes))


def _pieces(labels):
    """Labels in pieces of about equal size, so that no more than one is sorted at a time."""
    n_rows = labels.shape[0]
    number = max(n_rows // _LABELS, 1)
    edges = [index * n_rows // number for index in range(number + 1)]
    return [labels[start:stop] for start, stop in pairwise(edges)]
