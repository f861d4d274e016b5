"""What can go wrong between the hub and Keycloak. No message holds a token or a claim."""

from __future__ import annotations

from astroflow_core.errors import AstroFlowError


class KeycloakError(AstroFlowError):
    """Keycloak, or what it said, is not as it should be."""


class UnreachableError(KeycloakError):
    """Keycloak does not answer, or not as Keycloak does: nothing is known of anybody."""


class UntrustedTokenError(KeycloakError):
    """A token is not one that this realm made for this hub, or not for now."""


class SessionOverError(KeycloakError):
    """Keycloak knows the session no more: its owner may log in again."""


class AccountDisabledError(KeycloakError):
    """The account may not be used any more."""
