"""Who somebody is, whatever they are called now: the UUID of a person."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_ASTROFLOW = uuid.UUID("5b0d6f0c-6ad5-5a0b-9d5c-2f6a7a2f6c11")


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
