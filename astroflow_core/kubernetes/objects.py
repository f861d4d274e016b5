"""Objects as the Kubernetes API writes them, and what all of ours look at in a pod."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def main_container(pod: Object) -> Object:
    """Return the container that a pod is for: the first one in its list."""
    container: Object = pod["spec"]["containers"][0]
    return container


def main_status(pod: Object) -> Object | None:
    """Return what became of the main container, once a node knows it."""
    name = main_container(pod)["name"]
    statuses: list[Object] = pod["status"].get("containerStatuses", [])
    return next((status for status in statuses if status["name"] == name), None)
