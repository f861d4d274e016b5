"""How files are encoded: ours and pyarrow's zstd defaults, the same rows.

By itself pyarrow puts a million rows into a row group, too many to prune by; so its defaults
are measured in row groups of ours, too.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

from astroflow_data.files import ROW_GROUP_ROWS
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
IN_OUR_GROUPS = f"{DEFAULTS}, our row groups"
_COPIES: dict[str, dict[str, Any]] = {
    DEFAULTS: {},
    IN_OUR_GROUPS: {"row_group_size": ROW_GROUP_ROWS},
}
_FILES = 4  # some millions of rows tell


def copy_with_defaults(dataset: Dataset) -> None:
    """Write some of the files again as pyarrow does unless told otherwise."""
    for path, (name, options) in product(dataset.files[:_FILES], _COPIES.items()):
        copy = _copy_of(path, name)
        if not copy.exists():
            copy.parent.mkdir(exist_ok=True)
            unfinished = copy.with_suffix(".unfinished")
            pq.write_table(pq.read_table(path), unfinished, compression="zstd", **options)
            unfinished.replace(copy)


def _copy_of(path: Path, name: str) -> Path:
    kind = re.sub(r"\W+", "-", name)
    return path.parent.with_name(f"{path.parent.name}-{kind}") / path.name


def bytes_a_row(dataset: Dataset) -> dict[str, tuple[float, ...]]:
    """Return the size of a row in our files and in the copies."""
    ours = dataset.files[:_FILES]
    rows = sum(pq.read_metadata(path).num_rows for path in ours)
    copies = {name: [_copy_of(path, name) for path in ours] for name in _COPIES}
    return {
        name: (sum(path.stat().st_size for path in paths) / rows,)
        for name, paths in ({OURS: ours} | copies).items()
    }


def decode_ours(dataset: Dataset) -> Query:
    """Read the ids of our files."""
    return _decoder(dataset.files[:_FILES])


def decode_defaults(dataset: Dataset) -> Query:
    """Read the ids of the copies."""
    return _decoder([_copy_of(path, DEFAULTS) for path in dataset.files[:_FILES]])


def _decoder(paths: Sequence[Path]) -> Query:
    # The footers of 152 columns are read beforehand: they are no part of how ids are encoded.
    files = [pq.ParquetFile(path) for path in paths]

    def decode() -> NDArray[np.int64]:
        tables = [file.read(columns=["source_id"], use_threads=False) for file in files]
        return np.concatenate([table["source_id"].to_numpy() for table in tables])

    return decode


CONTENDERS = (Contender(OURS, decode_ours), Contender(DEFAULTS, decode_defaults))
