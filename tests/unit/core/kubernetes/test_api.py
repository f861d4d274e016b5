"""What the cluster's API refuses is told with what to do, from a real HTTP server."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from distributed.security import Security
from kubernetes.client import ApiClient, Configuration

from astroflow_core.errors import SessionError
from astroflow_core.kubernetes.api import Namespace

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

CURE = r": stop your server and start it again \(File > Hub Control Panel\)$"


class Refusal(BaseHTTPRequestHandler):
    """Answers with the status that the namespace is named after."""

    def do_GET(self) -> None:
        self.send_response(int(self.path.split("/")[4]))
        self.end_headers()
        self.wfile.write(json.dumps({"message": "no pods for you"}).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(tls: ssl.SSLContext | None = None) -> Iterator[ApiClient]:
    server = HTTPServer(("127.0.0.1", 0), Refusal)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    scheme = "http" if tls is None else "https"
    configuration = Configuration(host=f"{scheme}://127.0.0.1:{server.server_port}")
    configuration.retries = False
    try:
        with ApiClient(configuration) as client:
            yield client
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("status", ["401", "403"])
def test_an_account_without_rights_is_put_right_by_a_new_start(status: str) -> None:
    with served() as client, pytest.raises(SessionError, match=f"no pods for you{CURE}"):
        Namespace(client, status).find("pods")


def test_what_else_is_refused_is_told_as_it_is() -> None:
    with served() as client, pytest.raises(SessionError, match=r"refuses: no pods for you$"):
        Namespace(client, "500").find("pods")


def test_a_certificate_that_nobody_trusts_is_told() -> None:
    tls = Security.temporary().get_listen_args("scheduler")["ssl_context"]
    with served(tls) as client, pytest.raises(SessionError, match=f"does not trust{CURE}"):
        Namespace(client, "200").find("pods")
