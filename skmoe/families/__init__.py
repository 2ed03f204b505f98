"""Families: how the target scatters around an expert's prediction."""

from ._base import Family
from ._categorical import Categorical
from ._gaussian import Gaussian

__all__ = ["Categorical", "Family", "Gaussian"]
