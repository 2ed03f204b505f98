"""The rows that starts are tried on: distinct ones, whatever their order."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.decomposition import TruncatedSVD

from .._rows.arrays import array_namespace, host, is_sparse, like
from .._rows.distinct import all_of
from .._rows.record import groups_among

__all__ = ["Sample", "distinct_rows", "features", "sample_size", "sketch", "told"]

# Rows that starts are tried on. Which of several starts is best shows on a few thousand.
_SAMPLE_ROWS = 2048

# Rows per parameter of the gate and the experts that a sample should at least have.
_ROWS_PER_PARAMETER = 10

# Columns that starts on a sparse table look at.
_SKETCH = 30

# Distinct rows that are kept until all are seen, twice the sample at least: what is drawn by
# weight is drawn from these.
_DISTINCT_ROWS = 16_384


class Sample(NamedTuple):
    """Rows that starts are tried on.

    Attributes
    ----------
    blocks : ArrayBlocks
        In an order that does not depend on the order of the data, with weights that sum to theirs.
    n_distinct : int
        Number of distinct rows (of groups: of distinct groups) with weight above zero in the data,
        counted to twice the most rows of a sample at least.
    is_whole : bool
        Whether these are all distinct rows.
    """

    blocks: Any
    n_distinct: int
    is_whole: bool


def sample_size(mixture):
    """Rows that starts of `mixture` are tried on."""
    if not mixture.expert.has_statistics:
        # Neither starts nor penalties are compared on them.
        return _SAMPLE_ROWS
    return max(_SAMPLE_ROWS, _ROWS_PER_PARAMETER * mixture.n_parameters())


def distinct_rows(blocks, random_state, most, mixture):
    """Distinct rows of the data, or a sample of them by weight if there are more than `most`.

    Rows are put in the order of two random projections of the scaled columns: the same for the
    same rows in any order, whatever the units, and a row given twice is one row of weight two.

    Parameters
    ----------
    blocks : Blocks
    random_state : RandomState
    most : int
    mixture : Mixture
        Tells which columns of the design are the scaled ones.

    Returns
    -------
    Sample
    """
    rows, weight = blocks.distinct(max(_DISTINCT_ROWS, 2 * most))
    X, y, _ = blocks.first()
    size, record = features(mixture, X).shape[1], mixture.record
    n_keys = size + 1 + y.shape[1] + record.counted
    # Two projections: in float32, of one alone some different rows have the same.
    directions = [like(random_state.uniform(-1, 1, size=n_keys), X) for _ in range(2)]

    def project(X, y, weight):
        xp = array_namespace(X)
        table = features(mixture, X)
        y = _freed(mixture, X, y)
        if record.counted:
            own = X[:, record.offsets : record.offsets + 1]
            y = xp.concat([y, own.toarray() if is_sparse(own) else own], axis=1)
        if is_sparse(X):
            return xp.stack([table @ v[:size] + y @ v[size + 1 :] for v in directions], axis=1)
        table = xp.concat([table, X[:, -1:], y], axis=1)
        # Sums of products, not a matrix product: equal rows get equal bits wherever they stand.
        return xp.stack([xp.sum(table * v, axis=1) for v in directions], axis=1)

    found = blocks.some(rows)
    keys = host(found.map(project)).astype(np.float64)
    # What is put in order and drawn is a row, or a group of them.
    begins = found.begins if found.grouped else np.arange(len(rows))
    size = np.diff(begins, append=len(rows))
    if found.grouped:
        within = np.lexsort((*keys.T[::-1], np.repeat(begins, size)))
        found, keys = found.within_groups(within), keys[within]
    most = groups_among(len(begins), len(rows), most) if found.grouped else most
    first_key, second_key = np.add.reduceat(keys, begins).T
    order = np.lexsort((second_key, first_key))
    weight, n_distinct = weight[begins][order], len(order)
    if n_distinct > most:
        edges = np.cumsum(weight)
        at = (np.arange(most) + random_state.uniform()) * (edges[-1] / most)
        order = order[np.searchsorted(edges, at, side="right").clip(max=n_distinct - 1)]
        weight = np.full(most, edges[-1] / most)
    rows, weight = all_of(begins[order], size[order]), np.repeat(weight, size[order])
    return Sample(found.take(rows, weight), n_distinct, n_distinct <= most)


def features(mixture, X):
    """Scaled columns of a design: without the constant, and the raw columns that come before."""
    X = mixture.seen(X).X
    first = X.shape[1] // 2 if mixture.gate.raw or mixture.expert.raw else 0
    return X[:, first:-1]


def told(mixture, X, y):
    """Targets on the host as numbers between which distances make sense, freed of offsets."""
    return mixture.expert.family.as_table(host(_freed(mixture, X, y)).astype(np.float64))


def _freed(mixture, X, y):
    """Targets less what known terms of the predictors explain."""
    offset = mixture.offset(X)
    return y if offset is None else mixture.expert.family.freed(y, offset)


def sketch(mixture, X):
    """The scaled columns of a design on the host; of a sparse one, a few that hold most of it."""
    table = host(features(mixture, X)).astype(np.float64)
    if not is_sparse(table):
        return table
    size = min(_SKETCH, *(length - 1 for length in table.shape))
    if size < 1:
        return table.toarray()
    # Of a table of zeros it divides zero by zero, for shares of the variance that nobody reads.
    with np.errstate(invalid="ignore"):
        return TruncatedSVD(size, random_state=0).fit_transform(table)
