"""PersonDetails: what the login told of a person, as it may be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from astroflow_hub.identity import person_uuid

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """A person's details; what the login did not tell is empty."""

    user_name: str
    uuid: str
    name: str = ""
    email: str = ""
    affiliation: str = ""

    @classmethod
    def of(cls, user_name: str, auth_state: Mapping[str, Any] | None) -> PersonDetails:
        """Read them from what the login told, which anybody may have typed at their account."""
        told = auth_state or {}
        return cls(
            user_name=user_name,
            uuid=person_uuid(user_name, auth_state),
            name=one_line(told.get("name")),
            email=one_line(told.get("email")),
            affiliation=one_line(told.get("affiliation")),
        )

    @property
    def called(self) -> str:
        """The name to address the person by."""
        return self.name or self.user_name


def one_line(told: object) -> str:
    r"""Return a text as one line of what can be seen; anything else than text is nothing.

    >>> one_line("Ada\r\nBcc: all@example.org")
    'Ada Bcc: all@example.org'
    """
    if isinstance(told, list) and len(told) == 1:  # Keycloak's attributes are lists
        return one_line(told[0])
    text = told if isinstance(told, str) else ""
    seen = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(seen.split())[:_MAX_LENGTH]
