"""A Jupyter server extension: stops a server that is not used, and never a busy one.

It is in use while a kernel runs a cell, Spark or Dask compute, a terminal shows something, or a
person moves in JupyterLab. An open page that nobody touches does not count, though it sends
requests all the time; it asks at ``astroflow/idle`` how much time is left. The profile sets the
times; without ``stop_after`` the extension does nothing.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from importlib.metadata import entry_points
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.web import authenticated

from astroflow_core.busy import FOLDER_VARIABLE, last_busy
from astroflow_core.errors import SessionError
from astroflow_core.idle import END_NOTE_VARIABLE, TERMINATION_LOG
from astroflow_core.session import SessionSettings
from astroflow_hub.idle.clock import IdleClock

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOOK_SECONDS = 10


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Watch the server, if its profile says after which time it is to stop."""
    try:
        times = SessionSettings.from_environ(os.environ).idle
    except SessionError:
        return  # not a server of the hub
    if times.stop_after is not None:
        IdleWatch(server, IdleClock(times)).start()


class IdleWatch:
    """Looks every few seconds whether the server is in use."""

    def __init__(self, server: Any, clock: IdleClock) -> None:
        self._server = server
        self._clock = clock
        self._notes = TemporaryDirectory(prefix="astroflow-busy-")
        every = min(_LOOK_SECONDS, clock.warn_before / 2)
        self._looks = PeriodicCallback(self.look, every * 1000)
        self._checks = [entry.load() for entry in entry_points(group="astroflow.busy")]

    def start(self) -> None:
        """Take note of every use from now on."""
        os.environ[FOLDER_VARIABLE] = self._notes.name  # kernels inherit it
        web = self._server.web_app
        url = url_path_join(self._server.base_url, "astroflow", "idle")
        web.add_handlers(".*$", [(url, IdleHandler, {"clock": self._clock})])
        self._looks.start()

    async def look(self) -> None:
        """Note whether something is at work; stop the server when its time is over."""
        if await IOLoop.current().run_in_executor(None, self._is_busy_elsewhere):
            self._clock.use()
        for ago in self._uses():
            self._clock.use(ago)
        # What the hub is told: a culler of the hub's own spares the server, too.
        used = datetime.now(UTC) - timedelta(seconds=self._clock.unused)
        self._server.web_app.settings["last_activity_times"]["astroflow"] = used
        if self._clock.stops_in == 0:
            self._stop()

    def _uses(self) -> Iterator[float]:
        """Yield how many seconds ago each thing was last at work."""
        for kernel in self._server.kernel_manager.list_kernels():
            # One that nobody connected to stays "starting" for ever, so only "busy" counts.
            active = datetime.fromisoformat(kernel["last_activity"])
            yield 0 if kernel["execution_state"] == "busy" else _ago(active)
        if shown := self._server.web_app.settings.get("terminal_last_activity"):
            yield _ago(shown)
        yield time.time() - last_busy(Path(self._notes.name))

    def _is_busy_elsewhere(self) -> bool:
        return any(check(os.environ) for check in self._checks)

    def _stop(self) -> None:
        why = f"it was not used for {spoken(self._clock.stop_after)}"
        self._looks.stop()
        self._server.log.warning("This server stops: %s", why)
        note = Path(os.environ.get(END_NOTE_VARIABLE, TERMINATION_LOG))
        with suppress(OSError):  # then the next page does not say why
            note.write_text(why, encoding="utf-8")
        self._server.stop()


class IdleHandler(APIHandler):
    """What the page asks and tells: how much time is left, and that the person is there."""

    _track_activity = False

    def initialize(self, clock: IdleClock) -> None:
        """Take the server's clock."""
        self._clock = clock

    @authenticated
    def get(self) -> None:
        """Answer how many seconds are left, and with which words to warn, if so few are."""
        left = self._clock.stops_in
        warning = (
            f"This server has not been used for {spoken(self._clock.unused)} and stops in "
            f"{spoken(left)}. Files are kept; variables of the kernels are not."
        )
        self.finish({"stops_in": left, "warning": warning if self._clock.warns else None})

    @authenticated
    def post(self) -> None:
        """Note that the server is used."""
        self._clock.use()
        self.set_status(HTTPStatus.NO_CONTENT)
        self.finish()


def _ago(when: datetime) -> float:
    return (datetime.now(UTC) - when).total_seconds()


def spoken(duration: float) -> str:
    """Return seconds as a person says them, in the largest unit that fits.

    >>> spoken(14400), spoken(5400), spoken(59), spoken(60)
    ('4 hours', '90 minutes', '59 seconds', '1 minute')
    """
    for unit, size in (("hour", 3600), ("minute", 60)):
        if duration >= size and (duration % size == 0 or duration >= 2 * size):
            return _count(round(duration / size), unit)
    return _count(round(duration), "second")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"
