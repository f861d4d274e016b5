"""Runs other programs: bound to our life, and never silent for long."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

BEAT = 20.0  # seconds; continuous integration wants a line every 30

Argument = str | Path


class ToolError(Exception):
    """What failed, which value, and what to do about it; nothing need be installed to say so."""


class CommandError(ToolError):
    """A program failed, or what it should bring about did not come in time."""


def say(text: str) -> None:
    """Print a line of progress at once."""
    sys.stdout.write(f"==> {text}\n")
    sys.stdout.flush()


@contextlib.contextmanager
def progress(doing: str) -> Iterator[None]:
    """Say what is being done, again every `BEAT` seconds, and how long it took."""
    say(doing)
    began, done = time.monotonic(), threading.Event()

    def beat() -> None:
        while not done.wait(BEAT):
            say(f"still {doing} ({time.monotonic() - began:.0f} s)")

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    say(f"{doing}: {time.monotonic() - began:.1f} s")


def mortal(argv: Sequence[Argument]) -> list[str]:
    """Return `argv` such that the kernel ends the program when we end, where it can: on Linux."""
    if sys.platform != "linux":
        return [*map(str, argv)]
    return ["setpriv", "--pdeathsig", "KILL", "--", *map(str, argv)]


def run(
    *argv: Argument,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    cwd: Path | None = None,
) -> str:
    """Run a program to its end and return what it printed.

    Parameters
    ----------
    env
        Added to our own environment.

    Raises
    ------
    CommandError
        When the program fails; the message carries the end of its output.
    """
    done = subprocess.run(
        mortal(argv),
        env={**os.environ, **(env or {})},
        cwd=cwd,
        input=stdin.encode() if stdin is not None else None,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise CommandError(_failure(argv, done))
    return done.stdout.decode()


def _failure(argv: Sequence[Argument], done: subprocess.CompletedProcess[bytes]) -> str:
    output = (done.stdout + done.stderr).decode(errors="replace").strip()
    tail = "\n".join(output.splitlines()[-15:])
    command = " ".join(map(str, argv))
    return f"`{command}` ended with {done.returncode}:\n{tail}"


def await_until(ready: Callable[[], bool], what: str, timeout: float = 120.0) -> None:
    """Wait until `ready` says yes.

    Raises
    ------
    CommandError
        When `timeout` seconds pass before that.
    """
    deadline = time.monotonic() + timeout
    while not ready():
        if time.monotonic() > deadline:
            raise CommandError(f"{what}: not within {timeout:.0f} s")
        time.sleep(0.1)
