"""The second pass: the rows of one file of the layout, out of all runs, in order of the key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from astroflow_core.errors import DataError
from astroflow_core.healpix import pixel_of
from astroflow_data.files import ROW_GROUP_ROWS
from astroflow_data.ingest.runs import ZONE_LEVEL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from astroflow_data.ingest.inputs import InputFile
    from astroflow_data.ingest.runs import Run, Sorting

_CHUNK_BYTES = 128 * 2**20  # in memory, of which a worker holds two and more
_LEAST_ROWS = 1024
_IDS = np.iinfo(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """What one run gives to a file: rows ``start`` and on of its batches from ``first_batch``."""

    run: Run
    first_batch: int
    edges: NDArray[np.int64]  # rows of the batches, added up
    start: int
    keys: pa.Array

    def rows(self, first: int, count: int) -> pa.Table:
        """Return ``count`` rows from number ``first`` of the piece."""
        begin = self.start + first
        inner = np.searchsorted(self.edges, [begin + 1, begin + count]) - 1
        batches = _batches(self.run.path, self.first_batch + inner[0], self.first_batch + inner[1])
        return pa.Table.from_batches(batches).slice(begin - self.edges[inner[0]], count)


class Merge:
    """The rows of all inputs, by the part of the layout that a file holds."""

    def __init__(self, sorting: Sorting, inputs: Mapping[InputFile, Sequence[Run]]) -> None:
        self._sorting = sorting
        self._key = sorting.table.key
        self._runs = [run for runs in inputs.values() for run in runs]
        self._names = {run.path: file.path for file, runs in inputs.items() for run in runs}
        self._chunk_rows = _chunk_rows(self._runs)

    def zone(self, zone: int) -> Iterator[pa.Table]:
        """Give the rows of one zone."""
        return self._rows(zone, zone)

    def everything(self) -> Iterator[pa.Table]:
        """Give all rows."""
        return self._rows(_IDS.min, _IDS.max)

    def between(self, first: int, stop: int) -> Iterator[pa.Table]:
        """Give the rows with ``first <= key < stop``."""
        zones = (pixel_of(first, ZONE_LEVEL), pixel_of(stop - 1, ZONE_LEVEL))
        return self._rows(*zones, bounds=(first, stop))

    def _rows(
        self, first_zone: int, last_zone: int, bounds: tuple[int, int] | None = None
    ) -> Iterator[pa.Table]:
        found = (self._piece(run, first_zone, last_zone, bounds) for run in self._runs)
        pieces = [piece for piece in found if piece is not None]
        if not pieces:
            return
        keys = pa.chunked_array([piece.keys for piece in pieces])
        order = pc.sort_indices(keys).to_numpy()
        starts = np.cumsum([0, *(len(piece.keys) for piece in pieces)])
        if self._sorting.table.unique_key:
            self._refuse_repeated(keys, order, starts, pieces)
        yield from self._chunks(pieces, order, starts)

    def _piece(
        self, run: Run, first_zone: int, last_zone: int, bounds: tuple[int, int] | None
    ) -> _Piece | None:
        if run.last_zone < first_zone or last_zone < run.first_zone:
            return None
        zones = np.load(run.path.with_suffix(".npy"), mmap_mode="r")
        # A batch may end with rows of the next one's first zone, but for buckets.
        first = int(np.searchsorted(zones, first_zone)) - (bounds is not None)
        first, stop = max(first, 0), int(np.searchsorted(zones, last_zone, side="right"))
        if first == stop:
            return None
        column = self._sorting.schema.get_field_index(self._key)
        batches = [b.column(0) for b in _batches(run.path, first, stop - 1, column)]
        edges = np.cumsum([0, *map(len, batches)])
        keys = pa.concat_arrays(batches)
        inside = np.searchsorted(keys.to_numpy(), bounds) if bounds else (0, len(keys))
        kept = keys.slice(inside[0], inside[1] - inside[0])
        return _Piece(run, first, edges, int(inside[0]), kept) if len(kept) else None

    def _refuse_repeated(
        self,
        keys: pa.ChunkedArray,
        order: NDArray[np.uint64],
        starts: NDArray[np.int64],
        pieces: Sequence[_Piece],
    ) -> None:
        in_order = keys.take(pa.array(order))
        repeats = pc.equal(in_order[1:], in_order[:-1]).to_numpy()
        if not repeats.any():
            return
        at = int(repeats.argmax())
        of_rows = np.searchsorted(starts, order[at : at + 2].astype(np.int64), side="right") - 1
        files = dict.fromkeys(str(self._names[pieces[place].run.path]) for place in of_rows)
        raise DataError(
            f"{self._key} {in_order[at]} stands twice: in {' and in '.join(files)}; every "
            f"{self._key} of {self._sorting.table.name} must be there once"
        )

    def _chunks(
        self, pieces: Sequence[_Piece], order: NDArray[np.uint64], starts: NDArray[np.int64]
    ) -> Iterator[pa.Table]:
        """Give the rows in ``order``; each piece is in order itself, so a chunk takes its next."""
        taken = np.zeros(len(pieces), np.int64)
        for begin in range(0, len(order), self._chunk_rows):
            wanted = order[begin : begin + self._chunk_rows].astype(np.int64)
            piece_of = np.searchsorted(starts, wanted, side="right") - 1
            counts = np.bincount(piece_of, minlength=len(pieces))
            offsets = np.cumsum(counts) - counts
            places = wanted - (starts[:-1] + taken - offsets)[piece_of]
            yield _gathered(pieces, taken, counts, places)
            taken += counts


def _gathered(
    pieces: Sequence[_Piece],
    first: NDArray[np.int64],
    counts: NDArray[np.int64],
    places: NDArray[np.int64],
) -> pa.Table:
    """Return the next ``counts`` rows of the pieces, in the order of ``places``."""
    rows = pa.concat_tables(
        pieces[place].rows(int(first[place]), int(counts[place]))
        for place in np.flatnonzero(counts).tolist()
    )
    return rows if bool((np.diff(places) > 0).all()) else rows.take(places)


def _chunk_rows(runs: Iterable[Run]) -> int:
    """Return how many rows to hold at a time: whole row groups, or less where rows are wide."""
    runs = tuple(runs)
    of_row = max(1, sum(run.size for run in runs) // max(1, sum(run.rows for run in runs)))
    fitting = _CHUNK_BYTES // of_row
    if fitting >= ROW_GROUP_ROWS:
        return fitting // ROW_GROUP_ROWS * ROW_GROUP_ROWS
    return max(_LEAST_ROWS, 1 << (fitting.bit_length() - 1))


def _batches(path: Path, first: int, last: int, column: int | None = None) -> list[pa.RecordBatch]:
    """Return batches ``first`` to ``last`` of a run, of one column only if it is given."""
    fields = None if column is None else [column]
    options = pa.ipc.IpcReadOptions(use_threads=False, included_fields=fields)
    # Files are not mapped: what is mapped counts as this process's memory.
    with pa.OSFile(str(path)) as file, pa.ipc.open_file(file, options=options) as run:
        return [run.get_batch(number) for number in range(first, last + 1)]
