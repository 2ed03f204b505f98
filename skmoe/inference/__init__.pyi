from typing import Any

from numpy import ndarray
from pandas import DataFrame

from skmoe._typing import Float
from skmoe.inference._standard_errors import Term

__all__ = ["Inference", "Summary"]

class Inference:
    terms: list[Term]
    covariance: ndarray[Any, Any]
    values: dict[str, ndarray[Any, Any]]
    std_errors: dict[str, ndarray[Any, Any]]
    undetermined: list[Term]
    robust: bool
    penalised: bool
    def __init__(
        self, terms: Any, covariance: Any, values: Any, std_errors: Any, robust: Any, penalised: Any
    ) -> None: ...
    def intervals(self, confidence: Float = 0.95) -> dict[str, ndarray[Any, Any]]: ...
    def notes(self) -> list[str]: ...
    def problem(self) -> str | None: ...
    def to_frame(self, confidence: Float = 0.95) -> DataFrame: ...

class Summary:
    title: str
    facts: dict[str, Any]
    shares: ndarray[Any, Any] | None
    terms: list[Term]
    confidence: float
    notes: list[str]
    def __init__(
        self, title: Any, facts: Any, shares: Any, terms: Any, confidence: Any, notes: Any
    ) -> None: ...
    def to_frame(self) -> DataFrame: ...
