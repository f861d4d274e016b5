from urllib.parse import parse_qs, urlsplit

import pytest

from astroflow_core.errors import AstroFlowError
from astroflow_hub.keycloak.endpoints import Endpoints

REALM = "https://login.example.org/realms/astroflow"


def test_browsers_and_the_hub_may_know_the_realm_by_two_addresses() -> None:
    endpoints = Endpoints.of(REALM, "http://keycloak:8080/realms/astroflow")
    own = (endpoints.token, endpoints.keys, endpoints.revoke)
    assert {urlsplit(url).netloc for url in own} == {"keycloak:8080"}
    shown = (endpoints.authorize, endpoints.account, endpoints.end_session("c", "r", None))
    assert {urlsplit(url).netloc for url in shown} == {"login.example.org"}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "login.example.org/realms/x",
        "ftp://l/realms/x",
        "https://login.example.org",
        REALM + "?a",
    ],
)
def test_what_is_no_realm_is_refused_by_name(url: str) -> None:
    with pytest.raises(AstroFlowError, match=r"KeycloakAuthenticator\.realm_url = "):
        Endpoints.of(url)


@pytest.mark.parametrize(
    ("url", "private"),
    [
        (REALM, True),
        ("http://127.0.0.1:8180/realms/x", True),
        ("http://login.example.org/realms/x", False),
    ],
)
def test_who_can_read_along_is_known(url: str, *, private: bool) -> None:
    assert Endpoints.of(url).is_private is private


def test_the_way_back_from_a_logout_cannot_add_parameters() -> None:
    back = "https://hub.example.org/hub/login?a=b&id_token_hint=mine#x"
    query = parse_qs(urlsplit(Endpoints.of(REALM).end_session("hub", back, "token")).query)
    assert query == {
        "client_id": ["hub"],
        "post_logout_redirect_uri": [back],
        "id_token_hint": ["token"],
    }
