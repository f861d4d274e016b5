"""What of Spark was lost, why, and what a person can change: one sentence each."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from astroflow_core.kubernetes.ends import GONE, end_of
from astroflow_core.kubernetes.quantities import show_memory
from astroflow_core.machine import memory_size
from astroflow_core.session import memory_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from astroflow_core.kubernetes.objects import Object
    from astroflow_core.session import ClusterSize

_HEAP_ENDED = 52  # with which a Java of Spark's ends when its memory ran out
_KILLED = 137
_GIVEN_BACK = ("killed by driver", "decommission", "exit code 0", "exited with code 0")
_DELETED = "was deleted by a user or the framework"
_CODE = re.compile(r"exit(?:ed with)? code (-?\d+)")
_EVICTED = re.compile(r"brief reason: Evicted.*?message: (.*?)(?:\.|\n|$)", re.DOTALL)
_PYTHON_DIED = "Python worker exited unexpectedly"
_HEAP_FULL = "java.lang.OutOfMemoryError"
_PARTITIONS = "more and smaller partitions"


def is_given_back(reason: str) -> bool:
    """Tell whether an executor ended because it had nothing to do."""
    return any(words in reason for words in _GIVEN_BACK)


def cause_of_loss(reason: str, pod: Object | None, size: ClusterSize) -> str | None:
    """Return why an executor was lost and what to change, None where it was given back.

    Parameters
    ----------
    reason
        As Spark tells it.
    pod
        What is left of the executor's pod.
    size
        The executors as they were asked for.
    """
    if is_given_back(reason):
        return None
    if _DELETED in reason:
        return (end_of(pod) if pod else None) or GONE
    if evicted := _EVICTED.search(reason):
        told = " ".join(evicted[1].split())
        return f"it was evicted from its node: {told}. {_advice_on_eviction(told)}"
    if "heartbeat" in reason.lower():
        return (
            f"it does not answer any more: its node was lost, or its memory is too small; in "
            f"that case {more_memory(size)}"
        )
    found = _CODE.search(reason)
    return _cause_of_exit(int(found[1]) if found else 0, reason, size)


def _cause_of_exit(code: int, reason: str, size: ClusterSize) -> str:
    if "OOMKilled" in reason or code == _KILLED:
        memory = show_memory(size.pod_memory)
        return f"it ran out of memory, of which it has {memory} in all: {more_memory(size)}"
    if code == _HEAP_ENDED or _HEAP_FULL in reason:
        return f"its Java ran out of memory, of which it has {size.memory}: {more_memory(size)}"
    return f"it ended with exit code {code}" if code else " ".join(reason.split())


def _advice_on_eviction(told: str) -> str:
    if "ephemeral" in told.lower() or "emptydir" in told.lower():
        return "Read fewer columns, or select rows before a join or a sort, so that it spills less"
    return "Ask for fewer executors: its node has no more to give"


def more_memory(size: ClusterSize) -> str:
    """Return what to do where memory of Spark's does not suffice."""
    more = memory_size(2 * memory_bytes(size.memory))
    return f'use connect(memory="{more}"), or {_PARTITIONS}'


def sentences(causes: Iterable[str]) -> list[str]:
    """Return one sentence a cause, however many executors were lost by it.

    >>> sentences(["its node node-2 was lost"] * 2)
    ['2 executors were lost, and others do their work again: its node node-2 was lost.']
    """
    return [
        f"{count} executors were lost, and others do their work again: {cause}."
        if count > 1
        else f"An executor was lost, and others do its work again: {cause}."
        for cause, count in Counter(causes).items()
    ]


def loss_of_java(code: int, memory: str, cure: str, last_words: str, *, out_of_memory: bool) -> str:
    """Return why the Java that drives Spark ended.

    Parameters
    ----------
    code
        Its exit code, negative for the signal that killed it.
    memory
        What its heap may grow to, as Spark writes it.
    cure
        How a person gives it more.
    last_words
        What it said last, and where the rest is.
    out_of_memory
        Whether the system killed a process of this server for memory since Spark began.
    """
    again = "; `from astroflow_spark_gaia import spark` starts a new one."
    if code == _HEAP_ENDED:
        cause = f"ran out of memory, of which it has {memory}: {cure}"
    elif out_of_memory:
        cause = (
            "was killed because the memory of this server ran out: choose a larger size, hold "
            "less in your notebooks, or ask Spark for less with connect(memory=…)"
        )
    elif code < 0:
        cause = f"was killed by signal {-code}"
    else:
        cause = f"ended with exit code {code}: {last_words}"
    return f"Spark's Java {cause}{again}"


def sentence_on_failure(error: BaseException | None, size: ClusterSize) -> str | None:
    """Return what to change where a cell's error is one of memory, None for any other."""
    told = str(error) if error is not None else ""
    if _HEAP_FULL in told:
        return (
            f"Spark's Java ran out of memory, of which it has {size.memory}: {more_memory(size)}."
        )
    if _PYTHON_DIED in told:
        return (
            f"A Python process of Spark's died, most often because memory ran out: let your "
            f"functions hold less at once, or use {_PARTITIONS}."
        )
    return None
