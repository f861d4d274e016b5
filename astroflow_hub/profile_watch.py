"""ProfileWatch: the profiles as they are now, or else the last ones without a problem."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astroflow_hub.profile_store import ProfilesError, ProfileStore, profile_files

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Sequence

# Of each file: its name, inode, bytes and time of change. Kubernetes swaps whole folders.
_Seen = list[tuple[str, int, int, int]]


class ProfileWatch:
    """Reads the profiles of a folder again when a file there has changed.

    A change with a problem is not taken over: what was offered before stays, and ``problem``
    is there for the admin, and once in the log.
    """

    def __init__(self, read: Callable[[], ProfileStore], folder: Path) -> None:
        self._read = read
        self._folder = folder
        self._seen: _Seen | None = None
        self._good: ProfileStore | None = None
        self.problem: ProfilesError | None = None

    def store(self, log: logging.Logger | logging.LoggerAdapter[Any]) -> ProfileStore:
        """Return the profiles that are offered now.

        Raises
        ------
        ProfilesError
            When they have problems, and had none never before.
        """
        seen = _look(self._folder)
        if seen != self._seen or self.problem:
            self._take_over(log)
            self._seen = seen
        if self._good is None:
            raise self.problem or ProfilesError([])
        return self._good

    def _take_over(self, log: logging.Logger | logging.LoggerAdapter[Any]) -> None:
        known = str(self.problem)
        try:
            self._good, self.problem = self._read(), None
        except ProfilesError as error:
            self.problem = error
            if str(error) != known:
                kept = "are not taken over; those before stay" if self._good else "have problems"
                log.error("The profiles %s:\n%s", kept, error)  # noqa: TRY400 (no trace)


def read_store(inline: Sequence[Any], profiles_dir: str, data_dir: str | None) -> ProfileStore:
    """Return the profiles written ``inline``, or else those in the folder ``profiles_dir``.

    Raises
    ------
    ProfilesError
        With every problem, among them catalogues that ``data_dir``, if given, lacks.
    """
    data = Path(data_dir) if data_dir is not None else None
    if inline:
        return ProfileStore.from_list(inline, data)
    return ProfileStore.from_dir(Path(profiles_dir), data)


def watch(inline: Sequence[Any], profiles_dir: str, data_dir: str | None) -> ProfileWatch:
    """Return the one watch of these profiles: all spawners of the hub share it."""
    return _watch(json.dumps(list(inline)), profiles_dir, data_dir)


@cache
def _watch(inline: str, profiles_dir: str, data_dir: str | None) -> ProfileWatch:
    return ProfileWatch(
        lambda: read_store(json.loads(inline), profiles_dir, data_dir), Path(profiles_dir)
    )


def _look(folder: Path) -> _Seen:
    seen = []
    for path in profile_files(folder):
        with suppress(OSError):  # it has just been removed
            status = path.stat()
            seen.append((path.name, status.st_ino, status.st_size, status.st_mtime_ns))
    return seen
