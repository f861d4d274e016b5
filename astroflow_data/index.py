"""Make the index of a table: what its footers say, and what only its rows tell."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from astroflow_core.errors import CatalogueError, DataError
from astroflow_core.footers import read_metadata
from astroflow_core.healpix import pixel_of
from astroflow_core.index import MAP_LEVEL, SOURCE_ID, RowFacts, empty_map, to_arrays
from astroflow_core.index_file import INDEX_FILE, FileVersions, load, save
from astroflow_data.files import usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray


def write_index(
    folder: Path,
    report: Callable[[int, int], None] | None = None,
    files: tuple[Path, ...] | None = None,
) -> Path:
    """Read every row of the table in ``folder`` once, and keep what was learned beside it.

    An index that is there is replaced. Memory is a column of a row group and a map of
    `MAP_LEVEL` for each core, whatever the table's size.

    Parameters
    ----------
    folder
        The table's folder.
    report
        Called with the number of files read so far and of all.
    files
        The table's files; those in the folder by default.

    Raises
    ------
    CatalogueError
        When there is no parquet file, or one is damaged.
    DataError
        When the folder cannot be written to.
    """
    files = files or tuple(sorted(folder.glob("*.parquet")))
    if not files:
        raise CatalogueError(f"{folder} holds no *.parquet file")
    return save_index(folder, files, _read_rows(files, report or (lambda _done, _all: None)))


def index_problem(folder: Path, files: tuple[Path, ...], report: Callable[[int, int], None]) -> str:
    """Return what is wrong with the index in ``folder``, the empty string for nothing.

    It is made anew from every row of ``files`` and compared, number by number.

    Raises
    ------
    CatalogueError
        When one of the ``files`` is damaged.
    """
    path = folder / INDEX_FILE
    try:
        with warnings.catch_warnings(action="ignore"):  # what it would say is said here
            saved = load(path, files, FileVersions.of(files))
    except CatalogueError as error:
        return str(error)
    if saved is None:
        return f"{path} is not of these files: make it anew with `astroflow data index`"
    made = to_arrays(files, _read_rows(files, report))
    wrong = [name for name in made if not np.array_equal(made[name], saved.get(name, ()))]
    return (
        f"{path} does not tell what the files hold ({', '.join(wrong)}): answers from it are "
        f"wrong; make it anew with `astroflow data index`"
        if wrong
        else ""
    )


def save_index(folder: Path, files: tuple[Path, ...], contents: RowFacts) -> Path:
    """Keep the index of ``files`` in their ``folder``: their footers, and what rows told.

    Raises
    ------
    CatalogueError
        When a file is damaged.
    DataError
        When the folder cannot be written to.
    """
    path = folder / INDEX_FILE
    try:
        save(path, files, to_arrays(files, contents))
    except OSError as error:
        raise DataError(
            f"{path} could not be written: {error.strerror or error}; the index is kept beside "
            f"the table's files, so run this as someone who may write there"
        ) from error
    return path


@dataclass(frozen=True, slots=True)
class Tally:
    """What some rows tell: NaN of each column; pixels that have sources, and how many.

    ``pixels`` is None where the ids are no places on the sky.
    """

    nans: dict[str, int]
    pixels: tuple[NDArray[np.int64], NDArray[np.int64]] | None


class RowCounter:
    """Counts NaN and sources a pixel, column by column, as rows pass by.

    ``ids`` names the column that tells the pixel.
    """

    def __init__(self, schema: pa.Schema, ids: str = SOURCE_ID) -> None:
        self._nans = dict.fromkeys(schema.names, 0)
        self._is_mapped = ids in schema.names and schema.field(ids).type == pa.int64()
        self._counts = empty_map()
        self.names = [f.name for f in schema if f.name == ids or pa.types.is_floating(f.type)]

    def add(self, name: str, values: pa.ChunkedArray) -> None:
        """Count what ``values`` of the column ``name``, one of ``names``, hold."""
        if pa.types.is_floating(values.type):
            self._nans[name] += pc.sum(pc.is_nan(values)).as_py() or 0
        elif self._is_mapped:
            self._add_pixels(values.drop_null().to_numpy())

    def _add_pixels(self, ids: NDArray[np.int64]) -> None:
        pixels = pixel_of(ids, MAP_LEVEL)
        # Solar system objects have ids below 0, which are no places on the sky.
        self._is_mapped = bool(((pixels >= 0) & (pixels < self._counts.size)).all())
        if self._is_mapped:
            np.add.at(self._counts, *np.unique(pixels, return_counts=True))

    @property
    def tally(self) -> Tally:
        """What was counted so far."""
        if not self._is_mapped:
            return Tally(self._nans, None)
        pixels = np.flatnonzero(self._counts)
        return Tally(self._nans, (pixels, self._counts[pixels]))


def row_facts_of(tallies: Iterable[Tally], names: Iterable[str]) -> RowFacts:
    """Return what the rows of a table of columns ``names`` tell whose files told ``tallies``.

    They are taken one by one: those of thousands of files need not be in memory together.
    """
    nans, counts, is_mapped = dict.fromkeys(names, 0), empty_map(), True
    for tally in tallies:
        nans = {name: found + tally.nans.get(name, 0) for name, found in nans.items()}
        is_mapped = is_mapped and tally.pixels is not None
        if tally.pixels is not None:
            np.add.at(counts, *tally.pixels)
    of_columns = np.array([*nans.values()], np.int64)
    return RowFacts(tuple(nans), of_columns, counts if is_mapped else None)


def _read_rows(files: tuple[Path, ...], report: Callable[[int, int], None]) -> RowFacts:
    names = read_metadata(files[0]).schema.to_arrow_schema().names
    with ThreadPoolExecutor(usable_cores()) as pool:
        return row_facts_of(_reported(pool.map(_tally_of, files), len(files), report), names)


def _reported(
    tallies: Iterable[Tally], files: int, report: Callable[[int, int], None]
) -> Iterator[Tally]:
    for done, tally in enumerate(tallies, start=1):
        report(done, files)
        yield tally


def _tally_of(path: Path) -> Tally:
    """Read one file, a column of a row group at a time."""
    try:
        with pq.ParquetFile(path) as file:
            counter = RowCounter(file.schema_arrow)
            for group in range(file.num_row_groups):
                for name in counter.names:
                    rows = file.read_row_group(group, [name], use_threads=False)
                    counter.add(name, rows[name])
            return counter.tally
    except (OSError, pa.ArrowException) as error:
        raise CatalogueError(f"{path} cannot be read: {error}") from error
