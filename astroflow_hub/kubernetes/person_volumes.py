"""PersonVolumes: a person's home and the claims by which they read the catalogues."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyterhub.utils import exponential_backoff

from astroflow_hub.kubernetes.volumes import SOURCE_HASH, VolumesError, build_catalogue, build_home

if TYPE_CHECKING:
    from collections.abc import Mapping

    from astroflow_core.server import HomeVolume
    from astroflow_hub.kubernetes.applier import Applier
    from astroflow_hub.kubernetes.namespace import Object
    from astroflow_hub.kubernetes.person import Person
    from astroflow_hub.kubernetes.volumes import CatalogueVolume

PATIENCE = 15  # seconds
# One pair binds at once. When a hundred people start together, the cluster takes a minute, for
# what binds volumes may write twenty times a second.
BINDING_PATIENCE = 180  # seconds
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


@dataclass(frozen=True, slots=True)
class PersonVolumes:
    """The volumes of a person in their namespace."""

    applier: Applier
    person: Person
    namespace: str

    async def ensure_home(self, home: HomeVolume) -> None:
        """Make the claim of the home where there is none; one that exists stays as it is.

        Raises
        ------
        VolumesError
            When it is being removed, or its storage class does not exist.
        """
        claim = build_home(self.namespace, self.person, home.size, home.storage_class)
        name = claim["metadata"]["name"]
        found = await self.applier.read("PersistentVolumeClaim", name, self.namespace)
        if found is None:
            await self._check_storage_class(home.storage_class)
            await self.applier.apply(claim)
        elif "deletionTimestamp" in found["metadata"]:
            raise VolumesError(f"your home is being removed from {self.namespace}: try again later")

    async def ensure_catalogues(self, volumes: Mapping[str, CatalogueVolume]) -> None:
        """Make each volume and its claim, bound to each other; anew where it differs.

        Raises
        ------
        VolumesError
            Naming the volume that is missing or does not bind.
        """
        pairs = [
            build_catalogue(self.namespace, name, await self._source(name, volume))
            for name, volume in volumes.items()
        ]
        await asyncio.gather(*(self._ensure_bound(*pair) for pair in pairs))

    async def _source(self, name: str, volume: CatalogueVolume) -> Mapping[str, Any]:
        given = volume.persistent_volume
        if not isinstance(given, str):
            return given
        found = await self.applier.read("PersistentVolume", given)
        if found is None:
            raise VolumesError(
                f"the volume of the catalogue {name!r} is missing: the cluster has no "
                f"PersistentVolume {given!r}; ask the hub's administrator"
            )
        return dict(found["spec"])

    async def _check_storage_class(self, wanted: str | None) -> None:
        classes = await self.applier.list("StorageClass")
        names = sorted(found["metadata"]["name"] for found in classes)
        if wanted is None and not any(map(_is_default, classes)):
            raise VolumesError(
                "the cluster has no default storage class for homes: the profile has to name one "
                f"of {', '.join(names) or 'none'}"
            )
        if wanted is not None and wanted not in names:
            raise VolumesError(
                f"the storage class {wanted!r} of your home does not exist; the cluster has "
                f"{', '.join(names) or 'none'}"
            )

    async def _ensure_bound(self, volume: Object, claim: Object) -> None:
        if not await self._is_right(volume):
            await self._remove(claim)
            await self._remove(volume)
        await self.applier.apply(volume)
        await self.applier.apply(claim)
        name = volume["metadata"]["name"]

        async def is_bound() -> bool:
            return await self._phase(claim) == "Bound"

        try:
            await exponential_backoff(is_bound, name, max_wait=1, timeout=BINDING_PATIENCE)
        except TimeoutError:
            raise VolumesError(
                f"the volume {name} does not bind to its claim: ask the hub's administrator"
            ) from None

    async def _is_right(self, wanted: Object) -> bool:
        """Tell whether the volume is free to bind, or bound, to the source that is wanted."""
        found = await self.applier.read("PersistentVolume", wanted["metadata"]["name"])
        if found is None:
            return True
        wanted_hash = wanted["metadata"]["annotations"][SOURCE_HASH]
        found_hash = found["metadata"].get("annotations", {}).get(SOURCE_HASH)
        # A volume whose claim was deleted is Released, and binds to no other.
        phase = found.get("status", {}).get("phase")
        return found_hash == wanted_hash and phase in {None, "Pending", "Available", "Bound"}

    async def _phase(self, claim: Object) -> str | None:
        name = claim["metadata"]["name"]
        found = await self.applier.read("PersistentVolumeClaim", name, self.namespace)
        phase: str | None = (found or {}).get("status", {}).get("phase")
        return phase

    async def _remove(self, body: Object) -> None:
        metadata = body["metadata"]
        try:
            await self.applier.delete(
                body["kind"], metadata["name"], metadata.get("namespace"), PATIENCE
            )
        except TimeoutError:
            raise VolumesError(
                f"the catalogue volume {metadata['name']} was changed while your other server "
                f"uses it: stop that one first"
            ) from None


def _is_default(storage_class: Object) -> bool:
    annotations = storage_class["metadata"].get("annotations", {})
    return bool(annotations.get(_DEFAULT_CLASS) == "true")
