"""The cluster's process as its owner holds it: started with a socket, ended by letting go."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# -P: a random.py in the person's folder must not stand in for Python's own.
CLUSTER = (sys.executable, "-P", "-m", "astroflow_dask_gaia.scheduler")
READY = b"ready"


class ClusterProcess:
    """A process that accepts Dask clients at a socket it inherits, and ends with its owner.

    Its standard input is one end of a socket pair. The other end is the owner's alone, so
    that the kernel tells the process when the owner ends, however it ends.
    """

    def __init__(
        self,
        listener: socket.socket,
        command: Sequence[str] = CLUSTER,
        environ: Mapping[str, str] | None = None,
        log: IO[bytes] | None = None,
    ) -> None:
        number = listener.fileno()
        self._lifeline, inherited = socket.socketpair()
        with inherited:
            self._process = subprocess.Popen(
                [*command, str(number)],
                env=environ,
                stdin=inherited.fileno(),
                stdout=log,
                stderr=log,
                pass_fds=[number],
                start_new_session=True,  # Ctrl-C is for the owner
            )

    def becomes_ready(self) -> bool:
        """Wait until every worker is there; return whether that came to be."""
        return self._lifeline.recv(len(READY)) == READY

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the process ends and return its exit code."""
        with self._lifeline:
            return self._process.wait(timeout)

    def end(self, timeout: float) -> None:
        """Let the process end in order, or kill it after ``timeout`` seconds."""
        self._lifeline.close()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
