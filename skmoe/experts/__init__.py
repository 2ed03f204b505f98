"""Experts: what each one predicts."""

from ._base import Expert
from ._estimator import EstimatorExpert
from ._linear import LinearExpert
from ._mixed import MixedExpert

__all__ = ["EstimatorExpert", "Expert", "LinearExpert", "MixedExpert"]

NAMES = {"linear": LinearExpert}
