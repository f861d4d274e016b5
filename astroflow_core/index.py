"""The index of a table: its row groups, their ids, NULLs and bytes. Needs pyarrow.

All of it stands in the footers. What only rows tell (NaN, a map of counts) is made once by
`astroflow data index`, which keeps everything in one file beside the table's own
(`astroflow_core.index_file`); without that file the footers are read where they are needed.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np

from astroflow_core.footers import read_metadata
from astroflow_core.hats import HEALPIX
from astroflow_core.healpix import pixel_count
from astroflow_core.index_file import INDEX_FILE, FileVersions, load

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pyarrow.parquet as pq
    from numpy.typing import NDArray

    from astroflow_core.catalogue import Table
    from astroflow_core.healpix import IdRanges
    from astroflow_core.index_file import Arrays

SOURCE_ID = "source_id"
MAP_LEVEL = 8  # the level at which files are cut; a map has 786,432 pixels
UNKNOWN = -1  # where a footer does not say
_READERS = 8  # threads: files on a network make one wait
_PLACES = ("file", "number", "first", "last", "rows", "in_order")
_IDS = np.iinfo(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class RowGroups:
    """Where a table's rows are: an entry for each row group that has any, file after file.

    ``file`` counts in ``files``, ``number`` inside the file. ``first`` and ``last`` are the
    least and greatest ``source_id``; the widest possible where the footer does not tell.
    ``in_order`` is 1 where the footer says that the rows are in order of ``source_id``, else 0.
    """

    files: tuple[Path, ...]
    file: NDArray[np.int64]
    number: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    rows: NDArray[np.int64]
    in_order: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def is_bounded(self) -> bool:
        """Whether every row has a ``source_id`` that its group's footer vouches for."""
        return not (self.first == _IDS.min).any()

    @property
    def divisions(self) -> tuple[int, ...]:
        """The least id of each file and the greatest of all; none where files are no ranges."""
        files = np.unique(self.file)
        first = [int(self.first[self.file == file].min()) for file in files]
        last = [int(self.last[self.file == file].max()) for file in files]
        in_order = all(end < start for end, start in zip(last, first[1:], strict=False))
        return (*first, last[-1]) if first and in_order and self.is_bounded else ()

    def touching(self, ranges: IdRanges) -> RowGroups:
        """Return the groups that may hold a ``source_id`` of ``ranges``."""
        return self._only(self.may_hold(ranges))

    def may_hold(self, ranges: IdRanges) -> NDArray[np.bool_]:
        """Return for each group whether it may hold a ``source_id`` of ``ranges``."""
        place = np.searchsorted(ranges[:, 1], self.first, side="right")
        starts = np.append(ranges[:, 0], _IDS.max)
        return np.asarray((place < len(ranges)) & (starts[place] <= self.last))

    def by_file(self) -> list[tuple[Path, list[int]]]:
        """Return each file that has a group here, with its groups' numbers."""
        return [
            (self.files[file], self.number[self.file == file].tolist())
            for file in np.unique(self.file)
        ]

    def _only(self, kept: NDArray[np.bool_]) -> RowGroups:
        return RowGroups(self.files, *(getattr(self, name)[kept] for name in _PLACES))


@dataclass(frozen=True, slots=True, eq=False)
class ColumnFacts:
    """NULLs and compressed bytes of each column: arrays of (row groups, columns).

    `UNKNOWN` stands for NULLs that a footer does not count, lists and structs among them.
    """

    names: tuple[str, ...]
    nulls: NDArray[np.int64]
    sizes: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class RowFacts:
    """What only the rows tell: NaN in each column, rows in each pixel of `MAP_LEVEL`.

    ``pixel_counts`` is None for a table without ``source_id``, or with ids that are no pixel's.
    """

    names: tuple[str, ...]
    nans: NDArray[np.int64]
    pixel_counts: NDArray[np.int64] | None


@dataclass(frozen=True, slots=True)
class _Saved:
    groups: RowGroups
    columns: ColumnFacts
    contents: RowFacts


class Parquet(Protocol):
    """What the index asks of a table: its folder and the files in it."""

    @property
    def folder(self) -> Path:
        """Where the files are."""

    @property
    def files(self) -> tuple[Path, ...]:
        """All parquet files, by name."""


def row_groups(table: Parquet) -> RowGroups:
    """Return the row groups of ``table``, from its index or else its footers.

    Raises
    ------
    CatalogueError
        When a file is damaged, missing or cannot be read.
    """
    versions = FileVersions.of(table.files)
    saved = _saved(table, versions)
    return saved.groups if saved else _groups_in_footers(table.files, versions)


def column_facts(table: Parquet) -> ColumnFacts:
    """Return NULLs and bytes of each column of ``table``; see `row_groups`."""
    versions = FileVersions.of(table.files)
    saved = _saved(table, versions)
    return saved.columns if saved else _columns_in_footers(table.files, versions)


def row_facts(table: Table) -> RowFacts | None:
    """Return what the rows of ``table`` tell; None where no index that is up to date knows."""
    saved = _saved(table, FileVersions.of(table.files))
    return saved.contents if saved else None


