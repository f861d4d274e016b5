"""People log in by Keycloak. Read after overlay.py, whose login it replaces."""

import os

c = get_config()  # noqa: F821

c.JupyterHub.authenticator_class = "astroflow-keycloak"
c.KeycloakAuthenticator.realm_url = f"{os.environ['KEYCLOAK_URL']}/realms/astroflow"
c.KeycloakAuthenticator.internal_realm_url = "http://keycloak:8080/realms/astroflow"
c.KeycloakAuthenticator.client_id = "astroflow-hub"
c.KeycloakAuthenticator.client_secret = os.environ["KEYCLOAK_CLIENT_SECRET"]
c.KeycloakAuthenticator.oauth_callback_url = f"{os.environ['ASTROFLOW_HUB_URL']}/hub/oauth_callback"
c.KeycloakAuthenticator.allowed_groups = {"user"}
# After a logout, the browser's way back must lead to no page of the person's.
c.JupyterHub.tornado_settings = {"headers": {"Cache-Control": "no-store"}}
