"""How much the files below a folder take on the disk."""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BLOCK = 512  # bytes, whatever the file system's own blocks are


def folder_size(folder: Path, patience: float) -> int | None:
    """Return the bytes that ``folder`` takes; None where that takes longer than ``patience``.

    A file with several names counts once, and links are not followed: as `du` counts.
    A folder that is not there takes nothing. ``patience`` is in seconds.
    """
    deadline = time.monotonic() + patience
    total, several = 0, set()
    for status in _below(str(folder)):
        if time.monotonic() > deadline:
            return None
        if status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode):
            if (status.st_dev, status.st_ino) in several:
                continue
            several.add((status.st_dev, status.st_ino))
        total += status.st_blocks * _BLOCK
    return total


def _below(folder: str) -> Iterator[os.stat_result]:
    """Yield the status of the folder and of everything in it that can be seen."""
    waiting = [folder]
    with suppress(OSError):
        yield os.lstat(folder)
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                with suppress(OSError):  # it has just been removed
                    yield entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
