"""Solvers: how a mixture is fitted to blocks of data."""

from ._em import EM
from ._trace import Trace

__all__ = ["EM", "Trace"]
