"""A person's own packages on the executors, without pip on any of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from astroflow_core.own_packages import pack_packages
from astroflow_core.session import SessionSettings

if TYPE_CHECKING:
    from pathlib import Path

    from astroflow_core.preflight import Preflight


def push_packages(folder: Path | None = None) -> Preflight:
    """Bring packages to every executor of the session, and prove it by a preflight.

    Executors that join later get them, too. What an executor has imported in another version
    stays until the session ends.

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
        When there is no session and none starts.
    """
    from astroflow_spark_gaia.executors import preflight
    from astroflow_spark_gaia.session import connect

    context = connect().sparkContext
    cache = SessionSettings.from_environ(os.environ).cache_dir.expanduser()
    archive = pack_packages(folder, cache)
    included: list[str] = context._python_includes or []  # noqa: SLF001
    if archive.stem not in included:
        context.addArchive(f"{archive}#{archive.stem}")
        # PySpark's workers look for modules in what is named here, the last one first.
        context._python_includes = [*included, archive.stem]  # noqa: SLF001
    return preflight()
