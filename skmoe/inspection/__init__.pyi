from collections.abc import Mapping, Sequence
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import ndarray

from skmoe import HMEClassifier, HMERegressor, MoEClassifier, MoERegressor
from skmoe._typing import Fittable, Float, Int, Seed, Values
from skmoe.model_selection import Selection

__all__ = [
    "CalibrationDisplay",
    "ConvergenceDisplay",
    "ElbowDisplay",
    "ExpertDisplay",
    "GateDisplay",
    "PredictiveDisplay",
    "ResponsibilityDisplay",
    "TreeDisplay",
    "UsageDisplay",
    "export_text",
]

class CalibrationDisplay:
    bars_: Any
    band_: tuple[float, ...]
    coverage_line_: Any
    axes_: ndarray[Any, Any]
    ax_: Axes
    figure_: Figure
    def __init__(
        self,
        *,
        pit: ndarray[Any, Any],
        levels: ndarray[Any, Any],
        coverage: ndarray[Any, Any],
        bins: Int = 10,
        confidence: Float = 0.95,
    ) -> None: ...
    pit: ndarray[Any, Any]
    levels: ndarray[Any, Any]
    coverage: ndarray[Any, Any]
    bins: Int
    confidence: Float
    @classmethod
    def from_estimator(
        cls,
        regressor: MoERegressor | HMERegressor,
        X: Values,
        y: Values,
        *,
        bins: Int = 10,
        confidence: Float = 0.95,
        random_state: Seed = 0,
        ax: Axes | Sequence[Axes] | None = None,
        **kwargs: Any,
    ) -> CalibrationDisplay: ...
    def plot(
        self, ax: Axes | Sequence[Axes] | None = None, **kwargs: Any
    ) -> CalibrationDisplay: ...

