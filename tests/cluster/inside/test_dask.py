from typing import Any

import pytest

from inside.kube import Kube, soon

SCHEDULER = ("dask", "scheduler", "--host", "0.0.0.0")  # noqa: S104
WORKER = ("dask", "worker", "--name", "$(DASK_WORKER_NAME)", "--nthreads", "1")
CLIENT = """
from distributed import Client
with Client("tcp://sky-scheduler:8786", timeout=60) as client:
    client.wait_for_workers(2, timeout=120)
    print(client.submit(sum, client.map(lambda n: n * n, range(100))).result(timeout=60))
"""


def dask_cluster(kube: Kube) -> dict[str, Any]:
    ports = [
        {"name": "tcp-comm", "containerPort": 8786, "protocol": "TCP"},
        {"name": "http-dashboard", "containerPort": 8787, "protocol": "TCP"},
    ]
    scheduler = kube.pod("scheduler", *SCHEDULER, container={"ports": ports})["spec"]
    worker = kube.pod("worker", *WORKER)["spec"]
    service = {
        "type": "ClusterIP",
        "selector": {
            "dask.org/cluster-name": "sky",
            "dask.org/component": "scheduler",
        },
        "ports": [
            {"name": "tcp-comm", "port": 8786, "targetPort": "tcp-comm"},
            {"name": "http-dashboard", "port": 8787, "targetPort": "http-dashboard"},
        ],
    }
    return {
        "apiVersion": "kubernetes.dask.org/v1",
        "kind": "DaskCluster",
        "metadata": {"name": "sky"},
        "spec": {
            "worker": {"replicas": 2, "spec": worker},
            "scheduler": {"spec": scheduler, "service": service},
        },
    }


@pytest.mark.usefixtures("dask_operator")
@pytest.mark.timeout(400)
def test_operator_makes_a_cluster_that_answers_and_removes_it(kube: Kube) -> None:
    kube.create(dask_cluster(kube))
    kube.start(kube.pod("notebook"))
    soon(lambda: len(_components(kube, "worker")) == 2, "two workers", 120)
    assert kube.python("notebook", CLIENT) == str(sum(n * n for n in range(100)))
    kube("delete", "daskcluster", "sky")
    soon(lambda: not [*_components(kube, "worker"), *_components(kube, "scheduler")], "the end", 60)


def _components(kube: Kube, kind: str) -> list[dict[str, Any]]:
    return kube.list("pods", f"dask.org/component={kind}")
