"""What this machine has, and the cluster that fits on it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from astroflow_core.session import ClusterSize, memory_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEBIBYTE = 2**20
_GIBIBYTE = 2**30


@dataclass(frozen=True, slots=True)
class Machine:
    """Cores and bytes of memory that this process may use."""

    cores: int
    memory: int

    @classmethod
    def this(cls, cgroup: Path = Path("/sys/fs/cgroup")) -> Machine:
        """Return this machine, or the share of it that a container is held to."""
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return cls(
            cores=max(1, int(min([_usable_cores(), *_cpu_quota(cgroup)]))),
            memory=min([physical, *_memory_limit(cgroup)]),
        )


def fit(wanted: ClusterSize, machine: Machine, pods: int, share: float) -> ClusterSize:
    """Return ``wanted`` cut down to one machine, in at most ``pods`` processes.

    All that is wanted in several pods is given, as far as the machine has the cores and
    ``share`` of its memory is enough; both are divided equally among the processes.
    """
    cores = min(wanted.pods * wanted.cores, machine.cores)
    memory = min(wanted.pods * memory_bytes(wanted.memory), int(machine.memory * share))
    pods = min(pods, wanted.pods, cores)
    return ClusterSize(pods=pods, cores=cores // pods, memory=memory_size(memory // pods))


def memory_size(size: int) -> str:
    """Return bytes as Spark writes them, rounded down to whole gibibytes or mebibytes.

    >>> memory_size(7 * 2**30), memory_size(1_000_000_000)
    ('7g', '953m')
    """
    if size >= 4 * _GIBIBYTE or (size >= _GIBIBYTE and size % _GIBIBYTE == 0):
        return f"{size // _GIBIBYTE}g"
    return f"{max(1, size // _MEBIBYTE)}m"


def _usable_cores() -> int:
    # Not every system tells to which cores a process is held.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_quota(cgroup: Path) -> Iterator[float]:
    """Yield the cores that the container may use, as cgroup 2 or 1 tells them."""
    older = [_first_line(cgroup / "cpu" / f"cpu.cfs_{part}_us") for part in ("quota", "period")]
    for limit in (_first_line(cgroup / "cpu.max"), " ".join(older)):
        quota, _, period = limit.partition(" ")
        if quota.isdigit() and period.isdigit():
            yield int(quota) / int(period)


def _memory_limit(cgroup: Path) -> Iterator[int]:
    for file in ("memory.max", "memory/memory.limit_in_bytes"):
        limit = _first_line(cgroup / file)
        if limit.isdigit():
            yield int(limit)


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
