"""Why a server does not start: a table of what the cluster says, and what a person reads."""

from typing import Any

import pytest

from astroflow_core.kubernetes.reasons import Cause, cause_of, message_of, refusal

Object = dict[str, Any]
NODES = [
    {"status": {"allocatable": {"cpu": "3800m", "memory": "7Gi"}}},
    {"status": {"allocatable": {"cpu": "2", "memory": "15Gi"}}},
]
QUOTA = (
    'pods "jupyter-hypatia" is forbidden: exceeded quota: person, '
    "requested: limits.memory=1Gi,pods=1, used: limits.memory=4Gi,pods=5, "
    "limited: limits.memory=4Gi,pods=5"
)
TOO_LARGE = (
    'pods "jupyter-hypatia" is forbidden: maximum cpu usage per Container is 2, but limit is 8'
)


def pod(waiting: Object | None = None, message: str = "", **requests: str) -> Object:
    container = {"name": "notebook", "image": "astroflow:1", "resources": {"requests": requests}}
    unscheduled = [{"type": "PodScheduled", "status": "False", "message": message}]
    state = [{"name": "notebook", "state": {"waiting": waiting}}]
    volumes = [{"name": "home"}, {"name": "catalogue-gaia-dr3"}]
    return {
        "metadata": {"namespace": "astroflow-hypatia"},
        "spec": {"containers": [container], "volumes": volumes},
        "status": {"containerStatuses": state} if waiting else {"conditions": unscheduled},
    }


def event(reason: str, message: str = "") -> Object:
    return {"reason": reason, "message": message}


def cause(pod: Object, *events: Object) -> Cause | None:
    return cause_of(pod, events, NODES, scheduling=60)


def sentence(pod: Object, *events: Object) -> str:
    found = cause(pod, *events)
    return found.sentence if found else ""


def pulling(reason: str, message: str = "") -> Object:
    return pod({"reason": reason, "message": message})


CREATING = pod({"reason": "ContainerCreating"})


@pytest.mark.parametrize(
    ("pod", "events", "told"),
    [
        (
            pod(message="0/2 nodes are available: 2 Insufficient cpu.", cpu="2"),
            [],
            "no node has 2 CPUs free",
        ),
        (
            pod(message="0/2 nodes are available: 2 Insufficient memory.", memory="6Gi"),
            [],
            "no node has 6 GiB of memory free",
        ),
        (
            pod(message="2 Insufficient cpu, 1 Insufficient memory", cpu="1", memory="512Mi"),
            [],
            "no node has 1 CPU free; no node has 512 MiB of memory free",
        ),
        (
            pod(message="2 Insufficient cpu", cpu="8"),
            [],
            "the profile asks for 8 CPUs, more than any node has: the largest offers 3.8 CPUs",
        ),
        (
            pod(message="2 Insufficient memory", memory="64Gi"),
            [],
            (
                "the profile asks for 64 GiB of memory, more than any node has: "
                "the largest offers 15 GiB"
            ),
        ),
        (
            pod(message="2 node(s) didn't match Pod's node affinity/selector."),
            [],
            "no node has the labels that the profile asks for",
        ),
        (
            pod(message="2 node(s) had volume node affinity conflict."),
            [],
            "the node that holds its volumes has no room for it, or is not for it",
        ),
        (
            pod(
                message="1 node(s) didn't match PersistentVolume's node affinity, "
                "2 node(s) didn't match Pod's node affinity/selector."
            ),
            [],
            "the node that holds its volumes has no room for it, or is not for it",
        ),
        (
            pod(message="pod has unbound immediate PersistentVolumeClaims."),
            [],
            "the volume of your home is not there yet",
        ),
        (
            pod(message="1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }."),
            [],
            "nodes are kept for others, or are not ready",
        ),
        (pod(message="something new"), [], "no node takes it: something new"),
        (
            pod(message="2 Insufficient cpu", cpu="2"),
            [event("TriggeredScaleUp")],
            "a node is being added",
        ),
        (
            pulling("ErrImagePull", "rpc error: registry/astroflow:1: not found"),
            [],
            "the image astroflow:1 is not found in its registry",
        ),
        (
            pulling("ImagePullBackOff", "Back-off: dial tcp: connection refused"),
            [],
            "the image astroflow:1 cannot be pulled: dial tcp: connection refused",
        ),
        (
            pulling("InvalidImageName"),
            [],
            "the image astroflow:1 is not found: its name is not valid",
        ),
        (
            pulling("CreateContainerConfigError", 'secret "x" not found'),
            [],
            'the container cannot be made: secret "x" not found',
        ),
        (
            pulling("RunContainerError", "no such command"),
            [],
            "the container cannot be started: no such command",
        ),
        (
            CREATING,
            [
                event("Scheduled"),
                event(
                    "FailedMount",
                    'MountVolume.SetUp failed for volume "astroflow-hypatia.gaia-dr3" : '
                    "hostPath type check failed: /gaia is not a directory",
                ),
            ],
            (
                "the volume of the catalogue 'gaia-dr3' is missing or cannot be mounted: "
                "hostPath type check failed: /gaia is not a directory"
            ),
        ),
        (
            CREATING,
            [event("FailedMount", 'MountVolume.SetUp failed for volume "pvc-1" : no route')],
            "the volume 'pvc-1' (your home) is missing or cannot be mounted: no route",
        ),
        (CREATING, [event("Scheduled")], ""),
        (pod({"reason": "PodInitializing"}), [], ""),
    ],
)
def test_cause(pod: Object, events: list[Object], told: str) -> None:
    assert sentence(pod, *events) == told


