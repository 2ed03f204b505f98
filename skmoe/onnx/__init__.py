"""Fitted mixtures as ONNX models, which predict without Python."""

from ._conversion import register, to_onnx

__all__ = ["register", "to_onnx"]
