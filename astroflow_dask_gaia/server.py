"""A Jupyter server extension: the session's Dask cluster starts when someone first connects.

The notebook server listens at ``DASK_SCHEDULER_ADDRESS`` from its start, so that ``Client()``
finds the cluster as on the shared platform, and a person who never uses Dask pays nothing.
At the first connection a child process is started and *inherits the listening socket*: its
scheduler accepts the connection that waits there and all later ones, without anything in
between. When that process ends, the next connection starts another.

The spawner enables it with ``--ServerApp.jpserver_extensions=astroflow_dask_gaia.server=True``.
"""

from __future__ import annotations

import os
import select
import socket
import time
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any

from astroflow_dask_gaia.address import ADDRESS_VARIABLE, LOOPBACK, host_and_port
from astroflow_dask_gaia.process import CLUSTER, ClusterProcess

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence
    from logging import Logger

_WAITING_CONNECTIONS = 128
_PAUSE_AFTER_FAILURE = 1  # second: a client tries again many times a second


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server_app: Any) -> None:
    """Listen for the server's first Dask client, in a thread that ends with the server."""
    try:
        listener = listen(os.environ)
    except (OSError, ValueError) as error:
        address = os.environ.get(ADDRESS_VARIABLE)
        server_app.log.warning("No Dask in this session: cannot listen at %s: %s", address, error)
        return
    server_app.log.info("A Dask cluster starts when used, at %s", os.environ[ADDRESS_VARIABLE])
    Thread(target=serve, args=(listener, CLUSTER, server_app.log), daemon=True).start()


def listen(environ: MutableMapping[str, str]) -> socket.socket:
    """Listen at the address in ``environ``, or on a free port that is then written there.

    Raises
    ------
    OSError
        When the address is taken or not of this machine.
    ValueError
        When the address is none.
    """
    place = (LOOPBACK, 0)
    if ADDRESS_VARIABLE in environ:
        place = host_and_port(environ[ADDRESS_VARIABLE])
    listener = socket.create_server(place, backlog=_WAITING_CONNECTIONS)
    listener.settimeout(0)
    environ[ADDRESS_VARIABLE] = f"tcp://{place[0]}:{listener.getsockname()[1]}"
    return listener


def serve(listener: socket.socket, command: Sequence[str], log: Logger) -> None:
    """Run ``command`` with ``listener`` whenever a connection waits there, one at a time."""
    while True:
        select.select([listener], [], [])
        if code := ClusterProcess(listener, command).wait():
            log.error("The Dask cluster ended with code %s; the next client starts another", code)
            refuse_waiting(listener)
            time.sleep(_PAUSE_AFTER_FAILURE)


def refuse_waiting(listener: socket.socket) -> None:
    """Close the connections that wait at ``listener``, so that their clients learn of it."""
    with suppress(BlockingIOError):
        while True:
            listener.accept()[0].close()
