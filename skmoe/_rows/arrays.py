"""Array namespaces, devices and the few numerical kernels every floor shares.

This is the only file that knows which array library is in use. NumPy arrays made on the host
(random draws, column positions) enter the namespace of the data through `like`, and results a
person reads leave it through `host`.
"""

import importlib
import math
from functools import cache

import array_api_compat
import numpy as np
import scipy.special
from scipy.linalg import block_diag, helmert
from scipy.sparse import csr_array, hstack, issparse, vstack
from sklearn.utils._array_api import _convert_to_numpy

from . import direct

__all__ = [
    "allowing_overflow",
    "allowing_underflow",
    "array_namespace",
    "block_diagonal",
    "block_length",
    "concat_rows",
    "contrasts",
    "dense_if_narrow",
    "device",
    "drawn",
    "equilibrated",
    "exp",
    "filled",
    "host",
    "identity",
    "inverse_spd",
    "is_on_gpu",
    "is_on_host",
    "is_sparse",
    "largest",
    "like",
    "log_ceiling",
    "log_softmax",
    "log_softmax_and_shares",
    "logsumexp",
    "logsumexp_and_shares",
    "ones",
    "row_major",
    "softmax_weights",
    "solve_spd",
    "sparse_design",
    "special",
    "stacked",
    "take_rows",
    "zeros",
]

# Rows of a block. Two thousand rows of a table K * D wide stay in a CPU's cache between the
# elementwise product and the matrix product that reads it, more rows of narrower ones; a GPU wants
# enough rows to fill it. Of the model alone, so that every machine cuts data into the same blocks.
_CPU_ROWS, _MOST_CPU_ROWS, _GPU_ROWS = 2048, 8192, 65536

# Numbers of a table that stays in a CPU's cache.
_CPU_NUMBERS = 3 * 2**18

# Rows of a block of a sparse table, of which few entries are stored.
_SPARSE_ROWS = 16384

# Columns up to which a sparse table is fitted as a dense one: rows of so many numbers cost little.
_NARROW = 128

# Looking for the largest this many times over is faster than sorting.
_FEW = 4

# Keeps a matrix without any data from dividing zero by zero, in float32 as well.
_TINY = 1e-30


# For functions: what is next to nothing may become nothing, whatever a caller's `np.errstate` says.
allowing_underflow = np.errstate(under="ignore")

# For searches, which look too far and put aside what is no number.
allowing_overflow = np.errstate(over="ignore", divide="ignore", invalid="ignore")


def is_sparse(x):
    """Whether `x` is a sparse array of scipy."""
    return type(x) is not np.ndarray and issparse(x)


def is_on_host(x):
    """Whether `x` is NumPy's, or a sparse array of scipy."""
    return isinstance(x, np.ndarray) or is_sparse(x)


def array_namespace(*arrays):
    """The array library of `arrays`; NumPy's, also that of sparse ones, without a search."""
    for x in arrays:
        if type(x) is not np.ndarray and not issparse(x):
            return array_api_compat.array_namespace(*arrays)
    return direct


def device(x):
    """The device that `x` lives on."""
    return "cpu" if type(x) is np.ndarray or is_sparse(x) else array_api_compat.device(x)


def take_rows(x, rows):
    """Rows of an array at positions given on the host."""
    if is_sparse(x):
        return x[rows]
    xp = array_namespace(x)
    return xp.take(x, xp.asarray(rows, device=device(x)), axis=0)


def row_major(x):
    """The same array, each row in one piece.

    Sums over it have the same bits however it was laid out: frames and pieces of them differ.
    """
    return np.ascontiguousarray(x) if isinstance(x, np.ndarray) else x


def concat_rows(arrays):
    """Arrays under one another."""
    if len(arrays) == 1:
        return arrays[0]
    if is_sparse(arrays[0]):
        return vstack(arrays, format="csr")
    return array_namespace(*arrays).concat(arrays, axis=0)


def filled(blocks, n_rows):
    """Dense tables of `n_rows` rows, filled with blocks as they come: nothing is held twice.

    Parameters
    ----------
    blocks : iterable of array or of tuple of arrays
        One row per row, or several tables of these.
    n_rows : int

    Returns
    -------
    array or tuple of arrays
    """
    tables, start = None, 0
    for block in blocks:
        parts = block if isinstance(block, tuple) else (block,)
        if parts[0].shape[0] == n_rows:
            return block
        if tables is None:
            tables = [_with_rows(n_rows, part) for part in parts]
        stop = start + parts[0].shape[0]
        for table, part in zip(tables, parts, strict=True):
            table[start:stop, ...] = part
        start = stop
    return tuple(tables) if isinstance(block, tuple) else tables[0]


