"""The Spark session of this process: found, started or replaced."""

from __future__ import annotations

import os
import sys
from threading import RLock
from typing import TYPE_CHECKING

from astroflow_core.errors import AstroFlowError, SessionError
from astroflow_core.machine import Machine
from astroflow_core.session import ClusterSize, SessionSettings
from astroflow_spark_gaia import sizes
from astroflow_spark_gaia.archive import archive_path, options_to_use
from astroflow_spark_gaia.databases import Databases, Tables
from astroflow_spark_gaia.java import find_java
from astroflow_spark_gaia.jvm import (
    Jvm,
    jvm_command,
    new_log,
    reason_of,
    spark_home,
    spark_jars,
)
from astroflow_spark_gaia.local import Local
from astroflow_spark_gaia.pods import Pods
from astroflow_spark_gaia.watched import watch_in_cells

if TYPE_CHECKING:
    from astroflow_spark_gaia.gaia_session import GaiaSession

_lock = RLock()
_current: GaiaSession | None = None


def connect(
    pods: int | None = None, cores: int | None = None, memory: str | None = None
) -> GaiaSession:
    """Return the session in use, or start one of the sizes that are asked for.

    Without sizes a new session has those that the hub chose. Where a session of other sizes
    is running, it is stopped and a new one takes its place. On one machine everything runs
    in one pod: it gets the cores and the memory of all pods together, as far as the machine
    has them, and the first line printed tells what it got.

    Parameters
    ----------
    pods
        How many executors.
    cores
        Cores of each.
    memory
        Memory of each as Spark writes it, such as ``"7g"``.

    Raises
    ------
    SessionError
        When a size is not valid, the session has no settings, another Spark session is
        running in this process, or Spark does not start.
    CatalogueError
        When a catalogue of the session is missing or not valid.
    MissingDependencyError
        When there is no Java that Spark can use.
    """
    asked = any(size is not None for size in (pods, cores, memory))
    with _lock:
        if not asked and _current is not None and _current.is_usable:
            return _current
        settings = SessionSettings.from_environ(os.environ)
        size = sizes.resized(settings.spark, pods=pods, cores=cores, memory=memory)
        return _of_size(settings, _fitting(settings, size))


def current_spark() -> GaiaSession:
    """Return the session in use, or start one of the size that the hub chose."""
    return connect()


def current_or(pods: int, cores: int, memory: str) -> GaiaSession:
    """Return the session in use whatever its size, or start one of the sizes given."""
    with _lock:
        usable = _current is not None and _current.is_usable
        return connect() if usable else connect(pods, cores, memory)


def current_tables() -> Tables:
    """Return the tables of the session's catalogues; Spark need not run for it."""
    return Tables(Databases(SessionSettings.from_environ(os.environ)))


def _fitting(settings: SessionSettings, size: ClusterSize) -> ClusterSize:
    if settings.engine == "local":
        return sizes.fit_to_machine(size, Machine.this())
    return size


def _prepared(settings: SessionSettings, size: ClusterSize) -> Local | Pods:
    """Return the engine of a new session; refuse what there is no room for."""
    if settings.engine == "local":
        return Local(size)
    freed = _current.size if _current is not None and _current.is_usable else None
    return Pods.of_size(size, freed, settings, os.environ)


def _of_size(settings: SessionSettings, size: ClusterSize) -> GaiaSession:
    global _current  # noqa: PLW0603  # Spark itself allows one a process
    if _current is not None and _current.is_usable and _current.size == size:
        return _current
    engine = _prepared(settings, size)
    if _current is not None:
        _current.stop()
        _current = None
    _current = _start(settings, engine)
    return _current


def _start(settings: SessionSettings, engine: Local | Pods) -> GaiaSession:
    size = engine.size
    _say(
        f"Beginning the initialization of a spark cluster with {size.pods} pods, "
        f"{size.cores} cores/pod and {size.memory} mem/pod"
    )
    jvm = _launch(settings, engine.driver_memory)
    try:
        session = _set_up(jvm, settings, engine)
    except BaseException as error:
        is_told = isinstance(error, AstroFlowError) or not isinstance(error, Exception)
        told = "" if is_told else reason_of(error)  # while there is a JVM to ask
        jvm.end()
        if is_told:
            raise
        raise SessionError(f"Spark did not start: {told}; {jvm.start_refused()}") from None
    try:
        engine.await_ready(session, _say)
        if settings.engine == "kubernetes":
            from astroflow_spark_gaia.executors import check_executors

            check_executors(session, _say)
    except BaseException:
        session.stop()
        raise
    watch_in_cells(session, engine)
    return session


def _launch(settings: SessionSettings, memory: str) -> Jvm:
    java, jars = find_java(os.environ), spark_jars(spark_home())
    cache = settings.cache_dir.expanduser()
    options = options_to_use(java, archive_path(cache / "spark", java, jars))
    return Jvm.start(jvm_command(java, jars, memory, options), new_log(cache / "logs"))


def _set_up(jvm: Jvm, settings: SessionSettings, engine: Local | Pods) -> GaiaSession:
    """Set up Spark in ``jvm``; what needs no JVM is done while that comes up."""
    databases = Databases(settings)
    from astroflow_spark_gaia.gaia_session import GaiaSession

    # pyspark asks this for the Python of the workers, which must be the notebook's own.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = GaiaSession(jvm, engine.size, engine.conf(jvm.scratch))
    _say("Completed initialisation")
    _say("Setting up SparkSQL")
    session.attach(databases)
    _say(
        f"Setting up dataset {databases.title} with {len(databases.of_catalogues)} databases "
        f"{', '.join(database.name for database in databases.of_catalogues)}"
    )
    _say(f"Read default database {databases.default} from environment config")
    _say(
        "A spark cluster has been successfully set up, "
        'you can interact with it via the "spark" object'
    )
    return session


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201
