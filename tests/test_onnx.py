"""Graphs of fitted mixtures answer as the mixtures do."""

import sys
from itertools import cycle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skmoe import HMEClassifier, HMERegressor, MoEClassifier, MoERegressor
from skmoe.exceptions import LostDigitsWarning
from skmoe.experts import LinearExpert, MixedExpert, MLPExpert
from skmoe.families import NAMES, Poisson
from skmoe.gates import (
    GaussianGate,
    HierarchicalGate,
    MLPGate,
    QuadraticGate,
    SoftmaxGate,
    TopKGate,
)
from skmoe.onnx import register, to_onnx

onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

# Fits of a few passes will do: graphs are of what they have come to.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
# Columns of all sizes, one of them constant.
UNITS = np.array([1.0, 100.0, 1e-3, 1.0])
Z = RNG.standard_normal((300, 4)) * [1, 1, 1, 0]
X = Z * UNITS + [0.0, 1000.0, 0.0, 7.0]
SIGNAL = np.where(Z[:, 0] > 0, Z[:, 1], -Z[:, 2])
Y = 50 + 3 * SIGNAL + 0.1 * RNG.standard_normal(300)
LABELS = np.array(["no", "maybe", "yes"])[np.digitize(SIGNAL, [-0.5, 0.5])]
# Rows that the fit has not seen, in the midst, at the edge and beyond.
NEW = np.vstack([X[:50], X[:50] * 1.2 - 0.1 * UNITS, X[:5] + 1e3 * UNITS, X[:5] + 1e200 * UNITS])
FAST = {"max_iter": 8, "random_state": 0}

GATES = {
    "softmax": "softmax",
    "softmax of a column": SoftmaxGate(columns=[1]),
    "softmax of segments": SoftmaxGate(segments=4),
    "constant": "constant",
    "quadratic": "quadratic",
    "quadratic, products": QuadraticGate("full", columns=[2, 0]),
    "quadratic, lengths": QuadraticGate("spherical"),
    "gaussian": "gaussian",
    "gaussian, tied": GaussianGate("tied", columns=[0, 2]),
    "gaussian, diag": GaussianGate("diag"),
    "gaussian, spherical": GaussianGate("spherical"),
    "gaussian of nothing": GaussianGate(columns=[]),
    "tree": HierarchicalGate(depth=2),
    "uneven tree": HierarchicalGate(depth=3, branching=3),
    "uneven tree of gaussians": HierarchicalGate("gaussian", depth=2, branching=3),
    "tree of networks": HierarchicalGate(MLPGate((3,)), depth=2),
    "top 2": TopKGate(),
    "top 1 of gaussians": TopKGate("gaussian", k=1),
    "tree of top 2": HierarchicalGate(TopKGate(k=2), depth=2, branching=3),
    "network": MLPGate((6,)),
    "deep network": MLPGate((6, 5), "silu", columns=[0, 1]),
    "networks of segments": MLPGate((6,), "tanh", segments=4),
}
EXPERTS = {
    "line": "linear",
    "line of a column": LinearExpert(columns=[2]),
    "line of nothing": LinearExpert(columns=[]),
    "line of segments": LinearExpert(segments=4),
    "network": MLPExpert((6,)),
    "deep network": MLPExpert((6, 5), "tanh", columns=[1, 0]),
    "silu": MLPExpert((6,), "silu", segments=3),
    "logistic": MLPExpert((6,), "logistic"),
    "two kinds": MixedExpert([("line", "linear"), ("network", MLPExpert((4,)))]),
    "two columns": MixedExpert([("a", LinearExpert(columns=[0])), ("b", LinearExpert())]),
}
PAIRS = list(zip(GATES, cycle(EXPERTS)))
ALL = [(gate, expert) for gate in GATES for expert in EXPERTS if (gate, expert) not in PAIRS]


def answers(written, X):
    """Outputs of a graph by name."""
    session = onnxruntime.InferenceSession(
        written.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"X": X}), strict=True))


