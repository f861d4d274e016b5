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
    """Talks to one realm; ``request`` holds further arguments of every HTTP request."""

    def __init__(
        self, endpoints: Endpoints, http: AsyncHTTPClient, request: Mapping[str, Any]
    ) -> None:
        self._endpoints, self._http, self._request = endpoints, http, request

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

    async def tokens(self, parameters: Mapping[str, str], headers: Mapping[str, str]) -> Any:
        """Exchange a code or a refresh token, and return the answer.

        Raises
        ------
        AccountDisabledError
            When the account may not be used.
        SessionOverError
            When the code or token holds no more.
        UnreachableError
            When Keycloak does not answer, or does not know this hub.
        """
        answer = await self._post(self._endpoints.token, parameters, headers)
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

    async def revoke(self, parameters: Mapping[str, str], headers: Mapping[str, str]) -> None:
        """Make a token worthless.

        Raises
        ------
        UnreachableError
            When Keycloak does not do it.
        """
        answer = await self._post(self._endpoints.revoke, parameters, headers)
        if answer.code != HTTPStatus.OK:
            raise UnreachableError(f"Keycloak answers {answer.code} when asked to revoke a token")

    async def _post(
        self, url: str, parameters: Mapping[str, str], headers: Mapping[str, str]
    ) -> HTTPResponse:
        body = urlencode(parameters)
        request = HTTPRequest(url, method="POST", headers=dict(headers), body=body, **self._request)
        return await self._send(request)

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
