"""Executors and workers that have nothing to do are given back, and taken again."""

from collections.abc import Iterator

import pytest

from inside.hub.deployed import DeployedHub
from inside.hub.offered import offered, profile
from inside.kube import Kube, soon
from tools.person import Person

pytestmark = pytest.mark.timeout(600)

TWO = {"pods": 2, "cores": 1, "memory": "512m", "guarantee": 0.05}
GENEROUS = profile(
    "generous",
    memory={"guarantee": "512m", "limit": "2g"},
    spark=TWO,
    dask=TWO,
    idle={"release_after": "15s"},
    quota={"cpu": 6, "memory": "12g", "pods": 12},
)
START = {
    "spark": "from astroflow_spark_gaia import spark; spark",
    "dask": "from astroflow_dask_gaia import client; client",
}
COUNT = {
    "spark": "spark.range(1000, numPartitions=4).selectExpr('sum(id)').first()[0]",
    "dask": "client.submit(sum, range(1000)).result()",
}
# As on a busy machine: the executors have reported, and have had nothing to do since.
SLOW = """
import time
from astroflow_spark_gaia.gaia_session import GaiaSession
attach = GaiaSession.attach
GaiaSession.attach = lambda *given: (attach(*given), time.sleep(75))
"""
PODS = {"spark": "spark-role=executor", "dask": "dask.org/component=worker"}


@pytest.fixture(scope="module")
def gina(hub: DeployedHub) -> Iterator[Person]:
    with offered(hub, GENEROUS), hub.person("gina") as person:
        person.start("generous")
        yield person
        person.stop()


@pytest.fixture(scope="module")
def space(hub: DeployedHub, gina: Person) -> Kube:
    return hub.namespace_of(gina.name)


@pytest.mark.parametrize("engine", ["spark", "dask"])
def test_what_is_idle_is_given_back_and_taken_again(gina: Person, space: Kube, engine: str) -> None:
    with gina.kernel() as kernel:
        assert kernel.run(START[engine], 300).error is None
        assert kernel.run(COUNT[engine], 60).value == "499500"
        soon(lambda: space.list("pods", PODS[engine]) == [], "the release of the idle pods", 120)
        assert kernel.run(COUNT[engine], 120).value == "499500"
        assert space.list("pods", PODS[engine]) != []


def test_a_start_that_outlasts_the_patience_of_its_executors_ends_well(gina: Person) -> None:
    with gina.kernel() as kernel:
        assert kernel.run(SLOW).error is None
        begun = kernel.run(START["spark"], 200)
        assert begun.error is None
        assert "0 of 2 executors are up" in begun.text
        assert kernel.run(COUNT["spark"], 120).value == "499500"
