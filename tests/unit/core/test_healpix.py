"""Pixels against healpy's own arithmetic."""

import healpy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astroflow_core.errors import LevelError
from astroflow_core.healpix import (
    MAX_LEVEL,
    Pixel,
    check_level,
    id_bounds,
    id_shift,
    pixel_count,
    pixel_of,
)

LEVELS = range(MAX_LEVEL + 1)
LAST_ID = (12 * 4**MAX_LEVEL << 35) - 1

levels = st.integers(0, MAX_LEVEL)
ids = st.integers(0, LAST_ID)
pixels = levels.flatmap(
    lambda level: st.builds(Pixel, st.just(level), st.integers(0, 12 * 4**level - 1))
)


def ids_at(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return ids as Gaia makes them: healpy's level-12 pixel, then 35 bits of anything."""
    low_bits = np.random.default_rng(1).integers(0, 2**35, ra.size)
    return healpy.ang2pix(2**12, ra, dec, nest=True, lonlat=True) << 35 | low_bits


def healpy_pixels(level: int, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    return healpy.ang2pix(2**level, ra, dec, nest=True, lonlat=True)


@pytest.mark.parametrize("level", LEVELS)
def test_pixels_equal_healpy_over_the_sphere(level: int) -> None:
    rng = np.random.default_rng(2016)
    ra = rng.uniform(0, 360, 20_000)
    dec = np.degrees(np.arcsin(rng.uniform(-1, 1, 20_000)))
    np.testing.assert_array_equal(pixel_of(ids_at(ra, dec), level), healpy_pixels(level, ra, dec))


@pytest.mark.parametrize("level", LEVELS)
def test_pixels_equal_healpy_at_the_poles_and_where_ra_wraps(level: int) -> None:
    ra, dec = np.meshgrid(
        [0.0, 1e-12, 45.0, 90.0, 180.0, 270.0, 359.999999999, 360.0],
        [-90.0, -89.999999, -41.8103, -1e-12, 0.0, 1e-12, 41.8103, 89.999999, 90.0],
    )
    ra, dec = ra.ravel(), dec.ravel()
    np.testing.assert_array_equal(pixel_of(ids_at(ra, dec), level), healpy_pixels(level, ra, dec))


@pytest.mark.parametrize("level", LEVELS)
def test_the_centre_of_a_pixel_lies_in_it(level: int) -> None:
    index = np.unique(np.linspace(0, pixel_count(level) - 1, 500).astype(np.int64))
    ra, dec = healpy.pix2ang(2**level, index, nest=True, lonlat=True)
    np.testing.assert_array_equal(pixel_of(ids_at(ra, dec), level), index)


@pytest.mark.parametrize("level", LEVELS)
def test_pixel_counts_are_healpys(level: int) -> None:
    assert pixel_count(level) == healpy.nside2npix(2**level)


@pytest.mark.parametrize("level", LEVELS)
def test_first_and_last_ids_of_neighbouring_pixels_fall_on_their_own_side(level: int) -> None:
    pixel = Pixel(level, 7)
    assert pixel_of(pixel.ids[0], level) == 7
    assert pixel_of(pixel.ids[-1], level) == 7
    assert pixel_of(pixel.ids[0] - 1, level) == 6
    assert pixel_of(pixel.ids[-1] + 1, level) == 8


@pytest.mark.parametrize("level", LEVELS)
def test_the_last_512_ids_of_the_sky_stay_on_it(level: int) -> None:
    # A double rounds these ids up to the next pixel, which is not there.
    last = np.arange(LAST_ID - 511, LAST_ID + 1)
    assert set(pixel_of(last, level)) == {pixel_count(level) - 1}


@given(level=levels, source_id=ids)
def test_an_id_lies_in_the_range_of_its_pixel(level: int, source_id: int) -> None:
    assert source_id in Pixel.of(source_id, level).ids


@given(pixel=pixels)
def test_every_id_of_a_range_gives_its_pixel_back(pixel: Pixel) -> None:
    assert Pixel.of(pixel.ids[0], pixel.level) == pixel
    assert Pixel.of(pixel.ids[-1], pixel.level) == pixel


@given(level=st.integers(1, MAX_LEVEL), source_id=ids)
def test_four_pixels_make_one_of_the_level_above(level: int, source_id: int) -> None:
    assert pixel_of(source_id, level) >> 2 == pixel_of(source_id, level - 1)


@given(source_ids=st.lists(ids, min_size=1, max_size=50), level=levels)
def test_arrays_and_single_ids_agree(source_ids: list[int], level: int) -> None:
    array = pixel_of(np.array(source_ids, dtype=np.int64), level)
    assert array.tolist() == [pixel_of(source_id, level) for source_id in source_ids]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint32])
def test_bounds_of_many_pixels_are_those_of_each(level: int, dtype: type) -> None:
    index = np.array([0, 1, 5, pixel_count(level) - 1])
    first, beyond = id_bounds(index.astype(dtype), level)
    assert first.dtype == beyond.dtype == np.int64
    assert first.tolist() == [Pixel(level, i).ids.start for i in index.tolist()]
    assert beyond.tolist() == [Pixel(level, i).ids.stop for i in index.tolist()]


@pytest.mark.parametrize("level", LEVELS)
def test_the_pixels_of_a_level_cover_all_ids_once(level: int) -> None:
    first, beyond = id_bounds(np.arange(min(pixel_count(level), 3072)), level)
    assert first[0] == 0
    np.testing.assert_array_equal(first[1:], beyond[:-1])
    assert Pixel(level, pixel_count(level) - 1).ids.stop == LAST_ID + 1


@pytest.mark.parametrize("level", [-1, 13, 6.0, True, "6", None, float("nan")])
def test_a_level_that_ids_do_not_carry_is_refused(level: object) -> None:
    with pytest.raises(LevelError, match="levels 0 to 12"):
        id_shift(level)  # type: ignore[arg-type]


def test_a_level_from_an_array_is_a_level() -> None:
    assert [check_level(level) for level in np.arange(13)] == list(LEVELS)
    assert type(check_level(np.int32(6))) is int  # type: ignore[arg-type]


@pytest.mark.parametrize("index", [-1, 49152, 1.5, True, None])
def test_a_pixel_off_the_sky_is_refused(index: object) -> None:
    with pytest.raises(LevelError, match="level 6 has pixels 0 to 49151, not "):
        Pixel(6, index)  # type: ignore[arg-type]


def test_an_id_below_zero_lies_in_no_pixel() -> None:
    # Solar System objects have such ids: they have no place on the sky.
    with pytest.raises(LevelError, match="not -1"):
        Pixel.of(-4284967216, 6)
