import json
from pathlib import Path
from typing import Any

import pytest

from inside.kube import Kube, soon

JOB = [Path(__file__).parent / "jobs" / name for name in ("ten_executors.py", "executor.yaml")]
ENVIRONMENT = {
    "POD_NAME": "metadata.name",
    "POD_NAMESPACE": "metadata.namespace",
    "POD_IP": "status.podIP",
}
RESOURCES = "pods,services,configmaps,persistentvolumeclaims"
VERBS = "get,list,watch,create,patch,update,delete,deletecollection"


def driver(kube: Kube) -> dict[str, Any]:
    fields = [
        {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
        for name, path in ENVIRONMENT.items()
    ]
    return kube.pod(
        "notebook",
        *("python", "/job/ten_executors.py"),
        serviceAccountName="spark",
        container={"env": [*fields, {"name": "IMAGE", "value": kube.image}]},
        mounts=[{"name": "job", "mountPath": "/job"}],
        volumes=[{"name": "job", "configMap": {"name": "job"}}],
    )


def result_of(kube: Kube) -> dict[str, int] | None:
    lines = kube("logs", "notebook").splitlines()
    found = [line.removeprefix("result ") for line in lines if line.startswith("result ")]
    return json.loads(found[0]) if found else None


def executors(kube: Kube) -> list[dict[str, Any]]:
    return kube.list("pods", "spark-role=executor")


@pytest.mark.timeout(900)
def test_ten_executors_answer_and_go_with_the_notebook(kube: Kube) -> None:
    kube("create", "serviceaccount", "spark")
    kube("create", "role", "spark", f"--resource={RESOURCES}", f"--verb={VERBS}")
    account = f"--serviceaccount={kube.namespace}:spark"
    kube("create", "rolebinding", "spark", "--role=spark", account)
    kube.create(kube.script("job", *JOB))
    kube.start(driver(kube))
    soon(lambda: result_of(kube) is not None, "a result of Spark", 700)
    assert result_of(kube) == {
        "sum": sum(range(1000)),
        "squares": sum(n * n for n in range(1000)),
        "executors": 10,
    }
    assert len(executors(kube)) == 10
    kube("delete", "pod", "notebook")
    soon(lambda: executors(kube) == [], "the end of the executors", 60)
