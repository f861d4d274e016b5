"""Why a server that ran does not any more, in one sentence: from what is left of its pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

from astroflow_core.kubernetes.objects import main_container, main_status
from astroflow_core.kubernetes.quantities import memory_of, show_memory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from astroflow_core.kubernetes.objects import Object

GONE = "its pod was removed from the cluster, or its node was emptied"
# Why the cluster ends a pod, by the reason of its condition DisruptionTarget.
_DISRUPTIONS = {
    "DeletionByTaintManager": "its node {node} was lost",
    "DeletionByPodGC": "its node {node} was removed",
    "EvictionByEvictionAPI": "its node {node} is being emptied",
    "PreemptionByScheduler": "its place was needed for something more important",
}


def end_of(pod: Object | None) -> str | None:
    """Return why the server of ``pod`` has ended; None while it has not, or ended in order."""
    if pod is None:
        return GONE
    return _evicted(pod) or _disrupted(pod) or _terminated(pod) or _failed(pod)


def has_ended(pod: Object | None) -> bool:
    """Tell whether the server of ``pod`` runs no more: at most a record of it is left."""
    if pod is None or pod["status"].get("phase") in {"Failed", "Succeeded"}:
        return True
    status = main_status(pod)
    return bool(status and status["state"].get("terminated"))


def eviction_of(uid: str, events: Iterable[Object]) -> str | None:
    """Return why a node evicted the pod with ``uid``, or None where it did not.

    The pod itself does not say so where its server ended in order when it was told to.
    """
    for event in events:
        if event["reason"] == "Evicted" and event["involvedObject"].get("uid") == uid:
            return _eviction(event["message"])
    return None


def is_lost(pod: Object | None) -> bool:
    """Tell whether the cluster has given the pod up, while its node may still be silent."""
    return bool(pod and "deletionTimestamp" in pod["metadata"] and _disrupted(pod))


def _evicted(pod: Object) -> str | None:
    status = pod["status"]
    if status.get("reason") != "Evicted":
        return None
    return _eviction(status.get("message", "no reason is given"))


def _eviction(message: str) -> str:
    return f"it was evicted from its node: {_line(message)}"


def _disrupted(pod: Object) -> str | None:
    for condition in pod["status"].get("conditions", []):
        if condition["type"] == "DisruptionTarget" and condition["status"] == "True":
            node = pod["spec"].get("nodeName", "")
            known = _DISRUPTIONS.get(condition.get("reason", ""), "")
            return known.format(node=node) or f"its node ended it: {_line(condition['message'])}"
    return None


def _terminated(pod: Object) -> str | None:
    status = main_status(pod) or {"state": {}}
    state = status["state"].get("terminated") or status.get("lastState", {}).get("terminated")
    return _exit(pod, state) if state else None


def _exit(pod: Object, state: Object) -> str | None:
    if state.get("reason") == "OOMKilled":
        return f"it ran out of memory{_allowed(pod)}: choose a larger size, or hold less at once"
    if told := _line(state.get("message", "")):
        return told
    code = state["exitCode"]
    return f"it ended with exit code {code}" if code else None


def _allowed(pod: Object) -> str:
    limit = main_container(pod).get("resources", {}).get("limits", {}).get("memory")
    return f", of which it has {show_memory(memory_of(str(limit)))}" if limit else ""


def _failed(pod: Object) -> str | None:
    status = pod["status"]
    if status.get("phase") != "Failed":
        return None
    return _line(status.get("message", "")) or "its pod failed"


def _line(text: str) -> str:
    """Return a message as part of a sentence, which ends with a full stop of its own."""
    return " ".join(text.split()).removesuffix(".")
