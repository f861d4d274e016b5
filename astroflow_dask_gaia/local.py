"""A cluster of the kernel's own on this machine."""

from __future__ import annotations

import logging
import os
import socket
from typing import Any

from distributed import Client

from astroflow_core.errors import SessionError
from astroflow_core.session import ClusterSize, SessionSettings, memory_bytes
from astroflow_dask_gaia.address import LOOPBACK, START_TIMEOUT
from astroflow_dask_gaia.process import ClusterProcess

_END_SECONDS = 15


class LocalClient(Client):
    """A client with a cluster of its own on this machine, which ends with the client.

    The scheduler runs in a process of its own: what the kernel computes does not hold it up,
    and its log stays out of the notebook.
    """

    def __init__(self, address: str, process: ClusterProcess) -> None:
        self._cluster_process = process
        super().__init__(address, timeout=START_TIMEOUT)  # type: ignore[no-untyped-call]

    def close(self, *args: Any, **kwargs: Any) -> Any:
        """Close the client and end its cluster."""
        closing = super().close(*args, **kwargs)  # type: ignore[no-untyped-call]
        self._cluster_process.end(_END_SECONDS)
        return closing


def start_local(settings: SessionSettings) -> LocalClient:
    """Start a cluster on this machine with the sizes of ``settings``, and a client of it.

    Raises
    ------
    SessionError
        When the cluster does not come up; the message names its log.
    """
    log = settings.cache_dir.expanduser() / "dask.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    environ = os.environ | settings.to_environ()
    with socket.create_server((LOOPBACK, 0)) as listener, log.open("wb") as out:
        listener.settimeout(0)
        address = f"tcp://{LOOPBACK}:{listener.getsockname()[1]}"
        process = ClusterProcess(listener, environ=environ, log=out)
    if not process.becomes_ready():
        raise SessionError(f"the Dask cluster ended at its start with {process.wait()}: see {log}")
    return LocalClient(address, process)


def cluster_options(size: ClusterSize) -> dict[str, Any]:
    """Return the arguments of a `distributed.LocalCluster` of ``size``, on the loopback only.

    Workers keep their scratch files where Dask does, in the machine's temporary folder.
    """
    return {
        "n_workers": size.pods,
        "threads_per_worker": size.cores,
        "memory_limit": memory_bytes(size.memory),
        "host": LOOPBACK,
        "dashboard_address": f"{LOOPBACK}:0",
        "silence_logs": logging.WARNING,
    }
