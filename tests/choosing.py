"""Which of many combinations the default suite runs; the others bear the marker `full`."""

from importlib.util import find_spec
from itertools import product

import pytest

from skmoe.testing import available

FULL = pytest.mark.full
needs_callbacks = pytest.mark.skipif(
    find_spec("sklearn.callback") is None, reason="scikit-learn has callbacks from 1.9 on"
)


# Of every library and dtype the last device: it forgives no more than those before it.
TRIED = list({(backend.library, backend.dtype): backend for backend in available()}.values())
NUMPY = TRIED[0]
# The backend that forgives least: with array_api_strict all functions but those of the standard are
# missing, and its device without float64 takes no table of another device or of twice the digits.
STRICT = next((b for b in reversed(TRIED) if b.library == "array_api_strict"), NUMPY)


def on(backend, *values, lean):
    """A parameter of a test on a backend, after others; `full` unless it is `lean`."""
    marks = [pytest.mark.gpu] if backend.library == "cupy" else []
    name = "-".join(str(value) for value in (*values, backend))
    return pytest.param(*values, backend, id=name, marks=marks + ([] if lean else [FULL]))


BACKENDS = [on(backend, lean=backend in (NUMPY, STRICT)) for backend in TRIED]
# Without the first, NumPy in float64.
OTHER_BACKENDS = BACKENDS[1:]


def every_value(*axes):
    """All combinations of values; `full` but for a few in which every value occurs."""
    axes = [list(axis) for axis in axes]
    lengths = [len(axis) for axis in axes]
    # Shifted at every turn, so that axes of even lengths do not always meet in the same way.
    chosen = {tuple((i + i // n) % n for n in lengths) for i in range(max(lengths))}
    params = []
    for where in product(*map(range, lengths)):
        values = [axis[i] for axis, i in zip(axes, where, strict=True)]
        params.append(pytest.param(*values, marks=[] if where in chosen else [FULL]))
    return params
