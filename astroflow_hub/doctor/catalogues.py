"""Check: the catalogues of all profiles can be read, mounted as a person's pod mounts them."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from kubernetes_asyncio.client import ApiException

from astroflow_core.catalogue import CATALOGUE_FILE
from astroflow_hub.doctor.cluster import NOT_FOUND, container, pod_spec, scratch_namespace
from astroflow_hub.doctor.finding import Finding, good, problem
from astroflow_hub.kubernetes.applier import Applier
from astroflow_hub.kubernetes.person import Person
from astroflow_hub.kubernetes.person_volumes import PersonVolumes
from astroflow_hub.kubernetes.volumes import (
    VolumesError,
    build_catalogue,
    catalogue_path,
    claim_name,
    select_volumes,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from kubernetes_asyncio.client import ApiClient

    from astroflow_hub.doctor.cluster import Scratch
    from astroflow_hub.doctor.hub import Hub
    from astroflow_hub.kubernetes.volumes import CatalogueVolume

PATIENCE = 300  # seconds, for the pull of an image and for a slow mount
_CURE = "mend the volume, or what catalogue_volumes says of it"
# Tells by its last words which of the files that it is given cannot be read.
_READ = """
import json, sys
unreadable = {}
for path in sys.argv[1:]:
    try:
        open(path).close()
    except OSError as error:
        unreadable[path] = error.strerror
open("/dev/termination-log", "w").write(json.dumps(unreadable))
"""


async def check_catalogues(api: ApiClient, hub: Hub) -> list[Finding]:
    """Mount each catalogue read-only in a pod, and open its description there."""
    names = {name: v.title for v in hub.variants() for name in v.profile.catalogues}
    image = next(iter(hub.images()))
    async with scratch_namespace(api) as scratch:
        tries = (_try(scratch, image, hub, *item) for item in enumerate(names.items()))
        return await asyncio.gather(*tries)


async def _try(
    scratch: Scratch, image: str, hub: Hub, number: int, wanted: tuple[str, str]
) -> Finding:
    catalogue, title = wanted
    try:
        volumes = select_volumes(hub.volumes, [catalogue])
        async with _claimed(scratch, volumes):
            file = str(catalogue_path(volumes, catalogue) / CATALOGUE_FILE)
            says = await _read(scratch, image, f"read-{number}", volumes, file)
    except VolumesError as error:
        says = str(error)
    if says:
        return problem("catalogues", catalogue, f"{says} (used by {title})", _CURE)
    return good("catalogues", catalogue, f"can be read at {file} (used by {title})")


async def _read(
    scratch: Scratch, image: str, name: str, volumes: Mapping[str, CatalogueVolume], file: str
) -> str:
    """Return why ``file`` cannot be read in a pod with ``volumes``, or nothing."""
    await scratch.start(name, _pod(image, volumes, file))
    ended = await scratch.await_pod(name, _ended, PATIENCE)
    if ended is None:
        return await scratch.why_not_started(name)
    unreadable = json.loads(ended.message or "{}")
    return "; ".join(f"{path}: {why}" for path, why in unreadable.items())


def _ended(pod: Any) -> Any:
    statuses = pod.status.container_statuses or []
    return next((s.state.terminated for s in statuses if s.state.terminated), None)


def _pod(image: str, volumes: Mapping[str, CatalogueVolume], file: str) -> dict[str, Any]:
    main = container("main", image, ["python3", "-c", _READ, file])
    mounts = [
        {"name": claim_name(name), "mountPath": volume.mount_path, "readOnly": True}
        for name, volume in volumes.items()
    ]
    claims = [
        {
            "name": claim_name(name),
            "persistentVolumeClaim": {"claimName": claim_name(name), "readOnly": True},
        }
        for name in volumes
    ]
    return pod_spec(main | {"volumeMounts": mounts}, volumes=claims)


@asynccontextmanager
async def _claimed(scratch: Scratch, volumes: Mapping[str, CatalogueVolume]) -> AsyncIterator[None]:
    """Make the volumes as for a person; remove those that are the cluster's and not the space's."""
    nobody = Person("doctor", "", "")
    try:
        await PersonVolumes(Applier(scratch.api), nobody, scratch.namespace).ensure_catalogues(
            volumes
        )
        yield
    finally:
        for name in volumes:
            made, _ = build_catalogue(scratch.namespace, name, {})
            await _delete_volume(scratch, made["metadata"]["name"])


async def _delete_volume(scratch: Scratch, name: str) -> None:
    try:
        await scratch.core.delete_persistent_volume(name)
    except ApiException as error:
        if error.status != NOT_FOUND:
            raise
