"""Checks what the machine lacks, before anything is started."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from sandbox.cgroups import hierarchies
from sandbox.errors import SandboxError
from sandbox.layout import Cluster
from tools.images.buildah import cache_folder

# What each Debian package is known by here.
PACKAGES = {
    "buildah": "/usr/bin/buildah",
    "busybox-static": "/bin/busybox",
    "clang-19": "/usr/lib/llvm-19/bin/clang",
    "conntrack": "/usr/sbin/conntrack",
    "containerd": "/usr/bin/containerd",
    "containernetworking-plugins": "/usr/lib/cni/loopback",
    "debootstrap": "/usr/sbin/debootstrap",
    "docker-registry": "/usr/bin/docker-registry",
    "ethtool": "/usr/sbin/ethtool",
    "iproute2": "/usr/bin/ip",
    "iptables": "/usr/sbin/iptables",
    "llvm-19": "/usr/lib/llvm-19/bin/llc",
    "maven": "/usr/bin/mvn",
    "nftables": "/usr/sbin/nft",
    "runc": "/usr/sbin/runc",
    "socat": "/usr/bin/socat",
    "unzip": "/usr/bin/unzip",
}
GO = (1, 26)
DISK = 20  # GiB: programs and their build cache, image layers, two nodes' copies
MEMORY = 8  # GiB


IMAGE_PACKAGES = ("buildah", "debootstrap", "iproute2")
KEYCLOAK_PACKAGES = ("maven", "unzip")


def check(cluster: Cluster, *, external: bool = False) -> None:
    """Check all that a cluster needs of this machine, or images alone for an `external` one.

    Raises
    ------
    SandboxError
        For the first thing that is missing, with the way to get it.
    """
    check_root()
    if external:
        check_packages((*IMAGE_PACKAGES, *KEYCLOAK_PACKAGES))
        return
    check_packages()
    _check_go()
    _check_namespaces()
    _check_cgroups()
    _check_memory()
    for folder in (cluster.state, cache_folder()):
        _check_disk(folder)


def check_root() -> None:
    """Refuse anyone but root, who alone may make namespaces and mounts."""
    if os.geteuid() != 0:
        raise SandboxError(
            "the cluster needs root: run `sudo make …`, or set KUBECONFIG to a cluster of yours"
        )


def missing_packages(needed: Iterable[str] = PACKAGES) -> list[str]:
    """Return the Debian packages of `needed` that are not installed."""
    return [name for name in needed if not Path(PACKAGES[name]).exists()]


def check_packages(needed: Iterable[str] = PACKAGES) -> None:
    """Refuse to go on without a Debian package, naming the line that installs it."""
    missing = missing_packages(needed)
    if missing:
        raise SandboxError(
            "programs are missing; install them with\n"
            f"  apt-get install --no-install-recommends {' '.join(missing)}"
        )


def _check_go() -> None:
    wanted = ".".join(map(str, GO))
    if not shutil.which("go"):
        raise SandboxError(f"there is no Go; install Go {wanted} or later from https://go.dev/dl")
    text = _output("go", "version")
    found = re.search(r"go(\d+)\.(\d+)", text)
    if not found or (int(found[1]), int(found[2])) < GO:
        raise SandboxError(f"{text.strip()} is too old; install Go {wanted} from https://go.dev/dl")


def _check_namespaces() -> None:
    try:
        _output("unshare", "--mount", "--net", "--pid", "--fork", "true")
    except subprocess.CalledProcessError as e:
        raise SandboxError(
            "this root may not make namespaces; run outside a container, or in a privileged one"
        ) from e


def _check_cgroups() -> None:
    tops = hierarchies()
    if not tops or not all(os.access(top, os.W_OK) for top in tops):
        raise SandboxError(
            "/sys/fs/cgroup cannot be written; run outside a container,"
            " or in a privileged one with the host's cgroups"
        )


def _check_memory() -> None:
    gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    if gib < MEMORY:
        raise SandboxError(f"{gib:.1f} GiB of memory are too few: two nodes need {MEMORY} GiB")


def _check_disk(folder: Path) -> None:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    gib = shutil.disk_usage(existing).free / 2**30
    if gib < DISK:
        raise SandboxError(
            f"{existing} has {gib:.1f} GiB free; free {DISK} GiB, or choose another disk with"
            " ASTROFLOW_CLUSTER_DIR and ASTROFLOW_CLUSTER_CACHE"
        )


def _output(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout
