"""Reading from a mount that may be lost, without waiting for it for ever."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from astroflow_core.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")
PATIENCE = 20.0  # seconds; storage that wakes up needs some, one that is lost never answers


def in_time(read: Callable[[], T], folder: Path, seconds: float = PATIENCE) -> T:
    """Return what ``read`` gives, which reads below ``folder``.

    Whoever reads from a mount whose storage is gone sleeps in the kernel until it is back, and
    no signal reaches it: so a thread reads, and is left behind.

    Raises
    ------
    CatalogueError
        When there is no answer within ``seconds``.
    """
    done: list[T] = []
    failed: list[BaseException] = []
    thread = Thread(target=_note, args=(read, done, failed), daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not done:
        raise CatalogueError(
            f"{folder} does not answer within {seconds:g} s: its mount is lost. Stop your server "
            f"and start it again; where that does not help, tell whoever runs the hub"
        )
    return done[0]


def _note(read: Callable[[], T], done: list[T], failed: list[BaseException]) -> None:
    try:
        done.append(read())
    except BaseException as error:  # noqa: BLE001 (it is raised where the answer is waited for)
        failed.append(error)
