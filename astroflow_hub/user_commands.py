"""`astroflow user …`: what an admin does with what persons have in the cluster."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from astroflow_core.errors import AstroFlowError, MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from astroflow_hub.kubernetes.applier import Applier
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
    async with _applier() as applier:
        from astroflow_hub.kubernetes.removal import Removal

        return await Removal.plan(applier, name, hub, with_home=with_home)


async def _carry_out(removal: Removal) -> None:
    async with _applier() as applier:
        try:
            await removal.carry_out(applier)
        except TimeoutError as error:
            raise AstroFlowError(f"{error}: do it again to go on from here") from error


@asynccontextmanager
async def _applier() -> AsyncIterator[Applier]:
    try:
        from kubernetes_asyncio.client import ApiException

        from astroflow_hub.doctor.cluster import connect
        from astroflow_hub.kubernetes.applier import Applier
    except ModuleNotFoundError as error:
        cure = "pip install 'astroflow-hub[kubernetes]'"
        raise MissingDependencyError(f"this needs {error.name}: {cure}") from error
    async with connect() as api:
        try:
            yield Applier(api)
        except ApiException as error:
            raise AstroFlowError(f"the cluster refuses: {error.reason} ({error.status})") from error
