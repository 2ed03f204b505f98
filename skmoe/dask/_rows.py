"""Partitions of dask collections as blocks of checked rows on the workers."""

from ..estimators._batches import FitCheck, Known, ReadingCheck, counted_rows, survey
from ._blocks import ClusterBlocks, Partition
from ._partitions import partitions

__all__ = ["fitted_rows", "rows_of_fit"]


def rows_of_fit(workers, estimator, settings, X, y, sample_weight):
    """Blocks of checked rows of a fit, and what all of them tell of columns and targets."""
    return _rows(workers, FitCheck(estimator, settings), X, y, sample_weight)


def fitted_rows(workers, estimator, method, as_fit, X, y, sample_weight):
    """Blocks of checked rows for a method of a fitted estimator."""
    return _rows(workers, ReadingCheck(estimator, method, as_fit), X, y, sample_weight)[0]


def _rows(workers, check, X, y, sample_weight):
    given = workers.hold(_given, partitions(X, y, sample_weight))
    known = Known.of(workers.each(_surveyed, given, check))
    parts = workers.turn(_checked, given, check, known)
    sizes = [n_rows for n_rows, _ in known.marks]
    weighted = (
        sample_weight is not None or getattr(check.estimator, "class_weight", None) is not None
    )
    return ClusterBlocks(workers, parts, sizes, weighted), known.state


def _given(index, X, y, weight):
    return index, X, y, weight


def _surveyed(part, check):
    index, *tables = part
    return survey(f"Partition {index}", check, *tables)


def _checked(part, check, known):
    index, *tables = part
    return Partition(index, *counted_rows(check, known, *tables))
