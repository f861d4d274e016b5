"""The process of a session's cluster: ``python -m astroflow_dask_gaia.scheduler SOCKET``.

`astroflow_dask_gaia.process` starts it with two sockets: one that listens for clients, whose
number is the argument, and as standard input one that closes when the owner has ended.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask
from distributed import LocalCluster

from astroflow_core.errors import AstroFlowError
from astroflow_core.session import ClusterSize, SessionSettings
from astroflow_dask_gaia.busy import tell_while_at_work
from astroflow_dask_gaia.local import cluster_options
from astroflow_dask_gaia.process import READY

if TYPE_CHECKING:
    from collections.abc import Awaitable

_GRACE = 5  # seconds for the workers to end in order
# A worker that was lost is started again by its nanny. Dask's cluster gives up on one that is
# not back after 15 s, which on a busy machine is too early, and nobody would start another.
_COME_BACK = {"distributed.deploy.lost-worker-timeout": "30 days"}


async def serve(listener: socket.socket, owner: socket.socket, size: ClusterSize) -> None:
    """Run a cluster whose scheduler also accepts at ``listener``, until nobody needs it.

    That is until the owner ends, or a client asks the scheduler to (``client.shutdown()``).
    """
    cluster: Any = await LocalCluster(asynchronous=True, **cluster_options(size))
    # Only now: the first client finds every worker there.
    cluster.scheduler.listener.tcp_server.add_socket(listener)
    owner.send(READY)
    scheduler = cluster.scheduler
    await _first_of(scheduler.finished(), _end_of(owner), tell_while_at_work(scheduler))
    # When its scheduler has gone, a LocalCluster looks for it for half a minute.
    await _first_of(cluster.close(), asyncio.sleep(_GRACE))


async def _first_of(*ends: Awaitable[object]) -> None:
    tasks = [asyncio.ensure_future(end) for end in ends]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


async def _end_of(owner: socket.socket) -> None:
    owner.settimeout(0)
    await asyncio.get_running_loop().sock_recv(owner, 1)  # it never writes


def main() -> None:
    """Serve at the socket whose number is the one argument, with the session's sizes."""
    # Workers find modules in the folder where the cluster started, after all installed ones.
    sys.path.append(str(Path.cwd()))
    dask.config.set(_COME_BACK)
    try:
        size = SessionSettings.from_environ(os.environ).dask
    except AstroFlowError as error:
        sys.exit(f"No Dask cluster: {error}")
    listener, owner = (socket.socket(fileno=n) for n in (int(sys.argv[1]), sys.stdin.fileno()))
    asyncio.run(serve(listener, owner, size))
    os._exit(0)  # Dask's own farewell would look for the scheduler once more


if __name__ == "__main__":
    main()
