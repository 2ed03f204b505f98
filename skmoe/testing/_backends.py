"""Array libraries, devices and dtypes that the contract suite runs on."""

import importlib
from typing import NamedTuple

import numpy as np

from .._rows.arrays import array_namespace, host
from .._rows.arrays import device as device_of

__all__ = ["BACKENDS", "Backend", "available", "missing"]


class Backend(NamedTuple):
    """An array library, a device of it and a dtype.

    Attributes
    ----------
    library : str
        Name of the module.
    device : str or None
        Name of the device; None for the default.
    dtype : str
        "float32" or "float64".
    """

    library: str
    device: str | None
    dtype: str

    @property
    def tolerance(self):
        """Relative tolerance of a result that went through a few hundred operations."""
        return 1e-8 if self.dtype == "float64" else 2e-3

    def missing(self):
        """Why this backend cannot be used here.

        Returns
        -------
        str or None
            None if it can.
        """
        try:
            xp = importlib.import_module(self.library)
        except ImportError:
            return f"{self.library} is not installed"
        if self.library == "cupy" and not xp.cuda.is_available():
            return "cupy finds no CUDA device"
        if self.library == "array_api_strict" and self.device is not None:
            try:
                self._device(xp)
            except ValueError:
                return f"this array_api_strict has no device {self.device}"
        return None

    def _device(self, xp):
        if self.device is None:
            return None
        return xp.Device(self.device) if self.library == "array_api_strict" else self.device

    def array(self, values):
        """Host values as an array of this backend.

        Parameters
        ----------
        values : array-like
            Numbers.

        Returns
        -------
        array
        """
        xp = importlib.import_module(self.library)
        values = np.asarray(values, dtype=self.dtype)
        return xp.asarray(values, dtype=getattr(xp, self.dtype), device=self._device(xp))

    def holds(self, x):
        """Whether an array is of this library, device and dtype.

        Parameters
        ----------
        x : array
            Of any library.

        Returns
        -------
        bool
        """
        like = self.array([0.0])
        same_library = array_namespace(x).__name__ == array_namespace(like).__name__
        return same_library and device_of(x) == device_of(like) and x.dtype == like.dtype

    def __str__(self):
        """Name in the report of a test."""
        return "-".join(part for part in self if part)


BACKENDS = [
    Backend("numpy", None, "float64"),
    Backend("numpy", None, "float32"),
    Backend("array_api_strict", None, "float64"),
    Backend("array_api_strict", "device1", "float64"),
    Backend("array_api_strict", "device1", "float32"),
    Backend("array_api_strict", "no_float64", "float32"),
    Backend("torch", "cpu", "float64"),
    Backend("torch", "cpu", "float32"),
    Backend("cupy", None, "float64"),
    Backend("cupy", None, "float32"),
]


def available():
    """Backends that can be used here, NumPy in float64 and in float32 first.

    Returns
    -------
    list of Backend

    Examples
    --------
    >>> from skmoe.testing import available
    >>> [str(backend) for backend in available()[:2]]
    ['numpy-float64', 'numpy-float32']
    """
    return [backend for backend in BACKENDS if backend.missing() is None]


def missing():
    """Why backends cannot be used here, every reason once.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from skmoe.testing import available, missing
    >>> all("numpy" not in reason for reason in missing())
    True
    """
    reasons = (backend.missing() for backend in BACKENDS)
    return list(dict.fromkeys(reason for reason in reasons if reason))


def as_host(x):
    """Float64 NumPy copy of an array or a number."""
    return np.asarray(x if isinstance(x, float) else host(x), dtype=np.float64)
