"""Partitions of dask collections as blocks of checked rows on the workers."""

from ..estimators._batches import FitCheck, Known, ReadingCheck, counted_rows, survey
from ._blocks import ClusterBlocks, Partition
from ._partitions import partitions

__all__ = ["fitted_rows", "rows_of_fit"]


def rows_of_fit(workers, estimator, settings, given):
    """Blocks of checked rows of a fit, and what all of them tell of columns and targets."""
    return _rows(workers, FitCheck(estimator, settings, given.carried), given)


def fitted_rows(workers, estimator, method, as_fit, given):
    """Blocks of checked rows for a method of a fitted estimator."""
    return _rows(workers, ReadingCheck(estimator, method, as_fit, given.carried), given)[0]


def _rows(workers, check, given):
    X, y, sample_weight, _ = given
    given = workers.hold(_given, partitions(X, y, sample_weight))
    surveys = workers.each(_surveyed, given, check)
    sizes = [0 if own is None else own.n_rows for own in surveys]
    if not any(sizes):
        raise ValueError(
            f"X has {len(sizes)} partitions and none of them a row; at least 1 row is needed. Look "
            "at how they were chosen or loaded."
        )
    known = Known.of(own for own in surveys if own is not None)
    filled = [part for part, size in zip(given, sizes, strict=True) if size]
    parts = workers.turn(_checked, filled, check, known)
    blocks = ClusterBlocks(workers, parts, sizes, known.is_weighted(check), known.length)
    return blocks, known.state


def _given(index, X, y, weight):
    return index, X, y, weight


def _surveyed(part, check):
    """Survey of a partition; None if it has no rows, as filters leave some."""
    index, *tables = part
    if tables[0].shape[0] == 0:
        return None
    return survey(f"Partition {index}", check, *tables)


def _checked(part, check, known):
    index, *tables = part
    return Partition(index, *counted_rows(check, known, *tables))
