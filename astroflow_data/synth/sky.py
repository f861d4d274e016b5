"""Where synthetic sources lie: how many in each pixel, and their ``source_id`` and position."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import erfa
import healpy
import numpy as np

from astroflow_core.healpix import id_bounds, pixel_count
from astroflow_data.source_id_order import CUT_LEVEL
from astroflow_data.synth.draw import Draw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# A real id below its level-12 pixel: data centre 0 or 1 (bit 32), running number (bits 7 to 28).
_SLOTS = 256 * 2 * 2**22  # ids of a level-8 pixel: level-12 pixels, centres, running numbers
_SUB_LEVEL = 29  # healpy's deepest


class Sky:
    """The sources of a synthetic catalogue, numbered 0 to ``rows`` - 1 by ``source_id``."""

    def __init__(self, rows: int, seed: int) -> None:
        self.rows = rows
        self.seed = seed

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Sources in every pixel of level `CUT_LEVEL`, NESTED; their sum is ``rows``."""
        density = _density()
        rng = np.random.default_rng(self.seed)
        counts: NDArray[np.int64] = rng.multinomial(self.rows, density / density.sum())
        return counts

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        return np.concatenate([[0], np.cumsum(self.counts)])

    def chunks(self, first: int, stop: int, size: int) -> Iterator[NDArray[np.int64]]:
        """Give the ids with ``first <= source_id < stop`` in order, about ``size`` at a time.

        Both bounds lie on edges of pixels of level `CUT_LEVEL`.
        """
        edges = id_bounds(np.arange(pixel_count(CUT_LEVEL) + 1), CUT_LEVEL)[0]
        begin, end = self._starts[np.searchsorted(edges, [first, stop])].tolist()
        for row in range(begin, end, size):
            yield self._ids(row, min(row + size, end))

    def _ids(self, first_row: int, stop_row: int) -> NDArray[np.int64]:
        """Return the ids of sources by number.

        A pixel with k sources has its possible ids cut into k equal strata and one drawn
        from each, so ids come unique and in order without a look at their neighbours.
        """
        rows = np.arange(first_row, stop_row)
        pixels = np.searchsorted(self._starts, rows, side="right") - 1
        in_pixel, of_pixel = rows - self._starts[pixels], self.counts[pixels]
        low = in_pixel * _SLOTS // of_pixel
        width = (in_pixel + 1) * _SLOTS // of_pixel - low
        random = (Draw(self.seed, rows).bits("source_id") >> np.uint64(1)).astype(np.int64)
        slot = low + random % width
        child, centre, number = slot >> 23, (slot >> 22) & 1, slot & (2**22 - 1)
        in_level_8 = (child << 35) | (centre << 32) | (number << 7)
        return id_bounds(pixels, CUT_LEVEL)[0] | in_level_8


def position(ids: NDArray[np.int64], draw: Draw) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ra and dec in degrees, inside the level-12 pixel that each id encodes."""
    below = 2 * (_SUB_LEVEL - 12)
    inside = (draw.bits("position") >> np.uint64(64 - below)).astype(np.int64)
    sub_pixel = ((ids >> 35) << below) | inside
    return healpy.pix2ang(2**_SUB_LEVEL, sub_pixel, nest=True, lonlat=True)  # type: ignore[no-any-return]


def _density() -> NDArray[np.float64]:
    """Return the relative density of sources in every pixel: a halo, a disc and a bulge."""
    pixels = np.arange(pixel_count(CUT_LEVEL))
    ra, dec = healpy.pix2ang(2**CUT_LEVEL, pixels, nest=True, lonlat=True)
    l, b = np.degrees(erfa.icrs2g(np.radians(ra), np.radians(dec)))  # noqa: E741 (its name)
    from_centre = (l + 180) % 360 - 180
    disc = np.exp(-np.abs(b) / 10) * (0.6 + np.exp(-((from_centre / 70) ** 2)))
    bulge = np.exp(-((from_centre / 9) ** 2) - (b / 6) ** 2)
    return 0.04 + disc + 4 * bulge  # type: ignore[no-any-return]
