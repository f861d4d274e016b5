"""How files are encoded: ours and pyarrow's zstd defaults, the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks.race import Contender

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from benchmarks.data import Dataset
    from benchmarks.race import Query

SCAN = "scan of source_id, one core"
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


def scan_ours(dataset: Dataset) -> Query:
    """Read the ids of our files."""
    return lambda: _ids(dataset.files[:_FILES])


def scan_defaults(dataset: Dataset) -> Query:
    """Read the ids of the copies."""
    return lambda: _ids([_copy_of(path) for path in dataset.files[:_FILES]])


def _ids(paths: Any) -> NDArray[np.int64]:
    tables = [pq.read_table(path, columns=["source_id"], use_threads=False) for path in paths]
    return np.concatenate([table["source_id"].to_numpy() for table in tables])


CONTENDERS = (Contender(OURS, scan_ours), Contender(DEFAULTS, scan_defaults))
