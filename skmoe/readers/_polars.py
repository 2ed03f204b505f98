"""Queries of polars, which it streams."""

from .._rows.validation import check_count
from ._base import Roles, TableReader, exact, library, refuse_dask

__all__ = ["PolarsReader"]


class PolarsReader(TableReader):
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
        refuse_dask(lazy_frame, "lazy_frame")
        polars = library("polars")
        if not isinstance(lazy_frame, polars.LazyFrame):
            raise ValueError(
                f"lazy_frame is a {type(lazy_frame).__name__}; a polars LazyFrame is allowed. "
                "Pass polars.scan_parquet(...), or frame.lazy() of a DataFrame."
            )
        schema = lazy_frame.collect_schema()
        self._roles = Roles(schema.names(), target, columns, sample_weight)
        self._source = "LazyFrame"
        self._query = lazy_frame.select(
            [_polars_column(name, schema[name], self._roles) for name in self._roles.all]
        )

    def _tables(self):
        polars = library("polars")
        return exact(self._pieces(), self.batch_rows, polars.concat)

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


def _polars_column(name, dtype, roles):
    """What is read of a column: float64 of numbers that are not floats, but for labels."""
    polars = library("polars")
    column = polars.col(name)
    if name not in roles.numbers:
        return column.cast(polars.Float64) if dtype.is_decimal() else column
    if dtype.is_numeric() or dtype in (polars.Boolean, polars.Null):
        column = column if dtype.is_float() else column.cast(polars.Float64)
        return column.fill_null(float("nan"))
    return column
