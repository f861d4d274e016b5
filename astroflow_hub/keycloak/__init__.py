"""The parts of the login by Keycloak: what its tokens say, and what holds of it for how long."""
