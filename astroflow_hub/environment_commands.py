"""`astroflow env …`: the environments of one's own packages, for executors and workers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 (read when the program runs)
from typing import Annotated

import typer

from astroflow_core.errors import DataError
from astroflow_core.own_packages import DEFAULT, EnvironmentStore
from astroflow_core.text_table import in_columns

app = typer.Typer(
    no_args_is_help=True, help="Keep packages of one's own for executors and workers."
)

Name = Annotated[str, typer.Argument(help="As `astroflow env list` lists it.")]

_COLUMNS = ("environment", "packages", "size", "Python", "made (UTC)")


@app.command()
def push(
    name: Annotated[str, typer.Argument(help="What to call it.")] = DEFAULT,
    folder: Annotated[
        Path | None, typer.Option("--from", help="As after `pip install --target FOLDER`.")
    ] = None,
) -> None:
    """Keep what `pip install --user` installed as an environment, in place of one before."""
    environment = EnvironmentStore.of_home().pack(name, folder)
    count, size = len(environment.packages), _size(environment.path)
    typer.echo(f"environment {name}: {count} package(s), {size}, in {environment.path}")
    typer.echo(f'a notebook brings it to executors or workers by use_environment("{name}")')


@app.command("list")
def list_() -> None:
    """List the environments that there are."""
    store = EnvironmentStore.of_home()
    rows = [_row(store, name) for name in store.names()]
    typer.echo("\n".join(in_columns([_COLUMNS, *rows])) if rows else "there is no environment")


@app.command()
def show(name: Name) -> None:
    """Print the packages with their versions, as `pip install --requirement` takes them."""
    packages = EnvironmentStore.of_home().find(name).packages
    typer.echo("\n".join(f"{package}=={version}" for package, version in sorted(packages.items())))


@app.command()
def remove(
    names: Annotated[list[str], typer.Argument(help="As `astroflow env list` lists them.")],
) -> None:
    """Remove environments; sessions that use them go on."""
    EnvironmentStore.of_home().remove(names)
    typer.echo(f"removed: {', '.join(names)}")


def _row(store: EnvironmentStore, name: str) -> tuple[str, ...]:
    try:
        found = store.find(name)
        made = datetime.fromtimestamp(found.path.stat().st_mtime, UTC)
    except (DataError, OSError):
        return (name, "broken", "-", "-", "-")
    count, size = str(len(found.packages)), _size(found.path)
    return (name, count, size, found.python, f"{made:%Y-%m-%d %H:%M}")


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 2**20:.1f} MiB"
