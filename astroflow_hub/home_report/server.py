"""A Jupyter server extension: tells the hub how full the home is, for *My Usage*.

On Kubernetes the hub cannot look into a home, and the rights to ask each node for it would be
rights to much else. So the server counts, and tells it with the token by which it tells when it
was last used.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

from tornado.ioloop import IOLoop, PeriodicCallback

from astroflow_core.errors import SessionError
from astroflow_core.session import SessionSettings
from astroflow_hub.folder_size import folder_size
from astroflow_hub.kubernetes.notebook_start import HOME

if TYPE_CHECKING:
    from collections.abc import Mapping
    from logging import Logger
    from pathlib import Path

_FIRST_SECONDS = 20  # the start comes first
_EACH_SECONDS = 600
_COUNT_SECONDS = 60
_PATIENCE = 10  # seconds for the hub's answer


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Tell it from now on, where the hub is in another pod."""
    try:
        engine = SessionSettings.from_environ(os.environ).engine
    except SessionError:
        return  # not a server of the hub
    if engine == "kubernetes":
        HomeReporter(server.log, HOME, os.environ).start()


class HomeReporter:
    """Counts what the home takes every few minutes, and tells the hub."""

    def __init__(self, log: Logger, home: Path, environ: Mapping[str, str]) -> None:
        self._log = log
        self._home = home
        self._environ = environ
        self._reports = PeriodicCallback(self.report, _EACH_SECONDS * 1000)

    def start(self) -> None:
        """Report soon, and then again and again."""
        self._reports.start()
        IOLoop.current().call_later(_FIRST_SECONDS, self.report)

    async def report(self) -> None:
        """Count and tell; where the hub does not listen, the next report does it."""
        await IOLoop.current().run_in_executor(None, self._report)

    def _report(self) -> None:
        used = folder_size(self._home, _COUNT_SECONDS)
        try:
            tell(self._environ, used)
        except (OSError, KeyError) as error:
            self._log.warning("The hub was not told how full the home is: %s", error)


def tell(environ: Mapping[str, str], used: int | None) -> None:
    """Tell the hub of ``environ`` how many bytes the home takes; None is not known.

    Raises
    ------
    OSError
        When the hub does not answer or refuses.
    """
    name = quote(environ["JUPYTERHUB_USER"], safe="")
    url = f"{environ['JUPYTERHUB_API_URL']}/astroflow/users/{name}/home"
    headers = {
        "Authorization": f"token {environ['JUPYTERHUB_API_TOKEN']}",
        "Content-Type": "application/json",
    }
    body = json.dumps({"used": used}).encode()
    request = Request(url, body, headers, method="POST")  # noqa: S310 (the hub's own address)
    try:
        urlopen(request, timeout=_PATIENCE).close()  # noqa: S310
    except HTTPError as error:
        error.close()
        raise OSError(f"it answered {error.code}") from None
