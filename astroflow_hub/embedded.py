"""The embedded hub: what `jupyterhub_config.py` is wired with when it runs on one machine."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from astroflow_core.errors import AstroFlowError

if TYPE_CHECKING:
    from collections.abc import Mapping

HOST = "127.0.0.1"
PORT_VARIABLE = "ASTROFLOW_HUB_PORT"
PASSWORD_VARIABLE = "ASTROFLOW_HUB_PASSWORD"  # noqa: S105 (the variable's name)
STATE_VARIABLE = "ASTROFLOW_STATE_DIR"
MIN_PASSWORD = 8  # JupyterHub's shared-password login refuses shorter ones


class HubError(AstroFlowError):
    """The hub cannot start as it is configured."""


@dataclass(frozen=True, slots=True)
class EmbeddedHub:
    """Where a hub on this machine listens and keeps its things."""

    port: int
    state_dir: Path
    data_dir: Path
    cache_dir: Path
    chosen_password: str | None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], here: Path) -> EmbeddedHub:
        """Read the variables that begin with ``ASTROFLOW_``, as docs/profiles.md lists them.

        Folders are by default in ``.astroflow`` of the folder ``here``.

        Raises
        ------
        HubError
            When one of them is not valid.
        """
        default, password = here / ".astroflow", environ.get(PASSWORD_VARIABLE)
        return cls(
            port=_port(environ.get(PORT_VARIABLE) or "8000"),
            state_dir=Path(environ.get(STATE_VARIABLE) or default).absolute(),
            data_dir=Path(environ.get("ASTROFLOW_DATA_DIR") or default / "data").absolute(),
            cache_dir=Path(environ.get("ASTROFLOW_CACHE_DIR") or default / "cache").absolute(),
            chosen_password=_checked(password, PASSWORD_VARIABLE) if password else None,
        )

    @property
    def url(self) -> str:
        """The address to open in a browser."""
        return f"http://{HOST}:{self.port}"

    @property
    def password_file(self) -> Path:
        """Where a generated password is kept."""
        return self.state_dir / "password"

    def password(self) -> str:
        """Return the chosen password, or the generated one; generate it the first time.

        Raises
        ------
        HubError
            When the file that keeps it holds none.
        """
        if self.chosen_password:
            return self.chosen_password
        with suppress(FileExistsError):
            write_secret(self.password_file, secrets.token_urlsafe(12))
        kept = self.password_file.read_text(encoding="utf-8", errors="replace").strip()
        return _checked(kept, f"the password in {self.password_file}")

    def make_state_dir(self) -> None:
        """Make the folder of the hub's state, closed to other system users.

        Raises
        ------
        HubError
            When it cannot be made.
        """
        try:
            self.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise HubError(
                f"the hub's folder {self.state_dir} cannot be made ({error.strerror}): "
                f"set {STATE_VARIABLE} to a folder you can write to"
            ) from error

    def lock(self) -> int:
        """Return a file descriptor that holds the state's lock until it is closed.

        Raises
        ------
        HubError
            When another hub holds it.
        """
        # No file object: it would be closed, and the lock be gone, when nobody refers to it.
        descriptor = os.open(self.state_dir / "lock", os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise HubError(
                f"a hub is running on {self.state_dir} already: stop it, or set "
                f"{STATE_VARIABLE} to a folder of its own for this one"
            ) from None
        return descriptor

    def check_port(self) -> None:
        """Refuse a port on which something listens.

        Raises
        ------
        HubError
            Naming the port and the variable that changes it.
        """
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, self.port))
            except OSError as error:
                raise HubError(
                    f"port {self.port} of {HOST} cannot be used ({error.strerror}): end what "
                    f"uses it, or choose another by {PORT_VARIABLE}=8001"
                ) from error


def write_secret(path: Path, secret: str) -> None:
    """Write a new file that only its owner can read.

    Raises
    ------
    FileExistsError
        When it is there already.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret + "\n")


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) < 2**16:
        raise HubError(f"{PORT_VARIABLE}={text}: a port is a number from 1 to 65535")
    return int(text)


def _checked(password: str, origin: str) -> str:
    if len(password) < MIN_PASSWORD or not password.isascii():
        raise HubError(f"{origin} has to be at least {MIN_PASSWORD} characters long, of ASCII only")
    return password
