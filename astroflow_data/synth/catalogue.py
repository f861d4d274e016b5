"""Make a synthetic catalogue, or add tables and layouts to one of the same recipe."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import yaml

from astroflow_core.catalogue import (
    CatalogueFile,
    DatabaseEntry,
    HashBuckets,
    Layout,
    SourceIdOrder,
)
from astroflow_core.errors import DataError
from astroflow_data.databases import database_entry, write_catalogue
from astroflow_data.files import NewFile, Origin, write_all
from astroflow_data.hash_buckets import SUCCESS, bucket_files, spill, split
from astroflow_data.publish import disk_errors, publish, publish_text
from astroflow_data.source_id_order import Cuts, range_files, whole_file
from astroflow_data.synth.recipe import RECIPE_FILE, RELEASES, Recipe
from astroflow_data.synth.sky import Sky
from astroflow_data.synth.tables import SourceTable, build_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from astroflow_core.release import Release, ReleaseTable
    from astroflow_data.synth.tables import SmallTable

    Report = Callable[[str, int, int], None]

TITLE = "Gaia DR3 (synthetic)"
_NOTE = "Synthetic rows made by AstroFlow Hub with seed {seed}; not Gaia data"
_KEY_ONLY = "; the key alone, because the release lists no columns of this table"
# In the order in which a session names them: release, the layout it has where both are made.
_DATABASES = (
    ("gaia_dr3", "hash_buckets"),
    ("gaia_dr3", "source_id_order"),
    ("gaia_edr3", "source_id_order"),
    ("gaia_edr3", "hash_buckets"),
)


def make_synth(
    root: Path, recipe: Recipe, tables: Iterable[str], layout: str, report: Report
) -> list[str]:
    """Make the tables of those names in the catalogue ``root``; return the names of new ones.

    Parameters
    ----------
    root
        The catalogue's folder. Where it is there already, tables that it lacks are added.
    recipe
        What decides the rows; must be that of a catalogue which is there.
    tables
        Names as `Recipe.find_tables` takes them.
    layout
        ``source_id_order`` or ``hash_buckets``.
    report
        Called with a table's name, its files written so far and its files in all.

    Raises
    ------
    DataError
        For an unknown name, another catalogue at ``root`` or a disk that refuses. A catalogue
        is published whole, and so is every table that is added to one.
    """
    chosen = recipe.find_tables(tables)
    if not root.exists():
        with publish(root) as folder:
            return _Writer(folder, recipe, layout, report).write(chosen)
    if difference := Recipe.from_folder(root).differences(recipe):
        raise DataError(
            f"{root} was made with other options: {difference}. "
            f"Give the same ones to add to it, or choose another --name"
        )
    return _Writer(root, recipe, layout, report).write(chosen)


class _Writer:
    """Writes tables of one layout into a catalogue's folder."""

    def __init__(self, root: Path, recipe: Recipe, layout: str, report: Report) -> None:
        self.root = root
        self.recipe = recipe
        self.layout = layout_of(layout, recipe)
        self.report = report
        self.sky = Sky(recipe.rows, recipe.seed)

    @cached_property
    def cuts(self) -> Cuts:
        """Where every table is cut into files."""
        return Cuts.from_counts(self.sky.counts, self.recipe.files)

    def write(self, tables: Iterable[tuple[Release, ReleaseTable]]) -> list[str]:
        """Write the tables that are not there yet; return their names."""
        made = [table.name for release, table in tables if self._write_table(release, table)]
        with disk_errors(self.root):
            for release in RELEASES.values():
                (self.root / release / self.layout.kind).mkdir(parents=True, exist_ok=True)
            self._write_catalogue()
        return made

    def _write_table(self, release: Release, definition: ReleaseTable) -> bool:
        database = self.root / release.name / self.layout.kind
        target = database / self.layout.folder_of(definition)
        if target.exists():
            return False
        with publish(target) as folder, TemporaryDirectory(dir=folder, prefix=".") as scratch:
            table = build_table(release, definition, self.sky)
            files = self._files(folder, table, self._origin(release, definition), Path(scratch))
            for written, _ in enumerate(write_all(files), start=1):
                self.report(definition.name, written, len(files))
        return True

    def _origin(self, release: Release, table: ReleaseTable) -> Origin:
        columns = "" if table.columns else _KEY_ONLY
        return Origin(release, "synthetic", _NOTE.format(seed=self.recipe.seed) + columns)

    def _files(
        self, folder: Path, table: SourceTable | SmallTable, origin: Origin, scratch: Path
    ) -> list[NewFile]:
        definition = table.definition
        if isinstance(self.layout, HashBuckets):
            (folder / SUCCESS).touch()
            if isinstance(table, SourceTable):
                keys = spill(table.ids(), self.layout.buckets, scratch)
                return bucket_files(folder, definition, origin, keys, table.rows_of)
            positions = split(table.keys, self.layout.buckets)
            return bucket_files(folder, definition, origin, positions, table.rows.take)
        if isinstance(table, SourceTable):
            return range_files(folder, definition, origin, self.cuts, table.rows_between)
        return [whole_file(folder, definition, origin, lambda: [table.rows])]

    def _write_catalogue(self) -> None:
        for name in RELEASES.values() if self.recipe.columns else ():
            release = self.recipe.release(name).model_dump(mode="json", exclude_defaults=True)
            publish_text(self.root / f"{name}.yaml", yaml.safe_dump(release, sort_keys=False))
        publish_text(self.root / RECIPE_FILE, self.recipe.to_yaml())
        write_catalogue(
            self.root,
            CatalogueFile(
                title=TITLE,
                default_database="gaiadr3ssd",
                databases=tuple(self._entry(*database) for database in _DATABASES),
            ),
        )

    def _entry(self, release: str, wish: str) -> DatabaseEntry:
        layouts = {kind: layout_of(kind, self.recipe) for _, kind in _DATABASES}
        reference = f"{release}.yaml" if self.recipe.columns else release
        return database_entry(self.root, release, wish, layouts, reference)


def layout_of(kind: str, recipe: Recipe) -> Layout:
    """Return the layout called ``kind`` as ``recipe`` sizes it."""
    return HashBuckets(buckets=recipe.buckets) if kind == "hash_buckets" else SourceIdOrder()