def _with_rows(n_rows, x):
    """An empty table like `x`, with other rows."""
    shape = (n_rows, *x.shape[1:])
    if isinstance(x, np.ndarray):
        # Laid out in the same way: sums over it add in the same order.
        return np.empty_like(x, shape=shape)
    return array_namespace(x).empty(shape, dtype=x.dtype, device=device(x))


def sparse_design(*columns):
    """Sparse tables side by side and a last column of ones."""
    last = csr_array(np.ones((columns[0].shape[0], 1), dtype=columns[0].dtype))
    return csr_array(hstack([*columns, last], format="csr"))


def is_on_gpu(x):
    """Whether the memory of `x` is a graphics card's."""
    if array_api_compat.is_cupy_array(x):
        return True
    return array_api_compat.is_torch_array(x) and x.device.type == "cuda"


def dense_if_narrow(x):
    """Rows as they are; of a sparse table of few columns, as a dense array.

    How such a table is stored is for the one who stores it: it is fitted as if it were dense.
    """
    return x.toarray() if _is_narrow(x) else x


def _is_narrow(x):
    """Whether a table is sparse, and of so few columns that it is looked at as a dense one."""
    return is_sparse(x) and x.shape[1] <= _NARROW


def block_length(x, numbers=_CPU_NUMBERS):
    """Rows in a block for the kind of device that `x` lives on, and the numbers made of a row."""
    if is_sparse(x) and not _is_narrow(x):
        return _SPARSE_ROWS
    if is_on_gpu(x):
        return _GPU_ROWS
    rows = 1 << max(_CPU_NUMBERS // numbers, 1).bit_length() - 1
    return min(max(rows, _CPU_ROWS), _MOST_CPU_ROWS)


def host(x):
    """Copy an array of any namespace to NumPy (NumPy and sparse arrays pass through)."""
    if isinstance(x, np.ndarray) or issparse(x):
        return x
    return _convert_to_numpy(x, array_namespace(x))


def like(values, x, dtype=None):
    """Bring host `values` into the namespace, device and dtype (unless given) of `x`."""
    xp = array_namespace(x)
    return xp.asarray(values, dtype=dtype or x.dtype, device=device(x))


def zeros(shape, x):
    """Zeros of `shape` in the namespace, device and dtype of `x`."""
    return array_namespace(x).zeros(shape, dtype=x.dtype, device=device(x))


def ones(shape, x):
    """Ones of `shape` in the namespace, device and dtype of `x`."""
    return array_namespace(x).ones(shape, dtype=x.dtype, device=device(x))


def exp(a):
    """Exponential, at least a few times the smallest normal number.

    Minus infinity and whatever underflows take a CPU six times as long.
    """
    xp = array_namespace(a)
    return xp.exp(xp.maximum(a, like(_least_logarithm(xp, a.dtype), a)))


@cache
def _least_logarithm(xp, dtype):
    return math.log(xp.finfo(dtype).smallest_normal) + 2


def log_ceiling(a):
    """Logarithm whose exponential can still be squared."""
    return math.log(array_namespace(a).finfo(a.dtype).max) / 2 - 1


def special(name, *arrays):
    """A function of scipy.special, by the array library's own version where there is one."""
    x = arrays[0]
    if array_api_compat.is_cupy_array(x):
        import cupyx.scipy.special as library
    elif array_api_compat.is_torch_array(x):
        library = importlib.import_module("torch.special")
    else:
        library = scipy.special if isinstance(x, np.ndarray) else None
    if hasattr(library, name):
        return getattr(library, name)(*arrays)
    return like(getattr(scipy.special, name)(*(host(array) for array in arrays)), x)


def _top(a, axis):
    """The largest along `axis`, zero if that is infinite."""
    xp = array_namespace(a)
    top = xp.max(a, axis=axis, keepdims=True)
    return xp.where(xp.isfinite(top), top, xp.zeros_like(top))


def softmax_weights(a):
    """Exponentials of every row less its largest entry, and their sums, (n, K) and (n, 1)."""
    weight = exp(a - _top(a, 1))
    return weight, array_namespace(a).sum(weight, axis=1, keepdims=True)


def logsumexp(a, axis):
    """Logarithm of the sum of exponentials along `axis`, which is kept with length one."""
    xp = array_namespace(a)
    top = _top(a, axis)
    return top + xp.log(xp.sum(exp(a - top), axis=axis, keepdims=True))


def logsumexp_and_shares(a):
    """Logarithm of the sum of exponentials along the last axis, and their shares in it."""
    xp, top = array_namespace(a), _top(a, -1)
    weight = exp(a - top)
    total = xp.sum(weight, axis=-1, keepdims=True)
    return top + xp.log(total), weight / total


def log_softmax(a, axis):
    """Logarithm of the normalised exponentials along `axis`."""
    # The largest goes first: beside 1e300, the logarithm of a sum would be lost.
    a = a - _top(a, axis)
    return a - array_namespace(a).log(array_namespace(a).sum(exp(a), axis=axis, keepdims=True))


def log_softmax_and_shares(a):
    """`log_softmax` along the last axis, and its exponential."""
    xp, a = array_namespace(a), a - _top(a, -1)
    weight = exp(a)
    total = xp.sum(weight, axis=-1, keepdims=True)
    return a - xp.log(total), weight / total


def _kth_largest(a, k):
    """The k-th largest of every row, of shape (n, 1); a smaller one if there are equals."""
    xp = array_namespace(a)
    if k > _FEW:
        return xp.sort(a, axis=1, stable=False)[:, a.shape[1] - k, None]
    for _ in range(k - 1):
        a = xp.where(a == xp.max(a, axis=1, keepdims=True), -float("inf"), a)
    return xp.max(a, axis=1, keepdims=True)


def largest(a, k):
    """Which entries of a table are the k largest of their row; of equals, the first are."""
    xp = array_namespace(a)
    chosen = a >= _kth_largest(a, k)
    if int(xp.sum(xp.astype(chosen, xp.int64))) == k * a.shape[0]:
        return chosen
    bound = xp.sort(a, axis=1, stable=False)[:, a.shape[1] - k, None]
    above, equal = a > bound, a == bound
    free = k - xp.sum(xp.astype(above, xp.int64), axis=1, keepdims=True)
    place = xp.cumulative_sum(xp.astype(equal, xp.int64), axis=1)
    return above | (equal & (place <= free))


def equilibrated(A):
    """Scale stacked symmetric `A` to a unit diagonal plus a rounding-sized ridge.

    A diagonal entry of no data is zero, or what rounding has left, which may be negative: it is
    raised to a rounding unit of the largest. A zero right-hand side then gets a zero step.
    """
    xp = array_namespace(A)
    epsilon = float(xp.finfo(A.dtype).eps)
    diagonal = xp.linalg.diagonal(A)
    largest = xp.max(xp.abs(diagonal), axis=-1, keepdims=True)
    raised = xp.maximum(diagonal, epsilon * largest + _TINY)
    root = xp.sqrt(raised)
    # Of a matrix that rounding has left, entries could be larger than their diagonal allows.
    scaled = xp.clip(A / (root[..., :, None] * root[..., None, :]), -1.0, 1.0)
    eye = xp.eye(A.shape[-1], dtype=xp.bool, device=device(A))
    return xp.where(eye, 1 + 100 * epsilon, scaled), root


def identity(size):
    """The unit matrix, on the host."""
    return np.eye(size)


def contrasts(before, size, after):
    """Basis of tables (before, size, after) that sum to zero along their second axis, on the host.

    Of shape (before * size * after, before * (size - 1) * after).
    """
    return np.kron(np.eye(before), np.kron(helmert(size).T, np.eye(after)))


def drawn(proba, size, random_state):
    """Random positions (*size, n) in the rows of a table of probabilities (n, K), on the host."""
    edges = np.cumsum(host(proba), axis=1)
    at = random_state.uniform(size=(*size, len(edges), 1)) * edges[:, -1:]
    return (at >= edges).sum(axis=-1).clip(max=edges.shape[1] - 1)


def stacked(blocks):
    """Matrices on the host, under one another."""
    return np.concatenate(blocks, axis=0)


def block_diagonal(blocks):
    """Matrices along the diagonal of one, on the host."""
    return block_diag(*blocks)


def solve_spd(A, B):
    """Solve `A S = B` for stacked symmetric positive semi-definite `A` and matrices `B`.

    Rank-deficient systems (duplicated or constant columns, fewer rows than columns) get a
    finite answer of small norm instead of an error: a ridge of a few rounding units on the
    equilibrated matrix. The answer serves as a Newton step, so this moves no fixed point.
    """
    xp = array_namespace(A, B)
    scaled, root = equilibrated(A)
    root = root[..., None]
    # Where next to nothing determines an entry, it could be beyond all numbers.
    bound = root * float(xp.finfo(A.dtype).max) ** 0.5
    return xp.clip(xp.linalg.solve(scaled, B / root), -bound, bound) / root


def inverse_spd(A):
    """Inverse of stacked symmetric positive semi-definite `A`, with `solve_spd`'s safety."""
    xp = array_namespace(A)
    scaled, root = equilibrated(A)
    return xp.linalg.inv(scaled) / (root[..., :, None] * root[..., None, :])
