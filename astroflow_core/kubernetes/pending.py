"""Why a cluster's pods do not all run yet, in one sentence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from astroflow_core.kubernetes.reasons import cause_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from astroflow_core.kubernetes.objects import Object
    from astroflow_core.kubernetes.reasons import Cause

_STARTING = "their containers are being made"


@dataclass(frozen=True, slots=True)
class Pending:
    """What most of the pods that do not run wait for; ``cause`` None where nothing is wrong."""

    sentence: str
    cause: Cause | None

    def is_final(self, lasted: float) -> bool:
        """Tell whether what has lasted so many seconds will stay."""
        return self.cause is not None and self.cause.is_final(lasted)


def pending(
    pods: Sequence[Object], events: Sequence[Object], wanted: int, what: str, patience: float
) -> Pending | None:
    """Return what a cluster of ``wanted`` pods waits for, None when all of them run.

    Parameters
    ----------
    what
        What its pods are called: ``executors`` or ``workers``.
    patience
        How long, in seconds, a pod may wait for a node that has room.
    """
    waiting = [pod for pod in pods if pod["status"]["phase"] != "Running"]
    missing = max(0, wanted - len(pods))
    if not waiting and not missing:
        return None
    causes = [cause_of(pod, _events_of(pod, events), [], patience) for pod in waiting]
    known = Counter(cause for cause in causes if cause)
    if not known:
        return Pending(f"{len(waiting) + missing} of {wanted} {what} wait: {_STARTING}", None)
    cause, count = known.most_common(1)[0]
    return Pending(f"{count} of {wanted} {what} wait: {cause.sentence}", cause)


def _events_of(pod: Object, events: Sequence[Object]) -> list[Object]:
    uid = pod["metadata"]["uid"]
    return [event for event in events if event["involvedObject"].get("uid") == uid]
