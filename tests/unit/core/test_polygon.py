"""Polygons on the sphere: against half-spaces, at poles and across RA 0; what is none."""

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from hypothesis import assume, given
from hypothesis import strategies as st

from astroflow_core.angles import unit_vectors
from astroflow_core.errors import RegionError
from astroflow_core.polygon import Polygon

SQUARE = [(10, -5), (20, -5), (20, 5), (10, 5)]
DART = [(0, 0), (10, 0), (10, 10), (8, 2)]


def halves(corners: list[tuple[float, float]], ra: object, dec: object) -> np.ndarray:
    """Return where positions are on the inner side of every great circle of a convex polygon."""
    ends = unit_vectors(*np.transpose(corners)).T
    normals = np.cross(ends, np.roll(ends, -1, axis=0))
    sides = np.sign(normals @ unit_vectors(ra, dec))
    return np.abs(sides.sum(axis=0)) == len(corners)


@given(
    ra=st.floats(0, 360),
    dec=st.floats(-90, 90),
    radius=st.floats(1e-4, 40),
    angles=st.lists(st.integers(0, 359), min_size=3, max_size=9, unique=True),
    seed=st.integers(0, 1000),
)
def test_a_convex_polygon_is_the_common_half_of_its_sides(
    ra: float, dec: float, radius: float, angles: list[int], seed: int
) -> None:
    bearings = np.sort(angles)
    # Beyond a half turn between two corners the middle would lie outside.
    assume(np.diff([*bearings, bearings[0] + 360]).max() < 170)
    centre = SkyCoord(ra, dec, unit="deg")
    ring = centre.directional_offset_by(bearings * u.deg, radius * u.deg)
    corners = list(zip(ring.ra.deg.tolist(), ring.dec.deg.tolist(), strict=True))
    rng = np.random.default_rng(seed)
    near = centre.directional_offset_by(
        rng.uniform(0, 360, 200) * u.deg, radius * np.sqrt(rng.uniform(0, 1.5, 200)) * u.deg
    )
    polygon = Polygon.of(corners)
    inside = polygon.contains(near.ra.deg, near.dec.deg)
    assert np.array_equal(inside, halves(polygon.corners, near.ra.deg, near.dec.deg))


def test_a_dart_leaves_out_its_notch() -> None:
    assert Polygon.of(DART).contains([9.5, 5, 5], [5, 0.5, 4]).tolist() == [True, True, False]


@pytest.mark.parametrize("corners", [SQUARE, SQUARE[::-1], [*SQUARE, SQUARE[0]]])
def test_direction_and_a_closing_corner_do_not_matter(corners: list[tuple[int, int]]) -> None:
    found = Polygon.of(corners).contains([15, 5, 195], [0, 0, 0])
    assert found.tolist() == [True, False, False]


@pytest.mark.parametrize("pole", [90, -90])
def test_a_pole_lies_in_a_polygon_around_it(pole: int) -> None:
    corners = [(ra, pole * 8 / 9) for ra in (0, 90, 180, 270)]
    found = Polygon.of(corners).contains([0, 123, 45, 45], [pole, pole, pole * 7 / 9, -pole])
    assert found.tolist() == [True, True, False, False]


def test_ra_zero_is_crossed() -> None:
    polygon = Polygon.of([(350, -5), (10, -5), (10, 5), (350, 5)])
    assert polygon.contains([0, 359.99, 180], [0, 0, 0]).tolist() == [True, True, False]


def test_a_skycoord_gives_corners() -> None:
    ra, dec = np.transpose(SQUARE)
    assert Polygon.of(SkyCoord(ra * u.deg, dec * u.deg)).corners == tuple(
        (pytest.approx(a), pytest.approx(d)) for a, d in SQUARE
    )


def test_nan_lies_nowhere_and_shapes_are_kept() -> None:
    found = Polygon.of(SQUARE).contains([[15, np.nan], [15, 15]], [[0, 0], [np.nan, 1]])
    assert found.tolist() == [[True, False], [False, True]]
    assert Polygon.of(SQUARE).contains(15, 0).shape == ()


@pytest.mark.parametrize(
    ("corners", "problem"),
    [
        ([(1, 2), (3, 4)], "3 corners or more, not 2"),
        ([(1, 2), (3, 4), (1, 2)], "3 corners or more, not 2"),
        ([(1, 2), (1, 2), (3, 4), (5, 9)], "corner 1 stands there twice"),
        ([(0, 0), (10, 10), (10, 0), (0, 10)], "sides from corner 1 and from corner 3 meet"),
        ([(0, 0), (10, 0), (5, 0), (5, 5)], "crosses itself"),
        ([(0, 0), (10, 0), (20, 0)], "crosses itself|one line"),
        ([(0, 0), (120, 0), (240, 0)], "all around the sky"),
        ([(0, 0), (85, 0), (170, 0), (85, 60)], "degrees from its middle: cut it into parts"),
        ([(0, 95), (1, 2), (3, 4)], "dec 95 is beyond the pole"),
        ([("0h", 5), (1, 2), (3, 4)], "15 times the hours"),
        ([1, 2, 3], "1 is no corner"),
        ("1 2 3 4", "are no corners"),
        (7, "are no corners"),
    ],
)
def test_what_is_no_polygon_is_refused(corners: object, problem: str) -> None:
    with pytest.raises(RegionError, match=problem):
        Polygon.of(corners)
