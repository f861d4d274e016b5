"""The authenticator with a realm that signs here, and a database of the hub."""

import time
from typing import Any

import pytest
from jupyterhub import orm
from jupyterhub.app import JupyterHub
from jupyterhub.user import UserDict

from astroflow_hub.authenticator import KeycloakAuthenticator
from astroflow_hub.keycloak.errors import UntrustedTokenError
from astroflow_hub.keycloak.keys import SigningKeys
from astroflow_hub.keycloak.tokens import LOGOUT_EVENT

REALM = "https://login.example.org/realms/astroflow"


@pytest.fixture
def authenticator(realm: Any) -> Any:
    async def publish() -> dict[str, Any]:
        return {"keys": [realm.jwk]}

    hub = JupyterHub()
    hub.db = orm.new_session_factory("sqlite:///:memory:")()
    hub.users = UserDict(lambda: hub.db, {})
    made = KeycloakAuthenticator(parent=hub, realm_url=REALM, client_id="hub")
    made.realm.keys = SigningKeys(publish)
    yield made
    hub.db.close()


def logout_token(realm: Any, **changed: Any) -> str:
    now = int(time.time())
    claims = {"iss": REALM, "aud": "hub", "sub": "s", "sid": "one", "jti": "1", "iat": now}
    return str(realm.sign({**claims, "exp": now + 60, "events": {LOGOUT_EVENT: {}}, **changed}))


async def test_a_logout_token_is_taken_once(authenticator: Any, realm: Any) -> None:
    await authenticator.end_as_told(logout_token(realm))
    with pytest.raises(UntrustedTokenError, match="it was used before"):
        await authenticator.end_as_told(logout_token(realm))
    await authenticator.end_as_told(logout_token(realm, jti="2"))


async def test_a_logout_token_for_another_client_or_of_another_is_refused(
    authenticator: Any, realm: Any, stranger: Any
) -> None:
    with pytest.raises(UntrustedTokenError, match="for somebody else"):
        await authenticator.end_as_told(logout_token(realm, aud="another-hub"))
    with pytest.raises(UntrustedTokenError, match="its signature"):
        await authenticator.end_as_told(logout_token(stranger))


def test_everything_follows_from_the_realms_address(authenticator: Any) -> None:
    openid = f"{REALM}/protocol/openid-connect"
    assert authenticator.authorize_url == f"{openid}/auth"
    assert authenticator.account_url == f"{REALM}/account/"
    assert authenticator.registration_url == "/hub/oauth_login?prompt=create"


def test_nobody_may_come_until_an_admin_says_who(authenticator: Any) -> None:
    assert authenticator.allow_all is False
    assert authenticator.allowed_groups == set()
    assert authenticator.enable_auth_state is True


@pytest.mark.parametrize(
    "name", ["a\r\nSet-Cookie: x=y", "a/b", "a\x00", "", "x" * 65, "a?b", "a#b"]
)
def test_a_name_that_does_not_fit_into_an_address_is_refused(authenticator: Any, name: str) -> None:
    assert not authenticator.validate_username(name)


@pytest.mark.parametrize("name", ["zoë", "hypatia@example.org", "müller-lüdenscheidt", "o'brien"])
def test_peoples_names_are_taken(authenticator: Any, name: str) -> None:
    assert authenticator.validate_username(name)
