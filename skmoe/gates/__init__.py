"""Gates: who is responsible for a row."""

from ._base import Gate
from ._constant import ConstantGate
from ._softmax import SoftmaxGate

__all__ = ["ConstantGate", "Gate", "SoftmaxGate"]
