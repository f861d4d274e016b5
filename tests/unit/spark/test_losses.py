"""What is said of executors and of Java when they die, from reasons as Spark writes them."""

from typing import Any

import pytest

from astroflow_core.session import ClusterSize
from astroflow_spark_gaia.losses import (
    cause_of_loss,
    loss_of_java,
    sentence_on_failure,
    sentences,
)

SIZE = ClusterSize(pods=10, cores=5, memory="7g")
MORE = 'use connect(memory="14g"), or more and smaller partitions'
OOM_KILLED = """
The executor with id 3 exited with exit code 137(SIGKILL, possible container OOM).

The API gave the following container statuses:

\t container name: executor
\t container state: terminated
\t exit code: 137
\t termination reason: OOMKilled
"""
HEAP = "\nThe executor with id 3 exited with exit code 52(JVM OOM).\n"
EVICTED = """
The executor with id 4 exited with exit code 143(unexpected).
The API gave the following brief reason: Evicted
The API gave the following message: {}. Container executor was using 857242, request is 0

The API gave the following container statuses:
"""
DELETED = "The executor with id 2 was deleted by a user or the framework."
SCRATCH = "The node was low on resource: ephemeral-storage"
MEMORY = "The node was low on resource: memory"


def lost_node() -> dict[str, Any]:
    condition = {"type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager"}
    return {
        "metadata": {},
        "spec": {"nodeName": "node-2", "containers": [{"name": "executor"}]},
        "status": {"conditions": [condition]},
    }


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        (OOM_KILLED, f"it ran out of memory, of which it has 9.8 GiB in all: {MORE}"),
        (HEAP, f"its Java ran out of memory, of which it has 7g: {MORE}"),
        (
            EVICTED.format(SCRATCH),
            (
                "it was evicted from its node: The node was low on resource: ephemeral-storage. "
                "Read fewer columns, or select rows before a join or a sort, so that it spills less"
            ),
        ),
        (
            EVICTED.format(MEMORY),
            (
                "it was evicted from its node: The node was low on resource: memory. "
                "Ask for fewer executors: its node has no more to give"
            ),
        ),
        (DELETED, "its pod was removed from the cluster, or its node was emptied"),
        (
            "Executor heartbeat timed out after 130456 ms",
            (
                "it does not answer any more: its node was lost, or its memory is too small; in "
                f"that case {MORE}"
            ),
        ),
        ("The executor with id 1 exited with exit code 1(generic).", "it ended with exit code 1"),
    ],
)
def test_a_lost_executor_is_told_with_what_to_change(reason: str, cause: str) -> None:
    assert cause_of_loss(reason, None, SIZE) == cause


def test_what_the_cluster_knows_of_a_removed_pod_is_told() -> None:
    assert cause_of_loss(DELETED, lost_node(), SIZE) == "its node node-2 was lost"


@pytest.mark.parametrize(
    "reason",
    [
        "Executor killed by driver.",
        "Executor decommission: spark scale down",
        "The executor with id 7 exited with exit code 0(success).",
    ],
)
def test_an_executor_that_was_given_back_is_no_loss(reason: str) -> None:
    assert cause_of_loss(reason, None, SIZE) is None


def test_executors_that_died_of_one_cause_are_one_sentence() -> None:
    assert sentences(["a", "b", "a"]) == [
        "2 executors were lost, and others do their work again: a.",
        "An executor was lost, and others do its work again: b.",
    ]


@pytest.mark.parametrize(
    ("code", "killed_for_memory", "told"),
    [
        (52, False, "ran out of memory, of which it has 7g: take more;"),
        (-9, True, "was killed because the memory of this server ran out: choose a larger size"),
        (-9, False, "was killed by signal 9;"),
        (1, False, "ended with exit code 1: no space left;"),
    ],
)
def test_java_that_died_is_told(code: int, *, killed_for_memory: bool, told: str) -> None:
    sentence = loss_of_java(
        code, "7g", "take more", "no space left", out_of_memory=killed_for_memory
    )
    assert sentence.startswith(f"Spark's Java {told}")
    assert sentence.endswith("`from astroflow_spark_gaia import spark` starts a new one.")


def test_errors_of_memory_say_what_to_change_and_others_nothing() -> None:
    heap = sentence_on_failure(RuntimeError("… java.lang.OutOfMemoryError: Java heap space"), SIZE)
    python = sentence_on_failure(RuntimeError("Python worker exited unexpectedly (crashed)"), SIZE)
    assert heap == f"Spark's Java ran out of memory, of which it has 7g: {MORE}."
    assert python is not None
    assert "A Python process of Spark's died" in python
    assert sentence_on_failure(RuntimeError("no such column"), SIZE) is None
    assert sentence_on_failure(None, SIZE) is None
