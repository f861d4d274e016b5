"""Why a server that ran does not any more."""

from typing import Any

import pytest

from astroflow_core.kubernetes.ends import end_of, eviction_of, has_ended, is_lost

Object = dict[str, Any]


def ended(state: Object | None = None, **status: Any) -> Object:
    limits = {"resources": {"limits": {"memory": "1073741824"}}}
    statuses = [{"name": "notebook", "state": {"terminated": state}}] if state else []
    return {
        "metadata": {},
        "spec": {"nodeName": "node-2", "containers": [{"name": "notebook", **limits}]},
        "status": {"containerStatuses": statuses, **status},
    }


def disrupted(reason: str, message: str = "") -> Object:
    condition = {"type": "DisruptionTarget", "status": "True", "reason": reason}
    return ended(conditions=[{**condition, "message": message}])


@pytest.mark.parametrize(
    ("pod", "told"),
    [
        (None, "its pod was removed from the cluster, or its node was emptied"),
        (
            ended({"reason": "OOMKilled", "exitCode": 137}),
            (
                "it ran out of memory, of which it has 1 GiB: choose a larger size, "
                "or hold less at once"
            ),
        ),
        (ended({"reason": "Error", "exitCode": 3}), "it ended with exit code 3"),
        (
            ended({"reason": "Error", "exitCode": 1, "message": "no catalogue in\n/mnt/gaia"}),
            "no catalogue in /mnt/gaia",
        ),
        (ended({"reason": "Completed", "exitCode": 0}), None),
        (
            ended(phase="Failed", reason="Evicted", message="The node was low on memory."),
            "it was evicted from its node: The node was low on memory",
        ),
        (disrupted("DeletionByTaintManager"), "its node node-2 was lost"),
        (disrupted("DeletionByPodGC"), "its node node-2 was removed"),
        (disrupted("EvictionByEvictionAPI"), "its node node-2 is being emptied"),
        (disrupted("PreemptionByScheduler"), "its place was needed for something more important"),
        (
            disrupted("TerminationByKubelet", "Pod was terminated in response to node shutdown."),
            "its node ended it: Pod was terminated in response to node shutdown",
        ),
        (ended(phase="Failed", message="Pod was rejected"), "Pod was rejected"),
        (ended(phase="Failed"), "its pod failed"),
        (ended(phase="Running"), None),
    ],
)
def test_end(pod: Object | None, told: str | None) -> None:
    assert end_of(pod) == told


def test_an_end_before_a_restart_is_told() -> None:
    pod = ended()
    last = {"terminated": {"reason": "Error", "exitCode": 2}}
    pod["status"]["containerStatuses"] = [
        {"name": "notebook", "state": {"waiting": {}}, "lastState": last}
    ]
    assert end_of(pod) == "it ended with exit code 2"


@pytest.mark.parametrize(
    ("metadata", "lost"), [({"deletionTimestamp": "2026-12-01T00:00:00Z"}, True), ({}, False)]
)
def test_a_pod_is_lost_when_the_cluster_gives_it_up(metadata: Object, *, lost: bool) -> None:
    assert is_lost({**disrupted("DeletionByTaintManager"), "metadata": metadata}) is lost


def test_a_pod_that_is_deleted_on_purpose_is_not_lost() -> None:
    assert not is_lost({**ended(), "metadata": {"deletionTimestamp": "2026-12-01T00:00:00Z"}})


@pytest.mark.parametrize(
    ("pod", "is_over"),
    [
        (None, True),
        (ended(phase="Failed"), True),
        (ended({"reason": "Completed", "exitCode": 0}, phase="Running"), True),
        (ended(phase="Running"), False),
        (disrupted("DeletionByTaintManager"), False),
    ],
)
def test_a_server_has_ended_when_nothing_of_it_runs(pod: Object | None, *, is_over: bool) -> None:
    assert has_ended(pod) is is_over


def test_an_eviction_is_told_by_its_event_and_of_that_pod_alone() -> None:
    message = 'Usage of EmptyDir volume "temporary" exceeds the limit "1Gi". '
    event = {"reason": "Evicted", "involvedObject": {"uid": "1"}, "message": message}
    told = 'it was evicted from its node: Usage of EmptyDir volume "temporary" exceeds the limit'
    assert eviction_of("1", [event]) == f'{told} "1Gi"'
    assert eviction_of("2", [event]) is None
