"""Run contenders in turn, each in a process of its own, and hold their answers together."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path

    from numpy.typing import NDArray

    from benchmarks.data import Dataset

    Query = Callable[[], NDArray[Any]]

_SPAWN = multiprocessing.get_context("spawn")
_END_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Contender:
    """A way to an answer: ``prepare`` starts its engine and returns what is then timed."""

    name: str
    prepare: Callable[[Dataset], Query]


class WrongAnswerError(Exception):
    """Two contenders differ, or one failed: no time of this run means anything."""


class _Lane:
    """A contender at work in its own process, so that no two engines share one."""

    def __init__(self, contender: Contender, dataset: Dataset, log: Path) -> None:
        self.name = contender.name
        self._log = log
        self._connection, theirs = _SPAWN.Pipe()
        arguments = (contender.prepare, dataset, log, theirs)
        self._process = _SPAWN.Process(target=_serve, args=arguments, name=contender.name)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._process.join(_END_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def run(self) -> tuple[float, NDArray[Any]]:
        """Return the seconds and the answer of one run."""
        try:
            self._connection.send("run")
            seconds, answer = self._connection.recv()
        except (EOFError, BrokenPipeError) as error:
            raise WrongAnswerError(f"{self.name} has failed: see {self._log}") from error
        return seconds, answer


def _serve(
    prepare: Callable[[Dataset], Query], dataset: Dataset, log: Path, connection: Connection
) -> None:
    with log.open("ab") as output:  # engines say much, of which nothing belongs to the table
        os.dup2(output.fileno(), sys.stdout.fileno())
        os.dup2(output.fileno(), sys.stderr.fileno())
    query = prepare(dataset)
    while True:
        try:
            connection.recv()
        except EOFError:
            return
        began = time.perf_counter()
        answer = query()
        connection.send((time.perf_counter() - began, answer))


def race(
    contenders: Sequence[Contender], dataset: Dataset, runs: int, log: Path
) -> dict[str, tuple[float, ...]]:
    """Return the seconds of each contender's runs, after one that warms up.

    One run of each follows one of each, so that whatever slows the machine slows all. What
    the engines say goes to ``log``.

    Raises
    ------
    WrongAnswerError
        When any answer of any run differs from the first.
    """
    times: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    with ExitStack() as stack:
        lanes = [stack.enter_context(_Lane(contender, dataset, log)) for contender in contenders]
        expected = lanes[0].run()[1]
        for _ in range(1 + runs):
            for lane in lanes:
                seconds, answer = lane.run()
                if not np.array_equal(answer, expected):
                    raise WrongAnswerError(f"{lane.name} and {lanes[0].name} differ")
                times[lane.name].append(seconds)
    return {name: tuple(seconds[1:]) for name, seconds in times.items()}
