"""Spark whose executors are pods: checked before they start, and watched until they are up."""

from __future__ import annotations

import json
import os
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from astroflow_core.errors import SessionError
from astroflow_core.kubernetes.api import Namespace
from astroflow_core.kubernetes.leases import SESSION_LABEL, Lease, tell_of_others
from astroflow_core.kubernetes.notebook import Notebook, worker_pod
from astroflow_core.kubernetes.pages import pages_path
from astroflow_core.kubernetes.pending import Pending, await_first, pending, so_far
from astroflow_core.kubernetes.release import ReleaseNotice
from astroflow_core.kubernetes.room import check_room, price_of
from astroflow_core.machine import Machine, memory_size
from astroflow_spark_gaia.conf import EXECUTOR, LOOPBACK, SCRATCH, TEMPLATE, kubernetes_conf
from astroflow_spark_gaia.losses import is_given_back
from astroflow_spark_gaia.progress import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from astroflow_core.kubernetes.objects import Object
    from astroflow_core.session import ClusterSize, SessionSettings
    from astroflow_spark_gaia.gaia_session import GaiaSession

# The other half is for Python and for what toPandas() brings.
_DRIVER_SHARE = 0.5


@dataclass(frozen=True)
class Pods:
    """An engine whose executors are pods of the person's namespace."""

    size: ClusterSize
    settings: SessionSettings
    namespace: Namespace
    notebook: Notebook
    price: str  # what it takes of the quota
    name: str = field(default_factory=lambda: f"spark-{uuid.uuid4().hex[:8]}")

    @classmethod
    def of_size(
        cls,
        size: ClusterSize,
        freed: ClusterSize | None,
        settings: SessionSettings,
        environ: Mapping[str, str],
    ) -> Pods:
        """Prepare executors of ``size``.

        What is ``freed`` runs yet, and ends before they start.

        Raises
        ------
        SessionError
            When the person's quota has no room for them, or the cluster does not answer.
        """
        namespace = Namespace.of_this_pod(environ)
        quotas = namespace.find("resourcequotas")
        check_room(quotas, size, freed, "executors")
        notebook = Notebook.of_this_process(namespace, environ)
        return cls(size, settings, namespace, notebook, price_of(quotas, size))

    @property
    def driver_memory(self) -> str:
        """The memory of the driver's JVM: a share of what the notebook's pod may use."""
        return memory_size(int((self.notebook.memory or Machine.this().memory) * _DRIVER_SHARE))

    def conf(self, scratch: Path) -> dict[str, str]:
        """Write the description of an executor's pod, and return Spark's configuration."""
        template = worker_pod(self.notebook, EXECUTOR, SCRATCH)
        (scratch / TEMPLATE).write_text(json.dumps(template))
        return kubernetes_conf(self.size, self.settings.idle, self.notebook, self.name, scratch)

    def await_ready(self, session: GaiaSession, say: Callable[[str], None]) -> None:
        """Tell what else runs, and wait for the first executor; say meanwhile what it waits for.

        Raises
        ------
        SessionError
            With that reason, when it will stay, or after the settings' ``patience``.
        """
        tell_of_others(self.price, say)
        self._hold_lease(session, say)
        await_first(lambda: _arrived(session), self._pending, self.settings.patience, say)
        say(so_far(_registered(session), self.size.pods, "executors", self._pending))

    def _hold_lease(self, session: GaiaSession, say: Callable[[str], None]) -> None:
        """Let others see this cluster and its pages, and end it when they ask for that."""
        from py4j.protocol import Py4JError

        pages = _serve_pages(session, pages_path(self.name, os.environ))
        lease = Lease.of(self.name, "spark", self.size, pages).hold()
        session.at_end.append(lease.release)
        notice = ReleaseNotice(say, "executors", self.settings.idle.release_after)

        def look() -> None:
            with suppress(Py4JError, SessionError):  # it is being stopped
                notice.look(_registered(session))

        lease.watch(lambda: session.is_usable, look, session.stop)

    def pod_of(self, number: str) -> Object | None:
        """Return what is left of the pod of an executor, by Spark's number of it."""
        label = f"{SESSION_LABEL}={self.name},spark-exec-id={number}"
        return next(iter(self.namespace.find("pods", label)), None)

    def _pending(self) -> Pending:
        pods = self.namespace.find("pods", f"{SESSION_LABEL}={self.name}")
        events = self.namespace.find("events")
        found = pending(pods, events, self.size.pods, "executors", self.settings.patience)
        return found or Pending("the executors run and have not reported yet", None)


def _serve_pages(session: GaiaSession, path: str) -> str:
    """Have Spark's pages link to each other below ``path``; return where they are served."""
    java: Any = session.sparkContext._jvm  # noqa: SLF001
    java.System.setProperty("spark.ui.proxyBase", path)
    session.pages = f"{path}/jobs/"
    return f"{LOOPBACK}:{urlsplit(session.sparkContext.uiWebUrl).port}"


def _arrived(session: GaiaSession) -> int:
    """Return how many executors have reported, with those that were given back since.

    A slow start may outlast their patience with nothing to do; the first query takes them again.
    """
    if running := _registered(session):
        return running
    ended = (executor.get("removeReason") or "" for executor in Status(session).executors())
    return sum(map(is_given_back, ended))


def _registered(session: GaiaSession) -> int:
    """Return how many executors have reported to the driver.

    Raises
    ------
    SessionError
        When the driver has ended.
    """
    if not session.is_usable:
        raise SessionError(f"Spark's Java ended: {session.jvm_process.start_refused()}")
    context: Any = session.sparkContext._jsc.sc()  # noqa: SLF001
    # The driver itself is one of those that it lists.
    return int(context.getExecutorMemoryStatus().size()) - 1
