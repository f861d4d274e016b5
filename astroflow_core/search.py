"""Search a table for a region of the sky, and read what is found with pyarrow.

Every engine makes the same plan: ids that the region may have choose row groups by the index;
of the rows in those the position decides.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from astroflow_core import regions
from astroflow_core.catalogue import Table, chosen_columns
from astroflow_core.errors import CatalogueError
from astroflow_core.footers import read_schema
from astroflow_core.hats import HEALPIX
from astroflow_core.index import SOURCE_ID, row_groups
from astroflow_core.polygon import Polygon
from astroflow_core.session import SessionSettings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from astroflow_core.healpix import IdRanges
    from astroflow_core.index import RowGroups
    from astroflow_core.regions import Region

POSITION = ("ra", "dec")
_MOST_RANGES = 24  # more than these in one predicate cost engines more than they spare


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """What to read of a table for a region: row groups of all, ids, and the columns wanted."""

    table: Table
    region: Region
    schema: pa.Schema
    columns: tuple[str, ...]
    of_groups: RowGroups
    groups: RowGroups
    ids: IdRanges

    @property
    def prunes(self) -> bool:
        """Whether ranges of ids spare an engine more than their test costs it."""
        if SOURCE_ID not in self.schema.names:
            return False
        return self.of_groups.is_bounded and 2 * len(self.groups) <= len(self.of_groups)

    @property
    def few_ids(self) -> IdRanges:
        """The ids in at most 24 ranges: those least apart are joined."""
        return join_nearest(self.ids, _MOST_RANGES)


def plan(table: Table, region: Region, columns: Iterable[str] | None = None) -> Search:
    """Return what to read of ``table`` for ``region``.

    Raises
    ------
    CatalogueError
        When the table has no positions or no ``source_id``, or lacks a column asked for.
    """
    schema = read_schema(table)
    ids = HEALPIX if HEALPIX in schema.names else SOURCE_ID
    if missing := [name for name in (ids, *POSITION) if name not in schema.names]:
        raise CatalogueError(
            f"table {table.full_name} has no column {missing[0]!r}, so it knows no places: "
            f"search gaia_source and join the result by {SOURCE_ID}"
        )
    ranges = regions.id_ranges(region)
    chosen = chosen_columns(table, schema.names, columns)
    groups = row_groups(table)
    return Search(table, region, schema, chosen, groups, groups.touching(ranges), ranges)


def join_nearest(ranges: IdRanges, most: int) -> IdRanges:
    """Return ``ranges`` with the narrowest gaps closed until at most ``most`` are left.

    >>> join_nearest(np.array([[0, 2], [3, 5], [90, 99]]), 2).tolist()
    [[0, 5], [90, 99]]
    """
    gaps = ranges[1:, 0] - ranges[:-1, 1]
    widest = np.sort(np.argsort(gaps)[max(0, len(ranges) - most) :])
    starts = np.append(ranges[0, 0], ranges[widest + 1, 0])
    stops = np.append(ranges[widest, 1], ranges[-1, 1])
    return np.stack([starts, stops], axis=1)


def cone_search(
    table: Table | str,
    ra: Any,
    dec: Any = None,
    radius: Any = None,
    columns: Iterable[str] | None = None,
) -> pa.Table:
    """Return the rows at most ``radius`` from a place, in the order of the files.

    Parameters
    ----------
    table
        A table, or the name of one of the session's.
    ra, dec
        Degrees (ICRS) or Quantities; or a SkyCoord in place of both.
    radius
        Degrees or a Quantity, above 0 and at most 180 degrees.
    columns
        The columns to read; all by default.

    Raises
    ------
    RegionError
        When the place or the radius cannot be.
    CatalogueError
        When there is no such table or column, or it has no positions.
    """
    return read(plan(_opened(table), regions.cone(ra, dec, radius), columns))


def polygon_search(
    table: Table | str, corners: Any, columns: Iterable[str] | None = None
) -> pa.Table:
    """Return the rows inside a polygon of great circles, given by its corners in order.

    ``corners`` are (ra, dec) pairs in degrees or a SkyCoord; see `cone_search` for the rest.
    """
    return read(plan(_opened(table), Polygon.of(corners), columns))


def healpix_search(
    table: Table | str, level: int, pixels: Any, columns: Iterable[str] | None = None
) -> pa.Table:
    """Return the rows whose position lies in NESTED HEALPix pixels of ``level`` 0 to 29.

    The position counts, not the older one in the ``source_id``; see `cone_search` for the rest.
    """
    return read(plan(_opened(table), regions.healpix(level, pixels), columns))


def moc_search(table: Table | str, moc: Any, columns: Iterable[str] | None = None) -> pa.Table:
    """Return the rows on a coverage map, a `mocpy.MOC` or its text; see `cone_search`."""
    return read(plan(_opened(table), regions.area(moc), columns))


def _opened(table: Table | str) -> Table:
    if isinstance(table, Table):
        return table
    return SessionSettings.from_environ(os.environ).open_table(table)


def read(search: Search) -> pa.Table:
    """Return the rows of ``search``."""
    schema = pa.schema([search.schema.field(name) for name in search.columns])
    parts = [
        read_groups(path, groups, search.region, search.columns).cast(schema)
        for path, groups in search.groups.by_file()
    ]
    return pa.concat_tables([schema.empty_table(), *parts])


def read_groups(
    path: Path, groups: Iterable[int], region: Region, columns: tuple[str, ...]
) -> pa.Table:
    """Return the rows of some row groups of ``path`` that lie in ``region``.

    Positions are read first, the other columns only of groups where one lies in it.

    Raises
    ------
    CatalogueError
        When the file cannot be read or lacks a column.
    """
    try:
        with pq.ParquetFile(path) as file:
            parts = [file.schema_arrow.empty_table().select(columns)]
            for group in groups:
                inside = region.contains(*_positions(file, group))
                if inside.any():
                    parts.append(_read_group(file, group, columns).filter(pa.array(inside)))
            return pa.concat_tables(parts)
    except (OSError, pa.ArrowException, KeyError) as error:
        raise CatalogueError(f"{path} cannot be read: {error}") from error


def _positions(file: pq.ParquetFile, group: int) -> tuple[NDArray[np.float64], ...]:
    rows = _read_group(file, group, POSITION)
    return tuple(rows[name].to_numpy().astype(float, copy=False) for name in POSITION)


def _read_group(file: pq.ParquetFile, group: int, columns: Iterable[str]) -> pa.Table:
    names = list(columns)
    # Parquet gives columns in the order of the file.
    return file.read_row_group(group, names, use_threads=False).select(names)
