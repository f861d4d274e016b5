from pathlib import Path

import pytest
from traitlets.config import Config

from astroflow_hub.embedded import EmbeddedHub, HubError
from astroflow_hub.keycloak.embedded import client_secret_file, log_in_by_keycloak, made_once

REALM = "http://127.0.0.1:8180/realms/astroflow"


@pytest.fixture
def hub(tmp_path: Path) -> EmbeddedHub:
    return EmbeddedHub.from_environ({"ASTROFLOW_STATE_DIR": str(tmp_path)}, tmp_path)


def test_a_hub_without_the_secret_does_not_start_and_says_why(hub: EmbeddedHub) -> None:
    with pytest.raises(HubError, match="run Keycloak by `make run-keycloak`") as refused:
        log_in_by_keycloak(Config(), hub, REALM, {})
    assert str(client_secret_file(hub.state_dir)) in str(refused.value)


def test_the_secret_that_keycloak_left_is_taken(hub: EmbeddedHub) -> None:
    path = client_secret_file(hub.state_dir)
    path.parent.mkdir()
    secret = made_once(path)
    config = Config()
    log_in_by_keycloak(config, hub, REALM, {})
    assert config.KeycloakAuthenticator.client_secret == secret
    assert config.KeycloakAuthenticator.oauth_callback_url == f"{hub.url}/hub/oauth_callback"


def test_tokens_are_encrypted_with_a_key_that_is_made_once_and_nobody_elses(
    hub: EmbeddedHub,
) -> None:
    first, second = Config(), Config()
    for config in (first, second):
        log_in_by_keycloak(config, hub, REALM, {"ASTROFLOW_KEYCLOAK_CLIENT_SECRET": "s"})
    assert first.CryptKeeper["keys"] == second.CryptKeeper["keys"]
    assert len(first.CryptKeeper["keys"][0]) == 32
    assert (hub.state_dir / "crypt-key").stat().st_mode & 0o077 == 0
