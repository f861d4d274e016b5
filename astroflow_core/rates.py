"""How fast this machine reads: measured by sessions at work, kept in the cache folder for later.

One file an engine, replaced whole: the last measurement counts.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkstemp
from threading import Lock
from typing import Literal

from astroflow_core.errors import AstroFlowError
from astroflow_core.session import SessionSettings

Engine = Literal["spark", "dask"]

LEAST_BYTES = 4_000_000  # less says more of a query's start than of its reading


@dataclass(frozen=True, slots=True)
class Rate:
    """Compressed bytes of the columns read in a second by one core, and when it was measured."""

    bytes_per_second: float
    measured: str

    @classmethod
    def now(cls, size: int, core_seconds: float) -> Rate:
        """Return the rate of ``size`` bytes in so many seconds of one core, measured now."""
        return cls(size / core_seconds, f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC")


def last_rate(engine: Engine) -> Rate | None:
    """Return what a session on this machine measured last; None where none did."""
    with suppress(OSError, ValueError, TypeError):
        rate = Rate(**json.loads(_path(engine).read_text(encoding="utf-8")))
        return rate if rate.bytes_per_second > 0 else None
    return None


def keep_rate(engine: Engine, size: int, core_seconds: float) -> None:
    """Keep a measurement for later sessions, if it is of enough bytes and there is a place."""
    if size < LEAST_BYTES or core_seconds <= 0:
        return
    with suppress(OSError, AstroFlowError):  # no query fails for want of a note about it
        path = _path(engine)
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, partial = mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(Rate.now(size, core_seconds)), file)
        Path(partial).replace(path)


def _path(engine: Engine) -> Path:
    settings = SessionSettings.from_environ(os.environ)
    return settings.cache_dir.expanduser() / "rates" / f"{engine}.json"


class Meter:
    """Sums up what a process reads, and keeps the rate whenever that is enough to tell one."""

    def __init__(self, engine: Engine) -> None:
        self._engine: Engine = engine
        self._lock = Lock()
        self._size = 0
        self._seconds = 0.0

    def note(self, size: int, seconds: float) -> None:
        """Note that one thread read ``size`` bytes in ``seconds``."""
        with self._lock:
            self._size += size
            self._seconds += seconds
            if self._size < LEAST_BYTES:
                return
            size, seconds = self._size, self._seconds
            self._size, self._seconds = 0, 0.0
        keep_rate(self._engine, size, seconds)
