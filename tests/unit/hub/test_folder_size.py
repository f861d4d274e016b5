"""A home's size is what `du` says."""

import subprocess
from pathlib import Path

from astroflow_hub.folder_size import folder_size


def test_it_is_what_du_says_with_links_of_both_kinds(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "big").write_bytes(b"x" * 300_000)
    (tmp_path / "a" / "b" / "same").hardlink_to(tmp_path / "a" / "big")
    (tmp_path / "up").symlink_to(tmp_path)
    (tmp_path / "broken").symlink_to("nothing")
    (tmp_path / "a" / "Größe").write_bytes(b"x" * 5000)
    said = subprocess.run(
        ["du", "-s", "--block-size=1", str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert folder_size(tmp_path, 10) == int(said.stdout.split()[0])


def test_a_file_with_holes_takes_what_it_takes(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(10**9)
    assert (folder_size(tmp_path, 10) or 0) < 10**6


def test_what_cannot_be_counted_in_time_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert folder_size(tmp_path, -1) is None


def test_a_folder_that_is_not_there_takes_nothing(tmp_path: Path) -> None:
    assert folder_size(tmp_path / "nothing", 10) == 0