def to_arrays(files: tuple[Path, ...], contents: RowFacts) -> Arrays:
    """Return the whole index of ``files`` as the arrays that an index file keeps."""
    versions = FileVersions.of(files)
    groups, columns = _groups_in_footers(files, versions), _columns_in_footers(files, versions)
    counts = contents.pixel_counts
    return {
        **{f"group_{name}": getattr(groups, name) for name in _PLACES},
        "columns": np.array(columns.names),
        "nulls": columns.nulls,
        "sizes": columns.sizes,
        "nan_columns": np.array(contents.names),
        "nans": contents.nans,
        "pixel_counts": np.empty(0, np.int64) if counts is None else counts,
    }


def empty_map() -> NDArray[np.int64]:
    """Return a map of `MAP_LEVEL` without a row."""
    return np.zeros(pixel_count(MAP_LEVEL), np.int64)


def _saved(table: Parquet, versions: FileVersions) -> _Saved | None:
    path = table.folder / INDEX_FILE
    if not path.is_file():
        return None
    return _load(path, path.stat().st_mtime_ns, table.files, versions)


@lru_cache(maxsize=64)
def _load(path: Path, _time: int, files: tuple[Path, ...], versions: FileVersions) -> _Saved | None:
    arrays = load(path, files, versions)
    if arrays is None:
        return None
    counts = arrays["pixel_counts"]
    # An index made before the order was kept proves none.
    unknown = np.zeros_like(arrays["group_rows"])
    places = (arrays.get(f"group_{name}", unknown) for name in _PLACES)
    return _Saved(
        RowGroups(files, *places),
        ColumnFacts(tuple(arrays["columns"].tolist()), arrays["nulls"], arrays["sizes"]),
        RowFacts(
            tuple(arrays["nan_columns"].tolist()), arrays["nans"], counts if len(counts) else None
        ),
    )


@lru_cache(maxsize=64)
def _groups_in_footers(files: tuple[Path, ...], _versions: FileVersions) -> RowGroups:
    with ThreadPoolExecutor(_READERS) as pool:
        found = pool.map(lambda path: _places(read_metadata(path)), files)
        rows = [(file, *place) for file, places in enumerate(found) for place in places]
    table = np.array(rows, np.int64).reshape(-1, len(_PLACES))
    return RowGroups(files, *(np.ascontiguousarray(column) for column in table.T))


def _places(metadata: pq.FileMetaData) -> Iterable[tuple[int, int, int, int, bool]]:
    leaves = _leaves(metadata)
    leaf = leaves.get(SOURCE_ID)
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        if group.num_rows:
            bounds = _id_bounds(group, leaves)
            yield number, *bounds, group.num_rows, _is_in_order(group, leaf)


def _id_bounds(group: pq.RowGroupMetaData, leaves: dict[str, int]) -> tuple[int, int]:
    """Return the least and greatest ``source_id`` of a row group.

    Where a HATS table has none, those that a source at its positions would have.
    """
    if SOURCE_ID in leaves or HEALPIX not in leaves:
        return _bounds(group, leaves.get(SOURCE_ID))
    first, last = _bounds(group, leaves[HEALPIX])
    return (first << 1, last << 1 | 1) if first >= 0 else (first, last)


def _bounds(group: pq.RowGroupMetaData, leaf: int | None) -> tuple[int, int]:
    statistics = None if leaf is None else group.column(leaf).statistics
    if statistics is None or not statistics.has_min_max or statistics.null_count:
        return _IDS.min, _IDS.max
    return statistics.min, statistics.max


def _is_in_order(group: pq.RowGroupMetaData, leaf: int | None) -> bool:
    first = next(iter(group.sorting_columns), None)
    return first is not None and first.column_index == leaf and not first.descending


def _leaves(metadata: pq.FileMetaData) -> dict[str, int]:
    # The arrow schema's position is the parquet leaf's only while no column is nested.
    return {metadata.schema.column(i).path: i for i in range(metadata.num_columns)}


@lru_cache(maxsize=8)
def _columns_in_footers(files: tuple[Path, ...], _versions: FileVersions) -> ColumnFacts:
    names = tuple(read_metadata(files[0]).schema.to_arrow_schema().names)
    with ThreadPoolExecutor(_READERS) as pool:
        found = pool.map(lambda path: _nulls_and_sizes(read_metadata(path), names), files)
        rows = [row for of_file in found for row in of_file]
    facts = np.array(rows, np.int64).reshape(-1, 2, len(names))
    return ColumnFacts(names, facts[:, 0], facts[:, 1])


def _nulls_and_sizes(
    metadata: pq.FileMetaData, names: tuple[str, ...]
) -> Iterable[tuple[list[int], list[int]]]:
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        if not group.num_rows:
            continue
        nulls, sizes = dict.fromkeys(names, UNKNOWN), dict.fromkeys(names, 0)
        for leaf in range(metadata.num_columns):
            chunk = group.column(leaf)
            name = chunk.path_in_schema.split(".")[0]
            sizes[name] = sizes.get(name, 0) + chunk.total_compressed_size
            if name == chunk.path_in_schema:
                nulls[name] = _null_count(chunk.statistics)
        yield [nulls[name] for name in names], [sizes[name] for name in names]


def _null_count(statistics: pq.Statistics | None) -> int:
    if statistics is None or not statistics.has_null_count:
        return UNKNOWN
    return int(statistics.null_count)
