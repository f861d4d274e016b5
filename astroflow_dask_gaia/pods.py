"""A Dask cluster whose scheduler and workers are pods, made by the Dask operator."""

from __future__ import annotations

import os
import time
import uuid
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Any

from distributed import Client
from distributed.security import Security

from astroflow_core.errors import SessionError
from astroflow_core.kubernetes.api import Namespace
from astroflow_core.kubernetes.leases import (
    DASK_API,
    HeldLease,
    Lease,
    leases,
    remove,
)
from astroflow_core.kubernetes.notebook import Notebook
from astroflow_core.kubernetes.pending import Pending, await_first, pending
from astroflow_core.kubernetes.room import check_room
from astroflow_dask_gaia.operator import SCHEDULER_PORT, dask_cluster

if TYPE_CHECKING:
    from collections.abc import Mapping

    from astroflow_core.kubernetes.objects import Object
    from astroflow_core.session import ClusterSize, SessionSettings

_LOOK_EACH = 2  # seconds
_CONNECT = 60  # seconds for a scheduler that runs and does not listen yet


class PodsClient(Client):
    """A client with a cluster of its own in the person's namespace, which ends with it."""

    def __init__(self, pods: Pods) -> None:
        self._pods = pods
        super().__init__(pods.address, security=pods.security, timeout=_CONNECT)  # type: ignore[no-untyped-call]

    @property
    def size(self) -> ClusterSize:
        """The workers of the cluster."""
        return self._pods.size

    def close(self, *args: Any, **kwargs: Any) -> Any:
        """Close the client and end its cluster."""
        closing = super().close(*args, **kwargs)  # type: ignore[no-untyped-call]
        self._pods.end()
        return closing


@dataclass
class Pods:
    """A cluster of pods, from before it is asked for until it is gone."""

    size: ClusterSize
    namespace: Namespace
    notebook: Notebook
    patience: float
    # One key for scheduler, workers and client, of this cluster alone.
    security: Security = field(default_factory=Security.temporary)
    name: str = field(default_factory=lambda: f"dask-{uuid.uuid4().hex[:8]}")
    lease: HeldLease | None = None

    @classmethod
    def of_size(
        cls,
        size: ClusterSize,
        freed: ClusterSize | None,
        environ: Mapping[str, str],
        patience: float,
    ) -> Pods:
        """Prepare workers of ``size``, the first to be up within ``patience`` seconds.

        What is ``freed`` runs yet, and ends before they start.

        Raises
        ------
        SessionError
            When the person's quota has no room for them, or the cluster does not answer.
        """
        namespace = Namespace.of_this_pod(environ)
        check_room(namespace.find("resourcequotas"), size, freed, "workers")
        return cls(size, namespace, Notebook.of_this_process(namespace, environ), patience)

    @property
    def address(self) -> str:
        """Where the scheduler listens."""
        return f"tls://{self.name}-scheduler.{self.namespace.name}.svc:{SCHEDULER_PORT}"

    def ask(self) -> None:
        """Ask the operator for the cluster.

        Raises
        ------
        SessionError
            When Kubernetes refuses it.
        """
        wanted = dask_cluster(self.notebook, self.size, self.name, self.address, self.security)
        self.lease = Lease.of(self.name, "dask", self.size).hold()
        self.namespace.create("daskclusters", wanted, DASK_API)

    def await_scheduler(self) -> None:
        """Wait until the scheduler's pod runs; say what it waits for."""
        await_first(self._running_schedulers, lambda: self._pending(1), self.patience, _say)

    def await_workers(self, client: Client) -> None:
        """Wait for the first worker; say what the others wait for."""

        def count() -> int:
            return len(client.scheduler_info(n_workers=-1)["workers"])

        running = await_first(count, lambda: self._pending(self.size.pods), self.patience, _say)
        more = "" if running >= self.size.pods else "; the others join as they come up"
        _say(f"{running} of {self.size.pods} workers are up{more}")

    def end(self) -> None:
        """Remove the cluster; a second call does nothing."""
        if self.lease is not None:
            remove(self.namespace, "dask", self.name)
            self.lease.release()
            self.lease = None

    def _running_schedulers(self) -> int:
        found = self._pods("scheduler")
        return sum(pod["status"]["phase"] == "Running" for pod in found)

    def _pending(self, wanted: int) -> Pending:
        what = "scheduler" if wanted == 1 else "worker"
        pods, events = self._pods(what), self.namespace.find("events")
        found = pending(pods, events, wanted, f"{what}s", self.patience)
        return found or Pending(f"the {what}s run and have not reported yet", None)

    def _pods(self, component: str) -> list[Object]:
        selector = f"dask.org/cluster-name={self.name},dask.org/component={component}"
        return self.namespace.find("pods", selector)


def start_pods(settings: SessionSettings, earlier: PodsClient | None) -> PodsClient:
    """Start a cluster with the sizes of ``settings``, and end the earlier one before.

    Raises
    ------
    SessionError
        When the quota has no room, or no worker comes up; it says why.
    """
    freed = earlier.size if earlier else None
    pods = Pods.of_size(settings.dask, freed, os.environ, settings.patience)
    if earlier:
        earlier.close()
    for other in leases():
        _say(f"beside it runs {other}")
    client = _client_of(pods)
    try:
        pods.await_workers(client)
    except BaseException:
        client.close()
        raise
    Thread(target=_close_unwanted, args=(client, pods), daemon=True).start()
    return client


def _client_of(pods: Pods) -> PodsClient:
    """Have the cluster made, and connect to its scheduler."""
    try:
        pods.ask()
        pods.await_scheduler()
        return PodsClient(pods)
    except OSError as error:
        pods.end()
        raise SessionError(f"Dask's scheduler does not answer: {error}") from error
    except BaseException:
        pods.end()
        raise


def _close_unwanted(client: PodsClient, pods: Pods) -> None:
    while client.status == "running" and pods.lease:
        if not pods.lease.is_wanted:
            client.close()
        time.sleep(_LOOK_EACH)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201
