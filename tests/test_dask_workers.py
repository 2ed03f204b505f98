"""Partitions on the workers of a Dask cluster: what is held, what comes back, what is said."""

import importlib
import os
import pickle
import signal
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("distributed", reason="the extra dask is not installed")

import dask
import dask.array as da
import dask.dataframe as dd
from distributed import Client, get_worker, wait

from skmoe._rows.blocks import thread_pools
from skmoe._rows.statistics import fold
from skmoe.dask._partitions import partitions, rows_of_partitions
from skmoe.dask._workers import Workers

# Releases before 2026 say so of every local pass while the cluster of these tests stands.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Running on a single-machine scheduler when a distributed client is active:UserWarning"
)

N_PARTS, LENGTH = 11, 20
QUIET = {"dashboard_address": ":0", "silence_logs": 50}  # any free port
X = np.random.default_rng(0).normal(size=(N_PARTS * LENGTH, 3))


@pytest.fixture(params=["cluster", "threads", "synchronous"])
def team(request):
    """Workers of a cluster, and of schedulers in this process."""
    if request.param == "cluster":
        with Workers(request.getfixturevalue("client")) as team:
            yield team
    else:
        with dask.config.set(scheduler=request.param):
            yield Workers()


def made(index, X, y, weight):
    return index, X, y, weight


def total(part, factor=1.0):
    return factor * part[1].sum(0)


def slow_total(part, seconds):
    time.sleep(seconds)
    return total(part)


def content(part):
    return part


def collected(team, *data):
    """Partitions as they arrive at the workers."""
    return team.each(content, team.hold(made, partitions(*data)))


def array(rows=X, length=LENGTH):
    return da.from_array(rows, chunks=(length, *rows.shape[1:]))


def unknown(x):
    """The same array, of whose partitions dask does not know the lengths."""
    return da.concatenate([x[:LENGTH][x[:LENGTH, 0] == x[:LENGTH, 0]], x[LENGTH:]])


def tasks_known(client):
    return client.run_on_scheduler(lambda dask_scheduler: set(dask_scheduler.tasks))


def eventually(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def kill_a_worker(client):
    os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)


# What comes back


def test_results_come_in_order_and_folds_have_the_bits_of_one_process(team):
    parts = team.hold(made, partitions(array()))
    expected = [3.0 * X[i * LENGTH : (i + 1) * LENGTH].sum(0) for i in range(N_PARTS)]
    np.testing.assert_array_equal(team.each(total, parts, 3.0), expected)
    np.testing.assert_array_equal(team.fold(total, parts, 3.0), fold(expected))
    np.testing.assert_array_equal(team.fold(total, parts[:1]), team.each(total, parts[:1])[0])


@pytest.mark.parametrize("number", [1, 7, 8, 9, 63, 64, 65, 100])
def test_a_tree_of_folds_is_the_pairwise_fold(number):
    with dask.config.set(scheduler="synchronous"):
        told = Workers().fold(Bracket, list(range(number)))
    assert str(told) == str(fold(map(Bracket, range(number))))


class Bracket:
    """What was added to what."""

    def __init__(self, *parts):
        self.parts = parts

    def __add__(self, other):
        return Bracket(self, other)

    def __str__(self):
        return f"({' '.join(map(str, self.parts))})"


def test_large_arguments_travel_apart_and_say_the_same(team):
    parts = team.hold(made, partitions(array()))
    large = np.arange(1_500_000.0)  # Dask warns of graphs of more than 10 MB
    assert team.each(lambda part, x: part[0] + x.sum(), parts, large) == [
        i + large.sum() for i in range(N_PARTS)
    ]


def test_arguments_arrive_as_they_were_sent(team):
    """Dask would open lists and dictionaries in search of collections."""
    sent = ({"a": [1, (2, 3)]}, (None,), array())
    (arrived,) = team.each(
        lambda part, *extra: extra, team.hold(made, partitions(array()))[:1], *sent
    )
    assert arrived[:2] == sent[:2] and type(arrived[2]) is da.Array


