"""A person's server tells a hub, with its own token, what its home takes."""

import importlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

import astroflow_hub.home_report
from astroflow_hub.folder_size import folder_size
from astroflow_hub.home_report.server import HomeReporter

LOG = logging.getLogger("server")
CONFIG = Path(astroflow_hub.home_report.__file__).with_name("jupyter_server_config.json")


@contextmanager
def hub(status: int) -> Iterator[tuple[list[Any], dict[str, str]]]:
    """Run what answers as a hub does; yield what it was told, and the environment of a server."""
    told = []

    class Hub(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.append((self.path, self.headers["Authorization"], body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with HTTPServer(("127.0.0.1", 0), Hub) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield (
            told,
            {
                "JUPYTERHUB_API_URL": f"http://127.0.0.1:{server.server_port}/hub/api",
                "JUPYTERHUB_API_TOKEN": "abc",
                "JUPYTERHUB_USER": "zoë/möller",
            },
        )
        server.shutdown()
        thread.join()


async def test_the_hub_is_told_what_the_home_takes(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * 100_000)
    with hub(204) as (told, environ):
        await HomeReporter(LOG, tmp_path, environ).report()
    path = "/hub/api/astroflow/users/zo%C3%AB%2Fm%C3%B6ller/home"
    assert told == [(path, "token abc", {"used": folder_size(tmp_path, 10)})]


async def test_a_hub_that_refuses_or_is_away_is_told_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with hub(403) as (_, environ):
        await HomeReporter(LOG, tmp_path, environ).report()
    await HomeReporter(LOG, tmp_path, environ).report()
    refused, away = caplog.messages
    assert refused == "The hub was not told how full the home is: it answered 403"
    assert "Connection refused" in away
    assert "abc" not in caplog.text


def test_a_server_that_is_not_in_a_pod_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    names = json.loads(CONFIG.read_text())["ServerApp"]["jpserver_extensions"]
    (extension,) = [importlib.import_module(name) for name in names]
    server = SimpleNamespace(log=None)  # would fail when it were used
    monkeypatch.setenv("ASTROFLOW_CATALOGUES", '["/data"]')
    extension._load_jupyter_server_extension(server)
    monkeypatch.delenv("ASTROFLOW_CATALOGUES")
    extension._load_jupyter_server_extension(server)
