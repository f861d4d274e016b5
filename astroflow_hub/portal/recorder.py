"""Recorder: looks each minute at what everybody runs, and counts its core hours."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError
from tornado.ioloop import PeriodicCallback

from astroflow_hub.portal.core_hours import count
from astroflow_hub.portal.details import PersonDetails
from astroflow_hub.portal.tables import with_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from astroflow_hub.running import Running

LOOK_SECONDS = 60


class Recorder:
    """Knows what everybody runs, as of the last look.

    ``hub`` is JupyterHub's application: its users, its database and its log.
    """

    def __init__(self, hub: Any) -> None:
        self._hub = hub
        self._looks = PeriodicCallback(self.look, LOOK_SECONDS * 1000)
        self._latest: dict[str, list[Running]] = {}

    def start(self) -> None:
        """Look from now on."""
        self._looks.start()

    def latest(self, user_name: str) -> list[Running] | None:
        """Return what a person ran at the last look; None where it was not seen."""
        return self._latest.get(user_name)

    async def look(self) -> None:
        """Count what runs since the last look; what cannot be seen is counted by the next."""
        if not self._hub.db:
            return  # the hub is not up yet
        seen = {}
        for user, spawner in self._ready():
            try:
                seen[user.name] = await self._count(user, spawner)
            except Exception as error:  # noqa: BLE001 (of one person, whatever the cluster said)
                what = type(error).__name__  # its words may hold what the log must not
                self._hub.log.warning("What %s runs cannot be seen now: %s", user.name, what)
                if isinstance(error, SQLAlchemyError):
                    self._hub.db.rollback()
        self._latest = seen

    async def _count(self, user: Any, spawner: Any) -> list[Running]:
        running: list[Running] = await spawner.running()
        person = PersonDetails.of(user.name, await user.get_auth_state()).uuid
        count(with_tables(self._hub.db), person, running, datetime.now(UTC))
        return running

    def _ready(self) -> Iterator[tuple[Any, Any]]:
        for user in list(self._hub.users.values()):
            for spawner in list(user.spawners.values()):
                if spawner.ready:
                    yield user, spawner
