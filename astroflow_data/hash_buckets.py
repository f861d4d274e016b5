"""The layout `HashBuckets`: the files that Spark's ``bucketBy(n, key).sortBy(key)`` writes.

Spark joins two tables of this layout without a shuffle, provided that every row lies in the
bucket that its own hash names and that a file's name tells the bucket.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from uuid import NAMESPACE_OID, uuid5

import numpy as np
import pyarrow as pa

from astroflow_core.buckets import bucket_of
from astroflow_data.files import ROW_GROUP_ROWS, NewFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from astroflow_core.release import ReleaseTable
    from astroflow_data.files import Origin

SUCCESS = "_SUCCESS"  # what Spark leaves in a folder that it finished


def split(keys: pa.Array, buckets: int) -> list[NDArray[np.int64]]:
    """Return for every bucket the positions in ``keys`` that fall into it, ascending."""
    of_key = bucket_of(keys, buckets)
    order = np.argsort(of_key, kind="stable")
    return np.split(order, np.searchsorted(of_key[order], np.arange(1, buckets)))


def spill(
    chunks: Iterable[NDArray[np.int64]], buckets: int, folder: Path
) -> list[NDArray[np.int64]]:
    """Split keys too many for memory: return each bucket's, mapped from a file in ``folder``.

    The keys of a bucket keep the order in which they came.
    """
    paths = [folder / str(bucket) for bucket in range(buckets)]
    for path in paths:
        path.touch()
    for chunk in chunks:
        for path, positions in zip(paths, split(pa.array(chunk), buckets), strict=True):
            with path.open("ab") as file:
                chunk[positions].tofile(file)
    return [_mapped(path) for path in paths]


def _mapped(path: Path) -> NDArray[np.int64]:
    # An empty file cannot be mapped.
    return np.memmap(path, np.int64, mode="r") if path.stat().st_size else np.empty(0, np.int64)


def bucket_files(
    folder: Path,
    table: ReleaseTable,
    origin: Origin,
    contents: Sequence[NDArray[np.int64]],
    rows_of: Callable[[NDArray[np.int64]], pa.Table],
) -> list[NewFile]:
    """Return the files of ``table`` in ``folder``: one a bucket, rows or none.

    Parameters
    ----------
    contents
        What stands for the rows of every bucket, in ascending order of the key: keys as
        `spill` gives them, or positions as `split` does.
    rows_of
        Turns such numbers into their rows.
    """
    chunks = [partial(_chunks, content, rows_of) for content in contents]
    return files_of(folder, table, origin, chunks)


def files_of(
    folder: Path,
    table: ReleaseTable,
    origin: Origin,
    chunks: Sequence[Callable[[], Iterable[pa.Table]]],
) -> list[NewFile]:
    """Return the files of ``table``; ``chunks`` give the rows of every bucket by the key."""
    return [
        NewFile(
            path=folder / file_name(table, bucket),
            schema=origin.schema(table, bucket=bucket, buckets=len(chunks)),
            key=table.key,
            chunks=of_bucket,
        )
        for bucket, of_bucket in enumerate(chunks)
    ]


def _chunks(
    content: NDArray[np.int64], rows_of: Callable[[NDArray[np.int64]], pa.Table]
) -> Iterator[pa.Table]:
    for first in range(0, content.size, ROW_GROUP_ROWS):
        yield rows_of(np.asarray(content[first : first + ROW_GROUP_ROWS]))


def file_name(table: ReleaseTable, bucket: int) -> str:
    """Return a name from which Spark reads the bucket: the number before the first dot."""
    return f"part-{bucket:05d}-{uuid5(NAMESPACE_OID, table.name)}_{bucket:05d}.c000.zstd.parquet"
