"""ProfileWatch: the profiles as they are now, or else the last ones without a problem."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astroflow_hub.profile_store import ProfileStore, profile_files
from astroflow_hub.watch import FileWatch

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Sequence


class ProfileWatch(FileWatch[ProfileStore]):
    """Reads the profiles of a folder again when a file there has changed."""

    def __init__(self, read: Callable[[], ProfileStore], folder: Path) -> None:
        super().__init__(read, lambda: profile_files(folder), "profiles")

    def store(self, log: logging.Logger | logging.LoggerAdapter[Any]) -> ProfileStore:
        """Return the profiles that are offered now.

        Raises
        ------
        ProfilesError
            When they have problems, and had none never before.
        """
        return self.now(log)


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
