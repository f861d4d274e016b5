"""A Jupyter server extension: notices kernels that the system kills when memory runs out.

The server starts such a kernel again and JupyterLab says that it died, but not of what. The
page asks at ``astroflow/kernels``, so that a person whose page was closed learns of it, too.
Where the whole pod is killed with the kernel, it is the hub that says so.
"""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado.ioloop import PeriodicCallback
from tornado.web import authenticated

from astroflow_core.errors import SessionError
from astroflow_core.kubernetes.quantities import show_memory
from astroflow_core.machine import Machine
from astroflow_core.out_of_memory import memory_kills
from astroflow_core.session import SessionSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_LOOK_SECONDS = 1
_KEPT = 20
# Within so many seconds the server notices that a kernel died.
_NOTICED = 15


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Watch the kernels of a server of the hub."""
    try:
        SessionSettings.from_environ(os.environ)
    except SessionError:
        return  # not a server of the hub
    watch = KernelWatch(server.kernel_manager)
    url = url_path_join(server.base_url, "astroflow", "kernels")
    server.web_app.add_handlers(".*$", [(url, KernelsHandler, {"watch": watch})])
    watch.start()


@dataclass(frozen=True, slots=True)
class End:
    """The end of a kernel, at ``when`` in seconds since 1970."""

    kernel: str
    when: float

    @property
    def id(self) -> str:
        """What tells it from every other."""
        return f"{self.kernel}-{self.when}"

    def message(self, notebook: str | None) -> str:
        """Return what to say of the kernel of ``notebook``: JupyterLab shows 140 characters."""
        whose = f"of {PurePosixPath(notebook).name}" if notebook else "of a notebook"
        at = time.strftime("%H:%M", time.localtime(self.when))
        memory = show_memory(Machine.this().memory)
        return (
            f"The kernel {whose} was killed at {at}: this server's {memory} of memory ran out. "
            f"Hold less at once, or choose a larger size."
        )


class KernelWatch:
    """Notes kernels that were killed when memory ran out; ``kills`` counts such kills."""

    def __init__(self, kernels: Any, kills: Callable[[], int] = memory_kills) -> None:
        self.ends: deque[End] = deque(maxlen=_KEPT)
        self._kernels = kernels
        self._kills = kills
        self._count = kills()
        self._last_kill = float("-inf")
        self._watched: set[str] = set()
        self._looks = PeriodicCallback(self.look, _LOOK_SECONDS * 1000)

    def start(self) -> None:
        """Look from now on."""
        self._looks.start()

    def look(self) -> None:
        """Note when memory ran out last, and listen to kernels that are new."""
        count = self._kills()
        if count > self._count:
            self._count, self._last_kill = count, time.monotonic()
        running = set(self._kernels.list_kernel_ids())
        for kernel in running - self._watched:
            self._kernels.add_restart_callback(kernel, lambda kernel=kernel: self._note(kernel))
        self._watched = running

    def _note(self, kernel: str) -> None:
        """Note the end of a kernel that died, if it was killed and memory ran out."""
        self.look()
        process = getattr(self._kernels.get_kernel(kernel).provisioner, "process", None)
        was_killed = process is not None and process.poll() == -signal.SIGKILL
        if was_killed and time.monotonic() - self._last_kill < _NOTICED:
            self.ends.append(End(kernel, time.time()))

    def told(self, sessions: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
        """Return what a page is to say, with the names of the notebooks in ``sessions``."""
        notebooks = {s["kernel"]["id"]: s["path"] for s in sessions if s.get("kernel")}
        return [
            {"id": end.id, "message": end.message(notebooks.get(end.kernel))} for end in self.ends
        ]


class KernelsHandler(APIHandler):
    """What the page asks: which kernels were killed."""

    _track_activity = False

    def initialize(self, watch: KernelWatch) -> None:
        """Take the server's watch."""
        self._watch = watch

    @authenticated
    async def get(self) -> None:
        """Answer with an entry for each, and what to say of it."""
        manager: Any = self.session_manager
        sessions = await manager.list_sessions() if self._watch.ends else []
        self.finish({"ends": self._watch.told(sessions)})
