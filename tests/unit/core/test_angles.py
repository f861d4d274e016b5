"""Angles and places as people give them, and distances against astropy."""

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import Angle, SkyCoord
from hypothesis import given
from hypothesis import strategies as st

from astroflow_core.angles import angular_distance, degrees, position, unit_vectors
from astroflow_core.errors import RegionError

RA = st.floats(0, 360)
DEC = st.floats(-90, 90)


@pytest.mark.parametrize(
    ("angle", "expected"),
    [
        (5, 5.0),
        (np.float32(0.5), 0.5),
        (30 * u.arcmin, 0.5),
        (1 * u.rad, 57.29577951308232),
        (2 * u.hourangle, 30.0),
        (Angle("1d30m"), 1.5),
    ],
)
def test_an_angle_in_degrees(angle: object, expected: float) -> None:
    assert degrees(angle, "radius") == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("angle", "problem"),
    [
        (3 * u.kpc, "radius .* is no angle; give a number of degrees or a Quantity"),
        (None, "radius None is no angle"),
        ([1, 2], "is no angle"),
        ("0.1 deg", "radius '0.1 deg' is text"),
        (float("nan"), "radius nan is no place: give a finite number"),
        (float("inf"), "is no place"),
    ],
)
def test_what_is_no_angle_is_named(angle: object, problem: str) -> None:
    with pytest.raises(RegionError, match=problem):
        degrees(angle, "radius")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ((266.4, -29.0), (266.4, -29.0)),
        ((-10, 90), (350.0, 90.0)),
        ((360, -90), (0.0, -90.0)),
        ((17.5 * u.hourangle, 10 * u.arcmin), (262.5, 1 / 6)),
        ((SkyCoord(10 * u.deg, 20 * u.deg),), (10.0, 20.0)),
        ((SkyCoord(0 * u.deg, 0 * u.deg, frame="galactic"),), (266.40498829, -28.93617776)),
    ],
)
def test_a_place_by_numbers_quantities_or_skycoord(
    place: tuple[object, ...], expected: tuple[float, float]
) -> None:
    assert position(*place) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        (("17h45m40s", -29), "ra '17h45m40s' is text; give degrees, which are 15 times the hours"),
        (("17:45:40", "-29:00:28"), "15 times the hours"),
        ((10, 90.1), "dec 90.1 is beyond the pole: .* ra before dec"),
        ((-29, 266.4), "dec 266.4 is beyond the pole"),
        ((361, 0), "ra 361 is beyond the circle"),
        ((-181, 0), "ra -181 is beyond the circle"),
        ((10,), "dec None is no angle"),
        ((float("nan"), 0), "ra nan is no place"),
        ((SkyCoord([1, 2] * u.deg, [3, 4] * u.deg),), "one SkyCoord of one place"),
        ((SkyCoord(1 * u.deg, 2 * u.deg), 3), "one SkyCoord of one place alone"),
    ],
)
def test_what_is_no_place_is_told_with_a_cure(place: tuple[object, ...], problem: str) -> None:
    with pytest.raises(RegionError, match=problem):
        position(*place)


@given(RA, DEC, RA, DEC)
def test_distances_are_astropy_s(ra1: float, dec1: float, ra2: float, dec2: float) -> None:
    one, other = SkyCoord(ra1, dec1, unit="deg"), SkyCoord(ra2, dec2, unit="deg")
    expected = one.separation(other).deg
    # Beside the antipodes astropy's own rounding is a millionth of an arcsecond.
    assert angular_distance(ra1, dec1, ra2, dec2) == pytest.approx(expected, rel=1e-12, abs=3e-13)


@pytest.mark.parametrize("step", [1e-3, 1e-9, 1e-15])
def test_small_distances_are_exact(step: float) -> None:
    assert angular_distance(0, 0, 0, step) == pytest.approx(step, rel=1e-14, abs=0)


@given(RA, DEC)
def test_unit_vectors_are_of_length_one(ra: float, dec: float) -> None:
    assert np.linalg.norm(unit_vectors(ra, dec)) == pytest.approx(1, rel=1e-15)