def test_a_pod_that_nobody_has_looked_at_has_no_cause() -> None:
    assert cause({**pod(), "status": {}}) is None


@pytest.mark.parametrize(
    ("pod", "lasted", "final"),
    [
        (pod(message="2 Insufficient cpu", cpu="2"), 59, False),
        (pod(message="2 Insufficient cpu", cpu="2"), 60, True),
        (pod(message="2 Insufficient cpu", cpu="8"), 10, True),
        (pod(message="pod has unbound immediate PersistentVolumeClaims."), 299, False),
        (pod(message="pod has unbound immediate PersistentVolumeClaims."), 300, True),
        (pulling("ErrImagePull", "manifest unknown"), 0, True),
        (pulling("ErrImagePull", "dial tcp: connection refused"), 29, False),
        (pulling("ErrImagePull", "dial tcp: connection refused"), 30, True),
    ],
)
def test_a_cause_is_final_when_waiting_does_not_help(
    pod: Object, lasted: float, *, final: bool
) -> None:
    found = cause(pod)
    assert found
    assert found.is_final(lasted) is final


def test_a_kubelet_that_is_late_is_waited_for() -> None:
    late = "failed to sync configmap cache: timed out waiting for the condition"
    told = f'MountVolume.SetUp failed for volume "kube-api-access-1" : {late}'
    found = cause(CREATING, event("FailedMount", told))
    assert found
    assert not found.is_final(299)


def test_while_a_node_is_being_added_a_server_waits() -> None:
    found = cause(pod(message="2 Insufficient cpu", cpu="9"), event("TriggeredScaleUp"))
    assert found
    assert not found.is_final(10_000)


@pytest.mark.parametrize(
    ("status", "message", "told"),
    [
        (
            403,
            QUOTA,
            "your quota is reached: this server asks for limits.memory=1 GiB, pods=1, you use ",
        ),
        (403, TOO_LARGE, "maximum cpu usage per Container is 2, but limit is 8"),
        (403, 'pods "x" is forbidden: violates PodSecurity "restricted": privileged', "restricted"),
        (422, 'Pod "x" is invalid: spec.nodeSelector: Invalid value', "refuses the pod: spec"),
        (500, "etcdserver: request timed out", "try again in a minute"),
    ],
)
def test_refusal(status: int, message: str, told: str) -> None:
    assert told in refusal(status, message)


@pytest.mark.parametrize(
    ("body", "told"),
    [('{"message": "no"}', "no"), (b'{"message": "no"}', "no"), ("gone", "gone"), (None, "")],
)
def test_message_of_an_answer(body: str | bytes | None, told: str) -> None:
    assert message_of(body) == told
