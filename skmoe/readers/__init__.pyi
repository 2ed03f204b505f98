from collections.abc import Sequence
from os import PathLike
from typing import Any

from skmoe._typing import Int, Values

__all__ = ["ArrayReader", "CSVReader", "ParquetReader", "PolarsReader"]

class ArrayReader:
    n_rows: int
    def __init__(
        self,
        X: Values,
        y: Values | None = None,
        sample_weight: Values | None = None,
        batch_rows: Int = 65536,
    ) -> None: ...
    def __call__(self) -> Any: ...

class CSVReader:
    def __init__(
        self,
        path: str | PathLike[str],
        target: str | Sequence[str] | None = None,
        *,
        columns: Sequence[str] | None = None,
        sample_weight: str | None = None,
        batch_rows: Int = 65536,
        **options: Any,
    ) -> None: ...
    def __call__(self) -> Any: ...
    n_rows: None

class ParquetReader:
    def __init__(
        self,
        source: str | PathLike[str] | Sequence[str | PathLike[str]] | Any,
        target: str | Sequence[str] | None = None,
        *,
        columns: Sequence[str] | None = None,
        sample_weight: str | None = None,
        batch_rows: Int = 65536,
        filter: Any = None,
    ) -> None: ...
    def __call__(self) -> Any: ...
    @property
    def n_rows(self) -> int | None: ...

class PolarsReader:
    def __init__(
        self,
        lazy_frame: Any,
        target: str | Sequence[str] | None = None,
        *,
        columns: Sequence[str] | None = None,
        sample_weight: str | None = None,
        batch_rows: Int = 65536,
    ) -> None: ...
    def __call__(self) -> Any: ...
    n_rows: None
