"""The databases of a session: those of all its catalogues, under one set of names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING

from astroflow_core.catalogue import OWN_DATABASE, did_you_mean
from astroflow_core.errors import CatalogueError

if TYPE_CHECKING:
    from astroflow_core.catalogue import Database, Table
    from astroflow_core.own_database import OwnDatabase
    from astroflow_core.session import SessionSettings


class Databases(Mapping[str, "Database"]):
    """Databases by name; where two catalogues share a name, the first catalogue's is meant.

    The person's own tables are one of them, which is as its folder is at every access.

    Raises
    ------
    CatalogueError
        When a catalogue is missing or not valid, or the default database is in none.
    """

    def __init__(self, settings: SessionSettings) -> None:
        catalogues = settings.open_catalogues()
        self._by_name: dict[str, Database] = {}
        for database in (d for catalogue in catalogues for d in catalogue.databases):
            self._by_name.setdefault(database.name, database)
        self._own_database = settings.own_database
        self.title = " and ".join(dict.fromkeys(c.title for c in catalogues))
        self.default = self[settings.default_database or catalogues[0].default_database].name

    def __getitem__(self, name: str) -> Database:
        if name.lower() == OWN_DATABASE:
            return self.own
        database = self._by_name.get(name.lower())
        if database is None:
            raise CatalogueError(f"no database {name!r}{did_you_mean(name, self)}")
        return database

    def __iter__(self) -> Iterator[str]:
        yield from self._by_name
        yield OWN_DATABASE

    def __len__(self) -> int:
        return len(self._by_name) + 1

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in list(self)

    @property
    def own(self) -> OwnDatabase:
        """The person's own tables as they are now."""
        return self._own_database()

    @property
    def of_catalogues(self) -> tuple[Database, ...]:
        """The databases that are the same for everyone."""
        return tuple(self._by_name.values())


class Tables(Mapping[str, "Table"]):
    """The tables that are here, by ``database.table``; print it to read what they hold.

    A bare name is of the default database. An item tells where a table is, its key and,
    where the release lists them, its columns with units.
    """

    def __init__(self, databases: Databases) -> None:
        self._databases = databases

    def __getitem__(self, name: str) -> Table:
        database, _, table = name.rpartition(".")
        return self._databases[database or self._databases.default].table(table)

    def __iter__(self) -> Iterator[str]:
        return (table.full_name for table in self._here())

    def __len__(self) -> int:
        return sum(1 for _ in self._here())

    def __contains__(self, name: object) -> bool:
        try:
            return isinstance(name, str) and self[name].is_present
        except CatalogueError:
            return False

    def __repr__(self) -> str:
        rows = [(table.full_name, table.definition.description) for table in self._here()]
        width = max((len(name) for name, _ in rows), default=0)
        lines = [f"{name:{width}}  {description}".rstrip() for name, description in rows]
        return "\n".join([*lines, f"The default database is {self._databases.default}."])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(table.full_name)}</td>"
            f"<td>{escape(table.definition.description)}</td></tr>"
            for table in self._here()
        )
        return (
            f"<table><thead><tr><th>Table</th><th>Description</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
            f"<p>The default database is {escape(self._databases.default)}.</p>"
        )

    def _here(self) -> Iterator[Table]:
        return (table for database in self._databases.values() for table in database.tables)
