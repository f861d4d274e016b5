"""IdleClock: how long a server has not been used, and what follows from it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from astroflow_core.idle import seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from astroflow_core.idle import IdleTimes


class IdleClock:
    """Knows when the server was last used; times are in seconds since 1970."""

    def __init__(self, times: IdleTimes, now: Callable[[], float] = time.time) -> None:
        if times.stop_after is None:
            raise ValueError("without stop_after there is nothing to wait for")
        self.stop_after = seconds(times.stop_after)
        self.warn_before = seconds(times.warn_before)
        self._now = now
        self._used = now()

    def use(self, when: float | None = None) -> None:
        """Note that the server was used at ``when``, or is now."""
        now = self._now()
        self._used = max(self._used, now if when is None else min(when, now))

    @property
    def used(self) -> float:
        """When it was last used."""
        return self._used

    @property
    def unused(self) -> float:
        """Seconds since then."""
        return self._now() - self._used

    @property
    def stops_in(self) -> float:
        """Seconds that are left until it is stopped, if nobody uses it."""
        return max(0.0, self._used + self.stop_after - self._now())

    @property
    def warns(self) -> bool:
        """Whether so little is left that the person is told."""
        return self.stops_in <= self.warn_before
