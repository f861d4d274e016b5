"""A Jupyter server extension: shows the pages of clusters, and removes what dead kernels left.

A kernel ends its own cluster, also when it is killed: its Java notices. Where both are killed at
once, or a kernel with a Dask cluster is, only the notebook's server is left to do it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from tornado.ioloop import IOLoop, PeriodicCallback

from astroflow_core.errors import AstroFlowError, SessionError
from astroflow_core.kubernetes.api import Namespace
from astroflow_core.kubernetes.leases import orphans, remove_orphan
from astroflow_core.session import SessionSettings

if TYPE_CHECKING:
    from logging import Logger

_LOOK_SECONDS = 10


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Hand on the clusters' pages, and look for what is left behind, where clusters are pods."""
    try:
        engine = SessionSettings.from_environ(os.environ).engine
    except SessionError:
        return  # not a server of the hub
    if engine == "kubernetes":
        from astroflow_hub.clusters.pages import handlers

        server.web_app.add_handlers(".*$", handlers(server.web_app.settings["base_url"]))
        Reaper(server.log).start()


class Reaper:
    """Looks every few seconds for clusters without a kernel."""

    def __init__(self, log: Logger) -> None:
        self._log = log
        self._looks = PeriodicCallback(self.look, _LOOK_SECONDS * 1000)

    def start(self) -> None:
        """Look from now on."""
        self._looks.start()

    async def look(self) -> None:
        """Remove what is left behind; what the cluster does not answer is tried again."""
        await IOLoop.current().run_in_executor(None, self._remove)

    def _remove(self) -> None:
        try:
            for lease in orphans():
                remove_orphan(Namespace.of_this_pod(os.environ), lease)
                self._log.info("Removed the cluster %s, whose kernel died", lease.name)
        except AstroFlowError as error:
            self._log.warning("What is left of clusters is removed later: %s", error)
