"""Searches of real and odd rows equal brute force over all rows."""

from pathlib import Path

import astropy.units as u
import healpy
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from astroflow_core.catalogue import Catalogue, Table
from astroflow_core.errors import CatalogueError
from astroflow_core.regions import cone
from astroflow_core.search import (
    cone_search,
    healpix_search,
    join_nearest,
    moc_search,
    plan,
    polygon_search,
)

BARNARD = 4472832130942575872
ODD = """
title: Odd
default_database: odd
databases: [{name: odd, release: odd.yaml, path: .}]
"""
ODD_RELEASE = """
name: odd
title: Odd
reference_epoch: 2016.0
acknowledgement: none
tables: [{name: stars, folder: STARS}]
"""


@pytest.fixture(scope="module")
def stars(sample: Path) -> Table:
    return Catalogue.open(sample).table("gaia_source")


@pytest.fixture(scope="module")
def rows(stars: Table) -> pa.Table:
    return pq.read_table(stars.folder)


@pytest.fixture
def odd(tmp_path: Path) -> Table:
    """Return a table with rows at hard places and without places, in small row groups."""
    rng = np.random.default_rng(1)
    hard = [(0, 90), (77, -90), (0, 0), (359.9999, 0), (45, 41.8103149), (90, 41.8103149)]
    ra, dec = np.concatenate(
        [
            np.transpose(hard),
            [rng.uniform(0, 360, 5000), np.degrees(np.arcsin(rng.uniform(-1, 1, 5000)))],
        ],
        axis=1,
    )
    ids = (healpy.ang2pix(4096, ra, dec, nest=True, lonlat=True) << 35) + np.arange(len(ra))
    order = np.argsort(ids)
    ra, dec = ra[order].astype(object), dec[order].astype(object)
    ra[100::500], dec[101::500], dec[102::500] = None, None, np.nan
    (tmp_path / "catalogue.yaml").write_text(ODD, "utf-8")
    (tmp_path / "odd.yaml").write_text(ODD_RELEASE, "utf-8")
    (tmp_path / "STARS").mkdir()
    made = pa.table(
        {
            "source_id": ids[order],
            "ra": pa.array(ra, from_pandas=False),
            "dec": pa.array(dec, from_pandas=False),
        }
    )
    for number in range(3):
        pq.write_table(
            made.slice(number * 1700, 1700),
            tmp_path / "STARS" / f"{number}.parquet",
            row_group_size=100,
        )
    return Catalogue.open(tmp_path).table("stars")


def separation(rows: pa.Table, ra: float, dec: float) -> np.ndarray:
    there = SkyCoord(rows["ra"].to_numpy(), rows["dec"].to_numpy(), unit="deg")
    return there.separation(SkyCoord(ra, dec, unit="deg")).deg


@pytest.mark.parametrize(
    ("ra", "dec", "radius"),
    [
        (266.4, -29.0, 2),
        (0, 90, 3),
        (123, -90, 3),
        (0.01, 0.1, 1.5),
        (359.99, 45, 1),
        (45, 0, 0.5),
        (90, 41.8103149, 2),
        (269.4485, 4.7394, 0.01),
        (269.4485, 4.7394, 1 / 3600),
        (100, 20, 60),
        (100, 20, 120),
    ],
)
def test_a_cone_has_the_rows_that_astropy_finds(
    stars: Table, rows: pa.Table, ra: float, dec: float, radius: float
) -> None:
    found = cone_search(stars, ra, dec, radius)
    assert found.num_rows > 0
    assert found.equals(rows.filter(separation(rows, ra, dec) <= radius))


def test_a_cone_of_180_degrees_has_every_row(stars: Table, rows: pa.Table) -> None:
    assert cone_search(stars, 1, 2, 180).equals(rows)


def test_a_place_without_stars_has_no_row(stars: Table, rows: pa.Table) -> None:
    found = cone_search(stars, 266.4, -29, 1e-6)
    assert found.num_rows == 0
    assert found.schema.equals(rows.schema)


def test_barnard_s_star_is_found_where_it_is_now(stars: Table) -> None:
    found = cone_search(stars, SkyCoord(269.4485 * u.deg, 4.7394 * u.deg), radius=5 * u.arcsec)
    assert found["source_id"].to_pylist() == [BARNARD]


