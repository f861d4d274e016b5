"""The portal's pages for everybody who is logged in."""

from __future__ import annotations

from typing import Any

from jupyterhub.handlers.base import BaseHandler
from tornado.web import authenticated

from astroflow_core.errors import AstroFlowError
from astroflow_hub.portal.details import PersonDetails
from astroflow_hub.portal.services import Services
from astroflow_hub.portal.settings import Portal


class PortalPage(BaseHandler):  # type: ignore[misc]
    """A page of the portal: drawn for one person, and kept by nobody."""

    template = ""
    current = ""  # the link of the head that is marked

    def set_default_headers(self) -> None:
        """Have nobody keep the page: after the logout, Back shows nothing of it."""
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")

    @property
    def portal(self) -> Portal:
        """The portal's settings."""
        found: Portal = Portal.instance(config=self.settings["config"])
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


class DocumentationPage(PortalPage):
    """How to use the platform, in short."""

    template = "documentation"
