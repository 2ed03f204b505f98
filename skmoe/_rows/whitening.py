"""Coordinates in which a curvature is a unit matrix, on the host."""

from typing import Any, NamedTuple

import numpy as np

from .arrays import equilibrated, host

__all__ = ["Coordinates", "Whitening", "unit", "whitening"]

# Curvature along a direction, over the steepest, from which on directions are taken as one long:
# they are not told from rounding.
_FLATTEST = 1e-8


class Whitening(NamedTuple):
    """Matrices W of parameters that follow one another.

    Attributes
    ----------
    table : ndarray of shape (m, p, q)
    copies : int
        How many predictors in turn each matrix is of.
    """

    table: Any
    copies: int = 1

    def times(self, vector, transposed=False):
        """W z for the z of all predictors, or W' s, and what is left of the vector."""
        table = self.table if transposed else self.table.swapaxes(1, 2)
        stop = len(table) * self.copies * table.shape[1]
        own = vector[:stop].reshape(len(table), self.copies, -1)
        return (own @ table).ravel(), vector[stop:]


def whitening(A):
    """W (m, p, p) with `W' A W` a unit matrix, for stacked symmetric positive semi-definite A."""
    scaled, root = (host(table).astype(np.float64) for table in equilibrated(A))
    values, vectors = np.linalg.eigh(scaled)
    values = np.maximum(values, _FLATTEST * values[..., -1:])
    return vectors / np.sqrt(values)[..., None, :] / root[..., :, None]


def unit(size):
    """W of so many parameters whose curvature is not known."""
    return Whitening(np.ones((1, 1, 1)), size)


class Coordinates:
    """Parameters as `origin + length * W z`, with W block by block.

    Parameters
    ----------
    origin : ndarray of shape (n_parameters,)
    blocks : list of Whitening
        In the order of the parameters.
    length : float, default=1.0
    """

    def __init__(self, origin, blocks, length=1.0):
        self.origin, self.blocks = host(origin).astype(np.float64), blocks
        self.length = length

    def start(self):
        """Where z is zero."""
        sizes = (len(table) * copies * table.shape[2] for table, copies in self.blocks)
        return np.zeros(sum(sizes))

    def params(self, z):
        """Parameters at z."""
        return self.origin + self._times(z)

    def gradient(self, slope):
        """Derivatives with respect to z from those with respect to the parameters."""
        return self._times(slope, transposed=True)

    def _times(self, vector, transposed=False):
        found, rest = [], self.length * vector
        for block in self.blocks:
            own, rest = block.times(rest, transposed)
            found.append(own)
        return np.concatenate(found)
