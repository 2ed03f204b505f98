"""Families: how the target scatters around an expert's prediction."""

from ._categorical import Categorical
from ._gaussian import Gaussian

__all__ = ["Categorical", "Gaussian"]
