from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, Self, overload

from numpy import ndarray
from pandas import DataFrame
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin

from skmoe._typing import Array, Columns, Fittable, Float, Int, Reader, Seed, Values
from skmoe.distribution import MixtureDistribution
from skmoe.estimators._classifier import Uncertainty
from skmoe.experts import Expert
from skmoe.families import Family
from skmoe.gates import Gate, HierarchicalGate
from skmoe.inference import Inference, Summary
from skmoe.model_selection import Selection
from skmoe.solvers import Solver

from . import datasets as datasets
from . import distribution as distribution
from . import exceptions as exceptions
from . import experts as experts
from . import families as families
from . import gates as gates
from . import inference as inference
from . import inspection as inspection
from . import model_selection as model_selection
from . import onnx as onnx
from . import readers as readers
from . import solvers as solvers
from . import summary as summary
from . import testing as testing

__all__ = [
    "TRUSTED_TYPES",
    "HMEClassifier",
    "HMERegressor",
    "MoEClassifier",
    "MoERegressor",
    "__version__",
    "show_versions",
]
TRUSTED_TYPES: list[Any]

class HMEClassifier(MoEClassifier):
    gate_: HierarchicalGate
    node_coef_: Array
    node_intercept_: Array
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
    ) -> None: ...
    depth: Int
    branching: Int
    grow: bool

class HMERegressor(MoERegressor):
    gate_: HierarchicalGate
    node_coef_: Array
    node_intercept_: Array
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
    ) -> None: ...
    depth: Int
    branching: Int
    grow: bool

