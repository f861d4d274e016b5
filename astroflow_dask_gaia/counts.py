"""Counts of sources over the sky: one task a core reads files and counts with numpy."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from distributed import KilledWorker, as_completed

from astroflow_core.counts import pixels_in
from astroflow_core.errors import CatalogueError, SessionError
from astroflow_core.healpix import check_level, pixel_count, pixel_of
from astroflow_core.maps import count_pixels, group_files
from astroflow_core.session import SessionSettings
from astroflow_dask_gaia.maps import run
from astroflow_dask_gaia.session import current_client

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from distributed import Future
    from numpy.typing import NDArray

    from astroflow_core.catalogue import Table

    Runs = tuple[NDArray[np.int64], NDArray[np.int64]]  # pixels, and a count for each

_COLUMN = "source_id"
# Up to here every task may hold a map of the whole sky (96 MiB). Beyond it a task returns the
# runs of one file as they come.
_WHOLE_MAP_LEVEL = 10
# Rows of 125 KiB. In Dask's workers, which give memory back at once, an array of 128 KiB or more
# is of fresh pages every time, and filling those takes longer than the counting itself.
_BLOCK = 16_000


def healpix_counts(
    level: int, table: str = "gaia_source", where: str | None = None
) -> NDArray[np.int64]:
    """Return how many rows of a table lie in each HEALPix pixel, by their ``source_id``.

    Up to level 8 a table's index tells, where it has one; else the workers read the ids.

    Parameters
    ----------
    level
        HEALPix level 0 to 12; ``nside = 2**level``.
    table
        ``table`` (in the session's default database) or ``database.table``.
    where
        A condition on the rows, as in SQL.

    Returns
    -------
    numpy.ndarray
        ``12 * 4**level`` counts in the NESTED scheme; 0 where no source is.

    Raises
    ------
    LevelError
        For anything but a whole level from 0 to 12.
    CatalogueError
        When the table is missing or empty, has no ``source_id``, or a file is damaged.
    SessionError
        When the session has no settings or its scheduler does not answer.
    QueryError
        When the condition is no SQL, or names a column that is not there.
    """
    check_level(level)
    opened = SessionSettings.from_environ(os.environ).open_table(table)
    if where is not None:
        return count_pixels(run, opened, level, where)
    known = pixels_in(opened, level)
    counts = _counted_by_workers(opened, level) if known is None else known
    if not counts.any():
        raise CatalogueError(f"table {opened.full_name} is empty: no file has a row")
    return counts


def _counted_by_workers(opened: Table, level: int) -> NDArray[np.int64]:
    client = current_client()
    tasks = sum(client.nthreads().values()) if level <= _WHOLE_MAP_LEVEL else len(opened.files)
    futures = client.map(count_files, group_files(opened.files, tasks), level=level, pure=False)
    counts = np.zeros(pixel_count(level), np.int64)
    for pixels, part in _results(futures):
        np.add.at(counts, pixels, part)
    return counts


def _results(futures: list[Future[Runs]]) -> Iterator[Runs]:
    """Yield each task's counts as it ends, so that the workers need not keep them."""
    waiting = as_completed(futures, with_results=True)
    futures.clear()
    try:
        yield from (result for _, result in waiting)
    except KilledWorker as error:
        raise SessionError(
            "the workers died while counting, mostly for want of memory: "
            "ask for more with connect(memory=…)"
        ) from error


def count_files(paths: Sequence[Path], level: int) -> Runs:
    """Return pixels and how many rows of ``paths`` lie in each; runs on a worker."""
    found = (runs for path in paths for runs in read_runs(path, level))
    return _on_a_map(found, level) if level <= _WHOLE_MAP_LEVEL else _one_after_another(found)


def _on_a_map(runs: Iterator[Runs], level: int) -> Runs:
    counts = np.zeros(pixel_count(level), np.int64)
    for pixels, part in runs:
        np.add.at(counts, pixels, part)
    pixels = np.flatnonzero(counts)
    return pixels, counts[pixels]


def _one_after_another(runs: Iterator[Runs]) -> Runs:
    none = np.zeros(0, np.int64)
    pixels, counts = zip((none, none), *runs, strict=True)
    return np.concatenate(pixels), np.concatenate(counts)


def pixel_runs(pixels: NDArray[np.int64]) -> Runs:
    """Return the pixel and the length of each run of equal neighbours in ``pixels``.

    Ids mostly stand in order, so the runs are few; in any order they count the same.
    """
    starts = np.flatnonzero(pixels[1:] != pixels[:-1]) + 1
    edges = np.concatenate(([0], starts, [len(pixels)]))
    return pixels[edges[:-1]], np.diff(edges)


def read_runs(path: Path, level: int) -> Iterator[Runs]:
    """Yield the pixel runs of each block of ids in ``path``.

    Raises
    ------
    CatalogueError
        When the file cannot be read, has no int64 ``source_id``, or one that lies on no pixel.
    """
    for ids in read_ids(path):
        pixels, counts = pixel_runs(pixel_of(ids, level))
        if pixels.min() < 0 or pixels.max() >= pixel_count(level):
            raise CatalogueError(f"{path} has a {_COLUMN} that lies in no HEALPix pixel")
        yield pixels, counts


def read_ids(path: Path) -> Iterator[NDArray[np.int64]]:
    """Yield the ids of ``path`` block by block; rows without an id are left out.

    Raises
    ------
    CatalogueError
        When the file cannot be read or has no int64 ``source_id``.
    """
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            if _COLUMN not in schema.names or schema.field(_COLUMN).type != pa.int64():
                raise CatalogueError(f"{path} has no column {_COLUMN!r} of 64-bit whole numbers")
            for group in range(file.num_row_groups):
                column = file.read_row_group(group, [_COLUMN], use_threads=False)[_COLUMN]
                ids = column.drop_null().to_numpy()
                yield from (ids[i : i + _BLOCK] for i in range(0, len(ids), _BLOCK))
    except (OSError, pa.ArrowException) as error:
        raise CatalogueError(f"{path} cannot be read: {error}") from error
