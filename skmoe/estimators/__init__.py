"""The estimators: scikit-learn's face of a mixture."""

from ._classifier import MoEClassifier
from ._hierarchical import HMEClassifier, HMERegressor
from ._regressor import MoERegressor
from ._trusted import TRUSTED_TYPES

__all__ = ["TRUSTED_TYPES", "HMEClassifier", "HMERegressor", "MoEClassifier", "MoERegressor"]
