"""What a profile says about the notebook's pod, in KubeSpawner's terms."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astroflow_core.errors import AstroFlowError
from astroflow_core.session import SessionSettings, memory_bytes
from astroflow_hub.kubernetes.volumes import (
    HOME_CLAIM,
    HOME_PATH,
    catalogue_path,
    claim_name,
    select_volumes,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from astroflow_core.profile import Profile
    from astroflow_hub.kubernetes.volumes import CatalogueVolume

_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}\Z")
TEMPORARY_PATH = "/tmp"  # noqa: S108 (a volume of the pod's own)
# What the restricted level of Pod Security asks for, and a file system that nobody changes.
POD_SECURITY = {
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
    "fsGroup": 1000,
    # A large home is not walked through at each start.
    "fsGroupChangePolicy": "OnRootMismatch",
}
CONTAINER_SECURITY = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}
# Spark's driver is this pod: it tells its executors where it is and whose they are.
POD_ENVIRONMENT = {
    variable: {"name": variable, "valueFrom": {"fieldRef": {"fieldPath": path}}}
    for variable, path in {
        "POD_NAME": "metadata.name",
        "POD_NAMESPACE": "metadata.namespace",
        "POD_IP": "status.podIP",
    }.items()
}
# Ready is a server that answers: until then it may still fail, and say why.
CONTAINER = {"readinessProbe": {"tcpSocket": {"port": "notebook-port"}, "periodSeconds": 1}}
# The server itself (-s) uses nothing that a person installed: a broken package blocks no login.
_ISOLATED = ("python", "-P", "-s", "-m")
START = [
    *(*_ISOLATED, "astroflow_hub.kubernetes.notebook_start"),
    *(*_ISOLATED, "jupyterhub.singleuser"),
]


class ImageError(AstroFlowError):
    """An image that may not be started."""


def kubernetes_settings(
    profile: Profile, volumes: Mapping[str, CatalogueVolume]
) -> SessionSettings:
    """Return the settings of a session of ``profile`` in a pod."""
    return SessionSettings(
        catalogues=tuple(Path(catalogue_path(volumes, name)) for name in profile.catalogues),
        engine="kubernetes",
        default_database=profile.default_database,
        spark=profile.spark,
        dask=profile.dask,
        cache_dir=Path(TEMPORARY_PATH, "astroflow-cache"),
        idle=profile.idle,
    )


def pod_traits(
    profile: Profile, volumes: Mapping[str, CatalogueVolume], temporary_size: str
) -> dict[str, Any]:
    """Return the traits of a KubeSpawner that ``profile`` sets.

    Raises
    ------
    VolumesError
        Naming a catalogue of the profile that no volume holds.
    """
    mounted = select_volumes(volumes, profile.catalogues)
    traits = {
        "cpu_guarantee": profile.cpu.guarantee,
        "cpu_limit": profile.cpu.limit,
        "mem_guarantee": _bytes(profile.memory.guarantee),
        # Else the limit would be that of the namespace, which may be less than the guarantee.
        "mem_limit": _bytes(profile.memory.limit or profile.memory.guarantee),
        "node_selector": profile.node_selector or None,
        "tolerations": [t.model_dump(exclude_none=True) for t in profile.tolerations] or None,
        "image": profile.image,
    }
    return {
        **{name: value for name, value in traits.items() if value is not None},
        "volumes": [*_own_volumes(temporary_size), *map(_volume, mounted)],
        "volume_mounts": [*_own_mounts(), *(_mount(n, v) for n, v in mounted.items())],
    }


def _bytes(size: str | None) -> int | None:
    return memory_bytes(size) if size else None


def check_image(image: str, *, require_digest: bool) -> None:
    """Refuse an image that is not named by digest where that is asked for.

    Raises
    ------
    ImageError
        Naming the image.
    """
    if require_digest and not _DIGEST.search(image):
        raise ImageError(
            f"the image {image} is named by a tag: this hub starts only images that are named "
            f"by digest (name@sha256:…); ask its administrator"
        )


def in_place(
    configured: Iterable[Mapping[str, Any]], ours: Iterable[Mapping[str, Any]], key: str
) -> list[dict[str, Any]]:
    """Return what an admin configured and what is ours, one of each ``key``: ours."""
    return [*{entry[key]: dict(entry) for entry in [*configured, *ours]}.values()]


def _own_volumes(temporary_size: str) -> list[dict[str, Any]]:
    return [
        {"name": "home", "persistentVolumeClaim": {"claimName": HOME_CLAIM}},
        {"name": "temporary", "emptyDir": {"sizeLimit": temporary_size}},
    ]


def _own_mounts() -> list[dict[str, Any]]:
    return [
        {"name": "home", "mountPath": HOME_PATH},
        {"name": "temporary", "mountPath": TEMPORARY_PATH},
    ]


def _volume(name: str) -> dict[str, Any]:
    claim = claim_name(name)
    return {"name": claim, "persistentVolumeClaim": {"claimName": claim, "readOnly": True}}


def _mount(name: str, volume: CatalogueVolume) -> dict[str, Any]:
    return {"name": claim_name(name), "mountPath": volume.mount_path, "readOnly": True}
