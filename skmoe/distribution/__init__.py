"""The whole distribution of y given x."""

from ._distribution import MixtureDistribution

__all__ = ["MixtureDistribution"]
