"""Arithmetic between Gaia's ``source_id`` and HEALPix pixels, in the NESTED scheme.

Bits 35 and up of a ``source_id`` are the HEALPix level-12 pixel of the position known when
the id was made (Gaia DR3 documentation, ``gaia_source.source_id``), so every pixel of levels
0 to 12 is one contiguous range of ids. Level is the HEALPix order: ``nside = 2**level``.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, TypeVar

from astroflow_core.errors import LevelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    # Half-open ranges of ids, of shape (n, 2): in order, none touching another.
    IdRanges = NDArray[np.int64]

MAX_LEVEL = 12
_LEVEL_12_SHIFT = 35

Ids = TypeVar("Ids", "int", "NDArray[np.int64]")


def check_level(level: int) -> int:
    """Return ``level``, numpy's integers too, as an int if a ``source_id`` carries it.

    Raises
    ------
    LevelError
        For anything but a whole number from 0 to 12.
    """
    if not _is_whole(level) or not 0 <= level <= MAX_LEVEL:
        raise LevelError(
            f"HEALPix level {level!r}: a source_id carries whole levels 0 to {MAX_LEVEL}"
        )
    return int(level)


def pixel_count(level: int) -> int:
    """Return how many pixels the whole sky has at ``level``."""
    return int(12 * 4 ** check_level(level))


def id_shift(level: int) -> int:
    """Return by how many bits a ``source_id`` is shifted right to give its pixel.

    >>> 2 ** id_shift(12) == 34359738368
    True
    """
    return _LEVEL_12_SHIFT + 2 * (MAX_LEVEL - check_level(level))


def pixel_of(source_id: Ids, level: int) -> Ids:
    """Return the pixel at ``level`` of one ``source_id`` or of an int64 array of them.

    >>> pixel_of(4472832130942575872, 6)
    31781
    """
    return source_id >> id_shift(level)


def id_bounds(pixels: Ids, level: int) -> tuple[Ids, Ids]:
    """Return the first id of each pixel and the first id beyond it (half-open ranges)."""
    shift = id_shift(level)
    # A shift keeps numpy's type, and an id is wider than the int32 that a pixel fits in.
    wide = pixels if isinstance(pixels, int) else pixels.astype("int64")
    return wide << shift, (wide + 1) << shift


@dataclass(frozen=True, slots=True, order=True)
class Pixel:
    """A NESTED HEALPix pixel.

    >>> Pixel(6, 31781).ids
    range(4472778117420679168, 4472918854909034496)
    """

    level: int
    index: int

    def __post_init__(self) -> None:
        """Refuse a pixel that is not on the sky."""
        if not _is_whole(self.index) or not 0 <= self.index < pixel_count(self.level):
            raise LevelError(
                f"level {self.level} has pixels 0 to {pixel_count(self.level) - 1}, "
                f"not {self.index!r}"
            )

    @classmethod
    def of(cls, source_id: int, level: int) -> Pixel:
        """Return the pixel at ``level`` that ``source_id`` lies in."""
        return cls(level, pixel_of(source_id, level))

    @property
    def ids(self) -> range:
        """Every ``source_id`` that lies in the pixel, as one half-open range."""
        return range(*id_bounds(self.index, self.level))


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)
