"""`astroflow data …`: what an admin does with catalogues."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from astroflow_core.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from astroflow_data.verify import Subject

DATA_DIR = Path(".astroflow/data")
TABLES = "gaia_source,gaia_source_tmasspsc_best_neighbours"
MOST_ROWS = 10_000_000_000
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")

app = typer.Typer(no_args_is_help=True, help="Make the catalogues a hub offers.")

Out = Annotated[Path, typer.Option(help="The data folder: it holds one folder a catalogue.")]


class LayoutName(StrEnum):
    """The layouts by the names of the command line."""

    source_id_order = "source-id-order"
    hash_buckets = "hash-buckets"


LayoutOption = Annotated[LayoutName, typer.Option(help="How rows lie in files.")]
FilesOption = Annotated[int | None, typer.Option(min=1, help="Files a table in source-id-order.")]
BucketsOption = Annotated[int | None, typer.Option(min=1, help="Buckets a table in hash-buckets.")]


@app.callback()
def data() -> None:
    """Make the catalogues a hub offers."""


@app.command()
def sample(out: Out = DATA_DIR) -> None:
    """Make the sample catalogue: 482,106 real Gaia DR3 sources with G < 10."""
    from astroflow_data.sample import CATALOGUE, make_sample

    existed = (out / CATALOGUE).exists()
    folder = make_sample(out)
    typer.echo(f"The sample is {'already there' if existed else 'made'}: {folder}")


@app.command()
def index(
    catalogue: Annotated[Path, typer.Argument(help="The catalogue's folder.")],
    table: Annotated[
        str, typer.Option(help="database.table, or a table of the default database; all else.")
    ] = "",
) -> None:
    """Make the index of a catalogue's tables, from which counts and regions are answered."""
    from astroflow_core.catalogue import Catalogue
    from astroflow_data.index import write_index

    opened = Catalogue.open(catalogue)
    chosen = [opened.table(table)] if table else [t for d in opened.databases for t in d.tables]
    with _progress() as report:
        # Two databases may share a folder.
        for one in {t.folder.resolve(): t for t in chosen}.values():
            typer.echo(write_index(one.folder, partial(report, one.full_name), one.files))


@app.command()
def ingest(  # noqa: PLR0913 (each is an option of the command)
    inputs: Annotated[list[Path], typer.Argument(help="Files, or folders of them.")],
    *,
    release: Annotated[str, typer.Option(help="Such as gaia_dr3, or the YAML file of one.")],
    table: Annotated[str, typer.Option(help="The table as the release names it.")],
    layout: LayoutOption = LayoutName.source_id_order,
    files: FilesOption = None,
    buckets: BucketsOption = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Files at a time; as many as cores if not given.")
    ] = None,
    out: Out = DATA_DIR,
    name: Annotated[str, typer.Option(help="The catalogue's folder.")] = "",
) -> None:
    """Turn official bulk files (CSV, ECSV, parquet) into a table of a catalogue."""
    from astroflow_data.databases import Home
    from astroflow_data.files import usable_cores
    from astroflow_data.ingest.inputs import find_inputs
    from astroflow_data.ingest.job import Ingest, find_table

    if name:
        _check_name(name)
    home = Home(out / (name or f"{Path(release).stem.replace('_', '-')}-full"), release)
    job = Ingest(
        inputs=find_inputs(inputs),
        release=home.release,
        table=find_table(home.release, table),
        layout=home.layout(layout.name, buckets),
        database=home.folder(layout.name),
        files=files,
        workers=workers or usable_cores(),
    )
    with _progress() as report:
        made = job.run(report)
    home.register(job.layout)
    typer.echo(f"{job.target}: {made.rows} rows in {len(made.files)} files")


@app.command()
def verify(
    path: Annotated[Path, typer.Argument(help="A catalogue's folder, or a table's.")],
    table: Annotated[
        str, typer.Option(help="database.table, or a table of the default database; all else.")
    ] = "",
) -> None:
    """Prove tables against their manifest, schema, order and keys; name the files that are bad."""
    bad = 0
    with _progress() as report:
        for name, one in _subjects(path, table).items():
            verdict = one.verify(partial(report, name))
            for problem in verdict.problems:
                typer.echo(problem)
            bad += len(verdict.problems)
            proof = "" if verdict.has_manifest else "; no manifest, so its bytes are not proved"
            if not verdict.problems:
                typer.echo(f"{name}: {verdict.rows} rows in {verdict.files} files are right{proof}")
    if bad:
        raise DataError(f"{path}: {bad} problem{'s' if bad > 1 else ''}, named above")


