"""The cell of a notebook that runs: what is said in it while it waits for jobs, and at its end.

Only a notebook's kernel has cells: in a script, a terminal or a worker nothing is watched.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from contextvars import copy_context
from itertools import count
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from astroflow_core.progress import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from astroflow_core.progress import Work

SHOW_AFTER = 1.0  # seconds; what is done before needs no progress
_LOOK_EACH = 0.5  # seconds
_LOSSES_EACH = 4  # looks
# An output cannot be taken back. This one shows nothing, in documents made of notebooks, too.
_NOTHING = {"text/plain": "", "text/html": ""}


class Engine(Protocol):
    """What is watched while a cell runs; called in a thread of its own."""

    @property
    def is_over(self) -> bool:
        """Whether it has ended for good, in order."""

    def follow(self) -> AbstractContextManager[Callable[[], Work | None]]:
        """Follow its jobs, for one cell: the function returns what runs now, None for nothing."""

    def losses(self, error: BaseException | None) -> Sequence[str]:
        """Return a sentence for each part of it that was lost since the last call.

        ``error`` is what the cell failed with, once it has.
        """


def watch(engine: Callable[[], Engine]) -> None:
    """Show in each cell that runs, from this one on, what an engine does and what it loses.

    ``engine`` is called once, and not where there are no cells.
    """
    if shell := _shell_of_a_kernel():
        _Watch(shell, engine()).begin()


def _shell_of_a_kernel() -> Any:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell if getattr(shell, "kernel", None) is not None else None


class _Watch:
    """Follows one engine from cell to cell."""

    def __init__(self, shell: Any, engine: Engine) -> None:
        self._shell = shell
        self._engine = engine
        self._cell: _Cell | None = None

    def begin(self) -> None:
        self._shell.events.register("pre_run_cell", self._enter)
        self._shell.events.register("post_run_cell", self._leave)
        self._cell = _Cell(self._engine)

    def _enter(self, _info: Any) -> None:
        if self._engine.is_over:
            self._shell.events.unregister("pre_run_cell", self._enter)
            self._shell.events.unregister("post_run_cell", self._leave)
        else:
            self._cell = _Cell(self._engine)

    def _leave(self, result: Any) -> None:
        cell, self._cell = self._cell, None
        if cell is not None:
            cell.end(result.error_in_exec)


class _Cell:
    """One run of a cell: a line that is changed while it runs, and removed when it ends."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._ended = Event()
        self._line = _Line()
        # The context tells the kernel to which cell belongs what this thread shows.
        run = copy_context().run
        Thread(target=run, args=(self._watch,), name="astroflow-cell", daemon=True).start()

    def end(self, error: BaseException | None) -> None:
        """Remove the line, and say what was lost if that may have had to do with the cell."""
        self._ended.set()
        if self._line.close() or error is not None:
            with suppress(Exception):  # as in `_watch`
                self._say_losses(error)

    def _watch(self) -> None:
        if self._ended.wait(SHOW_AFTER):
            return
        try:
            self._follow()
        except Exception:  # noqa: BLE001 (whatever an engine raises that ends meanwhile)
            return

    def _follow(self) -> None:
        pace = Pace()
        with self._engine.follow() as look:
            for number in count(1):
                if self._ended.wait(_LOOK_EACH):
                    return
                if work := look():
                    self._line.show(work, pace.seconds_left(work, time.monotonic()))
                if number % _LOSSES_EACH == 0:
                    self._say_losses(None)

    def _say_losses(self, error: BaseException | None) -> None:
        for sentence in self._engine.losses(error):
            print(sentence, flush=True)  # noqa: T201


class _Line:
    """A line among the outputs of a cell, shown once there is something to show."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._id = uuid4().hex
        self._shown = ""
        self._closed = False

    def show(self, work: Work, seconds_left: float | None) -> None:
        """Show the line, or change it."""
        sentence = work.sentence(seconds_left)
        with self._lock:
            if not self._closed and sentence != self._shown:
                self._publish({"text/plain": sentence, "text/html": work.html(sentence)})
                self._shown = sentence

    def close(self) -> bool:
        """Remove the line for good; return whether there was one."""
        with self._lock:
            if self._shown:
                self._publish(_NOTHING)
            self._closed = True
            return bool(self._shown)

    def _publish(self, data: dict[str, str]) -> None:
        from IPython.display import publish_display_data

        is_there = bool(self._shown)
        publish_display_data(data, transient={"display_id": self._id}, update=is_there)  # type: ignore[no-untyped-call]
