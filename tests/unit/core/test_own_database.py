"""A person's own tables on the disk: whole or not there, whoever writes at the same time."""

import errno
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from astroflow_core.catalogue import Catalogue
from astroflow_core.errors import CatalogueError, DataError
from astroflow_core.own_database import OwnDatabase
from astroflow_core.own_tables import drop_table, own_tables
from astroflow_core.session import SessionSettings

ROWS = pa.table({"source_id": pa.array([1, 2, 3]), "g": [9.0, 8.0, 7.0]})
# A kernel that writes a table and then waits, or dies, in the middle of it.
WRITER = """
import os, sys
from pathlib import Path
from astroflow_core.own_database import OwnDatabase
with OwnDatabase(Path(sys.argv[1])).saving("x") as path:
    path.mkdir()
    (path / "half.parquet").touch()
    print("writing", flush=True)
    sys.stdin.read()
    os._exit(1)
"""


def save(database: OwnDatabase, name: str, rows: pa.Table = ROWS) -> None:
    with database.saving(name) as path:
        path.mkdir()
        pq.write_table(rows, path / "part-00000.parquet")


def fail_while_saving(database: OwnDatabase, error: BaseException) -> None:
    with database.saving("x") as path:
        path.mkdir()
        (path / "half.parquet").touch()
        raise error


def save_while_another_does(database: OwnDatabase, other: OwnDatabase) -> None:
    with database.saving("x") as path:
        path.mkdir()
        save(other, "x")


def read(folder: Path, name: str) -> pa.Table:
    return pq.read_table(OwnDatabase(folder).table(name).files[0])


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home" / "astroflow-tables"


@pytest.fixture
def own(folder: Path) -> OwnDatabase:
    return OwnDatabase(folder)


@pytest.fixture
def session(sample: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTROFLOW_CATALOGUES", f'["{sample}"]')
    monkeypatch.setenv("ASTROFLOW_TABLES_DIR", str(folder))


def test_what_was_saved_is_there_by_name_in_any_case(own: OwnDatabase, folder: Path) -> None:
    save(own, "Mine.Red_Giants")
    assert read(folder, "red_GIANTS").equals(ROWS)
    assert left_in(folder) == ["red_giants"]


def test_looking_makes_no_folder(own: OwnDatabase, folder: Path) -> None:
    assert own.tables == ()
    assert own.versions() == {}
    assert not folder.exists()


@pytest.mark.parametrize("name", ["", "1x", "a-b", "a b", "../x", "x" * 101, "größe", "mine."])
def test_a_name_that_cannot_be_is_refused(own: OwnDatabase, folder: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"is no name for a table: use a letter.*mine\.red_giants"):
        save(own, name)
    assert not folder.exists()


def test_another_database_is_refused(own: OwnDatabase) -> None:
    with pytest.raises(DataError, match=r"'gaiadr3\.x' is not yours to make: .* mine\.x"):
        save(own, "gaiadr3.x")


def test_a_table_that_is_there_stays_as_it_is(own: OwnDatabase, folder: Path) -> None:
    save(own, "x")
    with pytest.raises(DataError, match=r"there is a table mine\.x already .* DROP TABLE mine\.x"):
        save(own, "x", ROWS.slice(1))
    assert read(folder, "x").equals(ROWS)


def test_of_two_kernels_with_one_name_the_first_that_ends_has_it(
    own: OwnDatabase, folder: Path
) -> None:
    with pytest.raises(DataError, match=r"there is a table mine\.x already"):
        save_while_another_does(own, OwnDatabase(folder))
    assert read(folder, "x").equals(ROWS)
    assert left_in(folder) == ["x"]


def test_after_a_failure_nothing_is_left(own: OwnDatabase, folder: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_while_saving(own, ZeroDivisionError())
    assert left_in(folder) == []


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OSError("Error writing bytes to file. Detail: [errno 28] No space left on device"),
    ],
)
def test_a_full_home_is_told_with_what_to_do(
    own: OwnDatabase, folder: Path, error: OSError
) -> None:
    with pytest.raises(DataError, match=r"no room for mine\.x: the disk of .* is full.*DROP TABLE"):
        fail_while_saving(own, error)
    assert left_in(folder) == []


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    with pytest.raises(DataError, match=r"mine\.x could not be written.*Not a directory"):
        save(OwnDatabase(tmp_path / "home" / "tables"), "x")


