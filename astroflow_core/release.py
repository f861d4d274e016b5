"""What a Gaia release consists of: tables, keys, columns, units. The data is in releases/."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal

from astroflow_core.errors import CatalogueError
from astroflow_core.model import Model

if TYPE_CHECKING:
    from pathlib import Path

ColumnType = Literal[
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "float32",
    "float64",
    "string",
    "date32",
    "timestamp",
]


class Column(Model):
    """A column as ESA's data model documents it; ``type`` is an Arrow type name."""

    name: str
    type: ColumnType
    unit: str = ""
    ucd: str = ""
    description: str = ""

    @property
    def comment(self) -> str:
        """One line for ``DESCRIBE``: what the column holds, then its unit in brackets."""
        return f"{self.description} [{self.unit}]".strip() if self.unit else self.description


class ReleaseTable(Model):
    """A table of a release. ``columns`` is empty where the release file lists none.

    ``unique_key`` is false where several rows may have the same key, as orbits of one source.
    """

    name: str
    key: str = "source_id"
    unique_key: bool = True
    description: str = ""
    folder: str
    hash_buckets_folder: str | None = None
    columns: tuple[Column, ...] = ()


class Release(Model):
    """A Gaia data release (or the sample): ``releases/<name>.yaml``.

    ``reference_epoch`` is a Julian year, barycentric (TCB).
    """

    name: str
    title: str
    reference_epoch: float
    acknowledgement: str
    tables: tuple[ReleaseTable, ...]

    @classmethod
    def named(cls, name: str) -> Release:
        """Return the release of that name.

        Raises
        ------
        CatalogueError
            When there is no such release; the message lists those that exist.
        """
        if name not in release_names():
            raise CatalogueError(
                f"no release {name!r}; the releases are {', '.join(release_names())}"
            )
        return _load(name)

    @classmethod
    def from_file(cls, path: Path) -> Release:
        """Read a release that a catalogue brings along.

        Raises
        ------
        CatalogueError
            Naming the file and each field that is wrong.
        """
        return cls.read(path, CatalogueError)


@cache
def release_names() -> tuple[str, ...]:
    """Return the names of all releases, sorted."""
    folder = resources.files("astroflow_core") / "releases"
    return tuple(sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".yaml")))


@cache
def _load(name: str) -> Release:
    resource = resources.files("astroflow_core") / "releases" / f"{name}.yaml"
    with resources.as_file(resource) as path:
        return Release.from_file(path)
