"""AstroFlowLocalSpawner: a person's server as a process of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyterhub.spawner import SimpleLocalProcessSpawner, Spawner, SpawnException
from jupyterhub.utils import random_port
from traitlets import Dict, Instance, List, Unicode, default

from astroflow_core.errors import AstroFlowError
from astroflow_core.machine import Machine
from astroflow_core.profile import Profile
from astroflow_hub.homes import make_home, safe_name
from astroflow_hub.lifeline import GRACE
from astroflow_hub.local_session import local_settings, session_environ
from astroflow_hub.options_form import choose, parse_form, render_form
from astroflow_hub.profile_store import ProfilesError, ProfileStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

DASK_SERVER_EXTENSION = "astroflow_dask_gaia.server"


class RefusedError(SpawnException):  # type: ignore[misc]
    """A person's mistake, as JupyterHub relays it: status 400, on the page and by its API."""

    def __init__(self, error: AstroFlowError) -> None:
        super().__init__(str(error), reason="refused")
        self.jupyterhub_message = str(error)


class AstroFlowLocalSpawner(SimpleLocalProcessSpawner):  # type: ignore[misc]
    """Starts servers as processes of the hub's own system user: one machine, no isolation.

    An admin sets ``profiles_dir`` or ``profiles``, and the other folders below. Without a
    profile nobody is given a server.
    """

    profiles_dir = Unicode(
        "profiles", config=True, help="The folder with the profiles, one YAML file each."
    )
    profiles = List(
        Dict(),
        config=True,
        help="Profiles written here, with the schema of the files; used in place of profiles_dir.",
    )
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
    profile = Instance(
        Profile, allow_none=True, help="The profile of the server that starts, choices applied."
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

    @default("options_form")
    def _default_options_form(self) -> Callable[[AstroFlowLocalSpawner], str]:
        return lambda spawner: render_form(spawner.store(), spawner.user_options)

    @default("options_from_form")
    def _default_options_from_form(self) -> Callable[[Mapping[str, Sequence[str]]], Any]:
        def read(form: Mapping[str, Sequence[str]]) -> dict[str, Any]:
            try:
                options = parse_form(form)
                choose(self.store(), options)
            except AstroFlowError as error:
                raise RefusedError(error) from error
            return options

        return read

    @default("apply_user_options")
    def _default_apply_user_options(self) -> Callable[[Any, Mapping[str, Any]], None]:
        def apply(spawner: AstroFlowLocalSpawner, user_options: Mapping[str, Any]) -> None:
            try:
                spawner.profile = choose(spawner.store(), user_options)
            except AstroFlowError as error:
                raise RefusedError(error) from error

        return apply

    def store(self) -> ProfileStore:
        """Return the profiles as they are now: an admin need not restart the hub.

        Raises
        ------
        RefusedError
            When they have problems; the hub's log tells the admin which.
        """
        try:
            return read_store(self.profiles, self.profiles_dir, self.data_dir)
        except ProfilesError as error:
            self.log.error("The profiles cannot be offered:\n%s", error)  # noqa: TRY400 (no trace)
            told = AstroFlowError("no environment can be started now: ask the hub's administrator")
            raise RefusedError(told) from error

    def load_state(self, state: dict[str, Any]) -> None:
        """Restore nothing: servers end with the hub, so a stored pid is someone else's."""
        Spawner.load_state(self, state)

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """Return ``env`` with the session's settings; what the hub itself sets stays."""
        profile = self._chosen_profile()
        settings = local_settings(
            profile, Machine.this(), Path(self.data_dir), Path(self.cache_dir)
        )
        session = session_environ(profile, settings, random_port())
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
            self._chosen_profile()
            make_home(Path(self.home_dir), Path(self.demos_dir))
            with self._open_log() as log:
                self.popen_kwargs = {"stdout": log, "stderr": subprocess.STDOUT}
                return await super().start()  # type: ignore[no-any-return]
        except AstroFlowError as error:
            raise RefusedError(error) from error
        except OSError as error:
            told = AstroFlowError(f"your server cannot be started: {error}")
            raise RefusedError(told) from error

    def _chosen_profile(self) -> Profile:
        if self.profile is None:
            raise AstroFlowError("no environment is chosen, so no server is started")
        return self.profile

    def _open_log(self) -> Any:
        path = Path(self.logs_dir) / f"{safe_name(self.user.name)}.log"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path.open("wb")


def read_store(inline: Sequence[Any], profiles_dir: str, data_dir: str) -> ProfileStore:
    """Return the profiles written ``inline``, or else those in the folder ``profiles_dir``.

    Raises
    ------
    ProfilesError
        With every problem, among them catalogues that ``data_dir`` lacks.
    """
    if inline:
        return ProfileStore.from_list(inline, Path(data_dir))
    return ProfileStore.from_dir(Path(profiles_dir), Path(data_dir))
