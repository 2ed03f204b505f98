"""Readers of data larger than memory.

A reader is any callable without arguments that returns a new iterator of batches each time, always
of the same batches in the same order. A batch is a tuple `(X, y)` or `(X, y, sample_weight)`, or
`(X,)` where no target is named. These are ready-made ones, each over the library that reads.
"""

import importlib
import os
from collections import Counter
from difflib import get_close_matches

import numpy as np

from ._rows.arrays import is_sparse
from ._rows.validation import check_count

__all__ = ["ArrayReader", "CSVReader", "ParquetReader", "PolarsReader"]

# Bytes of each column that are read from a Parquet file at a time.
_BUFFER = 2**18

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


_WEIGHTS_ALONE = (
    "sample_weight was given without a target; weights are those of targets. Pass both, or "
    "neither for prediction."
)


class _Roles:
    """Which of the columns `names` are X, y and the weights."""

    def __init__(self, names, target, columns, sample_weight, others=()):
        self.target = list(target) if isinstance(target, (list, tuple)) else target
        self.targets = _as_list(self.target)
        self.weights = _as_list(sample_weight)
        if columns is not None and (isinstance(columns, str) or not hasattr(columns, "__iter__")):
            raise ValueError(
                f"columns={columns!r} was given; None or a list of names is allowed. "
                f"Pass columns=[{columns!r}]."
            )
        apart = {*self.targets, *self.weights, *others}
        chosen = [name for name in names if name not in apart] if columns is None else columns
        self.features = list(chosen)
        self.all = [*self.features, *self.targets, *self.weights]
        # They are numbers or nothing; targets may be labels.
        self.numbers = {*self.features, *self.weights}
        if self.weights and not self.targets:
            raise ValueError(_WEIGHTS_ALONE)
        known = set(names)
        for name in self.all:
            if name not in known:
                raise ValueError(_unknown(name, names))
        twice = [str(name) for name, count in Counter(self.all).items() if count > 1]
        if twice:
            raise ValueError(
                f"{', '.join(twice)} was given more than once; a column is either in columns, or "
                "target, or sample_weight, once. Leave it out elsewhere."
            )
        if not self.features:
            raise ValueError(
                "No column is left for X; at least one beside target and sample_weight is "
                "needed. Name it in columns."
            )

    def split(self, table):
        """A batch of a table of pandas or polars."""
        parts = [table[self.features]]
        if self.targets:
            parts.append(table[self.target])
        return (*parts, *(table[name] for name in self.weights))


class _TableReader:
    """What readers of tables with named columns share; they have `_roles` and `_tables()`."""

    def __call__(self):
        """A new iterator of the batches.

        Yields
        ------
        tuple
            `(X, y, sample_weight)`; without `sample_weight`, and without `y`, where they are
            not named. Every batch but the last has `batch_rows` rows.
        """
        for table in self._tables():
            if len(table):
                yield self._roles.split(table)

    def __repr__(self):
        roles = self._roles
        words = [self._source, *([f"target={roles.target!r}"] if roles.targets else [])]
        words += [f"sample_weight={name!r}" for name in roles.weights]
        return f"{type(self).__name__}({', '.join(words)}, {_counted(roles.features, 'column')})"


