"""What a person runs in the cluster: their pods, and the cores that these ask for."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from astroflow_core.kubernetes.leases import SESSION_LABEL
from astroflow_core.kubernetes.quantities import cores_of
from astroflow_hub.running import Running

if TYPE_CHECKING:
    from collections.abc import Iterable

    from astroflow_hub.kubernetes.namespace import Object

_DASK_LABEL = "dask.org/cluster-name"
_COMPONENT = "app.kubernetes.io/component"


def running_pods(pods: Iterable[Object], notebook: str) -> list[Running]:
    """Return the pods that hold a node's cores; ``notebook`` is the component of servers.

    One that waits for a node holds none yet.
    """
    return [
        Running(_kind(pod["metadata"].get("labels", {}), notebook), _cores(pod), _start(pod))
        for pod in pods
        if pod["status"].get("phase") in {"Pending", "Running"} and pod["status"].get("startTime")
    ]


def _kind(labels: dict[str, str], notebook: str) -> str:
    if labels.get(_COMPONENT) == notebook:
        return "server"
    if _DASK_LABEL in labels:
        return "dask"
    return "spark" if SESSION_LABEL in labels else "other"


def _cores(pod: Object) -> float:
    asked = (c.get("resources", {}).get("requests", {}) for c in pod["spec"]["containers"])
    return sum(cores_of(str(requests.get("cpu", "0"))) for requests in asked)


def _start(pod: Object) -> datetime:
    return datetime.fromisoformat(pod["status"]["startTime"])
