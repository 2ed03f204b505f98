"""Mixtures with several numbers of experts, and the choice among them."""

import math
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    StratifiedShuffleSplit,
    check_cv,
)
from sklearn.utils import _safe_indexing
from sklearn.utils._optional_dependencies import check_pandas_support
from sklearn.utils.validation import _num_samples, column_or_1d

from .._rows.arrays import host
from .._rows.carried import Given
from .._rows.validation import check_count
from ..experts import LinearExpert
from ..experts._base import as_expert
from ..gates import ConstantGate, SoftmaxGate, TopKGate
from ..gates._base import as_gate
from ..starts._widening import counts, fewest_experts, fit_path, inner_gate, is_split

__all__ = [
    "CRITERIA",
    "MOST_EXPERTS",
    "Selection",
    "Trials",
    "choose_n_experts",
    "has_evidence",
    "held_out",
    "splitter",
]

CRITERIA = ("bic", "icl", "aic", "evidence", "cv")

# The largest number of experts that n_experts="auto" tries.
MOST_EXPERTS = 8

# Numbers in a row without a gain after which n_experts="auto" tries no larger ones.
_PATIENCE = 2

# Of held-out rows where criteria do not apply: folds, and rows above which one fifth is enough.
_FOLDS, _MANY_ROWS = 5, 10_000


