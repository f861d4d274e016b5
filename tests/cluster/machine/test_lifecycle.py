import os
import signal

import pytest

from machine.conftest import Commands
from sandbox.cluster import is_up
from sandbox.layout import Cluster
from sandbox.processes import find_init, kubectl

MOMENTS = (
    "pki/ca.crt",
    "log/world.log",
    "ready",
    "log/node-1/etcd.log",
    "log/node-2/cilium-agent.log",
)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("moment", MOMENTS)
def test_start_killed_half_way_leaves_nothing_after_down(commands: Commands, moment: str) -> None:
    commands.kill("up", moment)
    commands.run("down")
    assert find_init(commands.cluster) is None


@pytest.mark.timeout(600)
def test_interrupted_start_cleans_up_by_itself(commands: Commands) -> None:
    commands.kill("up", "log/node-1/etcd.log", signal.SIGINT)
    assert find_init(commands.cluster) is None


@pytest.mark.timeout(900)
def test_clusters_live_side_by_side_and_start_again_after_a_crash(
    commands: Commands, other: Commands
) -> None:
    commands.run("up")
    other.run("up")
    _crash(other.cluster)
    assert is_up(commands.cluster)
    other.run("up")
    assert is_up(other.cluster)
    kubectl(other.cluster, "create", "namespace", "theirs")
    other.kill_when("down", lambda: find_init(other.cluster) is None)
    other.run("down")
    assert is_up(commands.cluster)
    assert "theirs" not in kubectl(commands.cluster, "get", "namespaces")
    first = find_init(commands.cluster)
    commands.run("up")
    assert find_init(commands.cluster) == first


def _crash(cluster: Cluster) -> None:
    pid = find_init(cluster)
    assert pid
    os.kill(pid, signal.SIGKILL)
