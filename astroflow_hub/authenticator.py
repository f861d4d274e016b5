"""KeycloakAuthenticator: one account for everything, and rights that hold at once."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin
from weakref import WeakValueDictionary

from oauthenticator.generic import GenericOAuthenticator
from tornado.ioloop import PeriodicCallback
from tornado.web import HTTPError
from traitlets import Integer, Set, Unicode, default

from astroflow_hub.keycloak import people
from astroflow_hub.keycloak.asking import ANY, asked_session, is_read, let_refuse
from astroflow_hub.keycloak.client import KeycloakClient
from astroflow_hub.keycloak.endpoints import Endpoints
from astroflow_hub.keycloak.errors import (
    AccountDisabledError,
    KeycloakError,
    SessionOverError,
    UnreachableError,
    UntrustedTokenError,
)
from astroflow_hub.keycloak.handlers import (
    AGAIN,
    SILENT,
    BackChannelLogoutHandler,
    CallbackHandler,
    LoginHandler,
    LogoutHandler,
)
from astroflow_hub.keycloak.once import Once
from astroflow_hub.keycloak.realm import Realm
from astroflow_hub.keycloak.rights import Rights
from astroflow_hub.keycloak.sessions import Account, Session
from astroflow_hub.keycloak.tokens import Verifier
from astroflow_hub.password_login import NAMES

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping


class KeycloakAuthenticator(GenericOAuthenticator):  # type: ignore[misc]
    """Logs people in by a realm of Keycloak; ``realm_url`` says which, and all else follows.

    An admin sets ``realm_url``, ``client_id``, ``client_secret``, ``oauth_callback_url``, and who
    may come: ``allowed_groups`` or ``allow_all``. What the hub knows of somebody is asked anew at
    what they do, and on a timer while a server of theirs runs. docs/keycloak.md tells more.
    """

    login_handler = LoginHandler
    callback_handler = CallbackHandler
    logout_handler = LogoutHandler

    realm_url = Unicode(
        config=True,
        help="The realm's address, as browsers and tokens have it: "
        "https://login.example.org/realms/astroflow.",
    )
    internal_realm_url = Unicode(
        config=True, help="Where the hub itself reaches the realm, if not by realm_url."
    )
    admin_roles = Set(
        Unicode(),
        {"admin"},
        config=True,
        help="The roles of the hub's client whose owners are administrators of the hub.",
    )
    refresh_interval = Integer(
        60,
        config=True,
        help="How often, in seconds, Keycloak is asked about everybody who has a server.",
    )
    recheck_after = Integer(
        10,
        config=True,
        help="How old, in seconds, an answer of Keycloak's may be when a program only reads. "
        "Whatever a person does, pages included, is asked for each time.",
    )
    grace_period = Integer(
        3600,
        config=True,
        help="How long, in seconds, people may work on who were known to Keycloak when it "
        "stopped to answer. Nobody can log in meanwhile.",
    )

    # Not to be configured: only a refresh at each request can end one session out of two.
    auth_refresh_age = Integer(-1, help="JupyterHub asks refresh_user at each request.")

    @default("login_service")
    def _default_login_service(self) -> str:
        return "Keycloak"

    @default("authorize_url")
    def _default_authorize_url(self) -> str:
        return self.endpoints.authorize

    @default("scope")
    def _default_scope(self) -> list[str]:
        return ["openid", "profile", "email"]

    @default("enable_auth_state")
    def _default_enable_auth_state(self) -> bool:
        return True

    @default("auth_refresh_strict")
    def _default_auth_refresh_strict(self) -> bool:
        return True  # a program with somebody's token may no more than they

    @default("refresh_pre_spawn")
    def _default_refresh_pre_spawn(self) -> bool:
        return True

    @default("manage_groups")
    def _default_manage_groups(self) -> bool:
        return True

    @default("username_regex")
    def _default_username_regex(self) -> re.Pattern[str]:
        return NAMES

    @default("http_request_kwargs")
    def _default_http_request_kwargs(self) -> dict[str, Any]:
        return {"connect_timeout": 5, "request_timeout": 5}

    @default("custom_403_message")
    def _default_custom_403_message(self) -> str:
        return (
            "You are known to Keycloak, but have no right to use this hub. "
            "Ask the hub's administrator for it."
        )

    @default("reconcile_auth_state_hook")
    def _default_reconcile_auth_state_hook(self) -> Callable[..., Mapping[str, Any]]:
        return _keep_other_sessions

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.used_states, self._used_logouts = Once(), Once()
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[None]] = set()

    @cached_property
    def endpoints(self) -> Endpoints:
        """The realm's addresses."""
        return Endpoints.of(self.realm_url, self.internal_realm_url)

    @cached_property
    def realm(self) -> Realm:
        """What is asked about people."""
        credentials = {"client_id": self.client_id, "client_secret": self.client_secret}
        request = {"follow_redirects": False, **self.http_request_kwargs}
        client = KeycloakClient(self.endpoints, self.http_client, credentials, request)
        return Realm(client, Verifier(self.endpoints.realm_url, self.client_id))

    @property
    def account_url(self) -> str:
        """The page of Keycloak on which people change their details."""
        return self.endpoints.account

    @property
    def registration_url(self) -> str:
        """The page of the hub that leads to a new account, and back to the hub."""
        return f"{self.login_url(self.parent.hub_prefix)}?prompt=create"

    def get_handlers(self, app: Any) -> list[tuple[str, type]]:
        """Return the pages of the login; from now on, look after who has a server."""
        if not self.endpoints.is_private:
            self.log.warning("Anybody on the way can read passwords: realm_url is not https")
        self._patrol = PeriodicCallback(self.patrol, 1e3 * self.refresh_interval)
        self._patrol.start()
        handlers: list[tuple[str, type]] = super().get_handlers(app)
        return [*handlers, (r"/backchannel_logout", BackChannelLogoutHandler)]

    def pre_spawn_start(self, _: Any, spawner: Any) -> None:
        """Have a server ask the hub as often about who uses it as the hub asks Keycloak."""
        age = f"--HubOAuth.cache_max_age={self.recheck_after}"
        spawner.args = [*(one for one in spawner.args if one != age), age]

    async def authenticate(self, handler: Any, data: Any = None, **_: Any) -> dict[str, Any]:
        """Return who comes back from Keycloak, once all that it says is verified."""
        fields = self.build_access_tokens_request_params(handler, data).items()
        parameters = {name: str(value) for name, value in fields if value is not None}
        try:
            claims, session = await self.realm.log_in(parameters, handler.login.get("nonce", ""))
        except UnreachableError as error:
            self.log.error("Nobody can log in: %s", error)  # noqa: TRY400 (no stack trace)
            raise HTTPError(503, SILENT) from None
        except UntrustedTokenError as error:
            self.log.warning("A login was refused, its ID token is not to be trusted: %s", error)
            raise HTTPError(403, f"Keycloak's answer is not to be trusted: {error}.") from None
        except KeycloakError:
            raise HTTPError(400, AGAIN) from None
        account = Account.of(claims).with_session(handler.get_session_cookie(), session)
        wanted = self.normalize_username(self.user_info_to_username(claims))
        return self._model(people.hub_name(handler.db, claims["sub"], wanted), claims, account)

    def user_info_to_username(self, user_info: Mapping[str, Any]) -> str:
        """Return what the account is called at Keycloak."""
        return str(user_info.get("preferred_username") or user_info["sub"])

    async def refresh_user(self, user: Any, handler: Any = None, **_: Any) -> bool:
        """Return whether the person may go on, as Keycloak has it; take on what it changed."""
        let_refuse(handler)
        began = time.time()
        key = asked_session(user, handler)
        not_before = began - self.recheck_after if is_read(handler) else began
        async with self._lock(user):
            return await self._is_known(user, key, not_before)

    async def patrol(self) -> None:
        """Ask about everybody who has a server; stop those of people who may not come any more."""
        for user in [user for user in self.parent.users.values() if user.active]:
            async with self._lock(user):
                account = Account.from_auth_state(await user.get_auth_state())
                if account.is_out:
                    self._stop_servers(user)
                else:
                    await self._is_known(user, ANY, time.time() - self.refresh_interval / 2)

    async def end_session(self, user: Any, hub_session: str) -> Session | None:
        """End one session at the hub, revoke its tokens, and return it; None if there is none."""
        ended = await self._end(user, partial(_is_session, hub_session))
        session = ended.get(hub_session)
        if session is not None:
            try:
                await self.realm.revoke(session)
            except KeycloakError as error:
                self.log.warning("A token was not revoked at logout: %s", error)
        return session

    async def end_as_told(self, logout_token: str) -> None:
        """End at the hub what Keycloak says has ended there.

        Raises
        ------
        UntrustedTokenError
            When Keycloak did not say so, or not to this hub, or said it before.
        UnreachableError
            When its keys are needed and cannot be had.
        """
        told = await self.realm.read_logout(logout_token)
        if not self._used_logouts.use(told.token_id, told.expires):
            raise UntrustedTokenError("it was used before")
        user = people.find_user(self.parent.users, self.parent.db, told.subject)
        if user is None:
            return
        await self._end(user, lambda _, one: told.session in {None, one.sid})
        account = Account.from_auth_state(await user.get_auth_state())
        if self.parent.shutdown_on_logout and not account.sessions:
            self._stop_servers(user)

    async def logout_address(self, handler: Any, ended: Session | None) -> str:
        """Return where a browser is sent to end Keycloak's session.

        Raises
        ------
        UnreachableError
            When nobody would answer there.
        """
        await self.realm.reach()
        back = self.logout_redirect_url or urljoin(self.get_callback_url(handler), "login")
        return self.endpoints.end_session(self.client_id, back, self.realm.hint(ended))

    async def _is_known(self, user: Any, key: str | None, not_before: float) -> bool:
        """Return whether a session holds; ask Keycloak where its last word is too old."""
        account = Account.from_auth_state(await user.get_auth_state())
        newest_first = sorted(account.sessions.items(), key=lambda item: -item[1].checked)
        for hub_session, session in newest_first:
            if key not in {ANY, hub_session}:
                continue
            if not_before <= session.checked <= time.time():
                return True
            try:
                return await self._ask(user, hub_session)
            except SessionOverError:
                self.log.info("A session of %s is over at Keycloak", user.name)
                await self._forget(user, partial(_is_session, hub_session))
        return False

    async def _ask(self, user: Any, hub_session: str) -> bool:
        """Ask Keycloak about a session; SessionOverError where that is over."""
        account = Account.from_auth_state(await user.get_auth_state())
        session = account.sessions[hub_session]
        try:
            claims, renewed = await self.realm.renew(session, account.person["sub"])
        except AccountDisabledError:
            return await self._turn_out(user, account, "the account is disabled")
        except (UnreachableError, UntrustedTokenError) as error:
            self.log.warning("Nothing new is known of %s: %s", user.name, error)
            return 0 <= time.time() - session.checked <= self.grace_period
        account = replace(account, person=Account.of(claims).person)
        account = account.with_session(hub_session, renewed)
        model = self._model(user.name, claims, account)
        if not await self._may_come(model):
            return await self._turn_out(user, account, "no right to use this hub is left")
        people.give_rights(user, model)
        await user.save_auth_state(model["auth_state"])
        return True

    def _model(self, name: str, claims: Mapping[str, Any], account: Account) -> dict[str, Any]:
        rights = Rights.of(claims, self.client_id)
        admin_by_right = rights.client_roles & self.admin_roles or rights.groups & self.admin_groups
        return {
            "name": name,
            "admin": name in self.admin_users or bool(admin_by_right),
            "groups": sorted(rights.groups),
            "auth_state": account.to_auth_state(),
            "user_info": {"sub": claims["sub"], "name": account.person.get("name", name)},
        }

    async def _may_come(self, model: dict[str, Any]) -> bool:
        name = model["name"]
        return bool(self.check_blocked_users(name, model) and await self.check_allowed(name, model))

    async def _turn_out(self, user: Any, account: Account, why: str) -> bool:
        self.log.warning("%s is logged out and their servers are stopped: %s", user.name, why)
        people.take_rights(user)
        await user.save_auth_state(account.out().to_auth_state())
        self._stop_servers(user)
        return False

    async def _end(self, user: Any, ends: Callable[[str, Session], bool]) -> Mapping[str, Session]:
        async with self._lock(user):
            return await self._forget(user, ends)

    async def _forget(
        self, user: Any, ends: Callable[[str, Session], bool]
    ) -> Mapping[str, Session]:
        """Forget sessions, and the tokens that browsers have of them; return what they were."""
        account = Account.from_auth_state(await user.get_auth_state())
        kept = account.without(ends)
        ended = {key: s for key, s in account.sessions.items() if key not in kept.sessions}
        people.drop_tokens(user, ended)
        await user.save_auth_state(kept.to_auth_state())
        return ended

    def _stop_servers(self, user: Any) -> None:
        # Not awaited: whoever asks is not to wait for a server's last words.
        task = asyncio.create_task(people.stop_servers(self.parent, user))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _lock(self, user: Any) -> asyncio.Lock:
        return self._locks.setdefault(user.id, asyncio.Lock())


def _is_session(wanted: str, hub_session: str, _: Session) -> bool:
    return hub_session == wanted


def _keep_other_sessions(
    _: KeycloakAuthenticator, model: Mapping[str, Any], known: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    """Return the auth_state of a login, with the sessions that the person has elsewhere."""
    before, now = Account.from_auth_state(known), Account.from_auth_state(model["auth_state"])
    for hub_session, session in now.sessions.items():
        now = replace(now, sessions=before.sessions).with_session(hub_session, session)
    return now.to_auth_state()
