"""Names of types that the stub files (`*.pyi`) share; nothing imports them at run time."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

# Answers are arrays of the library that X is of: NumPy, torch, CuPy, dask.
Array: TypeAlias = Any

Int: TypeAlias = int | np.integer[Any]
Float: TypeAlias = float | np.integer[Any] | np.floating[Any]
Seed: TypeAlias = Int | np.random.RandomState | None

# A function, or an object that can be called, which begins anew with every call.
Reader: TypeAlias = Callable[[], Iterable[Any]]


class Table(Protocol):
    """Arrays of any library, data frames, sparse tables."""

    @property
    def shape(self) -> Any:
        """Rows first."""


class Fittable(Protocol):
    """An estimator of scikit-learn, or of the same kind."""

    @property
    def fit(self) -> Callable[..., Any]:
        """Learn from rows."""

    @property
    def get_params(self) -> Callable[..., Any]:
        """What it is set to."""


Values: TypeAlias = ArrayLike | Table
Columns: TypeAlias = Iterable[str] | Iterable[Int] | Iterable[bool]
