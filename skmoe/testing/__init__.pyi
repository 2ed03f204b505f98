from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from skmoe._typing import Array, Int, Values
from skmoe.experts import Expert
from skmoe.families import Family
from skmoe.gates import Gate
from skmoe.solvers import Solver

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
BACKENDS: list[Any]

EXPERT_CHECKS: list[Any]

FAMILY_CHECKS: list[Any]

GATE_CHECKS: list[Any]

SOLVER_CHECKS: list[Any]

class Backend(NamedTuple):
    library: str
    device: str | None
    dtype: str
    def array(self, values: Values) -> Array: ...
    def holds(self, x: Array) -> bool: ...
    def missing(self) -> str | None: ...
    @property
    def tolerance(self) -> Any: ...

def applies(check: Callable[..., Any], backend: Backend) -> bool: ...
def available() -> list[Backend]: ...
def check_expert(
    expert: Expert,
    *,
    backends: Sequence[Backend] | None = None,
    checks: Sequence[Callable[..., Any]] | None = None,
    families: Sequence[Family] | None = None,
) -> Any: ...
def check_family(
    family: Family,
    *,
    backends: Sequence[Backend] | None = None,
    checks: Sequence[Callable[..., Any]] | None = None,
) -> Any: ...
def check_gate(
    gate: Gate,
    *,
    backends: Sequence[Backend] | None = None,
    checks: Sequence[Callable[..., Any]] | None = None,
) -> Any: ...
def check_solver(
    solver: Solver,
    *,
    backends: Sequence[Backend] | None = None,
    checks: Sequence[Callable[..., Any]] | None = None,
    seeds: Iterable[Int] = ...,
) -> Any: ...
def missing() -> list[str]: ...