def test_a_kernel_at_work_is_not_disturbed_and_one_that_died_is_tidied_up(
    own: OwnDatabase, folder: Path
) -> None:
    command = [sys.executable, "-c", WRITER, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"writing\n"
        save(own, "y")
        assert len(list(folder.glob(".x.*.partial"))) == 1
        other.kill()
        other.communicate()
    assert [table.name for table in OwnDatabase(folder).tables] == ["y"]
    save(own, "z")
    assert left_in(folder) == ["y", "z"]


def test_a_dropped_table_is_gone_and_its_name_free(own: OwnDatabase, folder: Path) -> None:
    save(own, "x")
    first = OwnDatabase(folder).versions()
    own.drop("X")
    assert left_in(folder) == []
    save(own, "x", ROWS.slice(1))
    assert read(folder, "x").equals(ROWS.slice(1))
    assert OwnDatabase(folder).versions().keys() == first.keys()


def test_what_is_half_there_is_no_table_and_can_be_dropped(own: OwnDatabase, folder: Path) -> None:
    (folder / "x").mkdir(parents=True)
    pq.write_table(ROWS, folder / "x" / "a.parquet")
    assert OwnDatabase(folder).tables == ()
    with pytest.raises(CatalogueError, match=r"is no whole table: it has no _SUCCESS.*DROP TABLE"):
        own.table("x")
    own.drop("x")
    assert left_in(folder) == []


@pytest.mark.parametrize(("name", "hint"), [("ster", "did you mean 'stars'"), ("q", "there are")])
def test_an_unknown_table_is_told_which_there_are(folder: Path, name: str, hint: str) -> None:
    save(OwnDatabase(folder), "stars")
    with pytest.raises(CatalogueError, match=f"no table '{name}' in mine; {hint}"):
        OwnDatabase(folder).table(name)
    with pytest.raises(CatalogueError, match=f"no table '{name}' in mine"):
        OwnDatabase(folder).drop(name)


def test_where_nothing_is_an_unknown_table_is_told_where_it_would_be(
    own: OwnDatabase, folder: Path
) -> None:
    with pytest.raises(CatalogueError, match=f"you have none in {folder}"):
        own.table("stars")


def test_a_catalogue_cannot_take_the_name(tmp_path: Path) -> None:
    text = "title: T\ndefault_database: mine\ndatabases: [{name: mine, release: x, path: .}]\n"
    (tmp_path / "catalogue.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match="'mine' is the database of a person's own tables"):
        Catalogue.open(tmp_path)


@pytest.mark.usefixtures("session")
def test_a_session_lists_and_drops_them(own: OwnDatabase, folder: Path) -> None:
    assert repr(own_tables()) == f"no table of your own\nin {folder}"
    save(own, "x")
    assert list(own_tables()) == ["mine.x"]
    assert own_tables()["mine.x"].folder == own_tables()["X"].folder == folder / "x"
    assert repr(own_tables()).startswith("mine.x: 3 rows, 0.0 MB\n")
    drop_table("mine.x")
    assert len(own_tables()) == 0


def test_they_are_in_the_home_unless_the_session_says_where(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = SessionSettings(catalogues=(sample,))
    assert settings.own_database().path == tmp_path / "astroflow-tables"
    there = SessionSettings.from_environ({**settings.to_environ(), "ASTROFLOW_TABLES_DIR": "/p"})
    assert there.own_database().path == Path("/p")
    assert SessionSettings.from_environ(there.to_environ()) == there
