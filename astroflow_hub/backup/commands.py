"""`astroflow backup` as the schedule runs it, and as an admin types it."""

from __future__ import annotations

import asyncio
import subprocess
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from astroflow_core.errors import needing
from astroflow_hub.backup.objects import backup_command, list_command, restore_command

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from astroflow_hub.backup.homes import Homes
    from astroflow_hub.backup.objects import Home

    Command = Callable[[Home], Sequence[str]]

app = typer.Typer(help="Save people's homes in an object store, and restore them.")

AT_ONCE = 4  # homes
# Days, weeks and months of which a snapshot of each home is kept.
KEEP = ("--keep-daily=7", "--keep-weekly=5", "--keep-monthly=12")

PersonName = Annotated[str, typer.Argument(help="The user name, or the UUID.")]


@app.command("homes")
def save_homes() -> None:
    """Save every home, then forget old snapshots; the schedule runs this in the cluster."""
    if subprocess.run(["restic", "cat", "config"], capture_output=True, check=False).returncode:
        subprocess.run(["restic", "init"], check=True)
    failed = asyncio.run(_save_all())
    subprocess.run(["restic", "forget", "--group-by=host", "--prune", *KEEP], check=True)
    for error in failed:
        typer.echo(error, err=True)
    raise typer.Exit(bool(failed))


@app.command()
def snapshots(person: PersonName) -> None:
    """List the snapshots of a person's home."""
    typer.echo(asyncio.run(_in_home(person, list_command)))


@app.command()
def restore(
    person: PersonName,
    snapshot: Annotated[str, typer.Option(help="One of `astroflow backup snapshots`.")] = "latest",
    folder: Annotated[
        str, typer.Option(help="Where in the home; '.' writes over what is there.")
    ] = "restored",
) -> None:
    """Write a snapshot of a home into a folder of that home."""

    def command(home: Home) -> Sequence[str]:
        return restore_command(home, snapshot, folder)

    typer.echo(asyncio.run(_in_home(person, command, read_only=False)))


async def _save_all() -> list[str]:
    """Save all homes, a few at once; return what went wrong."""
    gate = asyncio.Semaphore(AT_ONCE)

    async with _homes() as homes:
        image = await homes.image()

        async def save(home: Home) -> None:
            async with gate:
                log = await homes.run(home, image, backup_command(home), read_only=True)
                typer.echo(f"{home.person}: {log.strip().splitlines()[-1]}")

        saved = map(save, await homes.all())
        results = await asyncio.gather(*saved, return_exceptions=True)
    return [str(result) for result in results if result is not None]


async def _in_home(person: str, command: Command, *, read_only: bool = True) -> str:
    async with _homes() as homes:
        home = await homes.of(person)
        image = await homes.image()
        return await homes.run(home, image, command(home), read_only=read_only)


@asynccontextmanager
async def _homes() -> AsyncIterator[Homes]:
    """Give the homes of the cluster of KUBECONFIG, or of the pod this runs in."""
    with needing("kubernetes"):
        from astroflow_hub.backup.homes import Homes
        from astroflow_hub.kubernetes.connection import connect
    async with connect() as api:
        yield Homes(api)
