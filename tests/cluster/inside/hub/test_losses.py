"""An executor or a worker that dies is told in the cell, and the query is right all the same."""

from collections.abc import Iterator

import pytest

from inside.hub.deployed import DeployedHub
from inside.hub.offered import offered, profile
from tools.person import Kernel, Person

pytestmark = pytest.mark.timeout(900)

SMALL = {"pods": 2, "cores": 1, "memory": "512m", "guarantee": 0.05}
TWO = profile(
    "two",
    memory={"guarantee": "512m", "limit": "2g"},
    spark=SMALL,
    dask=SMALL,
    quota={"cpu": 6, "memory": "24g", "pods": 12},
)
# Memory that counts for no process: the largest, which is Java, is ended for the first attempt's.
FILL_EXECUTOR = """
import os, time
from pyspark import TaskContext

def fill(rows):
    if TaskContext.get().attemptNumber() == 0:
        held = os.memfd_create("held")
        for _ in range(2000):
            os.write(held, bytes(1_000_000))
    time.sleep(15)  # until Kubernetes has told why the first attempt ended
    return [sum(rows)]

spark.sparkContext.parallelize([20, 22], 1).mapPartitions(fill).first()
"""
# A worker is ended by its own watcher; the two workers share no file, so each may die once.
FILL_WORKER = """
import os, time

def fill(marker):
    if not os.path.exists(marker):
        open(marker, "w").close()
        held = b"x" * 525_000_000
        time.sleep(30)
    time.sleep(2)
    return 42

client.submit(fill, "/tmp/filled").result()
"""


@pytest.fixture(scope="module")
def olga(hub: DeployedHub) -> Iterator[Person]:
    with offered(hub, TWO), hub.person("olga") as person:
        person.start("two")
        yield person
        person.stop()


@pytest.fixture
def kernel(olga: Person) -> Iterator[Kernel]:
    with olga.kernel() as kernel:
        yield kernel


def test_an_executor_out_of_memory_is_told_with_what_to_change(kernel: Kernel) -> None:
    assert kernel.run("from astroflow_spark_gaia import spark", 400).error is None
    told = kernel.run(FILL_EXECUTOR, 400)
    assert told.error is None
    assert (
        "An executor was lost, and others do its work again: it ran out of memory, of which it "
        'has 896 MiB in all: use connect(memory="1g"), or more and smaller partitions.'
    ) in told.text
    assert told.value == "42"


def test_a_worker_out_of_memory_is_told_with_what_to_change(kernel: Kernel) -> None:
    assert kernel.run("from astroflow_dask_gaia import client", 400).error is None
    told = kernel.run(FILL_WORKER, 400)
    assert told.error is None
    assert "lost, and others do" in told.text
    assert "it came to the limit of its memory" in told.text
    assert "and was started anew" in told.text
    assert "use connect(memory=" in told.text
    assert told.value == "42"


def test_progress_is_gone_when_a_cell_is_done(kernel: Kernel) -> None:
    assert kernel.run("from astroflow_dask_gaia import client", 400).error is None
    done = kernel.run("import time; client.submit(time.sleep, 3).result()", 100)
    assert done.error is None
    assert done.text == ""
    assert [output.output_type for output in done.outputs] == ["display_data"]