def blas_threads(*_):
    return max(pool["num_threads"] for pool in thread_pools().info() if pool["user_api"] == "blas")


def test_a_task_in_this_process_has_one_blas_thread():
    def seen():
        yield Workers()
        with Client(n_workers=1, threads_per_worker=2, processes=False, **QUIET) as client:
            yield Workers(client)

    with thread_pools().limit(limits=2):
        for team in seen():
            parts = team.hold(blas_threads, partitions(array()))
            assert team.each(lambda part: (part, blas_threads()), parts) == [(1, 1)] * N_PARTS
            assert blas_threads() == 2


# What is taken


@pytest.mark.parametrize("columns", [3, 1])
def test_chunks_of_columns_are_put_together_and_rows_cut_as_those_of_X(team, columns):
    x, y, w = X, X[:, :2], X[:, 0]
    parts = collected(
        team, da.from_array(x, (LENGTH, columns)), da.from_array(y, (7, 1)), da.from_array(w, 50)
    )
    assert [part[0] for part in parts] == list(range(N_PARTS))
    for position, expected in enumerate((x, y, w), 1):
        np.testing.assert_array_equal(np.concatenate([p[position] for p in parts]), expected)
    assert all(len(part[1]) == len(part[2]) == len(part[3]) == LENGTH for part in parts)


def test_frames_and_arrays_mix_and_partitions_may_be_empty(team):
    frame = pd.DataFrame(X, columns=["a", "chunks", "ndim"])
    frames = dd.from_pandas(frame, npartitions=4)
    some = frames[frames["a"] > frames["a"].partitions[0].max() - 1e-9]
    for x, y, w in (
        (frames[["a"]], frames["chunks"], None),
        (frames[["a", "chunks"]], frames["a"].to_dask_array(lengths=True), frames["chunks"]),
        (array(X, 55), frames["chunks"], None),
        (unknown(array(X)), None, array(X[:, 0], LENGTH)),
        (some, some["chunks"], some["a"].to_dask_array()),
    ):
        given = [None if data is None else data.compute() for data in (x, y, w)]
        parts = collected(team, x, y, w)
        assert len(parts) == x.npartitions
        for position, data in enumerate(given, 1):
            if data is None:
                assert all(part[position] is None for part in parts)
            else:
                assert all(type(part[position]) is type(data) for part in parts)
                rows = np.concatenate([np.asarray(part[position]) for part in parts])
                np.testing.assert_array_equal(rows, np.asarray(data))


def test_columns_of_parquet_files_are_taken_file_by_file(tmp_path):
    """Dask would join files of which few columns are read, of X others than of y."""
    frame = pd.DataFrame(np.hstack([X, X, X]), columns=list("abcdefghi"))
    for i in range(N_PARTS):
        frame[i * LENGTH : (i + 1) * LENGTH].to_parquet(tmp_path / f"{i:02}.parquet")
    frames = dd.read_parquet(tmp_path)
    with dask.config.set(scheduler="synchronous"):
        parts = collected(Workers(), frames[["a", "b"]], frames["c"])
        assert rows_of_partitions(frames[["a"]]) == [None] * N_PARTS
    for _, x, y, _ in parts:
        np.testing.assert_array_equal(np.column_stack([x, y]), frame.loc[x.index, list("abc")])
    assert [len(x) for _, x, *_ in parts] == [LENGTH] * N_PARTS


