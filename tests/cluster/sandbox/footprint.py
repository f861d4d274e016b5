"""What a cluster could leave on a machine: compared before and after."""

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from sandbox import cgroups
from sandbox.init import MACHINE_SETTINGS

NAMESPACES = ("pid", "net", "mnt")


def footprint() -> dict[str, list[str]]:
    """Return the mounts, network namespaces, cgroups, loop devices, processes and settings."""
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    names = subprocess.run(["ip", "netns"], check=True, capture_output=True, text=True).stdout
    return {
        "mounts": sorted(line.split(" ", 3)[3] for line in mounts),
        "network namespaces": sorted(names.splitlines()),
        "cgroups": sorted(_cgroups()),
        "loop devices": sorted(loop_devices()),
        "processes in other namespaces": sorted(_foreign_processes()),
        "machine settings": [
            f"{name} {(Path('/proc/sys') / name).read_text().strip()}" for name in MACHINE_SETTINGS
        ],
    }


def difference(
    before: Mapping[str, list[str]], after: Mapping[str, list[str]]
) -> dict[str, list[str]]:
    """Return what came or went, by kind; empty when the two are equal."""
    changed = {kind: sorted(set(before[kind]) ^ set(after[kind])) for kind in before}
    return {kind: lines for kind, lines in changed.items() if lines}


def _cgroups() -> Iterator[str]:
    for top in cgroups.hierarchies():
        yield from (folder for folder, _, _ in os.walk(top))


def loop_devices() -> Iterator[str]:
    """Yield the file behind each loop device."""
    for backing in Path("/sys/block").glob("loop*/loop/backing_file"):
        with contextlib.suppress(OSError):  # it may end while we look
            yield backing.read_text().strip()


def _foreign_processes() -> Iterator[str]:
    ours = _namespaces(Path("/proc/self"))
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                if _namespaces(process) != ours:
                    yield (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue


def _namespaces(process: Path) -> list[str]:
    return [str((process / "ns" / name).readlink()) for name in NAMESPACES]
