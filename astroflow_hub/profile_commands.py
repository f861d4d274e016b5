"""`astroflow profiles …`: what an admin does with profile files."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
import yaml

from astroflow_core.errors import ProfileError
from astroflow_core.profile import Profile
from astroflow_hub.profile_import import import_profiles, read_profile_list
from astroflow_hub.profile_store import ProfilesError, ProfileStore

app = typer.Typer(no_args_is_help=True, help="Check and make the profiles a hub offers.")

_SCHEMA_LINE = "# yaml-language-server: $schema=schema.json\n"


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(help="The folder with the profiles.")],
    data_dir: Annotated[
        Path | None, typer.Option(help="Check, too, that the catalogues are in this folder.")
    ] = None,
) -> None:
    """Check profiles: one line a problem, with its cure; exit code 1 if there is one."""
    try:
        store = ProfileStore.from_dir(folder, data_dir)
    except ProfilesError as error:
        typer.echo(error)
        raise typer.Exit(1) from None
    names = ", ".join(profile.slug for profile in store.profiles)
    typer.echo(f"{folder}: no problem in {len(store.profiles)} profile(s): {names}")


@app.command()
def schema() -> None:
    """Print the JSON schema of a profile file, for editors."""
    typer.echo(schema_text(), nl=False)


def schema_text() -> str:
    """Return the JSON schema of a profile, as ``profiles/schema.json`` holds it."""
    return json.dumps(Profile.model_json_schema(), indent=2) + "\n"


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A file with a KubeSpawner profile_list.")],
    out: Annotated[Path, typer.Option(help="The folder to write the profiles to.")] = Path(
        "profiles"
    ),
    catalogue: Annotated[
        list[str] | None, typer.Option(help="A catalogue of every profile; may be repeated.")
    ] = None,
) -> None:
    """Turn a KubeSpawner profile_list into profile files; names what cannot be carried over."""
    profiles, notes = import_profiles(read_profile_list(file), tuple(catalogue or ["gaia-dr3"]))
    ProfileStore.from_list(profiles)
    for path in _write(profiles, out):
        typer.echo(f"written: {path}")
    for note in notes:
        typer.echo(f"note: {note}")
    typer.echo("note: the list knows no clusters: set spark and dask, else each is 1 core and 1g")


def _write(profiles: list[dict[str, Any]], out: Path) -> list[Path]:
    """Write each profile to a file of its own; none, where one of the files exists."""
    paths = [out / f"{profile['slug']}.yaml" for profile in profiles]
    if existing := [str(path) for path in paths if path.exists()]:
        raise ProfileError(f"{', '.join(existing)}: there already; choose another folder by --out")
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out, prefix=".import-") as folder:
        parts = [Path(folder) / path.name for path in paths]
        for part, profile in zip(parts, profiles, strict=True):
            text = yaml.safe_dump(profile, sort_keys=False, allow_unicode=True)
            part.write_text(_SCHEMA_LINE + text, encoding="utf-8")
        for part, path in zip(parts, paths, strict=True):
            part.replace(path)
    return paths
