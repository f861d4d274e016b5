"""The layout `SourceIdOrder`: files in order of ``source_id``, cut at the same ids everywhere.

File i of every table of a dataset covers the same range of ids, so that two tables join
file by file. The cuts lie on the edges of HEALPix pixels and each file's footer names its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from astroflow_core.footers import read_metadata
from astroflow_core.healpix import id_bounds, pixel_count, pixel_of
from astroflow_data.files import PREFIX, NewFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from astroflow_core.release import ReleaseTable
    from astroflow_data.files import Origin

SOURCE_KEYS = frozenset({"source_id", "alert_source_id"})  # keys that are places on the sky
CUT_LEVEL = 8  # where ESA cuts its own bulk files
_ROWS_A_FILE = 625_000  # about as in Gaia's own 3386 files


def files_for(rows: int) -> int:
    """Return into how many files ``rows`` are best cut: enough for many workers, not too many."""
    return min(max(rows // _ROWS_A_FILE, 8), 2048)


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where the files of a dataset begin and end: ``edges[i] <= source_id < edges[i + 1]``."""

    edges: tuple[int, ...]

    @classmethod
    def from_counts(cls, counts: NDArray[np.int64], files: int) -> Cuts:
        """Cut the sky into at most ``files`` ranges with nearly equal numbers of rows.

        Parameters
        ----------
        counts
            Rows in every pixel of level `CUT_LEVEL`, NESTED.
        files
            How many ranges to aim at; there are fewer where a single pixel fills several.
        """
        shares = counts.sum() * np.arange(1, files) / files
        inner = np.searchsorted(np.cumsum(counts), shares) + 1
        edges = np.unique([0, *inner, pixel_count(CUT_LEVEL)])
        return cls(tuple(id_bounds(edges, CUT_LEVEL)[0].tolist()))

    @classmethod
    def from_ids(cls, ids: NDArray[np.int64], files: int) -> Cuts:
        """Cut so that ``ids`` fall into at most ``files`` ranges of nearly equal size."""
        pixels = pixel_of(ids, CUT_LEVEL)
        return cls.from_counts(np.bincount(pixels, minlength=pixel_count(CUT_LEVEL)), files)

    @classmethod
    def of_database(cls, folder: Path) -> Cuts | None:
        """Return where the tables in ``folder`` are cut; None where none of them is."""
        for table in sorted(path for path in folder.glob("[!._]*") if path.is_dir()):
            found = [_bounds(path) for path in sorted(table.glob("*.parquet"))]
            if found and None not in found:
                return cls(tuple(sorted({edge for bounds in found for edge in bounds or ()})))
        return None

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """The first id of each file and the first id beyond it."""
        return tuple(pairwise(self.edges))


def range_files(
    folder: Path,
    table: ReleaseTable,
    origin: Origin,
    cuts: Cuts,
    rows_between: Callable[[int, int], Iterable[pa.Table]],
) -> list[NewFile]:
    """Return the files of ``table`` in ``folder``: one a range of ``cuts``, rows or none.

    ``rows_between(first, stop)`` gives the rows with ``first <= key < stop`` in order.
    """
    return [
        NewFile(
            path=folder / file_name(index),
            schema=origin.schema(table, first_source_id=first, stop_source_id=stop),
            key=table.key,
            chunks=partial(rows_between, first, stop),
        )
        for index, (first, stop) in enumerate(cuts.ranges)
    ]


def whole_file(
    folder: Path, table: ReleaseTable, origin: Origin, chunks: Callable[[], Iterable[pa.Table]]
) -> NewFile:
    """Return the one file of a table that ``source_id`` does not cut; rows come by its key."""
    return NewFile(folder / file_name(0), origin.schema(table), table.key, chunks)


def _bounds(path: Path) -> tuple[int, int] | None:
    metadata = read_metadata(path).metadata or {}
    names = [f"{PREFIX}{end}_source_id".encode() for end in ("first", "stop")]
    if not all(name in metadata for name in names):
        return None
    first, stop = (int(metadata[name]) for name in names)
    return first, stop


def file_name(index: int) -> str:
    """Return the name of a table's file number ``index``."""
    return f"part-{index:05d}.parquet"