def holds(model, X=NEW, rtol=1e-9, dtype=np.float64):
    """Whether the graph of a fitted mixture says what it does, in float32 to `rtol` of one."""
    written = to_onnx(model, dtype=dtype)
    onnx.shape_inference.infer_shapes(written, check_type=True, strict_mode=True)
    X = X.astype(dtype)
    found, gate = answers(written, X), model.gate_proba(X)
    expected = {"gate_proba": gate}
    if isinstance(model, MoEClassifier):
        expected["probabilities"] = model.predict_proba(X)
        assert_array_equal(found.pop("label"), model.predict(X))
    else:
        expected["variable"] = model.predict(X).reshape(len(X), -1)
    assert set(found) == set(expected)
    for name, own in expected.items():
        assert found[name].dtype == dtype and found[name].shape == own.shape
        # Of numbers next to nothing, float64 keeps all digits.
        assert_allclose(found[name], own, rtol=rtol, atol=1e-30 if dtype == np.float64 else rtol)


@pytest.mark.parametrize("gate, expert", PAIRS)
def test_every_gate_and_every_expert_has_a_graph(gate, expert):
    holds(MoERegressor(4, gate=GATES[gate], expert=EXPERTS[expert], **FAST).fit(X, Y))


@pytest.mark.full
@pytest.mark.parametrize("gate, expert", ALL)
@pytest.mark.parametrize("kind, y", [(MoERegressor, Y), (MoEClassifier, LABELS)])
def test_all_gates_and_experts_have_a_graph(kind, y, gate, expert):
    holds(kind(4, gate=GATES[gate], expert=EXPERTS[expert], **FAST).fit(X, y))


@pytest.mark.parametrize("gate", GATES)
def test_single_precision_keeps_its_digits(gate):
    model = MoERegressor(4, gate=GATES[gate], expert=MLPExpert((4,)), **FAST).fit(X, Y)
    holds(model, NEW[:100], rtol=1e-5, dtype=np.float32)


def test_numbers_far_outside_have_an_answer_in_single_precision():
    far = (X[:20] + 1e30 * UNITS).astype(np.float32)
    for expert in ("linear", "mlp"):
        for gate in ("softmax", "quadratic", "gaussian"):
            model = MoERegressor(2, gate=gate, expert=expert, **FAST)
            model.fit(X.astype(np.float32), Y.astype(np.float32))
            assert_allclose(answers(to_onnx(model), far)["variable"][:, 0], model.predict(far))
            double = to_onnx(model.fit(X, Y), dtype=np.float32)
            assert np.isfinite(answers(double, far)["variable"]).all()


TARGETS = {
    "gamma": np.exp(SIGNAL),
    "poisson": RNG.poisson(np.exp(SIGNAL)),
    "tweedie": RNG.poisson(np.exp(SIGNAL)) * np.exp(SIGNAL),
    "beta": 1 / (1 + np.exp(-SIGNAL + 0.3 * RNG.standard_normal(300))),
    "bernoulli": np.c_[SIGNAL > 0, SIGNAL > 1],
    "binomial": np.c_[RNG.binomial(9, 0.5 + 0.4 * np.tanh(SIGNAL)), np.full(300, 9)],
    "multinomial": RNG.multinomial(7, [0.2, 0.3, 0.5], size=300),
}
SIMILAR = {"lognormal": "gamma", "weibull": "gamma", "inverse_gaussian": "gamma"}
SIMILAR["negative_binomial"] = "poisson"


@pytest.mark.parametrize("family", NAMES)
def test_every_family_has_a_graph(family):
    y = TARGETS.get(SIMILAR.get(family, family), np.c_[Y, -10 * Y])
    model = MoERegressor(2, family=family, **FAST).fit(X, y)
    holds(model)
    holds(model, NEW[:100], rtol=1e-5, dtype=np.float32)


@pytest.mark.parametrize("expert", ["linear", "mlp"])
@pytest.mark.parametrize("family", ["auto", "ordinal"])
@pytest.mark.parametrize("borders", [[0], [-1, 0, 1]])
def test_labels_are_answered_with_their_probabilities(borders, family, expert):
    model = MoEClassifier(2, family=family, expert=expert, **FAST)
    model.fit(X, np.digitize(SIGNAL, borders))
    holds(model)
    holds(model, NEW[:100], rtol=1e-5, dtype=np.float32)


