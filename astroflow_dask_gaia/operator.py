"""What the Dask operator is asked for: a DaskCluster like the notebook, for this notebook."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from astroflow_core.kubernetes.leases import SESSION_LABEL
from astroflow_core.kubernetes.notebook import TEMPORARY, worker_pod
from astroflow_core.session import memory_bytes

if TYPE_CHECKING:
    from distributed.security import Security

    from astroflow_core.kubernetes.notebook import Notebook
    from astroflow_core.kubernetes.objects import Object
    from astroflow_core.session import ClusterSize

SCHEDULER_PORT = 8786
DASHBOARD_PORT = 8787
SCRATCH = "20Gi"  # what a worker may spill
_EVERYWHERE = "0.0.0.0"  # noqa: S104 (in a pod that only the namespace reaches)
_SCHEDULER_RESOURCES = {
    "requests": {"cpu": "100m", "memory": "512Mi"},
    "limits": {"memory": "2Gi"},
}
_KEY = ("cert", "key")
# Dask's own, and the one by which the operator gives workers back.
_ROUTES = [
    *(f"distributed.http.scheduler.{part}" for part in ("prometheus", "info", "json", "api")),
    *(f"distributed.http.{part}" for part in ("health", "proxy", "statics")),
]
_PORTS = {"tcp-comm": SCHEDULER_PORT, "http-dashboard": DASHBOARD_PORT}


def dask_cluster(
    notebook: Notebook, size: ClusterSize, name: str, address: str, security: Security
) -> Object:
    """Return the DaskCluster ``name``, whose workers reach its scheduler at ``address``."""
    environment = _environment(security)
    routes = {"name": "DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES", "value": json.dumps(_ROUTES)}
    scheduler = ["dask", "scheduler", "--protocol", "tls", "--host", _EVERYWHERE]
    worker = ["dask", "worker", address, "--name", "$(DASK_WORKER_NAME)"]
    sizes = ["--nthreads", str(size.cores), "--memory-limit", str(memory_bytes(size.memory))]
    ports = [{"name": n, "containerPort": p, "protocol": "TCP"} for n, p in _PORTS.items()]
    probe = {"tcpSocket": {"port": "tcp-comm"}, "periodSeconds": 1}
    return {
        "apiVersion": "kubernetes.dask.org/v1",
        "kind": "DaskCluster",
        "metadata": {
            "name": name,
            "labels": {SESSION_LABEL: name},
            "ownerReferences": [notebook.owner],
        },
        "spec": {
            "scheduler": {
                "spec": _spec(
                    notebook,
                    "scheduler",
                    args=[*scheduler, "--dashboard-address", f":{DASHBOARD_PORT}"],
                    env=[*environment, routes],
                    ports=ports,
                    readinessProbe=probe,
                    resources=_SCHEDULER_RESOURCES,
                ),
                "service": _service(name),
            },
            "worker": {
                "replicas": size.pods,
                "spec": _spec(
                    notebook,
                    "worker",
                    args=[*worker, *sizes, "--local-directory", TEMPORARY, "--no-dashboard"],
                    env=environment,
                    resources=_resources(size),
                ),
            },
        },
    }


def _spec(notebook: Notebook, name: str, **container: Any) -> Object:
    spec: Object = worker_pod(notebook, name, SCRATCH)["spec"]
    spec["containers"][0].update(container)
    return {**spec, "restartPolicy": "Always"}  # the operator makes Deployments


def _resources(size: ClusterSize) -> Object:
    memory = str(size.pod_memory)
    return {"requests": {"cpu": f"{size.cpu:g}", "memory": memory}, "limits": {"memory": memory}}


def _service(name: str) -> Object:
    ports = [{"name": n, "port": p, "targetPort": n} for n, p in _PORTS.items()]
    selector = {"dask.org/cluster-name": name, "dask.org/component": "scheduler"}
    return {"type": "ClusterIP", "selector": selector, "ports": ports}


def _environment(security: Security) -> list[Object]:
    """Return what makes a scheduler or a worker speak TLS with the cluster's own key."""
    comm = "DASK_DISTRIBUTED__COMM__"
    roles = [f"{role}_{part}" for role in ("scheduler", "worker", "client") for part in _KEY]
    # Their names in the configuration, and as attributes that Dask sets by name.
    parts = {"CA_FILE": "ca_file"} | {r.replace("_", "__").upper(): r for r in roles}
    tls = {f"TLS__{name}": getattr(security, f"tls_{part}") for name, part in parts.items()}
    values = {"REQUIRE_ENCRYPTION": "True", **tls}
    return [{"name": f"{comm}{name}", "value": value} for name, value in values.items()]
