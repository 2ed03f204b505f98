"""Files of comma-separated values, read with pandas."""

import warnings

from .._rows.validation import check_count
from ._base import Roles, TableReader, existing, library, refuse_dask

__all__ = ["CSVReader"]

# Options of pandas.read_csv that this room sets itself, and what to pass instead.
_OWN_OPTIONS = {
    "chunksize": "batch_rows",
    "iterator": "batch_rows",
    "usecols": "columns",
    "index_col": "columns",
}


# How columns are read, by what pandas infers from the first rows; NaN is missing.
_READ_AS = {
    "boolean": "boolean",
    "integer": "float64",
    "floating": "float64",
    "mixed-integer-float": "float64",
}


class CSVReader(TableReader):
    """Reads batches of rows from a file of comma-separated values, with pandas.

    Parameters
    ----------
    path : str or path
        A file, compressed or not, or an address that pandas reads.
    target : str, list of str, or None
        Column or columns of the targets. None reads X only, for prediction.
    columns : list of str, default=None
        The columns of X. None stands for all but the target and the weights.
    sample_weight : str, default=None
        Column of the weights of the rows.
    batch_rows : int, default=65_536
        Number of rows of a batch; the last has what is left.
    **options
        For `pandas.read_csv`, such as ``sep=";"``, ``na_values`` or ``dtype``.

    Attributes
    ----------
    n_rows : None
        A file of text knows its rows when it has been read.

    Notes
    -----
    X is a pandas data frame. The first batch, read when the reader is made, says which columns
    are numbers or truth values: these become float64 in all batches, with NaN for missing values.
    A column that turns out to hold something else further on is an error; ``dtype`` of the options
    says beforehand what a column holds. Text in targets stays text.

    References
    ----------
    .. [1] pandas. IO tools: iterating through files chunk by chunk.
       https://pandas.pydata.org/docs/user_guide/io.html#io-chunking

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from skmoe.readers import CSVReader
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "trips.csv"
    >>> trips = pd.DataFrame({"km": [1, 4, 9], "hour": [8, 12, None], "minutes": [5, 9, 15]})
    >>> trips.to_csv(path, index=False)
    >>> for X, y in CSVReader(path, target="minutes", batch_rows=2)():
    ...     print(X.to_numpy().tolist(), y.tolist())
    [[1.0, 8.0], [4.0, 12.0]] [5, 9]
    [[9.0, nan]] [15]
    >>> folder.cleanup()
    """

    n_rows = None

    def __init__(
        self,
        path,
        target=None,
        *,
        columns=None,
        sample_weight=None,
        batch_rows=65_536,
        **options,
    ):
        self.batch_rows = check_count(batch_rows, "batch_rows")
        for name, own in _OWN_OPTIONS.items():
            if name in options:
                raise ValueError(
                    f"{name}={options[name]!r} was given; all options of pandas.read_csv but "
                    f"{', '.join(_OWN_OPTIONS)} are allowed. Pass {own} instead."
                )
        refuse_dask(path, "path")
        self._path = existing(path, "path")
        self._source = repr(self._path)
        self._options = options
        head = self._head()
        self._roles = Roles(list(head.columns), target, columns, sample_weight)
        given = options.get("dtype") or {}
        # One type for all columns, or a default of types, says it of every column.
        types = {**self._types(head), **given} if type(given) is dict else given
        # Not `usecols`, with which pandas passes over fields beyond the last column in silence.
        self._options = {**options, "dtype": types}

    def _opened(self, **more):
        pandas, options = library("pandas"), {**self._options, **more}
        return pandas.read_csv(self._path, chunksize=self.batch_rows, **options)

    def _head(self):
        """The first rows, of which there are as many fields as names."""
        errors = library("pandas.errors")
        try:
            with warnings.catch_warnings():
                # Of rows that are longer than the header pandas takes the first fields for names
                # of rows; told not to, it warns.
                warnings.filterwarnings("error", "Length of header", errors.ParserWarning)
                with self._opened(index_col=False) as chunks:
                    return self._next(chunks, 0)
        except errors.EmptyDataError as error:
            raise ValueError(
                f"{self._path} is empty; a header with the names of the columns is needed."
            ) from error
        except errors.ParserWarning as error:
            raise ValueError(
                f"{self._path}: the rows have more fields than the header has names. Mend the "
                "file, or pass names= for all columns and skiprows=1."
            ) from error

    def _types(self, head):
        """Types by column that the first rows hold to."""
        kinds = {name: _kind_of_text(head[name]) for name in self._roles.all}
        labels = {name: str for name in self._roles.targets if kinds[name] == "string"}
        numbers = [name for name in self._roles.numbers if kinds[name] in _READ_AS]
        types = {**labels, **{name: _READ_AS[kinds[name]] for name in numbers}}
        return {name: types[name] for name in types.keys() - self._converted()}

    def _converted(self):
        """Names of the columns that the options of pandas turn into something else."""
        dates = self._options.get("parse_dates")
        return {*self._options.get("converters", ()), *(dates if isinstance(dates, list) else ())}

    def _tables(self):
        with self._opened() as chunks:
            start = 0
            while (table := self._next(chunks, start)) is not None:
                start += len(table)
                truths = [name for name in self._roles.numbers if table[name].dtype == "boolean"]
                yield table.astype(dict.fromkeys(truths, "float64"))

    def _next(self, chunks, start):
        try:
            return next(chunks, None)
        except ValueError as error:
            raise ValueError(
                f"{self._path}: rows from {start} on do not hold what the first ones hold: "
                f"{str(error).strip()}. Mend the file, or say what the columns hold with dtype=."
            ) from error


def _kind_of_text(values):
    return library("pandas.api.types").infer_dtype(values, skipna=True)
