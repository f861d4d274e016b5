"""What a person is told of jobs that run: how much is done, and how long the rest takes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from html import escape
from itertools import pairwise

_MINUTE, _HOUR = 60, 3600
_WINDOW = 30.0  # seconds over which the pace is taken
_LEAST = 2.0  # seconds; of less no pace is told


@dataclass(frozen=True, slots=True)
class Work:
    """What jobs have done of all that is known of them; more may follow.

    ``notes`` tell what else has come about, such as ``"3 of 4 stages"``.
    """

    engine: str
    done: int
    tasks: int
    notes: tuple[str, ...] = ()

    def sentence(self, seconds_left: float | None) -> str:
        """Return the work in one line.

        >>> Work("Spark", 37, 200, ("1 of 3 stages",)).sentence(14.2)
        'Spark: 37 of 200 tasks done, 1 of 3 stages, about 14 s left'
        """
        left = () if seconds_left is None else (f"about {duration(seconds_left)} left",)
        done = f"{self.done:,} of {self.tasks:,} tasks done"
        return f"{self.engine}: {', '.join((done, *self.notes, *left))}"

    def html(self, sentence: str) -> str:
        """Return the line with a bar before it."""
        bar = f'<progress max="{max(1, self.tasks)}" value="{self.done}"></progress>'
        return f"<label>{bar} {escape(sentence)}</label>"


class Pace:
    """Knows from what was done when how long the rest will take."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def seconds_left(self, work: Work, now: float) -> float | None:
        """Note ``work`` at ``now`` seconds; return how long the rest takes, None if unknown.

        >>> pace = Pace()
        >>> pace.seconds_left(Work("Dask", 0, 100), 0.0)
        >>> pace.seconds_left(Work("Dask", 20, 100), 4.0)
        16.0
        """
        if self._seen and work.done < self._seen[-1][1]:
            self._seen.clear()  # what was lost is done again
        self._seen.append((now, work.done))
        while now - self._seen[0][0] > _WINDOW and self._moved_after_first():
            self._seen.popleft()
        began, before = self._seen[0]
        if now - began < _LEAST or work.done in {before, work.tasks}:
            return None
        return (work.tasks - work.done) * (now - began) / (work.done - before)

    def _moved_after_first(self) -> bool:
        """Tell whether something was done within the window alone."""
        return any(a[1] != b[1] for a, b in pairwise(list(self._seen)[1:]))


def duration(seconds: float) -> str:
    """Return seconds as a person says them, in one unit.

    >>> duration(0.4), duration(89), duration(90), duration(7000)
    ('1 s', '89 s', '2 min', '1.9 h')
    """
    if seconds < 1.5 * _MINUTE:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / _MINUTE:.0f} min" if seconds < 1.5 * _HOUR else f"{seconds / _HOUR:.1f} h"
