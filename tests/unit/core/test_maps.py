"""Kernels of maps and diagrams against numpy, over real rows and rows with NaN and NULL."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from astroflow_core.catalogue import Catalogue, Table
from astroflow_core.errors import LevelError, QueryError
from astroflow_core.maps import count_pixels, edges_of, group_files, histogram, mean_map

CATALOGUE = """
title: Odd
default_database: odd
databases: [{name: odd, release: gaia_dr3, path: .}]
"""
NAN = float("nan")


def run(task: Callable[[Any], Any], groups: list[Any]) -> list[Any]:
    return [task(group) for group in groups]


@pytest.fixture(scope="module")
def stars(sample: Path) -> Table:
    return Catalogue.open(sample).table("gaia_source")


@pytest.fixture(scope="module")
def rows(stars: Table) -> dict[str, np.ndarray]:
    table = pq.read_table(stars.folder)
    return {name: table[name].to_numpy() for name in table.column_names}


@pytest.fixture
def odd(tmp_path: Path) -> Table:
    """Return a table of two files and two pixels of level 0, with NaN, NULL and an empty file."""
    (tmp_path / "catalogue.yaml").write_text(CATALOGUE, "utf-8")
    folder = tmp_path / "GDR3_VARI_AGN"
    folder.mkdir()
    values = pa.array([0.5, NAN, None, 1.5, 2.0, None], pa.float32(), from_pandas=False)
    made = pa.table({"source_id": [1, 2, 3, 4, 5 + (1 << 59), None], "x": values, "n": range(6)})
    for number, part in enumerate([made.slice(0, 2), made.slice(2), made.slice(0, 0)]):
        pq.write_table(part, folder / f"it's {number}.parquet")
    return Catalogue.open(tmp_path).table("vari_agn")


@pytest.mark.parametrize("level", [0, 6, 11])
def test_counts_with_a_condition_are_numpy_s(
    stars: Table, rows: dict[str, np.ndarray], level: int
) -> None:
    counts = count_pixels(run, stars, level, "phot_g_mean_mag < 9.1 AND dec > 0")
    kept = (rows["phot_g_mean_mag"].astype(float) < 9.1) & (rows["dec"] > 0)
    pixels = rows["source_id"][kept] >> (59 - 2 * level)
    assert np.array_equal(counts, np.bincount(pixels, minlength=12 * 4**level))


def test_means_are_numpy_s(stars: Table, rows: dict[str, np.ndarray]) -> None:
    found = mean_map(run, stars, 3, ["phot_bp_mean_mag", "ra - 180"], None)
    pixels = rows["source_id"] >> 53
    assert np.array_equal(found["sources"], np.bincount(pixels, minlength=768))
    blue = rows["phot_bp_mean_mag"].astype(float)
    has = np.isfinite(blue)
    sums = np.bincount(pixels[has], blue[has], minlength=768)
    assert np.allclose(
        found["phot_bp_mean_mag"], sums / np.bincount(pixels[has], minlength=768), rtol=1e-12
    )
    sums = np.bincount(pixels, rows["ra"] - 180, minlength=768)
    assert np.allclose(found["ra - 180"], sums / np.bincount(pixels, minlength=768), rtol=1e-11)


def test_a_map_carries_units_and_tells_what_it_is_of(stars: Table) -> None:
    found = mean_map(run, stars, 0, "phot_g_mean_mag", None)
    assert str(found["phot_g_mean_mag"].unit) == "mag"
    assert found["pixel"].tolist() == list(range(12))
    assert found.meta["table"] == "gaiadr3ssd.gaia_source"


def test_nan_and_null_are_no_values_and_rows_without_id_lie_nowhere(odd: Table) -> None:
    found = mean_map(run, odd, 0, ["x", "n"], None)
    assert found["sources"].tolist() == [4, 1, *[0] * 10]
    assert found["x"][:2].tolist() == [1.0, 2.0]
    assert found["n"][:2].tolist() == [1.5, 4.0]
    assert np.isnan(found["x"][2:]).all()


CONDITIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "x < 3": lambda x: x < 3,
    "x <= 2": lambda x: x <= 2,
    "x > 2.5": lambda x: x > 2.5,
    "x >= 0.5": lambda x: x >= 0.5,
    "x = 2": lambda x: x == 2,
    "x BETWEEN 0 AND 9": lambda x: (x >= 0) & (x <= 9),
    "NOT (x > 2.5)": lambda x: x <= 2.5,
    "x <> 2": lambda x: (x < 2) | (x > 2),
    "2 * x < 6": lambda x: 2 * x < 6,
    "x IS NOT NULL": lambda x: ~np.isnan(x),
    "x IS NULL": np.isnan,
}


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
def test_nan_meets_no_condition_whatever_a_footer_says(
    odd: Table, kind: pa.DataType, condition: str
) -> None:
    """A footer's least and greatest number leave NaN out; each row group here has one."""
    low, none = [0.5, NAN, 2.0, None], [NAN, NAN, NAN, NAN]
    high, one = [2.5, 9.0, NAN, 3.0], [2.0, NAN, 2.0, 2.0]
    x = pa.array([*low, *none, *high, *one], kind, from_pandas=False)
    made = pa.table({"source_id": range(1, len(x) + 1), "x": x, "n": [0] * len(x)})
    pq.write_table(made, odd.files[0], row_group_size=4)
    (odd.folder / odd.files[1].name).unlink()
    found = count_pixels(run, Catalogue.open(odd.folder.parent).table("vari_agn"), 0, condition)
    assert found.sum() == CONDITIONS[condition](x.to_numpy(zero_copy_only=False)).sum()


