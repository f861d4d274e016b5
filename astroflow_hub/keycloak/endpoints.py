"""Endpoints: where a realm of Keycloak answers, all from its one address."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from astroflow_core.errors import AstroFlowError

_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses of the realm at ``realm_url``, which is its issuer's name, too.

    The hub itself calls it at ``internal_url``; browsers never see that.

    >>> Endpoints.of("https://login.example.org/realms/astroflow/").token
    'https://login.example.org/realms/astroflow/protocol/openid-connect/token'
    """

    realm_url: str
    internal_url: str

    @classmethod
    def of(cls, realm_url: str, internal_url: str = "") -> Endpoints:
        """Return the endpoints of a realm.

        Raises
        ------
        AstroFlowError
            When one of the two is no address of a realm.
        """
        return cls(
            _realm("realm_url", realm_url),
            _realm("internal_realm_url", internal_url or realm_url),
        )

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read or change what browsers and Keycloak say."""
        parts = urlsplit(self.realm_url)
        return parts.scheme == "https" or parts.hostname in _THIS_MACHINE

    @property
    def authorize(self) -> str:
        """Where a browser is sent to log in."""
        return _endpoint(self.realm_url, "auth")

    @property
    def token(self) -> str:
        """Where codes and refresh tokens are exchanged."""
        return _endpoint(self.internal_url, "token")

    @property
    def keys(self) -> str:
        """Where the keys are that sign tokens."""
        return _endpoint(self.internal_url, "certs")

    @property
    def revoke(self) -> str:
        """Where tokens are made worthless."""
        return _endpoint(self.internal_url, "revoke")

    @property
    def account(self) -> str:
        """The page on which persons change their details."""
        return f"{self.realm_url}/account/"

    def end_session(self, client_id: str, return_to: str, id_token: str | None) -> str:
        """Return where a browser is sent to log out.

        Without the session's own ``id_token`` Keycloak asks the person to confirm.
        """
        query = {"client_id": client_id, "post_logout_redirect_uri": return_to}
        hint = {"id_token_hint": id_token} if id_token else {}
        return f"{_endpoint(self.realm_url, 'logout')}?{urlencode({**query, **hint})}"


def _endpoint(realm_url: str, name: str) -> str:
    return f"{realm_url}/protocol/openid-connect/{name}"


def _realm(setting: str, url: str) -> str:
    address = url.rstrip("/")
    parts = urlsplit(address)
    is_realm = "/realms/" in parts.path and not parts.query and not parts.fragment
    if parts.scheme not in {"http", "https"} or not parts.hostname or not is_realm:
        raise AstroFlowError(
            f"KeycloakAuthenticator.{setting} = {url!r} is no address of a realm: "
            "set it to one such as https://login.example.org/realms/astroflow"
        )
    return address
