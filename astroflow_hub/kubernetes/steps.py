"""What the page shows while a server starts: the cluster's events as steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from astroflow_core.kubernetes.reasons import Cause
    from astroflow_hub.kubernetes.namespace import Object


@dataclass(frozen=True, slots=True)
class Step:
    """A step that is reached: how much is done, in percent, and what a person reads."""

    progress: int
    message: str


NAMESPACE = Step(5, "Preparing your namespace")
VOLUMES = Step(15, "Connecting your home and the catalogues")
POD = Step(25, "Looking for a node with room for your server")
_SHOWN = {
    "Scheduled": (35, "A node has room for your server"),
    "SuccessfulAttachVolume": (45, "Your volumes are attached"),
    "Pulling": (50, "Pulling the image to the node: the first time takes a while"),
    "Pulled": (75, "The image is on the node"),
    "Started": (85, "Starting JupyterLab"),
    "TriggeredScaleUp": (30, "A node is being added to the cluster for your server"),
}


def step_of(event: Object) -> Step | None:
    """Return the step that an event of the pod means, or None where it means none."""
    shown = _SHOWN.get(event["reason"])
    return Step(*shown) if shown else None


def waiting(cause: Cause) -> Step:
    """Return what a person reads while something may still mend itself."""
    return Step(0, f"Waiting: {cause.sentence}")
