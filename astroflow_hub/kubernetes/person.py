"""Person: whose objects they are, and how they are found again."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kubespawner.slugs import strip_and_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

MANAGED_BY = {"app.kubernetes.io/managed-by": "astroflow"}
UUID_LABEL = "astroflow.org/user-uuid"
HUB_LABEL = "astroflow.org/hub"
USER_ANNOTATION = "hub.jupyter.org/username"
MAX_NAME = 63  # characters of a namespace's name
_ASTROFLOW = uuid.UUID("5b0d6f0c-6ad5-5a0b-9d5c-2f6a7a2f6c11")


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the hub that runs in the namespace ``hub``."""

    name: str
    uuid: str
    hub: str

    @property
    def identity(self) -> dict[str, str]:
        """The labels by which the namespace is found, whatever it or the person is called."""
        return {**MANAGED_BY, HUB_LABEL: self.hub, UUID_LABEL: self.uuid}

    @property
    def annotations(self) -> dict[str, str]:
        """What an admin wants to read on the namespace."""
        return {USER_ANNOTATION: self.name}


def person_uuid(user_name: str, auth_state: Mapping[str, Any] | None) -> str:
    """Return what stays the same when an account is renamed, as a UUID.

    That is ``uuid`` or ``sub`` of what the login told; else it is made from the user name,
    and a renamed account is another person.

    >>> person_uuid("hypatia", {"sub": "0D3B0A52-9D0C-4C38-8C5B-9A1D3C5F7E11"})
    '0d3b0a52-9d0c-4c38-8c5b-9a1d3c5f7e11'
    """
    known = auth_state or {}
    given = known.get("uuid") or known.get("sub")
    if not given:
        return str(uuid.uuid5(_ASTROFLOW, f"name:{user_name}"))
    try:
        return str(uuid.UUID(str(given)))
    except ValueError:
        return str(uuid.uuid5(_ASTROFLOW, f"login:{given}"))


def namespace_names(wanted: str, person: Person) -> tuple[str, str]:
    """Return the name for a new namespace, and the one to take when that is somebody else's.

    >>> namespace_names("astroflow-hypatia", Person("hypatia", "0d3b0a52-9d0c", "astroflow"))
    ('astroflow-hypatia', 'astroflow-hypatia-0d3b0a52-9d0c')
    """
    first = wanted if len(wanted) <= MAX_NAME else strip_and_hash(wanted, max_length=MAX_NAME)
    room = MAX_NAME - len(person.uuid) - 1
    return first, f"{first[:room].rstrip('-')}-{person.uuid}"
