"""Which databases exist here, at which path, in which layout, of which release.

A catalogue is a folder with a ``catalogue.yaml``; it knows what is on disk, never rows.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, field_validator, model_validator

from astroflow_core import hats
from astroflow_core.errors import CatalogueError
from astroflow_core.model import Model
from astroflow_core.release import Release, ReleaseTable

if TYPE_CHECKING:
    from collections.abc import Iterable

CATALOGUE_FILE = "catalogue.yaml"
OWN_DATABASE = "mine"  # a person's own tables, which no catalogue holds


class HashBuckets(Model):
    """Spark's buckets: rows by the hash of the key, sorted by the key inside a bucket.

    Joins on the key need no shuffle; a file is no region of the sky.
    """

    kind: Literal["hash_buckets"] = "hash_buckets"
    buckets: int = Field(default=2048, gt=0)

    def folder_of(self, table: ReleaseTable) -> str:
        """Return the name of the folder that holds ``table``."""
        return table.hash_buckets_folder or table.folder


class SourceIdOrder(Model):
    """Files sorted by ``source_id`` and cut at the same ids in every table."""

    kind: Literal["source_id_order"] = "source_id_order"

    def folder_of(self, table: ReleaseTable) -> str:
        """Return the name of the folder that holds ``table``."""
        return table.folder


class AnyOrder(Model):
    """Files in no order: every search opens all whose rows the footers do not exclude."""

    kind: Literal["any_order"] = "any_order"

    def folder_of(self, table: ReleaseTable) -> str:
        """Return the name of the folder that holds ``table``."""
        return table.folder


class Hats(Model):
    """A HATS catalogue, which LSDB opens: a file a pixel of the position; a folder a table."""

    kind: Literal["hats"] = "hats"

    def folder_of(self, table: ReleaseTable) -> str:
        """Return the name of the folder that holds ``table``."""
        return table.folder


Layout = Annotated[AnyOrder | HashBuckets | Hats | SourceIdOrder, Field(discriminator="kind")]


class DatabaseEntry(Model):
    """A database as ``catalogue.yaml`` names it; ``path`` is relative to that file.

    ``release`` names one that AstroFlow knows, or a YAML file beside ``catalogue.yaml`` where
    the catalogue has tables or columns of its own.
    ``variable`` is the environment variable in which notebooks find the path.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    release: str
    path: Path
    layout: Layout = SourceIdOrder()
    variable: str | None = None

    @field_validator("name")
    @classmethod
    def _is_not_a_person_s(cls, name: str) -> str:
        if name == OWN_DATABASE:
            raise ValueError(f"{name!r} is the database of a person's own tables")
        return name


class CatalogueFile(Model):
    """The contents of a ``catalogue.yaml``."""

    title: str
    default_database: str
    databases: tuple[DatabaseEntry, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_consistent(self) -> CatalogueFile:
        names = [entry.name for entry in self.databases]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"the database {repeated[0]!r} is defined twice")
        if self.default_database not in names:
            raise ValueError(
                f"default_database {self.default_database!r} is none of {', '.join(names)}"
            )
        return self


