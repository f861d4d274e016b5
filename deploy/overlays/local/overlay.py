"""One password for all, and the sample catalogue that sample.yaml puts on each node."""

import os

c = get_config()  # noqa: F821

c.JupyterHub.authenticator_class = "astroflow_hub.password_login.PasswordLogin"
c.PasswordLogin.user_password = os.environ["LOGIN_PASSWORD"]

c.AstroFlowSpawner.catalogue_volumes = {
    "gaia-dr3": {
        "persistent_volume": {"hostPath": {"path": "/var/lib/astroflow/catalogues/gaia-dr3"}}
    }
}