class ConvergenceDisplay:
    line_: Any
    start_lines_: list[Any]
    validation_line_: Any | None
    validation_ax_: Axes | None
    ax_: Axes
    figure_: Figure
    def __init__(
        self,
        *,
        history: Sequence[Float],
        start_histories: Sequence[Sequence[Float]] = (),
        validation_scores: Sequence[Float] = (),
        objective_label: str = "objective",
    ) -> None: ...
    history: Sequence[Float]
    start_histories: Sequence[Sequence[Float]]
    validation_scores: Sequence[Float]
    objective_label: str
    @classmethod
    def from_estimator(
        cls,
        estimator: MoERegressor | MoEClassifier | HMERegressor | HMEClassifier,
        *,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> ConvergenceDisplay: ...
    def plot(self, ax: Axes | None = None, **kwargs: Any) -> ConvergenceDisplay: ...

class ElbowDisplay:
    line_: Any
    error_bars_: Any | None
    degenerate_: Any | None
    best_: Any
    ax_: Axes
    figure_: Figure
    def __init__(
        self,
        *,
        n_experts: ndarray[Any, Any],
        scores: ndarray[Any, Any],
        best_n_experts: Int,
        criterion: str,
        std_errors: ndarray[Any, Any] | None = None,
        degenerate: ndarray[Any, Any] | None = None,
    ) -> None: ...
    n_experts: ndarray[Any, Any]
    scores: ndarray[Any, Any]
    best_n_experts: Int
    criterion: str
    std_errors: ndarray[Any, Any] | None
    degenerate: ndarray[Any, Any] | None
    @classmethod
    def from_estimator(
        cls,
        estimator: MoERegressor | MoEClassifier,
        *,
        criterion: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> ElbowDisplay: ...
    @classmethod
    def from_selection(
        cls,
        selection: Selection,
        *,
        criterion: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> ElbowDisplay: ...
    def plot(self, ax: Axes | None = None, **kwargs: Any) -> ElbowDisplay: ...

class ExpertDisplay:
    features_: ndarray[Any, Any]
    dots_: list[Any]
    ax_: Axes
    figure_: Figure
    def __init__(
        self,
        *,
        coef: ndarray[Any, Any],
        feature_names: Sequence[str],
        interval: ndarray[Any, Any] | None = None,
        xlabel: str = "coefficient",
        max_features: Int = 15,
    ) -> None: ...
    coef: ndarray[Any, Any]
    feature_names: Sequence[str]
    interval: ndarray[Any, Any] | None
    xlabel: str
    max_features: Int
    @classmethod
    def from_estimator(
        cls,
        estimator: MoERegressor | MoEClassifier | HMERegressor | HMEClassifier,
        X: Values | None = None,
        y: Values | None = None,
        *,
        output: str | Int | Int | None = None,
        standardize: bool = True,
        confidence: Float = 0.95,
        max_features: Int = 15,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> ExpertDisplay: ...
    def plot(self, ax: Axes | None = None, **kwargs: Any) -> ExpertDisplay: ...

class GateDisplay:
    lines_: list[Any]
    image_: Any
    contours_: Any | None
    points_: Any | None
    ax_: Axes
    figure_: Figure
    def __init__(
        self,
        *,
        grid: Sequence[ndarray[Any, Any]],
        gate_proba: ndarray[Any, Any],
        feature_names: Sequence[str],
        points: ndarray[Any, Any] | None = None,
        note: str | None = None,
    ) -> None: ...
    grid: Sequence[ndarray[Any, Any]]
    gate_proba: ndarray[Any, Any]
    feature_names: Sequence[str]
    points: ndarray[Any, Any] | None
    note: str | None
    @classmethod
    def from_estimator(
        cls,
        estimator: MoERegressor | MoEClassifier | HMERegressor | HMEClassifier,
        X: Values,
        features: Int | str | Sequence[Int | str] | None = None,
        *,
        grid_resolution: Int = 200,
        percentiles: Sequence[Float] = (0.01, 0.99),
        subsample: Int | None = 1000,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> GateDisplay: ...
    def plot(self, ax: Axes | None = None, **kwargs: Any) -> GateDisplay: ...

class PredictiveDisplay:
    bands_: list[Any]
    line_: Any | None
    image_: Any | None
    points_: Any | None
    ax_: Axes
    figure_: Figure
    def __init__(
        self,
        *,
        grid: ndarray[Any, Any],
        quantiles: ndarray[Any, Any],
        levels: ndarray[Any, Any],
        heights: ndarray[Any, Any],
        density: ndarray[Any, Any],
        feature_name: str,
        target_name: str = "y",
        points: ndarray[Any, Any] | None = None,
        note: str | None = None,
    ) -> None: ...
    grid: ndarray[Any, Any]
    quantiles: ndarray[Any, Any]
    levels: ndarray[Any, Any]
    heights: ndarray[Any, Any]
    density: ndarray[Any, Any]
    feature_name: str
    target_name: str
    points: ndarray[Any, Any] | None
    note: str | None
    @classmethod
    def from_estimator(
        cls,
        regressor: MoERegressor | HMERegressor,
        X: Values,
        feature: Int | str | None = None,
        y: Values | None = None,
        *,
        quantiles: Sequence[Float] = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975),
        shade: Literal["sqrt", "log", "linear"] | None = None,
        grid_resolution: Int = 200,
        percentiles: Sequence[Float] = (0.01, 0.99),
        subsample: Int | None = 1000,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> PredictiveDisplay: ...
    def plot(
        self,
        ax: Axes | None = None,
        *,
        shade: Literal["sqrt", "log", "linear"] | None = None,
        **kwargs: Any,
    ) -> PredictiveDisplay: ...

class ResponsibilityDisplay:
    counts_: ndarray[Any, Any]
    steps_: list[Any]
    ax_: Axes
    figure_: Figure
    def __init__(self, *, responsibilities: ndarray[Any, Any], bins: Int = 20) -> None: ...
    responsibilities: ndarray[Any, Any]
    bins: Int
    @classmethod
    def from_estimator(
        cls,
        estimator: MoERegressor | MoEClassifier | HMERegressor | HMEClassifier,
        X: Values,
        y: Values,
        *,
        bins: Int = 20,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> ResponsibilityDisplay: ...
    def plot(self, ax: Axes | None = None, **kwargs: Any) -> ResponsibilityDisplay: ...

class TreeDisplay:
    texts_: dict[tuple[int, ...], Any]
    branches_: dict[tuple[int, ...], Any]
    ax_: Axes
    figure_: Figure
    def __init__(
        self,
        *,
        leaves: Sequence[Sequence[Int]],
        questions: Mapping[tuple[int, ...], str],
        turns: Mapping[tuple[int, ...], str],
        answers: Sequence[Sequence[str]],
        shares: Mapping[tuple[int, ...], Float] | None = None,
    ) -> None: ...
    leaves: Sequence[Sequence[Int]]
    questions: Mapping[tuple[int, ...], str]
    turns: Mapping[tuple[int, ...], str]
    answers: Sequence[Sequence[str]]
    shares: Mapping[tuple[int, ...], Float] | None
    @classmethod
    def from_estimator(
        cls,
        estimator: HMERegressor | HMEClassifier | Fittable,
        X: Values | None = None,
        *,
        feature_names: Sequence[str] | None = None,
        decimals: Int = 2,
        max_features: Int = 2,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> TreeDisplay: ...
    def plot(self, ax: Axes | None = None, **kwargs: Any) -> TreeDisplay: ...

class UsageDisplay:
    mean_bars_: Any
    most_probable_bars_: Any
    ax_: Axes
    figure_: Figure
    def __init__(
        self, *, mean_proba: ndarray[Any, Any], share_most_probable: ndarray[Any, Any]
    ) -> None: ...
    mean_proba: ndarray[Any, Any]
    share_most_probable: ndarray[Any, Any]
    @classmethod
    def from_estimator(
        cls,
        estimator: MoERegressor | MoEClassifier | HMERegressor | HMEClassifier,
        X: Values,
        *,
        sample_weight: Values | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> UsageDisplay: ...
    def plot(self, ax: Axes | None = None, **kwargs: Any) -> UsageDisplay: ...

def export_text(
    estimator: MoERegressor | MoEClassifier | HMERegressor | HMEClassifier,
    *,
    feature_names: Sequence[str] | None = None,
    decimals: Int = 2,
    max_features: Int = 3,
) -> str: ...
