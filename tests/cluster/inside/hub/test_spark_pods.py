"""`from astroflow_spark_gaia import spark` on Kubernetes: ten executors, hers alone."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from inside.hub.deployed import DeployedHub
from inside.hub.offered import offered, profile
from inside.kube import Kube, soon
from tools.person import Kernel, Person

pytestmark = pytest.mark.timeout(900)

PODS = 10
TEN = profile(
    "ten",
    memory={"guarantee": "512m", "limit": "2g"},
    spark={"pods": PODS, "cores": 1, "memory": "512m", "guarantee": 0.05},
    quota={"cpu": 6, "memory": "24g", "pods": 20},
)
EXECUTORS = "spark-role=executor"
SOURCES = 482_106  # of the sample

LINES = [
    "Beginning the initialization of a spark cluster with 10 pods, 1 cores/pod and 512m mem/pod",
    "Completed initialisation",
    "Setting up SparkSQL",
    "Setting up dataset Gaia DR3 with 4 databases gaiadr3, gaiadr3ssd, gaiaedr3ssd, gaiaedr3",
    "Read default database gaiadr3ssd from environment config",
    (
        "A spark cluster has been successfully set up, "
        'you can interact with it via the "spark" object'
    ),
]
LEVEL_6 = """
import numpy as np, pyarrow.dataset as ds
from astroflow_core import SessionSettings
import os
files = SessionSettings.from_environ(os.environ).open_table("gaia_source").files
ids = ds.dataset(files).to_table(columns=["source_id"])["source_id"].to_numpy()
found = spark.sql(
    "SELECT source_id DIV 140737488355328 AS pixel, COUNT(*) AS n FROM gaia_source GROUP BY 1"
).toPandas().set_index("pixel")["n"]
counts = np.zeros(49152, dtype=int)
counts[found.index] = found
bool(np.array_equal(counts, np.bincount(ids // 2**47, minlength=49152)))
"""
JOIN = """
spark.sql(
    "SELECT COUNT(*) FROM gaia_source a JOIN gaia_source b USING (source_id)"
    " WHERE a.phot_g_mean_mag = b.phot_g_mean_mag"
).first()[0]
"""
HOSTS = """
import socket, time
rdd = spark.sparkContext.parallelize(range(200), 200)
len(set(rdd.map(lambda _: (time.sleep(0.2), socket.gethostname())[1]).collect()))
"""
SLOW_UDF = """
from pyspark.sql.functions import udf
import time
square = udf(lambda n: (time.sleep(0.02), n * n)[1], "long")
numbers = spark.range(0, 2000, numPartitions=100)
numbers.select(square("id").alias("n")).groupBy().sum("n").first()[0]
"""


@pytest.fixture(scope="module")
def sally(hub: DeployedHub) -> Iterator[Person]:
    with offered(hub, TEN), hub.person("sally") as person:
        person.start("ten")
        yield person
        if person.has_server():
            person.stop()


@pytest.fixture(scope="module")
def space(hub: DeployedHub, sally: Person) -> Kube:
    return hub.namespace_of(sally.name)


@pytest.fixture(scope="module")
def kernel(sally: Person) -> Iterator[Kernel]:
    with sally.kernel() as kernel:
        yield kernel


@pytest.fixture(scope="module")
def lines(kernel: Kernel) -> list[str]:
    """Return what the import printed."""
    begun = kernel.run("from astroflow_spark_gaia import spark", 400)
    assert begun.error is None
    return begun.text.splitlines()


def pages_of(kernel: Kernel) -> str:
    """Return the path of Spark's pages, which the session shows a link to."""
    found = kernel.run("print(spark._repr_html_())")
    return found.text.split('href="')[1].split("/jobs/")[0]


def executors(space: Kube) -> list[dict[str, Any]]:
    return space.list("pods", EXECUTORS)


def answer(kernel: Kernel, code: str) -> str:
    result = kernel.run(code, 400)
    assert result.error is None
    return result.value  # an executor may say meanwhile that it is busy


def test_the_import_tells_what_it_always_told_and_how_many_are_up(lines: list[str]) -> None:
    assert lines[: len(LINES)] == LINES
    assert f"of {PODS} executors are up" in lines[-1]


@pytest.mark.usefixtures("lines")
def test_ten_executors_share_the_work(kernel: Kernel, space: Kube) -> None:
    soon(lambda: len(executors(space)) == PODS, "ten executors", 120)
    soon(lambda: int(answer(kernel, HOSTS)) == PODS, "work on each of them", 240)


@pytest.mark.usefixtures("lines")
def test_counts_joins_and_functions_are_right(kernel: Kernel) -> None:
    count = answer(kernel, "spark.sql('SELECT COUNT(*) FROM gaia_source').first()[0]")
    assert int(count) == SOURCES
    assert answer(kernel, LEVEL_6) == "True"
    assert int(answer(kernel, JOIN)) == SOURCES


@pytest.mark.usefixtures("lines")
def test_a_query_survives_the_loss_of_an_executor(kernel: Kernel, space: Kube) -> None:
    query = kernel.begin(SLOW_UDF)
    lost = executors(space)[0]["metadata"]["name"]
    space("delete", "pod", lost, "--force", "--grace-period=0")
    assert int(kernel.result_of(query, 400).value) == sum(n * n for n in range(2000))


@pytest.mark.usefixtures("lines")
def test_executors_are_the_notebook_s_own_and_may_do_nothing_else(space: Kube) -> None:
    notebook = space.list("pods", "app.kubernetes.io/component=notebook")[0]
    image = notebook["status"]["containerStatuses"][0]["imageID"]
    for pod in executors(space):
        spec = pod["spec"]
        container = spec["containers"][0]
        mounts = {m["mountPath"]: m.get("readOnly") for m in container["volumeMounts"]}
        assert pod["metadata"]["ownerReferences"][0]["uid"] == notebook["metadata"]["uid"]
        assert container["image"] == image
        assert spec["serviceAccountName"] == "default"
        assert not spec["automountServiceAccountToken"]
        assert mounts["/mnt/gaia-dr3"] is True
        assert "JUPYTERHUB_API_TOKEN" not in {entry["name"] for entry in container["env"]}


@pytest.mark.usefixtures("lines")
@pytest.mark.parametrize("page", ["jobs", "stages", "storage", "environment", "executors", "SQL"])
def test_spark_s_pages_open_below_the_person_s_own_address(
    kernel: Kernel, sally: Person, page: str
) -> None:
    path = pages_of(kernel)
    shown = sally.http.get(f"{path}/{page}/")
    assert shown.is_success
    parts = set(re.findall(r'(?:src|href)="([^"#]+\.(?:js|css)[^"]*)"', shown.text))
    assert {sally.http.get(part).status_code for part in parts} == {200}
    links = re.findall(r'href="(/[^"]+/)"', shown.text)
    assert {link for link in links if not link.startswith(path)} == set()


def test_the_table_of_executors_is_filled_in_by_its_page(kernel: Kernel, sally: Person) -> None:
    api = f"{pages_of(kernel)}/api/v1/applications"
    application = sally.http.get(api).json()[0]["id"]
    executors = sally.http.get(f"{api}/{application}/allexecutors").json()
    assert len(executors) > PODS


def test_nobody_else_sees_them(kernel: Kernel, hub: DeployedHub) -> None:
    with hub.person("snoop") as snoop:
        shown = snoop.http.get(f"{pages_of(kernel)}/jobs/")
    assert shown.status_code == 403
    assert "Spark Jobs" not in shown.text


def test_more_than_the_quota_is_refused_before_anything_starts(kernel: Kernel) -> None:
    error = kernel.run("from astroflow_spark_gaia import connect; connect(pods=60)").error
    assert error is not None
    assert "60 executors need 52.5 GiB of memory, and your quota has" in error
    assert int(answer(kernel, "spark.range(10).count()")) == 10


@pytest.mark.usefixtures("lines")
def test_a_killed_kernel_leaves_no_executor(kernel: Kernel, sally: Person, space: Kube) -> None:
    kernel.begin("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    soon(lambda: not executors(space), "the end of the executors", 60)
    assert sally.has_server()


def test_a_stopped_server_leaves_no_executor(sally: Person, space: Kube) -> None:
    with sally.kernel() as kernel:
        assert kernel.run("from astroflow_spark_gaia import spark", 400).error is None
        assert executors(space)
        sally.stop()
    soon(lambda: not executors(space), "the end of the executors", 60)
