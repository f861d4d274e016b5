"""How files are encoded: ours and pyarrow's zstd defaults, the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from benchmarks.race import Contender

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from benchmarks.data import Dataset
    from benchmarks.race import Query

DECODE = "decode source_id, one core"
SIZE = "bytes a row"
OURS, DEFAULTS = "our files", "pyarrow's zstd defaults"
_FILES = 4  # some millions of rows tell


def copy_with_defaults(dataset: Dataset) -> None:
    """Write some of the files again as pyarrow does unless told otherwise."""
    for path in dataset.files[:_FILES]:
        copy = _copy_of(path)
        if not copy.exists():
            copy.parent.mkdir(exist_ok=True)
            unfinished = copy.with_suffix(".unfinished")
            pq.write_table(pq.read_table(path), unfinished, compression="zstd")
            unfinished.replace(copy)


def _copy_of(path: Path) -> Path:
    return path.parent.with_name(f"{path.parent.name}-pyarrow-defaults") / path.name


def bytes_a_row(dataset: Dataset) -> dict[str, tuple[float, ...]]:
    """Return the size of a row in our files and in the copies."""
    ours = dataset.files[:_FILES]
    rows = sum(pq.read_metadata(path).num_rows for path in ours)
    return {
        name: (sum(path.stat().st_size for path in paths) / rows,)
        for name, paths in ((OURS, ours), (DEFAULTS, [_copy_of(path) for path in ours]))
    }


def decode_ours(dataset: Dataset) -> Query:
    """Read the ids of our files."""
    return _decoder(dataset.files[:_FILES])


def decode_defaults(dataset: Dataset) -> Query:
    """Read the ids of the copies."""
    return _decoder([_copy_of(path) for path in dataset.files[:_FILES]])


def _decoder(paths: Sequence[Path]) -> Query:
    # The footers of 152 columns are read beforehand: they are no part of how ids are encoded.
    files = [pq.ParquetFile(path) for path in paths]

    def decode() -> NDArray[np.int64]:
        tables = [file.read(columns=["source_id"], use_threads=False) for file in files]
        return np.concatenate([table["source_id"].to_numpy() for table in tables])

    return decode


CONTENDERS = (Contender(OURS, decode_ours), Contender(DEFAULTS, decode_defaults))
