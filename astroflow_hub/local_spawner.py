"""AstroFlowLocalSpawner: a person's server as a process of this machine."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyterhub.spawner import SimpleLocalProcessSpawner
from jupyterhub.utils import random_port
from traitlets import Unicode, default

from astroflow_core.errors import AstroFlowError
from astroflow_core.idle import END_NOTE_VARIABLE
from astroflow_core.machine import Machine
from astroflow_hub.homes import make_home, safe_name
from astroflow_hub.lifeline import GRACE
from astroflow_hub.local_running import running_processes
from astroflow_hub.local_session import local_settings, session_environ
from astroflow_hub.profile_options import ProfileOptions, RefusedError

if TYPE_CHECKING:
    from astroflow_core.session import SessionSettings
    from astroflow_hub.running import Running

DASK_SERVER_EXTENSION = "astroflow_dask_gaia.server"


class AstroFlowLocalSpawner(ProfileOptions, SimpleLocalProcessSpawner):  # type: ignore[misc]
    """Starts servers as processes of the hub's own system user: one machine, no isolation.

    An admin sets ``profiles_dir`` or ``profiles``, and the other folders below. Without a
    profile nobody is given a server.
    """

    data_dir = Unicode(
        ".astroflow/data", config=True, help="The folder whose sub-folders are the catalogues."
    )
    homes_dir = Unicode(
        ".astroflow/homes", config=True, help="The folder in which each person has a home."
    )
    demos_dir = Unicode(
        "notebooks/demo",
        config=True,
        help="What is copied into demo/ of a home. Each file is given once: what a person "
        "changed is never overwritten, and what they deleted does not come back.",
    )
    cache_dir = Unicode(
        ".astroflow/cache", config=True, help="What sessions keep for the next, of any person."
    )
    logs_dir = Unicode(
        ".astroflow/logs", config=True, help="The folder in which each server writes a log."
    )

    @default("cmd")
    def _default_cmd(self) -> list[str]:
        # -P: a random.py in the person's home must not stand in for Python's own.
        python = [sys.executable, "-P", "-m"]
        return [*python, "astroflow_hub.lifeline", *python, "jupyterhub.singleuser"]

    @default("args")
    def _default_args(self) -> list[str]:
        # In a container the hub often runs as root, and so do its servers.
        as_root = ["--allow-root"] if os.geteuid() == 0 else []
        return [f"--ServerApp.jpserver_extensions={DASK_SERVER_EXTENSION}=True", *as_root]

    @default("default_url")
    def _default_url(self) -> str:
        return "/lab"

    @default("home_dir")
    def _default_home_dir(self) -> str:
        return str(Path(self.homes_dir).resolve() / safe_name(self.user.name))

    @default("notebook_dir")
    def _default_notebook_dir(self) -> str:
        return str(self.home_dir)

    @default("interrupt_timeout")
    def _default_interrupt_timeout(self) -> int:
        return GRACE + 4  # the server's lifeline ends it within GRACE and tidies up

    @default("http_timeout")
    def _default_http_timeout(self) -> int:
        return 120  # seconds; a laptop that is busy takes a while to start JupyterLab

    @default("env_keep")
    def _default_env_keep(self) -> list[str]:
        return [*super()._env_keep_default(), "JAVA_HOME"]

    @property
    def catalogues_dir(self) -> str:
        """The folder of the catalogues."""
        return str(self.data_dir)

    def load_state(self, state: dict[str, Any]) -> None:
        """Restore no process: servers end with the hub, so a stored pid is someone else's."""
        super().load_state({name: value for name, value in state.items() if name != "pid"})

    async def poll(self) -> int | None:
        """Return None while the server runs; when it has died, keep why for the next page."""
        code: int | None = await super().poll()
        if code is not None and self.proc is not None and not self._stop_pending:
            self.ended_because = self.ended_because or self._end(code)
        return code

    @property
    def home_folder(self) -> Path:
        """The home, which the hub can look into."""
        return Path(self.home_dir)

    async def running(self) -> list[Running]:
        """Return the processes of the server and its clusters."""
        if self.profile is None or not self.pid:
            return []
        look = partial(running_processes, self.pid, self.profile, self._settings())
        return await asyncio.get_running_loop().run_in_executor(None, look)

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """Return ``env`` with the session's settings; what the hub itself sets stays."""
        profile = self.chosen_profile()
        session = session_environ(profile, self._settings(), random_port())
        session[END_NOTE_VARIABLE] = str(self._file("end"))
        programs = [str(Path(sys.executable).parent), env.get("PATH", os.defpath)]
        return dict(super().user_env({**session, **env, "PATH": os.pathsep.join(programs)}))

    async def start(self) -> tuple[str, int]:
        """Start the server of the chosen profile in the person's home.

        Raises
        ------
        RefusedError
            When there is no profile, a catalogue is gone, or the home cannot be made.
        """
        try:
            self.chosen_profile()
            self._file("end").unlink(missing_ok=True)
            self.ended_because = ""
            make_home(Path(self.home_dir), Path(self.demos_dir))
            with self._open_log() as log:
                self.popen_kwargs = {"stdout": log, "stderr": subprocess.STDOUT}
                return await super().start()  # type: ignore[no-any-return]
        except AstroFlowError as error:
            raise RefusedError(error) from error
        except OSError as error:
            told = AstroFlowError(f"your server cannot be started: {error}")
            raise RefusedError(told) from error

    def _settings(self) -> SessionSettings:
        profile = self.chosen_profile()
        return local_settings(profile, Machine.this(), Path(self.data_dir), Path(self.cache_dir))

    def _open_log(self) -> Any:
        path = self._file("log")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path.open("wb")

    def _file(self, kind: str) -> Path:
        return (Path(self.logs_dir) / f"{safe_name(self.user.name)}.{kind}").resolve()

    def _end(self, code: int) -> str:
        """Return why a server that nobody stopped has ended, as far as it is known."""
        with suppress(OSError):
            return self._file("end").read_text(encoding="utf-8")
        if code < 0:
            return f"it was killed (signal {-code}), as happens when memory is short"
        return f"it ended with exit code {code}" if code else ""