@app.command()
def synth(  # noqa: PLR0913 (each is an option of the command)
    *,
    rows: Annotated[int, typer.Option(min=1, max=MOST_ROWS, help="Sources in gaia_source.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same rows.")] = 0,
    tables: Annotated[
        str, typer.Option(help="Tables with commas between, such as gaia_source,gaiaedr3.gedr3dist")
    ] = TABLES,
    columns: Annotated[
        str, typer.Option(help="Columns of gaia_source with commas between; all if not given.")
    ] = "",
    layout: LayoutOption = LayoutName.source_id_order,
    files: FilesOption = None,
    buckets: BucketsOption = None,
    out: Out = DATA_DIR,
    name: Annotated[str, typer.Option(help="The catalogue's folder.")] = "gaia-dr3-synthetic",
) -> None:
    """Make a synthetic catalogue of Gaia-like rows, or add tables and a layout to one."""
    from astroflow_data.synth.catalogue import make_synth
    from astroflow_data.synth.recipe import Recipe

    _check_name(name)
    if not _names(tables):
        raise DataError(f"--tables names no table; give names with commas between: {TABLES}")
    recipe = Recipe.for_rows(rows, seed=seed, files=files, buckets=buckets, columns=_names(columns))
    began = time.monotonic()
    with _progress() as report:
        made = make_synth(out / name, recipe, _names(tables), layout.name, report)
    seconds = time.monotonic() - began
    what = f"{', '.join(made)} in {seconds:.1f} s" if made else "nothing to add, all is there"
    typer.echo(f"{out / name}: {what}")


def _subjects(path: Path, table: str) -> dict[str, Subject]:
    """Return the tables to verify by their names; one that two databases share stands once."""
    from astroflow_core.catalogue import CATALOGUE_FILE, Catalogue
    from astroflow_data.verify import Subject

    if not (path / CATALOGUE_FILE).exists():
        return {str(path): Subject.of_folder(path)}
    opened = Catalogue.open(path)
    chosen = [opened.table(table)] if table else [t for d in opened.databases for t in d.tables]
    if not chosen:
        raise DataError(f"{path} has no table yet")
    tables = {t.folder.resolve(): t for t in reversed(chosen)}
    return {t.full_name: Subject.of_table(t) for t in reversed(tables.values())}


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise DataError(f"--name {name!r}: use small letters, digits, dots, hyphens, underscores")


@app.command()
def export_hats(
    catalogue: Annotated[Path, typer.Argument(help="The catalogue's folder.")],
    target: Annotated[Path, typer.Argument(help="The HATS catalogue's folder, to be made.")],
    table: Annotated[
        str, typer.Option(help="database.table, or a table of the default database.")
    ] = "gaia_source",
    rows: Annotated[int, typer.Option(min=1, help="At most so many rows a file.")] = 500_000,
) -> None:
    """Write a table as a HATS catalogue, which LSDB opens."""
    from astroflow_core.catalogue import Catalogue
    from astroflow_data import hats

    opened = Catalogue.open(catalogue).table(table)
    with _progress() as report:
        made = hats.export_hats(opened, target, rows, partial(report, opened.full_name))
    left = f"; {made.without_position} rows without a position left out"
    typer.echo(
        f"{made.folder}: {made.rows} rows in {made.files} files"
        f"{left if made.without_position else ''}"
    )


@app.command()
def register_hats(
    folder: Annotated[Path, typer.Argument(help="The HATS catalogue's folder.")],
    out: Out = DATA_DIR,
    name: Annotated[str, typer.Option(help="Of catalogue, database and table.")] = "",
) -> None:
    """Offer a HATS catalogue as a table; no row is copied."""
    from astroflow_data import hats

    made = hats.register_hats(folder, out, name)
    typer.echo(f"{made.root}: {made.databases[0].tables[0].full_name}")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar for every table on a terminal, nothing elsewhere."""
    from rich.progress import MofNCompleteColumn, Progress

    with Progress(*Progress.get_default_columns(), MofNCompleteColumn()) as progress:
        progress.disable = not progress.console.is_terminal
        bars = {}

        def report(table: str, written: int, files: int) -> None:
            if table not in bars:
                bars[table] = progress.add_task(table, total=files)
            progress.update(bars[table], completed=written)

        yield report
