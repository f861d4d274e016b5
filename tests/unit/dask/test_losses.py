"""What is said of workers that die, from events as Dask's scheduler tells them."""

from typing import Any

import pytest

from astroflow_dask_gaia.losses import Losses, cause_of_loss, limit_of, sentences

LIMIT = 2**30
CURE = 'use connect(memory="2g"), fewer columns or smaller partitions'
ADDRESS = "tls://10.0.0.7:4321"


def removed(worker: str = ADDRESS, *, expected: bool = False, processing: object = ()) -> Any:
    told = {"action": "remove-worker", "worker": worker, "expected": expected}
    lost = {"lost-computed-tasks": (), "lost-scattered-tasks": ()}
    return 1.0, told | lost | {"processing-tasks": processing}


def pod(terminated: dict[str, Any]) -> dict[str, Any]:
    limits = {"resources": {"limits": {"memory": "1610612736"}}}
    status = {"name": "worker", "state": {"running": {}}, "lastState": {"terminated": terminated}}
    return {
        "metadata": {},
        "spec": {"containers": [{"name": "worker", **limits}]},
        "status": {"podIP": "10.0.0.7", "containerStatuses": [status]},
    }


def test_a_worker_that_had_work_and_is_gone_is_lost() -> None:
    losses = Losses()
    losses.note(removed(processing=("task",)))
    assert losses.latest is not None
    assert losses.take() == (0, [ADDRESS])
    assert losses.take() == (0, [])


@pytest.mark.parametrize(
    "event",
    [
        removed(expected=True, processing=("task",)),
        removed(),
        (1.0, {"action": "add-worker", "worker": ADDRESS}),
        (1.0, {"action": "gather", "count": 3}),
    ],
)
def test_nothing_else_is_a_loss(event: Any) -> None:
    losses = Losses()
    losses.note(event)
    assert losses.latest is None
    assert losses.take() == (0, [])


def test_a_worker_at_the_limit_of_its_memory_is_told_once() -> None:
    losses = Losses()
    losses.note(removed(processing=("task",)))
    losses.note_restart((1.0, {"worker": ADDRESS, "pid": 3, "rss": LIMIT}))
    assert losses.take() == (1, [])


def test_lost_workers_are_one_sentence_a_cause() -> None:
    assert sentences(2, ["its node node-2 was lost"], LIMIT) == [
        "A worker was lost, and others do its work again: its node node-2 was lost.",
        (
            "2 workers were lost, and others do their work again: it came to the limit of its "
            f"memory, 1 GiB, and was started anew: {CURE}."
        ),
    ]


def test_a_container_killed_for_memory_is_told_with_what_to_change() -> None:
    killed = pod({"reason": "OOMKilled", "exitCode": 137})
    cause = cause_of_loss(ADDRESS, [killed], LIMIT, out_of_memory=False)
    assert cause == f"it ran out of memory, of which it has 1.5 GiB: {CURE}"


def test_another_end_of_its_pod_is_told_as_the_cluster_tells_it() -> None:
    failed = pod({"reason": "Error", "exitCode": 3})
    assert cause_of_loss(ADDRESS, [failed], LIMIT, out_of_memory=False) == (
        "it ended with exit code 3"
    )


def test_without_a_pod_the_system_may_know() -> None:
    known = cause_of_loss(ADDRESS, [], LIMIT, out_of_memory=True)
    unknown = cause_of_loss(ADDRESS, [], None, out_of_memory=False)
    assert known == f"the system killed it because memory ran out: {CURE}"
    assert unknown.startswith("it ended and did not say why; most often memory ran out: use")


def test_the_limit_is_that_of_any_worker() -> None:
    assert limit_of({ADDRESS: {"memory_limit": LIMIT}}) == LIMIT
    assert limit_of({ADDRESS: {"memory_limit": 0}}) is None
    assert limit_of({}) is None
