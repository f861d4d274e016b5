"""Regions against astropy and healpy, and the ids that they may have."""

import astropy.units as u
import healpy
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st
from mocpy import MOC

from astroflow_core.errors import MissingDependencyError, RegionError
from astroflow_core.polygon import Polygon
from astroflow_core.regions import Region, area, cone, healpix, id_ranges
from astroflow_data.sample import read_package

RA = st.floats(0, 359.999)
DEC = st.floats(-90, 90)
SKY_END = 12 * 4**12 << 35
BARNARD = 4472832130942575872


def have(ranges: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Return for each id whether one of ``ranges`` holds it."""
    place = np.searchsorted(ranges[:, 1], ids, side="right")
    return (place < len(ranges)) & (np.append(ranges[:, 0], SKY_END)[place] <= ids)


def ids_at(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    return healpy.ang2pix(4096, ra, dec, nest=True, lonlat=True) << 35


def points_near(ra: float, dec: float, radius: float, seed: int) -> tuple[np.ndarray, ...]:
    """Return places at up to ``radius`` and a little beyond, many of them at the edge."""
    rng = np.random.default_rng(seed)
    far = np.concatenate([rng.uniform(0, 1.2, 100), rng.uniform(0.99, 1.01, 100)]) * radius
    places = SkyCoord(ra, dec, unit="deg").directional_offset_by(
        rng.uniform(0, 360, 200) * u.deg, np.minimum(far, 180) * u.deg
    )
    return places.ra.deg, places.dec.deg


@settings(deadline=None)
@given(ra=RA, dec=DEC, radius=st.floats(1e-6, 180), seed=st.integers(0, 99))
def test_a_cone_holds_what_astropy_finds_and_its_ids(
    ra: float, dec: float, radius: float, seed: int
) -> None:
    region = cone(ra, dec, radius)
    there = points_near(ra, dec, radius, seed)
    inside = region.contains(*there)
    separation = SkyCoord(ra, dec, unit="deg").separation(SkyCoord(*there, unit="deg")).deg
    clear = np.abs(separation - radius) > 1e-9
    assert np.array_equal(inside[clear], (separation <= radius)[clear])
    assert have(id_ranges(region), ids_at(*there))[inside].all()


@settings(deadline=None)
@given(
    ra=RA,
    dec=DEC,
    radius=st.floats(1e-3, 70),
    bearings=st.permutations([0, 70, 150, 220, 300]),
    reach=st.lists(st.floats(0.2, 1), min_size=5, max_size=5),
    seed=st.integers(0, 99),
)
def test_a_polygon_s_ids_miss_none(  # noqa: PLR0913, PLR0917
    ra: float, dec: float, radius: float, bearings: list[int], reach: list[float], seed: int
) -> None:
    ring = SkyCoord(ra, dec, unit="deg").directional_offset_by(
        np.sort(bearings) * u.deg, np.array(reach) * radius * u.deg
    )
    polygon = Polygon.of(ring)
    there = points_near(ra, dec, radius, seed)
    inside = polygon.contains(*there)
    assert have(id_ranges(polygon), ids_at(*there))[inside].all()


@settings(deadline=None)
@given(level=st.integers(0, 29), share=st.floats(0, 0.9999999), seed=st.integers(0, 99))
def test_pixels_are_healpy_s(level: int, share: float, seed: int) -> None:
    pixel = int(share * 12 * 4**level)
    ra, dec = healpy.pix2ang(2**level, pixel, nest=True, lonlat=True)
    width = float(np.degrees(healpy.nside2resol(2**level)))
    there = points_near(float(ra), float(dec), width, seed)
    region = healpix(level, pixel)
    inside = region.contains(*there)
    # At the finest levels a place is as wide as a pixel, in degrees as doubles.
    if level < 24:
        pixels = healpy.ang2pix(2**level, *there, nest=True, lonlat=True)
        assert np.mean(inside == (pixels == pixel)) > 0.99
    assert have(id_ranges(region), ids_at(*there))[inside].all()


@pytest.mark.parametrize(
    "region",
    [
        cone(269.448, 4.739, 0.01),
        cone(269.448, 4.739, 1 * u.arcsec),
        Polygon.of([(269.4, 4.7), (269.5, 4.7), (269.45, 4.8)]),
        area(MOC.from_lonlat([269.4485] * u.deg, [4.7394] * u.deg, max_norder=16)),
    ],
    ids=["cone", "tiny cone", "polygon", "map"],
)
def test_barnard_s_star_is_found_though_its_id_lies_two_arcminutes_off(region: Region) -> None:
    assert have(id_ranges(region), np.array([BARNARD])).all()


def test_every_star_of_the_sample_is_found_from_where_it_is() -> None:
    rows = read_package()
    ids, ra, dec = (rows[name].to_numpy() for name in ("source_id", "ra", "dec"))
    wrong = np.flatnonzero(ids_at(ra, dec) != ids >> 35 << 35)
    assert len(wrong) > 1000
    assert all(
        have(id_ranges(cone(ra[star], dec[star], 1e-6)), ids[star : star + 1]).all()
        for star in wrong[::5]
    )


def test_the_whole_sky_is_one_range() -> None:
    assert id_ranges(cone(1, 2, 180)).tolist() == [[0, SKY_END]]


def test_ranges_are_in_order_and_apart() -> None:
    ranges = id_ranges(cone(266.4, -29, 5))
    assert (ranges[:, 0] < ranges[:, 1]).all()
    assert (ranges[:-1, 1] < ranges[1:, 0]).all()


@pytest.mark.parametrize("region", [cone(1, 2, 3), healpix(3, [5, 6]), area("3/5-7")])
def test_nan_lies_nowhere(region: Region) -> None:
    assert region.contains([np.nan, 1, np.nan], [2, np.nan, np.nan]).tolist() == [False] * 3


def test_a_map_is_left_as_it_was() -> None:
    moc = MOC.from_string("3/5-7")
    id_ranges(area(moc))
    assert moc.serialize("str") == "3/5-7"


def test_a_map_may_be_text() -> None:
    assert area("3/5-7").moc == healpix(3, [5, 6, 7]).moc


@pytest.mark.parametrize("radius", [0, -1, 180.1, -1 * u.arcmin])
def test_a_radius_that_is_none_is_refused(radius: object) -> None:
    with pytest.raises(RegionError, match="more than 0, at most 180 degrees"):
        cone(1, 2, radius)


def test_a_cone_without_radius_is_refused() -> None:
    with pytest.raises(RegionError, match="a cone needs a radius"):
        cone(1, 2)


@pytest.mark.parametrize(
    ("level", "pixels", "problem"),
    [
        (-1, 0, "level -1: give a whole number from 0 to 29"),
        (30, 0, "level 30"),
        (6.5, 0, r"level 6\.5"),
        (True, 0, "level True"),
        (1, 48, "level 1 has pixels 0 to 47, not 48"),
        (1, [3, -1], "not -1"),
        (1, [], "give one whole number or a list"),
        (1, 3.5, "give one whole number"),
        (1, "3", "give one whole number"),
    ],
)
def test_pixels_that_are_none_are_refused(level: object, pixels: object, problem: str) -> None:
    with pytest.raises(RegionError, match=problem):
        healpix(level, pixels)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("moc", "problem"),
    [
        ("", "'' is no coverage map"),
        ("everywhere", "is no coverage map such as '5/8-10 42'"),
        ("1/48", "has pixels beyond the sky"),
        ("40/1", "its orders are 0 to 29"),
        (MOC.new_empty(5), "the coverage map is empty"),
        (42, "42 is no mocpy.MOC"),
    ],
)
def test_a_map_that_is_none_is_refused(moc: object, problem: str) -> None:
    with pytest.raises(RegionError, match=problem):
        area(moc)


def test_without_mocpy_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "mocpy", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'astroflow-hub\[spark\]'"):
        id_ranges(cone(1, 2, 3))
