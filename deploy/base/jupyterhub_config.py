"""The hub on Kubernetes: wiring only. An overlay's files in /config/overlay are read last."""

import os
from pathlib import Path

from astroflow_hub.portal.install import install

c = get_config()  # noqa: F821
namespace = os.environ["HUB_NAMESPACE"]

# Servers are in namespaces of their own, so the hub's name has its namespace in it.
c.JupyterHub.hub_bind_url = "http://0.0.0.0:8081"
c.JupyterHub.hub_connect_url = f"http://hub.{namespace}:8081"
# The password is in PGPASSWORD, which the driver reads.
c.JupyterHub.db_url = "postgresql+psycopg://jupyterhub@database/jupyterhub"

# A hub that ends leaves servers and proxy as they are; the next one finds them again.
c.JupyterHub.cleanup_servers = False
c.JupyterHub.cleanup_proxy = False
c.JupyterHub.proxy_class = "astroflow_hub.watched_proxy.WatchedProxy"
c.WatchedProxy.api_url = "http://proxy-api:8001"
c.WatchedProxy.check_running_interval = 2

install(c)
c.Portal.services_file = "/config/services/services.yaml"
c.JupyterHub.spawner_class = "astroflow"
c.AstroFlowSpawner.image = os.environ["NOTEBOOK_IMAGE"]
c.AstroFlowSpawner.profiles_dir = "/config/profiles"

for overlay in sorted(Path("/config/overlay").glob("*.py")):
    load_subconfig(str(overlay))  # noqa: F821
