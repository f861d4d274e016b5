"""Attacks on what Keycloak signs; each token here is really signed, if not by the realm."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest

from astroflow_hub.keycloak.errors import UntrustedTokenError
from astroflow_hub.keycloak.tokens import LOGOUT_EVENT, MAX_LENGTH, Verifier, key_id

ISSUER = "https://login.example.org/realms/astroflow"
CLIENT = "astroflow-hub"
NONCE = "the-nonce-of-this-login"
VERIFIER = Verifier(ISSUER, CLIENT)


def id_claims(**changed: Any) -> dict[str, Any]:
    """Return good claims with some changed, or left out where they are None."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": CLIENT,
        "azp": CLIENT,
        "sub": "0d3b0a52-9d0c-4c38-8c5b-9a1d3c5f7e11",
        "sid": "the-session",
        "iat": now,
        "exp": now + 60,
        "nonce": NONCE,
        **changed,
    }
    return {key: value for key, value in claims.items() if value is not None}


def logout_claims(**changed: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {"nonce": None, "azp": None, "jti": "1", "events": {LOGOUT_EVENT: {}}}
    return id_claims(**{**fields, **changed})


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    parts = (json.dumps(part).encode() for part in (header, claims))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def test_a_token_of_the_realm_is_read(realm: Any) -> None:
    token = realm.sign(id_claims())
    assert key_id(token) == realm.kid
    assert VERIFIER.read_id_token(token, realm.key, NONCE)["sid"] == "the-session"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"exp": int(time.time()) - 3600}, "it has expired"),
        ({"iat": int(time.time()) + 3600}, "it is from the future"),
        ({"nbf": int(time.time()) + 3600}, "it is from the future"),
        ({"aud": "another-client"}, "for somebody else"),
        ({"aud": ["account", "another-client"]}, "for somebody else"),
        ({"azp": "another-client"}, "for another client"),
        ({"aud": [CLIENT, "another-client"], "azp": None}, "for another client"),
        ({"iss": "https://login.example.org/realms/other"}, "another realm"),
        ({"iss": ISSUER + "/"}, "another realm"),
        ({"nonce": None}, "does not belong to this login"),
        ({"nonce": "of-another-login"}, "does not belong to this login"),
        ({"nonce": 7}, "does not belong to this login"),
        ({"sub": None}, "a claim is missing"),
        ({"sid": None}, "a claim is missing"),
        ({"exp": None}, "a claim is missing"),
        ({"iss": None}, "a claim is missing"),
        ({"aud": None}, "a claim is missing"),
        ({"exp": "soon"}, "it cannot be read"),
        ({"events": {LOGOUT_EVENT: {}}}, "it is no ID token"),
    ],
)
def test_an_id_token_is_refused_with_the_reason(
    realm: Any, changed: dict[str, Any], reason: str
) -> None:
    with pytest.raises(UntrustedTokenError, match=reason):
        VERIFIER.read_id_token(realm.sign(id_claims(**changed)), realm.key, NONCE)


def test_clocks_may_differ_a_little(realm: Any) -> None:
    now = int(time.time())
    claims = id_claims(iat=now + 20, exp=now - 20)
    assert VERIFIER.read_id_token(realm.sign(claims), realm.key, NONCE)["exp"] == now - 20


def test_a_refreshed_token_needs_no_nonce(realm: Any) -> None:
    token = realm.sign(id_claims(nonce=None))
    assert VERIFIER.read_id_token(token, realm.key, None)["iss"] == ISSUER


def test_a_forged_token_is_refused(realm: Any, stranger: Any) -> None:
    with pytest.raises(UntrustedTokenError, match="its signature is not the realm's"):
        VERIFIER.read_id_token(stranger.sign(id_claims()), realm.key, NONCE)


def test_a_changed_token_is_refused(realm: Any) -> None:
    header, _, signature = realm.sign(id_claims()).split(".")
    _, claims = unsigned({}, id_claims(sub="somebody-else")).split(".")
    with pytest.raises(UntrustedTokenError, match="its signature is not the realm's"):
        VERIFIER.read_id_token(f"{header}.{claims}.{signature}", realm.key, NONCE)


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "HS256", "", None, ["RS256"]])
def test_a_token_that_is_not_signed_with_a_key_pair_is_refused(realm: Any, alg: Any) -> None:
    token = unsigned({"alg": alg, "kid": realm.kid}, id_claims()) + "."
    with pytest.raises(UntrustedTokenError, match=r"it is not signed with a key pair|no token"):
        key_id(token)
    with pytest.raises(UntrustedTokenError):
        VERIFIER.read_id_token(token, realm.key, NONCE)


def test_the_public_key_is_no_shared_secret(realm: Any) -> None:
    body = unsigned({"alg": "HS256", "kid": realm.kid, "typ": "JWT"}, id_claims())
    digest = hmac.new(realm.public_pem, body.encode(), hashlib.sha256).digest()
    token = f"{body}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    with pytest.raises(UntrustedTokenError, match="it is not signed with a key pair"):
        key_id(token)
    with pytest.raises(UntrustedTokenError):
        VERIFIER.read_id_token(token, realm.key, NONCE)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"alg": "RS256"}, "it names no key"),
        ({"alg": "RS256", "kid": ""}, "it names no key"),
        ({"alg": "RS256", "kid": 7}, "no key|no token"),
    ],
)
def test_a_token_without_a_key_is_refused(header: dict[str, Any], reason: str) -> None:
    with pytest.raises(UntrustedTokenError, match=reason):
        key_id(unsigned(header, id_claims()) + ".e30")


@pytest.mark.parametrize("token", ["", ".", "a.b.c", "x" * (MAX_LENGTH + 1), "ü.ü.ü"])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(UntrustedTokenError):
        key_id(token)


def test_a_logout_token_tells_which_session_ended(realm: Any) -> None:
    told = VERIFIER.read_logout_token(realm.sign(logout_claims()), realm.key)
    assert (told.session, told.token_id) == ("the-session", "1")
    assert told.subject == "0d3b0a52-9d0c-4c38-8c5b-9a1d3c5f7e11"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"aud": "another-client"}, "for somebody else"),
        ({"iss": "https://login.example.org/realms/other"}, "another realm"),
        ({"exp": int(time.time()) - 3600}, "it has expired"),
        ({"jti": None}, "a claim is missing"),
        ({"sub": None}, "a claim is missing"),
        ({"events": None}, "it is no logout token"),
        ({"events": {"other": {}}}, "it is no logout token"),
        ({"events": LOGOUT_EVENT}, "it is no logout token"),
        ({"events": {LOGOUT_EVENT: None}}, "it is no logout token"),
        ({"nonce": NONCE}, "it is an ID token"),
    ],
)
def test_a_logout_token_is_refused_with_the_reason(
    realm: Any, changed: dict[str, Any], reason: str
) -> None:
    with pytest.raises(UntrustedTokenError, match=reason):
        VERIFIER.read_logout_token(realm.sign(logout_claims(**changed)), realm.key)


def test_an_id_token_ends_no_session(realm: Any) -> None:
    with pytest.raises(UntrustedTokenError, match="it is no logout token"):
        VERIFIER.read_logout_token(realm.sign(id_claims(jti="1")), realm.key)


def test_no_reason_tells_what_the_token_says(realm: Any) -> None:
    with pytest.raises(UntrustedTokenError) as refused:
        VERIFIER.read_id_token(realm.sign(id_claims(aud="a-secret-of-theirs")), realm.key, NONCE)
    assert "a-secret-of-theirs" not in str(refused.value)
    assert refused.value.__cause__ is None
