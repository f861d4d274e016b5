"""Which databases a catalogue of ours has: two names a release, one a layout.

``gaiadr3`` is the release in hash buckets and ``gaiadr3ssd`` in order of ``source_id``. Where
one layout is missing its name means the other, because notebooks use both.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from astroflow_core.catalogue import (
    CATALOGUE_FILE,
    CatalogueFile,
    DatabaseEntry,
    HashBuckets,
    SourceIdOrder,
)
from astroflow_core.errors import CatalogueError, DataError
from astroflow_core.release import Release
from astroflow_data.publish import publish_text
from astroflow_data.synth.recipe import RECIPE_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from astroflow_core.catalogue import Layout

_KINDS = ("hash_buckets", "source_id_order")


def database_names(release: str) -> dict[str, str]:
    """Return the name of a release's database in each layout."""
    name = release.replace("_", "")
    return dict(zip(_KINDS, (name, f"{name}ssd"), strict=True))


def database_entry(
    root: Path, release: str, wish: str, layouts: Mapping[str, Layout], reference: str = ""
) -> DatabaseEntry:
    """Return the database of ``release`` that has the layout ``wish``, if it was made.

    Parameters
    ----------
    root
        The catalogue's folder; a layout of the release is made where its folder is there.
    layouts
        The layouts by their kinds.
    reference
        How the catalogue names the release where that is not its own name.
    """
    made = {kind for kind in _KINDS if (root / release / kind).is_dir()}
    kind = wish if wish in made else min(made)
    # Notebooks read files in order of source_id by themselves and count on their order.
    is_read = wish == kind == "source_id_order"
    return DatabaseEntry(
        name=database_names(release)[wish],
        release=reference or release,
        path=Path(release, kind),
        layout=layouts[kind],
        variable=f"DASK_DATA_PATH_{release.upper()}_SSD" if is_read else None,
    )


def write_catalogue(root: Path, contents: CatalogueFile) -> None:
    """Write the catalogue's file; a reader finds the old one or the new, whole."""
    dumped = contents.model_dump(mode="json", exclude_none=True)
    publish_text(root / CATALOGUE_FILE, yaml.safe_dump(dumped, sort_keys=False))


class Home:
    """Where tables of a release go, in a catalogue that is there or is to be.

    Parameters
    ----------
    root
        The catalogue's folder.
    release
        The name of a release, or the path of a YAML file that describes one.

    Raises
    ------
    CatalogueError
        When there is no such release, or what describes it or the catalogue is not valid.
    DataError
        When the catalogue is synthetic, or has another release under the names of this one's
        databases.
    """

    def __init__(self, root: Path, release: str) -> None:
        self.root = root
        brought = release.endswith(".yaml")
        self.release = Release.from_file(Path(release)) if brought else Release.named(release)
        self._reference = f"{self.release.name}.yaml" if brought else release
        path = root / CATALOGUE_FILE
        self._contents = CatalogueFile.read(path, CatalogueError) if path.exists() else None
        self._check_names()

    @property
    def _entries(self) -> dict[str, DatabaseEntry]:
        return {e.name: e for e in self._contents.databases} if self._contents else {}

    @property
    def _layouts(self) -> dict[str, Layout]:
        entries = [e for e in self._entries.values() if e.release == self._reference]
        return {entry.layout.kind: entry.layout for entry in entries}

    def _check_names(self) -> None:
        if (self.root / RECIPE_FILE).exists():
            raise DataError(f"{self.root} is a synthetic catalogue; choose another --name")
        for name in database_names(self.release.name).values():
            entry = self._entries.get(name)
            if entry and entry.release != self._reference:
                raise DataError(
                    f"{name} in {self.root} is a database of {entry.release}, not of "
                    f"{self._reference}; choose another --name"
                )

    def layout(self, kind: str, buckets: int | None) -> Layout:
        """Return the layout of that kind, as the release has it here where it does.

        Raises
        ------
        DataError
            When it has another number of ``buckets`` here.
        """
        layout = self._layouts.get(kind)
        if layout is None and kind == "source_id_order":
            return SourceIdOrder()
        if layout is None:
            return HashBuckets() if buckets is None else HashBuckets(buckets=buckets)
        if isinstance(layout, HashBuckets) and buckets not in (None, layout.buckets):
            raise DataError(
                f"--buckets {buckets}: {self.release.name} in {self.root} has {layout.buckets}, "
                f"and tables join by buckets only where these are alike"
            )
        return layout

    def folder(self, kind: str) -> Path:
        """Return the folder of the release's tables in that layout."""
        for entry in self._entries.values():
            if (entry.release, entry.layout.kind) == (self._reference, kind):
                return self.root / entry.path
        return self.root / self.release.name / kind

    def register(self, layout: Layout) -> None:
        """Name the release's databases in the catalogue; others stay as they are."""
        layouts = self._layouts | {layout.kind: layout}
        entries = self._entries
        for kind, name in database_names(self.release.name).items():
            ours = {Path(self.release.name, made) for made in _KINDS}
            if name not in entries or entries[name].path in ours:
                made = database_entry(self.root, self.release.name, kind, layouts, self._reference)
                entries[name] = made
        if self._reference != self.release.name:
            release = self.release.model_dump(mode="json", exclude_defaults=True)
            publish_text(self.root / self._reference, yaml.safe_dump(release, sort_keys=False))
        contents, default = self._contents, database_names(self.release.name)["source_id_order"]
        write_catalogue(
            self.root,
            CatalogueFile(
                title=contents.title if contents else self.release.title,
                default_database=contents.default_database if contents else default,
                databases=tuple(entries.values()),
            ),
        )
