"""A polygon on the sky, its sides great circles.

Seen from the sphere's centre every great circle is a straight line (gnomonic projection), so
around its middle a polygon is a plane one: at the poles and across RA 0 as anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from astroflow_core.angles import position, unit_vectors
from astroflow_core.errors import RegionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

_CORNERS = 3
# The projection stretches without end towards 90 degrees from the middle.
_WIDEST = 80.0
_ARCSECOND_MILLIONTH = np.radians(1e-6 / 3600)


@dataclass(frozen=True)
class Polygon:
    """The smaller part of the sky that sides between ``corners`` (ra, dec) enclose.

    Raises
    ------
    RegionError
        When there are fewer than three corners, two neighbours are one, sides cross, they
        enclose nothing, or a corner is more than 80 degrees from the middle.
    """

    corners: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        """Refuse what encloses no clear part of the sky."""
        if len(self.corners) < _CORNERS:
            raise RegionError(f"a polygon has 3 corners or more, not {len(self.corners)}")
        self._check_corners()
        self._check_sides()

    @classmethod
    def of(cls, corners: Any) -> Polygon:
        """Return the polygon of (ra, dec) pairs or of a SkyCoord; the first may stand last, too.

        Raises
        ------
        RegionError
            When a corner is no place, or they make no polygon.
        """
        places = [_corner(corner) for corner in _each(corners)]
        if len(places) > 1 and places[0] == places[-1]:
            places.pop()
        return cls(tuple(places))

    def contains(self, ra: ArrayLike, dec: ArrayLike) -> NDArray[np.bool_]:
        """Return for each position in degrees whether it lies in the polygon.

        A ray from an inner point to one side crosses the sides an odd number of times.
        """
        shape = np.broadcast_shapes(np.shape(ra), np.shape(dec))
        with np.errstate(invalid="ignore", divide="ignore"):
            x, y, depth = self._projected(unit_vectors(ra, dec).reshape(3, -1))
            inside = np.zeros(x.shape, bool)
            for (x1, y1), (x2, y2) in self.sides:
                crosses = (y1 > y) != (y2 > y)
                inside ^= crosses & (x < (x2 - x1) * ((y - y1) / (y2 - y1)) + x1)
        found: NDArray[np.bool_] = (inside & (depth > 0)).reshape(shape)
        return found

    @cached_property
    def axes(self) -> NDArray[np.float64]:
        """Two axes of the plane and the direction of the middle, as rows of unit vectors."""
        middle = unit_vectors(*np.transpose(self.corners)).sum(axis=1)
        length = np.linalg.norm(middle)
        if length < _ARCSECOND_MILLIONTH:
            raise RegionError("the polygon's corners lie all around the sky: cut it into parts")
        middle /= length
        x = np.cross(middle, np.eye(3)[np.argmin(np.abs(middle))])
        x /= np.linalg.norm(x)
        return np.stack([x, np.cross(middle, x), middle])

    @cached_property
    def sides(self) -> tuple[tuple[tuple[float, float], tuple[float, float]], ...]:
        """Each side's two ends in the plane."""
        x, y, _ = self._projected(unit_vectors(*np.transpose(self.corners)))
        ends = list(zip(x.tolist(), y.tolist(), strict=True))
        return tuple(zip(ends, [*ends[1:], ends[0]], strict=True))

    def _projected(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return x and y in the plane, and the cosine of the angle to the middle."""
        x, y, depth = self.axes @ vectors
        return np.stack([x / depth, y / depth, depth])

    def _check_corners(self) -> None:
        farthest = np.degrees(np.arccos(np.clip(self._depths().min(), -1, 1)))
        if farthest > _WIDEST:
            raise RegionError(
                f"a corner of the polygon is {farthest:.0f} degrees from its middle: cut it into "
                f"parts that reach {_WIDEST:.0f} at most, or search by pixels or a coverage map"
            )

    def _depths(self) -> NDArray[np.float64]:
        depths: NDArray[np.float64] = self.axes[2] @ unit_vectors(*np.transpose(self.corners))
        return depths

    def _check_sides(self) -> None:
        for number, (start, end) in enumerate(self.sides):
            if np.hypot(end[0] - start[0], end[1] - start[1]) < _ARCSECOND_MILLIONTH:
                raise RegionError(f"the polygon's corner {number + 1} stands there twice")
        for one, other in combinations(range(len(self.sides)), 2):
            if _cross(self.sides[one], self.sides[other]):
                raise RegionError(
                    f"the polygon crosses itself: its sides from corner {one + 1} and from corner "
                    f"{other + 1} meet; give the corners in order around it"
                )
        area = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in self.sides)
        if abs(area) < _ARCSECOND_MILLIONTH**2:
            raise RegionError("the polygon encloses nothing: its corners lie on one line")


def _each(corners: Any) -> Iterable[Any]:
    if isinstance(corners, str) or not hasattr(corners, "__iter__"):
        raise RegionError(f"{corners!r} are no corners: give (ra, dec) pairs or a SkyCoord")
    return list(corners)


def _corner(corner: Any) -> tuple[float, float]:
    if hasattr(corner, "icrs"):
        return position(corner)
    try:
        ra, dec = corner
    except (TypeError, ValueError):
        raise RegionError(f"{corner!r} is no corner: give (ra, dec) in degrees") from None
    return position(ra, dec)


def _cross(one: Any, other: Any) -> bool:
    """Return whether two sides meet anywhere but at an end that they share."""
    (a, b), (c, d) = one, other
    if b == c or a == d:  # neighbours, which meet again only where they fold back
        outer, shared, far = (a, b, d) if b == c else (b, a, c)
        return _turn(outer, shared, far) == 0 and _is_ahead(shared, outer, far)
    turns = (_turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b))
    if 0 in turns:
        return any(
            turn == 0 and _is_between(*ends, point)
            for turn, ends, point in zip(
                turns, ((a, b), (a, b), (c, d), (c, d)), (c, d, a, b), strict=True
            )
        )
    return turns[0] != turns[1] and turns[2] != turns[3]


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> int:
    return int(np.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])))


def _is_ahead(origin: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Return whether ``a`` and ``b`` lie in one direction from ``origin``."""
    along = (a[0] - origin[0]) * (b[0] - origin[0]) + (a[1] - origin[1]) * (b[1] - origin[1])
    return along > 0


def _is_between(a: tuple[float, float], b: tuple[float, float], point: tuple[float, float]) -> bool:
    """Return whether ``point``, which is on the line through ``a`` and ``b``, lies between."""
    return all(min(p, q) <= v <= max(p, q) for p, q, v in zip(a, b, point, strict=True))
