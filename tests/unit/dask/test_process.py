"""The cluster's process as its owner holds it, with small commands in place of the cluster."""

import socket
import sys
import time
from collections.abc import Iterator

import pytest

from astroflow_dask_gaia.process import ClusterProcess

_SERVE = """
import socket, sys
owner = socket.socket(fileno=sys.stdin.fileno())
owner.send(b'ready')
owner.recv(1)
"""
SERVE = (sys.executable, "-c", _SERVE)
FAIL = (sys.executable, "-c", "raise SystemExit(3)")
STUBBORN = (sys.executable, "-c", "import time; time.sleep(60)")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def test_it_tells_when_it_is_ready_and_ends_when_let_go(listener: socket.socket) -> None:
    process = ClusterProcess(listener, SERVE)
    assert process.becomes_ready()
    process.end(timeout=20)
    assert process.wait() == 0


def test_a_process_that_fails_never_becomes_ready(listener: socket.socket) -> None:
    process = ClusterProcess(listener, FAIL)
    assert not process.becomes_ready()
    assert process.wait() == 3


def test_a_process_that_does_not_end_is_killed(listener: socket.socket) -> None:
    process = ClusterProcess(listener, STUBBORN)
    started = time.monotonic()
    process.end(timeout=0.2)
    assert process.wait() == -9
    assert time.monotonic() - started < 5
