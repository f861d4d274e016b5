"""The synthetic catalogues that are measured, made once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from astroflow_core.catalogue import Catalogue
from astroflow_core.release import Release
from astroflow_core.session import ClusterSize, SessionSettings
from astroflow_data.synth.catalogue import make_synth
from astroflow_data.synth.recipe import RELEASES, Recipe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
NEIGHBOURS = "gaia_source_tmasspsc_best_neighbours"
_FEW_ROWS = 1000
_MEMORY = "4g"


@dataclass(frozen=True, slots=True)
class Dataset:
    """A catalogue and the environment of a session over it, with every core of this machine."""

    root: Path
    environ: dict[str, str]

    @classmethod
    def of(cls, root: Path, cache_dir: Path) -> Dataset:
        """Describe the catalogue in ``root``."""
        settings = SessionSettings(
            catalogues=(root.resolve(),),
            spark=ClusterSize(pods=1, cores=CORES, memory=_MEMORY),
            dask=ClusterSize(pods=CORES, cores=1, memory=_MEMORY),
            cache_dir=cache_dir.resolve(),
        )
        return cls(root, settings.to_environ())

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of ``gaia_source``."""
        return Catalogue.open(self.root).table("gaia_source").files

    @property
    def folder(self) -> Path:
        """The folder of ``gaia_source``."""
        return self.files[0].parent.resolve()


def large(folder: Path, rows: int, cache_dir: Path) -> Dataset:
    """Return a catalogue of ``gaia_source`` and its 2MASS neighbours, with all their columns."""
    return _made(folder / f"gaia-{rows}", rows, ["gaia_source", NEIGHBOURS], cache_dir)


def wide(folder: Path, cache_dir: Path) -> Dataset:
    """Return a catalogue of every table of every release, with few rows."""
    releases = {database: Release.named(name) for database, name in RELEASES.items()}
    tables = [
        f"{name}.{table.name}" for name, release in releases.items() for table in release.tables
    ]
    return _made(folder / "every-table", _FEW_ROWS, tables, cache_dir)


def _made(root: Path, rows: int, tables: Sequence[str], cache_dir: Path) -> Dataset:
    root.parent.mkdir(parents=True, exist_ok=True)
    make_synth(root, Recipe.for_rows(rows), tables, "source_id_order", _say)
    return Dataset.of(root, cache_dir)


def _say(table: str, written: int, files: int) -> None:
    if written == files:
        print(f"  made {table}: {files} files", flush=True)