@pytest.mark.parametrize("kind", [str, np.int32, bool, np.float32, object])
def test_labels_are_of_their_own_kind(kind):
    y = (SIGNAL > 0).astype(int) if kind is object else (SIGNAL > 0).astype(kind)
    y = np.array(["b", "a"], dtype=object)[y] if kind is object else y
    holds(MoEClassifier(2, **FAST).fit(X, y))


def test_what_trees_and_averages_of_mixtures_say():
    holds(HMERegressor(2, **FAST).fit(X, np.c_[Y, -Y]))
    holds(HMERegressor(3, grow=True, **FAST).fit(X, Y))
    holds(HMEClassifier(1, **FAST).fit(X, LABELS))
    holds(MoERegressor.accurate(**FAST).fit(X, Y))
    holds(MoERegressor(3, n_init=3, average=True, **FAST).fit(X, Y))
    holds(MoERegressor(3, gate=TopKGate(), n_init=2, average=True, **FAST).fit(X, Y))
    holds(MoEClassifier.accurate(**FAST).fit(X, LABELS))


def test_a_refined_gate_is_written_as_what_it_has_become():
    holds(MoERegressor(2, gate=GaussianGate(refine=True), **FAST).fit(X, Y))
    holds(MoERegressor(2, gate=GaussianGate("tied", refine=True), **FAST).fit(X, Y))


@pytest.mark.parametrize("kind", ["full", "diag"])
def test_far_from_a_narrow_gaussian_there_is_an_answer(kind):
    wide = RNG.standard_normal((300, 40))
    model = MoERegressor(2, gate=GaussianGate(kind), **FAST).fit(wide, Y)
    narrow = model.gate_._replaced(factor=1e8 * model.gate_.factor)
    model._mixture = model._mixture._replace(gate=narrow)
    far = wide[:20] * np.array([1e-9, 1e2, 1e130, 1e200]).repeat(5)[:, None]
    assert np.isfinite(model.predict(far)).all()
    holds(model, far)


def test_scales_that_vary_change_no_mean():
    varying = MLPExpert((5,), heteroscedastic=True)
    holds(MoERegressor(2, expert=varying, **FAST).fit(X, Y))
    holds(MoERegressor(2, expert=varying, family="gamma", **FAST).fit(X, np.exp(SIGNAL)))


def test_of_equal_experts_the_first_answer():
    model = MoERegressor(4, gate=TopKGate("constant", k=2), **FAST).fit(X, Y)
    equal = model.gate_.inner.with_params(np.zeros(4))
    model._mixture = model._mixture._replace(gate=model.gate_._replaced(inner=equal))
    assert_allclose(model.gate_proba(X[:1]), [[0.5, 0.5, 0, 0]], atol=1e-30)
    holds(model)


def test_what_rows_carry_is_left_out():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    counts, years = RNG.poisson(np.exp(SIGNAL)), RNG.uniform(1, 5, size=300)
    holds(MoERegressor(2, family="poisson", **FAST).fit(X, counts, exposure=years))
    holds(MoERegressor(2, **FAST).fit(X, Y, offset=years))
    holds(MoERegressor(2, family="binomial", **FAST).fit(X, SIGNAL > 0, trials=9))
    holds(MoEClassifier(2, **FAST).fit(X, SIGNAL > 0, offset=years))
    table = pandas.DataFrame(X, columns=list("abcd"))
    model = MoERegressor(2, family="poisson", **FAST)
    model.fit(table.assign(years=years), counts, exposure="years")
    found = answers(to_onnx(model), NEW)["variable"][:, 0]
    rows = pandas.DataFrame(NEW, columns=list("abcd"))
    assert_allclose(found, model.predict(rows.assign(years=1.0)), rtol=1e-9)


