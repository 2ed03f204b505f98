"""scikit-learn's own checks, in several settings; what is expected to fail says why.

In the default suite every kind of estimator, gate, expert and solver comes in at least one.
"""

import importlib.util

import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils.estimator_checks import estimator_checks_generator

from skmoe import HMEClassifier, HMERegressor, MoEClassifier, MoERegressor
from skmoe.experts import EstimatorExpert, LinearExpert, MixedExpert
from skmoe.gates import GaussianGate, HierarchicalGate, SoftmaxGate, TopKGate
from skmoe.solvers import EM, LBFGS, Adam

from .choosing import FULL

# Few passes and one start do what is checked; what is learnt, other tests ask. Of every estimator
# the defaults, with all their starts, are tried once.
FEW = {"max_iter": 10, "tol": 1e-3}
TREE = DecisionTreeRegressor(max_depth=2)
KINDS = MixedExpert([("line", "linear"), ("tree", TREE)])
BOOSTING = HistGradientBoostingRegressor(max_iter=2)
NEURAL = {"n_experts": 2, "expert": "mlp", "gate": "mlp", "solver": Adam(n_epochs=20)}
PARTIAL_FIT = [
    "check_estimators_partial_fit_n_features",
    "check_fit_score_takes_y",
    "check_n_features_in_after_fitting",
]

# A regressor, of which the default suite makes every check, and those of which it makes all but
# `FORMS`.
THOROUGH = [HMERegressor(init="planes")]
LEAN = [
    MoEClassifier(
        3,
        gate=TopKGate(HierarchicalGate(SoftmaxGate(alpha=1.0)), k=2),
        expert=LinearExpert(alpha=1.0),
        init="lines",
        **FEW,
    ),
    MoERegressor(),
    MoERegressor(**NEURAL),
    HMEClassifier(
        1, 3, gate="quadratic", solver=LBFGS(), expert=LinearExpert(alpha=0.1), init="kmeans"
    ),
]
# What `full` adds: every check of those that show their rows to other estimators, and of the others
# all but `FORMS` and those of `LIBRARIES`.
WRAPPING = [
    MoEClassifier(expert=DecisionTreeClassifier(max_depth=3), **FEW),
    MoEClassifier(2, gate=DecisionTreeClassifier(max_depth=2), expert=LogisticRegression(), **FEW),
    MoERegressor(2, gate="gaussian", expert=KINDS, **FEW),
    MoERegressor(2, gate=LogisticRegression(), expert=TREE, **FEW),
    MoERegressor(2, expert=EstimatorExpert(BOOSTING, cv=1), max_iter=3, init="joint"),
]
SETTINGS = [
    {"n_experts": 1},
    {"n_experts": 2, "gate": "constant", "init": "joint", "n_init": 3},
    {"gate": SoftmaxGate(alpha=1.0), "expert": LinearExpert(alpha=0.1), "init": "kmeans"},
    # A fixed penalty: of two equal experts, rounding decides which gate explains y better.
    {"gate": GaussianGate("tied", refine=True), "expert": LinearExpert(alpha=1.0), "init": "joint"},
    {"solver": EM(memory=0), "expert": LinearExpert(columns=[0]), "init": "lines", **FEW},
]
OTHERS = [
    *(kind(**setting) for kind in (MoERegressor, MoEClassifier) for setting in SETTINGS),
    MoEClassifier(),
    MoEClassifier(**NEURAL),
    MoEClassifier(2, init="planes", n_init=2, average=True),
    MoEClassifier("auto", init="joint", **FEW),
    MoEClassifier(2, family="ordinal", init="lines", **FEW),
    MoERegressor("auto", gate="constant", init="joint", **FEW),
    MoERegressor(2, gate="constant", family="student_t", n_init=2, average=True),
    MoERegressor(3, gate=TopKGate(HierarchicalGate(), k=2), init="planes", **FEW),
    MoERegressor(2, family="poisson", init="lines"),
    HMERegressor(),
    HMEClassifier(),
    HMERegressor(depth=1, grow=True, **FEW),
    HMEClassifier(1, 3, gate="gaussian", expert=LinearExpert(alpha=0.1), init="planes"),
]


