"""The motion that stars seem to have because the Sun moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

KM_S_OF_MAS_YR_AT_KPC = 4.740_470_463
# The Sun against the stars nearby, (U, V, W) = (11.1, 12.24, 7.25) km/s (Schoenrich, Binney
# and Dehnen 2010, MNRAS 403, 1829), turned to the axes of right ascension and declination.
SUN = (-0.852, -16.576, 7.078)


def tangential_velocity(ra: Floats, dec: Floats) -> tuple[Floats, Floats]:
    """Return the velocity across the sky, km/s, of stars at rest as the Sun sees it.

    Parameters
    ----------
    ra, dec
        Positions (ICRS), degrees.

    Returns
    -------
    tuple of numpy.ndarray
        Along increasing right ascension and along increasing declination.
    """
    x, y, z = SUN
    alpha, delta = np.radians(ra), np.radians(dec)
    east = x * np.sin(alpha) - y * np.cos(alpha)
    north = np.sin(delta) * (x * np.cos(alpha) + y * np.sin(alpha)) - z * np.cos(delta)
    return east, north


def proper_motion(ra: Floats, dec: Floats, distance: float) -> tuple[Floats, Floats]:
    """Return pmra (times cos dec) and pmdec, mas/yr, of stars at rest at ``distance`` kpc."""
    east, north = tangential_velocity(ra, dec)
    scale = KM_S_OF_MAS_YR_AT_KPC * distance
    return east / scale, north / scale
