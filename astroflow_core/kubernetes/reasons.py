"""Why a pod does not start, in one sentence: from itself, its events and the nodes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from astroflow_core.kubernetes.ends import end_of
from astroflow_core.kubernetes.objects import main_container, main_status
from astroflow_core.kubernetes.quantities import cores_of, memory_of, show_cores, show_memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from astroflow_core.kubernetes.objects import Object

AT_ONCE = 0.0
SHORTLY = 10.0  # seconds; what a second try often mends
A_WHILE = 30.0
CROWDED = 300.0  # seconds; when many start at once, their volumes are bound and mounted in turn
# What schedulers say where volumes are on one node alone; the later words are Kubernetes 1.34's.
_ELSEWHERE = ("volume node affinity conflict", "PersistentVolume's node affinity")
_UNBOUND = "unbound immediate PersistentVolumeClaims"
_LATE = "failed to sync"  # of a kubelet that has much to do, and tries again
# What registries answer for an image that they do not have.
_NOT_FOUND = ("not found", "manifest unknown", "name unknown", "does not exist")
_VOLUME = re.compile(r'for volume "([^"]+)"\s*:?\s*(.*)', re.DOTALL)
_QUOTA = re.compile(r"exceeded quota: .*?requested: (.*?), used: (.*?), limited: (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a pod does not run; final when it has lasted ``patience`` seconds, None never."""

    sentence: str
    patience: float | None = AT_ONCE

    def is_final(self, lasted: float) -> bool:
        """Tell whether a cause that has lasted so many seconds will stay."""
        return self.patience is not None and lasted >= self.patience


def cause_of(
    pod: Object, events: Sequence[Object], nodes: Sequence[Object], scheduling: float
) -> Cause | None:
    """Return why ``pod`` does not run, or None while nothing is wrong.

    ``scheduling`` is how long, in seconds, it may wait for a node that has room.
    """
    if ended := end_of(pod):
        return Cause(ended)
    if waiting := _waiting(pod):
        return _image_cause(pod, waiting) or _container_cause(waiting) or _mount_cause(pod, events)
    return _scheduling_cause(pod, events, nodes, scheduling)


def refusal(status: int, message: str) -> str:
    """Return why the API server refuses a pod, as its answer tells it."""
    if found := _QUOTA.search(message):
        asked, used, allowed = map(_amounts, found.groups())
        return (
            f"your quota is reached: this server asks for {asked}, you use {used} of {allowed}; "
            f"stop another server or cluster of yours first"
        )
    if "per Container is" in message or "per Pod is" in message:
        return f"the profile asks for more than your limits allow: {_tail(message)}"
    if "violates PodSecurity" in message:
        return f"the pod of this profile is not allowed by Pod Security: {_tail(message)}"
    if status in {HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.BAD_REQUEST}:
        return f"the cluster refuses the pod: {_tail(message)}"
    return f"the cluster does not answer as it should ({status}): try again in a minute"


def _amounts(listed: str) -> str:
    """Return ``name=quantity,…`` with memory as a person reads it.

    >>> _amounts("limits.memory=1073741824,pods=1")
    'limits.memory=1 GiB, pods=1'
    """
    parts = (part.strip().partition("=") for part in listed.split(","))
    return ", ".join(
        f"{name}={show_memory(memory_of(amount)) if name.endswith('memory') else amount}"
        for name, _, amount in parts
    )


def message_of(body: str | bytes | None) -> str:
    """Return the sentence in an answer of the API server."""
    try:
        answer = json.loads(body or "{}")
    except json.JSONDecodeError:
        return str(body)
    return str(answer.get("message", "")) if isinstance(answer, dict) else str(body)


def _tail(message: str) -> str:
    """Return the part of an API server's sentence that follows what it is about."""
    return " ".join(message.split(": ", 1)[-1].split())


def _waiting(pod: Object) -> Object | None:
    status = main_status(pod)
    return status["state"].get("waiting") if status else None


