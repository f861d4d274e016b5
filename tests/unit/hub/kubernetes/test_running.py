"""Which pods of a person hold cores, how many, and for what."""

from datetime import UTC, datetime
from typing import Any

import pytest

from astroflow_hub.kubernetes.running import running_pods
from astroflow_hub.running import Running

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)


def pod(labels: dict[str, str], *requests: str, **status: Any) -> dict[str, Any]:
    containers = [{"resources": {"requests": {"cpu": cpu}}} for cpu in requests]
    told = {"phase": "Running", "startTime": "2026-11-23T09:00:00Z", **status}
    return {"metadata": {"labels": labels}, "spec": {"containers": containers}, "status": told}


NOTEBOOK = {"app.kubernetes.io/component": "notebook"}
SPARK = {"astroflow.org/session": "spark-1"}
DASK = {"dask.org/cluster-name": "dask-1", "astroflow.org/session": "dask-1"}


@pytest.mark.parametrize(
    ("labels", "kind"), [(NOTEBOOK, "server"), (SPARK, "spark"), (DASK, "dask"), ({}, "other")]
)
def test_a_pod_is_known_by_its_labels(labels: dict[str, str], kind: str) -> None:
    assert running_pods([pod(labels, "1500m", "2")], "notebook") == [Running(kind, 3.5, NINE)]


@pytest.mark.parametrize("phase", ["Succeeded", "Failed", "Unknown"])
def test_a_pod_that_ended_holds_nothing(phase: str) -> None:
    assert running_pods([pod(NOTEBOOK, "1", phase=phase)], "notebook") == []


def test_a_pod_that_waits_for_a_node_holds_nothing_and_one_that_pulls_does() -> None:
    waits = pod(SPARK, "1", phase="Pending", startTime=None)
    pulls = pod(SPARK, "1", phase="Pending")
    assert running_pods([waits, pulls], "notebook") == [Running("spark", 1, NINE)]


def test_a_pod_without_labels_and_requests_asks_for_nothing() -> None:
    bare = pod({}, phase="Running")
    bare["spec"]["containers"] = [{}]
    del bare["metadata"]["labels"]
    assert running_pods([bare], "notebook") == [Running("other", 0, NINE)]
