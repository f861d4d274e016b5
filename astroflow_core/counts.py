"""Counts that need no row: they stand in a table's index, or else in its footers. Needs pyarrow.

The same functions in every engine, because none has to run for them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from astroflow_core.catalogue import chosen_columns
from astroflow_core.errors import CatalogueError
from astroflow_core.healpix import check_level, pixel_count
from astroflow_core.index import MAP_LEVEL, UNKNOWN, column_facts, row_facts, row_groups
from astroflow_core.session import SessionSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from astroflow_core.catalogue import Table


def row_count(table: str = "gaia_source") -> int:
    """Return how many rows a table has, as SQL's ``COUNT(*)`` does, without reading one.

    Parameters
    ----------
    table
        ``table`` (in the session's default database) or ``database.table``.

    Raises
    ------
    CatalogueError
        When the table is not here, or a file of it is damaged or missing.
    SessionError
        When the session has no settings.
    """
    return rows_in(_open(table))


def column_counts(
    table: str = "gaia_source", columns: Iterable[str] | None = None, *, count_nan: bool = True
) -> dict[str, int]:
    """Return how many values each column has, without reading them where the index knows.

    Parameters
    ----------
    table
        ``table`` (in the session's default database) or ``database.table``.
    columns
        The columns to count; all by default.
    count_nan
        Whether NaN counts as a value: it does in SQL's ``COUNT(column)``, not in pandas.

    Raises
    ------
    CatalogueError
        When there is no such table or column, or a file is damaged or missing.
    SessionError
        When the session has no settings.
    """
    opened = _open(table)
    values = values_in(opened, chosen_columns(opened, column_facts(opened).names, columns))
    if count_nan:
        return values
    nans = _nans_in(opened, values)
    return {name: values[name] - nans[name] for name in values}


def rows_in(table: Table) -> int:
    """Return how many rows ``table`` has."""
    return int(row_groups(table).rows.sum())


def values_in(table: Table, columns: Iterable[str]) -> dict[str, int]:
    """Return how many values that are not NULL each column of ``table`` has; NaN is one."""
    # One look at the files for all columns: there may be thousands.
    rows, facts = rows_in(table), column_facts(table)
    nulls = {name: facts.nulls[:, facts.names.index(name)] for name in columns}
    return {
        name: _values_read(table, name) if (of_name == UNKNOWN).any() else rows - int(of_name.sum())
        for name, of_name in nulls.items()
    }


def pixels_in(table: Table, level: int) -> NDArray[np.int64] | None:
    """Return how many rows of ``table`` lie in each pixel of ``level``, by their ``source_id``.

    None where only reading the ids would tell: beyond `MAP_LEVEL`, or without an index.
    """
    facts = row_facts(table) if check_level(level) <= MAP_LEVEL else None
    if facts is None or facts.pixel_counts is None:
        return None
    # In the NESTED scheme the pixels inside one of a lower level are neighbours.
    counts: NDArray[np.int64] = facts.pixel_counts.reshape(pixel_count(level), -1).sum(axis=1)
    return counts


def _nans_in(table: Table, columns: Iterable[str]) -> dict[str, int]:
    facts = row_facts(table)
    if facts is not None:
        return {name: int(facts.nans[facts.names.index(name)]) for name in columns}
    return {name: _nans_read(table, name) for name in columns}


def _values_read(table: Table, column: str) -> int:
    return sum(len(values) - values.null_count for values in _read(table, column))


def _nans_read(table: Table, column: str) -> int:
    return sum(
        pc.sum(pc.is_nan(values)).as_py() or 0
        for values in _read(table, column)
        if pa.types.is_floating(values.type)
    )


def _read(table: Table, column: str) -> Iterable[pa.ChunkedArray]:
    for path in table.files:
        try:
            with pq.ParquetFile(path) as file:
                for group in range(file.num_row_groups):
                    yield file.read_row_group(group, [column])[column]
        except (OSError, pa.ArrowException, KeyError) as error:
            raise CatalogueError(f"{path} cannot be read: {error}") from error


def _open(table: str) -> Table:
    return SessionSettings.from_environ(os.environ).open_table(table)