def _image_cause(pod: Object, waiting: Object) -> Cause | None:
    image, reason = main_container(pod)["image"], waiting.get("reason")
    if reason == "InvalidImageName":
        return Cause(f"the image {image} is not found: its name is not valid")
    if reason not in {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull"}:
        return None
    told = waiting.get("message", "")
    if any(word in told for word in _NOT_FOUND):
        return Cause(f"the image {image} is not found in its registry")
    return Cause(f"the image {image} cannot be pulled: {_tail(told)}", A_WHILE)


def _container_cause(waiting: Object) -> Cause | None:
    told = " ".join(waiting.get("message", "").split())
    if waiting.get("reason") == "CreateContainerConfigError":
        return Cause(f"the container cannot be made: {told}")
    if waiting.get("reason") in {"CreateContainerError", "RunContainerError"}:
        return Cause(f"the container cannot be started: {told}", SHORTLY)
    return None


def _mount_cause(pod: Object, events: Sequence[Object]) -> Cause | None:
    for event in reversed(events):
        if event["reason"] not in {"FailedMount", "FailedAttachVolume"}:
            continue
        if found := _VOLUME.search(event["message"]):
            volume, told = _claim_of(pod, found[1]), " ".join(found[2].split())
            patience = CROWDED if _LATE in told else SHORTLY
            return Cause(f"{volume} is missing or cannot be mounted: {told}", patience)
    return None


def _claim_of(pod: Object, volume: str) -> str:
    """Return what a person calls the volume: its name is that of the pod, or of the cluster."""
    for mounted in pod["spec"].get("volumes", []):
        name = mounted["name"]
        if name.startswith("catalogue-"):
            catalogue = name.removeprefix("catalogue-")
            if volume in {name, f"{pod['metadata']['namespace']}.{catalogue}"}:
                return f"the volume of the catalogue {catalogue!r}"
    return (
        f"the volume {volume!r} (your home)" if volume.startswith("pvc-") else f"volume {volume!r}"
    )


def _scheduling_cause(
    pod: Object, events: Sequence[Object], nodes: Sequence[Object], patience: float
) -> Cause | None:
    unschedulable = next(
        (
            condition
            for condition in pod["status"].get("conditions", [])
            if condition["type"] == "PodScheduled" and condition["status"] == "False"
        ),
        None,
    )
    if unschedulable is None:
        return None
    if any(event["reason"] == "TriggeredScaleUp" for event in events):
        return Cause("a node is being added", None)
    if too_much := _more_than_any_node(pod, nodes):
        return Cause(too_much, min(SHORTLY, patience))
    told = unschedulable.get("message", "")
    return Cause(_why_no_node(pod, told), CROWDED if _UNBOUND in told else patience)


def _more_than_any_node(pod: Object, nodes: Sequence[Object]) -> str | None:
    asked = _requests(pod)
    cores, memory = cores_of(asked.get("cpu", "0")), memory_of(asked.get("memory", "0"))
    offers = [node["status"]["allocatable"] for node in nodes]
    most_cores = max((cores_of(offer["cpu"]) for offer in offers), default=cores)
    most_memory = max((memory_of(offer["memory"]) for offer in offers), default=memory)
    if cores > most_cores:
        return (
            f"the profile asks for {show_cores(cores)}, more than any node has: "
            f"the largest offers {show_cores(most_cores)}"
        )
    if memory > most_memory:
        return (
            f"the profile asks for {show_memory(memory)} of memory, more than any node has: "
            f"the largest offers {show_memory(most_memory)}"
        )
    return None


def _why_no_node(pod: Object, told: str) -> str:
    asked = _requests(pod)
    reasons = []
    if "Insufficient cpu" in told:
        reasons.append(f"no node has {show_cores(cores_of(asked.get('cpu', '0')))} free")
    if "Insufficient memory" in told:
        memory = show_memory(memory_of(asked.get("memory", "0")))
        reasons.append(f"no node has {memory} of memory free")
    if any(words in told for words in _ELSEWHERE):
        reasons.append("the node that holds its volumes has no room for it, or is not for it")
    elif "node affinity/selector" in told:
        reasons.append("no node has the labels that the profile asks for")
    if _UNBOUND in told:
        reasons.append("the volume of your home is not there yet")
    if "untolerated taint" in told:
        reasons.append("nodes are kept for others, or are not ready")
    return "; ".join(reasons) or f"no node takes it: {' '.join(told.split())}"


def _requests(pod: Object) -> dict[str, Any]:
    resources: Object = main_container(pod).get("resources", {})
    return {**resources.get("limits", {}), **resources.get("requests", {})}
