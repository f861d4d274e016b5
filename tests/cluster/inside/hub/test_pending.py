"""A cluster that the nodes have no room for, or not all of it: told in one sentence."""

import json
import math
import re
from collections.abc import Iterator

import pytest

from astroflow_core.kubernetes.quantities import cores_of
from inside.hub.deployed import DeployedHub
from inside.hub.offered import offered, profile
from inside.kube import Kube, soon
from tools.person import Kernel, Person

# They ask for all that both nodes have.
pytestmark = [pytest.mark.alone, pytest.mark.timeout(600)]

SOURCES = 482_106  # of the sample
SPARK = "from astroflow_spark_gaia import spark"
DASK = "from astroflow_dask_gaia import client"
COUNT = {
    SPARK: "spark.sql('SELECT source_id FROM gaia_source').rdd.count()",
    DASK: """
from astroflow_dask_gaia import read_table
int(read_table("gaia_source", columns=["source_id"]).shape[0].compute())
""",
}
IN_A_HURRY = "import os; os.environ['ASTROFLOW_PATIENCE'] = '20'"


@pytest.fixture(scope="module")
def nodes(hub: DeployedHub) -> list[float]:
    """Return the CPUs of each node."""
    return [cores_of(node["status"]["allocatable"]["cpu"]) for node in hub.kube.list("nodes")]


@pytest.fixture(scope="module")
def paula(hub: DeployedHub, nodes: list[float]) -> Iterator[Person]:
    most = max(nodes)
    size = {"pods": 4 * len(nodes) + 2, "memory": "512m"}
    sizes = {
        "quarter": size | {"cores": math.ceil(most / 4), "guarantee": most / 4},
        "twice": size | {"cores": math.ceil(most * 2)},
    }
    profiles = [
        profile(
            slug,
            memory={"guarantee": "512m", "limit": "2g"},
            spark=size,
            dask=size,
            quota={"cpu": 9999, "memory": "999g", "pods": 999},
        )
        for slug, size in sizes.items()
    ]
    with offered(hub, *profiles), hub.person("paula") as person:
        yield person


@pytest.fixture
def kernel(paula: Person, request: pytest.FixtureRequest) -> Iterator[Kernel]:
    paula.start(request.param)
    with paula.kernel() as kernel:
        yield kernel
    paula.stop()


@pytest.fixture
def space(hub: DeployedHub, paula: Person, kernel: Kernel) -> Kube:  # noqa: ARG001 (its pod tells)
    return hub.namespace_of(paula.name)


def clusters(space: Kube) -> list[object]:
    return space.list("pods", "app.kubernetes.io/component!=notebook")


@pytest.mark.parametrize("kernel", ["quarter"], indirect=True)
@pytest.mark.parametrize("start", COUNT)
def test_the_first_work_while_it_is_told_what_the_others_wait_for(
    kernel: Kernel, start: str
) -> None:
    begun = kernel.run(start, 300)
    assert begun.error is None
    told = r"\d+ of (\d+) (\w+) are up; \d+ of \1 \2 wait: no node has [\d.]+ CPUs? free"
    assert re.search(told, begun.text)
    assert int(kernel.run(COUNT[start], 300).value) == SOURCES


@pytest.mark.parametrize("kernel", ["twice"], indirect=True)
@pytest.mark.parametrize("start", COUNT)
def test_a_cluster_without_room_ends_with_the_reason_and_leaves_nothing(
    kernel: Kernel, space: Kube, start: str
) -> None:
    kernel.run(IN_A_HURRY)
    error = kernel.run(start, 200).error or ""
    told = r"did not start within \d\d s: (\d+) of \1 \w+ wait: no node has [\d.]+ CPUs? free"
    assert re.search(told, error)
    soon(lambda: not clusters(space), "the end of the cluster", 60)


@pytest.mark.parametrize("kernel", ["quarter"], indirect=True)
@pytest.mark.parametrize("start", COUNT)
def test_pods_that_the_cluster_refuses_are_told(kernel: Kernel, space: Kube, start: str) -> None:
    kernel.run(IN_A_HURRY)
    tight = {"spec": {"limits": [{"type": "Container", "max": {"cpu": "100m", "memory": "2Gi"}}]}}
    space("patch", "limitrange/person", "--type=merge", "--patch", json.dumps(tight))
    error = kernel.run(start, 200).error or ""
    assert "the cluster refuses the pod: " in error
    assert "must be less than or equal to cpu limit of 100m" in error
    soon(lambda: not clusters(space), "the end of the cluster", 60)
