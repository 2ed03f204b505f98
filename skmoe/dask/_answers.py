"""Answers for every row of dask collections, worked out when they are asked for."""

import inspect
from functools import wraps
from math import nan

import dask.array as da
import numpy as np
from dask import delayed
from sklearn.utils._optional_dependencies import check_pandas_support
from sklearn.utils.validation import (
    _check_feature_names,
    _check_n_features,
    check_is_fitted,
)

from .._rows.arrays import host
from .._rows.carried import NOTHING, Carried
from ..estimators._carried import check_named
from ..estimators._reader import naming
from ._partitions import head, is_distributed, partitions, rows_of_partitions

__all__ = ["lazily"]

# What a mean depends on, of what rows carry.
_OF_MEANS = ("exposure", "offset")


def lazily(name, method):
    """A method of an estimator whose answers on dask collections are lazy dask arrays."""
    parameters = inspect.signature(method).parameters
    takes_targets = "y" in parameters

    @wraps(method)
    def either(self, X, *args, **words):
        if not is_distributed(X):
            return method(self, X, *args, **words)
        check_is_fitted(self)
        carried = Carried.asked(words, parameters)
        check_named(carried, "dask collections")
        some, _ = carried.parted(head(X), self._carried)
        _check_n_features(self, some, reset=False)
        _check_feature_names(self, some, reset=False)
        y = words.pop("y", None)
        if y is None and args and takes_targets:
            y, *args = args
        one = {**words, **carried.neutral(self._carried, parameters)}
        return _answers(self.to_local(), name, X, y, args, words, one)

    return either


def _answers(local, name, X, y, args, words, one):
    example = _of_one_row(local, name, y is not None, args, one)
    several = isinstance(example, tuple)
    examples = example if several else (example,)
    model = delayed(local, traverse=False)
    answer = delayed(_answer, pure=False, nout=len(examples))
    columns = [[] for _ in examples]
    cut = partitions(X, y)
    for index, (rows, own) in enumerate(zip(rows_of_partitions(X), cut, strict=True)):
        found = answer(model, name, index, *own[:2], args, words, one)
        for column, like, table in zip(
            columns, examples, found if several else [found], strict=True
        ):
            shape = (nan if rows is None else rows, *like.shape[1:])
            column.append(da.from_delayed(table, shape, dtype=like.dtype, meta=like[:0]))
    tables = [da.concatenate(column, allow_unknown_chunksizes=True) for column in columns]
    return _like(example, tables) if several else tables[0]


def _of_one_row(local, name, has_target, args, words):
    """The answer of a made-up row, which tells shapes and types."""
    X = host(local._x_center)[None, :]
    if hasattr(local, "feature_names_in_"):
        pandas = check_pandas_support("Answers on data frames")
        X = pandas.DataFrame(X, columns=local.feature_names_in_)
    targets = []
    if has_target:
        # Of successes and trials a mean is no target.
        pairs = local._record.counted and local._n_outputs > 1
        known = NOTHING.neutral(local._carried, _OF_MEANS)
        targets = [np.ones((1, local._n_outputs)) if pairs else local.predict(X, **known)]
    return getattr(local, name)(X, *targets, *args, **words)


def _answer(local, name, index, X, y, args, words, one):
    """The answer of a partition, which may have no rows; `one` are the words for a made-up row."""
    if X.shape[0] == 0:
        example = _of_one_row(local, name, y is not None, args, one)
        return tuple(x[:0] for x in example) if isinstance(example, tuple) else example[:0]
    with naming(f"Partition {index}"):
        return getattr(local, name)(X, *([] if y is None else [y]), *args, **words)


def _like(example, tables):
    """Several tables as what they are in memory: a tuple, perhaps one with names."""
    return getattr(example, "_make", tuple)(tables)
