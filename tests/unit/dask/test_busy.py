"""Whether the session's scheduler in another pod has tasks at work."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from astroflow_dask_gaia import busy
from astroflow_dask_gaia.busy import is_busy_elsewhere

POD = {"ASTROFLOW_ENGINE": "kubernetes", "DASK_SCHEDULER_ADDRESS": "tcp://127.0.0.1:8786"}


class Dashboard(BaseHTTPRequestHandler):
    """Answers what Dask's own dashboard does at this address."""

    answer = b""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/json/counts.json" else 404)
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""


@pytest.fixture
def dashboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Dashboard]]:
    with HTTPServer(("127.0.0.1", 0), Dashboard) as server:
        monkeypatch.setattr(busy, "DASHBOARD_PORT", server.server_port)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield Dashboard
        server.shutdown()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (json.dumps({"processing": 3, "memory": 7}).encode(), True),
        (json.dumps({"processing": 0, "memory": 7}).encode(), False),
        (b"{}", False),
        (b"<html>", False),
    ],
)
def test_tasks_that_are_processed_make_it_busy(
    dashboard: type[Dashboard], answer: bytes, *, expected: bool
) -> None:
    dashboard.answer = answer
    assert is_busy_elsewhere(POD) is expected


@pytest.mark.parametrize(
    "environ",
    [
        {},
        POD | {"ASTROFLOW_ENGINE": "local"},
        {"ASTROFLOW_ENGINE": "kubernetes"},
        POD | {"DASK_SCHEDULER_ADDRESS": "nonsense"},
    ],
)
def test_elsewhere_there_is_nothing_to_ask(
    dashboard: type[Dashboard], environ: dict[str, str]
) -> None:
    dashboard.answer = b'{"processing": 3}'
    assert not is_busy_elsewhere(environ)


def test_a_scheduler_that_does_not_answer_is_not_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    with HTTPServer(("127.0.0.1", 0), Dashboard) as gone:
        monkeypatch.setattr(busy, "DASHBOARD_PORT", gone.server_port)
    assert not is_busy_elsewhere(POD)
