"""A person's own packages on the executors, without pip on any of them."""

from __future__ import annotations

from shutil import copyfile
from typing import TYPE_CHECKING

from astroflow_core.own_packages import DEFAULT, Environment, EnvironmentStore

if TYPE_CHECKING:
    from pathlib import Path

    from astroflow_core.preflight import Preflight
    from astroflow_spark_gaia.gaia_session import GaiaSession

_UNPACKED = 2 * 2**20  # bytes of a zip file a second, fetched and unpacked on a slow disk
_VARIABLE = "ASTROFLOW_ENVIRONMENT"


def push_packages(folder: Path | str | None = None, *, environment: str = DEFAULT) -> Preflight:
    """Bring packages to every executor of the session, and prove it by a preflight.

    They are kept in your home as an environment, for `use_environment` to bring again. Executors
    that join later get them, too.

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
        When there is no session and none starts.
    """
    return _bring(EnvironmentStore.of_home().pack(environment, folder))


def use_environment(name: str) -> Preflight:
    """Bring the packages of an environment to every executor, in place of those before.

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
        When there is no session and none starts.
    """
    return _bring(EnvironmentStore.of_home().find(name))


def _bring(environment: Environment) -> Preflight:
    from astroflow_spark_gaia.executors import preflight_with
    from astroflow_spark_gaia.session import connect

    spark = connect()
    if spark.sparkContext.environment.get(_VARIABLE) != environment.archive:
        _add(spark, environment)
    unpacking = environment.path.stat().st_size / _UNPACKED
    return preflight_with(environment.packages, unpacking)


def _add(spark: GaiaSession, environment: Environment) -> None:
    context, archive = spark.sparkContext, environment.archive
    if not any(added.endswith(f"#{archive}") for added in context.listArchives):
        # Spark serves it to those that join later, when the environment may be another, or none.
        served = copyfile(environment.checked(), spark.jvm_process.scratch / f"{archive}.zip")
        context.addArchive(f"{served}#{archive}")
    before = context.environment.get(_VARIABLE)
    others = [name for name in context._python_includes or [] if name != before]  # noqa: SLF001
    # PySpark's workers look for modules in what is named here, the last one first.
    context._python_includes = [*others, archive]  # noqa: SLF001
    # Spark starts new ones for another environment, which have imported nothing yet.
    context.environment[_VARIABLE] = archive
