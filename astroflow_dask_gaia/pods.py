"""A Dask cluster whose scheduler and workers are pods, made by the Dask operator."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from distributed import Client
from distributed.security import Security

from astroflow_core.errors import SessionError
from astroflow_core.kubernetes.api import Namespace
from astroflow_core.kubernetes.leases import (
    DASK_API,
    HeldLease,
    Lease,
    remove,
    tell_of_others,
)
from astroflow_core.kubernetes.notebook import Notebook
from astroflow_core.kubernetes.pages import pages_path
from astroflow_core.kubernetes.pending import Pending, await_first, pending, so_far
from astroflow_core.kubernetes.room import check_room, price_of
from astroflow_dask_gaia.operator import DASHBOARD_PORT, SCHEDULER_PORT, dask_cluster
from astroflow_dask_gaia.scaling import Scaling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from astroflow_core.kubernetes.objects import Object
    from astroflow_core.session import ClusterSize, SessionSettings

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

    def worker_pods(self) -> list[Object]:
        """Return the pods of the workers as the cluster describes them."""
        return self._pods.pods_of("worker")

    @property
    def dashboard_link(self) -> str:
        """Where the person finds Dask's dashboard: below their own server's address."""
        return f"{pages_path(self._pods.name, os.environ)}/status"

    def close(self, *args: Any, **kwargs: Any) -> Any:
        """Close the client and end its cluster."""
        closing = super().close(*args, **kwargs)  # type: ignore[no-untyped-call]
        self._pods.end()
        return closing


@dataclass
class Pods:
    """A cluster of pods, from before it is asked for until it is gone."""

    settings: SessionSettings
    namespace: Namespace
    notebook: Notebook
    price: str  # what it takes of the quota
    # One key for scheduler, workers and client, of this cluster alone.
    security: Security = field(default_factory=Security.temporary)
    name: str = field(default_factory=lambda: f"dask-{uuid.uuid4().hex[:8]}")
    lease: HeldLease | None = None

    @classmethod
    def of_settings(
        cls, settings: SessionSettings, freed: ClusterSize | None, environ: Mapping[str, str]
    ) -> Pods:
        """Prepare the workers of ``settings``.

        What is ``freed`` runs yet, and ends before they start.

        Raises
        ------
        SessionError
            When the person's quota has no room for them, or the cluster does not answer.
        """
        namespace = Namespace.of_this_pod(environ)
        quotas = namespace.find("resourcequotas")
        check_room(quotas, settings.dask, freed, "workers")
        notebook = Notebook.of_this_process(namespace, environ)
        return cls(settings, namespace, notebook, price_of(quotas, settings.dask))

    @property
    def size(self) -> ClusterSize:
        """The workers."""
        return self.settings.dask

    @property
    def host(self) -> str:
        """The scheduler's name in the cluster."""
        return f"{self.name}-scheduler.{self.namespace.name}.svc"

    @property
    def address(self) -> str:
        """Where the scheduler listens."""
        return f"tls://{self.host}:{SCHEDULER_PORT}"

    def ask(self) -> None:
        """Ask the operator for the cluster.

        Raises
        ------
        SessionError
            When Kubernetes refuses it.
        """
        wanted = dask_cluster(self.notebook, self.size, self.name, self.address, self.security)
        pages = f"{self.host}:{DASHBOARD_PORT}"
        self.lease = Lease.of(self.name, "dask", self.size, pages).hold()
        self.namespace.create("daskclusters", wanted, DASK_API)

    def await_scheduler(self) -> None:
        """Wait until the scheduler's pod runs; say what it waits for."""
        look = partial(self._pending, "scheduler", 1)
        await_first(self._running_schedulers, look, self._patience, _say)

    def await_workers(self, client: Client) -> None:
        """Wait for the first worker; say what the others wait for."""

        def count() -> int:
            return len(client.scheduler_info(n_workers=-1)["workers"])

        look = partial(self._pending, "worker", self.size.pods)
        running = await_first(count, look, self._patience, _say)
        _say(so_far(running, self.size.pods, "workers", look))

    def watch(self, client: Client) -> None:
        """Scale the cluster to its work; end it when somebody asks for that."""
        after = self.settings.idle.release_after
        scaling = Scaling(client, self.namespace, self.name, self.size.pods, after, _say)
        if self.lease is not None:
            self.lease.watch(lambda: client.status == "running", scaling.look, client.close)

    def end(self) -> None:
        """Remove the cluster; a second call does nothing."""
        if self.lease is not None:
            remove(self.namespace, "dask", self.name)
            self.lease.release()
            self.lease = None

    @property
    def _patience(self) -> float:
        return self.settings.patience

    def _running_schedulers(self) -> int:
        found = self.pods_of("scheduler")
        return sum(pod["status"]["phase"] == "Running" for pod in found)

    def _pending(self, what: str, wanted: int) -> Pending:
        pods, events = self.pods_of(what), self.namespace.find("events")
        found = pending(pods, events, wanted, f"{what}s", self._patience, self.name)
        return found or Pending(f"the {what}s run and have not reported yet", None)

    def pods_of(self, component: str) -> list[Object]:
        """Return the pods of a part of the cluster: ``scheduler`` or ``worker``."""
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
    pods = Pods.of_settings(settings, freed, os.environ)
    if earlier:
        earlier.close()
    tell_of_others(pods.price, _say)
    client = _client_of(pods)
    try:
        pods.await_workers(client)
    except BaseException:
        client.close()
        raise
    pods.watch(client)
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


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201
