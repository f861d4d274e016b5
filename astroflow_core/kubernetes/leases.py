"""Leases: which clusters run for this notebook's pod, and whose kernel each of them needs.

A kernel that starts a cluster writes a file and holds a lock on it as long as it lives. So
others in the pod can tell what runs; and when the lock is free while the file is there, the
kernel died without ending its cluster: whoever looks removes what is left of it. Where the file
is removed, the kernel is asked to end its cluster.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from astroflow_core.kubernetes.api import Namespace
    from astroflow_core.session import ClusterSize

FOLDER = Path("/tmp/astroflow/clusters")  # noqa: S108 (a volume of the pod's own)
SESSION_LABEL = "astroflow.org/session"
DASK_API = "/apis/kubernetes.dask.org/v1"
_CORE_KINDS = ("pods", "services", "configmaps")
_LOOK_EACH = 2  # seconds
_NOTEBOOK = "JPY_SESSION_NAME"  # where Jupyter tells a kernel whose it is


@dataclass(frozen=True, slots=True)
class Lease:
    """A cluster of this pod: of ``engine`` (``spark`` or ``dask``), called ``name``.

    Its pages are served at ``pages``, as ``host:port``, for this pod alone.
    """

    name: str
    engine: str
    pods: int
    cores: int
    memory: str
    since: str
    notebook: str
    pages: str

    @classmethod
    def of(cls, name: str, engine: str, size: ClusterSize, pages: str) -> Lease:
        """Describe a cluster that this process starts now."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        notebook = Path(os.environ.get(_NOTEBOOK, "a script")).name
        return cls(name, engine, size.pods, size.cores, size.memory, now, notebook, pages)

    def __str__(self) -> str:
        """Return the cluster in one line."""
        what = {"spark": "executors", "dask": "workers"}[self.engine]
        return (
            f"{self.name}: {self.pods} {what} of {self.cores} cores and {self.memory}, "
            f"of {self.notebook}, since {datetime.fromisoformat(self.since):%Y-%m-%d %H:%M} UTC"
        )

    def hold(self, folder: Path = FOLDER) -> HeldLease:
        """Note the cluster and hold its lock."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.json"
        file = path.open("w", encoding="utf-8")
        fcntl.flock(file, fcntl.LOCK_EX)
        json.dump(asdict(self), file)
        file.flush()
        return HeldLease(path, file)


@dataclass(frozen=True, slots=True)
class HeldLease:
    """The note of a cluster whose kernel is this process."""

    path: Path
    file: IO[str]

    @property
    def is_wanted(self) -> bool:
        """Whether nobody has asked to end the cluster."""
        return self.path.exists()

    def watch(
        self, runs: Callable[[], bool], look: Callable[[], None], end: Callable[[], object]
    ) -> None:
        """Look at the cluster now and then, in the background, while it runs; end it when asked."""

        def watching() -> None:
            while runs():
                if self.is_wanted:
                    look()
                else:
                    end()
                time.sleep(_LOOK_EACH)

        Thread(target=watching, daemon=True).start()

    def release(self) -> None:
        """Remove the note: the cluster has ended."""
        self.path.unlink(missing_ok=True)
        self.file.close()


def leases(folder: Path = FOLDER) -> list[Lease]:
    """Return the clusters whose kernels live, in order of their start."""
    found = [lease for path, lease in _read_all(folder) if not _is_free(path)]
    return sorted(found, key=lambda lease: lease.since)


def tell_of_others(price: str, say: Callable[[str], None], folder: Path = FOLDER) -> None:
    """Say which clusters run already, and what of the quota one more takes, its ``price``."""
    others = leases(folder)
    for other in others:
        say(f"beside it runs {other}")
    if others and price:
        say(f"this one takes {price} that your quota has left")


def end(name: str, folder: Path = FOLDER) -> bool:
    """Ask the kernel of a cluster to end it; return whether there is one of that name."""
    try:
        (folder / f"{name}.json").unlink()
    except FileNotFoundError:
        return False
    return True


def orphans(folder: Path = FOLDER) -> list[Lease]:
    """Return the clusters whose kernels died."""
    return [lease for path, lease in _read_all(folder) if _is_free(path)]


def remove_orphan(namespace: Namespace, lease: Lease, folder: Path = FOLDER) -> None:
    """Remove what is left of a cluster whose kernel died."""
    remove(namespace, lease.engine, lease.name)
    end(lease.name, folder)


def remove(namespace: Namespace, engine: str, name: str) -> None:
    """Remove every object of a cluster."""
    selector = f"{SESSION_LABEL}={name}"
    if engine == "dask":
        namespace.delete("daskclusters", selector, DASK_API)
        return
    for kind in _CORE_KINDS:
        namespace.delete(kind, selector)


def _read_all(folder: Path) -> Iterator[tuple[Path, Lease]]:
    for path in folder.glob("*.json"):
        with suppress(FileNotFoundError, json.JSONDecodeError):  # it ends, or is being written
            yield path, Lease(**json.loads(path.read_text(encoding="utf-8")))


def _is_free(path: Path) -> bool:
    """Tell whether nobody holds the lock of a note."""
    with suppress(FileNotFoundError), path.open(encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
    return False
