"""A hub of its own, as `make run` starts it, for as long as one needs it."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from astroflow_hub.embedded import HubError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CHECKOUT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class RunningHub:
    """A hub that runs: its process, its address and the password for it."""

    process: subprocess.Popen[str]
    url: str
    password: str


@contextmanager
def running_hub(state_dir: Path, folder: Path = CHECKOUT, **variables: str) -> Iterator[RunningHub]:
    """Run a hub of its own; end it, and all it started, afterwards.

    ``folder`` holds its `jupyterhub_config.py`; ``variables`` are further environment
    variables for it. Its port is a free one unless they say which.

    Raises
    ------
    HubError
        When it does not come up; with its own words.
    """
    port = int(variables.get("ASTROFLOW_HUB_PORT") or free_port())
    password = secrets.token_urlsafe()
    environ = os.environ | {
        "ASTROFLOW_HUB_PORT": str(port),
        "ASTROFLOW_HUB_PASSWORD": password,
        "ASTROFLOW_STATE_DIR": str(state_dir),
        **variables,
    }
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "astroflow_hub.run", "--with-parent"],
        env=environ,
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        _wait_for_greeting(process)
        yield RunningHub(process, f"http://127.0.0.1:{port}", password)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def write_config(folder: Path, profiles: Mapping[str, str], settings: str = "") -> Path:
    """Write the configuration of a hub that offers ``profiles``; return its folder.

    All else is as in the checkout, but for ``settings``: lines of Python that set ``c``.
    """
    (folder / "profiles").mkdir(parents=True)
    for name, text in profiles.items():
        (folder / "profiles" / f"{name}.yaml").write_text(text, encoding="utf-8")
    lines = [
        f"load_subconfig({str(CHECKOUT / 'jupyterhub_config.py')!r})",
        f"c = get_config()\nc.AstroFlowLocalSpawner.profiles_dir = {str(folder / 'profiles')!r}",
        settings,
    ]
    (folder / "jupyterhub_config.py").write_text("\n".join(lines), encoding="utf-8")
    return folder


def _wait_for_greeting(process: subprocess.Popen[str]) -> None:
    said = []
    for line in process.stdout or ():
        said.append(line)
        if "Ctrl-C" in line:
            return
    raise HubError("".join(said).strip())


def free_port() -> int:
    """Return the number of a port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
