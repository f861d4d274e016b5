"""Where synthetic sources lie, against healpy and astropy."""

import healpy
import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from astroflow_data.synth.draw import Draw
from astroflow_data.synth.sky import Sky, position
from astroflow_data.synth.stars import Stars

WHOLE_SKY = (0, 12 << 59)


def all_ids(sky: Sky, size: int = 100_000) -> np.ndarray:
    return np.concatenate([*sky.chunks(*WHOLE_SKY, size)])


@pytest.fixture(scope="module")
def stars() -> Stars:
    sky = Sky(300_000, seed=3)
    return Stars(all_ids(sky), sky)


@pytest.mark.parametrize("rows", [1, 2, 999, 50_000])
def test_there_are_exactly_as_many_sources_as_asked_for(rows: int) -> None:
    assert all_ids(Sky(rows, seed=1)).size == rows


def test_ids_are_unique_and_in_order(stars: Stars) -> None:
    assert (np.diff(stars.ids) > 0).all()


def test_ids_stay_unique_where_a_pixel_is_crowded() -> None:
    sky = Sky(5_000_000, seed=1)
    sky.counts = np.zeros(12 * 4**8, np.int64)
    sky.counts[777] = 5_000_000
    ids = all_ids(sky)
    assert (np.diff(ids) > 0).all()
    assert np.unique(ids >> 43).tolist() == [777]


def test_ids_do_not_depend_on_the_size_of_chunks() -> None:
    sky = Sky(10_000, seed=1)
    assert np.array_equal(all_ids(sky, 17), all_ids(sky, 10_000))


def test_a_range_holds_the_sources_between_its_bounds(stars: Stars) -> None:
    first, stop = 1000 << 43, 300_000 << 43
    inside = stars.ids[(stars.ids >= first) & (stars.ids < stop)]
    assert np.array_equal(np.concatenate([*stars.sky.chunks(first, stop, 999)]), inside)


def test_every_source_lies_in_the_pixel_of_its_id(stars: Stars) -> None:
    pixels = healpy.ang2pix(4096, *stars.position, nest=True, lonlat=True)
    assert np.array_equal(pixels, stars.ids >> 35)


@pytest.mark.parametrize("base_pixel", range(12))
def test_the_first_and_last_pixels_of_every_face_hold_their_sources(base_pixel: int) -> None:
    # Faces meet at the poles and where right ascension wraps.
    pixels = np.array([base_pixel << 24, ((base_pixel + 1) << 24) - 1])
    ids = (pixels.repeat(1000) << 35) | (np.arange(2000) << 7)
    ra, dec = position(ids, Draw(1, ids))
    assert np.array_equal(healpy.ang2pix(4096, ra, dec, nest=True, lonlat=True), ids >> 35)


def test_sources_crowd_in_the_plane(stars: Stars) -> None:
    assert (abs(stars.galactic[1]) < 10).mean() > 3 * np.sin(np.radians(10))


@pytest.mark.parametrize(
    ("frame", "mine"), [("galactic", "galactic"), ("barycentricmeanecliptic", "ecliptic")]
)
def test_other_coordinates_are_those_of_astropy(stars: Stars, frame: str, mine: str) -> None:
    sky = SkyCoord(*stars.position, unit="deg").transform_to(frame)
    there = SkyCoord(*getattr(stars, mine), unit="deg", frame=frame)
    assert sky.separation(there).arcsec.max() < 0.1
