"""The first pass: leave every input as runs, pieces of bounded size in order of the key.

A run is an Arrow file whose batches begin at the edges of *zones*: stretches of the sky, or
buckets. So a file of the layout reads from each run what it needs and little more, however the
rows of the inputs were ordered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from astroflow_core.buckets import bucket_of
from astroflow_core.catalogue import HashBuckets, Layout
from astroflow_core.healpix import pixel_of
from astroflow_core.index import SOURCE_ID
from astroflow_data.index import RowCounter, Tally
from astroflow_data.ingest.reader import read_rows
from astroflow_data.source_id_order import SOURCE_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from astroflow_core.release import ReleaseTable
    from astroflow_data.ingest.inputs import InputFile

RUN_BYTES = 64 * 2**20  # in memory, of which a worker holds two and more
_LEAST_ROWS = 256  # smaller batches cost more time than they spare
_BATCH_ROWS = 8192
_BATCH_BYTES = 8 * 2**20
ZONE_LEVEL = 4  # 3072 zones, about as many as large tables have files
_RUN = ".arrow"


@dataclass(frozen=True)
class Sorting:
    """What the rows of one ingest have in common: columns, key and the zones of the layout."""

    table: ReleaseTable
    schema: pa.Schema
    layout: Layout

    @property
    def is_by_place(self) -> bool:
        """Whether keys are places on the sky, by which files can be cut."""
        return (
            self.table.key in SOURCE_KEYS and self.schema.field(self.table.key).type == pa.int64()
        )

    @property
    def ids(self) -> str:
        """The column that tells a row's place on the sky, if any does."""
        return self.table.key if self.is_by_place else SOURCE_ID

    def zones(self, keys: pa.Array) -> NDArray[np.int64]:
        """Return the zone of every key."""
        if isinstance(self.layout, HashBuckets):
            return bucket_of(keys, self.layout.buckets).astype(np.int64)
        if self.is_by_place:
            return pixel_of(keys.to_numpy(), ZONE_LEVEL)
        return np.zeros(len(keys), np.int64)


@dataclass(frozen=True, slots=True)
class Run:
    """A run on disk: ``size`` is its bytes in memory."""

    path: Path
    first_zone: int
    last_zone: int
    rows: int
    size: int


@dataclass(frozen=True, slots=True)
class ReadInput:
    """An input that was read: its runs, and what its rows told."""

    runs: tuple[Run, ...]
    tally: Tally


def read_input(file: InputFile, sorting: Sorting, folder: Path) -> ReadInput:
    """Leave the rows of ``file`` as runs in ``folder``.

    Raises
    ------
    DataError
        Naming the file and the place of what cannot be a row of the table.
    """
    file.check()
    counter = RowCounter(sorting.schema, sorting.ids)
    pieces = _pieces(read_rows(file, sorting.schema, sorting.table.key))
    runs = [
        _write_run(folder / f"{file.token}-{number:05d}{_RUN}", _joined(piece), counter, sorting)
        for number, piece in enumerate(pieces)
    ]
    return ReadInput(tuple(runs), counter.tally)


def _pieces(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """Give the same batches in lists of about `RUN_BYTES`."""
    held: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        held.append(batch)
        size += batch.nbytes
        if size >= RUN_BYTES:
            yield held
            held, size = [], 0
    if size:
        yield held


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    rows = pa.concat_batches(batches)
    batches.clear()  # of whoever holds the list: the rows must not be in memory twice
    return rows


def _write_run(path: Path, rows: pa.RecordBatch, counter: RowCounter, sorting: Sorting) -> Run:
    for name in counter.names:
        counter.add(name, rows.column(name))
    keys, size = rows.column(sorting.table.key), rows.nbytes
    zones = sorting.zones(keys)
    order = pc.sort_indices(
        pa.table({"zone": zones, "key": keys}),
        sort_keys=[("zone", "ascending"), ("key", "ascending")],
    )
    rows, zones = _taken(rows, order), zones[order.to_numpy()]
    most = max(_LEAST_ROWS, min(_BATCH_ROWS, _BATCH_BYTES * len(zones) // size))
    edges = _edges(zones, 1 if isinstance(sorting.layout, HashBuckets) else _LEAST_ROWS, most)
    _write_batches(path, rows, edges)
    np.save(path.with_suffix(".npy"), zones[edges[:-1]])
    return Run(path, int(zones[0]), int(zones[-1]), len(zones), size)


def _taken(rows: pa.RecordBatch, order: pa.Array) -> pa.RecordBatch:
    # Official files are in order already; then nothing is copied.
    in_order = np.array_equal(order.to_numpy(), np.arange(len(order)))
    return rows if in_order else rows.take(order)


def _edges(zones: NDArray[np.int64], least: int, most: int) -> NDArray[np.int64]:
    """Return where batches begin and end: at a new zone after ``least`` rows, or at ``most``."""
    edges = [0]
    for edge in [*(np.flatnonzero(np.diff(zones)) + 1).tolist(), len(zones)]:
        edges += range(edges[-1] + most, edge, most)
        edges += [edge] if edge - edges[-1] >= least else []
    return np.unique([*edges, len(zones)])


def _write_batches(path: Path, rows: pa.RecordBatch, edges: NDArray[np.int64]) -> None:
    plain = pa.schema([field.remove_metadata() for field in rows.schema])
    rows = pa.RecordBatch.from_arrays(rows.columns, schema=plain)
    # Numbers like these hardly shrink: packing them costs more than it spares.
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, plain) as out:
        for first, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            out.write_batch(rows.slice(first, stop - first))
