"""The process of a session's cluster: ``python -m astroflow_dask_gaia.scheduler SOCKET``.

The notebook server starts it (see `astroflow_dask_gaia.server`) and it ends with that server:
its standard input is a pipe that only the server holds, and the kernel closes it.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys

from distributed import LocalCluster

from astroflow_core.errors import AstroFlowError
from astroflow_core.session import ClusterSize, SessionSettings
from astroflow_dask_gaia.session import local_cluster_options


async def serve(listener: socket.socket, size: ClusterSize) -> None:
    """Run a cluster whose scheduler also accepts at ``listener``, until nobody needs it."""
    async with LocalCluster(asynchronous=True, **local_cluster_options(size)) as cluster:
        # Only now: the first client finds every worker there.
        cluster.scheduler.listener.tcp_server.add_socket(listener)
        ends = [cluster.scheduler.finished(), _owner_is_gone()]
        tasks = [asyncio.ensure_future(end) for end in ends]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


async def _owner_is_gone() -> None:
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    await reader.read()


def main() -> None:
    """Serve at the socket whose number is the one argument, with the session's sizes."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    try:
        settings = SessionSettings.from_environ(os.environ)
    except AstroFlowError as error:
        sys.exit(f"No Dask cluster: {error}")
    asyncio.run(serve(listener, settings.dask))


if __name__ == "__main__":
    main()
