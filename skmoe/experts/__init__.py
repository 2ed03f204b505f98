"""Experts: what each one predicts."""

from ._base import Expert
from ._linear import LinearExpert

__all__ = ["Expert", "LinearExpert"]
