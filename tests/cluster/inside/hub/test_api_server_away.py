"""The cluster's API does not answer for a minute: work goes on, and nothing is left behind."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from inside.hub.deployed import DeployedHub
from inside.hub.offered import offered, profile
from inside.kube import Kube, soon
from tools.person import Person

pytestmark = [pytest.mark.alone, pytest.mark.timeout(900)]

AWAY = 60  # seconds
ONE = profile(
    "one",
    memory={"guarantee": "512m", "limit": "3g"},
    spark={"pods": 1, "cores": 1, "memory": "512m", "guarantee": 0.05},
    quota={"cpu": 6, "memory": "24g", "pods": 12},
)
START = "from astroflow_spark_gaia import spark; spark.sparkContext.applicationId"
SUM = "spark.range(1000).selectExpr('sum(id)').first()[0]"
DIE = """
import os, signal
os.kill(spark.jvm_process.process.pid, signal.SIGKILL)
os.kill(os.getpid(), signal.SIGKILL)
"""
KINDS = ("pods", "services", "configmaps")


@pytest.fixture(scope="module")
def wanda(hub: DeployedHub) -> Iterator[Person]:
    with offered(hub, ONE), hub.person("wanda") as person:
        person.start("one")
        yield person
        person.stop()


@pytest.fixture(scope="module")
def space(hub: DeployedHub, wanda: Person) -> Kube:
    return hub.namespace_of(wanda.name)


@contextmanager
def api_server_away() -> Iterator[None]:
    """Hold the API server of the tests' own cluster still; no other is in our /proc."""
    held = [number for number in processes() if name_of(number) == "kube-apiserver"]
    for number in held:
        os.kill(number, signal.SIGSTOP)
    try:
        yield
    finally:
        for number in held:
            os.kill(number, signal.SIGCONT)
    assert held


def processes() -> list[int]:
    return [int(process.name) for process in Path("/proc").glob("[0-9]*")]


def name_of(number: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{number}/comm").read_text().strip()
    return ""


def things(space: Kube) -> set[str]:
    found = (one for kind in KINDS for one in space.list(kind, "astroflow.org/session"))
    return {one["metadata"]["name"] for one in found}


@pytest.mark.usefixtures("own_cluster")
def test_work_goes_on_and_what_died_meanwhile_is_removed(wanda: Person, space: Kube) -> None:
    with wanda.kernel() as kernel:
        assert kernel.run(START, 300).error is None
        wanted = things(space)
        with wanda.kernel() as doomed:
            assert doomed.run(START, 300).error is None
            assert things(space) > wanted
            with api_server_away():
                doomed.begin(DIE)
                assert kernel.run(SUM, 60).value == "499500"
                time.sleep(AWAY)
        soon(lambda: things(space) == wanted, "the removal of what the dead kernel left", 60)
        assert kernel.run(SUM, 60).value == "499500"
