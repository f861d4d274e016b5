"""Realm: what Keycloak says of people, verified."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from astroflow_hub.keycloak.errors import UnreachableError, UntrustedTokenError
from astroflow_hub.keycloak.keys import SigningKeys
from astroflow_hub.keycloak.sessions import Session
from astroflow_hub.keycloak.tokens import key_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from astroflow_hub.keycloak.client import KeycloakClient
    from astroflow_hub.keycloak.tokens import Logout, Verifier

PAUSE = 10  # seconds that Keycloak is not asked about people after it did not answer

Told = tuple[dict[str, Any], Session]


class Realm:
    """A realm that is asked by ``client``, and believed what ``verifier`` finds to be signed."""

    def __init__(self, client: KeycloakClient, verifier: Verifier) -> None:
        self._client, self._verifier = client, verifier
        self.keys = SigningKeys(client.keys)
        self._silent_until = float("-inf")

    async def reach(self) -> None:
        """Make sure that Keycloak answers.

        Raises
        ------
        UnreachableError
            When it does not.
        """
        await self.keys.renew()
        self._silent_until = float("-inf")

    async def log_in(self, parameters: Mapping[str, str], nonce: str) -> Told:
        """Exchange a login's code; return the claims of the ID token, and the session.

        Raises
        ------
        KeycloakError
            When there is no login; which kind of it says why.
        """
        return await self._exchange(parameters, nonce)

    async def renew(self, session: Session, subject: str) -> Told:
        """Ask whether a session of the account ``subject`` holds, and what is so now.

        Raises
        ------
        KeycloakError
            When that is not to be known, or the session or the account is no more.
        """
        if time.monotonic() < self._silent_until:
            raise UnreachableError("Keycloak did not answer a moment ago")
        parameters = {"grant_type": "refresh_token", "refresh_token": session.refresh_token}
        try:
            claims, renewed = await self._exchange(parameters, None)
        except UnreachableError:
            self._silent_until = time.monotonic() + PAUSE
            raise
        if (claims["sub"], claims["sid"]) != (subject, session.sid):
            raise UntrustedTokenError("it is about somebody else")
        return claims, renewed

    async def revoke(self, session: Session) -> None:
        """Make a session's tokens worthless.

        Raises
        ------
        UnreachableError
            When Keycloak does not do it.
        """
        await self._client.revoke(session.refresh_token)

    async def read_logout(self, token: str) -> Logout:
        """Return which session has ended.

        Raises
        ------
        UntrustedTokenError
            When Keycloak did not say so, or not to this hub.
        UnreachableError
            When its keys are needed and cannot be had.
        """
        return self._verifier.read_logout_token(token, await self.keys.find(key_id(token)))

    def hint(self, ended: Session | None) -> str | None:
        """Return the ID token to log out with, if Keycloak would take it.

        It answers with an error to one that is signed with a key it has no more.
        """
        return ended.id_token if ended and self.keys.knows(key_id(ended.id_token)) else None

    async def _exchange(self, parameters: Mapping[str, str], nonce: str | None) -> Told:
        tokens = await self._client.tokens(parameters)
        id_token = tokens["id_token"]
        key = await self.keys.find(key_id(id_token))
        claims = self._verifier.read_id_token(id_token, key, nonce)
        return claims, Session.of(tokens, claims["sid"])
