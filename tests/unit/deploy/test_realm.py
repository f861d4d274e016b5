"""The realm that people log in by: what an admin imports."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

DEPLOY = Path(__file__).resolve().parents[3] / "deploy" / "keycloak"
TEXT = (DEPLOY / "astroflow-realm.json").read_text()
REALM = json.loads(TEXT)
(CLIENT,) = REALM["clients"]
(PROFILE,) = REALM["components"]["org.keycloak.userprofile.UserProfileProvider"]
ATTRIBUTES = {
    one["name"]: one
    for one in json.loads(PROFILE["config"]["kc.user.profile.config"][0])["attributes"]
}
FLOWS = {flow["alias"]: flow["authenticationExecutions"] for flow in REALM["authenticationFlows"]}


def test_the_hubs_secret_and_addresses_are_left_open() -> None:
    assert set(re.findall(r"\$\{(ASTROFLOW\w+)\}", TEXT)) == {
        "ASTROFLOW_CLIENT_SECRET",
        "ASTROFLOW_HUB_URL",
        "ASTROFLOW_HUB_INTERNAL_URL",
    }
    assert CLIENT["secret"] == "${ASTROFLOW_CLIENT_SECRET}"
    assert "users" not in REALM


def test_the_client_logs_in_by_code_and_leads_nowhere_else() -> None:
    assert CLIENT["redirectUris"] == ["${ASTROFLOW_HUB_URL}/hub/oauth_callback"]
    assert CLIENT["publicClient"] is False
    flows = ("implicitFlowEnabled", "directAccessGrantsEnabled", "serviceAccountsEnabled")
    assert [CLIENT[flow] for flow in flows] == [False, False, False]
    attributes = CLIENT["attributes"]
    assert attributes["pkce.code.challenge.method"] == "S256"
    assert attributes["backchannel.logout.session.required"] == "true"
    assert attributes["backchannel.logout.url"].endswith("/hub/backchannel_logout")


@pytest.mark.parametrize(
    "claim", ["realm_access.roles", "resource_access.astroflow-hub.roles", "groups", "affiliation"]
)
def test_an_id_token_tells_what_the_hub_asks_for(claim: str) -> None:
    (mapper,) = [one for one in CLIENT["protocolMappers"] if one["config"]["claim.name"] == claim]
    assert mapper["config"]["id.token.claim"] == "true"


@pytest.mark.parametrize("field", ["email", "firstName", "lastName", "affiliation"])
def test_a_new_account_tells(field: str) -> None:
    assert ATTRIBUTES[field]["required"] == {"roles": ["user"]}


def test_passwords_cannot_be_tried_for_long_and_tokens_live_shortly() -> None:
    assert REALM["bruteForceProtected"] is True
    assert REALM["failureFactor"] <= 10
    assert REALM["accessTokenLifespan"] <= 300
    assert REALM["ssoSessionIdleTimeout"] <= 3600


def test_a_role_asks_for_one_time_passwords() -> None:
    assert REALM["browserFlow"] == "astroflow browser"
    asked = [one["flowAlias"] for one in FLOWS["astroflow forms"] if one["authenticatorFlow"]]
    must = {one["authenticator"]: one for one in FLOWS[asked[-1]]}
    assert must["auth-otp-form"]["requirement"] == "REQUIRED"
    configured = {one["alias"]: one["config"] for one in REALM["authenticatorConfig"]}
    condition = must["conditional-user-role"]["authenticatorConfig"]
    assert configured[condition]["condUserRole"] == "two-factor"
    assert "two-factor" in [role["name"] for role in REALM["roles"]["realm"]]


def test_every_flow_that_is_named_is_there() -> None:
    executions: list[dict[str, Any]] = [one for flow in FLOWS.values() for one in flow]
    named = {one["flowAlias"] for one in executions if one["authenticatorFlow"]}
    assert named <= set(FLOWS)
