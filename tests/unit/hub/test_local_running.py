"""What runs below a server on this machine, by its processes."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from astroflow_core.profile import Profile
from astroflow_core.session import ClusterSize, SessionSettings
from astroflow_hub.local_running import running_processes

PROFILE = Profile.model_validate({"slug": "a", "display_name": "A", "catalogues": ["c"]})
SETTINGS = SessionSettings.model_validate(
    {
        "catalogues": ["c"],
        "spark": ClusterSize(pods=1, cores=4),
        "dask": ClusterSize(pods=3, cores=2),
    }
)
SLEEP = "import time; time.sleep(60)"
# A server whose kernel has a cluster: told from others by a word of its command.
SERVER = f"""
import subprocess, sys
command = [sys.executable, "-c", {SLEEP!r}]
below = [subprocess.Popen([*command, word]) for word in sys.argv[1:]]
print("up", flush=True)
below[0].wait()
"""


@pytest.fixture
def server() -> Iterator[int]:
    words = ["org.apache.spark.deploy.SparkSubmit", "astroflow_dask_gaia.scheduler", "other"]
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, *words], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        below = psutil.Process(process.pid).children()
        yield process.pid
        for one in below:
            one.kill()
        process.wait()


def test_the_server_and_its_clusters_are_seen_with_the_cores_they_were_given(server: int) -> None:
    running = running_processes(server, PROFILE, SETTINGS)
    assert [(one.kind, one.cores) for one in running] == [("server", 1), ("spark", 4), ("dask", 6)]
    assert all(0 <= time.time() - one.since.timestamp() < 60 for one in running)


def test_a_profile_that_guarantees_cores_is_counted_with_them(server: int) -> None:
    profile = PROFILE.model_copy(update={"cpu": PROFILE.cpu.model_copy(update={"guarantee": 0.5})})
    assert running_processes(server, profile, SETTINGS)[0].cores == 0.5


def test_a_server_that_has_ended_runs_nothing() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert running_processes(ended.pid, PROFILE, SETTINGS) == []
    assert running_processes(os.getpid(), PROFILE, SETTINGS)[0].kind == "server"
