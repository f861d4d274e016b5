"""Verifies what Keycloak signs: ID tokens and logout tokens."""

from __future__ import annotations

from dataclasses import dataclass
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

import jwt

from astroflow_hub.keycloak.errors import UntrustedTokenError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Signatures with a key pair alone: with HS256 the public key would do to forge a token.
ALGORITHMS = (
    *("RS256", "RS384", "RS512"),
    *("PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512"),
    "EdDSA",
)
LEEWAY = 30  # seconds by which two clocks may differ
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
MAX_LENGTH = 64 * 1024  # characters of a token that is looked at


@dataclass(frozen=True, slots=True)
class Logout:
    """A session that has ended at Keycloak: ``session``, or all of ``subject`` without one."""

    subject: str
    session: str | None
    token_id: str
    expires: float


@dataclass(frozen=True, slots=True)
class Verifier:
    """Knows tokens that the realm ``issuer`` made for the client ``client_id``."""

    issuer: str
    client_id: str

    def read_id_token(self, token: str, key: jwt.PyJWK, nonce: str | None) -> dict[str, Any]:
        """Return the claims of a login's ID token, or of a refreshed one, which has no nonce.

        Raises
        ------
        UntrustedTokenError
            When it is not to be trusted; with the reason.
        """
        claims = self._read(token, key, ("sub", "sid"))
        _check_party(claims, self.client_id)
        if "events" in claims:
            raise UntrustedTokenError("it is no ID token")
        if nonce is not None and not _same(claims.get("nonce"), nonce):
            raise UntrustedTokenError("it does not belong to this login (nonce)")
        return claims

    def read_logout_token(self, token: str, key: jwt.PyJWK) -> Logout:
        """Return which session ended.

        Raises
        ------
        UntrustedTokenError
            When it is not to be trusted; with the reason.
        """
        claims = self._read(token, key, ("sub", "jti"))
        events = claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
            raise UntrustedTokenError("it is no logout token")
        if "nonce" in claims:
            raise UntrustedTokenError("it is an ID token")
        session = claims.get("sid")
        return Logout(
            subject=str(claims["sub"]),
            session=None if session is None else str(session),
            token_id=str(claims["jti"]),
            expires=float(claims["exp"]),
        )

    def _read(self, token: str, key: jwt.PyJWK, required: Sequence[str]) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=self.client_id,
                issuer=self.issuer,
                leeway=LEEWAY,
                options={"require": ["iss", "aud", "exp", "iat", *required]},
            )
        except jwt.PyJWTError as error:
            raise UntrustedTokenError(_reason(error)) from None
        return claims


def key_id(token: str) -> str:
    """Return which key a token says that it is signed with.

    Raises
    ------
    UntrustedTokenError
        When it is no signed token, or not signed in a way that Keycloak does.
    """
    if len(token) > MAX_LENGTH:
        raise UntrustedTokenError("it is too long")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise UntrustedTokenError("it is no token") from None
    if header.get("alg") not in ALGORITHMS:
        raise UntrustedTokenError("it is not signed with a key pair")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise UntrustedTokenError("it names no key")
    return kid


def _check_party(claims: Mapping[str, Any], client_id: str) -> None:
    """Check for whom the token was made, where it is addressed to several."""
    several = not isinstance(claims["aud"], str) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client_id) != client_id:
        raise UntrustedTokenError("it was made for another client")


def _same(told: object, expected: str) -> bool:
    return isinstance(told, str) and compare_digest(told.encode(), expected.encode())


_REASONS: dict[type[jwt.PyJWTError], str] = {
    jwt.ExpiredSignatureError: "it has expired, or the clocks of hub and Keycloak differ",
    jwt.ImmatureSignatureError: "it is from the future, or the clocks of hub and Keycloak differ",
    jwt.InvalidAudienceError: "it is for somebody else (audience)",
    jwt.InvalidIssuerError: "another realm made it (issuer)",
    jwt.InvalidSignatureError: "its signature is not the realm's",
    jwt.InvalidAlgorithmError: "it is not signed as its key says",
    jwt.MissingRequiredClaimError: "a claim is missing",
}


def _reason(error: jwt.PyJWTError) -> str:
    """Say what is wrong in our words: those of the library may hold what the token says."""
    found = (reason for kind, reason in _REASONS.items() if isinstance(error, kind))
    return next(found, "it cannot be read")
