"""Any classifier as a gate."""

import numpy as np

from .._numerics.estimators import (
    Refitted,
    Rows,
    class_proba,
    fit_labels,
    in_parallel,
    raw_columns,
)
from .._rows.arrays import array_namespace, host, like, log_softmax, ones, zeros
from .._rows.validation import check_share
from ._base import Gate

__all__ = ["EstimatorGate"]

# An expert with less than this share of a row does not lend it its label.
_SHARE = 1e-3


class EstimatorGate(Refitted, Gate):
    r"""Any scikit-learn classifier decides who is responsible for a row.

    Maximised: :math:`\sum_i \sum_k r_{ik} \log g_k(x_i)`, as far as the classifier does: every
    row is given to it once for every expert with a share of it, with the expert as label and the
    share as weight, and :math:`g` are its class probabilities. Once a new fit of the
    classifier does not raise the objective any more, a climb goes on with the last one.

    Parameters
    ----------
    estimator : classifier
        With `predict_proba`; a pipeline passes row weights to its last step. It sees the columns
        as given. Where `fit` takes no `sample_weight`, rows are repeated or left out by their
        share (see :class:`~skmoe.experts.EstimatorExpert`).
    floor : float, default=1e-3
        Probability that every expert keeps, mixed in equally: a tree says zero where it has not
        seen an expert, and zero is never revised.
    columns : list of names, positions or booleans, slice, callable or None, default=None
        The columns that the gate looks at; None stands for all, an empty list for none.
        A callable is given X in `fit`, as scikit-learn's `make_column_selector` is.

    Attributes
    ----------
    estimator_ : classifier or None
        The fitted classifier; on the gate that `update` returns.

    References
    ----------
    .. [1] Jordan, M. I. & Jacobs, R. A. (1994). Hierarchical mixtures of experts and the EM
       algorithm. Neural Computation 6, 181-214, section 4: any model that can be fitted to
       weighted labels can be a gate.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skmoe import MoERegressor
    >>> from skmoe.gates import EstimatorGate
    >>> MoERegressor(gate=EstimatorGate(DecisionTreeClassifier(max_depth=3)))
    MoERegressor(gate=EstimatorGate(estimator=DecisionTreeClassifier(max_depth=3)))
    """

    raw = True

    def __init__(self, estimator, floor=1e-3, columns=None):
        self.estimator = estimator
        self.floor = floor
        self.columns = columns

    def initialize(self, n_experts, X, columns=None):
        """Equal probabilities; no classifier has been fitted yet."""
        if not hasattr(self.estimator, "predict_proba"):
            raise ValueError(
                f"The gate {self.estimator!r} has no predict_proba; a gate needs probabilities. "
                "Pass a classifier with predict_proba, or wrap this one in CalibratedClassifierCV."
            )
        return self._replaced(
            n_experts=n_experts,
            positions=columns,
            estimator_=None,
            nothing=zeros((0,), X),
            floor_=check_share(self.floor, "floor"),
        )._counting()

    def with_params(self, params):
        """The same gate."""
        return self._replaced()

    def log_weight(self, X):
        """Log probability of every expert given x, of shape (n, K)."""
        if self.estimator_ is None:
            return log_softmax(ones((X.shape[0], self.n_experts), X), axis=1)
        table = raw_columns(X, self.positions)
        proba = like(class_proba(self.estimator_, table, self.n_experts, self.floor_), X)
        return array_namespace(proba).log(proba)

    def statistics(self, X, resp):
        """The rows and their responsibilities."""
        return Rows(raw_columns(X, self.positions), host(resp))

    def update(self, statistics, step=1.0):
        """New gate with a classifier fitted anew; this one if frozen or for a part of a step."""
        if step < 1 or self.is_frozen:
            return self._replaced()
        table, resp = statistics.tables
        row, label = np.nonzero(resp > _SHARE * resp.sum(axis=1, keepdims=True))
        if len(row) == 0:
            return self._replaced()
        self.fits.count += 1
        weight = resp[row, label].astype(float)
        fitted = in_parallel(fit_labels, [(self.estimator, table[row], label, weight)], None)
        return self._replaced(estimator_=fitted[0])

    def gradient(self, X, resp):
        """Nothing: there are no parameters to move."""
        return self.nothing

    @property
    def params(self):
        """Empty: the classifier's own parameters are out of sight."""
        return self.nothing

    def n_parameters(self):
        """Zero: what the classifier learns is not counted."""
        return 0
