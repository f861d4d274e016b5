"""A Keycloak of one's own on this machine, with the realm of `deploy/keycloak`."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx

from astroflow_hub.embedded import HOST
from astroflow_hub.lifeline import end_with_parent
from tools.keycloak.distribution import KeycloakToolError
from tools.running_hub import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REALM_FILE = CHECKOUT / "deploy" / "keycloak" / "astroflow-realm.json"
ADMIN = "admin"
# What runs on this machine is asked without TLS: to read its certificates each time costs 40 ms.
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
PATIENCE = 120  # seconds until it is ready
_JAVA = {
    # A third of the memory and half of the time to start that Keycloak takes by default.
    "JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx256m -XX:MaxMetaspaceSize=192m -XX:ReservedCodeCacheSize=64m",
    "JAVA_OPTS_APPEND": "-XX:-UseG1GC -XX:+UseSerialGC -XX:TieredStopAtLevel=1",
}


@dataclass(frozen=True, slots=True)
class KeycloakServer:
    """A Keycloak that keeps its database in ``folder`` and listens on this machine alone."""

    folder: Path
    distribution: Path
    port: int
    management_port: int
    hub_url: str
    client_secret: str = field(repr=False)
    admin_password: str = field(repr=False)

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://{HOST}:{self.port}"

    @property
    def realm_url(self) -> str:
        """The realm's address."""
        return f"{self.url}/realms/astroflow"

    @property
    def command(self) -> list[str]:
        """What starts it; it imports the realm unless it has it already."""
        return [
            str(self.distribution / "bin" / "kc.sh"),
            f"-Dkc.home.dir={self.folder}",
            *("start", "--optimized", "--import-realm", "--cache=local"),
            *("--http-enabled=true", f"--http-host={HOST}", f"--http-port={self.port}"),
            *(f"--hostname={self.url}", f"--http-management-host={HOST}"),
            f"--http-management-port={self.management_port}",
        ]

    @property
    def environ(self) -> Mapping[str, str]:
        """Its environment: what the realm's file leaves open is filled in from there."""
        return os.environ | {
            **_JAVA,
            "KC_BOOTSTRAP_ADMIN_USERNAME": ADMIN,
            "KC_BOOTSTRAP_ADMIN_PASSWORD": self.admin_password,
            "ASTROFLOW_CLIENT_SECRET": self.client_secret,
            "ASTROFLOW_HUB_URL": self.hub_url,
            "ASTROFLOW_HUB_INTERNAL_URL": self.hub_url,
        }

    def prepare(self) -> None:
        """Make the folder, where Keycloak finds its programs and the realm's file."""
        imports = self.folder / "data" / "import"
        imports.mkdir(parents=True, exist_ok=True)
        shutil.copy(REALM_FILE, imports)
        for name in ("lib", "conf", "providers", "themes"):
            link = self.folder / name
            link.unlink(missing_ok=True)
            link.symlink_to(self.distribution / name)

    def is_ready(self) -> bool:
        """Return whether it answers."""
        with suppress(httpx.TransportError):
            url = f"http://{HOST}:{self.management_port}/health/ready"
            return httpx.get(url, verify=PLAIN).status_code == HTTPStatus.OK
        return False

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until it is ready.

        Raises
        ------
        KeycloakToolError
            When it ends before, or takes too long.
        """
        deadline = time.monotonic() + PATIENCE
        while not self.is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise KeycloakToolError(f"Keycloak does not start: its log is {self.log}")
            time.sleep(0.2)

    @property
    def log(self) -> Path:
        """Where it writes what it does."""
        return self.folder / "keycloak.log"

    def start(self) -> subprocess.Popen[bytes]:
        """Start it; it ends with this process, and all that it started with it.

        Raises
        ------
        KeycloakToolError
            When it does not come up.
        """
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "astroflow_hub.lifeline", *self.command],
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=end_with_parent,  # noqa: PLW1509 (it does nothing but one call)
            )
        try:
            self.wait(process)
        except KeycloakToolError:
            stop(process)
            raise
        return process


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a Keycloak that was started."""
    process.terminate()
    process.wait(timeout=30)
