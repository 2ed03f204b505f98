from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

from sklearn.base import BaseEstimator

from skmoe._typing import Float, Int, Seed

__all__ = ["EM", "LBFGS", "Adam", "Explored", "Memory", "Solver", "Trace"]

class EM(Solver):
    def __init__(self, memory: Int = 5, decay: Float = 0.6, forgetting: Float = 0.0) -> None: ...
    memory: Int
    decay: Float
    forgetting: Float

class LBFGS(Solver):
    def __init__(self, memory: Int | Literal["auto"] = "auto") -> None: ...
    memory: Int | Literal["auto"]

class Adam(Solver):
    def __init__(
        self,
        learning_rate: Float | Literal["auto"] = "auto",
        batch_size: Int | Literal["auto"] = "auto",
        n_epochs: Int | Literal["auto"] = "auto",
        schedule: Literal["plateau", "cosine", "constant"] = "plateau",
        weight_decay: Float = 0.0,
        max_norm: Float = 1.0,
        validation_fraction: Float = 0.1,
        patience: Int = 12,
        random_state: Seed = None,
    ) -> None: ...
    learning_rate: Float | Literal["auto"]
    batch_size: Int | Literal["auto"]
    n_epochs: Int | Literal["auto"]
    schedule: Literal["plateau", "cosine", "constant"]
    weight_decay: Float
    max_norm: Float
    validation_fraction: Float
    patience: Int
    random_state: Seed

class Explored(NamedTuple):
    mixture: Any
    evidence: float

class Memory(NamedTuple):
    weight: float = ...
    state: Any = ...

class Solver(BaseEstimator):
    def check_parts(self, gate: Any, expert: Any) -> Any: ...
    def explore(
        self, mixture: Any, blocks: Any, tol: Float, *, passes: Int, rounds: Int = 0
    ) -> Explored: ...
    def learn(self, mixture: Any, blocks: Any, memory: Memory) -> tuple[Any, Memory]: ...
    def n_held(self, n_rows: Any) -> Any: ...
    passes_per_step: int
    def solve(self, mixture: Any, blocks: Any, trace: Trace) -> tuple[Any, Trace]: ...
    stochastic: bool

class Trace:
    history: list[float]
    n_iter: int
    converged: bool
    stopped: bool
    scores: list[float]
    held_out: Any | None
    problem: str | None
    def __init__(
        self, max_iter: Int, tol: Float, report: Callable[..., Any] | None = None
    ) -> None: ...
    def begin(self, objective: Float, weight: Float) -> Any: ...
    def best_score(self) -> float: ...
    def expected_gain(self) -> float: ...
    def goes_on(self) -> bool: ...
    def last_gain(self) -> float: ...
    @classmethod
    def of(cls, traces: Sequence[Trace]) -> Trace: ...
    def record(self, objective: Float, mixture: Any) -> Any: ...
