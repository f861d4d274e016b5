from typing import Any

import pytest

from inside.kube import LEAVES_AT_ONCE, Kube, soon
from sandbox.layout import NODES, Cluster
from sandbox.node import share_of_machine
from sandbox.processes import kill_node

pytestmark = pytest.mark.alone

SECOND = NODES[1]


def deployment(kube: Kube, name: str) -> dict[str, Any]:
    """Return a deployment of one pod that prefers the second node."""
    prefer = {
        "weight": 1,
        "preference": {
            "matchExpressions": [
                {"key": "kubernetes.io/hostname", "operator": "In", "values": [SECOND.name]}
            ]
        },
    }
    affinity = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [prefer]}}
    pod = kube.pod(name, affinity=affinity, tolerations=LEAVES_AT_ONCE)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": pod["metadata"], "spec": pod["spec"]},
        },
    }


def running_on(kube: Kube, app: str) -> set[str]:
    pods = kube.list("pods", f"app={app}")
    return {
        pod["spec"]["nodeName"]
        for pod in pods
        if pod["status"]["phase"] == "Running" and "deletionTimestamp" not in pod["metadata"]
    }


@pytest.mark.usefixtures("own_cluster")
def test_each_node_offers_its_share_of_the_machine(kube: Kube) -> None:
    cpu, _ = share_of_machine()
    offered = [node["status"]["allocatable"]["cpu"] for node in kube.list("nodes")]
    kube_style = str(cpu // 1000) if cpu % 1000 == 0 else f"{cpu}m"
    assert offered == [kube_style, kube_style]


@pytest.mark.usefixtures("second_node_is_back")
def test_drained_node_hands_its_pod_over(kube: Kube) -> None:
    kube.create(deployment(kube, "mover"))
    kube.wait("deployment/mover", "condition=Available")
    assert running_on(kube, "mover") == {SECOND.name}
    selector = "--pod-selector=app=mover"
    kube("drain", SECOND.name, "--delete-emptydir-data", selector, "--timeout=60s")
    soon(lambda: running_on(kube, "mover") == {NODES[0].name}, "the pod's move", 60)


@pytest.mark.usefixtures("second_node_is_back")
def test_pod_of_a_lost_node_starts_elsewhere(own_cluster: Cluster, kube: Kube) -> None:
    kube.create(deployment(kube, "survivor"))
    kube.wait("deployment/survivor", "condition=Available")
    assert running_on(kube, "survivor") == {SECOND.name}
    kill_node(own_cluster, SECOND)
    kube.wait(f"node/{SECOND.name}", "condition=Ready=Unknown", 60)
    soon(lambda: running_on(kube, "survivor") == {NODES[0].name}, "a new pod", 90)
