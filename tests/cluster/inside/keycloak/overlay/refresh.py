"""Keycloak is asked more often than an admin would let it; read after realm.py."""

c = get_config()  # noqa: F821

c.KeycloakAuthenticator.refresh_interval = 2
c.KeycloakAuthenticator.recheck_after = 1
