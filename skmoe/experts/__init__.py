"""Experts: what each one predicts."""

from ._base import Expert
from ._estimator import EstimatorExpert
from ._linear import LinearExpert
from ._mixed import MixedExpert
from ._mlp import MLPExpert

__all__ = ["EstimatorExpert", "Expert", "LinearExpert", "MLPExpert", "MixedExpert"]

NAMES = {"linear": LinearExpert, "mlp": MLPExpert}
