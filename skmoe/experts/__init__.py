"""Experts: what each one predicts."""

from ._base import Expert
from ._estimator import EstimatorExpert
from ._linear import LinearExpert

__all__ = ["EstimatorExpert", "Expert", "LinearExpert"]

NAMES = {"linear": LinearExpert}
