"""The pages of Spark and Dask, handed on by the person's own server to the person alone."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from jupyter_server.utils import url_path_join
from jupyter_server_proxy.handlers import ProxyHandler
from tornado.web import HTTPError

from astroflow_core.kubernetes.leases import leases
from astroflow_core.kubernetes.pages import FOLDER

if TYPE_CHECKING:
    from tornado.httputil import HTTPHeaders

_SECRETS = ("Authorization", "Cookie", "X-XSRFToken")


class ClusterPages(ProxyHandler):  # type: ignore[misc]
    """Hands requests on to the cluster that the path names, and only to a cluster of this pod."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Looking at a page that renews itself is no work: it keeps no idle server alive.
        super().__init__(*args, **kwargs, update_last_activity=False)

    async def http_get(self, name: str, path: str) -> None:
        """Hand on a request for a page."""
        await self.proxy(*self._address(name), path)

    async def open(self, name: str, path: str) -> None:
        """Hand on a web socket, by which a page renews itself."""
        await self.proxy_open(*self._address(name), path)

    def proxy_request_headers(self) -> HTTPHeaders:
        """Return the request's headers without those that prove who the person is."""
        headers: HTTPHeaders = super().proxy_request_headers()
        for secret in _SECRETS:
            headers.pop(secret, None)
        return headers

    def _address(self, name: str) -> tuple[str, int]:
        pages = next((lease.pages for lease in leases() if lease.name == name), None)
        if pages is None:
            raise HTTPError(HTTPStatus.NOT_FOUND, f"No cluster {name} is running here.")
        host, _, port = pages.rpartition(":")
        self.proxy_base = f"{FOLDER}/{name}"
        self.host_allowlist = [host]
        return host, int(port)


def handlers(base_url: str) -> list[tuple[str, type[ClusterPages]]]:
    """Return the handlers for a server at ``base_url``."""
    return [(url_path_join(base_url, FOLDER, r"([a-z0-9-]+)/(.*)"), ClusterPages)]
