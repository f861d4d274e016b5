"""The embedded hub: wiring only. `make run` starts it; docs/profiles.md explains the profiles."""

import os
import sys
from pathlib import Path

from jupyterhub.utils import random_port

from astroflow_core.errors import AstroFlowError
from astroflow_hub.embedded import HOST, EmbeddedHub
from astroflow_hub.keycloak.embedded import REALM_VARIABLE, log_in_by_keycloak
from astroflow_hub.portal.install import install
from astroflow_hub.profile_watch import read_store

os.umask(0o077)  # the state is nobody else's to read
here = Path(__file__).parent
python = [sys.executable, "-P", "-m"]
c = get_config()  # noqa: F821

# Or in place of the folder: c.AstroFlowLocalSpawner.profiles = [{"slug": …}, …]
c.AstroFlowLocalSpawner.profiles_dir = str(here / "profiles")
c.AstroFlowLocalSpawner.demos_dir = str(here / "notebooks" / "demo")
c.JupyterHub.authenticator_class = "astroflow_hub.password_login.PasswordLogin"

try:
    hub = EmbeddedHub.from_environ(os.environ, here)
    hub.make_state_dir()
    hub.check_port()
    hub.lock()
    spawner = c.AstroFlowLocalSpawner
    c.PasswordLogin.user_password = hub.password()
    if realm_url := os.environ.get(REALM_VARIABLE):
        log_in_by_keycloak(c, hub, realm_url, os.environ)
    read_store(spawner.get("profiles", []), spawner.profiles_dir, str(hub.data_dir))
except AstroFlowError as error:
    sys.exit(f"astroflow: the hub does not start:\n{error}")

install(c)
c.Portal.services_file = str(here / "services.yaml")
c.JupyterHub.spawner_class = "astroflow-local"
c.AstroFlowLocalSpawner.data_dir = str(hub.data_dir)
c.AstroFlowLocalSpawner.cache_dir = str(hub.cache_dir)
c.AstroFlowLocalSpawner.homes_dir = str(hub.state_dir / "homes")
c.AstroFlowLocalSpawner.logs_dir = str(hub.state_dir / "logs")

c.JupyterHub.bind_url = hub.url
c.JupyterHub.hub_bind_url = f"http://{HOST}:{random_port()}"
c.JupyterHub.db_url = f"sqlite:///{hub.state_dir / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(hub.state_dir / "cookie_secret")

c.ConfigurableHTTPProxy.command = [
    *python,
    "astroflow_hub.lifeline",
    *python,
    "astroflow_hub.proxy",
]
c.ConfigurableHTTPProxy.api_url = f"http://{HOST}:{random_port()}"
c.ConfigurableHTTPProxy.pid_file = str(hub.state_dir / "proxy.pid")
