"""Gates: who is responsible for a row."""

from ._base import Gate
from ._constant import ConstantGate
from ._gaussian import GaussianGate
from ._hierarchical import HierarchicalGate
from ._quadratic import QuadraticGate
from ._softmax import SoftmaxGate

__all__ = [
    "ConstantGate",
    "Gate",
    "GaussianGate",
    "HierarchicalGate",
    "QuadraticGate",
    "SoftmaxGate",
]

NAMES = {
    "softmax": SoftmaxGate,
    "constant": ConstantGate,
    "gaussian": GaussianGate,
    "quadratic": QuadraticGate,
    "hierarchical": HierarchicalGate,
}