class ParquetReader(_TableReader):
    """Reads batches of rows from Parquet files, with pyarrow.

    Memory holds a batch, and a buffer of each column that is read, however long the files and
    their row groups are.

    Parameters
    ----------
    source : str, path, list of those, or pyarrow.dataset.Dataset
        A file, a folder (its files by the order of their paths, `key=value` folders becoming
        columns), files in the order given, or a data set of Parquet files.
    target : str, list of str, or None
        Column or columns of the targets. None reads X only, for prediction.
    columns : list of str, default=None
        The columns of X. None stands for all but the target, the weights, and what pandas has
        written as an index.
    sample_weight : str, default=None
        Column of the weights of the rows.
    batch_rows : int, default=65_536
        Number of rows of a batch; the last has what is left.
    filter : pyarrow.compute.Expression, default=None
        Which rows to read, such as ``pyarrow.compute.field("year") > 2020``.

    Attributes
    ----------
    n_rows : int or None
        Number of rows, from what the files say of themselves; None with a filter.

    Notes
    -----
    X is a pandas data frame. Its whole numbers, decimals and truth values become float64, so that
    missing values, which are NaN, do not change the type from batch to batch. Targets keep their
    type (but for decimals), since they may be labels.

    References
    ----------
    .. [1] Apache Arrow. Reading and writing the Apache Parquet format.
       https://arrow.apache.org/docs/python/parquet.html

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from skmoe.readers import ParquetReader
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "trips.parquet"
    >>> trips = pd.DataFrame({"km": [1.0, 4.0, 9.0], "hour": [8, 12, 17], "minutes": [5, 9, 15]})
    >>> trips.to_parquet(path)
    >>> reader = ParquetReader(path, target="minutes", batch_rows=2)
    >>> reader.n_rows
    3
    >>> for X, y in reader():
    ...     print(X.shape, y.tolist())
    (2, 2) [5, 9]
    (1, 2) [15]
    >>> folder.cleanup()
    """

    def __init__(
        self,
        source,
        target=None,
        *,
        columns=None,
        sample_weight=None,
        batch_rows=65_536,
        filter=None,
    ):
        self.batch_rows = check_count(batch_rows, "batch_rows")
        _refuse_dask(source, "source")
        self._dataset, self._source = _parquet_dataset(source)
        schema = self._dataset.schema
        index = (schema.pandas_metadata or {}).get("index_columns", [])
        index = [name for name in index if isinstance(name, str)]
        self._roles = _Roles(schema.names, target, columns, sample_weight, index)
        self.filter = filter
        asked = [] if filter is None else _columns_of(filter, schema)
        needed = {*self._roles.all, *asked}
        self._needed = [name for name in schema.names if name in needed]

    @property
    def n_rows(self):
        """Number of rows; None with a filter."""
        return self._dataset.count_rows() if self.filter is None else None

    def _tables(self):
        arrow, roles = _library("pyarrow"), self._roles
        numbers = [
            field.with_type(arrow.float64()) if _is_cast(field, roles) else field
            for field in map(self._dataset.schema.field, roles.all)
        ]
        for table in _exact(self._pieces(), self.batch_rows, arrow.concat_tables):
            # Large whole numbers lose digits, as they do wherever a fit takes floats.
            chosen = table.select(roles.all).cast(arrow.schema(numbers), safe=False)
            yield chosen.to_pandas(ignore_metadata=True)

    def _pieces(self):
        """Tables of at most `batch_rows` rows that the filter lets pass.

        The scanner of a data set holds several row groups at a time; this streams through them.
        """
        parquet, dataset = _library("pyarrow.parquet"), _library("pyarrow.dataset")
        schema = _library("pyarrow").schema(map(self._dataset.schema.field, self._needed))
        for fragment in self._dataset.get_fragments(filter=self.filter):
            known = dataset.get_partition_keys(fragment.partition_expression)
            part = (
                fragment
                if self.filter is None
                else fragment.subset(self.filter, schema=self._dataset.schema)
            )
            groups = [group.id for group in part.row_groups]
            with fragment.open() as opened:
                file = parquet.ParquetFile(opened, pre_buffer=False, buffer_size=_BUFFER)
                held = [name for name in self._needed if name in file.schema_arrow.names]
                for batch in file.iter_batches(self.batch_rows, row_groups=groups, columns=held):
                    table = _conformed(batch, schema, known)
                    yield table if self.filter is None else table.filter(self.filter)


class PolarsReader(_TableReader):
    """Reads batches of rows of what a polars query gives, which polars streams.

    Parameters
    ----------
    lazy_frame : polars.LazyFrame
        Such as ``polars.scan_parquet("flights/*.parquet")``, with whatever is asked of it.
    target : str, list of str, or None
        Column or columns of the targets. None reads X only, for prediction.
    columns : list of str, default=None
        The columns of X. None stands for all but the target and the weights.
    sample_weight : str, default=None
        Column of the weights of the rows.
    batch_rows : int, default=65_536
        Number of rows of a batch; the last has what is left.

    Attributes
    ----------
    n_rows : None
        A query knows its rows when it has run.

    Notes
    -----
    X is a polars data frame. Its whole numbers, decimals and truth values become Float64, missing
    numbers NaN. Targets keep their type (but for decimals), since they may be labels.

    Every pass runs the query. Its rows must come in the same order each time: give joins,
    `group_by` and `unique` their `maintain_order`, and samples a seed. Versions of polars that
    cannot stream batches (before 1.34) run the query once a batch, for its rows only: a scan of
    files skips to them, other queries had better be written to a file first.

    Polars reads several row groups ahead: of Parquet files, `ParquetReader` holds less.

    References
    ----------
    .. [1] Polars. LazyFrame.collect_batches.
       https://docs.pola.rs/api/python/stable/reference/lazyframe/

    Examples
    --------
    >>> import polars as pl
    >>> from skmoe.readers import PolarsReader
    >>> trips = pl.LazyFrame({"km": [1.0, 4.0, 9.0], "hour": [8, 12, 17], "minutes": [5, 9, 15]})
    >>> reader = PolarsReader(trips.filter(pl.col("hour") > 8), target="minutes")
    >>> for X, y in reader():
    ...     print(X.shape, y.to_list())
    (2, 2) [9, 15]
    """

    n_rows = None

    def __init__(
        self, lazy_frame, target=None, *, columns=None, sample_weight=None, batch_rows=65_536
    ):
        self.batch_rows = check_count(batch_rows, "batch_rows")
        _refuse_dask(lazy_frame, "lazy_frame")
        polars = _library("polars")
        if not isinstance(lazy_frame, polars.LazyFrame):
            raise ValueError(
                f"lazy_frame is a {type(lazy_frame).__name__}; a polars LazyFrame is allowed. "
                "Pass polars.scan_parquet(...), or frame.lazy() of a DataFrame."
            )
        schema = lazy_frame.collect_schema()
        self._roles = _Roles(schema.names(), target, columns, sample_weight)
        self._source = "LazyFrame"
        self._query = lazy_frame.select(
            [_polars_column(name, schema[name], self._roles) for name in self._roles.all]
        )

    def _tables(self):
        polars = _library("polars")
        return _exact(self._pieces(), self.batch_rows, polars.concat)

    def _pieces(self):
        """Tables in order, of whatever length."""
        if hasattr(self._query, "collect_batches"):
            yield from self._query.collect_batches(
                chunk_size=self.batch_rows, maintain_order=True, lazy=True
            )
            return
        start, read = 0, self.batch_rows
        while read == self.batch_rows:
            table = self._query.slice(start, self.batch_rows).collect()
            start, read = start + len(table), len(table)
            yield table


