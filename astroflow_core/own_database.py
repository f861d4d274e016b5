"""A person's own tables: the database ``mine``, a folder in their home or on a project's volume.

Each is a folder of parquet files with a ``_SUCCESS`` beside them. It is written where nobody
looks and renamed into place, which succeeds for one of two kernels that chose the same name; a
table that is there is never written to. So no lock is needed, and no database of databases.
"""

from __future__ import annotations

import errno
import fcntl
import re
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from astroflow_core.catalogue import OWN_DATABASE, AnyOrder, Database, DatabaseEntry, did_you_mean
from astroflow_core.errors import CatalogueError, DataError
from astroflow_core.release import Release, ReleaseTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from astroflow_core.catalogue import Table

HOME_FOLDER = Path("~/astroflow-tables")
SUCCESS = "_SUCCESS"  # what Spark, too, leaves in a folder that it finished
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_FULL = (errno.ENOSPC, errno.EDQUOT)
_FULL_WORDS = ("No space left on device", "Disk quota exceeded")
_EXISTS = (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR)


class OwnDatabase(Database):
    """The tables that are whole when this is made."""

    def __init__(self, path: Path) -> None:
        names = sorted(folder.name for folder in _folders(path) if (folder / SUCCESS).is_file())
        release = Release(
            name=OWN_DATABASE,
            title="Tables of your own",
            reference_epoch=float("nan"),
            acknowledgement="",
            tables=tuple(ReleaseTable(name=name, folder=name) for name in names),
        )
        entry = DatabaseEntry.model_construct(
            name=OWN_DATABASE, release=OWN_DATABASE, path=path, layout=AnyOrder(), variable=None
        )
        super().__init__(entry, path, release)

    def table(self, name: str) -> Table:
        """Return the table called ``name`` (in any case).

        Raises
        ------
        CatalogueError
            When there is none, or only a folder that was not written to its end.
        """
        names = [table.name for table in self.tables]
        if name.lower() in names:
            return super().table(name)
        folder = self.path / name.lower()
        if _NAME.fullmatch(name.lower()) and folder.is_dir():
            raise CatalogueError(
                f"{folder} is no whole table: it has no {SUCCESS}. If you put it there, add an "
                f"empty file of that name; DROP TABLE {OWN_DATABASE}.{name} removes it"
            )
        hint = did_you_mean(name, names) if names else f"; you have none in {self.path}"
        raise CatalogueError(f"no table {name!r} in {OWN_DATABASE}{hint}")

    def versions(self) -> dict[str, tuple[int, int]]:
        """Return of each table what tells it from an earlier one of the same name."""
        found = {}
        for table in self.tables:
            with suppress(FileNotFoundError):  # another kernel may drop it meanwhile
                status = table.folder.stat()
                found[table.name] = (status.st_ino, status.st_mtime_ns)
        return found

    @contextmanager
    def saving(self, name: str) -> Iterator[Path]:
        """Give a path to write the files of a new table to; it is there when the block ends well.

        Nothing stands at the path yet. What a killed kernel left of a table is removed.

        Raises
        ------
        DataError
            When the name cannot be, there is such a table, or the disk refuses (full, say).
        """
        target = self.path / checked_name(name)
        if target.exists():
            raise _there_is(target)
        with disk_errors(target):
            self.path.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(self.path)
            partial = Path(mkdtemp(prefix=f".{target.name}.", suffix=".partial", dir=self.path))
            try:
                with _alive(partial):
                    yield partial / target.name
                    (partial / target.name / SUCCESS).touch()
                    _rename(partial / target.name, target)
            finally:
                shutil.rmtree(partial, ignore_errors=True)

    def drop(self, name: str) -> None:
        """Remove a table, or what is there of one that was not written to its end.

        Raises
        ------
        CatalogueError
            When there is none.
        DataError
            When it cannot be removed.
        """
        folder = self.path / checked_name(name)
        if not folder.is_dir():
            self.table(name)
        with disk_errors(folder):
            partial = Path(mkdtemp(prefix=f".{folder.name}.", suffix=".partial", dir=self.path))
            with _alive(partial):
                folder.rename(partial / folder.name)
                shutil.rmtree(partial)


def checked_name(name: str) -> str:
    """Return the name of a table of one's own, ``x`` or ``mine.x``, without the database.

    >>> checked_name("mine.Red_Giants")
    'red_giants'

    Raises
    ------
    DataError
        When it is of another database, or no name.
    """
    database, _, table = name.lower().rpartition(".")
    if database != OWN_DATABASE and _NAME.fullmatch(database):
        raise DataError(
            f"{name!r} is not yours to make: tables of your own are in {OWN_DATABASE}, such as "
            f"{OWN_DATABASE}.{table}"
        )
    if not _NAME.fullmatch(table):
        raise DataError(
            f"{table!r} is no name for a table: use a letter, then letters, digits and "
            f"underscores, at most 100, such as {OWN_DATABASE}.red_giants"
        )
    return table


@contextmanager
def disk_errors(target: Path) -> Iterator[None]:
    """Turn an `OSError` while writing ``target`` into a `DataError` that tells what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL or tells_of_full_disk(str(error)):
            raise full_disk(target) from error
        raise DataError(
            f"{OWN_DATABASE}.{target.name} could not be written or removed: "
            f"{error.strerror or error} ({error.filename or target.parent})"
        ) from error


def tells_of_full_disk(text: str) -> bool:
    """Whether an error's text, of whatever library, is about a disk or a quota that is full."""
    return any(words in text for words in _FULL_WORDS)


def full_disk(target: Path) -> DataError:
    """Return the error for a table that found no room."""
    return DataError(
        f"no room for {OWN_DATABASE}.{target.name}: the disk of {target.parent} is full. Nothing "
        f"of it was left; remove files or tables (DROP TABLE {OWN_DATABASE}.…) and run it again"
    )


def _there_is(target: Path) -> DataError:
    name = f"{OWN_DATABASE}.{target.name}"
    return DataError(
        f"there is a table {name} already ({target}): choose another name, or remove it first "
        f"with DROP TABLE {name}"
    )


def _folders(path: Path) -> list[Path]:
    try:
        return [folder for folder in path.iterdir() if _NAME.fullmatch(folder.name)]
    except OSError:
        return []  # a session starts all the same; whoever saves a table is told


def _rename(partial: Path, target: Path) -> None:
    try:
        partial.rename(target)
    except OSError as error:
        if error.errno in _EXISTS:
            raise _there_is(target) from error
        raise


@contextmanager
def _alive(folder: Path, wait: int = 0) -> Iterator[None]:
    """Hold a lock in ``folder`` until its writer has ended, however that ends."""
    # A file, because network file systems lock only what is open for writing.
    with (folder / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | wait)
        yield


def _remove_abandoned(path: Path) -> None:
    for folder in path.glob(".*.partial"):
        # Whoever writes there holds the lock, or has just made the folder, or removed it.
        with suppress(OSError), _alive(folder, fcntl.LOCK_NB):
            if any(inside.name != "lock" for inside in folder.iterdir()):
                shutil.rmtree(folder, ignore_errors=True)
