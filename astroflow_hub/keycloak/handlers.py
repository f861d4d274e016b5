"""The hub's pages of the login: out to Keycloak, back from it, and out of both."""

from __future__ import annotations

import base64
import json
import secrets
import time
from hmac import compare_digest
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from jupyterhub.handlers import BaseHandler
from oauthenticator.oauth2 import OAuthCallbackHandler, OAuthLoginHandler, OAuthLogoutHandler
from tornado.web import HTTPError

from astroflow_hub.keycloak.errors import KeycloakError, UnreachableError, UntrustedTokenError

if TYPE_CHECKING:
    from astroflow_hub.keycloak.sessions import Session

LOGIN_TIME = 24 * 3600  # seconds that the cookie of a login is kept
AGAIN = "This login was begun elsewhere, used already or took too long. Please log in again."
SILENT = "The login service does not answer. Please try again in a few minutes."


class LoginHandler(OAuthLoginHandler):  # type: ignore[misc]
    """Sends the browser to Keycloak to log in or, with ``prompt=create``, to register."""

    async def get(self) -> None:
        """Begin a login that only this browser can finish."""
        try:
            await self.authenticator.realm.reach()
        except UnreachableError:
            raise HTTPError(HTTPStatus.SERVICE_UNAVAILABLE, SILENT) from None
        verifier, challenge = self._generate_pkce_params()
        state = {"state_id": self._generate_state_id(), "nonce": secrets.token_urlsafe(32)}
        kept = {**state, "code_verifier": verifier, "next_url": self._get_next_url()}
        self.set_state_cookie(_write({**kept, "begun": time.time()}))
        create = {"prompt": "create"} if self.get_argument("prompt", "") == "create" else {}
        self.authorize_redirect(
            redirect_uri=self.authenticator.get_callback_url(self),
            client_id=self.authenticator.client_id,
            scope=self.authenticator.scope,
            response_type="code",
            extra_params={
                **self.authenticator.extra_authorize_params,
                **create,
                "state": _write({"state_id": state["state_id"]}),
                "nonce": state["nonce"],
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            },
        )


class CallbackHandler(OAuthCallbackHandler):  # type: ignore[misc]
    """Takes the browser back from Keycloak."""

    async def get(self) -> None:
        """Finish a login that this browser began, and only once."""
        self.check_arguments()
        # A session id that somebody planted in this browser must not become the person's.
        self.set_session_cookie()
        user = await self.login_user()
        if user is None:
            raise HTTPError(HTTPStatus.FORBIDDEN, self.authenticator.custom_403_message)
        self.redirect(self.get_next_url(user))

    @property
    def login(self) -> dict[str, Any]:
        """What this browser began: the state, the nonce and where to go in the end."""
        return _read(self.get_state_cookie())

    def check_state(self) -> None:
        """Refuse what this browser did not begin, and what it finished already."""
        begun = str(self.login.get("state_id") or "")
        returned = str(_read(self.get_state_url()).get("state_id") or "")
        same = begun and compare_digest(begun.encode(), returned.encode())
        expires = float(self.login.get("begun", 0)) + LOGIN_TIME
        if not same or not self.authenticator.used_states.use(begun, expires):
            raise HTTPError(HTTPStatus.BAD_REQUEST, AGAIN)

    def check_error(self) -> None:
        """Refuse a login that Keycloak broke off; its words may be anybody's."""
        if self.get_argument("error", ""):
            raise HTTPError(
                HTTPStatus.BAD_REQUEST, "The login was not completed. Please log in again."
            )

    def check_code(self) -> None:
        """Refuse a return without a code."""
        if not self.get_argument("code", ""):
            raise HTTPError(HTTPStatus.BAD_REQUEST, AGAIN)

    def get_next_url(self, user: Any = None) -> str:
        """Return where the person wanted to go, which is in this hub."""
        wanted = self._validate_next_url(self.login.get("next_url") or "")
        return str(wanted or super(OAuthCallbackHandler, self).get_next_url(user))


class LogoutHandler(OAuthLogoutHandler):  # type: ignore[misc]
    """Ends a session at the hub, then at Keycloak."""

    _ended: Session | None = None

    async def handle_logout(self) -> None:
        """Forget the session and have its tokens revoked."""
        await super().handle_logout()
        if self.current_user:
            self._ended = await self.authenticator.end_session(
                self.current_user, self.get_session_cookie()
            )

    async def render_logout_page(self) -> None:
        """Send the browser to Keycloak to end the session there."""
        try:
            url = await self.authenticator.logout_address(self, self._ended)
        except UnreachableError:
            raise HTTPError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "You are logged out of the hub. The login service does not answer, so you may "
                "still be logged in there: close the browser, or log out again later.",
            ) from None
        self.redirect(url)


class BackChannelLogoutHandler(BaseHandler):  # type: ignore[misc]
    """Hears from Keycloak which session has ended."""

    def check_xsrf_cookie(self) -> None:
        """Keycloak has no cookie of the hub; what it says is signed."""

    async def post(self) -> None:
        """End what a logout token names; the answers are those of OpenID Connect."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "application/json")
        try:
            await self.authenticator.end_as_told(self.get_body_argument("logout_token", ""))
        except UntrustedTokenError as error:
            self.log.warning("A logout token was refused: %s", error)
            self.set_status(HTTPStatus.BAD_REQUEST)
            self.write({"error": "invalid_request", "error_description": str(error)})
        except KeycloakError as error:
            self.log.warning("A logout token could not be verified: %s", error)
            self.set_status(HTTPStatus.SERVICE_UNAVAILABLE)


def _write(state: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(state).encode()).decode()


def _read(text: str) -> dict[str, Any]:
    """Return a state; an empty one for what is none, whoever made it up."""
    try:
        state = json.loads(base64.urlsafe_b64decode(text))
    except ValueError:
        return {}
    return state if isinstance(state, dict) else {}
