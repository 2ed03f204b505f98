"""Fits of rows that a reader brings in batches: those in memory, to the last bit."""

import copy
import io
import threading
import traceback
import warnings
from collections import Counter
from contextlib import redirect_stdout
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array, csr_matrix
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.tree import DecisionTreeRegressor

from skmoe import HMEClassifier, HMERegressor, MoEClassifier, MoERegressor
from skmoe.exceptions import FitWarning, NotConvergedWarning
from skmoe.experts import LinearExpert, MLPExpert
from skmoe.gates import MLPGate, SoftmaxGate, TopKGate
from skmoe.testing._backends import as_host

from . import test_hostile as hostile
from .choosing import FULL, STRICT, TRIED, needs_callbacks, on
from .data import quiet

R = np.random.default_rng(0)
N = 130
X = np.round(R.normal(size=(N, 3)), 3)
Y = np.abs(X[:, 0]) + 0.1 * R.normal(size=N)
BOTH = np.column_stack([Y, X[:, 1] - Y])
COUNTS = R.poisson(np.exp(Y))
# Sorted, so that the last class comes in later batches alone.
LABELS = np.array(["few", "some", "many"])[np.sort(np.digitize(Y, [0.3, 1.0]))]
WEIGHT = R.uniform(size=N)
FRAME = pd.DataFrame(X, columns=["a", "b", "c"])
WORDS = X * (R.uniform(size=X.shape) < 0.4)
FIXED = {"gate": SoftmaxGate(alpha=0.1), "expert": LinearExpert(alpha=0.1)}


@pytest.fixture(autouse=True)
def short_blocks(monkeypatch):
    """So that a small table has many blocks, and more rows than starts are tried on."""
    monkeypatch.setattr("skmoe._rows.arrays._CPU_ROWS", 32)
    monkeypatch.setattr("skmoe._rows.arrays._SPARSE_ROWS", 64)
    monkeypatch.setattr("skmoe.starts._sampling._SAMPLE_ROWS", 40)
    monkeypatch.setattr("skmoe.starts._sampling._ROWS_PER_PARAMETER", 1)
    monkeypatch.setattr("skmoe.starts._sampling._DISTINCT_ROWS", 60)


def part(table, start, stop):
    """Rows of a table of any kind."""
    if hasattr(table, "iloc"):
        return table.iloc[start:stop]
    is_polars = isinstance(table, (pl.DataFrame, pl.Series))
    return table[start:stop] if is_polars else table[start:stop, ...]


def reader(*tables, size=50):
    """A reader of batches of these tables."""
    edges = [*range(0, tables[0].shape[0], size), tables[0].shape[0]]

    def batches():
        for start, stop in pairwise(edges):
            yield tuple(part(table, start, stop) for table in tables if table is not None)

    return batches


