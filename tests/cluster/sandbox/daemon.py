"""Programs that run until their namespace ends, and the pid 1 that keeps them."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

RESTART_PAUSE = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Daemon:
    """A program, its arguments, and what it needs in its environment."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)


def start_daemon(daemon: Daemon, logs: Path) -> int:
    """Start `daemon` in a session of its own, appending to its log; return its pid."""
    logs.mkdir(parents=True, exist_ok=True)
    flags = os.O_CREAT | os.O_APPEND | os.O_WRONLY
    return os.posix_spawnp(
        daemon.argv[0],
        list(daemon.argv),
        {**os.environ, **daemon.env},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, logs / f"{daemon.name}.log", flags, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


def supervise(daemons: Sequence[Daemon], logs: Path) -> NoReturn:
    """Keep `daemons` running and reap every orphan, as a pid 1 must."""
    running = {start_daemon(daemon, logs): daemon for daemon in daemons}
    while True:
        pid, _ = os.wait()
        ended = running.pop(pid, None)
        if ended:
            time.sleep(RESTART_PAUSE)
            running[start_daemon(ended, logs)] = ended
