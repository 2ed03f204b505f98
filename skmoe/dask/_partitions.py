"""Dask collections, cut into the same rows."""

from math import isnan

import dask
import numpy as np
from dask.array import Array
from dask.utils import is_dataframe_like, is_series_like

__all__ = ["head", "is_distributed", "partitions", "rows_of_partitions"]


def is_distributed(X):
    """Whether X is a collection of dask."""
    return dask.is_dask_collection(X)


def head(X):
    """A table without rows and with the columns of X."""
    X = _collection("X", X)
    return X._meta if hasattr(X, "columns") else np.empty((0, *X.shape[1:]))


def rows_of_partitions(X):
    """Rows of each partition; None where dask does not know."""
    X = _collection("X", X)
    lengths = _lengths(X)
    return [None] * X.npartitions if lengths is None else lengths


def partitions(X, y=None, sample_weight=None):
    """Lists [X, y, sample_weight] of the same rows, a list for each partition of X."""
    X = _collection("X", X)
    others = {"y": y, "sample_weight": sample_weight}
    columns = [_blocks(X)] + [
        [None] * X.npartitions if x is None else _blocks(_like(X, name, _collection(name, x)))
        for name, x in others.items()
    ]
    return [list(rows) for rows in zip(*columns, strict=True)]


def _collection(name, x):
    """A dask array with all its columns in each chunk, or a dask DataFrame or Series."""
    # A Delayed has any attribute one asks for.
    frame = is_dataframe_like(x) or is_series_like(x)
    if not (dask.is_dask_collection(x) and (frame or isinstance(x, Array))):
        raise TypeError(
            f"{name} is a {type(x).__name__}: dask arrays, DataFrames and Series are taken. Make "
            "one with dask.array.from_array or dask.dataframe.from_pandas, or fit all in memory "
            "with MoERegressor, MoEClassifier, HMERegressor or HMEClassifier."
        )
    if isinstance(x, Array):
        return x.rechunk({axis: -1 for axis in range(1, x.ndim)})
    # Only the columns asked for are read. All that `optimize` does would also join partitions of
    # which few columns are read, of X others than of y.
    return x.simplify()


def _lengths(x):
    """Rows in each partition; None where dask does not know."""
    known = isinstance(x, Array) and not any(map(isnan, x.chunks[0]))
    return x.chunks[0] if known else None


def _like(X, name, x):
    """A collection cut into partitions as X is."""
    ours, theirs = _lengths(x), _lengths(X)
    if ours and theirs:
        if sum(ours) != sum(theirs):
            raise ValueError(
                f"{name} has {sum(ours)} rows and X has {sum(theirs)}: both need as many. "
                f"Give the {name} of the rows of X."
            )
        return x.rechunk({0: theirs})
    if x.npartitions != X.npartitions:
        raise ValueError(
            f"{name} has {x.npartitions} partitions and X has {X.npartitions}: where dask does not "
            "know their lengths, both need as many. Take both from one DataFrame, repartition one, "
            "or give dask arrays whose chunk sizes are known (compute_chunk_sizes)."
        )
    return x


def _blocks(x):
    if isinstance(x, Array):
        return x.to_delayed().ravel().tolist()
    return x.to_delayed(optimize_graph=False)
