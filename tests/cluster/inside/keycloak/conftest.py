"""The hub as `deploy/keycloak` makes it: Keycloak and its PostgreSQL in the cluster."""

import base64
from dataclasses import dataclass, field

import pytest

from inside.hub.deployed import DeployedHub, deploy_with_keycloak
from tools.keycloak.realm import Realm

# The hub reads it: it is no module to look for doctests in.
collect_ignore = ["overlay"]

# Without TLS Keycloak talks to private addresses alone, of which this cluster has none.
WITHOUT_TLS = """
cd /keycloak/bin
export KC_OPTS=-Duser.home=/tmp KC_CLI_PASSWORD="$KC_BOOTSTRAP_ADMIN_PASSWORD"
./kcadm.sh config credentials --server http://localhost:8080 --realm master --user admin
for realm in master astroflow; do ./kcadm.sh update realms/$realm --set sslRequired=NONE; done
"""


@dataclass(frozen=True)
class Keycloak:
    """Where it is, and what its admin logs in with."""

    url: str
    admin_password: str = field(repr=False)


@pytest.fixture(scope="session")
def hub(registry: str, tmp_path_factory: pytest.TempPathFactory) -> DeployedHub:
    hub = deploy_with_keycloak(registry, tmp_path_factory.mktemp("keycloak"))
    hub.kube("exec", "deployment/keycloak", "--", "sh", "-euc", WITHOUT_TLS)
    return hub


@pytest.fixture(scope="session")
def realm(hub: DeployedHub) -> Realm:
    secret = hub.kube.get("secret/keycloak")["data"]["admin-password"]
    return Realm(Keycloak(hub.url.replace("30080", "30081"), base64.b64decode(secret).decode()))
