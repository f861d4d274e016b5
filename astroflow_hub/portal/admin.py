"""What administrators see: who may use what, who uses what now, and what people write."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.scopes import Scope
from tornado.web import HTTPError, authenticated

from astroflow_hub.portal import messages
from astroflow_hub.portal.core_hours import core_hours
from astroflow_hub.portal.details import PersonDetails
from astroflow_hub.portal.handlers import PortalPage
from astroflow_hub.portal.overview import PAGE, PersonNow, person_now, persons
from astroflow_hub.portal.settings import Portal
from astroflow_hub.portal.tables import with_tables
from astroflow_hub.profile_store import ProfilesError, ProfileStore


def check_admin(handler: Any) -> None:
    """Refuse whoever does not administer every account.

    Raises
    ------
    HTTPError
        403.
    """
    if handler.parsed_scopes.get("admin:users") is not Scope.ALL:
        raise HTTPError(403, "This is for administrators.")


async def people(handler: Any) -> list[PersonNow]:
    """Return the persons that a request asks for by ``search`` and ``after``."""
    found = persons(
        handler.db, handler.get_argument("search", ""), handler.get_argument("after", "")
    )
    store = _profiles(handler.users[found[0]].spawner) if found else ProfileStore(())
    hours = core_hours(with_tables(handler.db), datetime.now(UTC))
    return [await _person(handler, account, store, hours) for account in found]


def _profiles(spawner: Any) -> ProfileStore:
    try:
        store: ProfileStore = spawner.all_profiles()
    except ProfilesError:
        return ProfileStore(())  # the hub's log tells why
    return store


async def _person(
    handler: Any, account: Any, store: ProfileStore, hours: dict[str, float]
) -> PersonNow:
    user = handler.users[account]
    uuid = PersonDetails.of(user.name, await user.get_auth_state()).uuid
    server = (user.spawner.user_options.get("profile") or "default") if user.active else ""
    running = Portal.instance().recorder.latest(user.name)
    return person_now(account, store, server, running, hours.get(uuid, 0.0))


class AdminPage(PortalPage):
    """*People*: who may use what, who uses what now, and what waits for an answer."""

    template, current = "admin", "portal/admin"

    async def values(self) -> dict[str, Any]:
        """Return a page of persons, and the open messages."""
        check_admin(self)
        found = await people(self)
        return {
            "people": found,
            "profiles": _profiles(self.current_user.spawner).profiles,
            "search": self.get_argument("search", ""),
            "next_after": found[-1].name if len(found) == PAGE else "",
            "messages": messages.waiting(with_tables(self.db)),
        }

    @authenticated
    async def post(self) -> None:
        """Close a message, with the answer that was typed."""
        check_admin(self)
        try:
            number = int(self.get_body_argument("message"))
            answer = self.get_body_argument("answer", "")
            name, now = self.current_user.name, datetime.now(UTC)
            closed = messages.close(with_tables(self.db), number, name, answer, now)
        except (ValueError, messages.MessageError) as error:
            self.set_status(400)
            await self.show(refused=str(error))
            return
        await self.show(done=f"The message of {closed.user_name} is closed.")


class UsersAPI(APIHandler):  # type: ignore[misc]
    """The same persons for `astroflow users`, by the hub's REST API."""

    async def get(self) -> None:
        """Answer with a page of persons; ``next`` is what the next one begins after."""
        check_admin(self)
        found = await people(self)
        more = found[-1].name if len(found) == PAGE else None
        self.finish({"people": [person.to_json() for person in found], "next": more})
