"""Solvers: how a mixture is fitted to blocks of data."""

from ._adam import Adam
from ._base import Explored, Memory, Solver
from ._em import EM
from ._lbfgs import LBFGS
from ._trace import Trace

__all__ = ["EM", "LBFGS", "Adam", "Explored", "Memory", "Solver", "Trace"]
