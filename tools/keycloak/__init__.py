"""Keycloak on this machine, for `make run-keycloak` and the tests."""
