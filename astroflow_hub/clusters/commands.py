"""`astroflow clusters`: what of Spark and Dask runs for this notebook, and an end to it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from astroflow_core.errors import SessionError, needing
from astroflow_core.kubernetes.leases import end, leases

app = typer.Typer(help="List the clusters of one's own, or end one.")


@app.callback(invoke_without_command=True)
def clusters(context: typer.Context) -> None:
    """List the clusters that run for notebooks of this server."""
    if context.invoked_subcommand is None:
        typer.echo("\n".join(map(str, leases())) or "no cluster is running")


@app.command()
def stop(name: Annotated[str, typer.Argument(help="As `astroflow clusters` lists it.")]) -> None:
    """Have a notebook end its cluster; its kernel and variables stay."""
    if not end(name):
        known = ", ".join(lease.name for lease in leases()) or "none"
        raise SessionError(f"no cluster {name!r} is running here: there is {known}")
    typer.echo(f"{name} ends")


@app.command()
def definitions() -> None:
    """Print what tells Kubernetes of the Dask operator's kinds, for `kubectl apply`."""
    with needing("workers"):
        import dask_kubernetes
    deployment = Path(dask_kubernetes.__file__).parent / "operator" / "deployment"
    files = sorted(deployment.glob("helm/*/crds/*.yaml"))
    typer.echo("---\n".join(path.read_text() for path in files))
