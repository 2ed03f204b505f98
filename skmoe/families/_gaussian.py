"""Gaussian responses."""

import math

from .._arrays import array_namespace
from .._validation import check_positive
from ._base import Family

__all__ = ["Gaussian"]


class Gaussian(Family):
    r"""Gaussian responses with one standard deviation per expert and output.

    Maximised: :math:`\sum_i r_{ik} \log N(y_i \mid \eta_{ik}, \sigma_k^2)`, summed over outputs,
    which are independent given the expert.

    Parameters
    ----------
    min_scale : float, default=1e-3
        Smallest standard deviation of an expert, in units of the standard deviation of y. The
        likelihood has no upper bound without it: an expert that passes through a few rows
        exactly could let its spread go to zero. A fit that ends on the bound warns.

    Attributes
    ----------
    n_outputs : int
        Number of columns of y; set by `initialize`.

    References
    ----------
    .. [1] Jordan, M. I. & Jacobs, R. A. (1994). Hierarchical mixtures of experts and the EM
       algorithm. Neural Computation 6, 181-214, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from skmoe.families import Gaussian
    >>> y, eta, scale = np.zeros((1, 1)), np.zeros((1, 2, 1)), np.array([[1.0], [2.0]])
    >>> Gaussian().log_prob(y, eta, scale).round(4)
    array([[-0.9189, -1.6121]])
    """

    has_scale = True

    def __init__(self, min_scale=1e-3):
        self.min_scale = min_scale

    def initialize(self, y):
        """Family for targets of shape (n_samples, n_outputs)."""
        family = type(self)(check_positive(self.min_scale, "min_scale"))
        family.n_outputs = y.shape[1]
        return family

    def log_prob(self, y, eta, scale):
        """Log density of every row under every expert, of shape (n, K).

        Deviations are cut where their square would overflow, so that a row far from every
        expert keeps a finite density.
        """
        xp = array_namespace(eta)
        limit = xp.full_like(scale, float(xp.finfo(eta.dtype).max) ** 0.5 * 1e-4)
        deviation = (y[:, None, :] - eta) / scale
        # Not xp.clip, which would lay the rows of the table out anew.
        deviation = xp.maximum(xp.minimum(deviation, limit), -limit)
        constant = xp.log(scale) + 0.5 * math.log(2 * math.pi)
        if eta.shape[2] == 1:
            deviation = deviation[:, :, 0]
            return -0.5 * deviation * deviation - constant[:, 0]
        return -xp.sum(0.5 * deviation * deviation + constant, axis=2)

    def mean(self, eta, scale):
        """Expected target, of shape (n, K, C): the linear predictor itself."""
        return eta

    def working(self, y, eta):
        """Residuals, of shape (n, K, C), and unit weights."""
        return y[:, None, :] - eta, None

    def update_scale(self, scale, count, square):
        """Root of the mean square deviation, at least `min_scale`.

        Parameters
        ----------
        scale : array of shape (K, C)
            Kept for experts that no row belongs to.
        count : array of shape (K, 1)
            Responsibility per expert.
        square : array of shape (K, C)
            Weighted squared deviations.
        """
        xp = array_namespace(scale)
        used = count > 0
        variance = xp.where(used, square / xp.where(used, count, 1.0), scale * scale)
        return xp.sqrt(xp.clip(variance, self.min_scale**2, None))
