"""Start `configurable-http-proxy` (the Python one) with limits that notebooks can live with.

It is JupyterHub's proxy command, so its arguments are JupyterHub's. Left alone it would give
up a request after 20 s, carry 10 requests at once, and close a kernel's websocket at the first
message above 10 MB, which one large plot is.
"""

from __future__ import annotations

import logging
from functools import partial

from configurable_http_proxy import cli, handlers
from tornado.httpclient import AsyncHTTPClient

MESSAGE_BYTES = 2**30
REQUESTS = 1000


def main() -> None:
    """Run the proxy until it is ended."""
    AsyncHTTPClient.configure(
        None,
        max_clients=REQUESTS,
        max_buffer_size=MESSAGE_BYTES,
        defaults={"request_timeout": 0},
    )
    handlers.websocket_connect = partial(handlers.websocket_connect, max_message_size=MESSAGE_BYTES)
    handlers.ProxyHandler.max_message_size = MESSAGE_BYTES
    # Tornado logs the whole address of a refused request, and tokens may stand in it.
    logging.getLogger("tornado.access").setLevel(logging.CRITICAL)
    cli.main()


if __name__ == "__main__":
    main()
