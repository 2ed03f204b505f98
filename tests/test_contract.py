"""Every part in the lists passes the contract suite, on every backend."""

import pytest
from sklearn.base import is_classifier
from sklearn.linear_model import LogisticRegression, Ridge

from skmoe import experts, families, gates, solvers, testing

NOT_PARTS = {"Gate", "Expert", "Family", "Memory", "Solver", "Trace"}


# Parts that are made of something.
MADE = {
    "EstimatorGate": [gates.EstimatorGate(LogisticRegression())],
    "EstimatorExpert": [
        experts.EstimatorExpert(Ridge()),
        experts.EstimatorExpert(LogisticRegression()),
    ],
    "MixedExpert": [experts.MixedExpert([("line", "linear"), ("ridge", Ridge())])],
    # Smooth ones: at a kink, finite differences are not the gradient.
    "MLPExpert": [
        experts.MLPExpert(4, "tanh"),
        experts.MLPExpert((4, 3), "silu", heteroscedastic=True),
    ],
    "MLPGate": [gates.MLPGate(4, "tanh"), gates.MLPGate((4, 3), "logistic")],
    # Without held-out rows, so that what is checked is what is climbed.
    "Adam": [solvers.Adam(learning_rate=0.02, validation_fraction=0.0, patience=200)],
    "TopKGate": [gates.TopKGate(k=2), gates.TopKGate(gates.HierarchicalGate("gaussian"), k=3)],
}


def parts(module):
    names = [name for name in module.__all__ if name not in NOT_PARTS]
    return [part for name in names for part in MADE.get(name) or [getattr(module, name)()]]


ALL_FAMILIES = [
    *parts(families),
    families.Gaussian(scale="shared"),
    families.StudentT(df=4),
    families.Gamma(scale="shared"),
    families.NegativeBinomial(scale="shared"),
]


def families_of(expert):
    """Families that an expert can serve."""
    if isinstance(expert, experts.LinearExpert):
        return ALL_FAMILIES
    if isinstance(expert, experts.MLPExpert):
        every = [families.Gaussian(), families.StudentT(), families.Gamma(scale="shared")]
        every = [*every, families.NegativeBinomial(), families.Categorical()]
        return every[:-1] if expert.heteroscedastic else every
    if isinstance(expert, experts.MixedExpert):
        return [families.Gaussian(), families.NegativeBinomial()]
    return [family for family in ALL_FAMILIES if family.labels == is_classifier(expert.estimator)]


@pytest.fixture(
    params=[
        pytest.param(b, id=str(b), marks=[pytest.mark.gpu] if b.library == "cupy" else [])
        for b in testing.BACKENDS
    ]
)
def backend(request):
    reason = request.param.missing()
    if reason:
        pytest.skip(reason)
    return request.param


@pytest.mark.parametrize("check", testing.GATE_CHECKS, ids=lambda c: c.__name__)
@pytest.mark.parametrize("gate", parts(gates), ids=lambda p: type(p).__name__)
def test_gate(gate, check, backend):
    testing.check_gate(gate, backends=[backend], checks=[check])


EXPERTS_AND_FAMILIES = [
    pytest.param(expert, family, id=f"{type(expert).__name__}-{family}")
    for expert in parts(experts)
    for family in families_of(expert)
]


@pytest.mark.parametrize("check", testing.EXPERT_CHECKS, ids=lambda c: c.__name__)
@pytest.mark.parametrize(("expert", "family"), EXPERTS_AND_FAMILIES)
def test_expert(expert, family, check, backend):
    testing.check_expert(expert, backends=[backend], checks=[check], families=[family])


@pytest.mark.parametrize("check", testing.FAMILY_CHECKS, ids=lambda c: c.__name__)
@pytest.mark.parametrize("family", ALL_FAMILIES, ids=str)
def test_family(family, check, backend):
    testing.check_family(family, backends=[backend], checks=[check])


@pytest.mark.parametrize("check", testing.SOLVER_CHECKS, ids=lambda c: c.__name__)
@pytest.mark.parametrize("solver", parts(solvers), ids=lambda p: type(p).__name__)
def test_solver(solver, check, backend):
    testing.check_solver(solver, backends=[backend], checks=[check], seeds=[0])


@pytest.mark.parametrize("part", [p for m in (gates, experts, families, solvers) for p in parts(m)])
def test_documented_and_cloneable(part):
    for check in testing._contract._OBJECT_CHECKS:
        check(part)


class BrokenGate(gates.ConstantGate):
    """A gate whose gradient is wrong, which the suite must notice."""

    def gradient(self, X, resp):
        return 2 * super().gradient(X, resp)


def test_the_suite_can_fail():
    with pytest.raises(AssertionError):
        testing.check_gate(BrokenGate(), checks=[testing._contract.check_gradient])
