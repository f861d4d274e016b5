"""What the hub makes of whatever answers in Keycloak's place."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from tornado.httpclient import AsyncHTTPClient

from astroflow_hub.keycloak.client import KeycloakClient
from astroflow_hub.keycloak.endpoints import Endpoints
from astroflow_hub.keycloak.errors import (
    AccountDisabledError,
    KeycloakError,
    SessionOverError,
    UnreachableError,
    UntrustedTokenError,
)

SECRETS = {"client_id": "hub", "client_secret": "our-secret"}
Answer = Callable[[str], Awaitable[KeycloakClient]]


@pytest.fixture
async def answering() -> AsyncIterator[Answer]:
    """Return a function that gives a client of a server which says one thing, or nothing."""
    servers: list[asyncio.Server] = []

    async def serve(answer: str) -> KeycloakClient:
        async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer.encode())
            await writer.drain()
            writer.close() if answer else await reader.read()
            writer.close()

        server = await asyncio.start_server(say, "127.0.0.1", 0)
        servers.append(server)
        port = server.sockets[0].getsockname()[1]
        endpoints = Endpoints.of(f"http://127.0.0.1:{port}/realms/astroflow")
        return KeycloakClient(endpoints, AsyncHTTPClient(), SECRETS, {"request_timeout": 0.5})

    yield serve
    for server in servers:
        server.close()


def http(status: str, body: str) -> str:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"


GRANT = '{"error": "invalid_grant", "error_description": "%s"}'


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http("400 Bad", GRANT % "User disabled"), AccountDisabledError),
        (http("400 Bad", GRANT % "Session not active"), SessionOverError),
        (http("400 Bad", GRANT % "Token is not active"), SessionOverError),
        (http("401 Unauthorized", '{"error": "invalid_client"}'), UnreachableError),
        (http("500 Error", "oops"), UnreachableError),
        (http("503 Unavailable", "{}"), UnreachableError),
        (http("200 OK", "<html>Welcome to the hotel's network</html>"), UnreachableError),
        (http("200 OK", "[]"), UnreachableError),
        (http("302 Found", ""), UnreachableError),
        (http("200 OK", '{"access_token": "a"}'), UntrustedTokenError),
        (http("200 OK", '{"id_token": 7, "refresh_token": "r"}'), UntrustedTokenError),
        ("what is this", UnreachableError),
        ("", UnreachableError),
    ],
)
async def test_an_answer_that_gives_no_tokens_lets_nobody_in(
    answering: Answer, answer: str, error: type[KeycloakError]
) -> None:
    client = await answering(answer)
    with pytest.raises(error):
        await client.tokens({"refresh_token": "a-secret"})


async def test_tokens_are_handed_on(answering: Answer) -> None:
    client = await answering(http("200 OK", '{"id_token": "i", "refresh_token": "r"}'))
    assert await client.tokens({}) == {"id_token": "i", "refresh_token": "r"}


async def test_nobody_listening_is_nobody_answering() -> None:
    endpoints = Endpoints.of("http://127.0.0.1:9/realms/astroflow")
    with pytest.raises(UnreachableError, match="Keycloak does not answer"):
        await KeycloakClient(endpoints, AsyncHTTPClient(), SECRETS, {}).keys()


async def test_no_error_tells_what_was_sent_or_said(answering: Answer) -> None:
    client = await answering(http("400 Bad", '{"error": "their-secret"}'))
    with pytest.raises(UnreachableError) as refused:
        await client.tokens({"refresh_token": "our-secret"})
    assert "secret" not in str(refused.value).replace("client_secret", "")
