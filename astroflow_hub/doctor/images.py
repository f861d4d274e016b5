"""Check: the images of all profiles can be pulled, by a short-lived pod each."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from astroflow_hub.doctor.cluster import container, pod_spec, scratch_namespace
from astroflow_hub.doctor.finding import Finding, good, problem

if TYPE_CHECKING:
    from kubernetes_asyncio.client import ApiClient

    from astroflow_hub.doctor.cluster import Scratch
    from astroflow_hub.doctor.hub import Hub

PATIENCE = 300  # seconds; a first pull of some gigabytes takes minutes
_FAILED = {
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "RegistryUnavailable",
    "SignatureValidationFailed",
}
_ON_THE_WAY = {"ContainerCreating", "PodInitializing"}


async def check_images(api: ApiClient, hub: Hub) -> list[Finding]:
    """Pull every image that a server may run, on whichever node takes the pod."""
    images = hub.images()
    async with scratch_namespace(api) as scratch:
        tries = (_pull(scratch, f"pull-{i}", *item) for i, item in enumerate(images.items()))
        return await asyncio.gather(*tries)


async def _pull(scratch: Scratch, name: str, image: str, slugs: list[str]) -> Finding:
    await scratch.start(name, pod_spec(container("main", image, ["true"])))
    says = await scratch.await_pod(name, _result, PATIENCE)
    if says == "":
        return good("images", image, f"can be pulled (used by {', '.join(slugs)})")
    if says is None:
        says = f"not pulled within {PATIENCE} s: {await scratch.why_not_started(name)}"
    cure = f"push it, mend access to its registry, or correct the image of {', '.join(slugs)}"
    return problem("images", image, says, cure)


def _result(pod: Any) -> str | None:
    """Return nothing while the image is pulled, "" when it is there, else why it failed."""
    for status in pod.status.container_statuses or []:
        waiting = status.state.waiting
        if waiting is None or waiting.reason not in _FAILED | _ON_THE_WAY:
            return ""
        if waiting.reason in _FAILED:
            return " ".join(f"{waiting.reason}: {waiting.message}".split())
    return None
