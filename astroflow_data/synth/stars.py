"""A model of the sources: brightness, distance, colour, motion, and what is known of each.

Plausible rather than true: a screen of sources with Gaia's range of magnitudes, its share of
missing values, a main sequence, giants, reddening and the Sun's motion.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import erfa
import numpy as np

from astroflow_data.solar_reflex import KM_S_OF_MAS_YR_AT_KPC, tangential_velocity
from astroflow_data.synth.draw import Draw
from astroflow_data.synth.sky import position

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from astroflow_data.synth.shares import Share
    from astroflow_data.synth.sky import Sky

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

FAINTEST = 20.9  # G magnitude
_SLOPE = 0.29  # of log10(number of sources) by magnitude
_OBLIQUITY = np.radians(23.439_291_1)  # of the ecliptic at J2000
_MAIN_SEQUENCE = ([-1.0, 1.0, 3.0, 4.5, 5.8, 7.8, 8.8, 11.2, 14.0, 18.0],
                  [-0.3, 0.0, 0.5, 0.8, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0])  # fmt: skip
_TURN_OFF = 3.5  # absolute G magnitude brighter than which stars are giants


class Stars:
    """Some sources of a catalogue; every property is an array, one value a source."""

    def __init__(self, ids: NDArray[np.int64], sky: Sky) -> None:
        self.ids = ids
        self.sky = sky
        self.draw = Draw(sky.seed, ids)

    def has(self, share: Share) -> Flags:
        """Return whether each source belongs to ``share``."""
        scattered = self.draw.happens(f"{share.draw}/scatter", share.scatter)
        rank = np.where(scattered, self.draw.uniform(share.draw), self.brightness_rank)
        return rank < share.part_of(self.sky.rows)

    @cached_property
    def brightness_rank(self) -> Floats:
        """The part of all sources that is brighter, 0 to 1."""
        return 1 - self.draw.uniform("brightness")

    @cached_property
    def g(self) -> Floats:
        """G magnitude."""
        return np.maximum(FAINTEST + np.log10(self.brightness_rank) / _SLOPE, 1.7)

    @cached_property
    def position(self) -> tuple[Floats, Floats]:
        """Right ascension and declination (ICRS), degrees."""
        return position(self.ids, self.draw)

    @cached_property
    def galactic(self) -> tuple[Floats, Floats]:
        """Galactic longitude and latitude, degrees."""
        l, b = erfa.icrs2g(*np.radians(self.position))  # noqa: E741 (its name)
        return np.degrees(l), np.degrees(b)

    @cached_property
    def ecliptic(self) -> tuple[Floats, Floats]:
        """Ecliptic longitude and latitude of J2000, degrees."""
        ra, dec = np.radians(self.position)
        x, y, z = np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)
        along = y * np.cos(_OBLIQUITY) + z * np.sin(_OBLIQUITY)
        up = np.clip(z * np.cos(_OBLIQUITY) - y * np.sin(_OBLIQUITY), -1, 1)
        return np.degrees(np.arctan2(along, x)) % 360, np.degrees(np.arcsin(up))

    @cached_property
    def distance(self) -> Floats:
        """Distance in kpc: nearer than 1 kpc for a quarter of the sources."""
        return np.exp(self.draw.normal("distance", np.log(1.8), 0.8))

    @cached_property
    def extinction(self) -> Floats:
        """A_G in magnitudes: grows with distance, mostly in the plane."""
        clouds: Floats = np.exp(self.draw.normal("clouds", 0, 0.3))
        plane: Floats = np.exp(-np.abs(self.galactic[1]) / 12)
        depth: Floats = np.minimum(self.distance, 8)
        return 0.5 * clouds * plane * depth

    @cached_property
    def absolute_g(self) -> Floats:
        """Absolute G magnitude."""
        modulus: Floats = 5 * np.log10(self.distance) + 10
        return self.g - modulus - self.extinction

    @cached_property
    def is_giant(self) -> Flags:
        """Whether the star has left the main sequence."""
        return (self.absolute_g < _TURN_OFF) & self.draw.happens("giant", 0.6)

    @cached_property
    def intrinsic_colour(self) -> Floats:
        """BP - RP without reddening, magnitudes."""
        dwarf = np.interp(self.absolute_g, *_MAIN_SEQUENCE)
        colour: Floats = np.where(self.is_giant, 1.25 - 0.09 * self.absolute_g, dwarf)
        return colour + self.draw.normal("colour", 0, 0.05)

    @cached_property
    def colour(self) -> Floats:
        """BP - RP as seen, magnitudes."""
        return self.intrinsic_colour + 0.5 * self.extinction

    @cached_property
    def bp(self) -> Floats:
        """BP magnitude, noisy at the faint end."""
        return self.g + 0.45 * self.colour + self.draw.normal("bp") * 10 ** (0.4 * (self.g - 22))

    @cached_property
    def rp(self) -> Floats:
        """RP magnitude."""
        return self.g - 0.55 * self.colour + self.draw.normal("rp") * 10 ** (0.4 * (self.g - 23))

    @cached_property
    def temperature(self) -> Floats:
        """Effective temperature in kelvin."""
        return np.clip(8000 / (0.6 + np.maximum(self.intrinsic_colour, -0.2)), 2500, 40000)

    @cached_property
    def parallax_error(self) -> Floats:
        """Standard error of the parallax, mas: about 0.02 to G = 14, 0.5 at G = 20."""
        spread = np.exp(self.draw.normal("parallax_error", 0, 0.2))
        return 0.018 * spread * np.sqrt(1 + 10 ** (0.62 * (self.g - 15.5)))

    @cached_property
    def parallax(self) -> Floats:
        """Parallax as measured, mas."""
        return 1 / self.distance + self.draw.normal("parallax") * self.parallax_error

    @cached_property
    def transits(self) -> NDArray[np.int64]:
        """How often the source crossed the field of view."""
        return self.draw.whole("transits", 12, 70)

    @cached_property
    def bad_observations(self) -> NDArray[np.int64]:
        """Observations along scan that the solution does not use."""
        return self.draw.whole("bad_observations", 0, 6)

    @cached_property
    def proper_motion(self) -> tuple[Floats, Floats]:
        """Proper motion along ra (times cos dec) and dec, mas/yr: seen from a moving Sun."""
        east, north = tangential_velocity(*self.position)
        scale = KM_S_OF_MAS_YR_AT_KPC * self.distance
        return (
            (east + self.draw.normal("pmra", 0, 35)) / scale,
            (north + self.draw.normal("pmdec", 0, 35)) / scale,
        )
