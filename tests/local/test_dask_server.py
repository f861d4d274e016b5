"""The notebook server's Dask cluster: it starts when used and ends with the server."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dask.dataframe as dd
import psutil
import pytest
from distributed import Client

from astroflow_core.session import SessionSettings

SERVER = (
    *(sys.executable, "-m", "jupyter", "server", "--no-browser", "--allow-root"),
    *("--ServerApp.port=0", "--ServerApp.ip=127.0.0.1"),
    "--ServerApp.jpserver_extensions=astroflow_dask_gaia.server=True",
)
PATIENCE = 30  # seconds


@dataclass(frozen=True)
class Server:
    """A running notebook server."""

    process: psutil.Process
    address: str
    log: Path

    def processes(self) -> list[psutil.Process]:
        return self.process.children(recursive=True)


def wait_for_line(path: Path, pattern: str) -> str:
    """Return the first group of ``pattern`` once a line of the file holds it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if match := re.search(pattern, path.read_text()):
            return match[1]
        time.sleep(0.1)
    raise TimeoutError(f"no {pattern} in:\n{path.read_text()}")


@contextmanager
def running_server(sample: Path, home: Path) -> Iterator[Server]:
    """Run the notebook server of a person with an empty home as the hub does."""
    settings = SessionSettings(catalogues=(sample,), dask={"pods": 2, "memory": "1g"})
    environ = os.environ | settings.to_environ() | {"HOME": str(home)}
    environ.pop("DASK_SCHEDULER_ADDRESS", None)
    log = home / "server.log"
    with log.open("wb") as out:
        process = psutil.Popen(SERVER, env=environ, cwd=home, stdout=out, stderr=out)
    try:
        address = wait_for_line(log, r"A Dask cluster starts when used, at (\S+)")
        wait_for_line(log, r"(is running at)")
        yield Server(process, address, log)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(PATIENCE)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(sample: Path, home: Path) -> Iterator[Server]:
    with running_server(sample, home) as server:
        yield server


def test_the_first_client_finds_every_worker(server: Server) -> None:
    with Client(server.address, timeout="30s") as client:
        assert list(client.nthreads().values()) == [1, 1]
        assert client.submit(sum, [1, 2, 3]).result() == 6


def test_clients_that_come_together_share_one_cluster(server: Server) -> None:
    with ThreadPoolExecutor(4) as pool:
        clients = list(pool.map(lambda _: Client(server.address, timeout="30s"), range(4)))
    workers = {frozenset(client.nthreads()) for client in clients}
    for client in clients:
        client.close()
    assert len(workers) == 1


def test_notebooks_written_for_the_platform_run(
    server: Server, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", server.address)
    environ = SessionSettings(catalogues=(sample,)).to_environ()
    folder = Path(environ["DASK_DATA_PATH_GAIA_DR3_SSD"])
    (tmp_path / "mine.py").write_text("ANSWER = 42\n")
    with Client(os.environ["DASK_SCHEDULER_ADDRESS"], timeout="30s") as client:
        stars = dd.read_parquet(folder / "GDR3_GAIA_SOURCE")
        galactic = dd.read_parquet(folder / "GDR3_GALACTIC_COORDINATES")
        assert stars.count().compute()["ra"] == 482_106
        assert client.compute(stars.to_delayed()[0]).result().shape[1] == 6
        joined = stars.map_partitions(lambda a, b: a.merge(b, on="source_id"), galactic)
        assert len(joined.compute()) == len(galactic)
        assert list(client.run(os.getpid)) == list(client.nthreads())
        client.upload_file(str(tmp_path / "mine.py"))
        assert client.submit(lambda: __import__("mine").ANSWER).result() == 42


def test_a_cluster_that_was_shut_down_starts_again(server: Server) -> None:
    with Client(server.address, timeout="30s") as client:
        first = set(client.run(os.getpid).values())
        client.shutdown()
    with Client(server.address, timeout="30s") as client:
        assert first.isdisjoint(client.run(os.getpid).values())


def test_a_cluster_that_was_killed_starts_again(server: Server) -> None:
    with Client(server.address, timeout="30s") as client:
        first = set(client.run(os.getpid).values())
    scheduler = next(
        p for p in server.processes() if "astroflow_dask_gaia.scheduler" in p.cmdline()
    )
    scheduler.kill()
    wait_for_line(server.log, r"(The Dask cluster ended with code -9)")
    with Client(server.address, timeout="30s") as client:
        assert first.isdisjoint(client.run(os.getpid).values())


def test_nothing_of_dask_is_left_in_the_person_s_folder(server: Server, home: Path) -> None:
    with Client(server.address, timeout="30s") as client:
        client.submit(sum, [1]).result()
    assert list(home.glob("*dask*")) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_cluster_starts_when_used_and_ends_with_the_server(
    sample: Path, tmp_path: Path, number: signal.Signals
) -> None:
    with running_server(sample, tmp_path) as server:
        assert "dask" not in str([process.cmdline() for process in server.processes()])
        with Client(server.address, timeout="30s"):
            processes = server.processes()
        assert len(processes) >= 3
        server.process.send_signal(number)
        _, alive = psutil.wait_procs([server.process, *processes], timeout=PATIENCE)
        assert alive == []


def test_settings_that_are_wrong_are_told_in_the_server_s_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ASTROFLOW_CATALOGUES", raising=False)
    run = subprocess.run(
        [sys.executable, "-m", "astroflow_dask_gaia.scheduler", "0"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=tmp_path,
    )
    assert run.returncode == 1
    assert "No Dask cluster: this session has no ASTROFLOW_CATALOGUES" in run.stderr
    assert "Traceback" not in run.stderr
