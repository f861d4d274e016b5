"""What executors and workers lack is named before the first query; own packages reach them."""

import re
from collections.abc import Iterator

import pytest

from inside.hub.deployed import DeployedHub
from inside.hub.offered import offered, profile
from inside.kube import Kube, soon
from tools.person import Kernel, Person

pytestmark = pytest.mark.timeout(900)

SMALL = {"pods": 2, "cores": 1, "memory": "512m", "guarantee": 0.05}
CHECKED = profile(
    "checked",
    memory={"guarantee": "512m", "limit": "2g"},
    spark=SMALL,
    dask=SMALL,
    quota={"cpu": 6, "memory": "24g", "pods": 12},
)
EXECUTORS = "spark-role=executor"
WORKERS = "dask.org/component=worker"
START = "from astroflow_spark_gaia import preflight, push_packages, spark"
START_DASK = "from astroflow_dask_gaia import client, preflight, push_packages"
AWAIT_WORKERS = "client.wait_for_workers(2, timeout=120)"
# As if the image of executors were another than the notebook's.
OTHER_IMAGE = """
from astroflow_core.kubernetes.notebook import Notebook
Notebook.image = property(lambda self: {image!r})
"""
# As if no claim could be mounted by several nodes.
NO_VOLUMES = """
from astroflow_core.kubernetes import notebook
notebook._shared = lambda claims: []
"""
# What `pip install --user` does with a wheel, of which half is compiled.
INSTALL = """
import importlib, shutil, site, sys
from pathlib import Path
import markupsafe._speedups as compiled
home = Path(site.getusersitepackages())
(home / "own_stars-1.0.dist-info").mkdir(parents=True)
(home / "own_stars-1.0.dist-info" / "METADATA").write_text("Name: own_stars")
(home / "own_stars").mkdir()
shutil.copy(compiled.__file__, home / "own_stars")
code = "from own_stars._speedups import _escape_inner\\nESCAPED = _escape_inner('a&b')\\n"
(home / "own_stars" / "__init__.py").write_text(code)
sys.path.append(str(home))
importlib.invalidate_caches()
"""
ESCAPED_BY_SPARK = """
numbers = spark.sparkContext.parallelize(range(8), 8)
set(numbers.map(lambda _: __import__("own_stars").ESCAPED).collect())
"""
ESCAPED_BY_DASK = 'set(client.run(lambda: __import__("own_stars").ESCAPED).values())'
MOVE_ON = '(home / "own_stars-1.0.dist-info").rename(home / "own_stars-2.0.dist-info")'
PUSH_NEXT = 'push_packages(environment="next")'
USE_NEXT = 'from astroflow_dask_gaia import use_environment; use_environment("next")'
LIST = """
import subprocess
print(subprocess.run(["astroflow", "env", "list"], capture_output=True, text=True).stdout)
"""
FROM_FILE = """
Path("/tmp/mine.py").write_text("ANSWER = 42")
spark.sparkContext.addPyFile("/tmp/mine.py")
set(spark.sparkContext.parallelize(range(4), 4).map(lambda _: __import__("mine").ANSWER).collect())
"""


@pytest.fixture(scope="module")
def vera(hub: DeployedHub) -> Iterator[Person]:
    with offered(hub, CHECKED), hub.person("vera") as person:
        person.start("checked")
        yield person
        person.stop()


@pytest.fixture(scope="module")
def space(hub: DeployedHub, vera: Person) -> Kube:
    return hub.namespace_of(vera.name)


@pytest.fixture(scope="module")
def spark(vera: Person, space: Kube) -> Iterator[Kernel]:
    with vera.kernel() as kernel:
        begun = kernel.run(START, 400)
        assert begun.error is None
        assert "executor spark" not in begun.text  # nothing is wrong, so nothing is said
        soon(lambda: len(running(space, EXECUTORS)) == 2, "both executors", 180)
        yield kernel
        kernel.run("spark.stop()")


@pytest.fixture(scope="module")
def dask(vera: Person) -> Iterator[Kernel]:
    with vera.kernel() as kernel:
        begun = kernel.run(START_DASK, 400)
        assert begun.error is None
        assert kernel.run(AWAIT_WORKERS, 150).error is None
        yield kernel
        kernel.run("client.close()")


