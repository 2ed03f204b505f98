"""Readers of data larger than memory.

A reader is any callable without arguments that returns a new iterator of batches each time, always
of the same batches in the same order. A batch is a tuple `(X, y)` or `(X, y, sample_weight)`, or
`(X,)` where no target is named. These are ready-made ones, each over the library that reads.
"""

from ._arrays import ArrayReader
from ._csv import CSVReader
from ._parquet import ParquetReader
from ._polars import PolarsReader

__all__ = ["ArrayReader", "CSVReader", "ParquetReader", "PolarsReader"]