def expected_failures(estimator):
    if getattr(estimator, "family", None) == "poisson":
        return {"check_regressor_multioutput": "draws negative targets, whatever the tags say"}
    if getattr(estimator, "family", None) == "ordinal":
        return {"check_classifiers_classes": "gives text, which has no order, and is told so"}
    if isinstance(estimator.solver, LBFGS):
        return dict.fromkeys(PARTIAL_FIT, "L-BFGS cannot learn from batches, and says so")
    if isinstance(estimator.expert, DecisionTreeClassifier):
        return {
            "check_class_weight_classifiers": "asks for leaves of some weight, which it sets on "
            "trees themselves: min_weight_fraction_leaf"
        }
    return {}


def words(value):
    """What a check is told of array libraries and devices, as text."""
    return [w for part in value for w in words(part)] if isinstance(value, tuple) else [str(value)]


# Array libraries that the default suite leaves to `full`: array_api_strict is stricter.
LIBRARIES = {"cupy", "dpnp", "torch"}

# The forms in which a table may come. All estimators read it alike, so that not all need be shown
# each.
FORMS = {
    "CPU_DEVICE",
    "check_array_api_same_namespace",
    "check_classifier_data_not_an_array",
    "check_dtype_object",
    "check_estimator_sparse_array",
    "check_f_contiguous_array_estimator",
    "check_readonly_memmap_input",
    "check_regressor_data_not_an_array",
    "check_sample_weights_list",
    "check_sample_weights_not_an_array",
    "check_sample_weights_pandas_series",
    "check_transformer_data_not_an_array",
    "readonly_memmap",
}

# Of one estimator only: sparse matrices go the way of sparse arrays.
REPEATED = {"check_estimator_sparse_matrix"}


def missing():
    """Array libraries and devices that scikit-learn would check if they were here."""
    absent = {name for name in LIBRARIES if not importlib.util.find_spec(name)}
    if "torch" in absent:
        return absent
    import torch

    devices = {"cuda": torch.cuda, "xpu": torch.xpu, "mps": torch.mps}
    return absent | {name for name, module in devices.items() if not module.is_available()}


MISSING = missing()


def cases(estimators, skipped=REPEATED, left_out=(), marks=()):
    """Every check of every estimator as a parameter, but for those of missing libraries.

    Checks that have a word of `skipped` as their name or are told of it are skipped, those of
    `left_out` left to `full`.
    """
    for estimator in estimators:
        known = expected_failures(estimator)
        setting = " ".join(str(estimator).split())
        for instance, check in estimator_checks_generator(estimator):
            name, own = check.func.__name__, list(marks)
            asked = {name, *check.keywords, *words(tuple(check.keywords.values()))}
            if asked & {*MISSING, *skipped}:
                continue
            if asked & {*LIBRARIES, *REPEATED, *left_out}:
                own.append(FULL)
            if name in known:
                own.append(pytest.mark.xfail(reason=known[name]))
            told = ",".join(f"{key}={value}" for key, value in check.keywords.items())
            yield pytest.param(instance, check, id=f"{setting}-{name}({told})", marks=own)


CASES = [
    *cases(THOROUGH, skipped=()),
    *cases(LEAN, left_out=FORMS),
    *cases(WRAPPING, marks=[FULL]),
    *cases(OTHERS, skipped=REPEATED | FORMS | LIBRARIES, marks=[FULL]),
]


# Some checks fit ten columns to ten rows: a fixed small penalty then gives a degenerate fit, and
# says so.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("estimator", "check"), CASES)
def test_scikit_learn_check(estimator, check):
    assert estimator.__sklearn_tags__().array_api_support
    check(estimator)