def running(space: Kube, selector: str) -> list[str]:
    pods = space.list("pods", selector)
    return [p["metadata"]["name"] for p in pods if p["status"]["phase"] == "Running"]


def table(kernel: Kernel) -> str:
    shown = kernel.run("preflight()", 100)
    assert shown.error is None
    return shown.text


def test_each_executor_has_a_line_and_nothing_is_wrong(spark: Kernel, space: Kube) -> None:
    soon(lambda: "wrong with 2 executors" in table(spark), "both executors' reports", 60)
    told = table(spark)
    assert all(f"\n{name} " in told for name in running(space, EXECUTORS))
    assert told.count("the same") == 2


def test_own_packages_reach_executors_without_pip_and_are_proved(spark: Kernel) -> None:
    assert spark.run(INSTALL).error is None
    assert "own-stars is missing, here 1.0: you installed that in this notebook" in table(spark)
    assert "Nothing is wrong with 2 executors" in spark.run("push_packages()", 100).text
    assert spark.run(ESCAPED_BY_SPARK, 100).text == "{'a&amp;b'}"


def test_a_module_of_one_s_own_reaches_executors(spark: Kernel) -> None:
    assert spark.run(FROM_FILE, 100).text == "{42}"


def test_own_packages_reach_workers_without_pip_and_are_proved(
    spark: Kernel, dask: Kernel, space: Kube
) -> None:
    assert spark.run("None").error is None  # it installed them
    told = table(dask)
    assert all(f"\n{name} " in told for name in running(space, WORKERS))
    assert "own-stars is missing, here 1.0: you installed that in this notebook" in told
    assert "Nothing is wrong with 2 workers" in dask.run("push_packages()", 100).text
    assert dask.run(ESCAPED_BY_DASK, 100).text == "{'a&amp;b'}"


def test_an_environment_that_a_notebook_made_is_used_by_another(
    spark: Kernel, dask: Kernel
) -> None:
    assert spark.run(MOVE_ON).error is None
    assert "own-stars is 1.0, here 2.0" in table(dask)
    assert "Nothing is wrong with 2 executors" in spark.run(PUSH_NEXT, 100).text
    assert spark.run(ESCAPED_BY_SPARK, 100).text == "{'a&amp;b'}"
    assert "Nothing is wrong with 2 workers" in dask.run(USE_NEXT, 100).text
    assert re.search(r"\ndefault +1 .+\nnext +1 ", dask.run(LIST).text)


def test_executors_without_the_catalogue_are_refused_with_the_file(vera: Person) -> None:
    with vera.kernel() as kernel:
        assert kernel.run(NO_VOLUMES).error is None
        error = kernel.run(START, 400).error
    assert error is not None
    assert "SessionError: executor spark-" in error or "SessionError: 2 executors" in error
    assert "user 1000 cannot read /mnt/gaia-dr3/catalogue.yaml (No such file" in error


def test_workers_without_the_catalogue_are_refused_with_the_file(vera: Person) -> None:
    with vera.kernel() as kernel:
        assert kernel.run(NO_VOLUMES).error is None
        error = kernel.run(START_DASK, 400).error
    assert error is not None
    assert "user 1000 cannot read /mnt/gaia-dr3/catalogue.yaml (No such file" in error


def test_executors_of_another_image_are_told_with_package_and_versions(
    hub: DeployedHub,
) -> None:
    richer = profile(
        "richer",
        image=f"{hub.kube.image.rpartition('/')[0]}/xp-spectra:dev",
        memory={"guarantee": "512m", "limit": "2g"},
        spark={**SMALL, "pods": 1},
        quota={"cpu": 6, "memory": "24g", "pods": 12},
    )
    with offered(hub, richer), hub.person("vera-two") as person:
        person.start("richer")
        with person.kernel() as kernel:
            assert kernel.run(OTHER_IMAGE.format(image=hub.kube.image)).error is None
            begun = kernel.run(START, 400)
            differences = kernel.run("preflight().differences", 100).text
        person.stop()
    assert begun.error is None
    assert re.search(r"executor spark-\S+: \S+ is missing, here \d.* and \d+ more; ", begun.text)
    assert "the image is not this notebook's: stop your server" in begun.text
    assert re.search(r"'gaiaxpy': \(None, '\d", differences)
