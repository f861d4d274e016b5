"""The size of a Spark session: what is asked for, and what one machine can give."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from astroflow_core.errors import SessionError
from astroflow_core.model import problems
from astroflow_core.session import ClusterSize, memory_bytes

_MEBIBYTE = 2**20
_GIBIBYTE = 2**30
# The other half is for Python's workers, for what toPandas() brings and for the machine.
_SHARE = 0.5
# Below this a JVM spends its time collecting garbage, and Spark refuses under 471 MiB.
_LEAST = 768 * _MEBIBYTE


def resized(size: ClusterSize, **asked: int | str | None) -> ClusterSize:
    """Return ``size`` with the numbers that are asked for; None keeps what there was.

    Raises
    ------
    SessionError
        When a number is not positive, or a memory is no size.
    """
    changes = {name: value for name, value in asked.items() if value is not None}
    try:
        return ClusterSize.model_validate(size.model_dump() | changes)
    except ValidationError as error:
        raise SessionError(f"no such Spark cluster: {'; '.join(problems(error))}") from error


def fit_to_machine(size: ClusterSize, cores: int, memory: int) -> ClusterSize:
    """Return ``size`` as one pod, with at most ``cores`` and half of ``memory`` (bytes).

    All that is asked for in several pods is given to the one: on one machine Spark runs in
    one JVM.
    """
    asked = size.pods * memory_bytes(size.memory)
    given = max(_LEAST, min(asked, int(memory * _SHARE)))
    return ClusterSize(pods=1, cores=min(size.pods * size.cores, cores), memory=memory_size(given))


def memory_size(size: int) -> str:
    """Return bytes as Spark writes them, in whole gibibytes where nothing much is lost.

    >>> memory_size(7 * 2**30), memory_size(1_000_000_000)
    ('7g', '953m')
    """
    if size >= 4 * _GIBIBYTE or size % _GIBIBYTE == 0:
        return f"{size // _GIBIBYTE}g"
    return f"{size // _MEBIBYTE}m"


def machine_cores() -> int:
    """Return on how many cores this process may run."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def machine_memory(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Return the bytes of memory of this machine, or of the container (cgroup 2) it is in."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = (cgroup / "memory.max").read_text(encoding="ascii").strip()
    except OSError:
        return physical
    return min(physical, int(limit)) if limit.isdigit() else physical
