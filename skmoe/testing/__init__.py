"""The contract suite: what every gate, expert, family and solver must do.

Write a part, then run the suite on it::

    from skmoe.testing import check_gate
    check_gate(MyGate())
"""

from ._backends import BACKENDS, Backend, available, missing
from ._families import FAMILY_CHECKS, check_family
from ._parts import EXPERT_CHECKS, GATE_CHECKS, check_expert, check_gate
from ._problems import applies
from ._solvers import SOLVER_CHECKS, check_solver

__all__ = [
    "BACKENDS",
    "EXPERT_CHECKS",
    "FAMILY_CHECKS",
    "GATE_CHECKS",
    "SOLVER_CHECKS",
    "Backend",
    "applies",
    "available",
    "check_expert",
    "check_family",
    "check_gate",
    "check_solver",
    "missing",
]