def test_a_condition_that_no_row_meets_leaves_nan(odd: Table) -> None:
    found = mean_map(run, odd, 0, ["x"], "n > 100")
    assert found["sources"].sum() == 0
    assert np.isnan(found["x"]).all()


def test_numbers_of_32_bits_are_compared_as_doubles(odd: Table) -> None:
    path = odd.files[0]
    values = pa.array(np.array([1.4, 1.4], np.float32))
    pq.write_table(pa.table({"source_id": [1, 2], "x": values, "n": [0, 0]}), path)
    assert float(np.float32(1.4)) < 1.4
    assert count_pixels(run, odd, 0, "x < 1.4 AND n = 0").sum() == 2
    assert count_pixels(run, odd, 0, "x = 1.4 AND n = 0").sum() == 0


def test_a_histogram_is_numpy_s(stars: Table, rows: dict[str, np.ndarray]) -> None:
    limits = ((-0.5, 2.5), (0, 10))
    counts, x, y = histogram(
        run,
        stars,
        "phot_bp_mean_mag - phot_rp_mean_mag",
        "phot_g_mean_mag",
        (30, 50),
        limits,
        "dec < 0",
    )
    south = (rows["dec"] < 0) & np.isfinite(rows["phot_bp_mean_mag"] + rows["phot_rp_mean_mag"])
    blue, red, green = (
        rows[f"phot_{band}_mean_mag"][south].astype(float) for band in ("bp", "rp", "g")
    )
    expected = np.histogram2d(blue - red, green, (30, 50), limits)
    assert np.array_equal(counts, expected[0])
    assert np.array_equal(x, expected[1])
    assert np.array_equal(y, expected[2])


def test_cells_hold_their_lower_edge_and_the_last_its_upper_too(odd: Table) -> None:
    edges = [0.5, 1.0, 1.5, 2.0]
    counts, _, _ = histogram(run, odd, "x", "n", (edges, [0, 3, 4]), None, None)
    assert counts.tolist() == [[1, 0], [0, 0], [0, 2]]


@pytest.mark.parametrize("first", [0.0, -0.1, 1e9])
def test_values_at_every_edge_fall_into_numpy_s_cells(odd: Table, first: float) -> None:
    edges = np.linspace(first, first + 25, 251)
    values = [*edges, *np.nextafter(edges, -np.inf), *np.nextafter(edges, np.inf)]
    values += [NAN, np.inf, -np.inf, -1.7e308, 1.7e308]
    made = pa.table({"source_id": range(1000, 1758), "x": values, "n": range(758)})
    pq.write_table(made, odd.files[0])
    limits = ((edges[0], edges[-1]), (0, 758))
    counts, _, _ = histogram(
        run, odd, "x", "n", (250, 1), limits, "source_id BETWEEN 1000 AND 1757"
    )
    assert np.array_equal(counts[:, 0], np.histogram(values[:-5], edges)[0])


def test_edges_may_be_infinite(odd: Table) -> None:
    counts, _, _ = histogram(run, odd, "x", "n", ([-np.inf, 1, np.inf], [0, 9]), None, None)
    assert counts.tolist() == [[1], [2]]


def test_the_sky_s_functions_are_there(odd: Table) -> None:
    assert count_pixels(run, odd, 0, "healpix(0, source_id) = 1").tolist()[:2] == [0, 1]
    counts, _, _ = histogram(
        run, odd, "angular_distance(10, 90, 200, n - n - 90)", "n", (1, 1), ((179, 181), (0, 9)), ""
    )
    assert counts.tolist() == [[6]]


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("y", 'Referenced column "y" not found'),
        ("x +", r"Parser Error|syntax error"),
        ("nofunction(x)", "nofunction does not exist"),
    ],
)
def test_an_expression_that_is_none_is_told_before_anything_runs(
    odd: Table, expression: str, problem: str
) -> None:
    with pytest.raises(QueryError, match=problem):
        mean_map(run, odd, 0, [expression], None)
    with pytest.raises(QueryError, match=problem):
        count_pixels(run, odd, 0, expression)


def test_a_level_that_no_id_carries_is_refused(odd: Table) -> None:
    with pytest.raises(LevelError):
        mean_map(run, odd, 13, ["x"], None)


@pytest.mark.parametrize(
    ("bins", "limits"),
    [
        (10, None),
        (0, ((0, 1), (0, 1))),
        (2.5, ((0, 1), (0, 1))),
        (10, ((1, 0), (0, 1))),
        (([0, 1], [1]), None),
        (([0, 1, 1], [0, 1]), None),
    ],
)
def test_cells_that_are_none_are_refused(bins: object, limits: object) -> None:
    with pytest.raises(QueryError, match=r"bins=|edges must ascend"):
        edges_of(bins, limits)


@pytest.mark.parametrize("groups", [1, 2, 3, 5, 100])
def test_groups_keep_every_file_in_order(stars: Table, groups: int) -> None:
    grouped = group_files(stars.files, groups)
    assert [path for group in grouped for path in group] == list(stars.files)
    assert len(grouped) == min(groups, len(stars.files))


def test_groups_are_even_in_bytes(tmp_path: Path) -> None:
    paths = [tmp_path / str(size) for size in (100, 10, 10, 80)]
    for path in paths:
        path.write_bytes(bytes(int(path.name)))
    assert group_files(paths, 2) == [(paths[0],), tuple(paths[1:])]
