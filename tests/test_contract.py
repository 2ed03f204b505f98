"""Every part in the lists passes the contract suite.

The default suite tries every check on every part in float64 with NumPy, and all of them together
on the strictest of the other backends; `full` tries all parts on all backends.
"""

import pytest
from sklearn.base import is_classifier
from sklearn.linear_model import LogisticRegression, Ridge

from skmoe import experts, families, gates, solvers, testing

from .choosing import NUMPY, OTHER_BACKENDS, STRICT, TRIED, on

NOT_PARTS = {"Gate", "Expert", "Explored", "Family", "Memory", "Solver", "Trace"}

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
    "Adam": [solvers.Adam(learning_rate=0.1, batch_size=32, validation_fraction=0.0, n_epochs=60)],
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
    families.Ordinal(scale="shared"),
]
# The counts of several outcomes have no distribution function.
OF_NUMBERS = [family for family in ALL_FAMILIES if str(family) != "Multinomial()"]
# One of every kind: places, counts, positive numbers, shares, labels, labels in an order.
KINDS = {"Gaussian()", "NegativeBinomial()", "Gamma()", "Bernoulli()", "Categorical()", "Ordinal()"}


def families_of(expert):
    """Families that an expert can serve."""
    if isinstance(expert, experts.LinearExpert):
        return ALL_FAMILIES
    if isinstance(expert, experts.MLPExpert):
        every = [families.Gaussian(), families.StudentT(), families.Gamma(scale="shared")]
        every = [*every, families.NegativeBinomial(), families.Ordinal(), families.Categorical()]
        # Labels, of which two have no scale that could depend on x.
        return every[:-2] if expert.heteroscedastic else every
    if isinstance(expert, experts.MixedExpert):
        return [families.Gaussian(), families.NegativeBinomial()]
    kind = is_classifier(expert.estimator)
    some = ALL_FAMILIES if kind else OF_NUMBERS
    return [own for own in some if own.labels == kind and not own.ordered]


def is_lean(expert, family, backend):
    """Whether the default suite tries an expert with a family on a backend."""
    # An estimator is fitted on the host, whatever arrays and family there are.
    wrapped = isinstance(expert, experts.EstimatorExpert)
    if backend == NUMPY:
        return not wrapped or str(family) in KINDS
    # What a family asks of arrays it asks in every bank.
    every = isinstance(expert, experts.LinearExpert)
    return backend == STRICT and str(family) in (
        KINDS if every else {"Gaussian()", "Categorical()"}
    )


PAIRS = [(expert, family) for expert in parts(experts) for family in families_of(expert)]
LEAN_PAIRS = [pair for pair in PAIRS if is_lean(*pair, NUMPY)]


def checks(some):
    """The checks that can fail with NumPy, as parameters."""
    names = {check: check.__name__.removeprefix("check_") for check in some}
    return [
        pytest.param(check, id=name)
        for check, name in names.items()
        if testing.applies(check, NUMPY)
    ]


def named(some):
    return [pytest.param(part, id=type(part).__name__) for part in some]


def paired(pairs):
    return [pytest.param(*pair, id=f"{type(pair[0]).__name__}-{pair[1]}") for pair in pairs]


def pairs_on_backends():
    """Experts, families and backends that `test_expert` leaves out."""
    for backend in TRIED:
        for expert, family in PAIRS:
            lean = is_lean(expert, family, backend)
            if not (lean and backend == NUMPY):
                yield on(backend, expert, family, lean=lean)


@pytest.mark.parametrize("check", checks(testing.GATE_CHECKS))
@pytest.mark.parametrize("gate", named(parts(gates)))
def test_gate(gate, check):
    testing.check_gate(gate, backends=[NUMPY], checks=[check])


@pytest.mark.parametrize("check", checks(testing.EXPERT_CHECKS))
@pytest.mark.parametrize(("expert", "family"), paired(LEAN_PAIRS))
def test_expert(expert, family, check):
    testing.check_expert(expert, backends=[NUMPY], checks=[check], families=[family])


@pytest.mark.parametrize("check", checks(testing.FAMILY_CHECKS))
@pytest.mark.parametrize("family", OF_NUMBERS, ids=str)
def test_family(family, check):
    testing.check_family(family, backends=[NUMPY], checks=[check])


@pytest.mark.parametrize("check", checks(testing.SOLVER_CHECKS))
@pytest.mark.parametrize("solver", named(parts(solvers)))
def test_solver(solver, check):
    testing.check_solver(solver, backends=[NUMPY], checks=[check], seeds=[0])


@pytest.mark.parametrize("backend", OTHER_BACKENDS)
@pytest.mark.parametrize("gate", named(parts(gates)))
def test_gate_on_other_backends(gate, backend):
    testing.check_gate(gate, backends=[backend])


@pytest.mark.parametrize(("expert", "family", "backend"), list(pairs_on_backends()))
def test_expert_on_other_backends(expert, family, backend):
    testing.check_expert(expert, backends=[backend], families=[family])


@pytest.mark.parametrize("backend", OTHER_BACKENDS)
@pytest.mark.parametrize("family", OF_NUMBERS, ids=str)
def test_family_on_other_backends(family, backend):
    testing.check_family(family, backends=[backend])


@pytest.mark.parametrize("backend", OTHER_BACKENDS)
@pytest.mark.parametrize("solver", named(parts(solvers)))
def test_solver_on_other_backends(solver, backend):
    testing.check_solver(solver, backends=[backend], seeds=[0])


@pytest.mark.parametrize("part", [p for m in (gates, experts, families, solvers) for p in parts(m)])
def test_documented_and_cloneable(part):
    for check in testing._problems.OBJECT_CHECKS:
        check(part)


class BrokenGate(gates.ConstantGate):
    """A gate whose gradient is wrong, which the suite must notice."""

    def gradient(self, X, resp):
        return 2 * super().gradient(X, resp)


def test_the_suite_can_fail_and_says_of_what():
    with pytest.raises(AssertionError) as caught:
        testing.check_gate(BrokenGate(), backends=[NUMPY], checks=[testing._parts.check_gradient])
    assert caught.value.__notes__ == ["check_gradient of BrokenGate() on numpy-float64"]
