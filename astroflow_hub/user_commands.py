"""`astroflow user …`: what an admin does with what persons have in the cluster."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from astroflow_core.errors import AstroFlowError, needing

if TYPE_CHECKING:
    from astroflow_hub.kubernetes.removal import Removal

app = typer.Typer(no_args_is_help=True, help="Remove what persons have in the cluster.")


@app.callback()
def user() -> None:
    """Work on the cluster of KUBECONFIG, or of the pod this runs in."""


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="The user name, as the hub knows it.")],
    *,
    delete_home: Annotated[
        bool, typer.Option("--delete-home", help="Delete the home and all files in it, too.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    hub: Annotated[str, typer.Option(help="The namespace of the hub.")] = "astroflow",
) -> None:
    """Say what there is of a person in the cluster, then delete it; the home stays unless asked."""
    removal = asyncio.run(_plan(name, hub, with_home=delete_home))
    typer.echo("\n".join(removal.lines()))
    if not yes:
        typer.confirm("Delete it?", abort=True)
    asyncio.run(_carry_out(removal))
    typer.echo("Deleted. Their account is in the hub: delete it on its admin page.")


async def _plan(name: str, hub: str, *, with_home: bool) -> Removal:
    with needing("kubernetes"):
        from astroflow_hub.kubernetes.applier import Applier
        from astroflow_hub.kubernetes.connection import connect
        from astroflow_hub.kubernetes.removal import Removal
    async with connect() as api:
        return await Removal.plan(Applier(api), name, hub, with_home=with_home)


async def _carry_out(removal: Removal) -> None:
    from astroflow_hub.kubernetes.applier import Applier
    from astroflow_hub.kubernetes.connection import connect

    async with connect() as api:
        try:
            await removal.carry_out(Applier(api))
        except TimeoutError as error:
            raise AstroFlowError(f"{error}: do it again to go on from here") from error
