"""Gates: who is responsible for a row."""

from ._constant import ConstantGate
from ._softmax import SoftmaxGate

__all__ = ["ConstantGate", "SoftmaxGate"]
