"""The cones of DuckDB, which the others are held against, beside astropy over the sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.coordinates import angular_separation

from benchmarks import regions
from benchmarks.data import Dataset

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("radius", regions.RADII)
def test_a_cone_holds_the_sources_that_are_near(
    sample: Path, tmp_path: Path, radius: float
) -> None:
    dataset = Dataset.of(sample, tmp_path)
    stars = pq.read_table(dataset.folder, columns=["source_id", "ra", "dec"]).to_pandas()
    ra, dec = np.radians(stars["ra"]), np.radians(stars["dec"])
    distance = angular_separation(ra, dec, *np.radians([266.4, -29.0]))
    near = np.sort(stars["source_id"][np.degrees(distance) <= radius])
    assert np.array_equal(regions.duckdb(radius, dataset)(), near)
