"""How full a home is: counted where the hub sees it, else as the person's server told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.scopes import needs_scope
from tornado.web import HTTPError

from astroflow_hub.folder_size import folder_size
from astroflow_hub.portal.details import PersonDetails
from astroflow_hub.portal.tables import Home, with_tables

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

_PATIENCE = 5  # seconds for which a page waits
_MOST = 2**62  # bytes; no disk has more


@dataclass(frozen=True, slots=True)
class HomeUse:
    """The bytes that a home takes, and may take; each None where it is not known.

    ``told_at`` is when it was counted; None where it never was.
    """

    used: int | None
    size: int | None
    told_at: datetime | None

    @property
    def percent(self) -> float | None:
        """How much of its size a home takes."""
        return 100 * self.used / self.size if self.used is not None and self.size else None


async def home_use(session: Session, person: str, spawner: Any, now: datetime) -> HomeUse:
    """Return how full a person's home is, as far as it is known."""
    if folder := spawner.home_folder:
        used = await _count(folder)
        return HomeUse(used=used, size=await _size(spawner), told_at=now)
    told = session.get(Home, person)
    return HomeUse(
        used=told.used if told else None,
        size=await _size(spawner),
        told_at=told.told_at if told else None,
    )


async def _count(folder: Path) -> int | None:
    look = partial(folder_size, folder, _PATIENCE)
    return await asyncio.get_running_loop().run_in_executor(None, look)


async def _size(spawner: Any) -> int | None:
    try:
        size: int | None = await spawner.home_size()
    except Exception as error:  # noqa: BLE001 (whatever the cluster said)
        spawner.log.warning("The size of a home cannot be read: %s", type(error).__name__)
        return None
    return size


class HomeAPI(APIHandler):  # type: ignore[misc]
    """Where a person's server tells how full their home is."""

    @needs_scope("users:activity")  # type: ignore[untyped-decorator]
    async def post(self, user_name: str) -> None:
        """Keep what is told: ``{"used": bytes}``, or null where it could not be counted."""
        user = self.find_user(user_name)
        told = self.get_json_body()
        used = told.get("used") if isinstance(told, dict) else ""
        if user is None or not (used is None or (type(used) is int and 0 <= used < _MOST)):
            raise HTTPError(400, 'the body is {"used": bytes}')
        person = PersonDetails.of(user.name, await user.get_auth_state()).uuid
        session = with_tables(self.db)
        session.merge(Home(person=person, used=used, told_at=datetime.now(UTC)))
        session.commit()
        self.set_status(204)
