"""A person's own packages on the workers, without pip on any of them."""

from __future__ import annotations

import importlib
import sys
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

from distributed import WorkerPlugin
from distributed.utils import offload

from astroflow_core.own_packages import DEFAULT, Environment, EnvironmentStore

if TYPE_CHECKING:
    from distributed import Worker

    from astroflow_core.preflight import Preflight


def push_packages(folder: Path | str | None = None, *, environment: str = DEFAULT) -> Preflight:
    """Bring packages to every worker of the session's cluster, and prove it by a preflight.

    They are kept in your home as an environment, for `use_environment` to bring again. Workers
    that join later get them, too. What a worker has imported in another version stays until it
    is restarted.

    Parameters
    ----------
    folder
        Where the packages are, as after ``pip install --target``; where ``pip install --user``
        puts them by default.
    environment
        The environment's name; one that there is of that name is replaced.

    Raises
    ------
    DataError
        When there is no package, or no room for them; when the name cannot be.
    SessionError
        When there is no cluster and none starts.
    """
    return _bring(EnvironmentStore.of_home().pack(environment, folder))


def use_environment(name: str) -> Preflight:
    """Bring the packages of an environment to every worker, in place of those before.

    What is installed in this notebook stays as it is; the preflight tells where that differs.

    Parameters
    ----------
    name
        As `push_packages` or ``astroflow env push`` named it; ``astroflow env list`` lists all.

    Raises
    ------
    DataError
        When there is none of that name, or it is broken or of another Python.
    SessionError
        When there is no cluster and none starts.
    """
    return _bring(EnvironmentStore.of_home().find(name))


def _bring(environment: Environment) -> Preflight:
    from astroflow_dask_gaia.session import current_client
    from astroflow_dask_gaia.workers import preflight_with

    plugin = Packages(environment.archive, environment.checked().read_bytes())
    current_client().register_plugin(plugin)
    return preflight_with(environment.packages)


class Packages(WorkerPlugin):
    """Unpacks an archive beside a worker's other scratch files, for its Python to find."""

    name = "astroflow-packages"

    def __init__(self, archive: str, content: bytes) -> None:
        self._archive = archive
        self._content = content

    async def setup(self, worker: Worker) -> None:
        """Do so when the worker starts, or the plugin is registered."""
        folder = self._folder(worker)
        await offload(self._unpack, folder)  # the worker goes on meanwhile
        sys.path.insert(0, str(folder))
        importlib.invalidate_caches()

    def teardown(self, worker: Worker) -> None:
        """Let Python look there no more: another environment takes its place."""
        with suppress(ValueError):
            sys.path.remove(str(self._folder(worker)))

    def _folder(self, worker: Worker) -> Path:
        return Path(worker.local_directory, self._archive)

    def _unpack(self, folder: Path) -> None:
        if folder.exists():
            return
        unfinished = folder.with_name(f"{folder.name}.part")
        with ZipFile(BytesIO(self._content)) as zipped:
            zipped.extractall(unfinished)
        unfinished.rename(folder)
