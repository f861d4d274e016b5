"""A person's own tables as a notebook lists and drops them, without any engine. Needs pyarrow."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from astroflow_core.counts import rows_in
from astroflow_core.session import SessionSettings

if TYPE_CHECKING:
    from astroflow_core.catalogue import Table
    from astroflow_core.own_database import OwnDatabase

_MEGABYTE = 1_000_000


class OwnTables(Mapping[str, "Table"]):
    """One's own tables by name; print it to read how large each is and where it stands."""

    def __init__(self, database: OwnDatabase) -> None:
        self._database = database

    def __getitem__(self, name: str) -> Table:
        return self._database.table(name.lower().removeprefix(f"{self._database.name}."))

    def __iter__(self) -> Iterator[str]:
        return (table.full_name for table in self._database.tables)

    def __len__(self) -> int:
        return len(self._database.tables)

    def __repr__(self) -> str:
        lines = [
            f"{table.full_name}: {rows_in(table)} rows, "
            f"{sum(file.stat().st_size for file in table.files) / _MEGABYTE:.1f} MB"
            for table in self._database.tables
        ]
        return "\n".join([*(lines or ["no table of your own"]), f"in {self._database.path}"])


def own_tables() -> OwnTables:
    """Return the tables of your own as they are now.

    Raises
    ------
    SessionError
        When the session has no settings.
    """
    return OwnTables(_database())


def drop_table(name: str) -> None:
    """Remove a table of your own, ``x`` or ``mine.x``, for every engine and notebook.

    Raises
    ------
    CatalogueError
        When there is none.
    DataError
        When the name is not of a table of your own, or the disk refuses.
    """
    _database().drop(name)


def _database() -> OwnDatabase:
    return SessionSettings.from_environ(os.environ).own_database()
