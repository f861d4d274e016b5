"""Volumes of a person: the home that is theirs, and catalogues that nobody can write to."""

from __future__ import annotations

import hashlib
import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from astroflow_core.errors import AstroFlowError
from astroflow_core.model import Model, problems
from astroflow_hub.kubernetes.namespace import build
from astroflow_hub.kubernetes.person import MANAGED_BY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from astroflow_hub.kubernetes.namespace import Object
    from astroflow_hub.kubernetes.person import Person

HOME_CLAIM = "home"
HOME_PATH = "/home/jovyan"
SOURCE_HASH = "astroflow.org/source"
# A volume that exists is as large as it is; the API wants a number all the same.
NOMINAL = "1Gi"
# What is no source, and the sources that have no field to make them read-only.
_PLAIN = ("capacity", "claimRef", "nodeAffinity", "hostPath", "local")
_OURS = ("accessModes", "capacity", "claimRef", "persistentVolumeReclaimPolicy", "storageClassName")


class VolumesError(AstroFlowError):
    """A volume is missing, or is not as it is described."""


class CatalogueVolume(Model):
    """A volume with catalogues, which the admin describes once and everybody reads.

    ``persistent_volume`` is what stands in the ``spec`` of a PersistentVolume (the source,
    and ``mountOptions``, ``nodeAffinity`` where needed), or the name of one in the cluster
    whose source is taken. ``{namespace}`` in a CSI ``volumeHandle`` becomes the person's,
    for drivers that want a handle of its own for each PersistentVolume.
    """

    persistent_volume: dict[str, Any] | Annotated[str, Field(min_length=1)]
    mount_path: Annotated[str, Field(pattern=r"^/[^:]+$")] | None = None
    catalogues: tuple[str, ...] | None = None


VolumeName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?$")]
_VOLUMES = TypeAdapter(dict[VolumeName, CatalogueVolume])


def read_volumes(raw: Mapping[str, Any]) -> dict[str, CatalogueVolume]:
    """Return the volumes as the hub's configuration describes them, paths and catalogues filled.

    Raises
    ------
    VolumesError
        Naming each field that is wrong.
    """
    try:
        volumes = _VOLUMES.validate_python(dict(raw))
    except ValidationError as error:
        raise VolumesError(f"catalogue_volumes: {'; '.join(problems(error))}") from error
    return {
        name: volume.model_copy(
            update={
                "mount_path": volume.mount_path or f"/mnt/{name}",
                "catalogues": (name,) if volume.catalogues is None else volume.catalogues,
            }
        )
        for name, volume in volumes.items()
    }


def select_volumes(
    volumes: Mapping[str, CatalogueVolume], catalogues: Iterable[str]
) -> dict[str, CatalogueVolume]:
    """Return the volumes that hold ``catalogues``.

    Raises
    ------
    VolumesError
        Naming a catalogue that none of them holds.
    """
    wanted = set(catalogues)
    found = {name: v for name, v in volumes.items() if wanted.intersection(v.catalogues or ())}
    held = {catalogue for volume in found.values() for catalogue in volume.catalogues or ()}
    if missing := sorted(wanted - held):
        raise VolumesError(
            f"the volume of the catalogue {missing[0]!r} is missing: the hub's administrator "
            f"names it in catalogue_volumes"
        )
    return found


def catalogue_path(volumes: Mapping[str, CatalogueVolume], catalogue: str) -> PurePosixPath:
    """Return the folder of a catalogue in every pod: where the volume of its name is mounted."""
    volume = volumes.get(catalogue)
    return PurePosixPath(volume.mount_path if volume and volume.mount_path else f"/mnt/{catalogue}")


def build_home(namespace: str, person: Person, size: str, storage_class: str | None) -> Object:
    """Return the claim of a home."""
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": size}},
    }
    if storage_class:
        spec["storageClassName"] = storage_class
    claim = build("v1", "PersistentVolumeClaim", namespace, HOME_CLAIM, spec=spec)
    claim["metadata"]["labels"] |= person.identity
    return claim


def claim_name(volume: str) -> str:
    """Return the name of the claim for a catalogue volume, the same in every namespace."""
    return f"catalogue-{volume}"


def build_catalogue(namespace: str, name: str, source: Mapping[str, Any]) -> tuple[Object, Object]:
    """Return the volume and the claim that bind to each other and nothing else.

    ``source`` is what the admin gave, or what stands in the volume that they named.
    """
    spec = {
        **{key: value for key, value in source.items() if key not in _OURS},
        "accessModes": ["ReadOnlyMany"],
        "capacity": {"storage": NOMINAL},
        "claimRef": {"namespace": namespace, "name": claim_name(name)},
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": "",
    }
    spec = {key: _read_only(key, value, namespace) for key, value in spec.items()}
    volume: Object = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            # A dot, which no namespace has: two persons can never mean the same volume.
            "name": f"{namespace}.{name}",
            "labels": {**MANAGED_BY},
            # A volume's source cannot be changed: by this it is seen to differ.
            "annotations": {SOURCE_HASH: _digest(spec)},
        },
        "spec": spec,
    }
    claim = build(
        "v1",
        "PersistentVolumeClaim",
        namespace,
        claim_name(name),
        spec={
            "accessModes": ["ReadOnlyMany"],
            "resources": {"requests": {"storage": NOMINAL}},
            "storageClassName": "",
            "volumeName": volume["metadata"]["name"],
        },
    )
    return volume, claim


def _digest(spec: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()


def _read_only(key: str, value: Any, namespace: str) -> Any:
    """Return a field of a volume's spec; a source is made read-only where it can be."""
    if key in _PLAIN or not isinstance(value, dict):
        return value
    source = {**value, "readOnly": True}
    if "volumeHandle" in source:
        source["volumeHandle"] = source["volumeHandle"].replace("{namespace}", namespace)
    return source
