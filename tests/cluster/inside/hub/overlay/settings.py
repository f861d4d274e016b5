"""What the tests' cluster has elsewhere; read after the overlay's own settings."""

c = get_config()  # noqa: F821

c.AstroFlowSpawner.image_pull_policy = "Always"
c.AstroFlowSpawner.catalogue_volumes = {
    "gaia-dr3": {"persistent_volume": {"hostPath": {"path": "$catalogues/gaia-dr3"}}}
}
