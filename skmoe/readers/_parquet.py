"""Parquet files, read with pyarrow."""

from .._rows.validation import check_count
from ._base import Roles, TableReader, counted, exact, existing, library, refuse_dask

__all__ = ["ParquetReader"]

# Bytes of each column that are read from a Parquet file at a time.
_BUFFER = 2**18


class ParquetReader(TableReader):
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
        refuse_dask(source, "source")
        self._dataset, self._source = _parquet_dataset(source)
        schema = self._dataset.schema
        index = (schema.pandas_metadata or {}).get("index_columns", [])
        index = [name for name in index if isinstance(name, str)]
        self._roles = Roles(schema.names, target, columns, sample_weight, index)
        self.filter = filter
        asked = [] if filter is None else _columns_of(filter, schema)
        needed = {*self._roles.all, *asked}
        self._needed = [name for name in schema.names if name in needed]

    @property
    def n_rows(self):
        """Number of rows; None with a filter."""
        return self._dataset.count_rows() if self.filter is None else None

    def _tables(self):
        arrow, roles = library("pyarrow"), self._roles
        numbers = [
            field.with_type(arrow.float64()) if _is_cast(field, roles) else field
            for field in map(self._dataset.schema.field, roles.all)
        ]
        for table in exact(self._pieces(), self.batch_rows, arrow.concat_tables):
            # Large whole numbers lose digits, as they do wherever a fit takes floats.
            chosen = table.select(roles.all).cast(arrow.schema(numbers), safe=False)
            yield chosen.to_pandas(ignore_metadata=True)

    def _pieces(self):
        """Tables of at most `batch_rows` rows that the filter lets pass.

        The scanner of a data set holds several row groups at a time; this streams through them.
        """
        parquet, dataset = library("pyarrow.parquet"), library("pyarrow.dataset")
        schema = library("pyarrow").schema(map(self._dataset.schema.field, self._needed))
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


def _parquet_dataset(source):
    """A data set of Parquet files, and what to call it."""
    dataset = library("pyarrow.dataset")
    if isinstance(source, dataset.Dataset):
        found, own = source, f"{type(source).__name__}"
    else:
        several = isinstance(source, (list, tuple))
        paths = [existing(path, "source") for path in (source if several else [source])]
        words = {"source": paths if several else paths[0], "partitioning": "hive"}
        found = dataset.dataset(format="parquet", **words)
        found = dataset.dataset(format="parquet", schema=_schema_of_all(found), **words)
        own = f"[{counted(paths, 'file')}]" if several else repr(paths[0])
    if not isinstance(getattr(found, "format", None), dataset.ParquetFileFormat):
        raise ValueError(
            f"source is a {type(found).__name__} of pyarrow that is not of Parquet files; paths "
            "and data sets of Parquet files are allowed. Pass polars.scan_... of other files to "
            "PolarsReader."
        )
    try:
        found.get_fragments()
    except ValueError as error:
        raise ValueError(
            f"source is a data set with a filter or a choice of columns ({error}). Pass the data "
            "set without them, and filter= and columns= to the reader."
        ) from error
    if not found.files:
        raise ValueError(
            f"source={own} holds no Parquet file; at least one is needed. Pass the folder that "
            "holds them."
        )
    return found, own


def _schema_of_all(found):
    """The columns of all files of a data set, of types that hold all their values."""
    arrow = library("pyarrow")
    schema = found.schema
    for fragment in found.get_fragments():
        try:
            own = fragment.physical_schema.remove_metadata()
        except arrow.ArrowInvalid as error:
            raise ValueError(
                f"{fragment.path} cannot be read as Parquet: {error}. Pass the list of the files "
                "that are."
            ) from error
        try:
            schema = arrow.unify_schemas([schema, own], promote_options="permissive")
        except (arrow.ArrowInvalid, arrow.ArrowTypeError) as error:
            raise ValueError(
                f"{fragment.path} has other columns than the files before it: {error}. Give all "
                "files columns of one type, or read them with a query (PolarsReader)."
            ) from error
    return schema.with_metadata(found.schema.metadata)


def _columns_of(expression, schema):
    """Names of the columns that a filter of pyarrow looks at."""
    arrow = library("pyarrow")
    if not isinstance(expression, library("pyarrow.compute").Expression):
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
    except library("pyarrow").ArrowInvalid:
        return False
    return True


def _conformed(batch, schema, known):
    """A batch of a file as a table of `schema`: what is not in the file is known, or missing."""
    arrow = library("pyarrow")
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
    types = library("pyarrow").types
    kinds = [types.is_decimal]
    if field.name in roles.numbers:
        kinds += [types.is_boolean, types.is_integer, types.is_null]
    return any(kind(field.type) for kind in kinds)
