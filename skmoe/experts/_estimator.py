"""Any regressor or classifier as experts."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.base import is_classifier
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import KFold
from sklearn.utils import get_tags

from .._numerics.estimators import (
    Refitted,
    Rows,
    check_finite,
    class_proba,
    fit_labels,
    fit_weighted,
    in_parallel,
    raw_columns,
)
from .._rows.arrays import array_namespace, host, like, zeros
from .._rows.validation import check_count, check_jobs, check_share
from ..families._base import ScaleSums
from ._base import Expert

__all__ = ["EstimatorExpert"]

# An expert with less than this share of a row does not learn from it.
_SHARE = 1e-3

# Updates of the scales at most, and the relative change at which they have settled.
_SCALE_UPDATES, _SETTLED = 30, 1e-6


class Job(NamedTuple):
    """A fit: of which expert and estimator, to which rows, and the rows to predict after it."""

    expert: int
    estimator: Any
    rows: Any
    weight: Any
    asked: Any
    is_fold: bool


class EstimatorExpert(Refitted, Expert):
    r"""Any scikit-learn regressor or classifier as expert, one clone each.

    Maximised: :math:`\sum_i r_{ik} \log f(y_i; \mu_k(x_i), \sigma_k)`, as far as the estimator
    does: clone k is fitted to the rows that expert k has a share in, with the shares as weights;
    :math:`\mu_k` is what it predicts, the family's mean, and :math:`\sigma_k` the spread around
    predictions for rows that were held out. Once new fits do not raise the objective any more,
    a climb goes on with the last ones.

    Parameters
    ----------
    estimator : regressor or classifier
        Sees the columns and the targets as given. A classifier needs `predict_proba`. Where
        `fit` takes no `sample_weight`, rows are repeated or left out by their share (systematic
        resampling, which draws no random numbers; a weight of 2 is the row twice).
    cv : int, default=3
        Parts that the rows of an expert are cut into to estimate its spread; every clone is
        fitted this many times more. 1 takes the residuals of the fit itself, which a flexible
        estimator drives to zero.
    floor : float, default=1e-3
        Probability that every class keeps, mixed in equally; of counts and positive numbers, the
        smallest prediction as a share of the mean of y.
    n_jobs : int or None, default=None
        Fits at the same time; None takes the mixture's `n_jobs`. They run in threads, unless
        `joblib.parallel_config` asks for processes.
    columns : list of names, positions or booleans, slice, callable or None, default=None
        The columns that the experts look at; None stands for all, an empty list for none.
        A callable is given X in `fit`, as scikit-learn's `make_column_selector` is.

    Attributes
    ----------
    estimators_ : list of estimator
        The fitted clones (None before the first fit); on the bank that `update` returns.
    scale : array of shape (n_experts, n_scales) or None
        Scales around the predictions, for families that have them, in units of the scaled target.
    n_fits : int
        Fits of `estimator` so far.

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

    raw = True

    def __init__(self, estimator, cv=3, floor=1e-3, n_jobs=None, columns=None):
        self.estimator = estimator
        self.cv = cv
        self.floor = floor
        self.n_jobs = n_jobs
        self.columns = columns

    def initialize(self, n_experts, X, family, columns=None):
        """Bank that predicts the same for every row; nothing has been fitted yet."""
        self._check_estimator(family)
        check_jobs(self.n_jobs)
        start = like(family.start, X)[None, None, :]
        mean = family.mean(start, None)
        return self._replaced(
            estimators_=[None] * n_experts,
            family=family,
            positions=columns,
            scale=family.initial_scale(n_experts, X),
            unfitted=host(mean)[0, 0, :],
            parts=check_count(self.cv, "cv"),
            floor_=check_share(self.floor, "floor"),
            nothing=zeros((0,), X),
        )._counting()

    def _check_estimator(self, family):
        """Whether the estimator can stand for an expert of the family."""
        name = type(self.estimator).__name__
        if family.ordered:
            raise ValueError(
                f"The expert {name} was given with family='ordinal'; scikit-learn estimators know "
                "no thresholds between classes that have an order. Use expert='linear' or 'mlp', "
                "or family='auto'."
            )
        method = "predict_proba" if family.labels else "predict"
        if not hasattr(self.estimator, method):
            raise ValueError(
                f"The expert {name} has no {method}. Pass a "
                + ("classifier with predict_proba." if family.labels else "regressor.")
            )
        if family.labels != is_classifier(self.estimator):
            raise ValueError(
                f"The expert {name} is "
                + ("no classifier" if family.labels else "a classifier in a regression")
                + ". Use MoERegressor with regressors and MoEClassifier with classifiers."
            )
        if family.coupled and not family.labels:
            raise ValueError(
                f"The family {type(family).__name__} was given for the expert {name}, of which no "
                "estimator predicts shares that sum to one. Use linear or neural experts."
            )
        if family.n_outputs > 1 and not family.labels and not self.allows_outputs():
            raise ValueError(
                f"y has {family.n_outputs} columns, but the expert {name} predicts one. Wrap it in "
                "scikit-learn's MultiOutputRegressor, or fit one mixture for every column."
            )

    def allows_outputs(self):
        """Whether the estimator predicts several columns."""
        return get_tags(self.estimator).target_tags.multi_output

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
        """What one clone predicts, of shape (n, n_values), in scaled units, on the host."""
        size = len(self.unfitted)
        if self.family.labels:
            return class_proba(estimator, table, size, self.floor_)
        answer = np.asarray(estimator.predict(table), dtype=float)
        n_rows = table.shape[0]
        if answer.shape[:1] != (n_rows,) or answer.size != n_rows * size:
            raise ValueError(
                f"The expert {type(self.estimator).__name__} has predicted a table of shape "
                f"{answer.shape} for {n_rows} rows and {size} outputs; ({n_rows}, {size}) is "
                f"allowed{f', or ({n_rows},)' if size == 1 else ''}. Mend its predict: one column "
                "for every output of y."
            )
        answer = np.reshape(answer, (-1, size))
        check_finite(estimator, answer)
        return self.family.feasible(self._units(answer, "scaled"), self.floor_)

    def _units(self, y, direction):
        """Targets in scaled units ("scaled") or in those given ("restored")."""
        units = self.family.units
        return y if units is None else getattr(units.on_host(), direction)(y)

    def _answers(self, X, wanted):
        """Rows that every fitted clone is wanted for, and what it predicts there."""
        table = raw_columns(X, self.positions)
        asked = None if wanted is None else host(wanted)
        every = np.arange(table.shape[0])
        jobs = [
            (k, estimator, every if asked is None else np.flatnonzero(asked[:, k]))
            for k, estimator in enumerate(self.estimators_)
            if estimator is not None
        ]
        jobs = [job for job in jobs if len(job[2])]
        tables = (table if asked is None else table[rows] for _, _, rows in jobs)
        given = ((job[1], own) for job, own in zip(jobs, tables, strict=True))
        answers = in_parallel(self._answer, given, self.n_jobs)
        for (k, _, rows), answer in zip(jobs, answers, strict=True):
            yield k, rows, answer

    def predict(self, X, wanted=None):
        """Expected target under every expert; of clones, only where it is wanted."""
        mean = np.empty((X.shape[0], len(self.estimators_), len(self.unfitted)))
        mean[:] = self.unfitted
        for k, rows, answer in self._answers(X, wanted):
            mean[rows, k, :] = answer
        return like(mean, X)

    def average(self, X, weight, wanted=None):
        """Sum of weight times expected target, without a table of all experts."""
        if None in self.estimators_:
            return super().average(X, weight, wanted)
        total, share = np.zeros((X.shape[0], len(self.unfitted))), host(weight)
        for k, rows, answer in self._answers(X, wanted):
            total[rows, :] += share[rows, k, None] * answer
        return like(total, X)

    def predictors(self, X, wanted=None):
        """Predictors (n, K, C) that have the clones' answers as means, and scales (K, S)."""
        return self.family.link(self.predict(X, wanted)), self.scale

    def statistics(self, X, y, resp):
        """The rows and their responsibilities."""
        return Rows(raw_columns(X, self.positions), host(y), host(resp))

    def update(self, statistics, step=1.0):
        """New bank with all clones fitted anew; this one if frozen or for a part of a step."""
        if step < 1 or self.is_frozen:
            return self._replaced()
        table, y, resp = statistics.tables
        resp = resp * (resp > _SHARE * resp.sum(axis=1, keepdims=True)).astype(float)
        target = self._units(y, "restored")
        target = target.astype(int) if self.family.labels else target
        target = target[:, 0] if target.shape[1] == 1 else target
        jobs = [job for k in range(resp.shape[1]) for job in self._jobs(k, resp[:, k], table)]
        # The longest first: no job is left alone at the end.
        jobs.sort(key=lambda job: -len(job.rows))
        self.fits.count += len(jobs)
        results = in_parallel(
            self._fitted,
            ((job.estimator, table, target, job) for job in jobs),
            self.n_jobs,
        )
        estimators, held_out = list(self.estimators_), np.empty((*resp.shape, len(self.unfitted)))
        held_out[:] = self.unfitted
        for job, (estimator, answer) in zip(jobs, results, strict=True):
            if not job.is_fold:
                estimators[job.expert] = estimator
            if answer is not None:
                held_out[job.asked, job.expert, :] = answer
        scale = None if self.scale is None else self._new_scale(y, held_out, resp)
        return self._replaced(estimators_=estimators, scale=scale)

    def _jobs(self, k, weight, table):
        """The fits for expert k: one to all its rows, and one to those outside every part."""
        rows = np.flatnonzero(weight)
        if len(rows) == 0:
            return
        # Fewer rows than parts tell nothing of a spread, and little of a mean.
        several = len(rows) > self.parts
        known = self.family.labels or (table.shape[1] > 0 and several)
        estimator = self.estimator if known else DummyRegressor()
        folds = self.scale is not None and self.parts > 1 and several
        asked = None if folds or self.scale is None else rows
        yield Job(k, estimator, rows, weight[rows], asked, False)
        if folds:
            # Neighbouring rows may stand side by side: shuffled, the parts are alike.
            parts = KFold(self.parts, shuffle=True, random_state=0)
            for train, test in parts.split(rows):
                yield Job(k, estimator, rows[train], weight[rows[train]], rows[test], True)

    def _fitted(self, estimator, table, target, job):
        """The clone of a job, and what it predicts where that is asked for."""
        fit = fit_labels if self.family.labels else fit_weighted
        new = fit(estimator, table[job.rows], target[job.rows], job.weight)
        return new, None if job.asked is None else self._answer(new, table[job.asked])

    def _new_scale(self, y, mean, resp):
        """Scales around the predictions for held-out rows; an expert without rows keeps its own."""
        family, scale = self.family, host(self.scale).astype(float)
        eta, count = family.link(mean), resp.sum(axis=0)[:, None]
        for _ in range(_SCALE_UPDATES):
            sums = ScaleSums(count, *family.scale_sums(y.astype(float), eta, scale, resp))
            before, scale = scale, family.update_scale(scale, sums)
            if np.abs(np.log(scale / before)).max() < _SETTLED:
                break
        return like(scale, self.scale)

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
        return self.scale is not None and self.family.degenerate(self.scale)

    def n_parameters(self):
        """The scales: what the estimators learn is not counted."""
        return self.family.n_scales * (1 if self.family.shared else len(self.estimators_))
