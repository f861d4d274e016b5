"""The keys with which a realm signs: fetched when needed, and again when they rotate."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import jwt

from astroflow_hub.keycloak.errors import UnreachableError, UntrustedTokenError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

LIFETIME = 300  # seconds after which a key that was withdrawn is not trusted any more
PAUSE = 5  # seconds between two looks for a key: tokens with made-up keys must not cost more


class SigningKeys:
    """The public keys of a realm, by their ids; ``fetch`` asks Keycloak for the set of them."""

    def __init__(
        self,
        fetch: Callable[[], Awaitable[Mapping[str, Any]]],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch, self._now = fetch, now
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched = float("-inf")

    async def find(self, kid: str) -> jwt.PyJWK:
        """Return the key called ``kid``.

        Raises
        ------
        UntrustedTokenError
            When the realm has none such.
        UnreachableError
            When Keycloak has to be asked and does not answer.
        """
        age = self._now() - self._fetched
        if age > LIFETIME or (kid not in self._keys and age > PAUSE):
            await self.renew()
        if kid not in self._keys:
            raise UntrustedTokenError("it is signed with a key that the realm does not have")
        return self._keys[kid]

    async def renew(self) -> None:
        """Ask Keycloak for its keys.

        Raises
        ------
        UnreachableError
            When it does not answer, or has none.
        """
        found = await self._fetch()
        try:
            keys = jwt.PyJWKSet.from_dict(dict(found)).keys
        except (jwt.PyJWTError, AttributeError) as error:
            raise UnreachableError("Keycloak tells no keys to verify tokens with") from error
        # With one for encryption nothing may be signed.
        self._keys = {k.key_id: k for k in keys if k.key_id and k.public_key_use != "enc"}
        self._fetched = self._now()

    def knows(self, kid: str) -> bool:
        """Return whether the realm had this key when it was last asked."""
        return kid in self._keys
