"""A person's packages as one file: whole, the same for the same, and none left half-written."""

from pathlib import Path
from zipfile import ZipFile

import pytest

from astroflow_core.errors import DataError
from astroflow_core.own_packages import pack_packages


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in ("stars/__init__.py", "stars/__pycache__/x.pyc", "stars-1.0.dist-info/METADATA"):
        (tmp_path / "own" / path).parent.mkdir(parents=True)
        (tmp_path / "own" / path).write_text(path)
    return tmp_path / "own"


def test_all_but_what_python_writes_anew_is_in_it(folder: Path, tmp_path: Path) -> None:
    archive = pack_packages(folder, tmp_path)
    assert sorted(ZipFile(archive).namelist()) == [
        "stars-1.0.dist-info/METADATA",
        "stars/__init__.py",
    ]
    assert list(archive.parent.iterdir()) == [archive]


def test_what_has_not_changed_is_not_packed_again(folder: Path, tmp_path: Path) -> None:
    first = pack_packages(folder, tmp_path)
    written = first.stat().st_mtime_ns
    assert pack_packages(folder, tmp_path) == first
    assert first.stat().st_mtime_ns == written


def test_of_those_that_changed_three_are_kept(folder: Path, tmp_path: Path) -> None:
    archives = []
    for size in range(5):
        (folder / "stars/__init__.py").write_text("x" * size)
        archives.append(pack_packages(folder, tmp_path))
    assert set(archives[-1].parent.iterdir()) == set(archives[-3:])


def test_a_folder_without_a_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"no package of your own in {tmp_path}: install one"):
        pack_packages(tmp_path, tmp_path)
