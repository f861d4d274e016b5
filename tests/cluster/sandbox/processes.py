"""Starts, finds, enters and ends the namespace trees.

Nothing remembers a pid: an init is found by its command line, which names the
cluster's folder, so that what a killed start left behind is found as well.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox import network
from sandbox.daemon import Daemon, start_daemon
from sandbox.errors import SandboxError
from sandbox.layout import FOLDER, REPOSITORY, Cluster, Node
from tools.shell import Argument, await_until, run

INIT = "sandbox.init"
WORLD = "world"
NAMESPACES = ("--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc")


def start_world(cluster: Cluster) -> None:
    """Start the world and wait until its network and registry are there."""
    cluster.ready.unlink(missing_ok=True)
    _start_init(cluster, WORLD, ["unshare", "--net", *NAMESPACES])
    await_until(cluster.ready.exists, f"the world (see {cluster.logs}/{WORLD}.log)", 30)


def start_node(cluster: Cluster, node: Node) -> None:
    """Wire a node and start it; called inside the world."""
    network.plug_in(node)
    netns = f"--net=/run/netns/{node.name}"
    _start_init(cluster, node.name, ["nsenter", netns, "unshare", *NAMESPACES])


def kill_node(cluster: Cluster, node: Node) -> None:
    """End a node as a power cut would; called inside the world."""
    kill_inits(cluster, node.name)
    network.unplug(node)


def _start_init(cluster: Cluster, role: str, within: Sequence[str]) -> None:
    argv = [*within, "--", sys.executable, "-m", INIT, str(cluster.state), role]
    paths = {"PYTHONPATH": f"{FOLDER}:{REPOSITORY}", "PYTHONUNBUFFERED": "1"}
    start_daemon(Daemon(role, argv, paths), cluster.logs)


def find_init(cluster: Cluster, role: str = WORLD) -> int | None:
    """Return the pid of the init that plays `role`, or None."""
    ours = [INIT, str(cluster.state), role]
    found = [pid for pid, argv in _processes() if argv[-3:] == ours and argv[1:2] == ["-m"]]
    return found[0] if found else None


def kill_inits(cluster: Cluster, role: str | None = None) -> None:
    """Kill the inits of one role, or all, and wait until they are gone."""

    def ours() -> list[int]:
        wanted = [INIT, str(cluster.state)]
        return [
            pid for pid, argv in _processes() if argv[-3:-1] == wanted and role in (None, argv[-1])
        ]

    def gone() -> bool:
        for pid in ours():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not ours()

    await_until(gone, f"the end of the processes of {cluster.state}", 30)


def enter(cluster: Cluster, *argv: Argument) -> list[Argument]:
    """Return the command that runs `argv` inside the world, in the folder we are in.

    Raises
    ------
    SandboxError
        When the cluster is not up.
    """
    return [
        *_nsenter(cluster),
        "-a",
        "--",
        "env",
        f"--chdir={Path.cwd()}",
        *_environment(cluster),
        *argv,
    ]


def enter_network(cluster: Cluster, *argv: Argument) -> list[Argument]:
    """Return the command that runs `argv` in the world's network, outside in all else."""
    return [*_nsenter(cluster), "--net", "--", *argv]


def kubectl(cluster: Cluster, *arguments: str, stdin: str | None = None) -> str:
    """Run kubectl inside the world and return what it printed."""
    return run(*enter(cluster, "kubectl", *arguments), stdin=stdin)


def _nsenter(cluster: Cluster) -> list[Argument]:
    pid = find_init(cluster)
    if pid is None:
        raise SandboxError("the cluster is not up; start it with `make cluster-up`")
    return ["nsenter", "-t", str(pid)]


def _environment(cluster: Cluster) -> list[str]:
    return [
        f"KUBECONFIG={cluster.kubeconfig}",
        f"PATH={cluster.bin}:{os.environ['PATH']}",
        f"PYTHONPATH={FOLDER}:{REPOSITORY}",
        f"ASTROFLOW_CLUSTER_DIR={cluster.state}",
    ]


def _processes() -> list[tuple[int, list[str]]]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
                found.append((int(entry.name), [os.fsdecode(word) for word in words]))
    return found
