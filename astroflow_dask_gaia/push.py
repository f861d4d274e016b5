"""A person's own packages on the workers, without pip on any of them."""

from __future__ import annotations

import importlib
import os
import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

from distributed import WorkerPlugin

from astroflow_core.own_packages import pack_packages
from astroflow_core.session import SessionSettings

if TYPE_CHECKING:
    from distributed import Worker

    from astroflow_core.preflight import Preflight


def push_packages(folder: Path | None = None) -> Preflight:
    """Bring packages to every worker of the session's cluster, and prove it by a preflight.

    Workers that join later get them, too. What a worker has imported in another version stays
    until it is restarted.

    Parameters
    ----------
    folder
        Where the packages are, as after ``pip install --target``; where ``pip install --user``
        puts them by default.

    Raises
    ------
    DataError
        When there is no package.
    SessionError
        When there is no cluster and none starts.
    """
    from astroflow_dask_gaia.session import current_client
    from astroflow_dask_gaia.workers import preflight

    client = current_client()
    cache = SessionSettings.from_environ(os.environ).cache_dir.expanduser()
    archive = pack_packages(folder, cache)
    client.register_plugin(Packages(archive.stem, archive.read_bytes()))
    return preflight()


class Packages(WorkerPlugin):
    """Unpacks an archive beside a worker's other scratch files, for its Python to find."""

    name = "astroflow-packages"

    def __init__(self, archive: str, content: bytes) -> None:
        self._archive = archive
        self._content = content

    def setup(self, worker: Worker) -> None:
        """Do so when the worker starts, or the plugin is registered."""
        folder = Path(worker.local_directory, self._archive)
        with ZipFile(BytesIO(self._content)) as zipped:
            zipped.extractall(folder)
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
        importlib.invalidate_caches()
