"""The estimators: scikit-learn's face of a mixture."""

from ._classifier import MoEClassifier
from ._hierarchical import HMEClassifier, HMERegressor
from ._regressor import MoERegressor

__all__ = ["HMEClassifier", "HMERegressor", "MoEClassifier", "MoERegressor"]
