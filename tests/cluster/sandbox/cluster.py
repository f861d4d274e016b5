"""Up and down: the order in which a cluster comes to be, and how it goes."""

import contextlib
import fcntl
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from sandbox import addons, cgroups, footprint, preflight
from sandbox.control_plane import make_certificates
from sandbox.errors import SandboxError
from sandbox.layout import NODES, Cluster
from sandbox.processes import enter, find_init, kill_inits, kubectl, start_world
from sandbox.programs import build_programs
from tools.shell import CommandError, await_until, progress, run, say


def up(cluster: Cluster) -> None:
    """Start the cluster unless it runs and answers; what a crash left is removed first.

    Raises
    ------
    ToolError
        When something is missing, or does not come up; nothing is left running.
    """
    preflight.check(cluster)
    with _lock(cluster):
        if is_up(cluster):
            say(f"the cluster is up ({cluster.state})")
            return
        programs = build_programs()
        _remove(cluster)
        try:
            with progress("starting the cluster"):
                _start(cluster, programs)
        except BaseException:
            _stop(cluster)
            say(f"the logs of what failed are in {cluster.logs}")
            raise


def down(cluster: Cluster) -> None:
    """End the cluster and remove all of it; a no-op when there is none."""
    preflight.check_root()
    with _lock(cluster), progress("removing the cluster"):
        _remove(cluster)


def is_up(cluster: Cluster) -> bool:
    """Tell whether the cluster's API answers and its nodes are ready."""
    try:
        kubectl(cluster, "wait", "--for=condition=Ready", "node", "--all", "--timeout=1s")
    except (SandboxError, CommandError):
        return False
    return True


def _start(cluster: Cluster, programs: list[Path]) -> None:
    _link_programs(cluster, programs)
    make_certificates(cluster)
    start_world(cluster)
    for node in NODES:
        run(*enter(cluster, sys.executable, "-m", "sandbox", "start-node", node.name))
    addons.push_images(cluster)
    await_until(lambda: _answers(cluster), f"the API server (see {cluster.logs})")
    addons.install(cluster)
    kubectl(cluster, "wait", "--for=create", *_nodes(), "--timeout=60s")
    kubectl(cluster, "wait", "--for=condition=Ready", *_nodes(), "--timeout=120s")
    addons.await_ready(cluster)


def _nodes() -> list[str]:
    return [f"node/{node.name}" for node in NODES]


def _answers(cluster: Cluster) -> bool:
    if find_init(cluster) is None:
        raise SandboxError(f"the world ended; see {cluster.logs}/world.log")
    with contextlib.suppress(CommandError):
        return kubectl(cluster, "get", "--raw", "/readyz") == "ok"
    return False


def _link_programs(cluster: Cluster, programs: list[Path]) -> None:
    cluster.bin.mkdir(parents=True)
    for folder in programs:
        for program in folder.iterdir():
            (cluster.bin / program.name).symlink_to(program)


def _stop(cluster: Cluster) -> None:
    kill_inits(cluster)
    cgroups.remove(cluster.identity)
    await_until(lambda: not _has_disks(cluster), f"the end of mounts of {cluster.state}", 30)


def _has_disks(cluster: Cluster) -> bool:
    """Tell whether a loop device still holds a disk of a node."""
    return any(disk.startswith(f"{cluster.state}/") for disk in footprint.loop_devices())


def _remove(cluster: Cluster) -> None:
    _stop(cluster)
    if cluster.state.exists():
        shutil.rmtree(cluster.state)


@contextlib.contextmanager
def _lock(cluster: Cluster) -> Iterator[None]:
    """Hold the cluster's lock, which the kernel lets go of when we end."""
    path = cluster.state.with_name(f"{cluster.state.name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            raise SandboxError(f"another command works on {cluster.state}; wait for it") from e
        yield
