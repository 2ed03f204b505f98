"""One data set, held in an array, by a reader or on a cluster: the same answers to all verbs."""

from importlib.util import find_spec
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from skmoe._rows.arrays import block_length
from skmoe._rows.blocks import ArrayBlocks
from skmoe._rows.reading import ReaderBlocks
from skmoe._rows.scaling import largest_value, learn_scaling, mean_scaling
from skmoe._rows.statistics import Branches, fold
from skmoe._rows.weights import WeightTotals, counted_weight

LENGTH, N = 16, 100
R = np.random.default_rng(0)
# Some rows come back, some have no weight.
X = np.round(R.normal(size=(N, 3)) * 2) / 2 * (R.uniform(size=(N, 3)) < 0.7) + [0.0, 1.0, 0.0]
X[60:80], X[5] = X[20:40], [9.0, 9.0, 9.0]
Y = np.round(R.gamma(2.0, size=(N, 2))) / 3
Y[60:80] = Y[20:40]
WEIGHT = R.integers(0, 4, N) * 0.7
WEIGHT[5] = 0.0

TABLES = {
    "plain": (X, Y, None),
    "weighted": (X, Y, WEIGHT),
    "single": tuple(table.astype(np.float32) for table in (X, Y, WEIGHT)),
    "sparse": (csr_array(X), Y, WEIGHT),
    "columns": (np.asfortranarray(X), np.asfortranarray(Y), WEIGHT),
}

# Rows of batches and of partitions. Blocks are cut across the borders of batches, but end where a
# partition does: of the last cluster they are not those in memory.
SIZES = {
    "memory": None,
    "reader of single rows": [1] * N,
    "reader of odd batches": [7] * 14 + [2],
    "reader of one batch": [N],
    "reader of whole blocks": [32, 16, 48, 4],
    "cluster of whole blocks": [48, 32, 20],
    "cluster of odd partitions": [10, 33, 1, 56],
}


def pieces(sizes, *tables):
    edges = np.cumsum([0, *sizes])
    for start, stop in pairwise(edges):
        yield [None if table is None else table[start:stop] for table in tables]


def held_by(holder, X, y, weight, n_jobs=None):
    """The rows in a holder."""
    if holder == "memory":
        return ArrayBlocks(X, y, weight, n_jobs=n_jobs)
    parts = list(pieces(SIZES[holder], X, y, weight))
    if holder.startswith("reader"):

        def batches():
            yield from map(tuple, parts)

        return ReaderBlocks(batches, X.shape[0], weight is not None, block_length(X), n_jobs)
    from skmoe.dask._blocks import ClusterBlocks, Partition
    from skmoe.dask._workers import Workers

    workers = Workers()
    held = workers.hold(Partition, parts)
    return ClusterBlocks(workers, held, SIZES[holder], weight is not None, block_length(X))


CLUSTERS = find_spec("distributed") is not None
# Pieces of single rows are laid out in another way than the table.
LAID_OUT = ("reader of single rows", "columns")
CASES = [
    # Every holder and every kind of tables, and by default each kind in one or two holders.
    pytest.param(
        (holder, kind),
        id=f"{holder} {kind}",
        marks=[]
        if kind == "weighted" or (i + j) % 5 == 1 or (holder, kind) == LAID_OUT
        else [pytest.mark.full],
    )
    for i, holder in enumerate(SIZES)
    for j, kind in enumerate(TABLES)
    if not holder.startswith("cluster") or (CLUSTERS and kind != "sparse")
]


@pytest.fixture(autouse=True)
def short_blocks(monkeypatch):
    monkeypatch.setattr("skmoe._rows.arrays._CPU_ROWS", LENGTH)
    monkeypatch.setattr("skmoe._rows.arrays._SPARSE_ROWS", 2 * LENGTH)


@pytest.fixture(params=CASES)
def case(request):
    """Rows in a holder, the same in memory, plain tables, and whether blocks are cut alike."""
    holder, kind = request.param
    tables = TABLES[kind]
    plain = [dense(table) for table in tables[:2]]
    plain.append(np.ones(N) if tables[2] is None else tables[2])
    alike = holder != "cluster of odd partitions"
    if not holder.startswith("cluster"):
        yield held_by(holder, *tables), ArrayBlocks(*tables), plain, alike
        return
    import dask

    with dask.config.set(scheduler="synchronous"):
        yield held_by(holder, *tables), ArrayBlocks(*tables), plain, alike


def dense(table):
    return table.toarray() if isinstance(table, csr_array) else table


