"""The server extension's sockets, with a small command in place of the cluster."""

import logging
import os
import socket
import sys
from threading import Thread

import pytest

from astroflow_dask_gaia import server

_ECHO = """
import socket, sys
listener = socket.socket(fileno=int(sys.argv[1]))
listener.settimeout(10)
listener.accept()[0].sendall(b'ready')
"""
ECHO = (sys.executable, "-c", _ECHO)
FAIL = (sys.executable, "-c", "raise SystemExit(3)")


def ask(listener: socket.socket) -> bytes:
    with socket.create_connection(listener.getsockname(), timeout=20) as connection:
        return connection.recv(5)


def start(command: tuple[str, ...]) -> socket.socket:
    listener = server.listen({})
    log = logging.getLogger("server")
    Thread(target=server.serve, args=(listener, command, log), daemon=True).start()
    return listener


def test_a_free_port_is_taken_and_written_down() -> None:
    environ: dict[str, str] = {}
    with server.listen(environ) as listener:
        port = listener.getsockname()[1]
        assert listener.getsockname()[0] == "127.0.0.1"
    assert environ == {"DASK_SCHEDULER_ADDRESS": f"tcp://127.0.0.1:{port}"}


def test_the_address_in_the_environment_is_used() -> None:
    environ: dict[str, str] = {}
    server.listen(environ).close()
    given = environ.copy()
    with server.listen(environ):
        assert environ == given


def test_an_address_that_is_taken_is_refused() -> None:
    environ: dict[str, str] = {}
    with server.listen(environ), pytest.raises(OSError, match="Address already in use"):
        server.listen(environ)


def test_the_first_connection_starts_the_command_and_the_next_another() -> None:
    listener = start(ECHO)
    assert [ask(listener), ask(listener)] == [b"ready", b"ready"]


def test_a_command_that_fails_refuses_its_clients_and_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    listener = start(FAIL)
    assert ask(listener) == b""
    assert "ended with code 3" in caplog.text


def test_the_extension_names_itself() -> None:
    assert server._jupyter_server_extension_points() == [{"module": "astroflow_dask_gaia.server"}]


def test_a_session_goes_on_without_dask_when_it_cannot_listen(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(os.environ, "DASK_SCHEDULER_ADDRESS", "tcp://192.0.2.1:8786")
    app = type("App", (), {"log": logging.getLogger("server")})
    server._load_jupyter_server_extension(app)
    assert "No Dask in this session: cannot listen at tcp://192.0.2.1:8786" in caplog.text
