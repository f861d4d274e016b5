from typing import Any

import pytest

from astroflow_hub.keycloak.errors import UnreachableError, UntrustedTokenError
from astroflow_hub.keycloak.keys import LIFETIME, PAUSE, SigningKeys


class Realm:
    """What publishes keys, and a clock."""

    def __init__(self, *keys: Any) -> None:
        self.keys, self.time, self.asked = list(keys), 0.0, 0

    async def fetch(self) -> dict[str, Any]:
        self.asked += 1
        return {"keys": self.keys}

    def signing_keys(self) -> SigningKeys:
        return SigningKeys(self.fetch, lambda: self.time)


async def test_a_key_is_asked_for_once(realm: Any) -> None:
    published = Realm(realm.jwk)
    keys = published.signing_keys()
    assert (await keys.find(realm.kid)).key_id == realm.kid
    await keys.find(realm.kid)
    assert published.asked == 1


async def test_unknown_keys_do_not_make_the_hub_ask_each_time(realm: Any) -> None:
    published = Realm(realm.jwk)
    keys = published.signing_keys()
    for kid in ("made-up", "made-up-too", "another"):
        with pytest.raises(UntrustedTokenError, match="a key that the realm does not have"):
            await keys.find(kid)
    assert published.asked == 1


async def test_a_new_key_is_found(realm: Any) -> None:
    published = Realm(realm.jwk)
    keys = published.signing_keys()
    await keys.find(realm.kid)
    published.keys = [{**realm.jwk, "kid": "new"}]
    published.time += PAUSE + 1
    assert (await keys.find("new")).key_id == "new"
    assert not keys.knows(realm.kid)


async def test_a_key_that_was_withdrawn_is_not_trusted_for_long(realm: Any) -> None:
    published = Realm(realm.jwk)
    keys = published.signing_keys()
    await keys.find(realm.kid)
    published.keys = [{**realm.jwk, "kid": "new"}]
    published.time += LIFETIME + 1
    with pytest.raises(UntrustedTokenError):
        await keys.find(realm.kid)


async def test_a_key_for_encryption_verifies_nothing(realm: Any) -> None:
    keys = Realm({**realm.jwk, "use": "enc"}).signing_keys()
    with pytest.raises(UntrustedTokenError):
        await keys.find(realm.kid)


@pytest.mark.parametrize("published", [{}, {"keys": []}, {"keys": "none"}, {"keys": [{}]}])
async def test_an_answer_without_keys_is_none(published: dict[str, Any]) -> None:
    async def fetch() -> dict[str, Any]:
        return published

    with pytest.raises(UnreachableError, match="Keycloak tells no keys"):
        await SigningKeys(fetch).find("any")