def same_rows(blocks, X, y, weight):
    """Whether the tables of one block are these rows."""
    for found, expected in zip(blocks, (X, y, weight), strict=True):
        assert found.dtype == X.dtype or expected is weight
        assert_array_equal(dense(found), expected)


def moments(X, y, weight):
    """A statistic with products; X is laid out in one way, as a design always is."""
    X = X if isinstance(X, csr_array) else np.ascontiguousarray(X)
    return weight.sum(), X.T @ (y * weight[:, None]), y.T @ weight


def test_shape_and_first_block(case):
    held, memory, (X, y, weight), _ = case
    assert held.n_rows == N and held.shape == X.shape
    assert held.length == memory.length
    size = memory.length if not held.is_array and hasattr(held, "batches") else None
    for block in (held.first(), held.first_given()):
        n_first = block[0].shape[0]
        assert size in (None, n_first)
        same_rows(block, X[:n_first], y[:n_first], weight[:n_first])


def test_sums_are_those_of_all_rows(case):
    held, memory, (X, y, weight), alike = case
    expected = moments(*(table.astype(float) for table in (X, y, weight)))
    rounding = 1e-12 if X.dtype == np.float64 else 1e-5
    for found, other, exact in zip(held.sum(moments), memory.sum(moments), expected, strict=True):
        assert_allclose(found, exact, rtol=rounding, atol=rounding)
        if alike:
            assert_array_equal(found, other)
    total = held.total_weight()
    assert_allclose(total, weight.astype(float).sum(), rtol=rounding)
    assert not alike or total == memory.total_weight()


def test_every_row_is_given_once_with_its_position(case):
    held, _, (X, y, weight), _ = case
    rows = held.sum_given(lambda *block: [(block[3], *(dense(table) for table in block[:3]))])
    for first, *tables in rows:
        own = slice(first, first + len(tables[0]))
        same_rows(tables, X[own], y[own], weight[own])
    sizes = [len(own[1]) for own in rows]
    assert [own[0] for own in rows] == np.cumsum([0, *sizes[:-1]]).tolist() and sum(sizes) == N


def test_distinct_rows_and_their_weights(case):
    held, memory, (X, y, weight), _ = case
    table = np.hstack([X, y])[weight > 0]
    distinct, first, where = np.unique(table, axis=0, return_index=True, return_inverse=True)
    first = np.flatnonzero(weight > 0)[first]
    rows, found = held.distinct(N)
    order = np.argsort(rows)
    assert_array_equal(rows[order], np.sort(first))
    expected = np.bincount(where.ravel(), weight[weight > 0])[np.argsort(first)]
    assert_allclose(found[order], expected, rtol=1e-12)
    for most in (1, 5, len(distinct), len(distinct) + 1):
        assert held.n_distinct(most) == min(most, len(distinct))
    # A sample is drawn by content: the same rows in any holder, to the last bit.
    few, stands_for = held.distinct(20)
    others = memory.distinct(20)
    assert len(few) == 20
    assert_array_equal(np.sort(few), np.sort(others[0]))
    shares, theirs = ((own / own.sum())[np.argsort(at)] for at, own in ((few, stands_for), others))
    assert_allclose(shares, theirs, rtol=1e-12)
    assert_allclose(stands_for.sum(), held.total_weight(), rtol=1e-12)


@settings(max_examples=5, deadline=None, derandomize=True)
@given(rows=st.lists(st.integers(0, N - 1), min_size=1, max_size=40))
def chosen(held, plain, rows):
    X, y, weight = plain
    some = held.some(np.array(rows))
    same_rows(some.whole(), X[rows], y[rows], weight[rows])
    own = np.arange(1.0, len(rows) + 1)
    same_rows(held.take(np.array(rows), own).whole(), X[rows], y[rows], own)


def test_rows_are_chosen_in_any_order_and_repeated(case):
    held, _, plain, _ = case
    chosen(held, plain)


def test_rows_are_seen_as_they_are_prepared(case):
    held, _, (X, y, weight), _ = case

    def prepare(X, y):
        return dense(X)[:, :2] * 2, y + 1

    seen = held.seen(prepare, 10)
    assert seen.length in (10, held.length) and seen.shape == (N, 2)
    expected = moments(*(table.astype(float) for table in (X[:, :2] * 2, y + 1, weight)))
    rounding = 1e-12 if X.dtype == np.float64 else 1e-5
    for found, exact in zip(seen.sum(moments), expected, strict=True):
        assert_allclose(found, exact, rtol=rounding, atol=rounding)
    # Looked at in another way, rows are still told apart, and chosen, as they are given.
    assert_array_equal(np.sort(seen.distinct(N)[0]), np.sort(held.distinct(N)[0]))
    same_rows(seen.some([3, 1]).whole(), X[[3, 1], :2] * 2, y[[3, 1]] + 1, weight[[3, 1]])
    # ... and the first way is not changed by the second.
    assert held.shape == X.shape


