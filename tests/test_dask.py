"""The estimators of a cluster: the fits of those in memory, answers that wait, faults told."""

import os
import pickle
import signal
import threading
import time

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array, csr_matrix
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV

pytest.importorskip("distributed", reason="the extra dask is not installed")

import dask
import dask.array as da
import dask.dataframe as dd
from distributed import Client

from skmoe import HMEClassifier, HMERegressor, MoEClassifier, MoERegressor
from skmoe.dask import DaskHMEClassifier, DaskHMERegressor, DaskMoEClassifier, DaskMoERegressor
from skmoe.experts import LinearExpert, MLPExpert
from skmoe.gates import SoftmaxGate

# Releases before 2026 say so of every local pass while the cluster of these tests stands.
pytestmark = [
    pytest.mark.filterwarnings(
        "ignore:Running on a single-machine scheduler when a distributed client:UserWarning"
    ),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

BLOCK = 8192  # the longest of a dense table
rng = np.random.default_rng(0)
X = rng.normal(size=(2 * BLOCK + 77, 4))
Y = np.abs(X[:, 0]) + 0.2 * rng.normal(size=len(X))
WEIGHT = rng.uniform(0.5, 2, size=len(X))
# The first partition knows other classes than the rest.
LABELS = np.where(np.arange(len(X)) < BLOCK, np.where(Y > 1, "big", "small"), "small")
LABELS[Y > 1.5] = "huge"
SHORT = {"random_state": 0, "max_iter": 8}
NAMES = list("abcd")


@pytest.fixture(autouse=True)
def in_this_process():
    """Without a client, the local scheduler of one thread."""
    with dask.config.set(scheduler="synchronous"):
        yield


def cut(table, rows=BLOCK):
    return da.from_array(table, chunks=(rows, *table.shape[1:]))


def frame():
    """A data frame of which dask does not know the lengths."""
    table = pd.DataFrame(X, columns=NAMES).assign(y=Y, label=LABELS)
    return dd.from_pandas(table, npartitions=3)


def assert_same_fit(ours, theirs):
    """The same fit to the last bit."""
    assert_array_equal(ours._mixture.params, theirs._mixture.params)
    for name in ("n_iter_", "history_", "start_histories_", "log_likelihood_", "problems_"):
        assert getattr(ours, name) == getattr(theirs, name), name


# -- fits ------------------------------------------------------------------------------------------


CASES = {
    "weights": (MoERegressor(2, **SHORT), (X, Y, WEIGHT)),
    "float32": (MoERegressor(2, **SHORT), (X.astype(np.float32), Y.astype(np.float32))),
    "outputs": (MoERegressor(2, **SHORT), (X, np.stack([Y, X[:, 1] - Y], axis=1))),
    "labels": (MoEClassifier(2, class_weight="balanced", **SHORT), (X, LABELS, WEIGHT)),
    "tree of labels": (HMEClassifier(1, **SHORT), (X, LABELS)),
    "grown": (HMERegressor(2, grow=True, **SHORT), (X, Y)),
    "counts": (MoERegressor(2, family="poisson", **SHORT), (X, np.floor(3 * np.abs(Y)))),
    "top_k": (MoERegressor(3, gate="top_k", **SHORT), (X, Y)),
    "gaussian": (MoERegressor(2, gate="gaussian", **SHORT), (X, Y)),
    "networks": (MoERegressor(2, expert=MLPExpert(4), solver="lbfgs", **SHORT), (X, Y)),
    "auto": (MoERegressor("auto", **SHORT), (X, Y)),
    "average": (MoERegressor(2, average=True, n_init=2, **SHORT), (X, Y)),
}
DISTRIBUTED = {
    MoERegressor: DaskMoERegressor,
    MoEClassifier: DaskMoEClassifier,
    HMERegressor: DaskHMERegressor,
    HMEClassifier: DaskHMEClassifier,
}
SLOW = {"grown", "counts", "top_k", "gaussian", "networks", "auto", "average", "tree of labels"}


@pytest.mark.parametrize(
    "case", [pytest.param(n, marks=pytest.mark.full) if n in SLOW else n for n in CASES]
)
def test_whole_blocks_give_the_bits_of_the_fit_in_memory(case):
    model, data = CASES[case]
    plain = clone(model).fit(*data)
    far = DISTRIBUTED[type(model)](**model.get_params(deep=False)).fit(*map(cut, data))
    assert_same_fit(far, plain)
    answer = far.predict(cut(X))
    assert answer.dtype == plain.predict(data[0]).dtype
    assert_array_equal(answer.compute(), plain.predict(X))
    assert_allclose(far.score(*map(cut, data)), plain.score(*data), rtol=1e-12)
    assert_same_fit(far.to_local(), plain)
    assert type(far.to_local()) is type(model)


@pytest.mark.parametrize("kind", [csr_matrix, pytest.param(csr_array, marks=pytest.mark.full)])
def test_sparse_partitions(kind):
    sparse = cut(X).map_blocks(kind)
    model = DaskMoERegressor(2, **SHORT).fit(sparse, cut(Y))
    assert_allclose(
        model.score(sparse, cut(Y)),
        MoERegressor(2, **SHORT).fit(csr_array(X), Y).score(csr_array(X), Y),
        rtol=1e-9,
    )
    assert_array_equal(model.predict(sparse).compute(), model.predict(csr_array(X)))


def test_columns_may_be_cut_and_lengths_unknown(fitted):
    rows, target = da.from_array(X, chunks=(BLOCK, 1)), cut(Y)
    some = rows[:, 0] < 9
    far = DaskMoERegressor(2, **SHORT).fit(rows[some], target[some])
    assert np.isnan(rows[some].shape[0])
    assert_same_fit(far, fitted)
    assert_allclose(far.score(rows, target), fitted.to_local().score(X, Y), rtol=1e-12)


def test_partitions_without_rows_are_passed_over():
    """As filters leave them."""
    few = np.flatnonzero(np.arange(len(X)) // 500 % 3 != 1)
    rows, target, weight = (cut(table, 500) for table in (X, Y, WEIGHT))
    left = da.from_array(np.isin(np.arange(len(X)), few), chunks=500)
    data = [table[left] for table in (rows, target, weight)]
    far = DaskMoERegressor(2, random_state=0).fit(*data)
    plain = MoERegressor(2, random_state=0).fit(X[few], Y[few], WEIGHT[few])
    assert len(few) > BLOCK
    assert_allclose(far.log_likelihood_, plain.log_likelihood_, rtol=1e-9)
    local = far.to_local()
    assert_allclose(far.bic(*data), local.bic(X[few], Y[few], WEIGHT[few]), rtol=1e-12)
    assert_array_equal(far.predict(data[0]).compute(), local.predict(X[few]))


def test_weights_that_are_shares_are_those_of_all_partitions():
    share = WEIGHT / WEIGHT.sum()
    plain = MoERegressor(2, **SHORT).fit(X, Y, share)
    far = DaskMoERegressor(2, **SHORT).fit(cut(X), cut(Y), cut(share))
    assert_allclose(far.log_likelihood_, plain.log_likelihood_, rtol=1e-9)


def test_passes_are_printed_and_told(capsys):
    told = []
    model = DaskMoERegressor(2, random_state=0, max_iter=5, tol=0, verbose=1, n_jobs=2)
    if hasattr(model, "set_callbacks"):
        model.set_callbacks(during(3, lambda: told.append(3)))
        assert hasattr(clone(model), "_skl_callbacks")
    model.fit(cut(X), cut(Y))
    assert "[DaskMoERegressor] pass 5: objective" in capsys.readouterr().out
    assert told == [3] * hasattr(model, "set_callbacks")


def test_partitions_of_any_length_in_any_order_give_the_same_fit_but_for_rounding():
    plain = MoERegressor(2, random_state=0).fit(X, Y)
    parts = [slice(0, 700), slice(700, 1500), slice(1500, None)]
    for order in ([0, 1, 2], [2, 0, 1]):
        pieces = [parts[i] for i in order]
        far = DaskMoERegressor(2, random_state=0).fit(
            da.concatenate([da.from_array(X[rows], chunks=(-1, 2)) for rows in pieces]),
            da.concatenate([da.from_array(Y[rows], chunks=-1) for rows in pieces]),
        )
        assert_allclose(far.log_likelihood_, plain.log_likelihood_, rtol=1e-9)


def test_a_row_of_weight_two_in_one_partition_is_the_row_twice_in_two():
    weight = np.where(np.arange(len(X)) % 3 == 0, 2.0, 1.0)
    again = weight == 2
    heavy = DaskMoERegressor(2, **SHORT).fit(cut(X), cut(Y), cut(weight))
    twice = DaskMoERegressor(2, **SHORT).fit(
        da.concatenate([cut(X, 1000), cut(X[again], 500)]),
        da.concatenate([cut(Y, 1000), cut(Y[again], 500)]),
    )
    assert_allclose(twice.log_likelihood_, heavy.log_likelihood_, rtol=1e-9)


def test_data_frames_of_unknown_length():
    table = frame()
    gate = SoftmaxGate(columns=["a", "c"])
    model = DaskMoEClassifier(2, gate=gate, expert=LinearExpert(columns=NAMES[:2]), **SHORT)
    model.fit(table[NAMES], table["label"])
    assert_array_equal(model.feature_names_in_, NAMES)
    assert_array_equal(model.classes_, ["big", "huge", "small"])
    proba = model.predict_proba(table[NAMES])
    assert proba.shape[1] == 3 and np.isnan(proba.shape[0])
    whole = table.compute()
    assert_array_equal(proba.compute(), model.to_local().predict_proba(whole[NAMES]))
    expected = model.to_local().score(whole[NAMES], whole["label"])
    assert_allclose(model.score(table[NAMES], table["label"]), expected, rtol=1e-12)
    none = table[NAMES][table["a"] > 1e3]
    assert model.predict(none).compute().shape == (0,)


def test_a_warm_start_goes_on():
    model = DaskMoERegressor(2, warm_start=True, random_state=0, max_iter=2).fit(cut(X), cut(Y))
    before = model.objective_
    assert model.fit(cut(X), cut(Y)).objective_ >= before


# -- answers -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fitted():
    with dask.config.set(scheduler="synchronous"):
        return DaskMoERegressor(2, **SHORT).fit(cut(X), cut(Y))


@pytest.mark.parametrize(
    ("name", "tail", "words"),
    [
        ("predict", (), {}),
        ("gate_proba", (2,), {}),
        ("transform", (2,), {}),
        ("predict_experts", (2,), {}),
        ("assign", (), {}),
        ("predict_quantiles", (3,), {}),
        ("predict_quantiles", (), {"q": 0.5}),
        ("responsibilities", (2,), {"y": cut(Y, 500)}),
        ("score_samples", (), {"y": cut(Y)}),
    ],
)
def test_answers_are_lazy_arrays_of_known_shape_and_type(fitted, name, tail, words):
    read = []
    rows = cut(X).map_blocks(lambda block: read.append(1) or block, dtype=X.dtype, meta=X[:0])
    answer = getattr(fitted, name)(rows, **words)
    assert isinstance(answer, da.Array) and not read
    assert answer.shape == (len(X), *tail) and answer.chunks[0] == rows.chunks[0]
    own = {**words, **({"y": Y} if "y" in words else {})}
    expected = getattr(fitted.to_local(), name)(X, **own)
    assert_array_equal(answer.compute(), expected)
    assert answer.dtype == expected.dtype and read


def test_deviations_come_with_the_mean(fitted):
    found = fitted.predict(cut(X), return_std=True)
    expected = fitted.to_local().predict(X, return_std=True)
    for ours, theirs in zip(found, expected, strict=True):
        assert_array_equal(ours.compute(), theirs)


def test_sums_over_partitions_are_those_in_memory(fitted):
    local, data = fitted.to_local(), (cut(X), cut(Y), cut(WEIGHT))
    for name in ("bic", "icl"):
        assert_allclose(
            getattr(fitted, name)(*data), getattr(local, name)(X, Y, WEIGHT), rtol=1e-12
        )
    ours = fitted.summary(cut(X), cut(Y), sample_weight=cut(WEIGHT))
    theirs = local.summary(X, Y, sample_weight=WEIGHT)
    assert str(ours).splitlines()[1:] == str(theirs).splitlines()[1:]


@pytest.mark.parametrize("blocks", [(1, 3, 3), (3, 3, 1), (5, 2)])
def test_sums_have_the_bits_of_memory_however_many_blocks_a_partition_has(fitted, blocks):
    rows, noise = np.split(np.random.default_rng(1).normal(size=(7 * BLOCK + 5, 5)), [4], axis=1)
    target = np.abs(rows[:, 0]) + 0.2 * noise[:, 0]
    lengths = (*(number * BLOCK for number in blocks), 5)
    far = da.from_array(rows, chunks=(lengths, -1)), da.from_array(target, chunks=(lengths,))
    local = fitted.to_local()
    # Many sums: of one or two the bits may be the same by chance.
    ours, theirs = fitted.inference(*far), local.inference(rows, target)
    assert_array_equal(ours.covariance, theirs.covariance)
    assert fitted.icl(*far) == local.icl(rows, target)


def test_tables_in_memory_are_answered_in_memory(fitted):
    assert type(fitted.predict(X)) is np.ndarray


def test_several_answers_keep_their_names():
    model = DaskMoEClassifier(2, **SHORT).fit(cut(X), cut(LABELS))
    assert model.predict(cut(X)).dtype == LABELS.dtype
    ours, theirs = model.predict_uncertainty(cut(X)), model.to_local().predict_uncertainty(X)
    assert ours._fields == theirs._fields
    for found, expected in zip(ours, theirs, strict=True):
        assert_array_equal(found.compute(), expected)


def test_a_container_is_for_tables_in_memory(fitted):
    model = clone(fitted).set_output(transform="pandas").fit(cut(X), cut(Y))
    proba = model.transform(cut(X))
    assert proba.shape == (len(X), 2) and type(proba.compute()) is np.ndarray
    assert type(model.transform(X)) is pd.DataFrame


def test_a_fault_in_a_lazy_answer_names_its_partition(fitted):
    with pytest.raises(ValueError, match="Partition 1: Input X contains NaN in the columns 2"):
        fitted.predict(cut(X).map_blocks(spoilt, dtype=float)).compute()


def test_nothing_is_predicted_before_a_fit():
    for method in ("predict", "transform", "score_samples"):
        with pytest.raises(NotFittedError, match="This DaskMoERegressor"):
            getattr(DaskMoERegressor(), method)(cut(X))
    with pytest.raises(NotFittedError, match="This DaskMoERegressor"):
        DaskMoERegressor().score(cut(X), cut(Y))
    with pytest.raises(NotFittedError, match="This DaskMoERegressor"):
        _ = DaskMoERegressor().client_


# -- the client ------------------------------------------------------------------------------------


def test_a_client_is_kept_by_clones_and_by_no_pickle(client):
    model = DaskMoERegressor(2, client=client, **SHORT)
    assert clone(model).client is client and model.get_params()["client"] is client
    model.fit(cut(X), cut(Y))
    assert model.client_ is client
    again = pickle.loads(pickle.dumps(model))
    assert again.client is None
    assert_same_fit(model, MoERegressor(2, **SHORT).fit(X, Y))
    assert "client=<Client" in repr(model) and model._repr_html_()
    assert_nothing_stays(client)
    # The workers fit what a search asks for, each all rows.
    with joblib.parallel_config("dask"):
        search = GridSearchCV(MoERegressor(**SHORT), {"n_experts": [1, 2]}, cv=2).fit(X, Y)
    assert search.best_params_ == {"n_experts": 2}


def test_a_clone_keeps_all_that_was_asked_for(client):
    model = DaskMoERegressor(client=client).set_output(transform="pandas")
    with config_context(enable_metadata_routing=True):
        model.set_fit_request(sample_weight=True)
        again = clone(model)
        assert again.get_metadata_routing().fit.requests["sample_weight"] is True
    assert again.client is client
    assert again._sklearn_output_config == {"transform": "pandas"}


class Banded(DaskMoERegressor):
    """With a parameter of its own."""

    def __init__(self, n_experts=4, *, band=1, random_state=None, client=None):
        super().__init__(n_experts, random_state=random_state, client=client)
        self.band = band


class Named(DaskMoERegressor):
    """With nothing of its own."""


def test_subclasses_are_estimators_of_a_cluster(fitted):
    for model in (Banded(2, band=3, random_state=0), Named(2, random_state=0)):
        again = clone(model).fit(cut(X), cut(Y))
        assert again.get_params() == model.get_params()
        assert isinstance(again.predict(cut(X)), da.Array)
        assert type(again.to_local()) is MoERegressor


def test_a_task_may_fit(client, fitted):
    rows, target = cut(X), cut(Y)

    def task():
        model = DaskMoERegressor(2, **SHORT).fit(rows, target)
        return model, type(model.client_)

    model, kind = client.submit(task, pure=False).result()
    assert kind is Client and model.client is None
    assert_same_fit(model, fitted)


def test_partitions_are_let_go_of_whatever_happens(client, fitted):
    """While the errors, whose frames see the partitions, are still at hand."""
    model = pickle.loads(pickle.dumps(fitted)).set_params(client=client)
    before = model._mixture
    with pytest.raises(ValueError, match="joint=True was given for the gate") as one:
        model.aic(cut(X), cut(Y), joint=True)
    with pytest.raises(ValueError, match="Partition 1: Input X contains NaN") as two:
        model.score(cut(X).map_blocks(spoilt, dtype=float), cut(Y))
    with pytest.raises(ValueError, match="Partition 1: Input X contains NaN") as three:
        model.fit(cut(X).map_blocks(spoilt, dtype=float), cut(Y))
    with pytest.raises(OSError, match="the disk is gone") as four:
        model.fit(cut(X).map_blocks(lost, dtype=float), cut(Y))
    assert four.value.__notes__ == ["That was partition 1."]
    assert_nothing_stays(client)
    assert model._mixture is before and all(error.tb for error in (one, two, three, four))


def assert_nothing_stays(client):
    # A task that runs ends by itself.
    for _ in range(100):
        if not any(client.has_what().values()):
            return
        time.sleep(0.1)
    pytest.fail("partitions are still held")


def during(pass_, act):
    """A callback that acts in a pass of the climb."""

    class Acting:
        def setup(self, estimator, context):
            self.passes = 0

        def teardown(self, estimator, context):
            pass

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context):
            self.passes += 1
            if self.passes == pass_:
                act()

    return Acting()


@pytest.mark.full
def test_a_worker_that_is_killed_in_mid_fit_costs_no_bit(own_client):
    client = own_client
    rows = da.random.default_rng(0).normal(size=(8 * BLOCK, 4), chunks=(2 * BLOCK, 4))
    target = da.fabs(rows[:, 0])
    model = DaskMoERegressor(2, client=client, random_state=0, max_iter=10, tol=0)
    undisturbed = clone(model).fit(rows, target)
    pid = next(iter(client.run(os.getpid).values()))
    killed = clone(model)
    if hasattr(killed, "set_callbacks"):
        killed.set_callbacks(during(3, lambda: os.kill(pid, signal.SIGKILL)))
    else:
        threading.Timer(1, os.kill, (pid, signal.SIGKILL)).start()
    assert_same_fit(killed.fit(rows, target), undisturbed)
    assert pid not in client.run(os.getpid).values()


@pytest.mark.full
def test_data_that_were_scattered_and_are_lost_are_told(own_client):
    client = own_client
    parts = client.scatter([X[:BLOCK], X[BLOCK : 2 * BLOCK]])
    rows = da.concatenate(
        [da.from_delayed(dask.delayed(part), (BLOCK, 4), dtype=float) for part in parts]
    )
    (pid,) = {client.run(os.getpid)[worker] for worker in client.who_has(parts)[parts[0].key]}
    model = DaskMoERegressor(2, client=client, **SHORT)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(RuntimeError, match="Load the data on the workers"):
        model.fit(rows, da.fabs(rows[:, 0]))


@pytest.mark.full
def test_an_interrupted_fit_lets_go_and_keeps_the_old_one(client, keyboard):
    def interrupt():
        signal.raise_signal(signal.SIGINT)

    model = DaskMoERegressor(2, client=client, **SHORT).fit(cut(X), cut(Y))
    before = model._mixture
    timer = threading.Timer(0.5, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        model.set_params(max_iter=10_000, tol=0).fit(cut(X), cut(Y))
    assert model._mixture is before
    assert_nothing_stays(client)


# -- faults ----------------------------------------------------------------------------------------


def spoilt(block, block_info=None):
    """The table, with a gap in its second partition."""
    if block_info and block_info[0]["chunk-location"][0] == 1:
        block = block.copy()
        block[5, 2] = np.nan
    return block


def lost(block, block_info=None):
    """A table of which the second partition cannot be loaded."""
    if block_info and block_info[0]["chunk-location"][0] == 1:
        raise OSError("the disk is gone")
    return block


def turned(table, partition_info=None):
    """The table, with its columns in another order in its second partition."""
    second = partition_info and partition_info["number"] == 1
    return table[NAMES[1:] + NAMES[:1]] if second else table


def test_a_partition_with_a_fault_is_named_and_the_old_fit_stays(fitted):
    model, before = pickle.loads(pickle.dumps(fitted)), vars(fitted).keys()
    table = frame()
    others = table[NAMES].map_partitions(turned, meta=table[NAMES]._meta, enforce_metadata=False)
    faults = [
        (cut(X).map_blocks(spoilt), cut(Y), "Partition 1: Input X contains NaN in the columns 2"),
        (table[NAMES][table["a"] > 1e3], table["y"][table["a"] > 1e3], "3 partitions and none"),
        (others, table["y"], r"Partition 1 has the columns \['b'.*; partition 0 has \['a'"),
        (cut(X), cut(Y[:-5]), "y has 16456 rows and X has 16461"),
        (cut(X), cut(Y), "Negative"),
    ]
    for rows, target, message in faults:
        weight = cut(-WEIGHT) if message == "Negative" else None
        with pytest.raises(ValueError, match=message):
            model.fit(rows, target, weight)
    assert_same_fit(model, fitted)
    assert vars(model).keys() == before


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: DaskMoERegressor().fit(X, Y), "X is a ndarray: dask arrays.*are taken"),
        (lambda: DaskMoERegressor().fit(cut(X), Y), "y is a ndarray"),
        (lambda: DaskMoERegressor().fit(dask.delayed(X), cut(Y)), "X is a Delayed.*are taken"),
        (lambda: DaskMoERegressor(client=3).fit(cut(X), cut(Y)), "client is a int"),
        (lambda: MoERegressor().fit(cut(X), cut(Y)), "estimators of skmoe.dask"),
        (lambda: DaskMoERegressor(expert="mlp").fit(cut(X), cut(Y)), "Adam.*solver='lbfgs'"),
        (DaskMoERegressor.accurate, r"rows drawn at random.*Fit MoERegressor.accurate\(\) to"),
        (lambda: DaskMoERegressor(init=LABELS).fit(cut(X), cut(Y)), "a start given by init"),
        (
            lambda: DaskMoERegressor(expert=RandomForestRegressor()).fit(cut(X), cut(Y)),
            "scikit-learn estimators as gate or experts",
        ),
        (lambda: DaskMoERegressor(0).fit(cut(X), cut(Y)), "n_experts=0 was given"),
    ],
)
def test_what_does_not_work_is_said_before_anything_is_loaded(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_methods_without_partitions_say_so(fitted):
    for name in ("predict_dist", "sample", "explain"):
        with pytest.raises(ValueError, match=r"pass X\.compute\(\), or one partition"):
            getattr(fitted, name)(cut(X))
    with pytest.raises(TypeError, match="y is a ndarray"):
        fitted.score_samples(cut(X), Y)
    for call in (lambda X: fitted.predict(X), lambda X: fitted.score(X, cut(Y))):
        with pytest.raises(TypeError, match=r"X is a Delayed.*are taken"):
            call(dask.delayed(X))


def test_columns_are_looked_at_before_anything_is_computed(fitted):
    with pytest.raises(ValueError, match="X has 2 features"):
        fitted.predict(cut(X)[:, :2])


def test_exposures_and_offsets_are_named_on_workers_too(client):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=400), "t": rng.uniform(1, 5, 400)})
    slope = np.where(np.arange(400) % 2, 1, -1)
    frame["y"] = rng.poisson(frame["t"] * np.exp(slope * frame["a"]))
    far, columns = dd.from_pandas(frame, npartitions=2), ["a", "t"]
    for family, known in (("poisson", {"exposure": "t"}), ("gaussian", {"offset": "t"})):
        settings = {"n_experts": 2, "family": family, "gate": "constant", "random_state": 0}
        model = DaskMoERegressor(**settings, client=client)
        model.fit(far[columns], far["y"], **known)
        whole = MoERegressor(**settings).fit(frame[columns], frame["y"], **known)
        assert_allclose(model.expert_coef_, whole.expert_coef_, rtol=1e-5, atol=1e-8)
