"""Every executor tells what it has, before the first query and on demand."""

from __future__ import annotations

import os
import socket
import time
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JJavaError
from pyspark import SparkFiles

from astroflow_core.errors import AstroFlowError
from astroflow_core.preflight import (
    REPORT_SECONDS,
    Engine,
    Preflight,
    Report,
    Silence,
    compare,
    files_to_read,
    no_report,
    probe_command,
)
from astroflow_core.session import SessionSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from astroflow_spark_gaia.gaia_session import GaiaSession

_SPARK = Engine("executor", packages=("pyspark",))
_LOOK_EACH = 5  # seconds


def preflight() -> Preflight:
    """Return what the session's executors have and what is wrong with them, as a table.

    Each reads a footer of every database, looks up its packages and its free scratch, and is
    compared with this notebook. On one machine the driver is the only executor.

    Raises
    ------
    SessionError
        When there is no session and none starts.
    CatalogueError
        When this notebook itself cannot read a catalogue.
    """
    return preflight_with({})


def preflight_with(packages: Mapping[str, str], unpacking: float = 0) -> Preflight:
    """Return the same of executors that are to have ``packages``, too: versions by name.

    ``unpacking`` are the seconds that they may need for them before they report.
    """
    from astroflow_spark_gaia.session import connect

    spark = connect()
    return _preflight_of(spark, _executors(spark), packages, REPORT_SECONDS + unpacking)


def check_executors(spark: GaiaSession, say: Callable[[str], None]) -> None:
    """Check the executors that are up, and from now on each that joins them.

    Raises
    ------
    SessionError
        When no query can be right on those that are up.
    """
    executors = _executors(spark)
    _preflight_of(spark, executors, {}, guard=True).check(say)
    Thread(target=_check_others, args=(spark, set(executors), say), daemon=True).start()


def _check_others(spark: GaiaSession, checked: set[str], say: Callable[[str], None]) -> None:
    while spark.is_usable:
        time.sleep(_LOOK_EACH)
        try:
            executors = {pod: e for pod, e in _executors(spark).items() if pod not in checked}
            checked |= set(executors)
            if executors:
                for finding in _preflight_of(spark, executors, {}, guard=True).findings:
                    say(finding.sentence)
        except AstroFlowError as error:  # this notebook has lost the catalogue itself
            say(str(error))
        except Exception:  # noqa: BLE001, S112 (whatever Py4J raises when Spark stops meanwhile)
            continue


def _preflight_of(
    spark: GaiaSession,
    executors: Mapping[str, str],
    packages: Mapping[str, str],
    seconds: float = REPORT_SECONDS,
    *,
    guard: bool = False,
) -> Preflight:
    paths = files_to_read(SessionSettings.from_environ(os.environ))
    command = probe_command(str(spark.sparkContext.pythonExec), paths, guard=guard)
    with _described(spark):
        asked = {pod: _ask(spark, place, command) for pod, place in executors.items()}
    own = Report.of_this_python(paths)
    reports, silent = _answers(spark, asked, seconds)
    return compare(_SPARK, own, reports, silent, packages)


@contextmanager
def _described(spark: GaiaSession) -> Iterator[None]:
    """Let Spark's pages tell these jobs from the person's."""
    context = spark.sparkContext
    before = context.getLocalProperty("spark.job.description")
    context.setJobDescription("preflight")
    try:
        yield
    finally:
        context.setLocalProperty("spark.job.description", before)  # type: ignore[arg-type]


def _executors(spark: GaiaSession) -> dict[str, str]:
    """Return where Spark's executors are, by the names of their pods.

    The place is written as Spark writes that of what an executor keeps in memory.
    """
    context: Any = spark.sparkContext._jsc.sc()  # noqa: SLF001
    prefix = spark.sparkContext.getConf().get("spark.kubernetes.executor.podNamePrefix")
    listed = context.statusStore().executorList(True)  # noqa: FBT003
    found = [listed.apply(index) for index in range(listed.size())]
    places = {str(e.id()): f"executor_{e.hostPort().rpartition(':')[0]}_{e.id()}" for e in found}
    if prefix is None:  # on one machine the driver does the work
        return {socket.gethostname(): places["driver"]}
    return {f"{prefix}-exec-{name}": p for name, p in places.items() if name != "driver"}


def _ask(spark: GaiaSession, place: str, command: list[str]) -> Any:
    """Have ``command`` run at ``place``, and return the future of the lines it prints.

    The JVM runs it, not one of PySpark's workers: those refuse another Python.
    """
    jvm: Any = spark.sparkContext._jvm  # noqa: SLF001
    context: Any = spark.sparkContext._jsc.sc()  # noqa: SLF001
    to_seq = jvm.org.apache.spark.api.python.PythonUtils.toSeq
    wanted = to_seq([jvm.scala.Tuple2(place, to_seq([place]))])
    rdd = context.makeRDD(wanted, jvm.scala.reflect.ClassTag.Any()).toJavaRDD()
    return rdd.pipe(command, _environment(spark)).collectAsync()


def _environment(spark: GaiaSession) -> dict[str, str]:
    """Return what lets Python look where PySpark's workers look for what was pushed to them."""
    context = spark.sparkContext
    root = SparkFiles.getRootDirectory() if str(context.master).startswith("local") else "."
    names: list[str] = context._python_includes or []  # noqa: SLF001
    pushed = os.pathsep.join(f"{root}/{name}" for name in names)
    return {"PYTHONPATH": pushed} if pushed else {}


def _answers(
    spark: GaiaSession, asked: Mapping[str, Any], seconds: float
) -> tuple[list[Report], list[Silence]]:
    """Wait for the futures; an executor whose cores are all busy lets another answer."""
    deadline = time.monotonic() + seconds
    reports: dict[str, Report] = {}
    silent: dict[str, Silence] = {pod: Silence(pod, no_report(seconds)) for pod in asked}
    for pod, future in asked.items():
        try:
            report = Report.from_json(_get(spark, future, deadline)[0])
            reports[report.pod] = report
        except Py4JJavaError as error:
            future.cancel(True)  # noqa: FBT003
            if refusal := _refusal(error):
                silent[pod] = Silence(pod, refusal, is_final=True)
    return list(reports.values()), [s for pod, s in silent.items() if pod not in reports]


def _get(spark: GaiaSession, future: Any, deadline: float) -> Any:
    jvm: Any = spark.sparkContext._jvm  # noqa: SLF001
    left = int(max(0.0, deadline - time.monotonic()) * 1000)
    return future.get(left, jvm.java.util.concurrent.TimeUnit.MILLISECONDS)


def _refusal(error: Py4JJavaError) -> str | None:
    """Return why an executor could not run the command; None where it has not ended."""
    cause = error.java_exception.getCause()
    if cause is None:
        return None
    first = str(cause.getMessage()).splitlines()[0].rpartition("): ")[2]
    return f"this notebook's Python does not run there ({first}); {_SPARK.cure}"
