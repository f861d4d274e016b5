"""The session's Dask client: found, connected or started, and ended with its owner."""

from __future__ import annotations

import os
import socket
from typing import Any

from distributed import Client
from distributed.system import MEMORY_LIMIT
from pydantic import ValidationError

from astroflow_core.errors import SessionError
from astroflow_core.model import problems
from astroflow_core.session import ClusterSize, SessionSettings, memory_bytes
from astroflow_dask_gaia.address import ADDRESS_VARIABLE, START_TIMEOUT, host_and_port
from astroflow_dask_gaia.local import LocalClient, start_local
from astroflow_dask_gaia.watched import watch_in_cells
from astroflow_dask_gaia.workers import check_workers

_PROBE_SECONDS = 5
_PARAMETERS = {"pods": "workers", "cores": "threads", "memory": "memory"}


def current_client() -> Client:
    """Return the client in use, or connect.

    A client that the person made with ``distributed.Client`` counts; a closed one does not.
    """
    client = _client_in_use()
    return connect() if client is None else client


def connect(
    workers: int | None = None, threads: int | None = None, memory: str | None = None
) -> Client:
    """Return a new client of the session's cluster, or of one of the sizes asked for.

    Without sizes the client is of the scheduler at ``DASK_SCHEDULER_ADDRESS``, or where that
    is not set, of a new cluster with the sizes the hub chose. With any size it is of a new
    cluster. A new cluster is on this machine or, where the hub starts servers as pods, of pods
    in the person's namespace; it ends the one before it.

    Parameters
    ----------
    workers
        How many worker processes.
    threads
        Threads in each worker.
    memory
        Memory of each worker as Spark writes it, such as ``"4g"``.

    Raises
    ------
    SessionError
        When a size is not valid or more than the machine has, when the scheduler does not
        answer, or when the session has no settings.
    """
    asked = {"pods": workers, "cores": threads, "memory": memory}
    asked = {name: value for name, value in asked.items() if value is not None}
    address = os.environ.get(ADDRESS_VARIABLE)
    if address and not asked:
        return _watched(_connect_to(address))
    settings = SessionSettings.from_environ(os.environ)
    size = _resized(settings, asked) if asked else settings.dask
    return _watched(_replace(settings.model_copy(update={"dask": size})))


def _watched(client: Client) -> Client:
    watch_in_cells(client, getattr(client, "worker_pods", list))
    return client


def _client_in_use() -> Client | None:
    try:
        client = Client.current()
    except ValueError:
        return None
    return client if client.status == "running" else None


def _replace(settings: SessionSettings) -> Client:
    earlier = _client_in_use()
    if settings.engine == "local":
        if isinstance(earlier, LocalClient):
            earlier.close()
        return start_local(settings)
    from astroflow_dask_gaia.pods import PodsClient, start_pods

    client = start_pods(settings, earlier if isinstance(earlier, PodsClient) else None)
    try:
        check_workers(client, _say)
    except BaseException:
        client.close()
        raise
    return client


def _resized(settings: SessionSettings, asked: dict[str, Any]) -> ClusterSize:
    try:
        size = ClusterSize.model_validate(settings.dask.model_dump() | asked)
    except ValidationError as error:
        text = "; ".join(problems(error))
        for field, parameter in _PARAMETERS.items():
            text = text.replace(f"{field}: ", f"{parameter}: ")
        raise SessionError(f"no such cluster: {text}") from error
    needed = size.pods * memory_bytes(size.memory)
    if settings.engine == "local" and needed > MEMORY_LIMIT:
        raise SessionError(
            f"{size.pods} workers of {size.memory} need {needed / 2**30:.1f} GiB and this "
            f"machine has {MEMORY_LIMIT / 2**30:.1f} GiB: ask for fewer or smaller workers"
        )
    return size


def _connect_to(address: str) -> Client:
    _probe(address)
    try:
        return Client(address, timeout=START_TIMEOUT)
    except OSError as error:
        raise _no_answer(address, error) from error


def _probe(address: str) -> None:
    """Refuse an address where nothing listens; `Client` would try it for half a minute."""
    try:
        socket.create_connection(host_and_port(address), timeout=_PROBE_SECONDS).close()
    except (OSError, ValueError) as error:
        raise _no_answer(address, error) from error


def _no_answer(address: str, error: Exception) -> SessionError:
    return SessionError(
        f"no Dask scheduler answers at {address!r} ({error}): correct {ADDRESS_VARIABLE}, or "
        f"unset it for a cluster on this machine"
    )


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201
