"""PersonSpace: a person's part of the cluster, made before their pod and kept right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from astroflow_core.errors import AstroFlowError
from astroflow_hub.kubernetes.namespace import build_access, build_namespace
from astroflow_hub.kubernetes.person import namespace_names
from astroflow_hub.kubernetes.policies import build_policies
from astroflow_hub.kubernetes.quota import build_quota

if TYPE_CHECKING:
    from astroflow_core.profile import Profile
    from astroflow_hub.kubernetes.applier import Applier
    from astroflow_hub.kubernetes.person import Person
    from astroflow_hub.kubernetes.policies import Network


class NamespaceError(AstroFlowError):
    """A person cannot be given a namespace now."""


@dataclass(frozen=True, slots=True)
class PersonSpace:
    """A person's namespace, and all in it but volumes."""

    applier: Applier
    person: Person
    pod_security: str

    async def ensure_namespace(self, wanted: str) -> str:
        """Return the person's namespace; make it, called ``wanted``, where there is none.

        A namespace that is not this person's is never taken over, whatever it is called.

        Raises
        ------
        NamespaceError
            When it is being removed, or no name is left for it.
        """
        name = await self._find() or await self._create(wanted)
        await self.applier.apply(build_namespace(name, self.person, self.pod_security))
        return name

    async def ensure_rights(
        self, namespace: str, network: Network, profile: Profile, volumes: int
    ) -> None:
        """Put right service accounts, role, policies, quota and limits.

        ``volumes`` is the number of catalogue volumes of the hub: claims for those of other
        profiles may be there, and count.
        """
        *access, binding = build_access(namespace)
        await self.applier.apply_all(
            [
                *access,
                *build_policies(namespace, network),
                *build_quota(namespace, profile, volumes),
            ]
        )
        # Who binds a role is asked whether they have its rights, so it has to be seen.
        await self.applier.apply_soon(binding)

    async def _find(self) -> str | None:
        for found in await self.applier.list("Namespace", labels=self.person.identity):
            name: str = found["metadata"]["name"]
            if "deletionTimestamp" in found["metadata"]:
                raise NamespaceError(
                    f"your namespace {name} is being removed: start again in a minute"
                )
            return name
        return None

    async def _create(self, wanted: str) -> str:
        for name in namespace_names(wanted, self.person):
            if await self.applier.create(build_namespace(name, self.person, self.pod_security)):
                return name
            # Another spawn of the same person may have been faster.
            if made := await self._find():
                return made
        raise NamespaceError(f"the namespace {wanted} is somebody else's: ask the administrator")
