"""Regions of the sky: which positions lie in them, and which ``source_id`` they may have.

Positions are ICRS in degrees. One with NaN lies in no region.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from astroflow_core.angles import angular_distance, degrees, position
from astroflow_core.errors import MissingDependencyError, RegionError
from astroflow_core.polygon import Polygon

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from astroflow_core.healpix import IdRanges

MAX_ORDER = 29  # the finest pixels that 64 bits number
# A source_id keeps the position known when it was made, up to 16 years before the release's
# epoch: Barnard's star stands 123 arcseconds outside its id's pixel, and nothing moves faster.
# A pixel of this order is 3 arcminutes at its narrowest, so one more all around is enough.
MARGIN_ORDER = 9
_ID_SHIFT = 1  # from pixels of `MAX_ORDER` to ids, whose level 12 begins at bit 35
_HALF_CIRCLE = 180.0


@dataclass(frozen=True, slots=True)
class Cone:
    """All positions at most ``radius`` from a centre; the edge belongs to it."""

    ra: float
    dec: float
    radius: float

    def contains(self, ra: ArrayLike, dec: ArrayLike) -> NDArray[np.bool_]:
        """Return for each position in degrees whether it lies in the cone."""
        return np.asarray(angular_distance(self.ra, self.dec, ra, dec) <= self.radius)


@dataclass(frozen=True, slots=True)
class Area:
    """The pixels of a coverage map (a `mocpy.MOC`), by position and not by ``source_id``."""

    moc: Any

    def contains(self, ra: ArrayLike, dec: ArrayLike) -> NDArray[np.bool_]:
        """Return for each position in degrees whether it lies on the map."""
        ra, dec = np.broadcast_arrays(np.asarray(ra, float), np.asarray(dec, float))
        found = np.isfinite(ra) & np.isfinite(dec)
        found[found] = self.moc.contains_lonlat(*_coordinates(ra[found], dec[found]))
        return np.asarray(found)


Region = Cone | Polygon | Area


def cone(ra: Any, dec: Any = None, radius: Any = None) -> Cone:
    """Return a cone; angles in degrees or as Quantities, or a SkyCoord in place of ra and dec.

    >>> cone(266.4, -29, 0.1).contains([266.4, 270], [-29.05, -29]).tolist()
    [True, False]

    Raises
    ------
    RegionError
        When the centre is no place, or the radius not above 0 and at most 180 degrees.
    """
    centre = position(ra, dec)
    if radius is None:
        raise RegionError("a cone needs a radius: give degrees, such as radius=0.1")
    wide = degrees(radius, "radius")
    if not 0 < wide <= _HALF_CIRCLE:
        raise RegionError(f"radius {wide:g} is no cone's: give more than 0, at most 180 degrees")
    return Cone(*centre, wide)


def healpix(level: int, pixels: Any) -> Area:
    """Return the area of NESTED HEALPix pixels of ``level`` 0 to 29.

    Raises
    ------
    RegionError
        When there is no such level or pixel, or none is given.
    """
    if isinstance(level, bool) or level not in range(MAX_ORDER + 1):
        raise RegionError(f"HEALPix level {level!r}: give a whole number from 0 to {MAX_ORDER}")
    numbers = np.atleast_1d(np.asarray(pixels))
    if numbers.size == 0 or not np.issubdtype(numbers.dtype, np.integer):
        raise RegionError(f"pixels {pixels!r}: give one whole number or a list of them")
    beyond = 12 * 4 ** int(level)
    if numbers.min() < 0 or numbers.max() >= beyond:
        wrong = numbers[(numbers < 0) | (numbers >= beyond)][0]
        raise RegionError(f"level {level} has pixels 0 to {beyond - 1}, not {wrong}")
    cells = numbers.astype(np.uint64).ravel()
    return Area(_moc_class().from_healpix_cells(cells, np.uint8(level), max_depth=np.uint8(level)))


def area(moc: Any) -> Area:
    """Return the area of a coverage map: a `mocpy.MOC`, or one as text (``"5/8-10 42"``).

    Raises
    ------
    RegionError
        When it is no such map, or an empty one.
    """
    kind = _moc_class()
    if isinstance(moc, str):
        moc = _moc_of(moc, kind)
    if not isinstance(moc, kind):
        raise RegionError(f"{moc!r} is no mocpy.MOC of the sky; MOC.from_fits(path) reads one")
    if moc.empty():
        raise RegionError("the coverage map is empty: no position lies on it")
    if moc.to_depth29_ranges.max() > 12 * 4**MAX_ORDER:
        raise RegionError("the coverage map has pixels beyond the sky")
    return Area(moc)


def id_ranges(region: Region) -> IdRanges:
    """Return every ``source_id`` that a source in ``region`` may have, as half-open ranges.

    They reach a few arcminutes beyond it, because an id keeps an older position.
    """
    order = np.uint8(MARGIN_ORDER)
    covering = _coverage(region)
    # A copy, because mocpy refines and extends maps where they are.
    moc = _moc_class().from_depth29_ranges(covering.max_order, covering.to_depth29_ranges)
    if moc.max_order < order:
        moc = moc.refine_to_order(order)
    elif moc.max_order > order:
        moc = moc.degrade_to_order(order)
    pixels = moc.add_neighbours().to_depth29_ranges
    ranges: IdRanges = pixels.astype(np.int64).reshape(-1, 2) << _ID_SHIFT
    return ranges


def _moc_of(text: str, kind: Any) -> Any:
    # mocpy takes the order 40 for 8.
    is_fine = all(int(order) <= MAX_ORDER for order in re.findall(r"(\d+)/", text))
    try:
        if is_fine:
            return kind.from_string(text)
    except (ValueError, OSError) as error:
        raise RegionError(
            f"{text!r} is no coverage map such as '5/8-10 42': {str(error).splitlines()[0]}"
        ) from error
    raise RegionError(f"{text!r} is no coverage map: its orders are 0 to {MAX_ORDER}")


def _coverage(region: Region) -> Any:
    if isinstance(region, Area):
        return region.moc
    kind = _moc_class()
    if isinstance(region, Polygon):
        corners = _coordinates(*np.transpose(region.corners))
        return kind.from_polygon(*corners, max_depth=np.uint8(MARGIN_ORDER))
    # Beyond half the sky mocpy leaves out pixels, and whoever wants so much reads all anyway.
    if region.radius > _HALF_CIRCLE / 2:
        return kind.from_string("0/0-11")
    from astropy import units

    lon, lat = _coordinates(region.ra, region.dec)
    radius = region.radius * units.deg
    return kind.from_cone(lon=lon, lat=lat, radius=radius, max_depth=np.uint8(MARGIN_ORDER))


def _coordinates(ra: ArrayLike, dec: ArrayLike) -> tuple[Any, Any]:
    from astropy import units
    from astropy.coordinates import Latitude, Longitude

    return Longitude(ra, units.deg), Latitude(dec, units.deg)


def _moc_class() -> Any:
    try:
        return import_module("mocpy").MOC
    except ImportError as error:
        raise MissingDependencyError(
            "regions of the sky need mocpy, which is not installed; run: "
            "pip install 'astroflow-hub[spark]' (or [dask], [data])"
        ) from error
