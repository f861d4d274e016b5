"""Once: remembers what may be used a single time."""

from __future__ import annotations

import time


class Once:
    """Knows which names were used; each is remembered until it is worthless anyway."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def use(self, name: str, expires: float) -> bool:
        """Return whether this is the first use of ``name``, which ends at ``expires``.

        ``expires`` is in seconds since 1970.
        """
        now = time.time()
        self._until = {known: until for known, until in self._until.items() if until > now}
        if name in self._until:
            return False
        self._until[name] = expires
        return True
