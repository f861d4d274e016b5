"""WatchedProxy: lets the hub live with a proxy and a database that restart without it."""

from __future__ import annotations

from typing import Any

from aiohttp import ClientError
from jupyterhub.proxy import ConfigurableHTTPProxy
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from tornado.ioloop import PeriodicCallback


class WatchedProxy(ConfigurableHTTPProxy):  # type: ignore[misc]
    """A proxy in a pod of its own: somebody else starts and ends it, the hub sees to its routes.

    It keeps them in memory. JupyterHub itself looks every five minutes whether an external proxy
    lost them (``last_activity_interval``), and until then nobody would reach their server. Here
    it looks every ``check_running_interval`` seconds, and as often at its database.
    """

    async def start(self) -> None:
        """Wait for the proxy's API, and look from now on."""
        await self.get_all_routes()
        self._check_running_callback = PeriodicCallback(
            self.look_around, 1e3 * self.check_running_interval
        )
        self._check_running_callback.start()

    def stop(self) -> None:
        """Look no longer."""
        self._check_running_callback.stop()

    async def look_around(self) -> None:
        """Leave a database connection that is gone, and give the proxy the routes it lacks."""
        leave_lost_connection(self.app.db)
        try:
            await self.check_routes(self.app.users, self.app._service_map)  # noqa: SLF001
        except (TimeoutError, ClientError) as error:
            self.log.warning("The proxy does not answer: %s", error)


def leave_lost_connection(session: Any) -> None:
    """End the session's transaction if its connection is gone.

    JupyterHub reads in a transaction that stays open; after a restart of the database the next
    person's request would end with an error, and only then the hub would connect anew.
    """
    try:
        session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        session.rollback()
