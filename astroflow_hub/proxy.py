"""Start `configurable-http-proxy` (the Python one) so that notebooks can live with it.

It is JupyterHub's proxy command, so its arguments are JupyterHub's. Left alone, version 0.4
gives up a request after 20 s, carries 10 requests at once, ends a kernel's websocket at the
first message above 10 MB (one large plot), and does not tell the browser in which of the
protocols it offered the kernel answers, nor the kernel which messages are binary.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from configurable_http_proxy import cli, configproxy, handlers
from tornado.httpclient import AsyncHTTPClient

MESSAGE_BYTES = 2**30
REQUESTS = 1000


class NotebookProxyHandler(handlers.ProxyHandler):  # type: ignore[misc]
    """Carries websockets of the size and kind that Jupyter's kernels use."""

    max_message_size = MESSAGE_BYTES

    def select_subprotocol(self, _offered: list[str]) -> str | None:
        """Return what the server chose, whose connection is up before the browser's."""
        chosen: str | None = self.ws_client.selected_subprotocol
        return chosen

    def on_message(self, message: Any) -> None:
        """Pass on a message of the browser as the kind it is."""
        if self.ws_client:
            self.proxy.update_last_activity(self.target["prefix"])
            self.ws_client.write_message(message, binary=isinstance(message, bytes))


def main() -> None:
    """Run the proxy until it is ended."""
    AsyncHTTPClient.configure(
        None,
        max_clients=REQUESTS,
        max_buffer_size=MESSAGE_BYTES,
        defaults={"request_timeout": 0},
    )
    handlers.websocket_connect = partial(handlers.websocket_connect, max_message_size=MESSAGE_BYTES)
    configproxy.ProxyHandler = NotebookProxyHandler
    # Tornado logs the whole address of a refused request, and tokens may stand in it.
    logging.getLogger("tornado.access").setLevel(logging.CRITICAL)
    cli.main()


if __name__ == "__main__":
    main()
