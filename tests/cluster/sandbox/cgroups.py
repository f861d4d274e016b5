"""The folders that the kubelets account their pods in, in every hierarchy."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from sandbox.errors import SandboxError

ROOT = Path("/sys/fs/cgroup")


def hierarchies() -> list[Path]:
    """Return the top folders: one in all (version 2), or one a controller (version 1)."""
    if (ROOT / "cgroup.controllers").exists():
        return [ROOT]
    return [path for path in ROOT.iterdir() if path.is_dir()]


def make(name: str) -> None:
    """Make the folder `name` in each hierarchy."""
    for top in hierarchies():
        (top / name).mkdir(exist_ok=True)
        # Version 1 starts a cpuset empty, and nothing runs in an empty one.
        for setting in ("cpuset.cpus", "cpuset.mems"):
            if (top / setting).exists():
                (top / name / setting).write_text((top / setting).read_text())


def remove(prefix: str, timeout: float = 15.0) -> None:
    """Remove every folder whose name starts with `prefix`, deepest first.

    Raises
    ------
    SandboxError
        When processes are still in one after `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    while folders := sorted(_folders(prefix), key=lambda path: -len(path.parts)):
        for folder in folders:
            # The kernel lets go of a killed process a moment later.
            with contextlib.suppress(OSError):
                folder.rmdir()
        if time.monotonic() > deadline:
            raise SandboxError(f"{folders[0]} still holds processes; end them and try again")
        time.sleep(0.05)


def _folders(prefix: str) -> Iterator[Path]:
    for top in hierarchies():
        for folder in top.glob(f"{prefix}*"):
            yield from (Path(path) for path, _, _ in os.walk(folder))
