"""What the tests' cluster has elsewhere; read after the overlay's own settings."""

from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from astroflow_hub.password_login import PasswordLogin

c = get_config()  # noqa: F821

c.AstroFlowSpawner.image_pull_policy = "Always"
c.AstroFlowSpawner.temporary_size = "1Gi"
c.AstroFlowSpawner.scheduling_patience = 15
c.AstroFlowSpawner.shared_dask = True
c.AstroFlowSpawner.catalogue_volumes = {
    "gaia-dr3": {"persistent_volume": {"hostPath": {"path": "$catalogues/gaia-dr3"}}},
    # For the tests of what goes wrong.
    "empty": {
        "persistent_volume": {
            "hostPath": {"path": "$catalogues/empty", "type": "DirectoryOrCreate"}
        }
    },
    "gone": {"persistent_volume": {"hostPath": {"path": "$catalogues/gone", "type": "Directory"}}},
    "unknown": {"persistent_volume": "no-such-volume"},
}


def demand_digests(spawner: Any) -> None:
    """Take images of one profile by digest only."""
    spawner.require_digest = spawner.user_options.get("profile") == "by-tag"


c.AstroFlowSpawner.pre_spawn_hook = demand_digests


class KnownLogin(PasswordLogin):
    """A login that tells who somebody is, also under the name they take after "-alias"."""

    async def authenticate(self, handler: Any, data: dict[str, str]) -> Any:
        known = await super().authenticate(handler, data)
        if known is None:
            return None
        first_name = known["name"].removesuffix("-alias")
        return {**known, "auth_state": {"uuid": str(uuid5(NAMESPACE_DNS, first_name))}}


c.JupyterHub.authenticator_class = KnownLogin
c.KnownLogin.enable_auth_state = True
# May rename accounts.
c.JupyterHub.services = [{"name": "registrar", "api_token": "registrar-of-the-tests"}]
c.JupyterHub.load_roles = [
    {"name": "registrar", "scopes": ["admin:users"], "services": ["registrar"]}
]
