"""A lost mount is an error, not an endless wait."""

import os
from pathlib import Path

import pytest

from astroflow_core.errors import CatalogueError
from astroflow_core.mounts import in_time


def test_what_is_read_is_returned(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("b")
    assert in_time((tmp_path / "a").read_text, tmp_path) == "b"


def test_an_error_is_raised_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        in_time((tmp_path / "a").read_text, tmp_path)


def test_no_answer_is_told(tmp_path: Path) -> None:
    lost = tmp_path / "lost"
    os.mkfifo(lost)
    with pytest.raises(CatalogueError, match=f"{tmp_path} does not answer within 0.2 s: its mount"):
        in_time(lost.read_text, tmp_path, 0.2)
    lost.write_text("so that the reader ends")
