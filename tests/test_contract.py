"""Every part in the lists passes the contract suite.

The default suite tries every check on every part in float64 with NumPy, and on the strictest of
the other backends those that ask for functions of arrays which no other check asks for; `full`
tries all checks of all parts on all backends.
"""

import pytest
from sklearn.base import clone, is_classifier
from sklearn.linear_model import LogisticRegression, Ridge

from skmoe import experts, families, gates, solvers, testing

from .choosing import FULL, NUMPY, OTHER_BACKENDS, STRICT, TRIED, on

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


# What compares answers of the same functions of arrays, some after a hundred updates: another
# backend may round it away, which is for `full` to see, but cannot lack anything for it.
AGAIN = {
    "check_additive",
    "check_family_scale_update",
    "check_solver_converges",
    "check_update_converges",
    "check_weight_is_repetition",
}


def halves(params, some):
    """Parameters that end with a backend, with the checks that ask for more and with the rest."""
    first, again = ([c for c in some if (c.__name__ in AGAIN) == own] for own in (False, True))
    both = []
    for param in params:
        backend, marks = param.values[-1], param.marks
        both.append(pytest.param(*param.values, first, id=f"{param.id}-first", marks=marks))
        # In double precision array_api_strict rounds as NumPy does, which it calls.
        same = (backend.library, backend.dtype) == ("array_api_strict", "float64")
        if not same and any(testing.applies(check, backend) for check in again):
            marks = [*marks, FULL]
            both.append(pytest.param(*param.values, again, id=f"{param.id}-again", marks=marks))
    return both


def named(some):
    return [pytest.param(part, id=type(part).__name__) for part in some]


def paired(pairs):
    return [pytest.param(*pair, id=f"{type(pair[0]).__name__}-{pair[1]}") for pair in pairs]


def pairs_on_backends():
    """Experts, families and backends that `test_expert` leaves out."""
    for backend in TRIED:
        for expert, family in PAIRS if backend == NUMPY else LEAN_PAIRS:
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


@pytest.mark.parametrize(("backend", "checks"), halves(OTHER_BACKENDS, testing.GATE_CHECKS))
@pytest.mark.parametrize("gate", named(parts(gates)))
def test_gate_on_other_backends(gate, backend, checks):
    testing.check_gate(gate, backends=[backend], checks=checks)


@pytest.mark.parametrize(
    ("expert", "family", "backend", "checks"), halves(pairs_on_backends(), testing.EXPERT_CHECKS)
)
def test_expert_on_other_backends(expert, family, backend, checks):
    testing.check_expert(expert, backends=[backend], checks=checks, families=[family])


@pytest.mark.parametrize(("backend", "checks"), halves(OTHER_BACKENDS, testing.FAMILY_CHECKS))
@pytest.mark.parametrize("family", OF_NUMBERS, ids=str)
def test_family_on_other_backends(family, backend, checks):
    testing.check_family(family, backends=[backend], checks=checks)


@pytest.mark.parametrize(("backend", "checks"), halves(OTHER_BACKENDS, testing.SOLVER_CHECKS))
@pytest.mark.parametrize("solver", named(parts(solvers)))
def test_solver_on_other_backends(solver, backend, checks):
    # Of many random steps the first few ask for all that there is; the others are to arrive.
    few = solver.stochastic and not any(check.__name__ in AGAIN for check in checks)
    own = clone(solver).set_params(n_epochs=8) if few else solver
    testing.check_solver(own, backends=[backend], checks=checks, seeds=[0])


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
