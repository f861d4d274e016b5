"""Why a cluster's pods do not all run yet, in one sentence."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from astroflow_core.errors import SessionError
from astroflow_core.kubernetes.reasons import Cause, cause_of, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from astroflow_core.kubernetes.objects import Object

_LOOK_EACH = 0.5  # seconds
_SAY_AFTER = 5  # seconds; who waits less than that needs no reason
_STARTING = "their containers are being made"


@dataclass(frozen=True, slots=True)
class Pending:
    """What most of the pods that do not run wait for; ``cause`` None where nothing is wrong."""

    sentence: str
    cause: Cause | None

    def is_final(self, lasted: float) -> bool:
        """Tell whether what has lasted so many seconds will stay."""
        return self.cause is not None and self.cause.is_final(lasted)


def pending(  # noqa: PLR0913, PLR0917 (each is another part of what is known)
    pods: Sequence[Object],
    events: Sequence[Object],
    wanted: int,
    what: str,
    patience: float,
    cluster: str = "",
) -> Pending | None:
    """Return what a cluster of ``wanted`` pods waits for, None when all of them run.

    Parameters
    ----------
    what
        What its pods are called: ``executors`` or ``workers``.
    patience
        How long, in seconds, a pod may wait for a node that has room.
    cluster
        How the names begin of what makes the pods, where that is not the notebook.
    """
    waiting = [pod for pod in pods if pod["status"]["phase"] != "Running"]
    missing = max(0, wanted - len(pods))
    if not waiting and not missing:
        return None
    causes = [cause_of(pod, _events_of(pod, events), [], patience) for pod in waiting]
    known = Counter(cause for cause in causes if cause)
    if missing and cluster and (refused := _refused(cluster, events, patience)):
        known[refused] += missing
    if not known:
        return Pending(f"{len(waiting) + missing} of {wanted} {what} wait: {_STARTING}", None)
    cause, count = known.most_common(1)[0]
    return Pending(f"{count} of {wanted} {what} wait: {cause.sentence}", cause)


def so_far(running: int, wanted: int, what: str, look: Callable[[], Pending]) -> str:
    """Return how many of a cluster's pods are at work, and what the others wait for.

    >>> waiting = Pending("7 of 10 executors wait: no node has 5 CPUs free", Cause("", 300))
    >>> so_far(3, 10, "executors", lambda: waiting)
    '3 of 10 executors are up; 7 of 10 executors wait: no node has 5 CPUs free'
    """
    up = f"{running} of {wanted} {what} are up"
    if running >= wanted:
        return up
    others = look()
    return f"{up}; {others.sentence if others.cause else 'the others join as they come up'}"


def _refused(cluster: str, events: Sequence[Object], patience: float) -> Cause | None:
    """Return why the cluster's pods cannot be made, as what makes them was told."""
    for event in reversed(events):
        name = event["involvedObject"].get("name", "")
        if event["reason"] == "FailedCreate" and name.startswith(cluster):
            told = event["message"].partition("Error creating: ")[2]
            return Cause(refusal(HTTPStatus.FORBIDDEN, told), patience)
    return None


def _events_of(pod: Object, events: Sequence[Object]) -> list[Object]:
    uid = pod["metadata"]["uid"]
    return [event for event in events if event["involvedObject"].get("uid") == uid]


def await_first(
    count: Callable[[], int],
    look: Callable[[], Pending],
    patience: float,
    say: Callable[[str], None],
) -> int:
    """Wait until ``count`` is not 0, and return it; say meanwhile what is waited for.

    Parameters
    ----------
    count
        Returns how many pods of the cluster are at work.
    look
        Returns what the others wait for.
    patience
        The most to wait, in seconds.

    Raises
    ------
    SessionError
        With that reason, when it will stay, or after ``patience``.
    """
    began = since = time.monotonic()
    told = ""
    while not (running := count()):
        state, now = look(), time.monotonic()
        if state.sentence != told:
            since, told = now, state.sentence
            if now - began > _SAY_AFTER:
                say(told)
        if state.is_final(now - since) or now - began > patience:
            raise SessionError(f"the cluster did not start within {now - began:.0f} s: {told}")
        time.sleep(_LOOK_EACH)
    return running
