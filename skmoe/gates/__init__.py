"""Gates: who is responsible for a row."""

from ._base import Gate
from ._constant import ConstantGate
from ._estimator import EstimatorGate
from ._gaussian import GaussianGate
from ._hierarchical import HierarchicalGate
from ._mlp import MLPGate
from ._quadratic import QuadraticGate
from ._softmax import SoftmaxGate
from ._top_k import TopKGate

__all__ = [
    "ConstantGate",
    "EstimatorGate",
    "Gate",
    "GaussianGate",
    "HierarchicalGate",
    "MLPGate",
    "QuadraticGate",
    "SoftmaxGate",
    "TopKGate",
]

NAMES = {
    "softmax": SoftmaxGate,
    "constant": ConstantGate,
    "gaussian": GaussianGate,
    "quadratic": QuadraticGate,
    "hierarchical": HierarchicalGate,
    "top_k": TopKGate,
    "mlp": MLPGate,
}
