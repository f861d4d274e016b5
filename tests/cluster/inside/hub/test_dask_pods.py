"""`from astroflow_dask_gaia import client` on Kubernetes: workers of one's own, by the operator."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import pytest

from inside.hub.deployed import DeployedHub
from inside.hub.offered import offered, profile
from inside.kube import Kube, soon
from tools.person import Kernel, Person

pytestmark = pytest.mark.timeout(600)

THREE = profile(
    "three",
    memory={"guarantee": "512m", "limit": "2g"},
    dask={"pods": 3, "cores": 1, "memory": "512m", "guarantee": 0.05},
    quota={"cpu": 6, "memory": "24g", "pods": 12},
)
SOURCES = 482_106  # of the sample
ROWS = """
from astroflow_dask_gaia import read_table
int(read_table("gaia_source", columns=["source_id"]).shape[0].compute())
"""
PLAIN = """
from distributed import Client
Client(client.scheduler.address.replace("tls://", "tcp://"), timeout="5s")
"""
CLUSTERS = "import subprocess; subprocess.run(['astroflow', 'clusters', *{}], check=True)"


@pytest.fixture(scope="module")
def dora(hub: DeployedHub) -> Iterator[Person]:
    with offered(hub, THREE), hub.person("dora") as person:
        person.start("three")
        yield person
        person.stop()


@pytest.fixture(scope="module")
def space(hub: DeployedHub, dora: Person) -> Kube:
    return hub.namespace_of(dora.name)


@pytest.fixture(scope="module")
def kernel(dora: Person) -> Iterator[Kernel]:
    with dora.kernel() as kernel:
        start_client(kernel)
        yield kernel


def start_client(kernel: Kernel) -> None:
    begun = kernel.run("from astroflow_dask_gaia import client; client", 200)
    assert begun.error is None
    assert "of 3 workers are up" in begun.text


def workers(space: Kube) -> list[dict[str, Any]]:
    return space.list("pods", "dask.org/component=worker")


def nothing_is_left(space: Kube) -> bool:
    kinds = "pods,services,configmaps,deployments,daskclusters"
    return not space.list(kinds, "dask.org/cluster-name") and not space.list("daskclusters")


def test_three_workers_read_the_catalogue(kernel: Kernel, space: Kube) -> None:
    kernel.run("client.wait_for_workers(3, timeout=120)", 150)
    assert kernel.run(ROWS, 200).text == str(SOURCES)
    assert len(workers(space)) == 3


def test_workers_are_the_notebook_s_own(kernel: Kernel, space: Kube) -> None:
    notebook = space.list("pods", "app.kubernetes.io/component=notebook")[0]
    image = notebook["status"]["containerStatuses"][0]["imageID"]
    assert kernel.run("client.status").text == "'running'"
    for pod in workers(space):
        assert pod["spec"]["containers"][0]["image"] == image
        assert not pod["spec"]["automountServiceAccountToken"]
    cluster = space.list("daskclusters")[0]
    assert cluster["metadata"]["ownerReferences"][0]["uid"] == notebook["metadata"]["uid"]


def test_who_has_not_its_key_is_not_let_in(kernel: Kernel) -> None:
    assert kernel.run(PLAIN, 60).error is not None
    assert kernel.run("client.submit(sum, [1, 2]).result()").text == "3"


@pytest.mark.parametrize("page", ["status", "workers", "tasks", "graph"])
def test_the_dashboard_opens_below_the_person_s_own_address(
    kernel: Kernel, dora: Person, page: str
) -> None:
    dashboard = kernel.run("print(client.dashboard_link)").text.strip().removesuffix("/status")
    shown = dora.http.get(f"{dashboard}/{page}")
    assert shown.is_success
    parts = set(re.findall(r'src="([^"]+\.js[^"]*)"', shown.text))
    assert {dora.http.get(urljoin(str(shown.url), part)).status_code for part in parts} <= {200}


def test_a_person_sees_a_cluster_and_ends_it(kernel: Kernel, space: Kube) -> None:
    name = space.list("daskclusters")[0]["metadata"]["name"]
    assert f"{name}: 3 workers of 1 cores and 512m" in kernel.run(CLUSTERS.format([])).text
    assert kernel.run(CLUSTERS.format(["stop", name])).error is None
    soon(lambda: nothing_is_left(space), "the end of the cluster", 60)
    assert kernel.run("client.status").text == "'closed'"


def test_a_killed_kernel_leaves_no_worker(dora: Person, space: Kube) -> None:
    with dora.kernel() as kernel:
        start_client(kernel)
        kernel.begin("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    soon(lambda: nothing_is_left(space), "the end of the cluster", 60)


def test_more_than_the_quota_is_refused(dora: Person) -> None:
    with dora.kernel() as kernel:
        error = kernel.run("from astroflow_dask_gaia import connect; connect(workers=50)").error
    assert error is not None
    assert "50 workers need" in error
