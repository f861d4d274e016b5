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

from astroflow_data.files import ROW_GROUP_ROWS, NewFile
from astroflow_data.murmur3 import spark_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from astroflow_core.release import ReleaseTable
    from astroflow_data.files import Origin

SUCCESS = "_SUCCESS"  # what Spark leaves in a folder that it finished


def bucket_of(keys: pa.Array, buckets: int) -> NDArray[np.int32]:
    """Return Spark's bucket, 0 to ``buckets`` - 1, of every key."""
    return spark_hash(keys) % np.int32(buckets)


def split(keys: pa.Array, buckets: int) -> list[pa.Array]:
    """Return the keys of every bucket, in the order in which they came."""
    of_key = bucket_of(keys, buckets)
    order = np.argsort(of_key, kind="stable")
    edges = np.searchsorted(of_key[order], np.arange(buckets + 1))
    shuffled = keys.take(pa.array(order))
    return [shuffled[edges[i] : edges[i + 1]] for i in range(buckets)]


def spill(chunks: Iterable[NDArray[np.int64]], buckets: int, folder: Path) -> list[pa.Array]:
    """Split keys too many for memory: return each bucket's, mapped from a file in ``folder``."""
    folder.mkdir()
    paths = [folder / str(bucket) for bucket in range(buckets)]
    for path in paths:
        path.touch()
    for chunk in chunks:
        for path, keys in zip(paths, split(pa.array(chunk), buckets), strict=True):
            with path.open("ab") as file:
                file.write(keys.to_numpy())
    return [_mapped(path) for path in paths]


def _mapped(path: Path) -> pa.Array:
    size = path.stat().st_size
    keys = np.memmap(path, np.int64, mode="r") if size else np.empty(0, np.int64)
    return pa.array(keys)


def bucket_files(
    folder: Path,
    table: ReleaseTable,
    origin: Origin,
    keys: Sequence[pa.Array],
    rows_of: Callable[[pa.Array], pa.Table],
) -> list[NewFile]:
    """Return the files of ``table`` in ``folder``: one a bucket, rows or none.

    Parameters
    ----------
    keys
        The keys of every bucket in ascending order, as `split` or `spill` give them.
    rows_of
        Gives the rows of keys, in their order.
    """
    return [
        NewFile(
            path=folder / file_name(table, bucket),
            schema=origin.schema(table, bucket=bucket, buckets=len(keys)),
            key=table.key,
            chunks=partial(_chunks, in_bucket, rows_of),
        )
        for bucket, in_bucket in enumerate(keys)
    ]


def _chunks(keys: pa.Array, rows_of: Callable[[pa.Array], pa.Table]) -> Iterator[pa.Table]:
    for first in range(0, len(keys), ROW_GROUP_ROWS):
        yield rows_of(keys[first : first + ROW_GROUP_ROWS])


def file_name(table: ReleaseTable, bucket: int) -> str:
    """Return a name from which Spark reads the bucket: the number before the first dot."""
    return f"part-{bucket:05d}-{uuid5(NAMESPACE_OID, table.name)}_{bucket:05d}.c000.zstd.parquet"
