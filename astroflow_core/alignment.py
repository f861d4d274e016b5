"""Which files of several tables hold the same ids: what a join without a shuffle rests on.

A piece is a range of ``source_id``. Where no file of any table has rows on both sides of an
edge, the rows of a piece are those of its files, so that tables join piece by piece.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from astroflow_core.index import row_groups

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from astroflow_core.catalogue import Table
    from astroflow_core.index import RowGroups

_SMALLEST = 4 * 2**20  # bytes of a piece: starting a task costs as much as reading fewer
_LARGEST = 128 * 2**20
_OPENING = 2**20  # bytes that could be read while a file is opened
_PIECES_A_CORE = 4  # so that the last core does not work alone for long


@dataclass(frozen=True, slots=True, eq=False)
class FileRanges:
    """The files of a table that hold rows, in order of their ids, and whether rows are, too.

    ``first`` and ``last`` are the least and greatest ``source_id`` of each file.
    """

    paths: tuple[Path, ...]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    sizes: NDArray[np.int64]
    in_order: bool

    def between(self, edges: Sequence[int]) -> list[tuple[Path, ...]]:
        """Return the files before the first edge, between each two, and from the last on."""
        places = [0, *np.searchsorted(self.first, edges).tolist(), len(self.paths)]
        return [self.paths[start:stop] for start, stop in pairwise(places)]


def file_ranges(table: Table, paths: Collection[Path] | None = None) -> FileRanges | None:
    """Return the ranges of the files of ``table``, of ``paths`` only if given, from its index.

    None where a row's id is not known to lie between its file's least and greatest.

    Raises
    ------
    CatalogueError
        When a file is damaged, missing or cannot be read.
    """
    groups = row_groups(table)
    if not groups.is_bounded:
        return None
    numbers, starts = np.unique(groups.file, return_index=True)
    wanted = np.array([paths is None or groups.files[n] in paths for n in numbers], bool)
    if not wanted.any():
        nothing = np.empty(0, np.int64)
        return FileRanges((), nothing, nothing, nothing, in_order=True)
    first = np.minimum.reduceat(groups.first, starts)[wanted]
    last = np.maximum.reduceat(groups.last, starts)[wanted]
    order = np.lexsort((last, first))
    files = [groups.files[number] for number in numbers[wanted][order]]
    first, last = first[order], last[order]
    are_sorted = _files_in_order(groups, starts)[wanted].all() and (first[1:] >= last[:-1]).all()
    sizes = np.array([path.stat().st_size for path in files])
    return FileRanges(tuple(files), first, last, sizes, bool(are_sorted))


def _files_in_order(groups: RowGroups, starts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return of each file, which begins at a group of ``starts``, whether its rows are in order."""
    follows = np.ones(len(groups), bool)
    follows[1:] = groups.first[1:] >= groups.last[:-1]
    follows[starts] = True
    in_order: NDArray[np.bool_] = np.logical_and.reduceat(follows & (groups.in_order == 1), starts)
    return in_order


def align(
    tables: Sequence[FileRanges], cores: int
) -> tuple[list[int], Sequence[FileRanges]] | None:
    """Return `common_edges` and the tables that have them: all, or all but some of few edges.

    None where no two have enough.
    """
    left = sorted(tables, key=lambda table: len(_edges([table])), reverse=True)
    while len(left) > 1:
        edges = common_edges(left, cores)
        if edges is not None:
            return edges, left
        left.pop()
    return None


def common_edges(tables: Sequence[FileRanges], cores: int) -> list[int] | None:
    """Return the ids at which pieces of all ``tables`` begin, but for the first piece.

    Pieces are of some megabytes, several a core where the tables are large enough. None where
    files reach over so many edges that cores would have no work.
    """
    edges = _edges(tables)
    costs = [np.append(0, np.cumsum(table.sizes + _OPENING)) for table in tables]
    before = sum(
        cost[np.searchsorted(table.first, edges)] for cost, table in zip(costs, tables, strict=True)
    )
    total = sum(int(cost[-1]) for cost in costs)
    size = min(_LARGEST, max(_SMALLEST, total // (_PIECES_A_CORE * cores)))
    kept = edges[np.diff(before // size, prepend=0) > 0]
    return None if total > _LARGEST and len(kept) + 1 < cores else kept.tolist()


def _edges(tables: Sequence[FileRanges]) -> NDArray[np.int64]:
    """Return every id at which a file begins and no file of any table is cut."""
    edges = np.unique(np.concatenate([table.first for table in tables]))[1:]
    for table in tables:
        began = np.searchsorted(table.first, edges)
        ended = np.searchsorted(np.sort(table.last), edges)
        edges = edges[began == ended]
    return edges
