"""`astroflow doctor` as an admin types it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path  # noqa: TC003 (read when the program runs)
from typing import TYPE_CHECKING, Annotated, Any

import typer

from astroflow_core.errors import needing

if TYPE_CHECKING:
    from collections.abc import Callable

    from astroflow_hub.doctor.finding import Finding
    from astroflow_hub.doctor.hub import Hub

app = typer.Typer(help="Check a cluster: one line a finding, exit code 1 if there is a problem.")


@app.callback(invoke_without_command=True)
def doctor(
    *,
    config: Annotated[
        Path | None, typer.Option(help="The hub's jupyterhub_config.py, or an overlay's part.")
    ] = None,
    profiles: Annotated[
        Path | None, typer.Option(help="The folder with the profiles, else that of the config.")
    ] = None,
    image: Annotated[
        str | None, typer.Option(help="The image of profiles that name none, else the config's.")
    ] = None,
    account: Annotated[
        str, typer.Option(help="The hub's service account, as namespace:name.")
    ] = "astroflow:hub",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a list of findings for a program.")
    ] = False,
) -> None:
    """Check the cluster of KUBECONFIG, or of the pod this runs in."""
    read, examine = _load()
    findings = asyncio.run(examine(read(account, config, profiles, image)))
    typer.echo(_as_json(findings) if as_json else "\n".join(map(str, findings)))
    if any(finding.state == "problem" for finding in findings):
        raise typer.Exit(1)


def _load() -> tuple[Callable[..., Hub], Callable[..., Any]]:
    """Import what only this command needs, and not every command of ours."""
    with needing("kubernetes"):
        from astroflow_hub.doctor.examination import examine
        from astroflow_hub.doctor.hub import read_hub
    return read_hub, examine


def _as_json(findings: list[Finding]) -> str:
    return json.dumps([asdict(finding) for finding in findings], indent=2)
