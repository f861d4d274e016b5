"""Where a Dask frame reads tables: leaves of its expression that `read_table` or a search made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dask.dataframe.dask_expr import FrameBase
from dask.dataframe.dask_expr.io import FromMap

from astroflow_core.cost import Read
from astroflow_core.errors import QueryError
from astroflow_dask_gaia.frames import read_files, read_table
from astroflow_dask_gaia.regions import read_piece

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd


@dataclass(frozen=True, slots=True)
class PartOf:
    """A reader that keeps of each partition the rows whose ``column`` is below ``limit``.

    Dask asks it for the columns in use, as it asks the reader itself.
    """

    reader: Callable[..., pd.DataFrame]
    column: str
    limit: int

    def __call__(self, piece: Any, columns: list[str], **rest: Any) -> pd.DataFrame:
        """Return the rows of ``piece`` that are kept."""
        names = list(dict.fromkeys([*columns, self.column]))
        rows = self.reader(piece, columns=names, **rest)
        below = (rows[self.column] < self.limit).fillna(value=False).astype(bool)
        return rows.loc[below, columns]


def opened(frame: FrameBase | str) -> FrameBase:
    """Return ``frame``, or the table of that name.

    Raises
    ------
    QueryError
        When it is neither.
    """
    if isinstance(frame, str):
        return read_table(frame)
    if not isinstance(frame, FrameBase):
        raise QueryError(
            f"{type(frame).__name__} is no Dask frame: give one that was not computed, or a "
            f"table's name"
        )
    return frame


def scans_of(expression: Any) -> list[Any]:
    """Return each leaf of an expression that reads a table, once."""
    leaves = {leaf._name: leaf for leaf in expression.find_operations(FromMap)}  # noqa: SLF001
    return [leaf for leaf in leaves.values() if _reader(leaf) in {read_files, read_piece}]


def read_of(scan: Any) -> Read:
    """Return what a scan reads: of an optimised expression, what is left to read."""
    pieces = list(scan.iterables[0])
    chosen = scan.operand("_partitions")
    pieces = pieces if chosen is None else [pieces[number] for number in chosen]
    columns = _columns(scan)
    name = scan.operand("label").removesuffix("-region")
    if _reader(scan) is read_files:
        return Read(name, tuple(path for piece in pieces for path in piece), columns)
    files = tuple(path for path, _ in pieces)
    groups = tuple(tuple(numbers) for _, numbers in pieces)
    return Read(name, files, columns, groups)


def files_of(scan: Any) -> list[Path]:
    """Return all files of a scan's table that a scan names."""
    pieces = scan.iterables[0]
    if _reader(scan) is read_files:
        return [path for piece in pieces for path in piece]
    return [path for path, _ in pieces]


def _reader(scan: Any) -> Any:
    function = scan.operand("func")
    return function.reader if isinstance(function, PartOf) else function


def _columns(scan: Any) -> tuple[str, ...]:
    function, keywords = scan.operand("func"), scan.operand("kwargs")
    extra = [function.column] if isinstance(function, PartOf) else []
    if "region" in keywords:
        extra += ["ra", "dec"]
    key = [keywords["key"]] if keywords["key"] is not None else []
    return tuple(dict.fromkeys([*key, *scan.operand("columns"), *extra]))
