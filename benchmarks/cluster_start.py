"""From import to first result on a cluster: our session beside one written by hand.

    PYTHONPATH=tests/cluster:. .venv/bin/python -m sandbox run \
        "$PWD/.venv/bin/python" -m benchmarks.cluster_start

on a cluster that is up, with the images in its registry (`make cluster-up images`); it deploys
the hub, and removes it at the end. Each run is a kernel of its own in one person's server; the two
sessions have the same configuration, and take turns. Of ours it tells what the time went into.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks import counts
from benchmarks.many_people import offered
from benchmarks.race import WrongAnswerError
from inside.hub.deployed import deploy, remove
from sandbox.layout import REGISTRY
from tools.shell import await_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inside.hub.deployed import DeployedHub
    from inside.kube import Kube
    from tools.person import Person

PODS = 10
PROFILE = {
    "slug": "ten",
    "display_name": "Ten executors",
    "catalogues": ["gaia-dr3"],
    "cpu": {"guarantee": 0.05},
    "memory": {"guarantee": "512m", "limit": "3g"},
    "home": {"size": "1Gi"},
    "spark": {"pods": PODS, "cores": 1, "memory": "512m", "guarantee": 0.05},
    "quota": {"cpu": 14, "memory": "32g", "pods": 20},
}
PATIENCE = 300  # seconds for one cell
OURS, BY_HAND = "our session", "by hand"
_OURS = """
import json, time
began = time.time()
from astroflow_spark_gaia import executors
from astroflow_spark_gaia.gaia_session import GaiaSession
from astroflow_spark_gaia.jvm import Jvm
from astroflow_spark_gaia.pods import Pods

spent = {"imports": time.time() - began}
def timed(owner, name, what):
    work = getattr(owner, name)
    def wrapper(*values, **named):
        since = time.time()
        try:
            return work(*values, **named)
        finally:
            spent[what] = spent.get(what, 0) + time.time() - since
    setattr(owner, name, wrapper)
timed(Pods, "of_size", "quota and pod")
timed(Jvm, "connect", "Java")
timed(GaiaSession, "attach", "registration")
timed(Pods, "await_ready", "wait for the first executor")
timed(executors, "check_executors", "preflight")
from astroflow_spark_gaia import spark
"""
_BY_HAND = """
import json, os, sys, tempfile, time
began, spent = time.time(), {}
from pathlib import Path
from pyspark.sql import SparkSession
from astroflow_core.session import SessionSettings
from astroflow_spark_gaia.pods import Pods

settings = SessionSettings.from_environ(os.environ)
pods = Pods.of_size(settings.spark, None, settings, os.environ)
os.environ["PYSPARK_PYTHON"] = sys.executable
builder = SparkSession.builder
for name, value in pods.conf(Path(tempfile.mkdtemp())).items():
    builder = builder.config(name, value)
spark = builder.getOrCreate()
files = map(str, settings.open_table("gaia_source").files)
spark.read.parquet(*files).createOrReplaceTempView("gaia_source")
"""
_MEASURE = f"""
def count():
    since = time.time()
    found = spark.sql("{counts.SQL}").toPandas()
    return time.time() - since, int(found.iloc[:, 1].sum())
_, sources = count()
first = time.time()
registered = spark.sparkContext._jsc.sc().getExecutorMemoryStatus
while registered().size() <= {PODS}:
    time.sleep(0.05)
complete = time.time()
count()
again = sorted(count()[0] for _ in range(5))[2]
print(json.dumps({{
    "first": first - began, "complete": complete - began, "began": began,
    "again": again, "sources": sources, "spent": spent,
}}))
"""


@dataclass(frozen=True, slots=True)
class Start:
    """One start, in seconds since the import.

    ``first`` is the first result, ``complete`` the tenth executor, ``again`` the same query once
    all are warm; ``parts`` what the time went into, by name.
    """

    first: float
    complete: float
    again: float
    parts: dict[str, float]


def measure(person: Person, space: Kube, runs: int) -> dict[str, list[Start]]:
    """Return ``runs`` starts of each session, in turn.

    Raises
    ------
    WrongAnswerError
        When a session fails, or the two count differently.
    """
    starts: dict[str, list[Start]] = {OURS: [], BY_HAND: []}
    for _ in range(runs):
        counted = set()
        for name, script in ((OURS, _OURS), (BY_HAND, _BY_HAND)):
            start, sources = _start(person, space, script)
            starts[name].append(start)
            counted.add(sources)
        if len(counted) > 1:
            raise WrongAnswerError(f"{OURS} and the one {BY_HAND} count {counted} sources")
    return starts


def _start(person: Person, space: Kube, script: str) -> tuple[Start, int]:
    with person.kernel() as kernel:
        result = kernel.run(script + _MEASURE, PATIENCE)
        if result.error:
            raise WrongAnswerError(result.error)
        told = json.loads(result.text.splitlines()[-1])
        parts = told["spent"] | _pod_times(space, told["began"])
        kernel.run("spark.stop()", PATIENCE)
    await_until(lambda: not _executors(space), "the end of the executors")
    return Start(told["first"], told["complete"], told["again"], parts), told["sources"]


def _executors(space: Kube) -> list[dict[str, Any]]:
    return space.list("pods", "spark-role=executor")


def _pod_times(space: Kube, began: float) -> dict[str, float]:
    """Return when the first executor's pod was made, placed and running; Kubernetes' second."""
    pods = _executors(space)
    placed = [_condition(pod, "PodScheduled") for pod in pods]
    running = [pod["status"]["containerStatuses"][0]["state"]["running"] for pod in pods]
    made = min(_seconds(pod["metadata"]["creationTimestamp"]) for pod in pods)
    return {
        "at: first pod made": made - began,
        "at: first pod placed": min(placed) - began,
        "at: first container started": min(_seconds(r["startedAt"]) for r in running) - began,
    }


def _condition(pod: dict[str, Any], kind: str) -> float:
    return next(
        _seconds(one["lastTransitionTime"])
        for one in pod["status"]["conditions"]
        if one["type"] == kind
    )


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def report(starts: dict[str, list[Start]]) -> str:
    """Return the medians as text."""
    return "\n".join(line for name, found in starts.items() for line in _lines(name, found))


def _lines(name: str, found: list[Start]) -> Iterator[str]:
    first = median(start.first for start in found)
    complete = median(start.complete for start in found)
    again = median(start.again for start in found)
    yield (
        f"{name}: first result {first:.1f} s, tenth executor {complete:.1f} s, "
        f"the query once warm {again:.3f} s"
    )
    for part in found[0].parts:
        yield f"    {part}: {median(start.parts[part] for start in found):.1f} s"


def _run(hub: DeployedHub, runs: int) -> dict[str, list[Start]]:
    with offered(hub, PROFILE), hub.person("starter") as person:
        person.start(str(PROFILE["slug"]))
        try:
            return measure(person, hub.namespace_of(person.name), runs)
        finally:
            person.stop()


def main() -> None:
    """Deploy the hub, measure, and print."""
    parser = argparse.ArgumentParser("benchmarks.cluster_start", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--registry", default=REGISTRY)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        hub = deploy(asked.registry, Path(folder))
        try:
            sys.stdout.write(report(_run(hub, asked.runs)) + "\n")
        finally:
            remove()


if __name__ == "__main__":
    main()
