"""Make the index of a table: what its footers say, and what only its rows tell."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from astroflow_core.errors import CatalogueError, DataError
from astroflow_core.footers import read_metadata
from astroflow_core.healpix import pixel_of
from astroflow_core.index import MAP_LEVEL, SOURCE_ID, RowFacts, empty_map, to_arrays
from astroflow_core.index_file import INDEX_FILE, save
from astroflow_data.files import usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    FileFacts = tuple[NDArray[np.int64], NDArray[np.int64] | None]


def write_index(folder: Path, report: Callable[[int, int], None] | None = None) -> Path:
    """Read every row of the table in ``folder`` once, and keep what was learned beside it.

    An index that is there is replaced. Memory is a column of a row group and a map of
    `MAP_LEVEL` for each core, whatever the table's size.

    Parameters
    ----------
    folder
        The table's folder.
    report
        Called with the number of files read so far and of all.

    Raises
    ------
    CatalogueError
        When there is no parquet file, or one is damaged.
    DataError
        When the folder cannot be written to.
    """
    files = tuple(sorted(folder.glob("*.parquet")))
    if not files:
        raise CatalogueError(f"{folder} holds no *.parquet file")
    path = folder / INDEX_FILE
    arrays = to_arrays(files, _read_rows(files, report or (lambda _done, _all: None)))
    try:
        save(path, files, arrays)
    except OSError as error:
        raise DataError(
            f"{path} could not be written: {error.strerror or error}; the index is kept beside "
            f"the table's files, so run this as someone who may write there"
        ) from error
    return path


def _read_rows(files: tuple[Path, ...], report: Callable[[int, int], None]) -> RowFacts:
    names = read_metadata(files[0]).schema.to_arrow_schema().names
    nans, counts = np.zeros(len(names), np.int64), empty_map()
    is_mapped = True
    with ThreadPoolExecutor(usable_cores()) as pool:
        for done, facts in enumerate(pool.map(_FileFacts, files), start=1):
            nans += [facts.nans.get(name, 0) for name in names]
            is_mapped = is_mapped and facts.is_mapped
            counts[facts.pixels] += facts.counts
            report(done, len(files))
    return RowFacts(tuple(names), nans, counts if is_mapped else None)


class _FileFacts:
    """What the rows of one file tell, read a column of a row group at a time."""

    def __init__(self, path: Path) -> None:
        counts = empty_map()
        try:
            with pq.ParquetFile(path) as file:
                schema = file.schema_arrow
                self.nans = dict.fromkeys(schema.names, 0)
                self.is_mapped = (SOURCE_ID, pa.int64()) in zip(
                    schema.names, schema.types, strict=True
                )
                for group in range(file.num_row_groups):
                    self._count_nans(file, group)
                    if self.is_mapped:
                        self._count_pixels(file, group, counts)
        except (OSError, pa.ArrowException) as error:
            raise CatalogueError(f"{path} cannot be read: {error}") from error
        self.pixels = np.flatnonzero(counts)
        self.counts = counts[self.pixels]

    def _count_nans(self, file: pq.ParquetFile, group: int) -> None:
        for field in file.schema_arrow:
            if pa.types.is_floating(field.type):
                is_nan = pc.is_nan(_column(file, group, field.name))
                self.nans[field.name] += pc.sum(is_nan).as_py() or 0

    def _count_pixels(self, file: pq.ParquetFile, group: int, counts: NDArray[np.int64]) -> None:
        ids = _column(file, group, SOURCE_ID).drop_null().to_numpy()
        pixels = pixel_of(ids, MAP_LEVEL)
        # Solar system objects have ids below 0, which are no places on the sky.
        self.is_mapped = bool(((pixels >= 0) & (pixels < counts.size)).all())
        if self.is_mapped:
            counts += np.bincount(pixels, minlength=counts.size)


def _column(file: pq.ParquetFile, group: int, name: str) -> pa.ChunkedArray:
    return file.read_row_group(group, [name], use_threads=False)[name]
