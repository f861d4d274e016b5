"""A kernel's own cluster ends with the kernel, however that ends, and leaves the cell quiet."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from astroflow_core.session import SessionSettings

START = """
from astroflow_dask_gaia import client

print(client.submit(sum, [1, 2]).result(), flush=True)
input()
"""
LOSE_WORKERS = """
import os
from astroflow_dask_gaia import client

try:
    client.submit(os._exit, 1).result()
except Exception as error:
    print(type(error).__name__)
"""
COME_BACK = """
from astroflow_dask_gaia import client

client.restart_workers(list(client.nthreads()), raise_for_error=False)
client.wait_for_workers(1, timeout=60)
print(client.submit(sum, [1, 2]).result())
"""
PATIENCE = 30  # seconds


@pytest.fixture
def environ(sample: Path, tmp_path: Path) -> dict[str, str]:
    size = {"pods": 1, "memory": "1g"}
    settings = SessionSettings(catalogues=(sample,), dask=size, cache_dir=tmp_path / "cache")
    environ = os.environ | settings.to_environ()
    environ.pop("DASK_SCHEDULER_ADDRESS", None)
    return environ


def script(folder: Path, text: str) -> list[str]:
    path = folder / "kernel.py"
    path.write_text(text)
    return [sys.executable, str(path)]


@pytest.mark.parametrize("end", ["exit", signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_kernel(
    tmp_path: Path, environ: dict[str, str], end: str | signal.Signals
) -> None:
    command = script(tmp_path, START)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environ, cwd=tmp_path, text=True, **pipes) as kernel:
        assert kernel.stdout.readline() == "3\n"
        processes = psutil.Process(kernel.pid).children(recursive=True)
        if end == "exit":
            kernel.stdin.write("\n")
            kernel.stdin.flush()
        else:
            kernel.send_signal(end)
        _, alive = psutil.wait_procs(processes, timeout=PATIENCE)
        noise = kernel.stderr.read()
    assert processes
    assert alive == []
    assert noise == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "kernel.py"]


def test_lost_workers_are_an_exception_and_not_a_page_of_log(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    command = script(tmp_path, LOSE_WORKERS)
    run = subprocess.run(
        command, env=environ, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120
    )
    assert (run.stdout, run.stderr) == ("KilledWorker\n", "")


def test_a_lost_worker_comes_back_however_long_its_start_takes(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    command = script(tmp_path, COME_BACK)
    hasty = environ | {"DASK_DISTRIBUTED__DEPLOY__LOST_WORKER_TIMEOUT": "100ms"}
    run = subprocess.run(
        command, env=hasty, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120
    )
    assert (run.stdout, run.stderr) == ("3\n", "")
