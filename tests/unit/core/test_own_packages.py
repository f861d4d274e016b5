"""A person's packages as named files: whole, the same for the same, none left half-written."""

import os
import time
from contextlib import suppress
from pathlib import Path
from zipfile import ZipFile

import pytest

from astroflow_core import own_packages
from astroflow_core.errors import DataError
from astroflow_core.own_packages import EnvironmentStore


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in ("stars/__init__.py", "stars/__pycache__/x.pyc", "My_Stars-1.0.dist-info/METADATA"):
        (tmp_path / "own" / path).parent.mkdir(parents=True)
        (tmp_path / "own" / path).write_text(path)
    return tmp_path / "own"


@pytest.fixture
def store(tmp_path: Path) -> EnvironmentStore:
    return EnvironmentStore(tmp_path / "environments")


def test_all_but_what_python_writes_anew_is_in_it(folder: Path, store: EnvironmentStore) -> None:
    environment = store.pack("mine", folder)
    assert environment.packages == {"my-stars": "1.0"}
    with ZipFile(environment.path) as zipped:
        assert sorted(zipped.namelist()) == ["My_Stars-1.0.dist-info/METADATA", "stars/__init__.py"]
    assert list(store.folder.iterdir()) == [store.folder / "mine.zip"]
    assert environment.checked() == environment.path


def test_what_has_not_changed_is_not_packed_again(folder: Path, store: EnvironmentStore) -> None:
    first = store.pack("mine", folder)
    written = first.path.stat().st_mtime_ns
    assert store.pack("mine", folder) == first
    assert first.path.stat().st_mtime_ns == written


def test_what_changed_has_the_same_name_and_another_archive(
    folder: Path, store: EnvironmentStore
) -> None:
    first = store.pack("mine", folder)
    (folder / "stars/__init__.py").write_text("changed")
    second = store.pack("mine", folder)
    assert second.path == first.path
    assert second.archive != first.archive
    assert {first.archive.rpartition("-")[0], second.archive.rpartition("-")[0]} == {"mine"}


def test_an_environment_stays_as_it_was_when_what_is_installed_moves_on(
    folder: Path, store: EnvironmentStore
) -> None:
    store.pack("paper", folder)
    (folder / "My_Stars-1.0.dist-info").rename(folder / "My_Stars-2.0.dist-info")
    store.pack("next", folder)
    assert store.find("paper").packages == {"my-stars": "1.0"}
    assert store.find("next").packages == {"my-stars": "2.0"}
    assert store.names() == ["next", "paper"]


def test_the_home_s_are_where_the_data_of_programs_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/vera")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    ending = "astroflow/environments"
    assert EnvironmentStore.of_home().folder == Path("/home/vera/.local/share", ending)
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert EnvironmentStore.of_home().folder == Path("/data", ending)


def test_a_folder_without_a_package_is_refused(tmp_path: Path, store: EnvironmentStore) -> None:
    with pytest.raises(DataError, match=f"no package of your own in {tmp_path}: install one"):
        store.pack("mine", tmp_path)


def test_a_link_to_a_package_s_source_is_refused(folder: Path, store: EnvironmentStore) -> None:
    told = folder / "My_Stars-1.0.dist-info" / "direct_url.json"
    told.write_text('{"url": "file:///home/vera/stars", "dir_info": {"editable": true}}')
    with pytest.raises(DataError, match="My_Stars is but a link to its source: install it without"):
        store.pack("mine", folder)


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".hidden", "-x", "a/b", "a b", "å", "a\n", "a" * 65]
)
def test_what_is_no_name_is_refused_with_what_is(
    folder: Path, store: EnvironmentStore, name: str
) -> None:
    with pytest.raises(DataError, match="is no name for an environment: use letters, digits"):
        store.pack(name, folder)
    with pytest.raises(DataError, match="is no name for an environment"):
        store.remove([name])


