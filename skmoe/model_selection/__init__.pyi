from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from numpy import ndarray
from pandas import DataFrame

from skmoe import MoEClassifier, MoERegressor
from skmoe._typing import Fittable, Int, Values

__all__ = ["Selection", "aic_scorer", "bic_scorer", "icl_scorer", "select_n_experts"]

class Selection(NamedTuple):
    criterion: str
    n_experts: ndarray[Any, Any]
    scores: dict[str, ndarray[Any, Any]]
    std_errors: ndarray[Any, Any] | None
    log_likelihood: ndarray[Any, Any]
    n_parameters: ndarray[Any, Any]
    degenerate: ndarray[Any, Any]
    converged: ndarray[Any, Any]
    best_n_experts_: int
    best_estimator_: Any | None = ...
    def to_frame(self) -> DataFrame: ...

def aic_scorer(
    estimator: MoERegressor | MoEClassifier | Fittable, X: Values, y: Values
) -> float: ...
def bic_scorer(
    estimator: MoERegressor | MoEClassifier | Fittable, X: Values, y: Values
) -> float: ...
def icl_scorer(
    estimator: MoERegressor | MoEClassifier | Fittable, X: Values, y: Values
) -> float: ...
def select_n_experts(
    estimator: MoERegressor | MoEClassifier | Fittable,
    X: Values,
    y: Values,
    *,
    n_experts: Iterable[Int] = ...,
    criterion: Literal["bic", "icl", "aic", "evidence", "cv"] = "bic",
    cv: Int | Any = 5,
    sample_weight: Values | None = None,
    exposure: str | Values | None = None,
    offset: str | Values | None = None,
    groups: str | Values | None = None,
    trials: str | Values | None = None,
) -> Selection: ...
