"""Run the embedded hub in front of a person: says where it is, and ends all that it started.

    python -m astroflow_hub.run [--with-parent]

in the folder of `jupyterhub_config.py`. Whichever way the hub ends, and also when this process
is ended or killed, nothing it started stays behind. With ``--with-parent`` it ends, too, when
the process that started it does.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from subprocess import STDOUT, Popen
from typing import TYPE_CHECKING

from astroflow_core.errors import AstroFlowError
from astroflow_hub.embedded import HOST, PASSWORD_VARIABLE, EmbeddedHub
from astroflow_hub.keycloak.embedded import REALM_VARIABLE
from astroflow_hub.lifeline import end_with_parent, supervise

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIG = "jupyterhub_config.py"
LAST_WORDS = 20  # lines of its log that are shown of a hub that did not start


def main() -> int:
    """Run the hub until it is ended; return its exit code."""
    if "--with-parent" in sys.argv[1:]:
        end_with_parent()
    os.umask(0o077)  # logs are nobody else's to read
    try:
        hub = EmbeddedHub.from_environ(os.environ, Path.cwd())
        hub.make_state_dir()
        hub.check_port()
        os.close(hub.lock())  # the hub takes it again; here it guards the running one's log
    except AstroFlowError as error:
        _say(f"astroflow: the hub does not start:\n{error}")
        return 1
    return _run(hub, [sys.executable, "-P", "-m", "jupyterhub", "-f", CONFIG])


def _run(hub: EmbeddedHub, command: Sequence[str]) -> int:
    log = hub.state_dir / "logs" / "hub.log"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    with log.open("wb") as file:
        greet = partial(_greet_when_ready, hub, log)
        code = supervise(command, started=greet, stdout=file, stderr=STDOUT)
    _say(f"The hub has ended (code {code}), and all that it started.")
    return code


def _greet_when_ready(hub: EmbeddedHub, log: Path, process: Popen[bytes]) -> None:
    while not _is_healthy(hub.port):
        if process.poll() is not None:
            words = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            _say("\n".join(words[-LAST_WORDS:]))
            return
        time.sleep(0.2)
    _say(
        f"\nAstroFlow Hub is ready.\n\n"
        f"  Open      {hub.url}\n"
        f"{_how_to_log_in(hub)}"
        f"  Log       {log}\n"
        f"  End       Ctrl-C\n"
    )


def _how_to_log_in(hub: EmbeddedHub) -> str:
    if realm_url := os.environ.get(REALM_VARIABLE):
        return f"  Accounts  of {realm_url}\n"
    password = f"the one in {PASSWORD_VARIABLE}" if hub.chosen_password else hub.password_file
    return f"  User      any name\n  Password  {password}\n"


def _is_healthy(port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/hub/health")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
