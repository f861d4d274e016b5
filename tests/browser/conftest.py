"""A real Keycloak and a real hub for all tests of this folder."""

from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen  # noqa: TC003 (pytest reads annotations)

import pytest

from tools.keycloak.distribution import KeycloakToolError, check_programs, distribution
from tools.keycloak.realm import Realm
from tools.keycloak.server import KeycloakServer, stop
from tools.running_hub import RunningHub, free_port, running_hub, write_config

PROFILE = """
slug: {slug}
display_name: {name}
description: For the tests
catalogues: [gaia-dr3]
groups: [{group}]
"""
SETTINGS = """
c.KeycloakAuthenticator.refresh_interval = 2
c.KeycloakAuthenticator.recheck_after = 1
c.KeycloakAuthenticator.grace_period = 20
"""


def pytest_sessionstart() -> None:
    try:
        check_programs("chromium", "java", "mvn", "unzip")
    except KeycloakToolError as error:
        pytest.exit(str(error), returncode=1)


class Keycloak:
    """A server that a test may stop and start again."""

    def __init__(self, server: KeycloakServer) -> None:
        self.server, self.realm = server, Realm(server)
        self._process: Popen[bytes] | None = None

    def start(self) -> None:
        self._process = self._process or self.server.start()

    def stop(self) -> None:
        if self._process is not None:
            stop(self._process)
        self._process = None


@pytest.fixture(scope="session")
def keycloak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keycloak]:
    server = KeycloakServer(
        folder=tmp_path_factory.mktemp("keycloak"),
        distribution=distribution(),
        port=free_port(),
        management_port=free_port(),
        hub_url=f"http://127.0.0.1:{free_port()}",
        client_secret="a-secret-of-the-tests",
        admin_password="a-password-of-the-tests",
    )
    server.prepare()
    keycloak = Keycloak(server)
    keycloak.start()
    yield keycloak
    keycloak.stop()


@pytest.fixture(scope="session")
def realm(keycloak: Keycloak) -> Realm:
    return keycloak.realm


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hub") / "state"


@pytest.fixture(scope="session")
def hub(
    keycloak: Keycloak, state: Path, sample: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningHub]:
    profiles = {
        "gaia-dr3": PROFILE.format(slug="gaia-dr3", name="Gaia DR3", group="user"),
        "large": PROFILE.format(slug="large", name="Large sample", group="gaia-large"),
    }
    folder = write_config(tmp_path_factory.mktemp("config") / "hub", profiles, SETTINGS)
    with running_hub(
        state,
        folder,
        ASTROFLOW_HUB_PORT=keycloak.server.hub_url.rpartition(":")[2],
        ASTROFLOW_DATA_DIR=str(sample.parent),
        ASTROFLOW_KEYCLOAK_REALM_URL=keycloak.server.realm_url,
        ASTROFLOW_KEYCLOAK_CLIENT_SECRET=keycloak.server.client_secret,
    ) as running:
        yield running
