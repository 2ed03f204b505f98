"""scikit-learn's own checks, in several settings, without an expected failure."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmoe import MoEClassifier, MoERegressor
from skmoe.experts import LinearExpert
from skmoe.gates import SoftmaxGate
from skmoe.solvers import EM

SETTINGS = [
    {},
    {"n_experts": 1},
    {"n_experts": 2, "gate": "constant", "n_init": 3},
    {"n_experts": 3, "gate": SoftmaxGate(alpha=1.0), "expert": LinearExpert(alpha=0.1)},
    {"n_experts": 2, "solver": EM(memory=0), "expert": LinearExpert(columns=[0])},
]
ESTIMATORS = [kind(**setting) for kind in (MoERegressor, MoEClassifier) for setting in SETTINGS]


# Some checks fit ten columns to ten rows: a fixed small penalty then gives a degenerate fit, and
# says so.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(ESTIMATORS)
def test_scikit_learn_check(estimator, check):
    assert estimator.__sklearn_tags__().array_api_support
    check(estimator)