class CSVReader(_TableReader):
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
        _refuse_dask(path, "path")
        self._path = _existing(path, "path")
        self._source = repr(self._path)
        self._options = options
        with self._opened() as chunks:
            head = next(chunks)
        self._roles = _Roles(list(head.columns), target, columns, sample_weight)
        given = options.get("dtype") or {}
        # One type for all columns, or a default of types, says it of every column.
        types = {**self._types(head), **given} if type(given) is dict else given
        self._options = {**options, "dtype": types, "usecols": self._roles.all}

    def _opened(self):
        pandas = _library("pandas")
        return pandas.read_csv(self._path, chunksize=self.batch_rows, **self._options)

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
                f"{error}. Mend the file, or say what the columns hold with dtype=."
            ) from error


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
            raise ValueError(_WEIGHTS_ALONE)
        given = {"X": X, "y": y, "sample_weight": sample_weight}
        self._arrays = {
            name: _sliceable(values, name) for name, values in given.items() if values is not None
        }
        lengths = {name: values.shape[0] for name, values in self._arrays.items()}
        if len(set(lengths.values())) > 1:
            found = ", ".join(
                f"{name} has {_counted(range(n), 'row')}" for name, n in lengths.items()
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


def _library(name):
    """A library, or one of its modules."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        own = name.partition(".")[0]
        raise ImportError(
            f"This reader needs {own}, which cannot be imported ({error}); {own} is no dependency "
            f"of skmoe. Install it: pip install {own}"
        ) from error


def _as_list(names):
    if names is None:
        return []
    return names if isinstance(names, list) else [names]


def _unknown(name, names):
    """What is said of a name that no column has."""
    near = get_close_matches(str(name), map(str, names), n=3)
    more = f", and {len(names) - 10} more" if len(names) > 10 else ""
    remedy = f"Did you mean {' or '.join(near)}?" if near else "Pass a name of those."
    return (
        f"The column {name!r} was given; the columns are "
        f"{', '.join(map(str, names[:10])) or 'none'}{more}. {remedy}"
    )


def _refuse_dask(values, name):
    if hasattr(values, "__dask_graph__"):
        raise ValueError(
            f"{name} is a {type(values).__name__} of dask; readers read on one machine. "
            "Use the estimators of skmoe.dask, which take it as it is."
        )


def _existing(path, name):
    """A path, of a file that is there, or an address, as a string."""
    if not isinstance(path, (str, os.PathLike)):
        raise ValueError(
            f"{name} is a {type(path).__name__}; a path is allowed, which can be opened anew for "
            "each pass. Pass the path of a file."
        )
    path = os.fspath(path)
    if "://" not in path and not os.path.exists(path):
        raise FileNotFoundError(
            f"{name}={path!r} was given; there is no such file or folder "
            f"(in {os.getcwd()}). Pass the path of one that exists."
        )
    return path


def _counted(things, noun):
    return f"{len(things)} {noun}{'s' * (len(things) != 1)}"


def _exact(tables, rows, concat):
    """Tables of `rows` rows (the last: what is left) from tables of any length."""
    held, count = [], 0
    for table in tables:
        while count + len(table) >= rows:
            yield concat([*held, table.slice(0, rows - count)])
            table = table.slice(rows - count)
            held, count = [], 0
        held.append(table)
        count += len(table)
    if count:
        yield concat(held)


def _parquet_dataset(source):
    """A data set of Parquet files, and what to call it."""
    dataset = _library("pyarrow.dataset")
    if isinstance(source, dataset.Dataset):
        found, own = source, f"{type(source).__name__}"
    else:
        several = isinstance(source, (list, tuple))
        paths = [_existing(path, "source") for path in (source if several else [source])]
        found = dataset.dataset(
            paths if several else paths[0], format="parquet", partitioning="hive"
        )
        own = f"[{_counted(paths, 'file')}]" if several else repr(paths[0])
    if not isinstance(getattr(found, "format", None), dataset.ParquetFileFormat):
        raise ValueError(
            f"source is a {type(found).__name__} of pyarrow that is not of Parquet files; paths "
            "and data sets of Parquet files are allowed. Pass polars.scan_... of other files to "
            "PolarsReader."
        )
    if not found.files:
        raise ValueError(
            f"source={own} holds no Parquet file; at least one is needed. Pass the folder that "
            "holds them."
        )
    return found, own


def _columns_of(expression, schema):
    """Names of the columns that a filter of pyarrow looks at."""
    arrow = _library("pyarrow")
    if not isinstance(expression, _library("pyarrow.compute").Expression):
        raise ValueError(
            f"filter={expression!r} was given; an expression of pyarrow is allowed. Pass for "
            'example filter=pyarrow.compute.field("year") > 2020.'
        )
    empty = schema.empty_table()
    try:
        empty.filter(expression)
    except (arrow.ArrowInvalid, arrow.ArrowNotImplementedError) as error:
        said = str(error).partition("\n")[0]
        raise ValueError(
            f"filter={expression} was given, which does not suit the columns: {said}. These are "
            f"{', '.join(schema.names)}. Mend the filter."
        ) from error
    return [name for name in schema.names if not _binds(expression, empty.drop_columns([name]))]


def _binds(expression, table):
    try:
        table.filter(expression)
    except _library("pyarrow").ArrowInvalid:
        return False
    return True


def _conformed(batch, schema, known):
    """A batch of a file as a table of `schema`: what is not in the file is known, or missing."""
    arrow = _library("pyarrow")
    columns = [
        batch.column(field.name)
        if field.name in batch.schema.names
        else arrow.repeat(arrow.scalar(known.get(field.name)), len(batch))
        for field in schema
    ]
    columns = [column.cast(field.type) for column, field in zip(columns, schema)]
    return arrow.Table.from_arrays(columns, schema=schema)


def _is_cast(field, roles):
    """Whether a column is read as float64: numbers that are not floats, but for labels."""
    types = _library("pyarrow").types
    kinds = [types.is_decimal]
    if field.name in roles.numbers:
        kinds += [types.is_boolean, types.is_integer, types.is_null]
    return any(kind(field.type) for kind in kinds)


def _polars_column(name, dtype, roles):
    """What is read of a column: float64 of numbers that are not floats, but for labels."""
    polars = _library("polars")
    column = polars.col(name)
    if name not in roles.numbers:
        return column.cast(polars.Float64) if dtype.is_decimal() else column
    if dtype.is_numeric() or dtype in (polars.Boolean, polars.Null):
        column = column if dtype.is_float() else column.cast(polars.Float64)
        return column.fill_null(float("nan"))
    return column


def _kind_of_text(values):
    return _library("pandas.api.types").infer_dtype(values, skipna=True)


def _sliceable(values, name):
    """Values that have a shape and give rows for a slice."""
    _refuse_dask(values, name)
    if name == "X" and hasattr(values, "columns"):
        raise ValueError(
            "X is a table in memory; arrays are allowed. Pass it to fit as it is, or "
            "polars' lazy() of it to PolarsReader."
        )
    # Columns of pandas take a slice for labels.
    ready = hasattr(values, "shape") and hasattr(values, "__getitem__")
    values = values if ready and not hasattr(values, "iloc") else np.asarray(values)
    allowed = {"X": (2,), "y": (1, 2), "sample_weight": (1,)}[name]
    if len(values.shape) not in allowed:
        raise ValueError(
            f"{name} has the shape {tuple(values.shape)}; {' or '.join(map(str, allowed))} "
            f"dimension{'s' * (allowed != (1,))} are allowed, rows first. Reshape it."
        )
    return values


def _in_memory(rows):
    return rows if is_sparse(rows) else np.asarray(rows)
