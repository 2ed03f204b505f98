"""Coordinates in which a curvature is a unit matrix, on the host."""

import numpy as np

from .arrays import equilibrated, host

__all__ = ["Coordinates", "unit", "whitening"]

# Curvature along a direction, over the steepest, from which on directions are taken as one long:
# they are not told from rounding.
_FLATTEST = 1e-8


def whitening(A):
    """W (m, p, p) with `W' A W` a unit matrix, for stacked symmetric positive semi-definite A."""
    scaled, root = (host(table).astype(np.float64) for table in equilibrated(A))
    values, vectors = np.linalg.eigh(scaled)
    values = np.maximum(values, _FLATTEST * values[..., -1:])
    return vectors / np.sqrt(values)[..., None, :] / root[..., :, None]


def unit(size):
    """W of so many parameters whose curvature is not known, (size, 1, 1)."""
    return np.ones((size, 1, 1))


class Coordinates:
    """Parameters as `origin + W z`, with W block by block.

    Parameters
    ----------
    origin : ndarray of shape (n_parameters,)
    blocks : list of ndarray of shape (m, p, q)
        Stacked blocks of W, in the order of the parameters.
    """

    def __init__(self, origin, blocks):
        self.origin, self.blocks = host(origin).astype(np.float64), blocks

    def start(self):
        """Where z is zero."""
        return np.zeros(sum(len(block) * block.shape[2] for block in self.blocks))

    def params(self, z):
        """Parameters at z."""
        return self.origin + self._times(self.blocks, z)

    def gradient(self, slope):
        """Derivatives with respect to z from those with respect to the parameters."""
        return self._times([block.swapaxes(1, 2) for block in self.blocks], slope)

    @staticmethod
    def _times(blocks, vector):
        found, start = [], 0
        for block in blocks:
            stop = start + len(block) * block.shape[2]
            found.append((block @ vector[start:stop].reshape(len(block), -1, 1)).ravel())
            start = stop
        return np.concatenate(found)
