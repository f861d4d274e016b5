"""Runs beside the cluster: starts clusters of its own and kills them on purpose."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.footprint import difference, footprint
from sandbox.layout import Cluster
from tools.shell import await_until

SANDBOX = (sys.executable, "-m", "sandbox")


@dataclass(frozen=True)
class Commands:
    """The commands a person types, on one cluster."""

    cluster: Cluster

    def begin(self, command: str) -> subprocess.Popen[bytes]:
        environ = {
            **os.environ,
            "ASTROFLOW_CLUSTER_DIR": str(self.cluster.state),
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        return subprocess.Popen([*SANDBOX, command], env=environ)

    def run(self, command: str) -> None:
        assert self.begin(command).wait() == 0

    def kill(self, command: str, when: str, how: signal.Signals = signal.SIGKILL) -> None:
        """Kill `command` as soon as the file `when` is in the cluster's folder."""
        self.kill_when(command, (self.cluster.state / when).exists, how)

    def kill_when(
        self, command: str, moment: Callable[[], bool], how: signal.Signals = signal.SIGKILL
    ) -> None:
        """Kill `command` as soon as `moment` has come."""
        process = self.begin(command)
        try:
            await_until(moment, f"the moment to kill {command}", 180)
        finally:
            process.send_signal(how)
        assert process.wait() != 0


@pytest.fixture(autouse=True)
def untouched_machine() -> Iterator[None]:
    """Hold the machine to what it was when all clusters of a test are down."""
    before = footprint()
    yield
    assert difference(before, footprint()) == {}


def commands_of(cluster: Cluster) -> Iterator[Commands]:
    commands = Commands(cluster)
    yield commands
    commands.run("down")
    assert not cluster.state.exists()


@pytest.fixture
def commands(tmp_path: Path) -> Iterator[Commands]:
    yield from commands_of(Cluster(tmp_path / "cluster"))


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Commands]:
    yield from commands_of(Cluster(tmp_path / "other"))