def test_a_row_alone_and_no_row_at_all():
    for expert in ("linear", "mlp"):
        model = MoERegressor(3, gate=TopKGate("mlp"), expert=expert, **FAST).fit(X, Y)
        written = to_onnx(model)
        table = answers(written, NEW)
        for rows in (slice(0, 1), slice(0, 0)):
            for name, own in answers(written, NEW[rows]).items():
                assert own.shape == table[name][rows].shape
                assert_allclose(own, table[name][rows], rtol=1e-12)


def test_sparse_tables_and_other_array_libraries():
    from scipy.sparse import csr_array
    from sklearn import config_context

    strict = pytest.importorskip("array_api_strict", reason="array-api-strict is not installed")
    holds(MoERegressor(2, **FAST).fit(csr_array(Z * (np.abs(Z) > 1)), Y), Z[:50])
    gate, expert = HierarchicalGate("gaussian"), MixedExpert([("a", "linear"), ("b", "mlp")])
    with config_context(array_api_dispatch=True):
        model = MoERegressor(4, gate=gate, expert=expert, **FAST)
        model.fit(strict.asarray(X), strict.asarray(Y))
        expected = np.asarray(model.predict(strict.asarray(NEW)))
    assert_allclose(answers(to_onnx(model), NEW)["variable"][:, 0], expected, rtol=1e-9)


def test_the_type_is_that_of_the_fit():
    y = Y.astype(np.float32)
    assert answers(to_onnx(MoERegressor(2, **FAST).fit(X, Y)), X)["variable"].dtype == np.float64
    single = to_onnx(MoERegressor(2, **FAST).fit(X.astype(np.float32), y))
    assert answers(single, X.astype(np.float32))["variable"].dtype == np.float32


def test_offsets_that_single_precision_has_no_digits_for_are_told():
    model = MoERegressor(2, **FAST).fit(X + 1e8 * np.eye(4)[1], Y)
    to_onnx(model)
    with pytest.warns(LostDigitsWarning, match=r"columns \[1\] have .* in float32"):
        to_onnx(model, dtype=np.float32)


class Doubled(Poisson):
    """A family with a mean of its own."""

    def mean(self, eta, scale):
        return 2 * super().mean(eta, scale)


class Named(Poisson):
    """A family with the mean of another."""


class Other(SoftmaxGate):
    """A gate of one's own."""


class OtherExpert(LinearExpert):
    """Experts of one's own."""


