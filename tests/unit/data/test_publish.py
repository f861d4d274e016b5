"""Nothing half-made is ever where people look."""

import fcntl
import os
from pathlib import Path

import pytest

from astroflow_core.errors import DataError
from astroflow_data.publish import publish, publish_text


def names(folder: Path) -> list[str]:
    """Return what is in a folder, hidden things too."""
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_appears_whole_at_the_end(tmp_path: Path) -> None:
    with publish(tmp_path / "a") as folder:
        (folder / "file").write_text("1")
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a" / "file").read_text() == "1"
    assert names(tmp_path) == ["a"]


def write_then_fail(target: Path) -> None:
    """Fail between writing and the end."""
    with publish(target) as folder:
        (folder / "file").write_text("1")
        raise ZeroDivisionError


def test_after_a_failure_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        write_then_fail(tmp_path / "a")
    assert names(tmp_path) == []


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".a.1.partial").mkdir()
    (tmp_path / ".a.1.partial" / "file").write_text("half")
    with publish(tmp_path / "a"):
        pass
    assert names(tmp_path) == ["a"]


def test_a_run_that_is_alive_keeps_its_folder(tmp_path: Path) -> None:
    other = tmp_path / ".a.1.partial"
    other.mkdir()
    descriptor = os.open(other, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with publish(tmp_path / "a"):
        pass
    os.close(descriptor)
    assert names(tmp_path) == [".a.1.partial", "a"]


def test_what_is_there_already_stays(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(DataError, match="a exists already"), publish(tmp_path / "a"):
        pass
    assert names(tmp_path) == ["a"]


def test_a_disk_that_refuses_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DataError, match=r"exists.*/file\).*Give --out a folder"):  # noqa: SIM117
        with publish(tmp_path / "file" / "a"):
            pass


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No space left on device"), publish(tmp_path / "a"):
        Path("/dev/full").write_text("x")
    assert names(tmp_path) == []


def test_people_may_read_what_is_published(tmp_path: Path) -> None:
    with publish(tmp_path / "a"):
        pass
    plain = tmp_path / "b"
    plain.mkdir()
    assert (tmp_path / "a").stat().st_mode == plain.stat().st_mode


def test_a_text_is_replaced_whole(tmp_path: Path) -> None:
    publish_text(tmp_path / "a", "old")
    publish_text(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "new"
    assert names(tmp_path) == ["a"]
