"""Random numbers that depend on a seed, a key and a name, and on nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Draw:
    """Draws one number a key: the same for the same seed, name and key, in any order."""

    seed: int
    keys: NDArray[np.int64]

    def bits(self, name: str) -> NDArray[np.uint64]:
        """Return 64 random bits a key: the finaliser of SplitMix64 over key and name."""
        salt = blake2b(f"{self.seed}/{name}".encode(), digest_size=8).digest()
        bits = self.keys.view(np.uint64) + np.frombuffer(salt, np.uint64)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            bits ^= bits >> np.uint64(shift)
            bits *= np.uint64(factor)
        bits ^= bits >> np.uint64(31)
        return bits

    def uniform(self, name: str, low: float = 0.0, high: float = 1.0) -> NDArray[np.float64]:
        """Return numbers evenly spread over ``low`` to ``high``, ``low`` included."""
        unit = (self.bits(name) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return low + (high - low) * unit

    def normal(self, name: str, mean: float = 0.0, sigma: float = 1.0) -> NDArray[np.float64]:
        """Return normally distributed numbers (Box and Muller)."""
        radius = np.sqrt(-2 * np.log1p(-self.uniform(f"{name}/radius")))
        unit: NDArray[np.float64] = radius * np.cos(2 * np.pi * self.uniform(f"{name}/angle"))
        return mean + sigma * unit

    def whole(self, name: str, low: int, high: int) -> NDArray[np.int64]:
        """Return whole numbers from ``low`` to ``high``, both included."""
        return np.floor(self.uniform(name, low, high + 1)).astype(np.int64)

    def happens(self, name: str, probability: float) -> NDArray[np.bool_]:
        """Return whether an event of this probability happens to each key."""
        return self.uniform(name) < probability
