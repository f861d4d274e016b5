"""What a cluster that is not all there waits for."""

from typing import Any

from astroflow_core.kubernetes.pending import Pending, pending

Object = dict[str, Any]
NO_CPU = "0/2 nodes are available: 2 Insufficient cpu."
NOT_FOUND = {"reason": "ErrImagePull", "message": "gaia:9: not found"}


def pod(uid: str, phase: str = "Pending", message: str = "", **state: Object) -> Object:
    condition = {"type": "PodScheduled", "status": "False", "message": message}
    return {
        "metadata": {"uid": uid, "namespace": "astroflow-hypatia"},
        "spec": {
            "containers": [
                {"name": "executor", "image": "gaia:9", "resources": {"requests": {"cpu": "5"}}}
            ]
        },
        "status": {
            "phase": phase,
            "conditions": [condition] if message else [],
            "containerStatuses": [{"name": "executor", "state": state}] if state else [],
        },
    }


def found(*pods: Object, wanted: int) -> Pending | None:
    return pending(pods, [], wanted, "executors", patience=60)


def sentence(*pods: Object, wanted: int) -> str:
    state = found(*pods, wanted=wanted)
    return state.sentence if state else ""


def test_nothing_is_pending_when_all_run() -> None:
    assert found(pod("1", "Running"), pod("2", "Running"), wanted=2) is None


def test_what_most_of_them_wait_for_is_told() -> None:
    pods = [pod("1", "Running"), pod("2", message=NO_CPU), pod("3", message=NO_CPU)]
    assert sentence(*pods, wanted=3) == "2 of 3 executors wait: no node has 5 CPUs free"


def test_pods_that_are_not_there_yet_count() -> None:
    assert sentence(pod("1", "Running"), wanted=4) == (
        "3 of 4 executors wait: their containers are being made"
    )


def test_pods_that_cannot_be_made_are_told_with_the_refusal() -> None:
    told = "Error creating: pods is forbidden: maximum cpu usage per Container is 1, but limit is 2"
    events = [
        {"reason": "FailedCreate", "involvedObject": {"name": f"{name}-x"}, "message": message}
        for name, message in (("dask-a", told), ("dask-b", "Error creating: another's"))
    ]
    state = pending([], events, 3, "workers", patience=60, cluster="dask-a")
    assert state is not None
    assert state.sentence == (
        "3 of 3 workers wait: the profile asks for more than your limits allow: "
        "maximum cpu usage per Container is 1, but limit is 2"
    )
    assert state.is_final(60)


def test_an_image_that_is_not_found_is_final_at_once() -> None:
    state = found(pod("1", waiting=NOT_FOUND), wanted=1)
    assert state is not None
    assert state.sentence == "1 of 1 executors wait: the image gaia:9 is not found in its registry"
    assert state.is_final(0)


def test_room_may_come_within_the_patience() -> None:
    state = found(pod("1", message=NO_CPU), wanted=1)
    assert state is not None
    assert not state.is_final(59)
    assert state.is_final(60)
