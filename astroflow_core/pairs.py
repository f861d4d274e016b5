"""Two tables piece by piece: in each piece all rows of both with ids of one range, in their order.

The index tells which row groups may hold ids of a range, and the ids read decide. So the pieces
are right whatever the files are; where both tables are in order of ``source_id`` and cut alike, a
piece is a file of each. Needs pyarrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from astroflow_core.catalogue import chosen_columns
from astroflow_core.errors import CatalogueError
from astroflow_core.footers import read_schema
from astroflow_core.healpix import id_bounds, pixel_count
from astroflow_core.index import SOURCE_ID, row_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from astroflow_core.catalogue import Table
    from astroflow_core.index import RowGroups

    Rows = dict[str, NDArray[Any]]

_FEW = 16  # pieces, where files are no ranges and each piece reads them all
_IDS = np.iinfo(np.int64)


@dataclass(frozen=True, slots=True)
class Part:
    """Where the rows of one table in a range of ids may be."""

    files: tuple[tuple[Path, tuple[int, ...]], ...]
    like: Path
    columns: tuple[str, ...]

    def read(self, first: int, stop: int) -> Rows:
        """Return the rows with ``first <= source_id < stop`` in order of it, as numpy arrays."""
        parts = [pq.read_schema(self.like).empty_table().select(self.columns)]
        parts += [_read(path, groups, self.columns) for path, groups in self.files]
        rows = pa.concat_tables([part.replace_schema_metadata() for part in parts])
        rows = _in_range(rows, first, stop)
        return {name: rows[name].to_numpy() for name in self.columns}


def _in_range(rows: pa.Table, first: int, stop: int) -> pa.Table:
    """Return the rows with ``first <= source_id < stop`` in order; as they lie, if in order."""
    column = rows[SOURCE_ID]
    ids = column.to_numpy()
    if column.null_count == 0 and (ids[1:] >= ids[:-1]).all():
        start, end = np.searchsorted(ids, [first, stop]).tolist()
        return rows.slice(start, end - start)
    wanted = pc.and_(pc.greater_equal(column, first), pc.less(column, stop))
    return rows.filter(wanted).sort_by(SOURCE_ID)


def _read(path: Path, groups: tuple[int, ...], columns: tuple[str, ...]) -> pa.Table:
    try:
        with pq.ParquetFile(path) as file:
            return file.read_row_groups(groups, list(columns), use_threads=False).select(columns)
    except (OSError, pa.ArrowException, KeyError) as error:
        raise CatalogueError(f"{path} cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class Pair:
    """A range of ids and where both tables have it."""

    first: int
    stop: int
    left: Part
    right: Part


@dataclass(frozen=True, slots=True)
class OnPair:
    """A person's function, given the rows of both tables instead of where they are."""

    function: Callable[[Rows, Rows], Any]

    def __call__(self, pair: Pair) -> Any:
        """Read both parts and return what the function makes of them."""
        return self.function(
            pair.left.read(pair.first, pair.stop), pair.right.read(pair.first, pair.stop)
        )


def pairs_of(
    left: Table,
    right: Table,
    left_columns: Iterable[str] | None,
    right_columns: Iterable[str] | None,
) -> list[Pair]:
    """Return the pieces of two tables, in order of their ids, which together hold every row.

    Raises
    ------
    CatalogueError
        When a table has no ``source_id``, or lacks a column asked for.
    """
    sides = [(left, row_groups(left), _columns(left, left_columns))]
    sides.append((right, row_groups(right), _columns(right, right_columns)))
    edges = _edges(sides[0][1])
    return [
        Pair(first, stop, *(_part(*side, first, stop) for side in sides))
        for first, stop in pairwise(edges)
    ]


def _columns(table: Table, asked: Iterable[str] | None) -> tuple[str, ...]:
    known = read_schema(table).names
    chosen = chosen_columns(table, known, asked)
    return tuple(dict.fromkeys((*chosen_columns(table, known, SOURCE_ID), *chosen)))


def _edges(groups: RowGroups) -> list[int]:
    """Return where pieces begin, and the end: at each file's first id where files are ranges."""
    files = np.unique(groups.file)
    first = np.array([groups.first[groups.file == file].min() for file in files])
    last = np.array([groups.last[groups.file == file].max() for file in files])
    if groups.is_bounded and (last[:-1] < first[1:]).all():
        return [_IDS.min, *first[1:].tolist(), _IDS.max]
    inner = np.linspace(0, pixel_count(12), _FEW + 1).astype(np.int64)[1:-1]
    return [_IDS.min, *id_bounds(inner, 12)[0].tolist(), _IDS.max]


def _part(table: Table, groups: RowGroups, columns: tuple[str, ...], first: int, stop: int) -> Part:
    touched = groups.touching(np.array([[first, stop]]))
    files = tuple((path, tuple(numbers)) for path, numbers in touched.by_file())
    return Part(files, table.files[0], columns)
