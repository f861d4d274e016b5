"""The portal's pages for everybody who is logged in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from jupyterhub.handlers.base import BaseHandler
from tornado.web import authenticated

from astroflow_core.errors import AstroFlowError
from astroflow_core.kubernetes.quantities import show_memory
from astroflow_hub.portal import messages
from astroflow_hub.portal.core_hours import core_hours
from astroflow_hub.portal.details import PersonDetails
from astroflow_hub.portal.home_use import home_use
from astroflow_hub.portal.services import Services
from astroflow_hub.portal.settings import Portal
from astroflow_hub.portal.tables import with_tables
from astroflow_hub.profile_options import RefusedError
from astroflow_hub.running import Share, shares

if TYPE_CHECKING:
    from astroflow_core.profile import Profile
    from astroflow_hub.portal.tables import Message


class PortalPage(BaseHandler):  # type: ignore[misc]
    """A page of the portal, drawn for one person."""

    template = ""
    current = ""  # the link of the head that is marked

    @property
    def portal(self) -> Portal:
        """The portal's settings."""
        found: Portal = Portal.instance()
        return found

    @property
    def groups(self) -> list[str]:
        """The groups that the person is in now."""
        return sorted(group.name for group in self.current_user.groups)

    async def details(self) -> PersonDetails:
        """Return what the login told of the person."""
        user = self.current_user
        return PersonDetails.of(user.name, await user.get_auth_state())

    async def values(self) -> dict[str, Any]:
        """Return what the page shows."""
        return {}

    async def show(self, **more: Any) -> None:
        """Draw the page."""
        values = {"current": self.current, **await self.values(), **more}
        self.finish(await self.render_template(f"portal/{self.template}.html", **values))

    @authenticated
    async def get(self) -> None:
        """Show the page."""
        await self.show()


class ServicesPage(PortalPage):
    """*My Services*, where a person arrives."""

    template, current = "services", "portal"

    async def values(self) -> dict[str, Any]:
        """Return the services that the person's groups see."""
        user, watch = self.current_user, self.portal.services
        if user.running:
            await user.spawner.poll_and_notify()  # it may have died
        try:
            more = watch.now(self.log)
        except AstroFlowError:
            more = Services()
        return {
            "details": await self.details(),
            "more_services": more.for_groups(self.groups),
            "documentation_url": self.portal.documentation_url,
            "for_admin": str(watch.problem) if watch.problem and user.admin else "",
        }


class StopServer(PortalPage):
    """What *Stop server* asks for."""

    @authenticated
    async def post(self) -> None:
        """Stop the person's server, and show their services again."""
        user = self.current_user
        if user.spawner.ready:
            await self.stop_single_user(user)
        self.redirect(f"{self.hub.base_url}portal")


class ProfilePage(PortalPage):
    """*My Profile*."""

    template, current = "profile", "portal/profile"

    async def values(self) -> dict[str, Any]:
        """Return the person's details, and where they change them."""
        return {
            "details": await self.details(),
            "groups": self.groups,
            "account_url": getattr(self.authenticator, "account_url", ""),
        }


class UsagePage(PortalPage):
    """*My Usage*: the home, what runs, and the core hours of this month."""

    template, current = "usage", "portal/usage"

    async def values(self) -> dict[str, Any]:
        """Return what the person uses; what cannot be known now is None."""
        user, now = self.current_user, datetime.now(UTC)
        details = await self.details()
        database = with_tables(self.db)
        return {
            "home": await home_use(database, details.uuid, user.spawner, now),
            "running": await self._running(),
            "core_hours": core_hours(database, now).get(details.uuid, 0.0),
            "now": now,
            "show_memory": show_memory,
        }

    async def _running(self) -> list[Share] | None:
        spawner = self.current_user.spawner
        if not spawner.ready:
            return []
        try:
            return shares(await spawner.running())
        except Exception as error:  # noqa: BLE001 (whatever the cluster said)
            self.log.warning("What %s runs cannot be seen: %s", spawner.user.name, type(error))
            return None


class AccessPage(PortalPage):
    """*Request access*: to a profile that says whom to ask."""

    template, current, kind = "access", "portal/access", messages.REQUEST

    async def values(self) -> dict[str, Any]:
        """Return the profiles that can be asked for, and what the person asked for so far."""
        details = await self.details()
        return {
            "on_request": self._on_request() if self.kind == messages.REQUEST else (),
            "chosen": self.get_argument("profile", ""),
            "sent": messages.of_person(with_tables(self.db), details.uuid, self.kind),
            "text": "",
            "max_text": messages.MAX_TEXT,
        }

    @authenticated
    async def post(self) -> None:
        """Take a message, and tell the administrators of it."""
        text = self.get_body_argument("text", "")
        try:
            message = await self._send(text)
        except AstroFlowError as error:
            self.set_status(400)
            await self.show(refused=f"This was not sent: {error}.", text=text)
            return
        await self.show(done="This was sent. The answer is going to show below.")
        await self.portal.tell_admins(message, self._admin_page())

    async def _send(self, text: str) -> Message:
        profile = self._profile() if self.kind == messages.REQUEST else ""
        draft = messages.Draft(self.kind, text, profile)
        return messages.send(with_tables(self.db), await self.details(), draft, datetime.now(UTC))

    def _profile(self) -> str:
        slug: str = self.get_body_argument("profile", "")
        if slug not in {profile.slug for profile in self._on_request()}:
            raise messages.MessageError("choose one of the environments that can be asked for")
        return slug

    def _on_request(self) -> tuple[Profile, ...]:
        try:
            return tuple(self.current_user.spawner.offer().on_request)
        except RefusedError:
            return ()

    def _admin_page(self) -> str:
        public = self.settings["public_url"]
        page = f"{self.hub.base_url}portal/admin"
        return str(urljoin(public.geturl(), page)) if public else page


class FeedbackPage(AccessPage):
    """*Feedback* to the administrators."""

    template, current, kind = "feedback", "portal/feedback", messages.FEEDBACK


class DocumentationPage(PortalPage):
    """How to use the platform, in short."""

    template = "documentation"
