"""The diagram of DuckDB, which the others are held against, beside numpy over the sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from benchmarks import maps
from benchmarks.data import Dataset

if TYPE_CHECKING:
    from pathlib import Path


def test_the_diagram_is_that_of_numpy(sample: Path, tmp_path: Path) -> None:
    dataset = Dataset.of(sample, tmp_path)
    (duckdb,) = [way for way in maps.DIAGRAM_CONTENDERS if way.name == "DuckDB"]
    names = ["phot_bp_mean_mag", "phot_g_mean_mag"]
    stars = pq.read_table(dataset.folder, columns=names).to_pandas().dropna().astype(float)
    expected, *_ = np.histogram2d(*stars.to_numpy().T, bins=250, range=((0, 25), (0, 25)))
    assert np.array_equal(duckdb.prepare(dataset)(), expected)
