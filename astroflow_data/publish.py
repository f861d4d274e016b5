"""Make a folder where nobody looks, then rename it into place whole."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from astroflow_core.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def publish(target: Path) -> Iterator[Path]:
    """Give an empty folder to write in; it becomes ``target`` when the block ends well.

    The folder lies beside ``target``, on the same file system, so that the rename is one
    step. Its name begins with a dot and ends in ``.partial``: no reader takes it for data.
    What a killed run left behind is removed first; a run that is still alive is not touched.

    Raises
    ------
    DataError
        When ``target`` exists already, or the disk refuses (full, read-only, no permission).
    """
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(target)
        partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
        partial.mkdir()
        try:
            with locked(partial):
                yield partial
                _rename(partial, target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def disk_errors(target: Path) -> Iterator[None]:
    """Turn an `OSError` while writing ``target`` into a `DataError` for the person."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise DataError(
            f"{target} could not be written: {error.strerror or error}{where}; nothing half-made "
            f"was left. Give --out a folder that you may write to, with space enough"
        ) from error


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock on a folder, or on a file that is made if need be.

    The kernel lets it go when the process dies, however it dies. Network file systems lock
    only files.

    Raises
    ------
    BlockingIOError
        When another process holds it.
    """
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def publish_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` so that a reader finds the old contents or the new, whole."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _rename(partial: Path, target: Path) -> None:
    if target.exists():
        raise DataError(f"{target} exists already; it was left as it is")
    partial.rename(target)


def _remove_abandoned(target: Path) -> None:
    for folder in target.parent.glob(f".{target.name}.*.partial"):
        try:
            with locked(folder):
                shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            continue
