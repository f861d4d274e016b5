"""Ways of counting that need no engine's process, against numpy over the sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest

from benchmarks import counts
from benchmarks.data import Dataset

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.race import Query


@pytest.mark.parametrize("way", [counts.duckdb, counts.polars, counts.numpy])
def test_counts_are_those_of_numpy(
    sample: Path, tmp_path: Path, way: Callable[[Dataset], Query]
) -> None:
    dataset = Dataset.of(sample, tmp_path)
    ids = pq.read_table(dataset.folder)["source_id"].to_numpy()
    assert np.array_equal(way(dataset)(), np.bincount(ids >> 47, minlength=49_152))
