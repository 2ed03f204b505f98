"""Families: the expected target under every expert, each link in one function."""

import math

import numpy as np

from ..families import Categorical, Multinomial, Ordinal
from ..families._base import Location, LogitLink, LogLink
from ._refusals import refuse_part

__all__ = ["mean"]


def mean(family, eta, scale):
    """Expected target of predictors.

    Parameters
    ----------
    family : Family
    eta : Tensor of shape (n, K, C)
    scale : ndarray of shape (K, S) or None

    Returns
    -------
    Tensor of shape (n, K, n_targets or n_classes)
    """
    # By the method itself: a family of one's own that inherits it has the same mean.
    own = type(family).mean
    if own not in _MEANS:
        raise refuse_part("family", family)
    return _MEANS[own](family, eta, scale)


def _predictor(family, eta, scale):
    return eta


def _exponential(family, eta, scale):
    limit = math.log(np.finfo(eta.graph.dtype).max) / 2 - 1
    return eta.then("Clip", -limit, limit).then("Exp")


def _logistic(family, eta, scale):
    return _share(eta)


def _share(logit):
    """Probability of log odds; the operator Sigmoid loses the digits of those next to zero."""
    odds = (-logit.then("Abs")).then("Exp")
    return logit.then("Min", 0.0).then("Exp") / (odds + 1.0)


def _softmax(family, eta, scale):
    return eta.then("Softmax", axis=2)


def _categorical(family, eta, scale):
    if family.n_classes != 2:
        return _softmax(family, eta, scale)
    return eta.graph.add("Concat", _share(-eta), _share(eta), axis=2)


def _ordinal(family, eta, scale):
    if scale is None:
        return _categorical(family, eta, scale)
    thresholds = family.thresholds(scale, scale)
    below, above = _share(thresholds - eta), _share(eta - thresholds)
    one, ends = 0.0 * eta + 1.0, np.ones((len(scale), 1))
    below = eta.graph.add("Concat", below, one, axis=2)
    above = eta.graph.add("Concat", one, above, axis=2)
    return below * above * np.concatenate([ends, -np.expm1(-scale), ends], axis=1)


_MEANS = {
    Location.mean: _predictor,
    LogLink.mean: _exponential,
    LogitLink.mean: _logistic,
    Multinomial.mean: _softmax,
    Categorical.mean: _categorical,
    Ordinal.mean: _ordinal,
}