def test_an_unknown_one_is_told_with_those_that_there_are(
    folder: Path, store: EnvironmentStore
) -> None:
    with pytest.raises(DataError, match=r"'mine' in .*; there is none yet: `astroflow env push`"):
        store.find("mine")
    store.pack("one", folder)
    store.pack("two.x", folder)
    with pytest.raises(DataError, match=r"no environment 'mine' in .*; there is one, two\.x"):
        store.find("mine")


def test_of_several_to_remove_none_is_where_one_is_unknown(
    folder: Path, store: EnvironmentStore
) -> None:
    store.pack("one", folder)
    store.pack("two", folder)
    with pytest.raises(DataError, match="no environment 'tow'"):
        store.remove(["one", "tow"])
    assert store.names() == ["one", "two"]
    store.remove(["one", "two"])
    assert list(store.folder.iterdir()) == []


def test_one_that_is_cut_short_is_told_and_packed_anew_or_removed(
    folder: Path, store: EnvironmentStore
) -> None:
    path = store.pack("mine", folder).path
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(DataError, match=f"broken .{path}: .*: `astroflow env remove mine`"):
        store.find("mine")
    assert store.pack("mine", folder).packages == {"my-stars": "1.0"}
    path.write_text("")
    store.remove(["mine"])
    assert store.names() == []


@pytest.mark.parametrize("place", range(0, 400, 5))
def test_a_damaged_byte_is_told_or_does_no_harm(
    folder: Path, store: EnvironmentStore, place: int
) -> None:
    (folder / "stars/data").write_text("stars " * 99)
    environment = store.pack("mine", folder)
    content = bytearray(environment.path.read_bytes())
    content[place] ^= 0xFF
    environment.path.write_bytes(content)
    with suppress(DataError):
        store.find("mine").checked()


def test_damage_in_a_file_is_told_before_it_is_brought(
    folder: Path, store: EnvironmentStore
) -> None:
    (folder / "stars/data").write_bytes(os.urandom(1000))
    environment = store.pack("mine", folder)
    content = bytearray(environment.path.read_bytes())
    content[content.index(b"stars/data") + 500] ^= 1
    environment.path.write_bytes(content)
    with pytest.raises(DataError, match=r"mine is broken .*: stars/data in it is damaged"):
        store.find("mine").checked()


def test_a_zip_file_of_another_maker_is_none(store: EnvironmentStore) -> None:
    store.folder.mkdir()
    with ZipFile(store.folder / "mine.zip", "w") as zipped:
        zipped.writestr("stars.py", "")
    with pytest.raises(DataError, match="it was not made by `astroflow env push`"):
        store.find("mine")


def test_one_of_another_python_is_not_brought(
    folder: Path, store: EnvironmentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(own_packages, "python_version_tuple", lambda: ("3", "9", "1"))
        store.pack("mine", folder)
    with pytest.raises(DataError, match=r"mine is of Python 3\.9, and this is Python 3\.\d\d, for"):
        store.find("mine").checked()
    assert store.pack("mine", folder).checked()


def test_what_cannot_be_written_is_told_and_leaves_what_was_there(
    folder: Path, store: EnvironmentStore
) -> None:
    before = store.pack("mine", folder)
    (folder / "stars/data").symlink_to("/proc/self/mem")  # a file that cannot be read
    with pytest.raises(DataError, match=r"mine.zip could not be written or removed: .*as it was"):
        store.pack("mine", folder)
    assert store.find("mine") == before
    assert list(store.folder.iterdir()) == [store.folder / "mine.zip"]


def test_what_a_killed_kernel_left_is_removed_and_what_is_being_written_stays(
    folder: Path, store: EnvironmentStore
) -> None:
    store.folder.mkdir()
    for name, age in (("old.part", 4000), ("new.part", 10)):
        (store.folder / name).touch()
        os.utime(store.folder / name, (time.time() - age,) * 2)
    store.pack("mine", folder)
    assert sorted(path.name for path in store.folder.iterdir()) == ["mine.zip", "new.part"]
