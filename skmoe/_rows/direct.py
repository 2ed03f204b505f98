"""NumPy's namespace as the array API standard names it, by the shortest way to every function.

A pass over a few hundred rows is a hundred array calls of some microseconds each, of which the
wrappers for older versions of NumPy took a third. NumPy 2 follows the standard by itself; here
the calls that a pass makes most often go to the ufunc or the method that does the work. The module
is the namespace: `array_namespace` gives it for NumPy's arrays.
"""

from functools import cache

import array_api_compat.numpy as wrapped
import numpy as np
from array_api_compat.numpy import *  # noqa: F403
from numpy import (  # noqa: F401
    arange,
    asarray,
    empty,
    empty_like,
    finfo,
    full,
    full_like,
    linalg,
    ones,
    ones_like,
    zeros,
    zeros_like,
)

# Rows of unit matrices that are kept: of all of them, less than four megabytes.
_SMALL = 100


def eye(n_rows, *, dtype=None, device=None):
    """The unit matrix; a small one is the same every time, and nobody may write into it."""
    return _unit(n_rows, dtype) if n_rows <= _SMALL else np.eye(n_rows, dtype=dtype)


@cache
def _unit(n_rows, dtype):
    unit = np.eye(n_rows, dtype=dtype)
    unit.flags.writeable = False
    return unit


def sum(x, /, *, axis=None, keepdims=False):
    """Sum along an axis, or several."""
    return np.add.reduce(x, axis=axis, keepdims=keepdims)


def max(x, /, *, axis=None, keepdims=False):
    """Largest along an axis, or several."""
    return np.maximum.reduce(x, axis=axis, keepdims=keepdims)


def min(x, /, *, axis=None, keepdims=False):
    """Smallest along an axis, or several."""
    return np.minimum.reduce(x, axis=axis, keepdims=keepdims)


def reshape(x, /, shape):
    """The same numbers in another shape."""
    return x.reshape(shape)


def permute_dims(x, /, axes):
    """The axes in another order."""
    return x.transpose(axes)


def matrix_transpose(x, /):
    """The last two axes the other way round."""
    return x.swapaxes(-1, -2)


def astype(x, dtype, /, *, copy=True, device=None):
    """The same numbers of another kind."""
    return x.astype(dtype, copy=copy)


def clip(x, /, min=None, max=None):
    """Numbers cut at bounds, of the dtype of `x`."""
    if x.dtype.kind != "f":
        return wrapped.clip(x, min, max)
    cut = x if min is None else np.maximum(x, min)
    cut = cut if max is None else np.minimum(cut, max)
    return cut.astype(x.dtype, copy=False)
