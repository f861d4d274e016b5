"""Regions of the sky as Dask frames: a partition for each file that the region's ids touch."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import dask.dataframe as dd

from astroflow_core import regions
from astroflow_core.index import SOURCE_ID
from astroflow_core.polygon import Polygon
from astroflow_core.search import plan, read_groups
from astroflow_core.session import SessionSettings
from astroflow_dask_gaia.frames import to_pandas, with_key
from astroflow_dask_gaia.partitions import key_of
from astroflow_dask_gaia.session import current_client

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd

    from astroflow_core.regions import Region


def cone_search(
    table: str,
    ra: Any,
    dec: Any = None,
    radius: Any = None,
    columns: Iterable[str] | None = None,
) -> dd.DataFrame:
    """Return a frame of the rows at most ``radius`` from a place, indexed by the table's key.

    Nothing is read until something is computed. Types are those of `read_table`.

    Parameters
    ----------
    table
        ``table`` (in the session's default database) or ``database.table``.
    ra, dec
        Degrees (ICRS) or Quantities; or a SkyCoord in place of both.
    radius
        Degrees or a Quantity, above 0 and at most 180 degrees.
    columns
        The columns besides the key; all by default.

    Raises
    ------
    RegionError
        When the place or the radius cannot be.
    CatalogueError
        When there is no such table or column, or it has no positions.
    SessionError
        When the session has no settings or its scheduler does not answer.
    """
    return _find(table, regions.cone(ra, dec, radius), columns)


def polygon_search(table: str, corners: Any, columns: Iterable[str] | None = None) -> dd.DataFrame:
    """Return a frame of the rows inside a polygon of great circles.

    ``corners`` are (ra, dec) pairs in degrees, in order, or a SkyCoord; see `cone_search`.
    """
    return _find(table, Polygon.of(corners), columns)


def healpix_search(
    table: str, level: int, pixels: Any, columns: Iterable[str] | None = None
) -> dd.DataFrame:
    """Return a frame of the rows whose position lies in NESTED pixels of ``level`` 0 to 29.

    The position counts, not the older one in the ``source_id``; see `cone_search`.
    """
    return _find(table, regions.healpix(level, pixels), columns)


def moc_search(table: str, moc: Any, columns: Iterable[str] | None = None) -> dd.DataFrame:
    """Return a frame of the rows on a coverage map, a `mocpy.MOC` or its text."""
    return _find(table, regions.area(moc), columns)


def _find(table: str, region: Region, columns: Iterable[str] | None) -> dd.DataFrame:
    opened = SessionSettings.from_environ(os.environ).open_table(table)
    search = plan(opened, region, columns)
    key = key_of(opened)
    divisions = search.groups.divisions if key == SOURCE_ID else ()
    names = [name for name in search.columns if name != key]
    pieces = search.groups.by_file() or [(opened.files[0], [])]
    current_client()  # so that the frame is computed by the session's cluster, not the kernel
    frame: dd.DataFrame = dd.from_map(
        read_piece,
        pieces,
        region=region,
        columns=names,
        key=key,
        meta=to_pandas(search.schema.empty_table().select(with_key(names, key)), key),
        divisions=divisions or (None,) * (len(pieces) + 1),
        label=f"{opened.name}-region",
    )
    return frame


def read_piece(
    piece: tuple[Path, list[int]], region: Region, columns: list[str], key: str | None
) -> pd.DataFrame:
    """Return the rows of some row groups of a file that lie in ``region``; runs on a worker."""
    path, groups = piece
    names = tuple(with_key(columns, key))
    return to_pandas(read_groups(path, groups, region, names), key)
