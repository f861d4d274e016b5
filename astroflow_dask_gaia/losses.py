"""Workers that were lost, why, and what a person can change: one sentence each."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from astroflow_core.kubernetes.ends import end_of
from astroflow_core.kubernetes.quantities import show_memory
from astroflow_core.machine import memory_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from astroflow_core.kubernetes.objects import Object

REMOVED = "all"  # the topics under which a scheduler tells of workers
RESTARTED = "worker-restart-memory"
_MATTERS = ("processing-tasks", "lost-computed-tasks", "lost-scattered-tasks")

Event = tuple[float, Any]


class Losses:
    """Collects what a scheduler tells of workers that are lost, until it is asked for."""

    def __init__(self) -> None:
        self._restarted: set[str] = set()
        self._removed: dict[str, float] = {}

    def note_restart(self, event: Event) -> None:
        """Note a worker that was started anew because it came to the limit of its memory."""
        self._restarted.add(event[1]["worker"])

    def note(self, event: Event) -> None:
        """Note a worker that is gone, unless it was given back or had nothing to lose."""
        told = event[1]
        is_lost = told.get("action") == "remove-worker" and not told["expected"]
        if is_lost and any(told[what] for what in _MATTERS):
            self._removed[told["worker"]] = time.monotonic()

    @property
    def latest(self) -> float | None:
        """When the last worker was lost that is still to be told of."""
        return max(self._removed.values(), default=None)

    def take(self) -> tuple[int, list[str]]:
        """Return how many came to the limit, and the addresses of those lost otherwise."""
        restarted, removed = self._restarted, self._removed
        self._restarted, self._removed = set(), {}
        return len(restarted), [address for address in removed if address not in restarted]


def sentences(restarted: int, causes: Iterable[str], limit: int | None) -> list[str]:
    """Return what to say of lost workers, one sentence a cause.

    Parameters
    ----------
    restarted
        How many came to the limit of their memory.
    causes
        Why each of the others was lost.
    limit
        The bytes of memory of a worker.
    """
    found = Counter(causes)
    if restarted:
        its = f", {show_memory(limit)}," if limit else ""
        found[f"it came to the limit of its memory{its} and was started anew: {cure(limit)}"] = (
            restarted
        )
    return [f"{_lost(count)}: {cause}." for cause, count in found.items()]


def cause_of_loss(
    address: str, pods: Iterable[Object], limit: int | None, *, out_of_memory: bool
) -> str:
    """Return why the worker at ``address`` was lost, as far as the cluster or the system knows."""
    host = urlsplit(address).hostname
    pod = next((pod for pod in pods if pod["status"].get("podIP") == host), None)
    if pod and (end := end_of(pod)):
        is_memory = "ran out of memory" in end
        return f"{end.split(': ')[0]}: {cure(limit)}" if is_memory else end
    if out_of_memory:
        return f"the system killed it because memory ran out: {cure(limit)}"
    return f"it ended and did not say why; most often memory ran out: {cure(limit)}"


def cure(limit: int | None) -> str:
    """Return what to do where a worker's memory does not suffice."""
    more = f'"{memory_size(2 * limit)}"' if limit else "…"
    return f"use connect(memory={more}), fewer columns or smaller partitions"


def limit_of(workers: Mapping[str, Mapping[str, Any]]) -> int | None:
    """Return the bytes that a worker may use, None where there is no limit or no worker."""
    return next((worker["memory_limit"] or None for worker in workers.values()), None)


def _lost(count: int) -> str:
    if count == 1:
        return "A worker was lost, and others do its work again"
    return f"{count} workers were lost, and others do their work again"
