"""Where the session's Dask scheduler is: an address such as ``tcp://127.0.0.1:8786``."""

from __future__ import annotations

from urllib.parse import urlsplit

ADDRESS_VARIABLE = "DASK_SCHEDULER_ADDRESS"
LOOPBACK = "127.0.0.1"
START_TIMEOUT = "60s"  # a scheduler that starts at the first connection answers late


def host_and_port(address: str) -> tuple[str, int]:
    """Return the host and the port of a scheduler's address.

    >>> host_and_port("tcp://127.0.0.1:8786")
    ('127.0.0.1', 8786)

    Raises
    ------
    ValueError
        When ``address`` names no host or no port.
    """
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if not parts.hostname or parts.port is None:
        raise ValueError("it is not of the form tcp://host:port")
    return parts.hostname, parts.port
