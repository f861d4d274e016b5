"""Counting kernels against numpy and healpy, without a cluster."""

from pathlib import Path

import healpy
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from astroflow_core.catalogue import Catalogue
from astroflow_core.errors import CatalogueError, LevelError
from astroflow_core.healpix import id_bounds, pixel_count
from astroflow_dask_gaia.counts import count_files, healpix_counts, pixel_runs

LEVELS = range(13)


def write_ids(path: Path, ids: object, **options: object) -> Path:
    pq.write_table(pa.table({"source_id": pa.array(ids, pa.int64())}), path, **options)
    return path


def tally(paths: list[Path], level: int) -> tuple[list[int], list[int]]:
    """Return the pixels that ``paths`` fill, in order, and the rows in each."""
    pixels, counts = count_files(paths, level)
    filled, places = np.unique(pixels, return_inverse=True)
    totals = np.zeros(len(filled), np.int64)
    np.add.at(totals, places, counts)
    return filled.tolist(), totals.tolist()


@pytest.fixture(scope="module")
def files(sample: Path) -> tuple[Path, ...]:
    return Catalogue.open(sample).table("gaia_source").files


@pytest.fixture(scope="module")
def ids(files: tuple[Path, ...]) -> np.ndarray:
    return np.concatenate([pq.read_table(path)["source_id"].to_numpy() for path in files])


@pytest.mark.parametrize("level", LEVELS)
def test_counts_are_those_of_numpy(files: tuple[Path, ...], ids: np.ndarray, level: int) -> None:
    pixels, counts = np.unique(ids // 2 ** (35 + 2 * (12 - level)), return_counts=True)
    assert tally(list(files), level) == (pixels.tolist(), counts.tolist())


def test_counts_are_those_of_positions_but_for_stars_at_the_edges(
    files: tuple[Path, ...],
) -> None:
    rows = pa.concat_tables([pq.read_table(path, columns=["ra", "dec"]) for path in files])
    ra, dec = rows["ra"].to_numpy(), rows["dec"].to_numpy()
    counts = np.bincount(healpy.ang2pix(64, ra, dec, nest=True, lonlat=True), minlength=49_152)
    pixels, found = tally(list(files), 6)
    np.subtract.at(counts, pixels, found)
    assert np.abs(counts).sum() < 0.001 * rows.num_rows


@pytest.mark.parametrize("level", LEVELS)
def test_the_first_and_the_last_id_of_a_pixel_belong_to_it(tmp_path: Path, level: int) -> None:
    pixels = np.unique([0, 1, pixel_count(level) // 2, pixel_count(level) - 1])
    first, stop = id_bounds(pixels, level)
    path = write_ids(tmp_path / "edges.parquet", np.concatenate([first, stop - 1]))
    assert tally([path], level) == (pixels.tolist(), [2] * len(pixels))


@pytest.mark.parametrize("level", [6, 12])
def test_any_order_of_ids_counts_the_same(tmp_path: Path, ids: np.ndarray, level: int) -> None:
    shuffled = np.random.default_rng(1).permutation(ids)
    path = write_ids(tmp_path / "0.parquet", shuffled, row_group_size=50_000)
    assert tally([path], level) == tally([write_ids(tmp_path / "1.parquet", ids)], level)


def test_a_row_without_an_id_lies_in_no_pixel(tmp_path: Path) -> None:
    path = write_ids(tmp_path / "0.parquet", [None, 1 << 35, None, 1 << 35, None])
    assert [part.tolist() for part in count_files([path], 12)] == [[1], [2]]


@pytest.mark.parametrize("strange", [-1, 12 * 4**12 << 35])
def test_an_id_outside_the_sky_is_refused(tmp_path: Path, strange: int) -> None:
    path = write_ids(tmp_path / "0.parquet", [0, strange])
    with pytest.raises(CatalogueError, match="lies in no HEALPix pixel"):
        count_files([path], 6)


@pytest.mark.parametrize("level", [6, 12])
def test_an_empty_file_has_no_counts(tmp_path: Path, level: int) -> None:
    path = write_ids(tmp_path / "0.parquet", [])
    assert [len(part) for part in count_files([path], level)] == [0, 0]


def test_a_truncated_file_is_named(tmp_path: Path) -> None:
    path = write_ids(tmp_path / "0.parquet", range(1000))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CatalogueError, match=r"0\.parquet cannot be read"):
        count_files([path], 6)


@pytest.mark.parametrize("rows", [{"ra": [1.0]}, {"source_id": [1.0]}, {"source_id": ["1"]}])
def test_a_file_with_another_schema_is_named(tmp_path: Path, rows: dict[str, list[object]]) -> None:
    path = tmp_path / "0.parquet"
    pq.write_table(pa.table(rows), path)
    with pytest.raises(CatalogueError, match=r"0\.parquet has no column 'source_id' of 64-bit"):
        count_files([path], 6)


@pytest.mark.parametrize("level", [-1, 13, 6.0, "6", True, None])
def test_a_level_that_no_id_carries_is_refused(level: object) -> None:
    with pytest.raises(LevelError, match="whole levels 0 to 12"):
        healpix_counts(level)  # type: ignore[arg-type]


def test_runs_are_of_equal_neighbours() -> None:
    pixels, lengths = pixel_runs(np.array([3, 3, 5, 3, 7, 7, 7]))
    assert (pixels.tolist(), lengths.tolist()) == ([3, 5, 3, 7], [2, 1, 1, 3])
