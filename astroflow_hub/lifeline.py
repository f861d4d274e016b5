"""Run a command so that nothing it started outlives it, or outlives us.

    python -m astroflow_hub.lifeline COMMAND …

ends with its parent, hands signals on to the command, and when that ends, ends whatever it
left behind: kernels, Java machines, workers, each of which may have left its process group.
On Linux orphans come back to this process (it is their *subreaper*), so none is lost.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

GRACE = 8  # seconds to end in order, after which it is killed
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent() -> None:
    """Have the kernel send this process a SIGTERM when its parent ends, however it ends."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def supervise(
    command: Sequence[str],
    *,
    started: Callable[[subprocess.Popen[bytes]], None] | None = None,
    **popen: Any,
) -> int:
    """Run ``command`` to its end, end all it left behind, and return its exit code.

    The first signal is handed on; what has not ended `GRACE` seconds later, or at the second
    signal, is killed. ``started`` is called once with the running process.
    """
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    # In a session of its own, so that Ctrl-C reaches it once: from here.
    child = subprocess.Popen(
        command,
        start_new_session=True,
        preexec_fn=end_with_parent,  # noqa: PLW1509 (there is one thread here)
        **popen,
    )
    _hand_on_signals(child)
    try:
        if started is not None:
            started(child)
        _reap_until_it_ends(child)
    finally:
        end_descendants()
    return child.returncode


def _hand_on_signals(child: subprocess.Popen[bytes]) -> None:
    def send(number: int) -> None:
        # Not by Popen: it would bury a child that has just ended, which is waited for below.
        if child.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(child.pid, number)

    def kill(_number: int, _frame: object) -> None:
        send(signal.SIGKILL)

    def hand_on(number: int, _frame: object) -> None:
        send(number)
        signal.alarm(GRACE)
        for name in _SIGNALS:
            signal.signal(name, kill)

    signal.signal(signal.SIGALRM, kill)
    for name in _SIGNALS:
        signal.signal(name, hand_on)


def _reap_until_it_ends(child: subprocess.Popen[bytes]) -> None:
    """Wait for ``child``; meanwhile bury the orphans that end here."""
    while child.returncode is None:
        pid, status = os.wait()
        if pid == child.pid:
            child.returncode = os.waitstatus_to_exitcode(status)


def end_descendants(patience: float = 3) -> None:
    """End every process below this one: asked first, killed after ``patience`` seconds."""
    while descendants := psutil.Process().children(recursive=True):
        for process in descendants:
            _send(process, signal.SIGTERM)
        _, alive = psutil.wait_procs(descendants, timeout=patience)
        for process in alive:
            _send(process, signal.SIGKILL)
        psutil.wait_procs(alive, timeout=patience)


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


if __name__ == "__main__":
    end_with_parent()
    sys.exit(supervise(sys.argv[1:]))
