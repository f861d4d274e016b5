"""However a hub ends, nothing that it started stays behind."""

import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tools.person import Person
from tools.running_hub import RunningHub, running_hub

pytestmark = pytest.mark.timeout(120)

# Processes that left their group and session, as Java machines and workers do, and one whose
# parent is gone.
STRAYS = """
import subprocess, sys
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
start = f"import subprocess; subprocess.Popen({sleep}, start_new_session=True)"
subprocess.Popen(sleep, start_new_session=True)
subprocess.run([sys.executable, "-c", start])
"""


def processes_of(state: Path) -> list[psutil.Process]:
    """Return the processes that have the hub's folder in their environment."""
    return [process for process in psutil.process_iter() if mentions(process, str(state))]


def mentions(process: psutil.Process, text: str) -> bool:
    try:
        return any(text in value for value in process.environ().values())
    except psutil.Error:
        return False


def hub_process(hub: RunningHub) -> psutil.Process:
    (process,) = psutil.Process(hub.process.pid).children()
    return process


def interrupt(hub: RunningHub) -> None:
    hub.process.send_signal(signal.SIGINT)


def kill(hub: RunningHub) -> None:
    hub.process.kill()  # the hub itself is then sent SIGTERM


def kill_the_hub_itself(hub: RunningHub) -> None:
    hub_process(hub).kill()


@pytest.mark.parametrize("end", [interrupt, kill, kill_the_hub_itself])
def test_nothing_is_left_of_a_hub(
    tmp_path: Path, sample: Path, end: Callable[[RunningHub], None]
) -> None:
    with (
        running_hub(tmp_path, ASTROFLOW_DATA_DIR=str(sample.parent)) as hub,
        Person(hub.url, "hypatia") as person,
    ):
        person.log_in(hub.password)
        person.start("gaia-dr3")
        with person.kernel() as kernel:
            assert kernel.run(STRAYS).error is None
            started = processes_of(tmp_path)
            assert len(started) >= 9  # run, hub, proxy and server (two each), kernel, strays
            end(hub)
            _, alive = psutil.wait_procs(started, timeout=30)
    assert alive == []
    assert processes_of(tmp_path) == []
