from typing import Any

import pytest

from astroflow_hub.keycloak.rights import Rights

HUB = "astroflow-hub"


def client(*roles: str, name: str = HUB) -> dict[str, Any]:
    return {"resource_access": {name: {"roles": list(roles)}}}


@pytest.mark.parametrize(
    ("claims", "groups", "client_roles"),
    [
        ({}, set(), set()),
        ({"groups": ["/gaia", "/gaia/large"]}, {"gaia", "gaia/large"}, set()),
        ({"realm_access": {"roles": ["observer"]}}, {"observer"}, set()),
        (client("user", "admin"), {"user", "admin"}, {"user", "admin"}),
        # Of another client it is no right here, and a group is no role.
        (client("admin", name="other"), set(), set()),
        ({"groups": ["/admin"]}, {"admin"}, set()),
        ({"realm_access": {"roles": ["admin"]}}, {"admin"}, set()),
        # Keycloak gives these to everybody.
        ({"realm_access": {"roles": ["offline_access", "default-roles-astroflow"]}}, set(), set()),
        # What is not as Keycloak writes it gives nothing.
        ({"groups": "/gaia"}, set(), set()),
        ({"groups": {"/gaia": 1}}, set(), set()),
        ({"groups": [7, None, "", "/", "x" * 300, "/gaia"]}, {"gaia"}, set()),
        ({"realm_access": ["observer"]}, set(), set()),
        ({"resource_access": {HUB: ["admin"]}}, set(), set()),
        ({"resource_access": [HUB]}, set(), set()),
        ({"resource_access": {HUB: {"roles": "admin"}}}, set(), set()),
    ],
)
def test_rights_are_what_the_claims_give(
    claims: dict[str, Any], groups: set[str], client_roles: set[str]
) -> None:
    rights = Rights.of(claims, HUB)
    assert (rights.groups, rights.client_roles) == (groups, client_roles)
