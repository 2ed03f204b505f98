"""Fitted mixtures as ONNX models, which predict without Python."""

from ._conversion import to_onnx
from ._pipelines import register

__all__ = ["register", "to_onnx"]
