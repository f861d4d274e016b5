"""Angles as people give them, and distances between positions. Everything in degrees.

An angle is a number of degrees or an astropy Quantity; a position is two of them (ICRS) or one
SkyCoord of any frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from astroflow_core.errors import RegionError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_POLE = 90.0
_CIRCLE = 360.0


def degrees(value: Any, what: str) -> float:
    """Return one angle in degrees.

    >>> degrees(266, "ra")
    266.0

    Raises
    ------
    RegionError
        When ``value`` is text, no angle or not finite; ``what`` names it in the message.
    """
    if isinstance(value, str):
        raise RegionError(f"{what} {value!r} is text; {_how_to_give(what)}")
    try:
        angle = float(value.to_value("deg") if hasattr(value, "to_value") else value)
    except (TypeError, ValueError) as error:
        raise RegionError(f"{what} {value!r} is no angle; {_how_to_give(what)}") from error
    if not np.isfinite(angle):
        raise RegionError(f"{what} {value!r} is no place: give a finite number of degrees")
    return angle


def _how_to_give(what: str) -> str:
    if what == "ra":
        return (
            "give degrees, which are 15 times the hours (17h45m40s is 266.4167), "
            "or a SkyCoord in place of ra and dec"
        )
    return "give a number of degrees or a Quantity such as 5 * u.arcmin"


def position(ra: Any, dec: Any = None) -> tuple[float, float]:
    """Return right ascension (0 to 360) and declination of one place.

    >>> position(-10, 5)
    (350.0, 5.0)

    Raises
    ------
    RegionError
        When it is no place on the sky, or a list of places.
    """
    if hasattr(ra, "icrs"):
        if dec is not None or not ra.isscalar:
            raise RegionError("give one SkyCoord of one place alone, in place of ra and dec")
        ra, dec = ra.icrs.ra, ra.icrs.dec
    lon, lat = degrees(ra, "ra"), degrees(dec, "dec")
    if not -_CIRCLE / 2 <= lon <= _CIRCLE:
        raise RegionError(f"ra {lon:g} is beyond the circle: give -180 to 360 degrees")
    if abs(lat) > _POLE:
        raise RegionError(
            f"dec {lat:g} is beyond the pole: give -90 to 90 degrees, and ra before dec"
        )
    return lon % _CIRCLE, lat


def angular_distance(
    ra1: ArrayLike, dec1: ArrayLike, ra2: ArrayLike, dec2: ArrayLike
) -> NDArray[np.float64]:
    """Return the angle between positions, exact close by and at the antipodes.

    It is 2·atan2(|u - v|, |u + v|) of their unit vectors, both lengths as sums of squares.

    >>> float(angular_distance(0, 0, 180, 0))
    180.0
    """
    lon1, lat1, lon2, lat2 = (np.radians(angle) for angle in (ra1, dec1, ra2, dec2))
    cosines = np.cos(lat1) * np.cos(lat2)
    apart = np.sin((lat2 - lat1) / 2) ** 2 + cosines * np.sin((lon2 - lon1) / 2) ** 2
    across = np.sin((lat2 + lat1) / 2) ** 2 + cosines * np.cos((lon2 - lon1) / 2) ** 2
    return np.asarray(2 * np.degrees(np.arctan2(np.sqrt(apart), np.sqrt(across))))


def unit_vectors(ra: ArrayLike, dec: ArrayLike) -> NDArray[np.float64]:
    """Return positions as unit vectors x, y, z along the first axis."""
    lon, lat = np.radians(ra), np.radians(dec)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
