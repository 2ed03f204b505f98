"""Rows that come in batches or partitions: what each must pass, and what all tell together."""

import copy
from contextlib import closing
from typing import Any, NamedTuple

import numpy as np
from sklearn.preprocessing import LabelEncoder

from .._rows.arrays import block_length, concat_rows, host, is_sparse
from .._rows.distinct import row_hashes
from .._rows.reading import ReaderBlocks
from .._rows.tables import accepted, noted_columns
from .._rows.weights import WeightTotals, counted_weight
from ._levels import OrderedEncoder
from ._reader import naming, read

__all__ = [
    "FitCheck",
    "Known",
    "ReadingCheck",
    "Survey",
    "counted_rows",
    "rows_of_reader",
    "survey",
]

_REMEDY = "Pass a function that returns a fresh iterator of the same rows in the same order."


class Survey(NamedTuple):
    """What a batch or a partition tells of itself.

    Attributes
    ----------
    name : str
        What it is called in errors.
    n_rows : int
    length : int
        Rows in a block of such a table.
    kind : str
        Of the columns: their type, and whether they are sparse.
    state : dict
        What validation notes of columns and targets, by attribute.
    counts : ndarray or None
        Rows of every class.
    totals : WeightTotals or None
        None without weights.
    mark : int
        Tells it from others, and its rows from these in another order.
    """

    name: str
    n_rows: int
    length: int
    kind: str
    state: dict
    counts: Any
    totals: Any
    mark: int


def survey(name, check, X, y, weight):
    """Survey of a batch that passes a check."""
    with naming(name):
        X, targets, weight, state = _checked(check, X, y, weight)
    counts = None
    if "classes_" in state:
        codes = host(targets)[:, 0].astype(int)
        counts = np.bincount(codes, minlength=state["classes_"].shape[0])
    totals = None if weight is None else WeightTotals(weight)
    seen = _mark(X, targets, weight, counts is not None)
    kind = f"sparse {X.dtype}" if is_sparse(X) else str(X.dtype)
    return Survey(name, X.shape[0], block_length(X), kind, state, counts, totals, seen)


def _checked(check, X, y, weight, classes=None):
    """Checked X, targets, weights as given, and what to note, of a batch."""
    X, targets, state = check(X, y, classes=classes)
    weight = None if weight is None else check.estimator._given_weight(X, weight)
    return X, targets, weight, state


def _mark(X, targets, weight, labelled):
    """Tells rows from others, and their order: of X the ends and, if dense, the first column."""
    first, last = (int(row_hashes(host(X[at : at + 1, ...]))[0]) for at in (0, X.shape[0] - 1))
    tables = [host(targets)] if is_sparse(X) else [host(X[:, :1]), host(targets)]
    if labelled:
        # Codes among the labels of the batch, whatever others there are.
        codes = np.unique(tables[-1][:, :1], return_inverse=True)[1].reshape(-1, 1)
        tables[-1] = np.hstack([codes, tables[-1][:, 1:]])
    if weight is not None:
        tables.append(host(weight)[:, None])
    hashes = row_hashes(*tables)
    odd = 2 * np.arange(len(hashes), dtype=np.uint64) + np.uint64(1)
    return first ^ (last >> 1) ^ int(np.sum(hashes * odd, dtype=np.uint64))


class FitCheck(NamedTuple):
    """What every batch of a fit must pass.

    Attributes
    ----------
    estimator : BaseMixtureOfExperts
    settings : Settings
    carried : Carried
        Names of columns of the batches.
    """

    estimator: Any
    settings: Any
    carried: Any

    def __call__(self, X, y, classes=None):
        """Checked X, targets and what stands behind them, and what to note about columns."""
        own, family = copy.copy(self.estimator), self.settings.family
        X, carried = self.carried.parted(X)
        X, targets, state = own._validate_fit(own, X, y, accepted(self.settings, X), classes)
        family.check(targets)
        targets, carried = carried.of_targets(family, targets)
        state["_carried"] = self.carried.named()
        state["_record"] = record = carried.record(family, own._n_predictors(family, state))
        rows = carried.rows(X, targets, None, record, family)
        known = {"_levels": own._levels(y, classes)}
        return rows.X, rows.y, state | noted_columns(own) | known


class ReadingCheck(NamedTuple):
    """What every batch must pass for a method of a fitted estimator.

    Attributes
    ----------
    estimator : BaseMixtureOfExperts
    method : str
    as_fit : bool
        Whether a classifier's rows are weighted by class as in a fit.
    carried : Carried
        Names of columns of the batches.
    """

    estimator: Any
    method: str
    as_fit: bool
    carried: Any

    def __call__(self, X, y, classes=None):
        """Checked X, targets, and what there is to note."""
        estimator = self.estimator
        rows = estimator._rows(X, self.method, estimator._encode(y, X), self.carried)
        state = {"n_features_in_": rows.X.shape[1], "_flat_targets": True, "_n_outputs": 1}
        if self.as_fit and hasattr(estimator, "classes_"):
            state["classes_"] = estimator.classes_
            ordered = estimator.expert_.family.ordered
            state["_levels"] = host(estimator.classes_).tolist() if ordered else None
        return rows.X, rows.y, state


