"""What a fit knows of its parameters: standard errors, the summary, terms of predictions."""

from ._standard_errors import Inference
from ._summary import Summary

__all__ = ["Inference", "Summary"]
