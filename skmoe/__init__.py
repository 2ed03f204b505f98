"""Mixtures of experts for tabular data, as scikit-learn estimators."""

from .classifier import MoEClassifier
from .hierarchical import HMEClassifier, HMERegressor
from .regressor import MoERegressor

__version__ = "0.1.0"

__all__ = ["HMEClassifier", "HMERegressor", "MoEClassifier", "MoERegressor", "__version__"]
