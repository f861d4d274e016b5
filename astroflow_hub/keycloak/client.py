"""Asks Keycloak; says in the project's own errors what came of it, and logs nothing it said."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse

from astroflow_hub.keycloak.errors import (
    AccountDisabledError,
    SessionOverError,
    UnreachableError,
    UntrustedTokenError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from astroflow_hub.keycloak.endpoints import Endpoints

_NEEDED = ("id_token", "refresh_token")


class KeycloakClient:
    """Talks to one realm.

    ``credentials`` are form fields by which it knows the hub, and ``request`` holds further
    arguments of every HTTP request.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        http: AsyncHTTPClient,
        credentials: Mapping[str, str],
        request: Mapping[str, Any],
    ) -> None:
        self._endpoints, self._http = endpoints, http
        self._credentials, self._request = credentials, request

    async def keys(self) -> dict[str, Any]:
        """Return the realm's set of keys.

        Raises
        ------
        UnreachableError
            When Keycloak does not answer.
        """
        answer = await self._send(HTTPRequest(self._endpoints.keys, **self._request))
        if answer.code != HTTPStatus.OK:
            raise UnreachableError(f"Keycloak answers {answer.code} when asked for its keys")
        return _json(answer)

    async def tokens(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Exchange a code or a refresh token, and return the answer.

        Raises
        ------
        AccountDisabledError
            When the account may not be used.
        SessionOverError
            When the code or token holds no more.
        UnreachableError
            When Keycloak does not answer, or does not know this hub.
        UntrustedTokenError
            When it does not give all that was asked for.
        """
        answer = await self._post(self._endpoints.token, parameters)
        told = _json(answer)
        if answer.code == HTTPStatus.OK:
            if not all(isinstance(told.get(name), str) for name in _NEEDED):
                raise UntrustedTokenError("a token is missing in what Keycloak gave")
            return told
        if told.get("error") == "invalid_grant":
            disabled = "disabled" in str(told.get("error_description", "")).lower()
            raise AccountDisabledError if disabled else SessionOverError
        raise UnreachableError(
            f"Keycloak refuses this hub ({answer.code}): check client_id and client_secret"
        )

    async def revoke(self, refresh_token: str) -> None:
        """Make a refresh token, and what was made from it, worthless.

        Raises
        ------
        UnreachableError
            When Keycloak does not do it.
        """
        parameters = {"token": refresh_token, "token_type_hint": "refresh_token"}
        answer = await self._post(self._endpoints.revoke, parameters)
        if answer.code != HTTPStatus.OK:
            raise UnreachableError(f"Keycloak answers {answer.code} when asked to revoke a token")

    async def _post(self, url: str, parameters: Mapping[str, str]) -> HTTPResponse:
        body = urlencode({**parameters, **self._credentials})
        return await self._send(HTTPRequest(url, method="POST", body=body, **self._request))

    async def _send(self, request: HTTPRequest) -> HTTPResponse:
        try:
            answer = await self._http.fetch(request, raise_error=False)
        except (OSError, HTTPClientError) as error:
            raise UnreachableError(f"Keycloak does not answer ({type(error).__name__})") from error
        if answer.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise UnreachableError(f"Keycloak is not able to answer ({answer.code})")
        return answer


def _json(answer: HTTPResponse) -> dict[str, Any]:
    try:
        told = json.loads(answer.body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise UnreachableError(f"what answers ({answer.code}) is not Keycloak")
    return told
