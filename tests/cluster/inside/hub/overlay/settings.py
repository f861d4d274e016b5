"""What the tests' cluster has elsewhere; read after the overlay's own settings."""

from typing import Any

c = get_config()  # noqa: F821

c.AstroFlowSpawner.image_pull_policy = "Always"
c.AstroFlowSpawner.temporary_size = "1Gi"
c.AstroFlowSpawner.scheduling_patience = 15
c.AstroFlowSpawner.shared_dask = True
# Sessions here are short: notebooks' Javas compile for a quick start, not for long scans.
c.AstroFlowSpawner.environment = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1"}
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
# May rename accounts.
c.JupyterHub.services = [{"name": "registrar", "api_token": "registrar-of-the-tests"}]
c.JupyterHub.load_roles = [
    {"name": "registrar", "scopes": ["admin:users"], "services": ["registrar"]}
]