@pytest.mark.parametrize("level", [0, 3, 6, 12])
def test_pixels_have_the_rows_that_healpy_puts_there(
    stars: Table, rows: pa.Table, level: int
) -> None:
    ra, dec = rows["ra"].to_numpy(), rows["dec"].to_numpy()
    there = healpy.ang2pix(2**level, ra, dec, nest=True, lonlat=True)
    pixels = np.unique(there)[:: max(1, len(np.unique(there)) // 3)]
    found = healpix_search(stars, level, pixels)
    assert found.equals(rows.filter(np.isin(there, pixels)))


def test_a_map_has_the_rows_of_its_pixels(stars: Table) -> None:
    assert moc_search(stars, "3/5-7 4/800").equals(healpix_search(stars, 4, [*range(20, 32), 800]))


def test_a_polygon_has_the_rows_between_its_sides(stars: Table, rows: pa.Table) -> None:
    found = polygon_search(stars, [(10, 80), (130, 80), (250, 80)])
    ra, dec = rows["ra"].to_numpy(), rows["dec"].to_numpy()
    high = separation(rows, 0, 90) < np.degrees(np.arctan(np.tan(np.radians(10)) / 2))
    assert found.num_rows > high.sum() > 0
    assert (found["dec"].to_numpy() > 80).all()
    assert set(rows.filter(high)["source_id"].to_pylist()) <= set(found["source_id"].to_pylist())
    assert ra.size == dec.size


def test_only_the_columns_asked_for_are_there_in_their_order(stars: Table) -> None:
    found = cone_search(stars, 266.4, -29, 1, columns=["phot_g_mean_mag", "source_id"])
    assert found.column_names == ["phot_g_mean_mag", "source_id"]
    assert found.schema.field("phot_g_mean_mag").metadata[b"unit"] == b"mag"
    assert cone_search(stars, 266.4, -29, 1, columns="ra").column_names == ["ra"]


@settings(deadline=None, max_examples=40)
@given(ra=st.floats(0, 360), dec=st.floats(-90, 90), radius=st.floats(0.001, 180))
def test_any_cone_of_the_sample_is_brute_force_s(
    sample: Path, ra: float, dec: float, radius: float
) -> None:
    table = Catalogue.open(sample).table("gaia_source")
    columns = ["source_id", "ra", "dec"]
    everything = pq.read_table(table.folder, columns=columns)
    inside = cone(ra, dec, radius).contains(*(everything[name].to_numpy() for name in columns[1:]))
    assert cone_search(table, ra, dec, radius, columns).equals(everything.filter(inside))


@pytest.mark.parametrize(
    ("ra", "dec", "radius"), [(0, 90, 4), (10, -90, 3), (0, 0, 5), (45, 41.81, 1), (0, 0, 180)]
)
def test_rows_at_hard_places_are_found_and_rows_without_place_never(
    odd: Table, ra: float, dec: float, radius: float
) -> None:
    everything = pq.read_table(odd.folder)
    found = cone_search(odd, ra, dec, radius)
    expected = everything.filter(separation(everything, ra, dec) <= radius)
    assert found.num_rows > 0
    assert found.equals(expected)
    assert found["ra"].null_count == found["dec"].null_count == 0


def test_few_row_groups_are_read(odd: Table) -> None:
    search = plan(odd, cone(120, 10, 1))
    assert search.prunes
    assert len(search.groups) <= 3


def test_a_search_of_everything_does_not_prune(odd: Table) -> None:
    assert not plan(odd, cone(120, 10, 170)).prunes


def test_statistics_that_are_missing_cost_time_and_no_row(odd: Table) -> None:
    everything = pq.read_table(odd.folder)
    for path in odd.files:
        pq.write_table(pq.read_table(path), path, write_statistics=False)
    expected = everything.filter(separation(everything, 0, 0) <= 5)
    assert cone_search(odd, 0, 0, 5).equals(expected)


def test_a_table_without_places_is_refused(sample: Path) -> None:
    table = Catalogue.open(sample).table("galactic_coordinates")
    with pytest.raises(CatalogueError, match=r"has no column 'ra'.*search gaia_source and join"):
        cone_search(table, 1, 2, 3)


def test_a_table_without_source_id_is_refused(odd: Table) -> None:
    for path in odd.files:
        pq.write_table(pq.read_table(path, columns=["ra", "dec"]), path)
    with pytest.raises(CatalogueError, match="has no column 'source_id'"):
        cone_search(odd, 1, 2, 3)


def test_an_unknown_column_is_named(stars: Table) -> None:
    with pytest.raises(CatalogueError, match=r"no column 'rah'.*did you mean 'ra'"):
        cone_search(stars, 1, 2, 3, columns=["rah"])


def test_a_table_may_be_named(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTROFLOW_CATALOGUES", f'["{sample}"]')
    assert cone_search("gaiadr3.gaia_source", 10, 20, 1).num_rows > 0
    with pytest.raises(CatalogueError, match="did you mean 'gaia_source'"):
        cone_search("gaia_sorce", 10, 20, 1)


@pytest.mark.parametrize("most", [1, 2, 3, 4, 9])
def test_ranges_are_joined_over_the_narrowest_gaps(most: int) -> None:
    ranges = np.array([[0, 1], [3, 4], [5, 6], [10, 11]])
    joined = join_nearest(ranges, most)
    expected = {
        1: [[0, 11]],
        2: [[0, 6], [10, 11]],
        3: [[0, 1], [3, 6], [10, 11]],
    }.get(most, ranges.tolist())
    assert joined.tolist() == expected
