"""How often the system ended a process because the memory that is allowed here ran out."""

from __future__ import annotations

from pathlib import Path

# The first that counts is meant: that of this container (cgroup 2), or of the whole machine.
_COUNTERS = (Path("/sys/fs/cgroup/memory.events"), Path("/proc/vmstat"))


def memory_kills(counters: tuple[Path, ...] = _COUNTERS) -> int:
    """Return how many processes were killed so far; 0 where nobody counts them."""
    for path in counters:
        try:
            lines = path.read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        for name, _, count in (line.partition(" ") for line in lines):
            if name == "oom_kill":
                return int(count)
    return 0
