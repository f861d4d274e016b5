"""FileWatch: what an admin's files say now, or else what they last said without a problem."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from astroflow_core.errors import AstroFlowError

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable
    from pathlib import Path

Value = TypeVar("Value")
# Of each file: its name, inode, bytes and time of change. Kubernetes swaps whole folders.
_Seen = list[tuple[str, int, int, int]]


class FileWatch(Generic[Value]):
    """Reads files again when one of them has changed.

    A change with a problem is not taken over: what held before stays, and ``problem`` is there
    for the admin, and once in the log. ``what`` is what the log calls the contents.
    """

    def __init__(
        self, read: Callable[[], Value], files: Callable[[], Iterable[Path]], what: str
    ) -> None:
        self._read = read
        self._files = files
        self._what = what
        self._seen: _Seen | None = None
        self._good: Value | None = None
        self.problem: AstroFlowError | None = None

    def now(self, log: logging.Logger | logging.LoggerAdapter[Any]) -> Value:
        """Return what the files say.

        Raises
        ------
        AstroFlowError
            As ``read`` raises it, when there is a problem, and was one ever since.
        """
        seen = _look(self._files())
        if seen != self._seen or self.problem:
            self._take_over(log)
            self._seen = seen
        if self._good is None:
            raise self.problem or AstroFlowError(f"the {self._what} say nothing")
        return self._good

    def _take_over(self, log: logging.Logger | logging.LoggerAdapter[Any]) -> None:
        known = str(self.problem)
        try:
            self._good, self.problem = self._read(), None
        except AstroFlowError as error:
            self.problem = error
            if str(error) != known:
                kept = "are not taken over; those before stay" if self._good else "have problems"
                log.error("The %s %s:\n%s", self._what, kept, error)  # noqa: TRY400 (no trace)


def _look(files: Iterable[Path]) -> _Seen:
    seen = []
    for path in files:
        with suppress(OSError):  # it has just been removed
            status = path.stat()
            seen.append((path.name, status.st_ino, status.st_size, status.st_mtime_ns))
    return seen
