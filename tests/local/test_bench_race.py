"""Contenders run in turn in processes of their own, and differing answers stop everything."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.data import Dataset
from benchmarks.race import Contender, WrongAnswerError, race

if TYPE_CHECKING:
    from benchmarks.race import Query

NOTHING = Dataset(Path(), {})


def one(_: Dataset) -> Query:
    return lambda: np.array([1, 2])


def other(_: Dataset) -> Query:
    return lambda: np.array([1, 3])


def failing(_: Dataset) -> Query:
    return lambda: os._exit(1)


def own_process(_: Dataset) -> Query:
    os.environ["ONLY_HERE"] = "yes"
    return lambda: np.array([1, 2])


def test_every_contender_runs_as_often_as_asked(tmp_path: Path) -> None:
    contenders = [Contender("one", one), Contender("own process", own_process)]
    times = race(contenders, NOTHING, runs=3, log=tmp_path / "log")
    assert {name: len(seconds) for name, seconds in times.items()} == {"one": 3, "own process": 3}
    assert "ONLY_HERE" not in os.environ


def test_answers_that_differ_stop_the_race(tmp_path: Path) -> None:
    with pytest.raises(WrongAnswerError, match="other and one differ"):
        race(
            [Contender("one", one), Contender("other", other)],
            NOTHING,
            runs=1,
            log=tmp_path / "log",
        )


def test_a_contender_that_fails_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongAnswerError, match="failing has failed"):
        race(
            [Contender("one", one), Contender("failing", failing)],
            NOTHING,
            runs=1,
            log=tmp_path / "log",
        )