class MoEClassifier(ClassifierMixin, TransformerMixin, BaseEstimator):
    classes_: Array
    gate_coef_: Array
    gate_intercept_: Array
    expert_coef_: Array
    expert_intercept_: Array
    expert_thresholds_: Array
    gate_: Any
    expert_: Any
    n_experts_: int
    selection_: Selection
    n_parameters_: int
    log_likelihood_: float
    objective_: float
    history_: list[float]
    start_histories_: list[list[float]]
    climb_shares_: list[float]
    validation_scores_: list[float]
    n_iter_: int
    converged_: bool
    problems_: list[str]
    coef_names_: list[str]
    categories_: dict[str | int, list[str]]
    n_features_in_: int
    feature_names_in_: ndarray[Any, Any]
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
    ) -> None: ...
    n_experts: Int | Literal["auto"]
    gate: str | Gate | Fittable
    expert: str | Expert | Fittable
    family: Literal["auto", "ordinal"] | Family
    categorical_features: Literal["from_dtype"] | Callable[..., Any] | Columns | None
    solver: Literal["auto", "em", "lbfgs", "adam"] | Solver
    init: str | Values | MoERegressor | MoEClassifier
    n_init: Int
    average: bool
    max_iter: Int
    tol: Float
    class_weight: Mapping[Any, Any] | Literal["balanced"] | None
    warm_start: bool
    n_jobs: Int | None
    random_state: Seed
    verbose: Int
    def set_callbacks(self, *callbacks: Any) -> Self: ...
    @classmethod
    def accurate(cls, **params: Any) -> Self: ...
    def aic(
        self,
        X: Values | Reader | None = None,
        y: Values | None = None,
        sample_weight: Values | None = None,
        joint: bool = False,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> float: ...
    @overload
    def assign(self, X: Values, *, groups: str | Values | None = None) -> Array: ...
    @overload
    def assign(self, X: Reader, *, groups: str | Values | None = None) -> Iterator[Array]: ...
    def bic(
        self,
        X: Values | Reader | None = None,
        y: Values | None = None,
        sample_weight: Values | None = None,
        joint: bool = False,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> float: ...
    @overload
    def explain(
        self,
        X: Values,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> DataFrame: ...
    @overload
    def explain(
        self,
        X: Reader,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> Iterator[DataFrame]: ...
    def fit(
        self,
        X: Values,
        y: Values,
        sample_weight: Values | None = None,
        *,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> Self: ...
    def fit_blocks(
        self,
        reader: Callable[..., Any],
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Self: ...
    @overload
    def gate_proba(self, X: Values, *, groups: str | Values | None = None) -> Array: ...
    @overload
    def gate_proba(self, X: Reader, *, groups: str | Values | None = None) -> Iterator[Array]: ...
    def icl(
        self,
        X: Values | Reader,
        y: Values | None = None,
        sample_weight: Values | None = None,
        joint: bool = False,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> float: ...
    def inference(
        self,
        X: Values | Reader,
        y: Values | None = None,
        sample_weight: Values | None = None,
        robust: bool = False,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Inference: ...
    @overload
    def node_proba(self, X: Values, *, groups: str | Values | None = None) -> Array: ...
    @overload
    def node_proba(self, X: Reader, *, groups: str | Values | None = None) -> Iterator[Array]: ...
    def partial_fit(
        self,
        X: Values,
        y: Values,
        classes: Values | None = None,
        sample_weight: Values | None = None,
        *,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> Self: ...
    @overload
    def predict(
        self,
        X: Values,
        *,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> Array: ...
    @overload
    def predict(
        self,
        X: Reader,
        *,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> Iterator[Array]: ...
    @overload
    def predict_experts(
        self,
        X: Values,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> Array: ...
    @overload
    def predict_experts(
        self,
        X: Reader,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> Iterator[Array]: ...
    @overload
    def predict_log_proba(
        self,
        X: Values,
        *,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> Array: ...
    @overload
    def predict_log_proba(
        self,
        X: Reader,
        *,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> Iterator[Array]: ...
    @overload
    def predict_proba(
        self,
        X: Values,
        *,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> Array: ...
    @overload
    def predict_proba(
        self,
        X: Reader,
        *,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> Iterator[Array]: ...
    @overload
    def predict_uncertainty(
        self,
        X: Values,
        *,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> Uncertainty: ...
    @overload
    def predict_uncertainty(
        self,
        X: Reader,
        *,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> Iterator[Uncertainty]: ...
    @overload
    def responsibilities(
        self,
        X: Values,
        y: Values,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Array: ...
    @overload
    def responsibilities(
        self,
        X: Reader,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Iterator[Array]: ...
    @overload
    def sample(
        self,
        X: Values,
        size: Int | Sequence[Int] | None = None,
        random_state: Seed = None,
        *,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> ndarray[Any, Any]: ...
    @overload
    def sample(
        self,
        X: Reader,
        *,
        size: Int | Sequence[Int] | None = None,
        random_state: Seed = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> Iterator[ndarray[Any, Any]]: ...
    def score(
        self,
        X: Values | Reader,
        y: Values | None = None,
        sample_weight: Values | None = None,
        *,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> float: ...
    @overload
    def score_samples(
        self,
        X: Values,
        y: Values | None = None,
        spacing: Float | Values | None = None,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Array: ...
    @overload
    def score_samples(
        self,
        X: Reader,
        *,
        spacing: Float | Values | None = None,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Iterator[Array]: ...
    def set_fit_request(
        self,
        *,
        groups: bool | str | None = ...,
        offset: bool | str | None = ...,
        sample_weight: bool | str | None = ...,
    ) -> Self: ...
    def set_params(self, **params: Any) -> Self: ...
    def set_partial_fit_request(
        self,
        *,
        classes: bool | str | None = ...,
        groups: bool | str | None = ...,
        offset: bool | str | None = ...,
        sample_weight: bool | str | None = ...,
    ) -> Self: ...
    def set_predict_log_proba_request(
        self, *, groups: bool | str | None = ..., offset: bool | str | None = ...
    ) -> Self: ...
    def set_predict_proba_request(
        self, *, groups: bool | str | None = ..., offset: bool | str | None = ...
    ) -> Self: ...
    def set_predict_request(
        self, *, groups: bool | str | None = ..., offset: bool | str | None = ...
    ) -> Self: ...
    def set_score_request(
        self,
        *,
        groups: bool | str | None = ...,
        offset: bool | str | None = ...,
        sample_weight: bool | str | None = ...,
    ) -> Self: ...
    def set_transform_request(self, *, groups: bool | str | None = ...) -> Self: ...
    def summary(
        self,
        X: Values | Reader | None = None,
        y: Values | None = None,
        *,
        sample_weight: Values | None = None,
        robust: bool = False,
        confidence: Float = 0.95,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Summary: ...
    def transform(self, X: Values, *, groups: str | Values | None = None) -> Array: ...

class MoERegressor(RegressorMixin, TransformerMixin, BaseEstimator):
    gate_coef_: Array
    gate_intercept_: Array
    expert_coef_: Array
    expert_intercept_: Array
    expert_scale_: Array
    expert_df_: Array
    expert_power_: Array
    gate_: Any
    expert_: Any
    n_experts_: int
    selection_: Selection
    n_parameters_: int
    log_likelihood_: float
    objective_: float
    history_: list[float]
    start_histories_: list[list[float]]
    climb_shares_: list[float]
    validation_scores_: list[float]
    n_iter_: int
    converged_: bool
    problems_: list[str]
    coef_names_: list[str]
    categories_: dict[str | int, list[str]]
    n_features_in_: int
    feature_names_in_: ndarray[Any, Any]
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
    ) -> None: ...
    n_experts: Int | Literal["auto"]
    gate: str | Gate | Fittable
    expert: str | Expert | Fittable
    family: str | Family
    categorical_features: Literal["from_dtype"] | Callable[..., Any] | Columns | None
    solver: Literal["auto", "em", "lbfgs", "adam"] | Solver
    init: str | Values | MoERegressor | MoEClassifier
    n_init: Int
    average: bool
    max_iter: Int
    tol: Float
    warm_start: bool
    n_jobs: Int | None
    random_state: Seed
    verbose: Int
    def set_callbacks(self, *callbacks: Any) -> Self: ...
    @classmethod
    def accurate(cls, **params: Any) -> Self: ...
    def aic(
        self,
        X: Values | Reader | None = None,
        y: Values | None = None,
        sample_weight: Values | None = None,
        joint: bool = False,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> float: ...
    @overload
    def assign(self, X: Values, *, groups: str | Values | None = None) -> Array: ...
    @overload
    def assign(self, X: Reader, *, groups: str | Values | None = None) -> Iterator[Array]: ...
    def bic(
        self,
        X: Values | Reader | None = None,
        y: Values | None = None,
        sample_weight: Values | None = None,
        joint: bool = False,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> float: ...
    @overload
    def explain(
        self,
        X: Values,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> DataFrame: ...
    @overload
    def explain(
        self,
        X: Reader,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> Iterator[DataFrame]: ...
    def fit(
        self,
        X: Values,
        y: Values,
        sample_weight: Values | None = None,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Self: ...
    def fit_blocks(
        self,
        reader: Callable[..., Any],
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Self: ...
    @overload
    def gate_proba(self, X: Values, *, groups: str | Values | None = None) -> Array: ...
    @overload
    def gate_proba(self, X: Reader, *, groups: str | Values | None = None) -> Iterator[Array]: ...
    def icl(
        self,
        X: Values | Reader,
        y: Values | None = None,
        sample_weight: Values | None = None,
        joint: bool = False,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> float: ...
    def inference(
        self,
        X: Values | Reader,
        y: Values | None = None,
        sample_weight: Values | None = None,
        robust: bool = False,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Inference: ...
    @overload
    def node_proba(self, X: Values, *, groups: str | Values | None = None) -> Array: ...
    @overload
    def node_proba(self, X: Reader, *, groups: str | Values | None = None) -> Iterator[Array]: ...
    def partial_fit(
        self,
        X: Values,
        y: Values,
        sample_weight: Values | None = None,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Self: ...
    @overload
    def predict(
        self,
        X: Values,
        return_std: bool = False,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> Any: ...
    @overload
    def predict(
        self,
        X: Reader,
        *,
        return_std: bool = False,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> Iterator[Any]: ...
    @overload
    def predict_dist(
        self,
        X: Values,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> MixtureDistribution: ...
    @overload
    def predict_dist(
        self,
        X: Reader,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Iterator[MixtureDistribution]: ...
    @overload
    def predict_experts(
        self,
        X: Values,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> Array: ...
    @overload
    def predict_experts(
        self,
        X: Reader,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
    ) -> Iterator[Array]: ...
    @overload
    def predict_quantiles(
        self,
        X: Values,
        q: Float | Values = (0.05, 0.5, 0.95),
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Array: ...
    @overload
    def predict_quantiles(
        self,
        X: Reader,
        *,
        q: Float | Values = (0.05, 0.5, 0.95),
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Iterator[Array]: ...
    @overload
    def responsibilities(
        self,
        X: Values,
        y: Values,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Array: ...
    @overload
    def responsibilities(
        self,
        X: Reader,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Iterator[Array]: ...
    @overload
    def sample(
        self,
        X: Values,
        size: Int | Sequence[Int] | None = None,
        random_state: Seed = None,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Array: ...
    @overload
    def sample(
        self,
        X: Reader,
        *,
        size: Int | Sequence[Int] | None = None,
        random_state: Seed = None,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Iterator[Array]: ...
    def score(
        self,
        X: Values | Reader,
        y: Values | None = None,
        sample_weight: Values | None = None,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> float: ...
    @overload
    def score_samples(
        self,
        X: Values,
        y: Values | None = None,
        spacing: Float | Values | None = None,
        *,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Array: ...
    @overload
    def score_samples(
        self,
        X: Reader,
        *,
        spacing: Float | Values | None = None,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Iterator[Array]: ...
    def set_fit_request(
        self,
        *,
        exposure: bool | str | None = ...,
        groups: bool | str | None = ...,
        offset: bool | str | None = ...,
        sample_weight: bool | str | None = ...,
        trials: bool | str | None = ...,
    ) -> Self: ...
    def set_params(self, **params: Any) -> Self: ...
    def set_partial_fit_request(
        self,
        *,
        exposure: bool | str | None = ...,
        groups: bool | str | None = ...,
        offset: bool | str | None = ...,
        sample_weight: bool | str | None = ...,
        trials: bool | str | None = ...,
    ) -> Self: ...
    def set_predict_request(
        self,
        *,
        exposure: bool | str | None = ...,
        groups: bool | str | None = ...,
        offset: bool | str | None = ...,
        return_std: bool | str | None = ...,
    ) -> Self: ...
    def set_score_request(
        self,
        *,
        exposure: bool | str | None = ...,
        groups: bool | str | None = ...,
        offset: bool | str | None = ...,
        sample_weight: bool | str | None = ...,
        trials: bool | str | None = ...,
    ) -> Self: ...
    def set_transform_request(self, *, groups: bool | str | None = ...) -> Self: ...
    def summary(
        self,
        X: Values | Reader | None = None,
        y: Values | None = None,
        *,
        sample_weight: Values | None = None,
        robust: bool = False,
        confidence: Float = 0.95,
        exposure: Float | str | Values | None = None,
        offset: Float | str | Values | None = None,
        groups: str | Values | None = None,
        trials: Float | str | Values | None = None,
    ) -> Summary: ...
    def transform(self, X: Values, *, groups: str | Values | None = None) -> Array: ...

__version__: str

def show_versions() -> Any: ...
