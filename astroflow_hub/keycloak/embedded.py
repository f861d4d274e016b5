"""The embedded hub with Keycloak beside it: what the two know each other by."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from astroflow_hub.embedded import EmbeddedHub, HubError, write_secret

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REALM_VARIABLE = "ASTROFLOW_KEYCLOAK_REALM_URL"
SECRET_VARIABLE = "ASTROFLOW_KEYCLOAK_CLIENT_SECRET"  # noqa: S105 (the variable's name)
CLIENT_ID = "astroflow-hub"
USER_ROLE = "user"


def log_in_by_keycloak(
    c: Any, hub: EmbeddedHub, realm_url: str, environ: Mapping[str, str]
) -> None:
    """Configure the hub to log people in by the realm that `deploy/keycloak` describes.

    Raises
    ------
    HubError
        When the secret that the realm knows the hub by is nowhere.
    """
    c.JupyterHub.authenticator_class = "astroflow-keycloak"
    c.KeycloakAuthenticator.realm_url = realm_url
    c.KeycloakAuthenticator.client_id = CLIENT_ID
    c.KeycloakAuthenticator.client_secret = _client_secret(hub, environ)
    c.KeycloakAuthenticator.oauth_callback_url = f"{hub.url}/hub/oauth_callback"
    c.KeycloakAuthenticator.allowed_groups = {USER_ROLE}
    c.CryptKeeper.keys = [bytes.fromhex(made_once(hub.state_dir / "crypt-key"))]
    # After a logout, the browser's way back must lead to no page of the person's.
    c.JupyterHub.tornado_settings = {"headers": {"Cache-Control": "no-store"}}


def client_secret_file(state_dir: Path) -> Path:
    """Return where a Keycloak beside the hub leaves the secret that they share."""
    return state_dir / "keycloak" / "client-secret"


def made_once(path: Path) -> str:
    """Return the secret that a file keeps; make one of 32 bytes, in hex, the first time."""
    with suppress(FileExistsError):
        write_secret(path, secrets.token_hex(32))
    return path.read_text(encoding="ascii").strip()


def _client_secret(hub: EmbeddedHub, environ: Mapping[str, str]) -> str:
    if given := environ.get(SECRET_VARIABLE):
        return given
    path = client_secret_file(hub.state_dir)
    if not path.is_file():
        raise HubError(
            f"{REALM_VARIABLE} is set, but not the secret that Keycloak knows this hub by: "
            f"run Keycloak by `make run-keycloak`, which writes {path}, or set {SECRET_VARIABLE}"
        )
    return path.read_text(encoding="ascii").strip()
