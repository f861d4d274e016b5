"""`astroflow doctor` as an admin types it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from astroflow_core.errors import MissingDependencyError
from astroflow_hub.doctor.hub import Account, Hub
from astroflow_hub.profile_store import ProfileStore

if TYPE_CHECKING:
    from astroflow_hub.doctor.finding import Finding

app = typer.Typer(help="Check a cluster: one line a finding, exit code 1 if there is a problem.")


@app.callback(invoke_without_command=True)
def doctor(
    *,
    image: Annotated[str, typer.Option(help="The image of profiles that name none.")],
    profiles: Annotated[Path, typer.Option(help="The folder with the profiles.")] = Path(
        "profiles"
    ),
    account: Annotated[
        str, typer.Option(help="The hub's service account, as namespace:name.")
    ] = "astroflow:hub",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a list of findings for a program.")
    ] = False,
) -> None:
    """Check the cluster of KUBECONFIG, or of the pod this runs in."""
    store = ProfileStore.from_dir(profiles)
    findings = _examine(Hub(Account.parse(account), store.profiles, image))
    typer.echo(_as_json(findings) if as_json else "\n".join(map(str, findings)))
    if any(finding.state == "problem" for finding in findings):
        raise typer.Exit(1)


def _examine(hub: Hub) -> list[Finding]:
    try:
        from astroflow_hub.doctor.examination import examine
    except ModuleNotFoundError as error:
        cure = "pip install 'astroflow-hub[kubernetes]'"
        raise MissingDependencyError(f"the doctor needs {error.name}: {cure}") from error
    return asyncio.run(examine(hub))


def _as_json(findings: list[Finding]) -> str:
    return json.dumps([asdict(finding) for finding in findings], indent=2)
