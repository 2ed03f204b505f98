from collections.abc import Callable, Mapping
from typing import Any, Literal, Self

from skmoe import HMEClassifier, HMERegressor, MoEClassifier, MoERegressor
from skmoe._typing import Columns, Fittable, Float, Int, Seed, Values
from skmoe.experts import Expert
from skmoe.families import Family
from skmoe.gates import Gate
from skmoe.solvers import Solver

__all__ = ["DaskHMEClassifier", "DaskHMERegressor", "DaskMoEClassifier", "DaskMoERegressor"]

class DaskHMEClassifier(HMEClassifier):
    def __init__(
        self,
        depth: Int = 2,
        branching: Int = 2,
        *,
        gate: str | Gate | Fittable = "softmax",
        grow: bool = False,
        expert: str | Expert | Fittable = "linear",
        family: Literal["auto", "ordinal"] | Family = "auto",
        categorical_features: Literal["from_dtype"]
        | Callable[..., Any]
        | Columns
        | None = "from_dtype",
        solver: Literal["auto", "em", "lbfgs", "adam"] | Solver = "auto",
        init: str | Values | MoERegressor | MoEClassifier = "auto",
        n_init: Int = 1,
        average: bool = False,
        max_iter: Int = 500,
        tol: Float = 1e-06,
        class_weight: Mapping[Any, Any] | Literal["balanced"] | None = None,
        warm_start: bool = False,
        n_jobs: Int | None = None,
        random_state: Seed = None,
        verbose: Int = 0,
        client: Any | None = None,
    ) -> None: ...
    client: Any | None
    @classmethod
    def accurate(cls, **params: Any) -> Any: ...
    @property
    def client_(self) -> Any | None: ...
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Self: ...
    def set_fit_request(
        self,
        *,
        exposure: bool | str | None = ...,
        groups: bool | str | None = ...,
        offset: bool | str | None = ...,
        sample_weight: bool | str | None = ...,
        trials: bool | str | None = ...,
    ) -> Self: ...
    def to_local(self) -> MoERegressor | MoEClassifier | HMERegressor | HMEClassifier: ...

class DaskHMERegressor(HMERegressor):
    def __init__(
        self,
        depth: Int = 2,
        branching: Int = 2,
        *,
        gate: str | Gate | Fittable = "softmax",
        grow: bool = False,
        expert: str | Expert | Fittable = "linear",
        family: str | Family = "gaussian",
        categorical_features: Literal["from_dtype"]
        | Callable[..., Any]
        | Columns
        | None = "from_dtype",
        solver: Literal["auto", "em", "lbfgs", "adam"] | Solver = "auto",
        init: str | Values | MoERegressor | MoEClassifier = "auto",
        n_init: Int = 1,
        average: bool = False,
        max_iter: Int = 500,
        tol: Float = 1e-06,
        warm_start: bool = False,
        n_jobs: Int | None = None,
        random_state: Seed = None,
        verbose: Int = 0,
        client: Any | None = None,
    ) -> None: ...
    client: Any | None
    @classmethod
    def accurate(cls, **params: Any) -> Any: ...
    @property
    def client_(self) -> Any | None: ...
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Self: ...
    def to_local(self) -> MoERegressor | MoEClassifier | HMERegressor | HMEClassifier: ...

class DaskMoEClassifier(MoEClassifier):
    def __init__(
        self,
        n_experts: Int | Literal["auto"] = 4,
        *,
        gate: str | Gate | Fittable = "softmax",
        expert: str | Expert | Fittable = "linear",
        family: Literal["auto", "ordinal"] | Family = "auto",
        categorical_features: Literal["from_dtype"]
        | Callable[..., Any]
        | Columns
        | None = "from_dtype",
        solver: Literal["auto", "em", "lbfgs", "adam"] | Solver = "auto",
        init: str | Values | MoERegressor | MoEClassifier = "auto",
        n_init: Int = 1,
        average: bool = False,
        max_iter: Int = 500,
        tol: Float = 1e-06,
        class_weight: Mapping[Any, Any] | Literal["balanced"] | None = None,
        warm_start: bool = False,
        n_jobs: Int | None = None,
        random_state: Seed = None,
        verbose: Int = 0,
        client: Any | None = None,
    ) -> None: ...
    client: Any | None
    @classmethod
    def accurate(cls, **params: Any) -> Any: ...
    @property
    def client_(self) -> Any | None: ...
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Self: ...
    def set_fit_request(
        self,
        *,
        exposure: bool | str | None = ...,
        groups: bool | str | None = ...,
        offset: bool | str | None = ...,
        sample_weight: bool | str | None = ...,
        trials: bool | str | None = ...,
    ) -> Self: ...
    def to_local(self) -> MoERegressor | MoEClassifier | HMERegressor | HMEClassifier: ...

class DaskMoERegressor(MoERegressor):
    def __init__(
        self,
        n_experts: Int | Literal["auto"] = 4,
        *,
        gate: str | Gate | Fittable = "softmax",
        expert: str | Expert | Fittable = "linear",
        family: str | Family = "gaussian",
        categorical_features: Literal["from_dtype"]
        | Callable[..., Any]
        | Columns
        | None = "from_dtype",
        solver: Literal["auto", "em", "lbfgs", "adam"] | Solver = "auto",
        init: str | Values | MoERegressor | MoEClassifier = "auto",
        n_init: Int = 1,
        average: bool = False,
        max_iter: Int = 500,
        tol: Float = 1e-06,
        warm_start: bool = False,
        n_jobs: Int | None = None,
        random_state: Seed = None,
        verbose: Int = 0,
        client: Any | None = None,
    ) -> None: ...
    client: Any | None
    @classmethod
    def accurate(cls, **params: Any) -> Any: ...
    @property
    def client_(self) -> Any | None: ...
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Self: ...
    def to_local(self) -> MoERegressor | MoEClassifier | HMERegressor | HMEClassifier: ...
