"""The Sun's motion on the sky against astropy's own geometry."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import Galactic, SkyCoord

from astroflow_data.solar_reflex import SUN, proper_motion, tangential_velocity

ALPHA = np.array([0.0, 359.999, 120.0, 267.06, 87.06, 33.0])
DELTA = np.array([90.0, 0.0, -90.0, 23.10, -23.10, -41.0])


def test_the_sun_moves_as_published() -> None:
    motion = SkyCoord(*np.array(SUN), unit="km/s", representation_type="cartesian").transform_to(
        Galactic()
    )
    assert motion.cartesian.xyz.to_value("km/s") == pytest.approx([11.1, 12.24, 7.25], abs=0.01)


def test_stars_at_rest_move_as_astropy_says() -> None:
    at_rest = SkyCoord(
        *(-np.array(SUN)[:, None] * np.ones(ALPHA.size)),
        unit="km/s",
        representation_type="cartesian",
    ).cartesian
    towards = SkyCoord(ALPHA, DELTA, unit="deg").represent_as("spherical").unit_vectors()
    east, north = tangential_velocity(ALPHA, DELTA)
    assert east == pytest.approx(towards["lon"].dot(at_rest).to_value("km/s"), abs=1e-9)
    assert north == pytest.approx(towards["lat"].dot(at_rest).to_value("km/s"), abs=1e-9)


def test_the_apex_and_the_antapex_stand_still() -> None:
    east, north = tangential_velocity(ALPHA[3:5], DELTA[3:5])
    assert np.hypot(east, north) == pytest.approx(0, abs=0.01)


def test_a_proper_motion_is_the_velocity_over_the_distance() -> None:
    pmra, pmdec = proper_motion(ALPHA, DELTA, 0.3)
    east, north = tangential_velocity(ALPHA, DELTA)
    speed = 1 * u.km / u.s / (300 * u.pc)
    across = speed.to_value(u.mas / u.yr, equivalencies=u.dimensionless_angles())
    assert pmra == pytest.approx(east * across)
    assert pmdec == pytest.approx(north * across)
