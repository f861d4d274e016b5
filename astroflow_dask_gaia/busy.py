"""Tell the notebook's server that Dask is at work, also where no cell waits for it."""

from __future__ import annotations

import asyncio
import json
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any

from astroflow_core.busy import RENEW_SECONDS, tell_busy
from astroflow_dask_gaia.address import ADDRESS_VARIABLE, host_and_port

if TYPE_CHECKING:
    from collections.abc import Mapping

DASHBOARD_PORT = 8787  # Dask's own default, and the Dask operator's
_PATIENCE = 5  # seconds


async def tell_while_at_work(scheduler: Any) -> None:
    """Note again and again that workers of ``scheduler``, in this process, have tasks."""
    while True:
        if any(worker.processing for worker in scheduler.workers.values()):
            tell_busy("dask")
        await asyncio.sleep(RENEW_SECONDS)


def is_busy_elsewhere(environ: Mapping[str, str]) -> bool:
    """Return whether the session's scheduler in another pod has tasks at work.

    One on this machine notes it by itself, and is not to be started by a question.
    """
    if environ.get("ASTROFLOW_ENGINE") != "kubernetes" or ADDRESS_VARIABLE not in environ:
        return False
    try:
        host, _ = host_and_port(environ[ADDRESS_VARIABLE])
        return _tasks_at_work(host) > 0
    except (OSError, HTTPException, ValueError, KeyError):
        return False  # there is no cluster now


def _tasks_at_work(host: str) -> int:
    connection = HTTPConnection(host, DASHBOARD_PORT, timeout=_PATIENCE)
    try:
        connection.request("GET", "/json/counts.json")
        return int(json.load(connection.getresponse())["processing"])
    finally:
        connection.close()