@pytest.mark.parametrize(
    "data, error, said",
    [
        ((X,), TypeError, r"^X is a ndarray: dask arrays, DataFrames and Series .* MoERegressor"),
        ((array(), pd.Series(X[:, 0])), TypeError, "^y is a Series: .*from_pandas"),
        ((array(), None, [1.0]), TypeError, "^sample_weight is a list"),
        ((dask.delayed(array)(),), TypeError, "^X is a Delayed:"),
        ((array(), array()[:-1]), ValueError, "^y has 219 rows and X has 220: .* Give"),
        (
            (unknown(array()), array(X[:, 0], 50)),
            ValueError,
            "^y has 5 partitions and X has 11: .*compute_chunk_sizes",
        ),
        (
            (unknown(array()), None, array(X[:, 0])[5:].rechunk(LENGTH)),
            ValueError,
            "^Partition 10 has 20 rows of X and 15 of sample_weight: .*compute_chunk_sizes",
        ),
    ],
)
def test_what_is_wrong_with_data_is_said(team, data, error, said):
    with pytest.raises(error, match=said):
        team.hold(made, partitions(*data))


# Faults


class Odd(Exception):
    def __init__(self, text, number):
        super().__init__(text)
        self.number = number

    def __reduce__(self):
        return Odd, (self.args[0], self.number)


def test_an_exception_arrives_as_itself(team):
    def make(index, *rows):
        if index == 3:
            raise Odd(f"partition {index} is odd", 3)
        return index

    def f(part):
        return make(part + 1)

    with pytest.raises(Odd) as caught:
        team.hold(make, partitions(array()))
    assert str(caught.value) == "partition 3 is odd" and caught.value.number == 3
    parts = team.hold(lambda index, *_: index, partitions(array()))
    for verb in (team.each, team.fold):
        with pytest.raises(Odd, match=r"^partition 3 is odd$"):
            verb(f, parts)
    assert team.each(abs, parts) == list(range(N_PARTS))


