"""All that decides the rows of a synthetic catalogue, and where it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from pydantic import Field, ValidationError

from astroflow_core.catalogue import did_you_mean
from astroflow_core.errors import DataError
from astroflow_core.model import Model, problems
from astroflow_core.release import Release, ReleaseTable
from astroflow_data.source_id_order import files_for

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

RECIPE_FILE = "synth.yaml"
RELEASES = {"gaiadr3": "gaia_dr3", "gaiaedr3": "gaia_edr3"}  # by database, best known first


class Recipe(Model):
    """How a synthetic catalogue is made; ``columns`` of ``gaia_source``, none meaning all."""

    rows: int = Field(gt=0)
    seed: int = 0
    files: int = Field(gt=0)
    buckets: int = Field(gt=0)
    columns: tuple[str, ...] = ()

    @classmethod
    def for_rows(cls, rows: int, **chosen: object) -> Recipe:
        """Return a recipe with as many files and buckets as suit ``rows``, unless chosen.

        Raises
        ------
        DataError
            When a choice makes no catalogue.
        """
        parts = files_for(rows)
        given = {name: value for name, value in chosen.items() if value is not None}
        try:
            recipe = cls.model_validate({"rows": rows, "files": parts, "buckets": parts} | given)
        except ValidationError as error:
            raise DataError(f"no such synthetic catalogue: {'; '.join(problems(error))}") from error
        recipe.check_columns()
        return recipe

    @classmethod
    def from_folder(cls, root: Path) -> Recipe:
        """Read the recipe of the catalogue in ``root``.

        Raises
        ------
        DataError
            When what is there was not made by a recipe.
        """
        path = root / RECIPE_FILE
        if not path.exists():
            raise DataError(
                f"{root} is no synthetic catalogue; it was left as it is. Choose another --name"
            )
        return cls.read(path, DataError)

    def to_yaml(self) -> str:
        """Return the contents of the file that `from_folder` reads."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)

    def differences(self, other: Recipe) -> str:
        """Say where ``other`` differs, as options of the command."""
        here, there = other.model_dump(), self.model_dump()
        return "; ".join(
            f"--{name} {_option(here[name])} where there is --{name} {_option(there[name])}"
            for name in here
            if here[name] != there[name]
        )

    def check_columns(self) -> None:
        """Refuse columns that no release's ``gaia_source`` has."""
        known = {column.name for name in RELEASES.values() for column in _gaia_source(name).columns}
        for column in self.columns:
            if column not in known:
                raise DataError(f"no column {column!r} in gaia_source{did_you_mean(column, known)}")

    def release(self, name: str) -> Release:
        """Return a release whose ``gaia_source`` has the key and the chosen columns alone."""
        release = Release.named(name)
        tables = tuple(self._narrowed(t) if t.name == "gaia_source" else t for t in release.tables)
        return release.model_copy(update={"tables": tables})

    def _narrowed(self, table: ReleaseTable) -> ReleaseTable:
        wanted = {table.key, *self.columns} if self.columns else {c.name for c in table.columns}
        columns = tuple(column for column in table.columns if column.name in wanted)
        return table.model_copy(update={"columns": columns})

    def find_tables(self, names: Iterable[str]) -> list[tuple[Release, ReleaseTable]]:
        """Return the tables of these names, each with its release.

        A name is ``table`` or ``database.table``; a bare one means DR3's where it has one.

        Raises
        ------
        DataError
            When there is no such table.
        """
        releases = {database: self.release(name) for database, name in RELEASES.items()}
        known = {
            f"{database}.{table.name}": (release, table)
            for database, release in releases.items()
            for table in release.tables
        }
        return [_find(name.strip().lower(), known) for name in dict.fromkeys(names)]


def _option(value: int | tuple[str, ...]) -> str:
    return ",".join(value) or "''" if isinstance(value, tuple) else str(value)


def _find(
    name: str, known: dict[str, tuple[Release, ReleaseTable]]
) -> tuple[Release, ReleaseTable]:
    full_names = [name, *(f"{database}.{name}" for database in RELEASES)]
    found = next((known[full_name] for full_name in full_names if full_name in known), None)
    if found is None:
        names = known if "." in name else {table.name for _, table in known.values()}
        raise DataError(f"no table {name!r} in a release{did_you_mean(name, names)}")
    return found


def _gaia_source(release: str) -> ReleaseTable:
    return next(t for t in Release.named(release).tables if t.name == "gaia_source")
