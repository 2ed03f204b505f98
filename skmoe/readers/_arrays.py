"""Arrays on disk: memory maps, HDF5, Zarr."""

import numpy as np

from .._rows.arrays import is_sparse
from .._rows.validation import check_count
from ._base import WEIGHTS_ALONE, counted, refuse_dask

__all__ = ["ArrayReader"]


class ArrayReader:
    """Reads batches of rows from arrays on disk: memory maps, HDF5 and Zarr.

    Parameters
    ----------
    X : array-like of shape (n_rows, n_features)
        Anything with a shape that gives rows for a slice: a memory map of NumPy, a data set of
        h5py, an array of zarr. Batches are NumPy arrays (slices of sparse arrays stay sparse).
    y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
        The targets. None reads X only, for prediction.
    sample_weight : array-like of shape (n_rows,), default=None
        Weights of the rows.
    batch_rows : int, default=65_536
        Number of rows of a batch; the last has what is left. For arrays in chunks, a multiple of
        a chunk's rows reads every chunk once.

    Attributes
    ----------
    n_rows : int
        Number of rows.

    Notes
    -----
    A reader can be pickled where its arrays can: those of h5py cannot, and a memory map is
    written with all that it holds.

    References
    ----------
    .. [1] NumPy. Memory mapping files.
       https://numpy.org/doc/stable/reference/generated/numpy.memmap.html

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from skmoe.readers import ArrayReader
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "X.npy"
    >>> np.save(path, np.arange(10.0).reshape(5, 2))
    >>> reader = ArrayReader(np.load(path, mmap_mode="r"), y=np.arange(5), batch_rows=2)
    >>> reader
    ArrayReader(memmap of shape (5, 2), y)
    >>> [y.tolist() for X, y in reader()]
    [[0, 1], [2, 3], [4]]
    >>> del reader
    >>> folder.cleanup()
    """

    def __init__(self, X, y=None, sample_weight=None, batch_rows=65_536):
        self.batch_rows = check_count(batch_rows, "batch_rows")
        if sample_weight is not None and y is None:
            raise ValueError(WEIGHTS_ALONE)
        given = {"X": X, "y": y, "sample_weight": sample_weight}
        self._arrays = {
            name: _sliceable(values, name) for name, values in given.items() if values is not None
        }
        lengths = {name: values.shape[0] for name, values in self._arrays.items()}
        if len(set(lengths.values())) > 1:
            found = ", ".join(
                f"{name} has {counted(range(n), 'row')}" for name, n in lengths.items()
            )
            raise ValueError(f"{found}; as many of each are needed. Pass those of the same rows.")
        self.n_rows = lengths["X"]

    def __call__(self):
        """A new iterator of the batches.

        Yields
        ------
        tuple of ndarray
            `(X, y, sample_weight)`; without `sample_weight`, and without `y`, where they are
            not given. Every batch but the last has `batch_rows` rows.
        """
        for start in range(0, self.n_rows, self.batch_rows):
            rows = slice(start, min(start + self.batch_rows, self.n_rows))
            yield tuple(_in_memory(values[rows]) for values in self._arrays.values())

    def __repr__(self):
        X = self._arrays["X"]
        words = [f"{type(X).__name__} of shape {tuple(X.shape)}", *list(self._arrays)[1:]]
        return f"ArrayReader({', '.join(words)})"


def _sliceable(values, name):
    """Values that have a shape and give rows for a slice."""
    refuse_dask(values, name)
    if name == "X" and hasattr(values, "columns"):
        raise ValueError(
            "X is a table in memory; arrays are allowed. Pass it to fit as it is, or "
            "polars' lazy() of it to PolarsReader."
        )
    # Columns of pandas take a slice for labels.
    ready = hasattr(values, "shape") and hasattr(values, "__getitem__")
    values = values if ready and not hasattr(values, "iloc") else np.asarray(values)
    if hasattr(values, "asstr") and values.dtype.kind in "OS":
        # Text comes from h5py as bytes, of which scikit-learn makes no labels.
        values = values.asstr()
    allowed = {"X": (2,), "y": (1, 2), "sample_weight": (1,)}[name]
    if len(values.shape) not in allowed:
        raise ValueError(
            f"{name} has the shape {tuple(values.shape)}; {' or '.join(map(str, allowed))} "
            f"dimension{'s' * (allowed != (1,))} are allowed, rows first. Reshape it."
        )
    return values


def _in_memory(rows):
    return rows if is_sparse(rows) else np.asarray(rows)