def test_nothing_stays_of_a_pass_nor_after_release(client):
    before = tasks_known(client)
    with Workers(client) as team:
        parts = team.hold(made, partitions(array()))
        assert eventually(lambda: len(tasks_known(client) - before) >= N_PARTS)
        held = tasks_known(client)
        team.each(total, parts)
        team.fold(total, parts, np.ones(50_000)[:1])
        with pytest.raises(ZeroDivisionError):
            team.each(lambda part: 1 // part[0], parts)
        assert eventually(lambda: tasks_known(client) <= held)
    assert eventually(lambda: tasks_known(client) <= before)
    with pytest.raises(RuntimeError, match=r"^Partitions are gone .* cancelled"):
        team.each(total, parts)


def test_partitions_of_a_failed_hold_are_let_go(client):
    before = tasks_known(client)
    with pytest.raises(ZeroDivisionError):
        Workers(client).hold(lambda index, *_: 1 // (index - 3), partitions(array()))
    assert eventually(lambda: tasks_known(client) <= before)


@pytest.mark.parametrize("verb", ["fold", "hold"])
def test_an_interrupted_pass_is_let_go(client, verb, keyboard):
    def interrupt():
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    def slow(*_):
        time.sleep(0.1)

    with Workers(client) as team:
        parts = team.hold(made, partitions(array()))
        held = tasks_known(client)
        threading.Timer(0.15, interrupt).start()
        with pytest.raises(KeyboardInterrupt) as caught:
            team.hold(slow, partitions(array())) if verb == "hold" else getattr(team, verb)(
                slow, parts
            )
        assert eventually(lambda: tasks_known(client) <= held) and caught.tb
        np.testing.assert_allclose(team.fold(total, parts), X.sum(0))


def test_a_client_that_cannot_serve_is_told(client):
    with Client(client.scheduler.address, set_as_default=False) as other:
        team = Workers(other)
        parts = team.hold(made, partitions(array()))
    for use in (lambda: team.each(total, parts), lambda: team.hold(made, partitions(array()))):
        with pytest.raises(RuntimeError, match=r"^The Dask client is closed, .* Connect"):
            use()
    team.release()
    with pytest.raises(RuntimeError, match=r"^The Dask client is closed"):
        Workers(other)
    with pytest.raises(TypeError, match=r"^client is a str: a distributed.Client is taken"):
        Workers("localhost:8786")


def test_a_client_that_closes_in_a_pass_is_told(client):
    other = Client(client.scheduler.address, set_as_default=False)
    team = Workers(other)
    parts = team.hold(made, partitions(array()))
    timer = threading.Timer(0.15, other.close)
    timer.start()
    with pytest.raises(RuntimeError, match=r"^The Dask client is clos\w+, .* Connect"):
        team.each(slow_total, parts, 0.1)
    timer.join()


def test_the_current_client_is_taken(client):
    assert Workers().client is client
    with dask.config.set(scheduler="threads"):
        assert Workers().client is None


def test_what_to_install_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "skmoe.dask")
    with pytest.raises(ImportError, match=r"pip install 'skmoe\[dask\]'"):
        importlib.import_module("skmoe.dask")


def test_no_connection_gets_into_a_pickle(client):
    for team in (Workers(client), Workers(None)):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(team)


def test_a_task_may_have_passes_of_its_own(client):
    """As whole fits do that joblib's Dask backend spreads, more of them than there are threads."""

    def inner(number):
        with Workers() as team:
            assert team.client is not None and get_worker()
            parts = team.hold(made, partitions(array()))
            return sum(team.fold(total, parts, float(number)).sum() for _ in range(2))

    futures = client.map(inner, range(5), pure=False)
    wait(futures, timeout=30)  # where they wait for one another, they wait for ever
    expected = [2 * number * X.sum() for number in range(5)]
    np.testing.assert_allclose(client.gather(futures), expected)


def _lost(client, seconds=0.0):
    """Kill a worker now, or in the middle of a pass."""
    if seconds:
        timer = threading.Timer(seconds, kill_a_worker, (client,))
        timer.start()
    else:
        kill_a_worker(client)


@pytest.mark.full
@pytest.mark.parametrize("seconds", [0.0, 0.3])
@pytest.mark.parametrize("persisted", [False, True])
def test_partitions_that_a_worker_lost_are_made_again_with_the_same_bits(
    own_client, seconds, persisted
):
    x = own_client.persist(array()) if persisted else array()
    with Workers(own_client) as team:
        parts = team.hold(made, partitions(x, x[:, 0]))
        expected, each = team.fold(total, parts), team.each(total, parts)
        for _ in range(2):
            _lost(own_client, seconds)
            np.testing.assert_array_equal(team.fold(slow_total, parts, 0.1), expected)
            np.testing.assert_array_equal(team.each(total, parts), each)
            own_client.wait_for_workers(2)


@pytest.mark.full
@pytest.mark.parametrize("seconds", [0.0, 0.3])
def test_scattered_data_that_are_lost_are_told(own_client, seconds):
    blocks = own_client.scatter(np.split(X, N_PARTS), hash=False)
    shape = (LENGTH, X.shape[1])
    x = da.concatenate([da.from_delayed(dask.delayed(b), shape, float) for b in blocks])
    with Workers(own_client) as team:
        parts = team.hold(made, partitions(x))
        np.testing.assert_allclose(team.fold(total, parts), X.sum(0))
        _lost(own_client, seconds)
        with pytest.raises(RuntimeError, match=r"^Partitions are gone .*client.scatter.*Load"):
            team.fold(slow_total, parts, 0.1)
        with pytest.raises(RuntimeError, match=r"^Partitions are gone .*client.scatter.*Load"):
            team.hold(made, partitions(x))


@pytest.mark.full
def test_a_cluster_that_closes_is_told(own_client):
    team = Workers(own_client)
    parts = team.hold(made, partitions(array()))
    threading.Timer(0.15, own_client.cluster.close).start()
    with pytest.raises(RuntimeError, match=r"^The Dask client is \w+, .* Connect"):
        team.each(slow_total, parts, 0.1)
    with pytest.raises(RuntimeError, match=r"^The Dask client is \w+, .* Connect"):
        team.each(total, parts)
