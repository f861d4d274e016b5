"""IdleClock: how long a server has not been used, and what follows from it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from astroflow_core.idle import seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from astroflow_core.idle import IdleTimes


class IdleClock:
    """Knows for how many seconds the server has not been used.

    It stands still while the machine sleeps: nobody is to find their server stopped, and never
    to have been warned, when they open a laptop in the morning.
    """

    def __init__(self, times: IdleTimes, now: Callable[[], float] = time.monotonic) -> None:
        if times.stop_after is None:
            raise ValueError("without stop_after there is nothing to wait for")
        self.stop_after = seconds(times.stop_after)
        self.warn_before = seconds(times.warn_before)
        self._now = now
        self._used = now()

    def use(self, ago: float = 0.0) -> None:
        """Note that the server was used so many seconds ago."""
        self._used = max(self._used, self._now() - max(0.0, ago))

    @property
    def unused(self) -> float:
        """Seconds since it was last used."""
        return self._now() - self._used

    @property
    def stops_in(self) -> float:
        """Seconds that are left until it is stopped, if nobody uses it."""
        return max(0.0, self._used + self.stop_after - self._now())

    @property
    def warns(self) -> bool:
        """Whether so little is left that the person is told."""
        return self.stops_in <= self.warn_before
