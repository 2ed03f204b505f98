"""Experts: what each one predicts."""

from ._linear import LinearExpert

__all__ = ["LinearExpert"]