class Table:
    """A table of a release inside a database: where its files are."""

    def __init__(self, database: Database, definition: ReleaseTable) -> None:
        self.database = database
        self.definition = definition
        self.name = definition.name
        self.key = definition.key
        self.folder = database.path / database.layout.folder_of(definition)

    def __repr__(self) -> str:
        return f"<Table {self.full_name} at {self.folder}>"

    @property
    def full_name(self) -> str:
        """``database.table``, as SQL names it."""
        return f"{self.database.name}.{self.name}"

    @property
    def is_present(self) -> bool:
        """Whether the table's folder is on this machine."""
        return self.folder.is_dir()

    @property
    def data_folder(self) -> Path:
        """The folder below which Spark looks for the files."""
        is_hats = isinstance(self.database.layout, Hats)
        return self.folder / hats.DATASET if is_hats else self.folder

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The table's parquet files by name; by place on the sky in HATS.

        Raises
        ------
        CatalogueError
            When the folder is missing or holds no parquet file.
        """
        if not self.is_present:
            raise CatalogueError(
                f"table {self.full_name} is not here: its folder {self.folder} is missing"
            )
        is_hats = isinstance(self.database.layout, Hats)
        found = hats.pixel_files(self.folder) if is_hats else sorted(self.folder.glob("*.parquet"))
        files = tuple(found)
        if not files:
            raise CatalogueError(
                f"table {self.full_name} is empty: {self.folder} holds no *.parquet file"
            )
        return files


class Database:
    """A named folder of tables that follow one release and one layout."""

    def __init__(self, entry: DatabaseEntry, root: Path, release: Release | None = None) -> None:
        self.name = entry.name
        self.path = root / entry.path
        self.layout = entry.layout
        self.variable = entry.variable
        self.release = release or _release(entry.release, root)

    def __repr__(self) -> str:
        return f"<Database {self.name}: {self.release.title} at {self.path}>"

    @cached_property
    def _defined(self) -> dict[str, Table]:
        return {t.name: Table(self, t) for t in self.release.tables}

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables whose folder is on this machine, in the release's order."""
        return tuple(table for table in self._defined.values() if table.is_present)

    def table(self, name: str) -> Table:
        """Return the table called ``name`` (in any case).

        Raises
        ------
        CatalogueError
            When the release has no such table, or its folder is not on this machine.
        """
        table = self._defined.get(name.lower())
        if table is None:
            raise CatalogueError(
                f"no table {name!r} in {self.name}{did_you_mean(name, self._defined)}"
            )
        if not table.is_present:
            here = ", ".join(t.name for t in self.tables) or "none"
            raise CatalogueError(
                f"table {table.full_name} is not here: its folder {table.folder} is missing. "
                f"Tables of {self.name} that are here: {here}"
            )
        return table


class Catalogue:
    """The databases of one ``catalogue.yaml``."""

    def __init__(self, root: Path, contents: CatalogueFile) -> None:
        self.name = root.name
        self.root = root
        self.title = contents.title
        self.default_database = contents.default_database
        self.databases = tuple(Database(entry, root) for entry in contents.databases)

    def __repr__(self) -> str:
        return f"<Catalogue {self.title} at {self.root}>"

    @classmethod
    def open(cls, root: Path) -> Catalogue:
        """Open the catalogue in the folder ``root``.

        Raises
        ------
        CatalogueError
            When the folder or its ``catalogue.yaml`` is missing or not valid.
        """
        path = root / CATALOGUE_FILE
        if not path.is_file():
            raise CatalogueError(
                f"no catalogue in {root}: {CATALOGUE_FILE} is missing; "
                f"`astroflow data sample` makes one"
            )
        return cls(root, CatalogueFile.read(path, CatalogueError))

    def database(self, name: str) -> Database:
        """Return the database called ``name`` (in any case).

        Raises
        ------
        CatalogueError
            When there is none; the message proposes the nearest name.
        """
        databases = {database.name: database for database in self.databases}
        try:
            return databases[name.lower()]
        except KeyError:
            raise CatalogueError(
                f"no database {name!r} in {self.title}{did_you_mean(name, databases)}"
            ) from None

    def table(self, name: str) -> Table:
        """Return a table by ``table`` (in the default database) or ``database.table``.

        Raises
        ------
        CatalogueError
            When there is no such database or table, or its folder is not here.
        """
        database, _, table = name.rpartition(".")
        return self.database(database or self.default_database).table(table)


def _release(name: str, root: Path) -> Release:
    return Release.from_file(root / name) if name.endswith(".yaml") else Release.named(name)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of an error's sentence: the known name nearest to ``name``, or all of them."""
    known = list(known)
    matches = get_close_matches(name.lower(), known, n=1)
    return f"; did you mean {matches[0]!r}?" if matches else f"; there are {', '.join(known)}"


def chosen_columns(
    table: Table, known: Iterable[str], asked: Iterable[str] | None
) -> tuple[str, ...]:
    """Return the columns asked for, each once; all that are known if None, one if it is a name.

    Raises
    ------
    CatalogueError
        When one of them is not known; the message proposes the nearest name.
    """
    known = tuple(known)
    names = (asked,) if isinstance(asked, str) else tuple(known if asked is None else asked)
    for name in names:
        if name not in known:
            raise CatalogueError(
                f"no column {name!r} in {table.full_name}{did_you_mean(str(name), known)}"
            )
    return tuple(dict.fromkeys(names))
