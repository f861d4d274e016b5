"""A random part of a table: the rows whose ``random_index`` is below a limit. Needs pyarrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from astroflow_core.errors import CatalogueError, QueryError
from astroflow_core.footers import read_metadata

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow.parquet as pq

RANDOM_INDEX = "random_index"
_WHOLE = 100  # percent
_LOOKED_AT = 16  # files: each has some of all random numbers, so their greatest is near enough


def check_percent(percent: float) -> float:
    """Return ``percent`` if it is a part of a table.

    Raises
    ------
    QueryError
        Unless it is above 0 and at most 100.
    """
    if isinstance(percent, bool) or not 0 < percent <= _WHOLE:
        raise QueryError(f"{percent!r} percent: give a number above 0, at most 100, such as 1")
    return float(percent)


def limit_of(files: Sequence[Path], percent: float) -> int | None:
    """Return below which ``random_index`` ``percent`` of the rows of ``files`` are.

    None where they have no such column. The release numbers its sources at random from 0 on.

    Raises
    ------
    CatalogueError
        When a file is damaged, or keeps no statistics of the column.
    """
    places = np.unique(np.linspace(0, len(files) - 1, _LOOKED_AT).astype(int))
    schema = read_metadata(files[0]).schema.to_arrow_schema()
    if RANDOM_INDEX not in schema.names or not pa.types.is_integer(schema.field(RANDOM_INDEX).type):
        return None
    greatest = [number for place in places for number in _greatest(files[place])]
    return round((max(greatest, default=-1) + 1) * check_percent(percent) / _WHOLE)


def _greatest(path: Path) -> list[int]:
    """Return the greatest random index in each row group of a file that has one."""
    metadata = read_metadata(path)
    leaves = [metadata.schema.column(i).path for i in range(metadata.num_columns)]
    if RANDOM_INDEX not in leaves:
        raise CatalogueError(
            f"{path} has no column {RANDOM_INDEX!r}, unlike the table's first file"
        )
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    found = [group.column(leaves.index(RANDOM_INDEX)) for group in groups if group.num_rows]
    if any(not _is_told(column) for column in found):
        raise CatalogueError(f"{path} keeps no statistics of {RANDOM_INDEX!r}")
    return [column.statistics.max for column in found if column.statistics.has_min_max]


def _is_told(column: pq.ColumnChunkMetaData) -> bool:
    statistics = column.statistics
    if statistics is None:
        return False
    return bool(statistics.has_min_max or statistics.null_count == column.num_values)
