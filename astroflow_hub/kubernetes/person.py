"""Person: whose objects they are, and how they are found again."""

from __future__ import annotations

from dataclasses import dataclass

from kubespawner.slugs import strip_and_hash

MANAGED_BY = {"app.kubernetes.io/managed-by": "astroflow"}
UUID_LABEL = "astroflow.org/user-uuid"
HUB_LABEL = "astroflow.org/hub"
USER_ANNOTATION = "hub.jupyter.org/username"
MAX_NAME = 63  # characters of a namespace's name


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


def namespace_names(wanted: str, person: Person) -> tuple[str, str]:
    """Return the name for a new namespace, and the one to take when that is somebody else's.

    >>> namespace_names("astroflow-hypatia", Person("hypatia", "0d3b0a52-9d0c", "astroflow"))
    ('astroflow-hypatia', 'astroflow-hypatia-0d3b0a52-9d0c')
    """
    first = wanted if len(wanted) <= MAX_NAME else strip_and_hash(wanted, max_length=MAX_NAME)
    room = MAX_NAME - len(person.uuid) - 1
    return first, f"{first[:room].rstrip('-')}-{person.uuid}"
