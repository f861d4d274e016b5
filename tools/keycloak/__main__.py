"""Run Keycloak for the hub of `make run`, on this machine alone, until it is ended.

    python -m tools.keycloak

Its database and the secrets are in the folder of the hub's state.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from astroflow_core.errors import AstroFlowError
from astroflow_hub.embedded import EmbeddedHub
from astroflow_hub.keycloak.embedded import REALM_VARIABLE, client_secret_file, made_once
from astroflow_hub.lifeline import end_with_parent, supervise
from tools.keycloak.distribution import KeycloakToolError, distribution
from tools.keycloak.server import ADMIN, KeycloakServer
from tools.running_hub import free_port

PORT_VARIABLE = "ASTROFLOW_KEYCLOAK_PORT"


def main() -> int:
    """Run Keycloak until it is ended; return its exit code."""
    end_with_parent()
    os.umask(0o077)
    _say("Keycloak is fetched and built the first time, in a minute or two; then it starts.")
    try:
        server = _server()
        server.prepare()
    except (AstroFlowError, KeycloakToolError) as error:
        _say(f"astroflow: Keycloak does not start: {error}")
        return 1
    with server.log.open("wb") as log:
        return supervise(
            server.command,
            started=partial(_greet_when_ready, server),
            env=dict(server.environ),
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _server() -> KeycloakServer:
    hub = EmbeddedHub.from_environ(os.environ, Path.cwd())
    hub.make_state_dir()
    folder = client_secret_file(hub.state_dir).parent
    folder.mkdir(exist_ok=True)
    return KeycloakServer(
        folder=folder,
        distribution=distribution(),
        port=int(os.environ.get(PORT_VARIABLE) or 8180),
        management_port=free_port(),
        hub_url=hub.url,
        client_secret=made_once(client_secret_file(hub.state_dir)),
        admin_password=made_once(folder / "admin-password"),
    )


def _greet_when_ready(server: KeycloakServer, process: subprocess.Popen[bytes]) -> None:
    try:
        server.wait(process)
    except KeycloakToolError as error:
        _say(str(error))
        return
    _say(
        f"\nKeycloak is ready.\n\n"
        f"  Hub       {REALM_VARIABLE}={server.realm_url} make run\n"
        f"  Accounts  register on the hub's page, or make them on {server.url}/admin/\n"
        f"  Admin     {ADMIN}, password in {server.folder / 'admin-password'}\n"
        f"  Log       {server.log}\n"
        f"  End       Ctrl-C\n"
    )


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
