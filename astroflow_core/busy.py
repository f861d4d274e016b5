"""Busy notes: Spark and Dask tell the notebook's server that they are at work.

The server makes a folder and names it in its environment, which its kernels and terminals
inherit. Whoever computes for the session renews a note there; what is not renewed counts no
more. So nobody has to know where the others are, and a process that dies leaves no claim.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

FOLDER_VARIABLE = "ASTROFLOW_BUSY_DIR"
RENEW_SECONDS = 5


def tells_busy() -> bool:
    """Return whether somebody wants to know."""
    return FOLDER_VARIABLE in os.environ


def tell_busy(engine: str) -> None:
    """Note that ``engine`` computes now, in this process or for it."""
    with suppress(KeyError, OSError):  # nobody wants to know, or no longer does
        (Path(os.environ[FOLDER_VARIABLE]) / f"{engine}-{os.getpid()}").touch()


def last_busy(folder: Path) -> float:
    """Return when any engine was last busy, in seconds since 1970; 0 for never."""
    times = [0.0]
    for note in folder.iterdir():
        with suppress(OSError):
            times.append(note.stat().st_mtime)
    return max(times)
