"""What a person runs on this machine: their server's processes, and the cores it was given."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psutil

from astroflow_hub.running import Running

if TYPE_CHECKING:
    from astroflow_core.profile import Profile
    from astroflow_core.session import SessionSettings

SERVER_CORES = 1  # of a server whose profile guarantees none
# By what stands in the command of the one process that each cluster has.
_CLUSTERS = {
    "spark": "org.apache.spark.deploy.SparkSubmit",
    "dask": "astroflow_dask_gaia.scheduler",
}


def running_processes(pid: int, profile: Profile, settings: SessionSettings) -> list[Running]:
    """Return the server whose first process is ``pid``, and the clusters below it."""
    try:
        server = psutil.Process(pid)
        below = server.children(recursive=True)
        own = Running("server", profile.cpu.guarantee or SERVER_CORES, _start(server))
    except psutil.NoSuchProcess:
        return []
    sizes = {"spark": settings.spark, "dask": settings.dask}
    clusters = [
        Running(kind, sizes[kind].pods * sizes[kind].cores, since)
        for process in below
        for kind, since in _cluster(process)
    ]
    return [own, *clusters]


def _cluster(process: psutil.Process) -> list[tuple[str, datetime]]:
    """Return kind and start of the cluster whose process this is, if it is one."""
    with suppress(psutil.Error):  # it has just ended
        command = process.cmdline()
        return [(kind, _start(process)) for kind, word in _CLUSTERS.items() if word in command]
    return []


def _start(process: psutil.Process) -> datetime:
    return datetime.fromtimestamp(process.create_time(), UTC)