class Selection(NamedTuple):
    """What the number of experts was chosen from, one entry for every number tried.

    Attributes
    ----------
    criterion : str
        The criterion that decided.
    n_experts : ndarray of shape (n_numbers,)
    scores : dict of str to ndarray of shape (n_numbers,)
        By criterion: "bic", "icl", "aic" and "evidence", lower is better ("evidence" only where
        it is defined); "cv", the mean held-out log density per row, higher is better, only where
        it decided.
    std_errors : ndarray of shape (n_numbers,) or None
        Of "cv": standard errors of the differences to the highest mean, row by row.
    log_likelihood : ndarray of shape (n_numbers,)
    n_parameters : ndarray of shape (n_numbers,)
    degenerate : ndarray of bool of shape (n_numbers,)
        Whether a scale has reached its lower bound, or an expert holds fewer rows than it has
        parameters. Such fits are never chosen.
    converged : ndarray of bool of shape (n_numbers,)
    best_n_experts_ : int
        The choice.
    best_estimator_ : estimator or None
        Fitted with that number to all rows. None in the `selection_` of an estimator, which is
        fitted itself.
    """

    criterion: str
    n_experts: Any
    scores: dict
    std_errors: Any
    log_likelihood: Any
    n_parameters: Any
    degenerate: Any
    converged: Any
    best_n_experts_: int
    best_estimator_: Any = None

    def to_frame(self):
        """The path as a table.

        Returns
        -------
        pandas.DataFrame
            One row for every number of experts.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        table = {
            "log_likelihood": self.log_likelihood,
            "n_parameters": self.n_parameters,
            **self.scores,
        }
        if self.std_errors is not None:
            table["std_error"] = self.std_errors
        table["degenerate"], table["converged"] = self.degenerate, self.converged
        table["chosen"] = self.n_experts == self.best_n_experts_
        pandas = check_pandas_support("Selection.to_frame")
        index = pandas.Index(self.n_experts, name="n_experts")
        return pandas.DataFrame(table, index=index)


def choose_n_experts(estimator, given, most):
    """What `n_experts="auto"` stands for.

    The largest evidence; where that is not defined, the lowest BIC; and the highest density of
    held-out rows where parameters are not counted (networks, scikit-learn estimators). Larger
    numbers are tried until two in a row gain nothing.

    Parameters
    ----------
    estimator : MoERegressor or MoEClassifier
    given : Given
    most : int
        Largest number to try.

    Returns
    -------
    selection : Selection
    narrow : Mixture or None
        The mixture of one expert less, for the fit to start as that on the path has done.
    """
    estimator = clone(estimator).set_params(warm_start=False, average=False, verbose=0)
    criterion, densities = "bic", repeat(None)
    fewest = fewest_experts(estimator)
    most = min(most, MOST_EXPERTS, as_gate(estimator.gate).most_experts())
    numbers = range(fewest, max(most, fewest) + 1)
    if has_evidence(estimator):
        criterion = "evidence"
    elif not counts(estimator) and _num_samples(given.X) >= 2 * _FOLDS:
        criterion, folds = "cv", _few_folds(given, estimator)
        densities = held_out(None, estimator, given, numbers, folds)
    trials = Trials(estimator, given)
    path = fit_path(estimator, given.fit, numbers)
    for fitted, density in zip(path, densities, strict=False):
        trials.add(fitted, density)
        if trials.without_gain(criterion) >= _PATIENCE:
            break
    selection, best = trials.selection(criterion)
    return selection, trials.narrower(best)


class Trial(NamedTuple):
    """What a fit of the path tells."""

    fitted: Any
    scores: dict
    degenerate: bool
    density: Any


class Trials:
    """The fits of a path, and the choice among them.

    Parameters
    ----------
    estimator : MoERegressor or MoEClassifier
        Not fitted.
    given : Given
    """

    def __init__(self, estimator, given):
        self.estimator, self.given = estimator, given
        self.trials, self.test_weight = [], None

    def add(self, fitted, held_out):
        """Note a fit, and log densities and weights of held-out rows (or None)."""
        blocks = self.given.blocks(fitted)
        first = self.trials[0].fitted if self.trials else fitted
        sums = fitted._sums(blocks)
        scores = sums.criteria(fitted.n_parameters_)
        if has_evidence(self.estimator):
            scores["evidence"] = _evidence(fitted, first, blocks, sums.weight, scores["bic"])
        density, self.test_weight = (None, None) if held_out is None else held_out
        self.trials.append(
            Trial(fitted, scores, _is_degenerate(fitted, sums.weight * sums.share), density)
        )

    def _losses(self, criterion):
        """The criterion where lower is better, infinite for degenerate fits."""
        if criterion == "cv":
            losses = [-np.average(t.density, weights=self.test_weight) for t in self.trials]
        else:
            losses = [trial.scores[criterion] for trial in self.trials]
        return np.where([trial.degenerate for trial in self.trials], np.inf, losses)

    def without_gain(self, criterion):
        """How many numbers have been tried since the best."""
        losses = self._losses(criterion)
        return len(losses) - 1 - int(np.argmin(losses))

    def _choice(self, criterion):
        """Position of the choice, and standard errors of held-out densities."""
        best = int(np.argmin(self._losses(criterion)))
        if criterion != "cv":
            return best, None
        behind = self.trials[best].density - np.stack([t.density for t in self.trials])
        mean = np.average(behind, axis=1, weights=self.test_weight)
        variance = np.average((behind - mean[:, None]) ** 2, axis=1, weights=self.test_weight)
        errors = np.sqrt(variance / self.test_weight.sum())
        near = (mean <= errors) & np.isfinite(self._losses(criterion))
        return (int(np.argmax(near)) if near.any() else best), errors

    def selection(self, criterion):
        """The choice by a criterion: a `Selection`, and the fitted estimator."""
        choice, errors = self._choice(criterion)
        fits = [trial.fitted for trial in self.trials]
        names = self.trials[0].scores
        scores = {name: np.array([t.scores[name] for t in self.trials]) for name in names}
        if criterion == "cv":
            scores["cv"] = np.array(
                [np.average(t.density, weights=self.test_weight) for t in self.trials]
            )
        selection = Selection(
            criterion=criterion,
            n_experts=np.array([fit.n_experts for fit in fits]),
            scores=scores,
            std_errors=errors,
            log_likelihood=np.array([fit.log_likelihood_ for fit in fits]),
            n_parameters=np.array([fit.n_parameters_ for fit in fits]),
            degenerate=np.array([trial.degenerate for trial in self.trials]),
            converged=np.array([fit.converged_ for fit in fits]),
            best_n_experts_=fits[choice].n_experts,
        )
        return selection, fits[choice]

    def narrower(self, fitted):
        """The mixture that a fit has started from, or None."""
        fits = {trial.fitted.n_experts: trial.fitted for trial in self.trials}
        before = fits.get(fitted.n_experts - 1)
        return before._mixture if before is not None and is_split(self.estimator) else None


def _is_degenerate(fitted, held):
    """Whether a scale is at its bound or an expert holds fewer rows than parameters."""
    bank, n_experts = fitted.expert_, fitted.n_experts_
    too_few = held.min() < bank.n_parameters() / n_experts
    return bank.at_bound() or bool(n_experts > 1 and bank.has_statistics and too_few)


def _evidence(fitted, one, blocks, n_rows, bic):
    """Minus twice the log evidence, on the scale of BIC.

    The weights are integrated out around their maximum, given the one-expert fit that the experts
    are shrunk towards; the one expert, shares and scales count as in BIC. Tables that are sparse or
    very wide have no evidence: there it is BIC.
    """
    mixture, n_experts = fitted._mixture, fitted.n_experts_
    if n_experts == 1 or mixture.expert.gradient_only:
        return bic
    at = blocks.sum(mixture.statistics)
    alike = mixture.expert.pooled_at(one._mixture.expert)
    gain = mixture.log_prior() - float(alike.log_prior()) + mixture.log_volume(at)
    family = mixture.expert.family
    # Scales that are drawn towards each other have a volume, as the weights do.
    scales = 0 if family.shared or family.pools_scales else family.n_scales
    free = one.n_parameters_ + (n_experts - 1) * (1 + scales)
    saved = fitted.n_parameters_ - free
    return bic - math.log(n_rows) * saved - 2 * gain


def has_evidence(estimator):
    """Whether the penalties of gate and experts are estimated from the data."""
    gate, inner, bank = as_gate(estimator.gate), inner_gate(estimator), as_expert(estimator.expert)
    estimated = isinstance(inner, ConstantGate) or (
        isinstance(inner, SoftmaxGate) and inner.alpha == "auto"
    )
    estimated = estimated and isinstance(bank, LinearExpert) and bank.alpha == "auto"
    return estimated and not (estimator.average or isinstance(gate, TopKGate))


def splitter(cv, estimator, groups=None):
    """A splitter from a number of folds, which cut no group, or the splitter given."""
    if not isinstance(cv, (int, str)):
        return check_cv(cv)
    folds = check_count(cv, "cv", minimum=2)
    if groups is not None:
        return GroupKFold(folds)
    kind = StratifiedKFold if is_classifier(estimator) else KFold
    return kind(folds, shuffle=True, random_state=0)


def _few_folds(given, estimator):
    """Rows to fit and rows held out: folds of few rows, one part of many.

    Of classes with fewer rows than folds, no row is held out that the others would not know.
    """
    X, y = given.X, given.y
    if given.carried.groups is not None:
        return list(GroupKFold(_FOLDS).split(X, y, given.carried.groups))
    labels = host(column_or_1d(y)) if is_classifier(estimator) else None
    rare = labels is not None and np.unique(labels, return_counts=True)[1].min() < _FOLDS
    if _num_samples(X) <= _MANY_ROWS:
        kind = KFold if labels is None or rare else StratifiedKFold
        folds = kind(_FOLDS, shuffle=True, random_state=0)
    else:
        kind = ShuffleSplit if labels is None or rare else StratifiedShuffleSplit
        folds = kind(1, test_size=1 / _FOLDS, random_state=0)
    pairs = folds.split(X, y)
    if rare:
        pairs = ((own, held[np.isin(labels[held], labels[own])]) for own, held in pairs)
    return list(pairs)


def held_out(steps, estimator, given, numbers, folds):
    """Log densities of held-out rows and their weights, for every number of experts."""
    X, y, sample_weight, carried = given
    weight = weights(sample_weight, X)[np.concatenate([test for _, test in folds])]
    paths, tests = [], []
    for train, test in folds:
        own = None if steps is None else clone(steps)
        table, target = (_safe_indexing(values, train) for values in (X, y))
        held = _safe_indexing(X, test)
        if own is not None:
            table, held = own.fit_transform(table, target), own.transform(held)
        own = None if sample_weight is None else _safe_indexing(sample_weight, train)
        fold = Given(table, target, own, carried.taken(train))
        paths.append(fit_path(estimator, fold.fit, numbers))
        tests.append((held, _safe_indexing(y, test), carried.taken(test)))
    for fits in zip(*paths, strict=True):
        densities = [
            host(fit.score_samples(X, y, **carried.given()))
            for fit, (X, y, carried) in zip(fits, tests, strict=True)
        ]
        yield np.concatenate(densities), weight


def weights(sample_weight, X):
    """Weights of the rows, on the host."""
    if sample_weight is None:
        return np.ones(_num_samples(X))
    known = hasattr(sample_weight, "__dlpack__") and not isinstance(sample_weight, np.ndarray)
    return np.asarray(host(sample_weight) if known else sample_weight, dtype=np.float64)
