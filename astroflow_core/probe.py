"""What a process tells of itself before work begins: its Python, packages, files and scratch.

The text of this module is sent to executors and workers and runs there by itself, so that one
without our packages, or with another Python, can report, too. So it needs Python 3.9 and its
standard library, and nothing else.
"""

from __future__ import annotations

import json
import os
import platform
import re
import select
import shutil
import signal
import site
import socket
import sys
import tempfile
import time

_INFO = ".dist-info"
_MAGIC = b"PAR1"
_TAIL = 8  # bytes: the footer's length and the magic word
_LOOK_EACH = 10  # seconds
# Where Kubernetes reads why a container ended.
_LAST_WORDS = "/dev/termination-log"


def report(paths: list[str], seconds: float) -> dict[str, object]:
    """Return what this process is and has, and what is wrong with each file of ``paths``.

    Within ``seconds``, also where a mount is lost: the fault of such a file is None. Of one
    that can be read it is the empty string.
    """
    scratch = [*os.environ.get("SPARK_LOCAL_DIRS", "").split(","), tempfile.gettempdir()]
    return {
        "pod": os.environ.get("SPARK_EXECUTOR_POD_NAME") or socket.gethostname(),
        "python": platform.python_version(),
        "packages": packages(sys.path),
        "own": packages([site.getusersitepackages()]),
        "user": os.getuid(),
        "scratch": shutil.disk_usage(next(filter(os.path.isdir, scratch))).free,
        "faults": faults(paths, seconds),
    }


def packages(folders: list[str]) -> dict[str, str]:
    """Return the versions of what is installed, by normalized name, as Python would import it."""
    found: dict[str, str] = {}
    for folder in filter(os.path.isdir, folders):
        # Thousands of small files need not be read: the folders' names tell both.
        found = {**versions(sorted(os.listdir(folder))), **found}  # noqa: PTH208
    return found


def versions(entries: list[str]) -> dict[str, str]:
    """Return the versions that a folder's entries tell, by normalized name; the first counts."""
    found: dict[str, str] = {}
    for entry in entries:
        if entry.endswith(_INFO):
            name, _, version = entry[: -len(_INFO)].partition("-")
            found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), version)
    return found


def faults(paths: list[str], seconds: float) -> dict[str, str | None]:
    """Return what is wrong with each file, each looked at by a child.

    Who reads from a mount that is lost sleeps in the kernel, where no signal need reach it.
    """
    children = {path: _begin(path) for path in paths}
    deadline = time.monotonic() + seconds
    return {path: _end(*child, deadline) for path, child in children.items()}


def _begin(path: str) -> tuple[int, int]:
    """Let a child look at ``path``; return its id and where it answers."""
    answer, ours = os.pipe()
    if child := os.fork():
        os.close(ours)
        return child, answer
    # Whoever waits for the end of our output shall not wait for a child that sleeps.
    os.dup2(ours, 1)
    os.dup2(ours, 2)
    os.close(answer)
    os.write(ours, fault(path).encode() or b"\n")
    os._exit(0)


def _end(child: int, answer: int, deadline: float) -> str | None:
    """Return what a child answers before the ``deadline``, None for nothing; end it."""
    ready, _, _ = select.select([answer], [], [], max(0.0, deadline - time.monotonic()))
    text = os.read(answer, 4096).decode().strip() if ready else None
    os.close(answer)
    os.kill(child, signal.SIGKILL)  # nobody waits for it: it may not hear
    return text


def fault(path: str) -> str:
    """Return why ``path`` cannot be read, or the empty string; of parquet the footer is read."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            if not path.endswith(".parquet"):
                return "" if file.read(1) else "it is empty"
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            tail = file.read()
            length = int.from_bytes(tail[:4], "little")
            if tail[4:] != _MAGIC or length + _TAIL > size:
                return "it is not a whole parquet file"
            file.seek(size - _TAIL - length)
            return "" if len(file.read(length)) == length else "it is cut short"
    except OSError as error:
        return error.strerror or str(error)


def guard(engine: int, paths: list[str], seconds: float) -> None:
    """Stay behind, and end the process of the descriptor ``engine`` when it has lost a mount.

    Its tasks would read for ever, and nobody would know why; so others take them, and its pod
    says it. Once may be a storage that is busy: that a file does not answer is seen twice.
    """
    if os.fork():
        return
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # whoever waits for the end of our output shall not wait
        os.dup2(null, stream)
    before: list[str] = []
    while not select.select([engine], [], [], _LOOK_EACH)[0]:
        lost = [path for path, told in faults(paths, seconds).items() if told is None]
        if again := [path for path in lost if path in before]:
            _end_engine(engine, os.path.dirname(again[0]))  # noqa: PTH120
            break
        before = lost
        _bury_children()
    os._exit(0)


def _bury_children() -> None:
    """Let those that have ended go; one that sleeps in the kernel has not."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _end_engine(engine: int, folder: str) -> None:
    if os.path.exists(_LAST_WORDS):  # noqa: PTH110
        with open(_LAST_WORDS, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(f"{folder} does not answer: its mount is lost")
    signal.pidfd_send_signal(engine, signal.SIGKILL)


def main() -> None:
    """Print a report of this process in JSON; where that is asked for, guard its parent."""
    request = json.loads(sys.argv[1])
    # Looked up before the report: an engine that ends meanwhile leaves us another parent.
    engine = os.pidfd_open(os.getppid()) if request.pop("guard", False) else None
    sys.stdout.write(json.dumps(report(**request)) + "\n")
    sys.stdout.flush()
    if engine is not None:
        guard(engine, **request)


if __name__ == "__main__":
    main()