def told(call):
    """What a call warns of, and the answer or the error."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        try:
            answer = call()
        except ValueError as error:
            answer = error
    return sorted(f"{own.category.__name__}: {own.message}" for own in found), answer


def assert_same_fits(model, *tables, sizes=(50,)):
    """The fit in memory, which those of readers are equal to: bits, attributes and warnings."""
    said, memory = told(lambda: clone(model).fit(*tables))
    for size in sizes:
        own, read = told(lambda size=size: clone(model).fit_blocks(reader(*tables, size=size)))
        if isinstance(memory, ValueError):
            assert isinstance(read, ValueError), memory
            # It names the first batch, and the columns of that alone.
            assert str(memory)[:20] in str(read)
            continue
        assert not isinstance(read, ValueError), traceback.format_exception(read)
        assert own == said
        assert_equal_fits(read, memory)
    return memory


def assert_equal_fits(read, memory):
    assert vars(read).keys() == vars(memory).keys()
    assert_array_equal(as_host(read._mixture.params), as_host(memory._mixture.params))
    for name in (
        *("n_iter_", "history_", "start_histories_", "problems_", "converged_", "n_experts_"),
        *("log_likelihood_", "objective_", "n_parameters_", "n_features_in_"),
    ):
        assert getattr(read, name) == getattr(memory, name), name
    for name in ("feature_names_in_", "classes_"):
        if hasattr(memory, name):
            assert_array_equal(as_list(getattr(read, name)), as_list(getattr(memory, name)))
    for own, other in zip(read._units.X, memory._units.X):
        assert_array_equal(as_host(own), as_host(other))


def as_list(values):
    return np.asarray(values).tolist()


def quick(kind=MoERegressor, *args, **words):
    words = {"random_state": 0, "max_iter": 8, **words}
    return kind(
        *(args or ([] if issubclass(kind, (HMERegressor, HMEClassifier)) else [2])), **words
    )


SHARES = WEIGHT / WEIGHT.sum()
ONE_BATCH_ALONE = WEIGHT * (np.arange(N) // 50 != 1)
FITS = {
    "regressor": (quick(), X, Y),
    "single precision": (quick(), X.astype(np.float32), Y.astype(np.float32)),
    "fixed penalties": (quick(**FIXED), X, Y),
    "several outputs": (quick(**FIXED), X, BOTH, WEIGHT),
    "labels": (quick(MoEClassifier), X, LABELS),
    "labels by class": (quick(MoEClassifier, class_weight="balanced"), X, LABELS, WEIGHT),
    "labels with factors": (
        quick(MoEClassifier, class_weight={"few": 2, "some": 1, "many": 0.5}),
        X,
        LABELS,
    ),
    "small factors": (
        quick(MoEClassifier, class_weight={"few": 0.01, "some": 0.01, "many": 0.01}, **FIXED),
        X,
        LABELS,
    ),
    "truths": (quick(MoEClassifier, **FIXED), X, Y > 1),
    "weights": (quick(**FIXED), X, Y, WEIGHT),
    "shares": (quick(**FIXED), X, Y, SHARES),
    "huge weights": (quick(**FIXED), X, Y, WEIGHT * 1e300),
    "wide weights": (quick(**FIXED), X, Y, 10.0 ** R.uniform(-200, 200, N)),
    "a batch without weight": (quick(**FIXED), X, Y, ONE_BATCH_ALONE),
    "sparse": (quick(), csr_array(WORDS), Y),
    "sparse matrix": (quick(**FIXED), csr_matrix(WORDS), BOTH, WEIGHT),
    "sparse labels": (quick(MoEClassifier), csr_array(WORDS), LABELS),
    "sparse single": (quick(**FIXED), csr_array(WORDS.astype(np.float32)), Y),
    "frame": (
        quick(gate=SoftmaxGate(columns=["c", "a"]), expert=LinearExpert(columns=["b"])),
        FRAME,
        pd.Series(Y),
    ),
    "frame of outputs": (quick(**FIXED), FRAME, pd.DataFrame(BOTH), pd.Series(WEIGHT)),
    "polars": (quick(**FIXED), pl.DataFrame(X, schema=["a", "b", "c"]), pl.Series(Y)),
    "tree": (quick(HMERegressor, depth=2, expert=FIXED["expert"]), X, Y),
    "grown tree": (quick(HMERegressor, depth=2, grow=True, expert=FIXED["expert"]), X, Y),
    "tree of labels": (quick(HMEClassifier, depth=1), X, LABELS),
    "poisson": (quick(family="poisson"), X, COUNTS),
    "negative binomial": (quick(family="negative_binomial", **FIXED), X, COUNTS, WEIGHT),
    "gamma": (quick(family="gamma", **FIXED), FRAME, pd.DataFrame(np.exp(BOTH))),
    "bernoulli": (quick(family="bernoulli", **FIXED), X, (Y > 1) * 1, WEIGHT),
    "student": (quick(family="student_t", **FIXED), X, Y),
    "laplace": (quick(family="laplace", **FIXED), X, Y),
    "number of experts": (quick(MoERegressor, "auto", **FIXED), X, Y, WEIGHT),
    "number of experts for labels": (quick(MoEClassifier, "auto", **FIXED), X, LABELS),
    "average": (quick(average=True, n_init=2, **FIXED), X, Y),
    "several starts": (quick(MoERegressor, 3, n_init=3, **FIXED), X, Y),
    "top k": (quick(MoERegressor, 3, gate=TopKGate(k=1), expert=FIXED["expert"]), X, Y),
    "gaussian gate": (quick(gate="gaussian", expert=FIXED["expert"]), X, Y),
    "quadratic gate": (quick(gate="quadratic", expert=FIXED["expert"]), X, Y),
    "constant gate": (quick(gate="constant", expert=FIXED["expert"]), X, Y),
    "networks": (quick(expert=MLPExpert(3), solver="lbfgs"), X, Y),
    "gate network": (quick(MoEClassifier, gate=MLPGate(3), solver="lbfgs"), X, LABELS),
    "threads": (quick(n_jobs=2, **FIXED), X[:70], Y[:70], WEIGHT[:70]),
    "less than a block": (quick(**FIXED), X[:20], Y[:20]),
    "few distinct rows": (quick(**FIXED), np.round(X / 2), np.round(Y)),
    "more experts than rows": (quick(MoERegressor, 9, **FIXED), np.round(X / 4), np.round(Y / 9)),
    "missing values": (quick(), np.where(X > 2, np.nan, X), Y),
}
SLOW = {
    *("labels with factors", "labels by class", "sparse labels", "sparse single", "laplace"),
    *("negative binomial", "number of experts for labels", "gate network", "tree", "polars"),
    *("grown tree", "quadratic gate", "tree of labels", "poisson", "bernoulli", "threads"),
    *("number of experts", "constant gate", "top k", "average", "sparse matrix", "gaussian gate"),
    *("gamma", "several starts", "single precision", "truths", "fixed penalties"),
    *("labels", "shares", "frame of outputs"),
}


@pytest.mark.parametrize("name", [name for name in FITS if name not in SLOW])
def test_a_fit_has_the_bits_of_the_one_in_memory(name):
    model, *tables = FITS[name]
    assert_same_fits(model, *tables)


# Batches of single rows are dear, and read alike by most.
BY_ROWS = {"several outputs", "labels by class", "sparse matrix", "frame of outputs", "poisson"}


@pytest.mark.full
@pytest.mark.parametrize("name", FITS)
def test_a_fit_has_the_same_bits_from_any_batches(name):
    model, *tables = FITS[name]
    assert_same_fits(model, *tables, sizes=[1 if name in BY_ROWS else 7, 32, 64, 1000])


@pytest.mark.parametrize("size", [1, 7, 64])
def test_frames_of_single_rows_and_of_whole_blocks(size):
    """However frames and their pieces are laid out."""
    tables = (FRAME, pd.DataFrame(BOTH), pd.Series(SHARES))
    assert_same_fits(quick(**FIXED), *(table[:20] for table in tables), sizes=[size])


@pytest.mark.full
@pytest.mark.parametrize("backend", [on(b, lean=b == STRICT) for b in TRIED[1:]])
def test_a_fit_of_another_library(backend):
    with config_context(array_api_dispatch=True):
        assert_same_fits(quick(**FIXED), *map(backend.array, (X, BOTH, WEIGHT)))


def test_weight_two_is_the_row_twice():
    times = R.integers(0, 3, N)
    model = quick(**FIXED)
    weighted = clone(model).fit_blocks(reader(X, Y, times * 1.0))
    twice = clone(model).fit_blocks(reader(X.repeat(times, axis=0), Y.repeat(times)))
    assert_allclose(weighted.predict(X), twice.predict(X), rtol=1e-8)


def test_a_warm_start_goes_on_from_the_last_fit():
    read, memory = (quick(warm_start=True, max_iter=2, **FIXED) for _ in range(2))
    with quiet():
        for model, fit in ((read, lambda: read.fit_blocks(reader(X, Y))), (memory, None)):
            for max_iter in (2, 3):
                model.max_iter = max_iter
                fit() if fit else model.fit(X, Y)
    assert_equal_fits(read, memory)
    with pytest.raises(ValueError, match="warm_start=True goes on from a fit with 3 features"):
        read.fit_blocks(reader(X[:, :2], Y))


def check_hostile(problems, number, first):
    """Hostile tables, cut into batches at random: the same fit, or the same words."""

    @hostile.seed(first)
    @hostile.settings(
        max_examples=number,
        deadline=None,
        database=None,
        phases=[hostile.Phase.generate],
        suppress_health_check=list(hostile.HealthCheck),
    )
    @hostile.given(problems(), hostile.st.sampled_from([5, 17, 32, 50, 64, 80]))
    def checked(problem, size):
        model, X, y, weight = problem
        if any(word in str(model) for word in ("Adam", "DecisionTree")):
            return
        assert_same_fits(model, X, y, weight, sizes=[size])

    checked()


@pytest.mark.parametrize(
    ("problems", "number", "first"),
    [
        (hostile.regressions, 2, 5),
        (hostile.classifications, 3, 0),
        pytest.param(hostile.regressions, 30, 1, marks=FULL),
        pytest.param(hostile.classifications, 30, 1, marks=FULL),
    ],
)
def test_hostile_tables(problems, number, first):
    check_hostile(problems, number, first)


# Answers


@pytest.fixture(scope="module")
def regressor():
    with quiet():
        return quick(**FIXED).fit(X, Y, WEIGHT)


@pytest.fixture(scope="module")
def classifier():
    with quiet():
        return quick(MoEClassifier, class_weight="balanced", **FIXED).fit(X, LABELS, WEIGHT)


def assert_joined(parts, whole):
    """Tables under one another, up to the rounding of products over batches."""
    parts = list(parts)
    assert len(parts) == 3
    if isinstance(whole, tuple):
        for own, other in zip(zip(*parts), whole, strict=True):
            assert_joined(own, other)
        return
    joined = np.concatenate([np.asarray(own) for own in parts])
    if joined.dtype.kind in "UO":
        assert_array_equal(joined, whole)
    else:
        assert_allclose(joined, whole, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ["regressor", "classifier"])
def test_answers_come_batch_by_batch(name, request):
    model = request.getfixturevalue(name)
    y = Y if name == "regressor" else LABELS
    alone, both = reader(X), reader(X, y)
    for method in ("predict", "gate_proba", "assign", "predict_experts"):
        # Targets that a reader has are left where they are not asked for.
        for own in (alone, both, lambda: iter([X[:50], X[50:100], X[100:]])):
            assert_joined(getattr(model, method)(own), getattr(model, method)(X))
    for method in ("responsibilities", "score_samples"):
        assert_joined(getattr(model, method)(both), getattr(model, method)(X, y))
    if name == "regressor":
        assert_joined(model.predict(alone, return_std=True), model.predict(X, return_std=True))
        assert_joined(model.predict_quantiles(alone, [0.1]), model.predict_quantiles(X, [0.1]))
        assert_joined([d.mean() for d in model.predict_dist(alone)], model.predict(X))
    else:
        assert_joined(model.predict_proba(alone), model.predict_proba(X))
        assert_joined(model.predict_log_proba(alone), model.predict_log_proba(X))
        assert_joined(model.predict_uncertainty(alone), tuple(model.predict_uncertainty(X)))


@pytest.mark.parametrize("weight", [None, WEIGHT, SHARES], ids=["plain", "weighted", "shares"])
@pytest.mark.parametrize("name", ["regressor", "classifier"])
def test_numbers_of_all_rows_are_those_in_memory(name, weight, request):
    model = request.getfixturevalue(name)
    y = Y if name == "regressor" else LABELS
    own = reader(X, y, weight)
    for method in ("aic", "bic", "icl"):
        assert getattr(model, method)(own) == getattr(model, method)(X, y, weight)
    assert_allclose(model.score(own), model.score(X, y, weight), rtol=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for robust in (False, True):
            found = model.inference(own, robust=robust)
            expected = model.inference(X, y, weight, robust=robust)
            assert found.to_frame().equals(expected.to_frame())
        assert str(model.summary(own)) == str(model.summary(X, y, sample_weight=weight))


def test_draws_go_on_from_batch_to_batch(regressor):
    twice = [list(regressor.sample(reader(X[:20], size=10), random_state=0)) for _ in range(2)]
    np.testing.assert_array_equal(*twice)
    same = list(regressor.sample(lambda: iter([(X[:10],), (X[:10],)]), None, 0))
    assert (same[0] != same[1]).all()


def test_what_is_given_beside_a_reader_is_refused(regressor):
    for words in ({"y": Y}, {"sample_weight": WEIGHT}):
        with pytest.raises(ValueError, match="beside a reader, which brings its own"):
            regressor.score(reader(X, Y), **words)


def test_who_is_not_fitted_says_so_at_once():
    for ask in ("predict", "score", "bic", "summary", "inference", "score_samples"):
        with pytest.raises(NotFittedError):
            getattr(MoERegressor(), ask)(reader(X, Y))


# What goes wrong


def batches(*given):
    """A reader of these batches."""
    return lambda: iter(given)


HALF, REST = (X[:60], Y[:60]), (X[60:], Y[60:])
NAMED = pd.DataFrame(X[60:], columns=["a", "b", "d"])


def changing(*passes):
    """A reader of other batches in the passes that follow the first two; the last repeats."""
    passes = iter([passes[0], *passes])
    last = []

    def own():
        last[:] = next(passes, last)
        return iter(last)

    return own


def one_iterator(*tables):
    """A reader that is exhausted after one pass."""
    own = reader(*tables, size=100)()
    return lambda: own


BAD = {
    "a table": (MoERegressor, X, "reader=ndarray was given; a function.*Pass a table to fit"),
    "no iterator": (MoERegressor, lambda: 3, "returned int; an iterator of batches"),
    "an array": (MoERegressor, lambda: X, "returned ndarray; an iterator of batches"),
    "no batch": (MoERegressor, batches(), "given no batch; at least 1 is needed"),
    "X alone": (MoERegressor, batches(HALF, X), "Batch 1 of the reader: ndarray was given"),
    "four": (MoERegressor, batches((X, Y, Y, Y)), "Batch 0 .*a tuple of 4 was given"),
    "no rows": (MoERegressor, batches(HALF, (X[:0], Y[:0])), r"Batch 1 .*0 sample\(s\)"),
    "lengths": (MoERegressor, batches(HALF, (X, Y[:9])), "Batch 1 .*inconsistent numbers"),
    "gaps": (MoERegressor, batches(HALF, (X * np.nan, Y)), "Batch 1 .*(NaN|infinity)"),
    "counts": (
        lambda: MoERegressor(family="poisson"),
        batches((X[:60], COUNTS[:60]), (X[60:], -1.0 - COUNTS[60:])),
        "Batch 1 of the reader: ",
    ),
    "columns": (MoERegressor, batches(HALF, (X[60:, :2], Y[60:])), "Batch 1 .*columns 2; batch 0"),
    "names": (
        MoERegressor,
        batches((FRAME[:60], Y[:60]), (NAMED, Y[60:])),
        r"Batch 1 .*\['a', 'b', 'd'\]; batch 0 .*\['a', 'b', 'c'\]",
    ),
    "types": (
        MoERegressor,
        batches(HALF, (X[60:].astype(np.float32), Y[60:])),
        "Batch 1 .*type float32; batch 0",
    ),
    "outputs": (
        MoERegressor,
        batches(HALF, (X[60:], BOTH[60:])),
        "Batch 1 .*a table of 2 columns; batch 0 .*one column",
    ),
    "kinds of labels": (
        MoEClassifier,
        batches((X[:60], LABELS[:60]), (X[60:], COUNTS[60:])),
        "Batch 1 .*labels that are no text; batch 0 .*text labels",
    ),
    "weights here and there": (
        MoERegressor,
        batches(HALF, (*REST, WEIGHT[60:])),
        "Batch 1 .*sample_weight numbers; batch 0 .*none",
    ),
    "weights below zero": (
        MoERegressor,
        batches((*HALF, WEIGHT[:60]), (*REST, -WEIGHT[60:])),
        "Batch 1 of the reader: Negative values",
    ),
    "weights all zero": (
        MoERegressor,
        batches((*HALF, 0 * WEIGHT[:60]), (*REST, 0 * WEIGHT[60:])),
        "sample_weight is zero in every row",
    ),
    "other rows": (
        MoERegressor,
        changing([HALF, REST], [REST, HALF]),
        "Batch 0 of the reader has other rows than in the first pass",
    ),
    "longer": (
        MoERegressor,
        changing([HALF, REST], [HALF, REST, HALF]),
        "Batch 2 of the reader has other rows than in the first pass",
    ),
    "exhausted": (
        MoERegressor,
        changing([HALF, REST], [HALF], []),
        "given 0 batches and, in the first pass, 2",
    ),
    "always the same iterator": (
        MoERegressor,
        one_iterator(X, Y),
        "given no batch; at least 1 is needed. Pass a function that returns a fresh iterator",
    ),
    "trees": (
        lambda: MoERegressor(expert=DecisionTreeRegressor()),
        reader(X, Y),
        "scikit-learn estimators as gate or experts are fitted to all rows at once",
    ),
    "adam": (lambda: MoERegressor(expert="mlp"), reader(X, Y), "Adam.*Pass solver='lbfgs'"),
    "a start": (
        lambda: MoERegressor(2, init=np.zeros((N, 2))),
        reader(X, Y),
        "a start given by init has a row for every row.*Pass init='auto'",
    ),
}


@pytest.mark.parametrize("n_jobs", [None, pytest.param(2, marks=FULL)])
@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_with_a_reader_is_said(name, n_jobs):
    kind, given, words = BAD[name]
    model = kind().set_params(n_jobs=n_jobs)
    before = vars(model).copy()
    with pytest.raises(ValueError, match=words):
        model.fit_blocks(given)
    assert vars(model) == before


class Files:
    """A reader that counts what it has open, and does something at a batch of some pass."""

    def __init__(self, n_pass, act):
        self.n_pass, self.act, self.n_open, self.n_passes = n_pass, act, 0, 0

    def __call__(self):
        self.n_open += 1
        self.n_passes += 1
        own = self.n_passes
        try:
            for index, batch in enumerate(reader(X, Y, size=20)()):
                if 0 < self.n_pass <= own and index == 3:
                    batch = self.act(batch)
                yield batch
        finally:
            self.n_open -= 1


def threads():
    """Those that read ahead."""
    return [own for own in threading.enumerate() if "ThreadPoolExecutor" in own.name]


def fails(batch):
    raise OSError("the disk is gone")


def is_interrupted(batch):
    raise KeyboardInterrupt


def is_broken(batch):
    return batch[0] * np.nan, batch[1]


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("n_pass", [2, 5, 12])
@pytest.mark.parametrize("act", [fails, is_interrupted, is_broken])
def test_a_reader_that_ends_in_an_error_is_closed(act, n_pass, n_jobs, regressor):
    expected = {fails: OSError, is_interrupted: KeyboardInterrupt, is_broken: ValueError}[act]
    model, files = copy.deepcopy(regressor).set_params(n_jobs=n_jobs), Files(n_pass, act)
    answers, before = model.predict(X), threads()
    with pytest.raises(expected) as caught:
        model.fit_blocks(files)
    # While somebody still looks at the error.
    assert files.n_open == 0 and threads() == before, caught.value
    # The last fit still answers.
    assert_array_equal(model.predict(X), answers)


def test_a_fit_leaves_nothing_open(regressor):
    files, before = Files(0, fails), threads()
    with quiet():
        clone(regressor).fit_blocks(files)
    assert files.n_open == 0 and threads() == before
    answers = regressor.predict(files)
    next(answers)
    assert files.n_open == 1
    answers.close()
    assert files.n_open == 0 and threads() == before
    with pytest.raises(ValueError, match="Batch 3 of the reader: Input X contains NaN"):
        list(regressor.predict(Files(1, is_broken)))
    assert threads() == before


# What is told on the way


def test_passes_tell_how_many_rows_have_been_read():
    page = io.StringIO()
    with quiet(), redirect_stdout(page):
        quick(verbose=1, max_iter=3, **FIXED).fit_blocks(reader(X, Y))
    numbers = [
        int(line.rsplit(", ", 1)[1].removesuffix(" rows read").replace(",", ""))
        for line in page.getvalue().splitlines()
        if "objective" in line
    ]
    assert len(numbers) > 1
    # The first blocks, which tell shapes, have been looked at before.
    assert numbers[0] > 3 * N
    assert_array_equal(np.diff(numbers) % N, 0)
    assert np.all(np.diff(numbers) >= N)


class Recorder:
    """A callback that counts the tasks of every name, and stops nothing."""

    def __init__(self):
        self.begun, self.ended = Counter(), Counter()

    def setup(self, estimator, context):
        pass

    teardown = setup

    def on_fit_task_begin(self, estimator, context):
        self.begun[context.task_name] += 1

    def on_fit_task_end(self, estimator, context):
        self.ended[context.task_name] += 1
        return False


@needs_callbacks
def test_batches_are_tasks_of_their_own(capsys):
    from sklearn.callback import ProgressBar

    recorder, files = Recorder(), Files(0, fails)
    with quiet():
        model = quick(**FIXED).set_callbacks(recorder).fit_blocks(files)
    assert recorder.begun == recorder.ended
    assert recorder.begun["pass"] > 1 and recorder.begun["reading"] == 1
    # All batches but those of the looks before the fit and of the diagnosis after it.
    assert recorder.begun["batch"] > 7 * model.n_iter_
    with quiet():
        quick(**FIXED).set_callbacks(ProgressBar()).fit_blocks(reader(X, Y))
    assert "MoERegressor" in capsys.readouterr().out


@needs_callbacks  # without, a warning is said of a line further up
def test_warnings_are_said_of_the_line_that_fits():
    for model in (quick(max_iter=1), quick(MoEClassifier, max_iter=1), quick(HMERegressor)):
        y = LABELS if isinstance(model, MoEClassifier) else Y
        with pytest.warns(FitWarning) as found:
            model.set_params(max_iter=1).fit_blocks(reader(X, y))
        assert {own.filename for own in found} == {__file__}
        assert any(own.category is NotConvergedWarning for own in found)


def test_a_reader_may_fill_the_same_arrays_again():
    def filling():
        rows, target = np.empty((50, X.shape[1])), np.empty(50)
        for start in range(0, 100, 50):
            rows[:], target[:] = X[start : start + 50], Y[start : start + 50]
            yield rows, target

    model = quick(**FIXED).fit(X[:100], Y[:100])
    again = quick(**FIXED).fit_blocks(filling)
    np.testing.assert_array_equal(again._mixture.params, model._mixture.params)
    answers = np.concatenate(list(again.predict(filling)))
    np.testing.assert_allclose(answers, model.predict(X[:100]), rtol=1e-12)


@pytest.mark.parametrize("changed", [1, 2])
def test_targets_and_weights_of_a_later_pass_are_those_of_the_first(changed):
    passes = iter(range(100))

    def changing():
        tables = [X, Y, WEIGHT]
        tables[changed] = tables[changed] + next(passes)
        yield tuple(tables)

    with pytest.raises(ValueError, match="Batch 0 of the reader has other rows than in the first"):
        quick(**FIXED).fit_blocks(changing)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.score_samples(reader(X, Y), Y), "beside a reader, which brings its own"),
        (lambda m: m.predict(reader(X)()), "X is an iterator; a table is allowed"),
        (lambda m: next(m.predict(batches([X, Y]))), "Batch 0 of the reader: list was given"),
        (
            lambda m: m.fit_blocks(batches((X, Y), (csr_array(X), Y))),
            "Batch 1 of the reader has columns of the type sparse float64",
        ),
    ],
)
def test_what_is_no_batch_is_said(call, message, regressor):
    with pytest.raises(ValueError, match=message):
        call(clone(regressor) if "fit_blocks" in call.__code__.co_names else regressor)


def test_densities_of_the_models_own_answers_need_no_targets(regressor):
    found = np.concatenate(list(regressor.score_samples(reader(X))))
    np.testing.assert_allclose(found, regressor.score_samples(X), rtol=1e-9)
