"""Rows in blocks: what is told apart, what is drawn, and how much memory that takes."""

import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, active_count, current_thread

import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn import config_context, get_config

from skmoe import MoEClassifier, MoERegressor
from skmoe._rows import blocks as _blocks
from skmoe._rows.blocks import ArrayBlocks, in_threads, thread_pools
from skmoe._rows.distinct import row_hashes
from skmoe.experts import LinearExpert
from skmoe.gates import SoftmaxGate
from skmoe.testing._backends import as_host

from .choosing import STRICT
from .data import two_lines

TABLES = {
    "whole numbers": np.indices((60, 60)).reshape(2, -1).T,
    "zeros and ones": np.indices((2,) * 12).reshape(12, -1).T,
    "powers of two": 2.0 ** np.arange(-1000, 1000)[:, None],
    "one column constant": np.c_[np.ones(4000), np.arange(4000) * 1024.0],
    "signs": np.arange(1, 4000)[:, None] * np.array([[1.0], [-1.0]])[np.arange(3999) % 2],
}


def drawn(X, y, weight, most, **options):
    """Rows of a sample of distinct rows, in an order of their own, and their weights."""
    rows, weight = ArrayBlocks(X, y, weight, **options).distinct(most)
    table = np.hstack([X, y])[rows]
    order = np.lexsort(table.T)
    return table[order], weight[order]


@pytest.mark.parametrize("name", TABLES)
def test_hashes_are_spread_and_tell_all_rows_apart(name):
    hashes = row_hashes(TABLES[name])
    n_rows = len(hashes)
    assert len(np.unique(hashes)) == n_rows
    for bits in (hashes >> np.uint64(60), hashes % np.uint64(16)):
        counts = np.bincount(bits.astype(int), minlength=16)
        assert np.sum((counts - n_rows / 16) ** 2) / (n_rows / 16) < 45  # chi2(15): 1 in 13,000


def test_a_hash_is_one_of_content():
    rng = np.random.default_rng(0)
    X = rng.integers(-2, 3, size=(500, 6)) * 0.5
    y = rng.standard_normal((500, 1)).astype(np.float32).astype(float)
    hashes = row_hashes(X, y)
    assert_array_equal(row_hashes(np.where(X == 0, -0.0, X), y), hashes)
    assert_array_equal(row_hashes(np.asfortranarray(X.astype(np.float32)), np.float32(y)), hashes)
    assert_array_equal(row_hashes(csr_array(X), y), hashes)
    explicit = csr_array(np.where(X == 0, 7.0, X))
    explicit.data[explicit.data == 7] = 0
    # Entries in another order, and one that is the sum of two.
    columns = np.argsort(rng.uniform(size=X.shape), axis=1)
    starts = np.arange(0, 3001, 6)
    turned = csr_array((np.take_along_axis(X, columns, 1).ravel(), columns.ravel(), starts))
    halves = np.concatenate([X, X], axis=1) / 2
    twice = csr_array((halves.ravel(), np.tile(np.arange(6), 1000), 2 * starts), shape=X.shape)
    for table in (explicit, turned, twice):
        assert_array_equal(row_hashes(table, y), hashes)
    swapped = X[:, ::-1].copy()
    assert_array_equal(row_hashes(swapped, y) != hashes, np.any(swapped != X, axis=1))
    missing = np.array([[np.nan, 1.0], [-np.nan, 1.0], [1.0, np.nan], [0.0, 1.0]])
    first, same, other, zero = row_hashes(missing)
    assert first == same
    assert len({first, other, zero}) == 3


@pytest.mark.parametrize("kind", [np.asarray, csr_array])
def test_all_rows_are_found_with_their_weights(kind):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 4, size=(5000, 3)) * 1.0, rng.integers(0, 2, size=(5000, 1)) * 1.0
    weight = rng.integers(0, 3, size=5000) * (X[:, 0] > 0)
    rows, found = ArrayBlocks(kind(X), y, weight, length=700).distinct(200)
    table = np.hstack([X, y])
    expected, index = np.unique(table, axis=0, return_inverse=True)
    total = np.bincount(index.ravel(), weight)
    order = np.lexsort(table[rows].T[::-1])
    assert_array_equal(table[rows][order], expected[total > 0])
    assert_array_equal(found[order], total[total > 0])