def test_what_has_no_graph_is_refused_in_words():
    from sklearn.exceptions import NotFittedError
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline

    counts = RNG.poisson(np.exp(SIGNAL))
    holds(MoERegressor(2, family=Named(), **FAST).fit(X, counts))
    refused = {
        "estimators as gate": MoERegressor(2, gate=LogisticRegression(), **FAST).fit(Z, Y),
        "or experts": MoERegressor(2, expert=Ridge(), **FAST).fit(X, Y),
        "the expert Other": MoERegressor(2, expert=OtherExpert(), **FAST).fit(X, Y),
        "the gate Other": MoERegressor(2, gate=TopKGate(Other()), **FAST).fit(X, Y),
        "the family Doubled": MoERegressor(2, family=Doubled(), **FAST).fit(X, counts),
        "fitted with groups": MoERegressor(2, **FAST).fit(X, Y, groups=np.arange(300) // 3),
        "categories": MoERegressor(2, categorical_features=[0], **FAST).fit(
            np.c_[SIGNAL > 0, X], Y
        ),
        "register": make_pipeline(MoERegressor(2, **FAST)).fit(X, Y),
        "thresholds that vary": MoEClassifier(
            2, family="ordinal", expert=MLPExpert((3,), heteroscedastic=True), **FAST
        ).fit(X, np.digitize(SIGNAL, [-1, 1])),
    }
    for words, model in refused.items():
        with pytest.raises(ValueError, match=words):
            to_onnx(model)
    with pytest.raises(NotFittedError):
        to_onnx(MoERegressor())
    with pytest.raises(ValueError, match="float64, float32 or None"):
        to_onnx(MoERegressor(2, **FAST).fit(X, Y), dtype=int)


def test_what_is_missing_is_said(monkeypatch):
    model = MoERegressor(2, **FAST).fit(X, Y)
    for library, ask in (("onnx", lambda: to_onnx(model)), ("skl2onnx", register)):
        monkeypatch.setitem(sys.modules, library, None)
        with pytest.raises(ImportError, match=rf"needs {library}.*skmoe\[onnx\]"):
            ask()


# -- inside what skl2onnx converts ----------------------------------------------------------------


@pytest.fixture
def converted():
    """What skl2onnx makes of a fitted model, for rows of their own type."""
    library = pytest.importorskip("skl2onnx", reason="the extra onnx is not installed")
    register()
    return lambda model, X, **options: library.to_onnx(model, X[:1], options=options or None)


@pytest.mark.parametrize("dtype, rtol", [(np.float64, 1e-9), (np.float32, 1e-5)])
def test_pipelines_end_with_a_mixture(converted, dtype, rtol):
    from sklearn.ensemble import StackingRegressor
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    mixture = MoERegressor(2, **FAST)
    new = NEW[:100].astype(dtype)
    for model in (
        make_pipeline(StandardScaler(), mixture),
        make_pipeline(StandardScaler(), HMERegressor(1, **FAST)),
        GridSearchCV(make_pipeline(StandardScaler(), mixture), {"moeregressor__n_experts": [1]}),
        # Two mixtures in one graph.
        StackingRegressor([("two", mixture), ("three", MoERegressor(3, **FAST))], Ridge(), cv=2),
    ):
        found = answers(converted(model.fit(X, Y), new), new)
        assert_allclose(found["variable"][:, 0], model.predict(new), rtol=rtol)
        assert found["variable"].dtype == dtype


@pytest.mark.parametrize("y", [LABELS, LABELS == "yes", (LABELS == "no") + 5])
def test_pipelines_end_with_a_classifier(converted, y):
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    for kind in (MoEClassifier(2, **FAST), HMEClassifier(1, **FAST)):
        model = make_pipeline(StandardScaler(), kind).fit(X, y)
        for new, rtol in ((NEW, 1e-9), (NEW[:100].astype(np.float32), 1e-5)):
            found = answers(converted(model, new, zipmap=False), new)
            assert_allclose(found["probabilities"], model.predict_proba(new), rtol=0, atol=rtol)
            assert_array_equal(found["label"], model.predict(new))
        *_, proba = answers(converted(model, new), new).values()
        expected = dict(zip(model.classes_.tolist(), model.predict_proba(new)[0]))
        assert set(proba[0]) == set(expected)
        assert proba[0] == pytest.approx(expected, abs=1e-5)
        with pytest.raises(ValueError, match="'zipmap': False"):
            converted(model, NEW)


def test_whole_numbers_are_taken(converted):
    whole = np.rint(3 * Z).astype(np.int64)
    model = MoERegressor(2, **FAST).fit(whole, Y)
    found = answers(converted(model, whole), whole)["variable"][:, 0]
    assert_allclose(found, model.predict(whole), rtol=1e-5)


def test_steps_behind_a_mixture_are_refused(converted):
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import FeatureUnion, make_pipeline

    mixture = MoERegressor(2, **FAST)
    for model in (make_pipeline(mixture, Ridge()), FeatureUnion([("gate", mixture)])):
        with pytest.raises(ValueError, match="followed by another step"):
            converted(model.fit(X, Y), X)


def test_one_table_and_new_operators_are_wanted(converted):
    import skl2onnx
    from skl2onnx.common.data_types import DoubleTensorType

    model = MoERegressor(2, **FAST).fit(X, Y)
    columns = [(name, DoubleTensorType([None, 1])) for name in "abcd"]
    with pytest.raises(ValueError, match="X is 4 inputs"):
        skl2onnx.to_onnx(model, initial_types=columns)
    with pytest.raises(ValueError, match="target_opset=12"):
        skl2onnx.to_onnx(model, X, target_opset=12)
    oldest = skl2onnx.to_onnx(model, X, target_opset=13)
    assert_allclose(answers(oldest, X)["variable"][:, 0], model.predict(X), rtol=1e-9)
    with pytest.raises(ValueError, match="fitted with groups"):
        converted(MoERegressor(2, **FAST).fit(X, Y, groups=np.arange(300) // 3), X)
