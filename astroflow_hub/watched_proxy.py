"""WatchedProxy: a proxy in a pod of its own, given its routes again when it was restarted."""

from __future__ import annotations

from aiohttp import ClientError
from jupyterhub.proxy import ConfigurableHTTPProxy
from tornado.ioloop import PeriodicCallback


class WatchedProxy(ConfigurableHTTPProxy):  # type: ignore[misc]
    """Somebody else starts and ends this proxy; the hub looks after its routes.

    The proxy keeps its routes in memory. JupyterHub itself looks every five minutes
    (``last_activity_interval``) whether an external one lost them, and until then nobody would
    reach their server. Here it looks every ``check_running_interval`` seconds.
    """

    async def start(self) -> None:
        """Wait for the proxy's API, and watch its routes from now on."""
        await self.get_all_routes()
        self._check_running_callback = PeriodicCallback(
            self.mend_routes, 1e3 * self.check_running_interval
        )
        self._check_running_callback.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._check_running_callback.stop()

    async def mend_routes(self) -> None:
        """Make the proxy's routes those of the servers that run."""
        try:
            await self.check_routes(self.app.users, self.app._service_map)  # noqa: SLF001
        except (TimeoutError, ClientError) as error:
            self.log.warning("The proxy does not answer: %s", error)
