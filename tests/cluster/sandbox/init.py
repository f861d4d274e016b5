"""The first process of each namespace tree: ``python -m sandbox.init STATE ROLE``.

The role is ``world`` or a node's name. It prepares the namespace, starts what
runs there and stays as its pid 1: killing it ends all of it.
"""

import os
import shutil
import socket
import sys
from pathlib import Path
from typing import NoReturn

from sandbox import cgroups, network
from sandbox.control_plane import control_plane_daemons
from sandbox.daemon import Daemon, supervise
from sandbox.layout import CONTROL_PLANE, NODE_HOME, REGISTRY, Cluster, Node, find_node
from sandbox.node import node_daemons, write_configuration
from tools.shell import run

# Settings of the whole machine that Cilium or the kubelet would change.
MACHINE_SETTINGS = (
    "kernel/unprivileged_bpf_disabled",
    "kernel/timer_migration",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
    "vm/overcommit_memory",
    "vm/panic_on_oom",
)


def run_world(cluster: Cluster) -> NoReturn:
    """Be the world outside: the bridge, the registry, and the parent of the nodes."""
    _mount_tmpfs(Path("/run"))
    network.make_world()
    config = cluster.state / "registry.yaml"
    config.write_text(_registry_config(cluster))
    registry = Daemon("registry", ["docker-registry", "serve", str(config)])
    cluster.ready.touch()
    supervise([registry], cluster.logs)


def run_node(cluster: Cluster, node: Node) -> NoReturn:
    """Be a node, with the control plane on the first one."""
    _mount_node(cluster.home(node))
    socket.sethostname(node.name)
    cgroups.make(cluster.cgroup(node))
    write_configuration(cluster, node)
    daemons = control_plane_daemons(cluster) if node == CONTROL_PLANE else []
    supervise([*daemons, *node_daemons(cluster, node)], cluster.logs / node.name)


def _mount_node(home: Path) -> None:
    """Give the node its own run folder, settings and BPF file system."""
    run("mount", "--make-rshared", "/")
    _mount_tmpfs(Path("/run"))
    for folder in (NODE_HOME, *map(Path, ("/run/cilium", "/run/lock", "/run/settings"))):
        folder.mkdir()
    run("mount", "--bind", home, NODE_HOME)
    for folder in map(Path, ("/var/log/containers", "/var/lib/cni")):
        folder.mkdir(parents=True, exist_ok=True)
        _mount_tmpfs(folder)
    _mount_disk(home / "containerd.disk", NODE_HOME / "containerd")
    run("mount", "-t", "bpf", "bpf", "/sys/fs/bpf")
    for setting in MACHINE_SETTINGS:
        _shield(Path("/proc/sys") / setting)


def _shield(setting: Path) -> None:
    """Mount a copy over a machine-wide setting, for programs that would change it."""
    copy = Path("/run/settings") / setting.name
    copy.write_text(setting.read_text())
    run("mount", "--bind", copy, setting)


def _mount_disk(disk: Path, folder: Path) -> None:
    """Mount a disk of the node's own: images unpack to more files than are soon removed."""
    if not disk.exists():
        made = disk.with_suffix(".part")
        made.touch()
        os.truncate(made, shutil.disk_usage(disk.parent).free // 2)  # sparse
        run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=1,nodiscard", made)
        made.rename(disk)
    folder.mkdir(exist_ok=True)
    run("mount", "-o", "loop,discard", disk, folder)


def _mount_tmpfs(folder: Path) -> None:
    run("mount", "-t", "tmpfs", "tmpfs", folder)


def _registry_config(cluster: Cluster) -> str:
    return f"""\
version: 0.1
log: {{level: warn}}
storage: {{filesystem: {{rootdirectory: {cluster.state}/registry}}}}
http: {{addr: "{REGISTRY}"}}
"""


def main(state: str, role: str) -> NoReturn:
    """Play `role` in the cluster whose folder is `state`."""
    cluster = Cluster(Path(state))
    os.environ["PATH"] = f"{cluster.bin}:{os.environ['PATH']}"
    if role == "world":
        run_world(cluster)
    run_node(cluster, find_node(role))


if __name__ == "__main__":
    main(*sys.argv[1:])
