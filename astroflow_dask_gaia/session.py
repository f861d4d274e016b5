"""The session's Dask client: found, connected or started, and ended with its owner."""

from __future__ import annotations

import logging
import os
import socket
from typing import Any

import dask
from distributed import Client
from distributed.system import MEMORY_LIMIT
from pydantic import ValidationError

from astroflow_core.errors import SessionError
from astroflow_core.model import problems
from astroflow_core.session import ClusterSize, SessionSettings, memory_bytes
from astroflow_dask_gaia.address import ADDRESS_VARIABLE, LOOPBACK, host_and_port

_PROBE_SECONDS = 5
_START_TIMEOUT = "60s"  # a scheduler that starts at the first connection answers late
_PARAMETERS = {"pods": "workers", "cores": "threads", "memory": "memory"}


class LocalClient(Client):
    """A client with a cluster of its own on this machine, which ends with the client."""

    def __init__(self, size: ClusterSize) -> None:
        # An address in Dask's configuration would win over the cluster that is asked for.
        with dask.config.set({"scheduler-address": None}):
            options = local_cluster_options(size)
            super().__init__(**options, timeout=_START_TIMEOUT)  # type: ignore[no-untyped-call]


def current_client() -> Client:
    """Return the client in use, or connect.

    A client that the person made with ``distributed.Client`` counts; a closed one does not.
    """
    client = _client_in_use()
    return connect() if client is None else client


def connect(
    workers: int | None = None, threads: int | None = None, memory: str | None = None
) -> Client:
    """Return a client of the session's cluster, or of a new one of the sizes asked for.

    Without sizes the client is of the scheduler at ``DASK_SCHEDULER_ADDRESS``, or where that
    is not set, of a new cluster on this machine with the sizes the hub chose. With any size
    it is of a new cluster on this machine, and the one that an earlier call made ends.

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
        return _connect_to(address)
    settings = SessionSettings.from_environ(os.environ)
    if settings.engine != "local":
        raise SessionError(
            f"this session's engine is {settings.engine}: set {ADDRESS_VARIABLE} to the address "
            f"of its Dask scheduler and call connect() without sizes"
        )
    return _replace(_resized(settings.dask, asked) if asked else settings.dask)


def local_cluster_options(size: ClusterSize) -> dict[str, Any]:
    """Return the arguments of a `distributed.LocalCluster` of ``size``, on the loopback only.

    Workers keep their scratch files where Dask does, in the machine's temporary folder.
    """
    return {
        "n_workers": size.pods,
        "threads_per_worker": size.cores,
        "memory_limit": memory_bytes(size.memory),
        "host": LOOPBACK,
        "dashboard_address": f"{LOOPBACK}:0",
        "silence_logs": logging.CRITICAL,
    }


def _client_in_use() -> Client | None:
    try:
        client = Client.current()
    except ValueError:
        return None
    return client if client.status == "running" else None


def _replace(size: ClusterSize) -> Client:
    earlier = _client_in_use()
    if isinstance(earlier, LocalClient):
        earlier.close()  # type: ignore[no-untyped-call]
    return LocalClient(size)


def _resized(size: ClusterSize, asked: dict[str, Any]) -> ClusterSize:
    try:
        size = ClusterSize.model_validate(size.model_dump() | asked)
    except ValidationError as error:
        text = "; ".join(problems(error))
        for field, parameter in _PARAMETERS.items():
            text = text.replace(f"{field}: ", f"{parameter}: ")
        raise SessionError(f"no such cluster: {text}") from error
    if (needed := size.pods * memory_bytes(size.memory)) > MEMORY_LIMIT:
        raise SessionError(
            f"{size.pods} workers of {size.memory} need {needed / 2**30:.1f} GiB and this "
            f"machine has {MEMORY_LIMIT / 2**30:.1f} GiB: ask for fewer or smaller workers"
        )
    return size


def _connect_to(address: str) -> Client:
    _probe(address)
    try:
        return Client(address, timeout=_START_TIMEOUT)
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