@pytest.mark.parametrize("most", [100, 999])
def test_a_sample_is_one_of_distinct_rows_and_weights(most):
    """In any order, cut in any way, repeated or weighted, by one thread or two."""
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((1000, 2)), rng.standard_normal((1000, 1))
    weight = rng.integers(1, 5, size=1000) * 1.0
    weight[:5] = 300
    table, total = drawn(X, y, weight, most)
    assert len(table) == len(np.unique(table, axis=0)) == most
    assert_allclose(total.sum(), weight.sum())
    times = weight.astype(int)
    many = [table.repeat(times, axis=0) for table in (X, y)]
    order = rng.permutation(len(many[0]))
    for given in (
        drawn(X[::-1], y[::-1], weight[::-1], most, length=37),
        drawn(X, y, weight, most, length=9, n_jobs=2),
        drawn(*many, None, most),
        drawn(*(table[order] for table in many), None, most, length=64),
    ):
        assert_array_equal(given[0], table)
        assert_allclose(given[1], total, rtol=1e-12)


def test_common_rows_are_in_a_sample_of_very_many():
    """Half the weight lies on three of 40,000 rows, which a sample of one in 80 would miss."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((40_000, 2)), np.zeros((40_000, 1))
    weight = np.ones(40_000)
    common = rng.permutation(40_000)[:3]
    weight[common] = [20_000, 15_000, 5_000]
    rows, total = ArrayBlocks(X, y, weight).distinct(500)
    kept = dict(zip(rows.tolist(), total, strict=True))
    assert_allclose([kept[row] for row in common], weight[common], rtol=0.15)
    assert max(own for row, own in kept.items() if row not in common) < 0.01 * weight.sum()
    # Means are those of the whole, within four standard errors.
    rest = np.setdiff1d(rows, common)
    mean = np.average(X[rest], weights=[kept[row] for row in rest], axis=0)
    assert np.all(np.abs(mean) < 4 / 500**0.5)


def test_rows_are_told_apart_in_another_library():
    X, y = two_lines(300)
    X, y = np.round(X), np.round(y)[:, None]
    rows, weight = ArrayBlocks(X, y).distinct(1000)
    theirs = ArrayBlocks(STRICT.array(X), STRICT.array(y)).distinct(1000)
    assert_array_equal(theirs[0], rows)
    assert_array_equal(theirs[1], weight)


def test_answers_of_blocks_stand_where_their_rows_do():
    X, y = two_lines(500)
    for array in (np.asarray, STRICT.array):
        blocks = ArrayBlocks(array(X), array(y[:, None]), length=64)
        tables = blocks.map(lambda X, y, weight: (X * 2, y[:, 0] > 0))
        for table, expected in zip(tables, (2 * array(X), array(y) > 0), strict=True):
            assert type(table) is type(expected)
            assert_array_equal(as_host(table), as_host(expected))


def peak_of(call, times=1):
    """Largest memory that is taken during a call, in bytes, and its answer.

    Of several calls the least: threads of other tests, such as those of a cluster, take some too.
    """
    peaks = []
    for _ in range(times):
        tracemalloc.start()
        answer = call()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return min(peaks), answer


# Besides, sketches and sums grow with the logarithm of the number of blocks.
@pytest.mark.parametrize("kind", [MoERegressor, MoEClassifier])
@pytest.mark.parametrize(
    ("n", "bytes_per_row"), [(98_304, 24), pytest.param(655_360, 4, marks=pytest.mark.full)]
)
def test_a_fit_of_many_rows_in_a_file_takes_no_more_memory(
    kind, n, bytes_per_row, tmp_path, monkeypatch
):
    """A further row adds no number of its own: eight bytes for a column, y, a sort or an order.

    But those of prepared rows that are kept, which have a bound.
    """
    monkeypatch.setattr(_blocks, "_KEPT_NUMBERS", 0)
    X, y = two_lines(n)
    y = y if kind is MoERegressor else np.digitize(y, [0])
    np.save(tmp_path / "X.npy", X)
    X = np.load(tmp_path / "X.npy", mmap_mode="r")
    parts = {"gate": SoftmaxGate(alpha=0.1), "expert": LinearExpert(alpha=0.1)}
    model = kind(2, **parts, init="planes", tol=1e-2, random_state=0)
    few, many = (peak_of(lambda n=n: model.fit(X[:n], y[:n]))[0] for n in (n // 2, n))
    assert many - few < bytes_per_row * (n - n // 2)


def test_rows_that_are_looked_at_again_are_prepared_once_as_far_as_there_is_room(monkeypatch):
    prepared = []

    def prepare(X, y):
        prepared.append(X[0, 0])
        return 2 * X, y

    def passes(room, length=10):
        monkeypatch.setattr(_blocks, "_KEPT_NUMBERS", room)
        blocks = ArrayBlocks(np.arange(120.0).reshape(60, 2), prepare=prepare, length=length)
        prepared.clear()
        totals = [float(blocks.sum(lambda X, y, weight: X.sum())) for _ in range(4)]
        assert totals == [2 * sum(range(120))] * 4
        return len(prepared)

    # Six blocks of twenty numbers: twice each, the second time to stay; those without room always.
    assert passes(120) == 12
    assert passes(80) == 4 * 2 + 2 * 4
    assert passes(0) == 2 * 2 + 4 * 4


def test_answers_are_held_once():
    X, y = two_lines(60_000)
    model = MoERegressor(2, random_state=0).fit(X[:500], y[:500])
    labels = MoEClassifier(2, random_state=0).fit(X[:500], np.digitize(y[:500], [0, 1]))
    for answer in (
        model.gate_proba,
        model.predict,
        model.predict_experts,
        lambda X: model.score_samples(X, y[: len(X)]),
        lambda X: model.predict_dist(X).eta,
        labels.predict_proba,
        labels.predict_log_proba,
        labels.predict,
    ):
        few, many = (peak_of(lambda n=n, answer=answer: answer(X[:n]), 3) for n in (20_000, 60_000))
        # The log weights of a distribution are as large as the predictors.
        times = 2 if many[1].ndim == 3 and many[1].shape[2] == 1 else 1
        assert many[0] - few[0] < 1.2 * times * (many[1].nbytes - few[1].nbytes)


def blas_threads():
    """Most cores that a product of matrices takes."""
    pools = thread_pools().info()
    return max(pool["num_threads"] for pool in pools if pool["user_api"] == "blas")


@pytest.mark.parametrize("n_jobs", [None, 1, 2, 3])
def test_a_product_within_a_pass_takes_one_core(n_jobs):
    """Also where a pass ends within another, of the same thread or of one of several."""
    blocks = ArrayBlocks(np.ones((60, 2)), length=10, n_jobs=n_jobs)
    few = ArrayBlocks(np.ones((20, 2)), length=10, n_jobs=n_jobs)

    def seen(X, y, weight):
        within = few.map(lambda X, y, weight: np.full((10, 1), blas_threads())).max()
        return np.full((10, 1), max(within, blas_threads()))

    with thread_pools().limit(limits=2):
        assert_array_equal(blocks.map(seen), np.ones((60, 1)))
        assert blas_threads() == 2


def test_any_thread_holds_products_at_one_core_and_the_last_lets_them_go():
    """The first to enter, which goes on living, leaves before the other does."""
    first, second = Event(), Event()
    blocks = ArrayBlocks(np.ones((20, 2)), length=10)

    def beginning(X, y, weight):
        first.set()
        assert second.wait(30)
        return np.full((10, 1), blas_threads())

    def ending(X, y, weight):
        second.set()
        begun.result()
        return np.full((10, 1), blas_threads())

    with thread_pools().limit(limits=2), ThreadPoolExecutor(1) as pool:
        begun = pool.submit(blocks.map, beginning)
        assert first.wait(30)
        assert_array_equal(blocks.map(ending), np.ones((20, 1)))
        assert_array_equal(begun.result(), np.ones((20, 1)))
        assert blas_threads() == 2
        assert (
            pool.submit(blocks.map, lambda *block: np.full((10, 1), blas_threads())).result().max()
            == 1
        )
        with thread_pools().limit(limits=3):
            assert blas_threads() == 3
        assert blas_threads() == 2


def test_results_of_threads_come_in_order_whoever_is_first():
    """Every thread takes part, that of the caller as well, and none runs far ahead."""
    both, read, names = Barrier(3, timeout=30), [], set()

    def items():
        for index in range(40):
            read.append(index)
            yield (index,)

    def task(index):
        names.add(current_thread().name)
        if index < 3:
            both.wait()
        time.sleep(0.002 * (index % 3 == 0))
        return index

    for expected, result in enumerate(in_threads(task, items(), 3)):
        assert result == expected
        assert len(read) <= expected + 7
    assert len(names) == 3 and current_thread().name in names


@pytest.mark.parametrize("bad", [0, 1, 7, 19])
def test_an_error_in_a_thread_is_told_and_ends_them_all(bad):
    before = active_count()

    def task(index):
        if index == bad:
            raise ZeroDivisionError(index)
        return index

    results = in_threads(task, zip(range(20)), 3)
    with pytest.raises(ZeroDivisionError, match=str(bad)):
        for expected, result in enumerate(results):
            assert result == expected < bad
    assert active_count() == before


def test_threads_have_the_settings_of_their_caller():
    def task(index):
        return get_config()["assume_finite"], np.geterr()["over"]

    with config_context(assume_finite=True), np.errstate(over="raise"):
        assert set(in_threads(task, zip(range(20)), 3)) == {(True, "raise")}


@pytest.mark.parametrize(("n_jobs", "backend", "n_threads"), [(2, "loky", 2), (8, "sequential", 1)])
def test_threads_are_as_many_as_joblib_allows(n_jobs, backend, n_threads):
    names = set()

    def task(index):
        time.sleep(0.001)
        names.add(current_thread().name)

    with parallel_config(backend):
        list(in_threads(task, zip(range(20)), n_jobs))
    assert len(names) == n_threads
