"""Runs in the cluster's world, or against the cluster that KUBECONFIG names."""

import os
import uuid
from collections.abc import Iterator

import pytest

from inside.hub.deployed import remove
from inside.kube import Kube
from sandbox.layout import NODES, REGISTRY, Cluster
from sandbox.processes import find_init, start_node

# These run in pods: they are no modules to look for doctests in.
collect_ignore = ["jobs"]

RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"


def pytest_sessionfinish(session: pytest.Session) -> None:
    is_one_of_several = hasattr(session.config, "workerinput")
    if not (is_one_of_several or session.config.option.collectonly or os.environ.get("KEEP")):
        remove()


@pytest.fixture(scope="session")
def registry() -> str:
    return os.environ.get("ASTROFLOW_REGISTRY", REGISTRY)


@pytest.fixture
def kube(registry: str) -> Iterator[Kube]:
    name = f"test-{uuid.uuid4().hex[:8]}"
    kube = Kube(name, f"{registry}/astroflow:dev")
    kube("create", "namespace", name)
    kube("label", "namespace", name, RESTRICTED)
    kube.wait("serviceaccount/default", "create")
    yield kube
    kube("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="session")
def own_cluster() -> Cluster:
    cluster = Cluster.from_environ()
    if os.environ.get("KUBECONFIG") != str(cluster.kubeconfig):
        pytest.skip("needs the cluster of `make cluster-up`: it loses a node on purpose")
    return cluster


@pytest.fixture
def second_node_is_back(own_cluster: Cluster, kube: Kube) -> Iterator[None]:
    """Bring the second node back after a test that loses it."""
    yield
    second = NODES[1]
    if find_init(own_cluster, second.name) is None:
        start_node(own_cluster, second)
    kube("uncordon", second.name)
    kube.wait(f"node/{second.name}", "condition=Ready", 120)


@pytest.fixture
def metrics(kube: Kube) -> None:
    _need(kube, "metrics.k8s.io", "metrics-server")


@pytest.fixture
def dask_operator(kube: Kube) -> None:
    _need(kube, "kubernetes.dask.org", "the Dask operator")


def _need(kube: Kube, api: str, part: str) -> None:
    if api not in kube("api-versions"):
        pytest.skip(f"needs {part}, which this cluster lacks")


@pytest.fixture
def node_names(kube: Kube) -> list[str]:
    nodes = kube.list("nodes")
    return [node["metadata"]["name"] for node in nodes if not node["spec"].get("unschedulable")]
