"""The address of what `summary` returns."""

from .inference import Summary

__all__ = ["Summary"]
