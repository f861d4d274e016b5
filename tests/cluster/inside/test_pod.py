import json

import pytest

from inside.kube import Kube, soon
from tools.shell import CommandError

SERVE = ("python", "-m", "http.server", "8080", "--directory", "/tmp")  # noqa: S108


def test_pod_runs_as_uid_1000_under_the_restricted_level(kube: Kube) -> None:
    kube.start(kube.pod("notebook"))
    assert kube("exec", "notebook", "--", "id", "-u").strip() == "1000"


def test_privileged_pod_is_refused(kube: Kube) -> None:
    pod = kube.pod("greedy", container={"securityContext": {"privileged": True}})
    with pytest.raises(CommandError, match="violates PodSecurity"):
        kube.create(pod)


def test_service_is_found_by_name_and_leaves_a_log(kube: Kube) -> None:
    kube.create(kube.service("web", 8080))
    kube.start(kube.pod("web", *SERVE), kube.pod("visitor"))
    soon(lambda: kube.can_fetch("visitor", "http://web:8080"), "an answer of the service")
    assert '"GET / HTTP/1.1" 200' in kube("logs", "web")


def test_missing_image_is_named(kube: Kube) -> None:
    absent = kube.image.replace("astroflow:dev", "astroflow:never-built")
    kube.create(kube.pod("lost", container={"image": absent}))

    def reason() -> str:
        statuses = kube.get("pod/lost")["status"].get("containerStatuses", [{}])
        return str(statuses[0].get("state", {}).get("waiting", {}).get("reason"))

    soon(lambda: reason() in {"ErrImagePull", "ImagePullBackOff"}, "a failed pull", 60)
    assert "astroflow:never-built" in kube("get", "events", "--output=json")


def test_quota_refuses_one_pod_too_many(kube: Kube) -> None:
    kube("create", "quota", "small", "--hard=pods=1")
    kube.wait("quota/small", "jsonpath={.status.hard.pods}=1")
    kube.create(kube.pod("first"))
    with pytest.raises(CommandError, match="exceeded quota: small"):
        kube.create(kube.pod("second"))


def test_pod_larger_than_any_node_stays_pending_with_the_reason(kube: Kube) -> None:
    cores = max(_cores(node["status"]["allocatable"]["cpu"]) for node in kube.list("nodes"))
    asked = {"resources": {"requests": {"cpu": str(cores + 1)}}}
    kube.create(kube.pod("giant", container=asked))
    kube.wait("pod/giant", "condition=PodScheduled=False")
    conditions = kube.get("pod/giant")["status"]["conditions"]
    assert "Insufficient cpu" in conditions[0]["message"]


@pytest.mark.usefixtures("metrics")
def test_metrics_of_a_running_pod_are_served(kube: Kube) -> None:
    kube.start(kube.pod("busy", "python", "-c", "while True: pass"))
    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{kube.namespace}/pods"
    soon(lambda: bool(json.loads(kube("get", "--raw", path))["items"]), "metrics of the pod", 90)


def _cores(quantity: str) -> int:
    return int(quantity[:-1]) // 1000 if quantity.endswith("m") else int(quantity)
