"""Engines note that they are at work, and the server reads when they last were."""

import os
import time
from pathlib import Path

import pytest

from astroflow_core.busy import FOLDER_VARIABLE, last_busy, tell_busy, tells_busy


def test_a_note_tells_when(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert tells_busy()
    assert last_busy(tmp_path) == 0
    tell_busy("spark")
    assert last_busy(tmp_path) == pytest.approx(time.time(), abs=5)


def test_the_latest_note_counts(tmp_path: Path) -> None:
    for name, when in (("spark-1", 1000), ("dask-2", 3000), ("dask-3", 2000)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (when, when))
    assert last_busy(tmp_path) == 3000


def test_a_note_is_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    tell_busy("dask")
    (note,) = tmp_path.iterdir()
    os.utime(note, (1000, 1000))
    tell_busy("dask")
    assert last_busy(tmp_path) > 1000


@pytest.mark.parametrize("folder", [None, "gone"])
def test_where_nobody_asks_nothing_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str | None
) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    assert not tells_busy()
    if folder:
        monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / folder))
    tell_busy("spark")
    assert list(tmp_path.iterdir()) == []