class Known(NamedTuple):
    """What all batches tell together.

    Attributes
    ----------
    state : dict
        What to note about columns, targets and classes, by attribute.
    n_rows : int
    length : int
        Rows in a block.
    counts : ndarray or None
        Rows of every class.
    totals : WeightTotals or None
        None without weights.
    marks : list of (int, int)
        Number of rows and mark of every batch.
    """

    state: dict
    n_rows: int
    length: int
    counts: Any
    totals: Any
    marks: list

    @classmethod
    def of(cls, surveys):
        """What several tell; they must be of one kind."""
        first, totals, marks, classes = None, None, [], []
        for own in surveys:
            first = own if first is None else first
            _check_alike(own, first)
            if own.totals is not None:
                totals = own.totals if totals is None else totals + own.totals
            marks.append((own.n_rows, own.mark))
            if own.counts is not None:
                classes.append((own.state["classes_"], own.counts))
        if first is None:
            raise ValueError(
                "The reader has given no batch; at least 1 is needed. Pass a function that returns "
                "a fresh iterator at every call."
            )
        if totals is not None:
            totals.check()
        state, counts = dict(first.state), None
        levels = state.pop("_levels", None)
        if classes:
            state["classes_"], counts = _all_classes(classes, levels)
        n_rows = sum(n for n, _ in marks)
        return cls(state, n_rows, first.length, counts, totals, marks)

    def is_weighted(self, check):
        """Whether rows have other weights than one."""
        return self.totals is not None or getattr(check.estimator, "class_weight", None) is not None


def _all_classes(classes, levels):
    """Labels of all batches, in the order of the levels if they have one; rows that have each."""
    try:
        encoder = LabelEncoder() if levels is None else OrderedEncoder(levels)
        encoder = encoder.fit(concat_rows([own for own, _ in classes]))
    except TypeError as error:
        raise ValueError(
            f"y holds labels that have no order ({error}); all text or all numbers is allowed."
        ) from error
    counts = np.zeros(encoder.classes_.shape[0], dtype=int)
    for own, number in classes:
        np.add.at(counts, host(encoder.transform(own)), number)
    return encoder.classes_, counts


def _check_alike(own, first):
    """Raise a ValueError if a batch is of another kind than the first."""
    for what, value, of_first in (
        ("the columns", _columns(own.state), _columns(first.state)),
        ("columns of the type", own.kind, first.kind),
        ("as targets", _targets(own), _targets(first)),
        ("levels in the order", own.state.get("_levels"), first.state.get("_levels")),
        ("as sample_weight", _weights(own), _weights(first)),
    ):
        if value != of_first:
            raise ValueError(
                f"{own.name} has {what} {value}; {first.name[0].lower() + first.name[1:]} has "
                f"{of_first}. Give all of them alike."
            )


def _columns(state):
    names = state.get("feature_names_in_")
    return state["n_features_in_"] if names is None else list(names)


def _targets(own):
    if own.counts is not None:
        text = isinstance(host(own.state["classes_"])[0], str)
        return "text labels" if text else "labels that are no text"
    flat = own.state["_flat_targets"]
    return "one column" if flat else f"a table of {own.state['_n_outputs']} columns"


def _weights(own):
    return "none" if own.totals is None else "numbers"


def counted_rows(check, known, X, y, weight):
    """Checked X, targets and weights, which count rows, of a batch; weights None for ones."""
    return _counted(check, known, *_checked(check, X, y, weight, known.state.get("classes_")))


def _counted(check, known, X, targets, weight, state):
    if _columns(state) != _columns(known.state):
        raise ValueError(
            f"The columns are {_columns(state)} and, in the first pass, {_columns(known.state)}. "
            f"{_REMEDY}"
        )
    if weight is not None:
        weight = counted_weight(weight, X.dtype, known.totals)
    if known.counts is not None:
        weight = check.estimator._row_weight(X, weight, targets, known.state, known.counts)
    return X, targets, weight


def rows_of_reader(check, reader, n_jobs):
    """Blocks of the rows of a reader, and what all of them tell.

    Parameters
    ----------
    check : FitCheck or ReadingCheck
    reader : callable
    n_jobs : int or None
    """
    # Closed at once, and not when the traceback of an error is let go of.
    with closing(read(reader, least=2)) as batches:
        known = Known.of(survey(name, check, *tables) for name, tables in batches)

    def batches():
        marks = iter(known.marks)
        for name, tables in read(reader, least=2):
            with naming(name):
                checked = _checked(check, *tables, known.state.get("classes_"))
                batch = _counted(check, known, *checked)
            seen = _mark(*checked[:3], known.counts is not None)
            if next(marks, None) != (batch[0].shape[0], seen):
                raise ValueError(f"{name} has other rows than in the first pass. {_REMEDY}")
            yield batch
        if lost := len(list(marks)):
            raise ValueError(
                f"The reader has given {len(known.marks) - lost} batches and, in the first pass, "
                f"{len(known.marks)}. {_REMEDY}"
            )

    weighted = known.is_weighted(check)
    return ReaderBlocks(batches, known.n_rows, weighted, known.length, n_jobs), known
