"""Any regressor or classifier as experts."""

import numpy as np
from sklearn.base import is_classifier
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import KFold, cross_val_predict

from .._arrays import array_namespace, host, like, ones, zeros
from .._estimators import (
    BLOCK_ROWS,
    Refitted,
    Rows,
    class_proba,
    fit_labels,
    fit_weighted,
    raw_columns,
    takes_weights,
    weight_params,
)
from .._validation import check_count, check_share
from ._base import Expert

__all__ = ["EstimatorExpert"]

# An expert with less than this share of a row does not learn from it.
_SHARE = 1e-3


class EstimatorExpert(Refitted, Expert):
    r"""Any scikit-learn regressor or classifier as expert, one clone each.

    Maximised: :math:`\sum_i r_{ik} \log f(y_i; \eta_k(x_i), \sigma_k)`, as far as the estimator
    does: clone k is fitted to the rows that expert k has a share in, with the shares as weights;
    :math:`\eta_k` is what it predicts, and :math:`\sigma_k` the spread of its residuals on rows
    that were held out. Once new fits do not raise the objective any more, a climb goes on
    with the last ones.

    Parameters
    ----------
    estimator : regressor or classifier
        Whose `fit` takes row weights. It sees the scaled columns and, in a regression, the
        scaled target. A classifier needs `predict_proba`.
    cv : int, default=3
        Parts that the rows of an expert are cut into to estimate its spread; every clone is
        fitted this many times more. 1 takes the residuals of the fit itself, which a flexible
        estimator drives to zero.
    floor : float, default=1e-3
        Probability that every class keeps, mixed in equally.
    columns : list of names, positions or booleans, slice or None, default=None
        The columns that the experts look at; None stands for all, an empty list for none.

    Attributes
    ----------
    estimators_ : list of estimator
        The fitted clones (None before the first fit); on the bank that `update` returns.
    scale : array of shape (n_experts, n_outputs) or None
        Spread of the residuals, for families that have one, in units of the scaled target.

    References
    ----------
    .. [1] Jordan, M. I. & Jacobs, R. A. (1994). Hierarchical mixtures of experts and the EM
       algorithm. Neural Computation 6, 181-214, section 4.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from skmoe import MoERegressor
    >>> from skmoe.experts import EstimatorExpert
    >>> MoERegressor(expert=EstimatorExpert(DecisionTreeRegressor(max_depth=3)))
    MoERegressor(expert=EstimatorExpert(estimator=DecisionTreeRegressor(max_depth=3)))
    """

    block_rows = BLOCK_ROWS

    def __init__(self, estimator, cv=3, floor=1e-3, columns=None):
        self.estimator = estimator
        self.cv = cv
        self.floor = floor
        self.columns = columns

    def initialize(self, n_experts, X, family, columns=None):
        """Bank that predicts zero, or equal probabilities; nothing has been fitted yet."""
        self._check_estimator(family)
        mean = family.mean(zeros((1, 1, family.n_outputs), X), None)
        return self._replaced(
            estimators_=[None] * n_experts,
            family=family,
            positions=columns,
            scale=ones((n_experts, family.n_outputs), X) if family.has_scale else None,
            n_values=mean.shape[2],
            parts=check_count(self.cv, "cv"),
            floor_=check_share(self.floor, "floor"),
            nothing=zeros((0,), X),
        )

    def _check_estimator(self, family):
        """Whether the estimator can stand for an expert of the family."""
        name = type(self.estimator).__name__
        method = "predict" if family.has_scale else "predict_proba"
        if not hasattr(self.estimator, method):
            raise ValueError(
                f"The expert {name} has no {method}. Pass a "
                + ("regressor." if family.has_scale else "classifier with predict_proba.")
            )
        if family.has_scale == is_classifier(self.estimator):
            raise ValueError(
                f"The expert {name} is "
                + ("a classifier in a regression" if family.has_scale else "no classifier")
                + ". Use MoERegressor with regressors and MoEClassifier with classifiers."
            )
        if not takes_weights(self.estimator):
            raise ValueError(
                f"The fit of the expert {name} takes no sample_weight; an expert learns from "
                "shares of rows. Pass an estimator whose fit takes sample_weight."
            )

    def take(self, experts):
        """Bank of some of the experts, repeated as often as they are named."""
        xp = array_namespace(self.nothing)
        scale = self.scale
        if scale is not None:
            scale = xp.stack([scale[k, :] for k in experts], axis=0)
        return self._replaced(estimators_=[self.estimators_[k] for k in experts], scale=scale)

    def joined(self, other):
        """Bank of these experts and, after them, those of another bank."""
        scale = self.scale
        if scale is not None:
            scale = array_namespace(scale).concat([scale, other.scale], axis=0)
        return self._replaced(estimators_=self.estimators_ + other.estimators_, scale=scale)

    def _answer(self, estimator, table):
        """What one clone predicts, of shape (n, n_values), on the host."""
        if self.family.has_scale:
            return np.reshape(estimator.predict(table), (len(table), self.n_values))
        return class_proba(estimator, table, self.n_values, self.floor_)

    def _answers(self, X, wanted):
        """Rows that every fitted clone is wanted for, and what it predicts there."""
        table = raw_columns(X, self.positions)
        asked = None if wanted is None else host(wanted)
        for k, estimator in enumerate(self.estimators_):
            rows = np.arange(len(table)) if asked is None else np.flatnonzero(asked[:, k])
            if estimator is not None and len(rows):
                yield k, rows, self._answer(estimator, table if asked is None else table[rows])

    def predict(self, X, wanted=None):
        """Expected target under every expert; of clones, only where it is wanted."""
        nothing = 0.0 if self.family.has_scale else 1 / self.n_values
        mean = np.full((X.shape[0], len(self.estimators_), self.n_values), nothing)
        for k, rows, answer in self._answers(X, wanted):
            mean[rows, k, :] = answer
        return like(mean, X)

    def average(self, X, weight, wanted=None):
        """Sum of weight times expected target, without a table of all experts."""
        if None in self.estimators_:
            return super().average(X, weight, wanted)
        total, share = np.zeros((X.shape[0], self.n_values)), host(weight)
        for k, rows, answer in self._answers(X, wanted):
            total[rows, :] += share[rows, k, None] * answer
        return like(total, X)

    def log_prob(self, X, y, wanted=None):
        """Log density of every row under every expert, of shape (n, K)."""
        return self.family.log_prob(y, self.family.link(self.predict(X, wanted)), self.scale)

    def statistics(self, X, y, resp):
        """The rows and their responsibilities."""
        return Rows(X, y, resp)

    def update(self, statistics, step=1.0):
        """New bank with all clones fitted anew; this one if frozen or for a part of a step."""
        if step < 1 or self.is_frozen:
            return self._replaced()
        X, y, resp = statistics.tables
        table, target, resp = raw_columns(X, self.positions), host(y), host(resp).astype(float)
        total = resp.sum(axis=1)
        estimators, scales = [], []
        for k, old in enumerate(self.estimators_):
            rows = np.flatnonzero(resp[:, k] > _SHARE * total)
            new, square = old, None
            if len(rows):
                new, square = self._fitted(table[rows], target[rows], resp[rows, k])
            estimators.append(new)
            scales.append(square)
        return self._replaced(estimators_=estimators, scale=self._new_scale(scales, resp))

    def _fitted(self, table, target, weight):
        """A clone fitted to rows, and its sum of squared residuals on those held out."""
        target = target[:, 0] if target.shape[1] == 1 else target
        if not self.family.has_scale:
            return fit_labels(self.estimator, table, target.astype(int), weight), None
        # Fewer rows than parts tell nothing of a spread, and little of a mean.
        enough = table.shape[1] > 0 and len(table) > self.parts
        estimator = self.estimator if enough else DummyRegressor()
        new = fit_weighted(estimator, table, target, weight)
        if self.parts == 1 or len(table) <= self.parts:
            answer = new.predict(table)
        else:
            # Neighbouring rows may stand side by side: shuffled, the parts are alike.
            parts = KFold(self.parts, shuffle=True, random_state=0)
            params = weight_params(estimator, weight)
            answer = cross_val_predict(estimator, table, target, cv=parts, params=params)
        square = np.reshape((target - answer) ** 2, (len(table), self.n_values))
        return new, weight @ square

    def _new_scale(self, squares, resp):
        """Spreads from the sums of squares; an expert without rows keeps its own."""
        if self.scale is None:
            return None
        old = host(self.scale)
        count = resp.sum(axis=0)[:, None] * np.array([[s is not None] for s in squares])
        filled = [0 * old[k] if s is None else s for k, s in enumerate(squares)]
        return like(
            self.family.update_scale(old, count, np.array(filled, dtype=old.dtype)), self.scale
        )

    def gradient(self, X, y, resp):
        """Nothing: there are no parameters to move."""
        return self.nothing

    @property
    def params(self):
        """Empty: what the estimators learn is out of sight."""
        return self.nothing

    def with_params(self, params):
        """The same bank."""
        return self._replaced()

    def at_bound(self):
        """Whether a spread has reached the smallest allowed."""
        if self.scale is None:
            return False
        return bool((host(self.scale) <= self.family.min_scale * (1 + 1e-6)).any())

    def n_parameters(self):
        """The spreads: what the estimators learn is not counted."""
        return 0 if self.scale is None else self.scale.shape[0] * self.scale.shape[1]
