"""scikit-learn's own checks, in several settings, without an expected failure."""

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmoe import HMEClassifier, HMERegressor, MoEClassifier, MoERegressor
from skmoe.experts import LinearExpert
from skmoe.gates import GaussianGate, HierarchicalGate, SoftmaxGate, TopKGate
from skmoe.solvers import EM

SETTINGS = [
    {},
    {"n_experts": 1},
    {"n_experts": 2, "gate": "constant", "n_init": 3},
    {"n_experts": 3, "gate": SoftmaxGate(alpha=1.0), "expert": LinearExpert(alpha=0.1)},
    {"n_experts": 2, "gate": GaussianGate("tied", refine=True)},
    {"n_experts": 3, "gate": TopKGate(HierarchicalGate(), k=2)},
    {"n_experts": 2, "solver": EM(memory=0), "expert": LinearExpert(columns=[0])},
]
TREES = [
    {},
    {"depth": 1, "branching": 3, "gate": "gaussian", "expert": LinearExpert(alpha=0.1)},
    {"depth": 2, "grow": True},
]
ESTIMATORS = [
    *(kind(**setting) for kind in (MoERegressor, MoEClassifier) for setting in SETTINGS),
    *(kind(**setting) for kind in (HMERegressor, HMEClassifier) for setting in TREES),
]
# Estimators as parts have checks of their own, and live on the host.
ESTIMATOR_PARTS = {
    MoERegressor: {"gate": LogisticRegression(), "expert": DecisionTreeRegressor(max_depth=2)},
    MoEClassifier: {"gate": DecisionTreeClassifier(max_depth=2), "expert": LogisticRegression()},
}
ESTIMATORS += [kind(n_experts=2, max_iter=10, **parts) for kind, parts in ESTIMATOR_PARTS.items()]


# Some checks fit ten columns to ten rows: a fixed small penalty then gives a degenerate fit, and
# says so.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(ESTIMATORS)
def test_scikit_learn_check(estimator, check):
    assert estimator.__sklearn_tags__().array_api_support
    check(estimator)
