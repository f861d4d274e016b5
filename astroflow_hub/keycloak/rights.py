"""What a person may do, from the claims of their ID token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# Keycloak gives these to everybody, for itself.
_BUILT_IN = frozenset({"offline_access", "uma_authorization"})
_DEFAULT_ROLES = "default-roles-"
MAX_NAME = 255  # characters of a group's name in JupyterHub's database


@dataclass(frozen=True, slots=True)
class Rights:
    """The groups that a person is in at the hub, and their roles at the hub's client.

    >>> claims = {"groups": ["/gaia/large"], "resource_access": {"hub": {"roles": ["user"]}}}
    >>> sorted(Rights.of(claims, "hub").groups)
    ['gaia/large', 'user']
    """

    groups: frozenset[str]
    client_roles: frozenset[str]

    @classmethod
    def of(cls, claims: Mapping[str, Any], client_id: str) -> Rights:
        """Read the claims ``groups``, ``realm_access`` and ``resource_access``.

        A claim that is missing or not as Keycloak writes it gives nothing.
        """
        access = claims.get("resource_access")
        client = access.get(client_id) if isinstance(access, dict) else None
        client_roles = _roles(client)
        realm_roles = {
            role
            for role in _roles(claims.get("realm_access"))
            if role not in _BUILT_IN and not role.startswith(_DEFAULT_ROLES)
        }
        paths = {path.strip("/") for path in _names(claims.get("groups"))} - {""}
        return cls(frozenset(paths | realm_roles | client_roles), client_roles)


def _roles(access: object) -> frozenset[str]:
    return _names(access.get("roles")) if isinstance(access, dict) else frozenset()


def _names(told: object) -> frozenset[str]:
    names = told if isinstance(told, list) else []
    return frozenset(n for n in names if isinstance(n, str) and 0 < len(n) <= MAX_NAME)
