"""The layout `SourceIdOrder`: files in order of ``source_id``, cut at the same ids everywhere.

File i of every table of a dataset covers the same range of ids, so that two tables join
file by file. The cuts lie on the edges of HEALPix pixels and each file's footer names its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from astroflow_core.healpix import id_bounds, pixel_count, pixel_of
from astroflow_data.files import PREFIX, Origin, table_schema, write_file

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from astroflow_core.release import ReleaseTable

CUT_LEVEL = 8  # where ESA cuts its own bulk files
FIRST_ID = f"{PREFIX}first_source_id"
STOP_ID = f"{PREFIX}stop_source_id"


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
        edges = np.unique(np.concatenate([[0], inner, [pixel_count(CUT_LEVEL)]]))
        return cls(tuple(id_bounds(edges.astype(np.int64), CUT_LEVEL)[0].tolist()))

    @classmethod
    def from_ids(cls, ids: NDArray[np.int64], files: int) -> Cuts:
        """Cut so that ``ids`` fall into at most ``files`` ranges of nearly equal size."""
        pixels = pixel_of(ids, CUT_LEVEL)
        return cls.from_counts(np.bincount(pixels, minlength=pixel_count(CUT_LEVEL)), files)

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """The first id of each file and the first id beyond it."""
        return tuple(pairwise(self.edges))


def file_name(index: int) -> str:
    """Return the name of a dataset's file number ``index``."""
    return f"part-{index:05d}.parquet"


def range_schema(table: ReleaseTable, origin: Origin, ids: tuple[int, int]) -> pa.Schema:
    """Return the schema of the file of ``table`` that holds the range ``ids``."""
    bounds = {FIRST_ID: str(ids[0]), STOP_ID: str(ids[1])}
    return table_schema(table, origin.metadata(table) | bounds)


def write_table(
    folder: Path, rows: pa.Table, table: ReleaseTable, cuts: Cuts, origin: Origin
) -> None:
    """Write ``rows``, in order of ``source_id``, into ``folder``: one file a range of ``cuts``."""
    folder.mkdir(parents=True)
    edges = np.searchsorted(rows["source_id"].to_numpy(), np.array(cuts.edges)).tolist()
    for index, ids in enumerate(cuts.ranges):
        part = rows.slice(edges[index], edges[index + 1] - edges[index])
        schema = range_schema(table, origin, ids)
        write_file(folder / file_name(index), schema, [part], table.key)