def test_scalings_are_those_of_the_tables(case):
    held, memory, (X, y, weight), alike = case
    rounding = 1e-12 if X.dtype == np.float64 else 1e-5
    w = weight.astype(float)
    mean = w @ y / w.sum()
    targets = learn_scaling(*held.targets(), constant_spread=1.0)
    assert_allclose(targets.center, mean, rtol=rounding)
    assert_allclose(targets.spread, np.sqrt(w @ (y - mean) ** 2 / w.sum()), rtol=rounding)
    means = mean_scaling(*held.targets())
    assert_allclose(means.spread, mean, rtol=rounding)
    columns = learn_scaling(*held.columns(), constant_spread=np.inf)
    if held.length == LENGTH:
        center = w @ X / w.sum()
        assert_allclose(columns.center, center, rtol=rounding, atol=rounding)
        assert_allclose(columns.spread, np.sqrt(w @ (X - center) ** 2 / w.sum()), rtol=rounding)
    else:
        square = w @ (X**2).sum(axis=1) / w.sum()
        assert_allclose(columns.spread, square**0.5, rtol=rounding)
    assert largest_value(held.targets()[0]) == y.max()
    if alike:
        others = (
            learn_scaling(*memory.targets(), constant_spread=1.0),
            mean_scaling(*memory.targets()),
            learn_scaling(*memory.columns(), constant_spread=np.inf),
        )
        for found, other in zip((targets, means, columns), others, strict=True):
            for own, theirs in zip(found, other, strict=True):
                assert_array_equal(own, theirs)


def test_a_reader_shares_its_blocks_among_threads():
    for holder in SIZES:
        if holder.startswith("reader"):
            one, two = (held_by(holder, X, Y, WEIGHT, n_jobs) for n_jobs in (None, 2))
            for own, other in zip(one.sum(moments), two.sum(moments), strict=True):
                assert_array_equal(own, other)


def test_a_table_has_the_same_scaling_however_it_is_laid_out():
    table = R.normal(size=(LENGTH, 3))
    for scaling in (lambda x: learn_scaling(x, None, constant_spread=1.0), mean_scaling_of):
        for own, other in zip(scaling(table), scaling(np.asfortranarray(table)), strict=True):
            assert_array_equal(own, other)


def mean_scaling_of(table):
    return mean_scaling(np.abs(table), None)


# What is put together


class Bracket(str):
    """What was added to what."""

    def __add__(self, other):
        return Bracket(f"({self!s} {other!s})")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(number=st.integers(1, 70), data=st.data())
def test_branches_of_any_cut_are_the_pairwise_fold(number, data):
    cuts = data.draw(st.lists(st.integers(0, number), max_size=6))
    edges = [0, *sorted(cuts), number]
    parts = []
    for start, stop in pairwise(edges):
        own = Branches(start)
        for index in range(start, stop):
            own.append(Bracket(index))
        parts.append(own)
    before = [str(part.branches) for part in parts]
    assert fold(parts).total() == fold(map(Bracket, range(number)))
    # Nothing is changed by being added.
    assert [str(part.branches) for part in parts] == before


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    weight=st.lists(st.floats(0, 1e308, allow_subnormal=True), min_size=2, max_size=30).filter(any),
    scale=st.sampled_from(["given", "shares"]),
    cut=st.integers(1, 29),
)
def test_weights_count_the_same_in_any_cut(weight, scale, cut):
    weight = np.array(weight)
    if scale == "shares":
        weight = weight / weight.max()
        weight /= weight.sum()
    cut = min(cut, len(weight) - 1)
    totals = WeightTotals(weight[cut:]) + WeightTotals(weight[:cut])
    whole = WeightTotals(weight)
    assert (totals.top, totals.total, totals.square) == (whole.top, whole.total, whole.square)
    relative = weight / weight.max()
    assert_allclose([whole.total, whole.square], [relative.sum(), relative @ relative], rtol=1e-12)
    counted = [counted_weight(own, np.float64, totals) for own in (weight[:cut], weight[cut:])]
    assert_array_equal(np.concatenate(counted), counted_weight(weight, np.float64))
