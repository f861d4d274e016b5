"""Removal: what is deleted when a person goes, told first and then done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from astroflow_core.catalogue import did_you_mean
from astroflow_core.errors import AstroFlowError
from astroflow_hub.kubernetes.namespace import ROLE
from astroflow_hub.kubernetes.person import HUB_LABEL, MANAGED_BY, USER_ANNOTATION
from astroflow_hub.kubernetes.volumes import HOME_CLAIM

if TYPE_CHECKING:
    from astroflow_hub.kubernetes.applier import Applier
    from astroflow_hub.kubernetes.namespace import Object

PATIENCE = 180  # seconds for a namespace, or a pod on a node that is silent


@dataclass(frozen=True, slots=True)
class Removal:
    """What there is of a person in the cluster, and whether their home goes too."""

    user: str
    namespace: str
    pods: tuple[str, ...]
    claims: tuple[str, ...]
    volumes: tuple[str, ...]
    home: str | None
    with_home: bool

    @classmethod
    async def plan(cls, applier: Applier, user: str, hub: str, *, with_home: bool) -> Removal:
        """Find what there is of ``user`` of the hub in the namespace ``hub``.

        Raises
        ------
        AstroFlowError
            When there is nothing of a person of that name.
        """
        namespace = await _namespace_of(applier, user, hub)
        claims = await applier.list("PersistentVolumeClaim", namespace)
        volumes = await applier.list("PersistentVolume", labels=MANAGED_BY)
        return cls(
            user=user,
            namespace=namespace,
            pods=_names(await applier.list("Pod", namespace)),
            claims=tuple(name for name in _names(claims) if name != HOME_CLAIM),
            volumes=_names([v for v in volumes if v["spec"]["claimRef"]["namespace"] == namespace]),
            home=next((_describe(c) for c in claims if c["metadata"]["name"] == HOME_CLAIM), None),
            with_home=with_home,
        )

    def lines(self) -> list[str]:
        """Return what is going to be deleted, and what stays, for the admin to read."""
        goes = [f"{self.user} has the namespace {self.namespace}. This deletes:"]
        goes += [f"  pod {name}, and whatever runs in it" for name in self.pods]
        goes += [f"  claim {name}" for name in self.claims]
        goes += [f"  volume {name} (a catalogue's: its data stay)" for name in self.volumes]
        if self.with_home:
            home = [f"  THE HOME AND ALL FILES IN IT: {self.home}"] if self.home else []
            return [*goes, *home, f"  the namespace {self.namespace}"]
        stays = f"The home stays, in its namespace: {self.home or 'there is none'}."
        return [*goes, "  services, config maps, and the rights to make more", stays]

    async def carry_out(self, applier: Applier) -> None:
        """Delete it.

        Raises
        ------
        TimeoutError
            When something is still there a while later; to do it again goes on from there.
        """
        if self.with_home:
            await applier.delete("Namespace", self.namespace, patience=PATIENCE)
        else:
            await self._empty(applier)
        for name in self.volumes:
            await applier.delete("PersistentVolume", name, patience=PATIENCE)

    async def _empty(self, applier: Applier) -> None:
        """Delete all in the namespace but the home and what guards it."""
        await applier.delete("RoleBinding", ROLE, self.namespace)
        await applier.delete_dask_clusters(self.namespace)
        for kind in ("Pod", "Service", "ConfigMap"):
            await applier.delete_all(kind, self.namespace)
        for name in self.pods:
            await applier.delete("Pod", name, self.namespace, PATIENCE)
        for name in self.claims:
            await applier.delete("PersistentVolumeClaim", name, self.namespace, PATIENCE)


async def _namespace_of(applier: Applier, user: str, hub: str) -> str:
    found = await applier.list("Namespace", labels={**MANAGED_BY, HUB_LABEL: hub})
    owned = {_owner(namespace): str(namespace["metadata"]["name"]) for namespace in found}
    if user not in owned:
        near = did_you_mean(user, owned) if owned else ""
        raise AstroFlowError(f"nobody called {user!r} has a namespace of the hub {hub}{near}")
    return owned[user]


def _owner(namespace: Object) -> str:
    return str(namespace["metadata"].get("annotations", {}).get(USER_ANNOTATION, ""))


def _names(objects: list[Object]) -> tuple[str, ...]:
    return tuple(sorted(str(found["metadata"]["name"]) for found in objects))


def _describe(claim: Object) -> str:
    size = claim["spec"]["resources"]["requests"]["storage"]
    return f"claim {claim['metadata']['name']} of {size}"
