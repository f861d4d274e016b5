"""A SparkSession that knows the catalogues: it checks a table when it is first used."""

from __future__ import annotations

import atexit
import logging
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from py4j.java_gateway import is_instance_of
from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext
from pyspark.errors import AnalysisException
from pyspark.logger import PySparkLogger
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from astroflow_core.catalogue import OWN_DATABASE
from astroflow_core.errors import CatalogueError, QueryError, SessionError
from astroflow_core.footers import read_schema
from astroflow_spark_gaia.busy import tell_while_at_work
from astroflow_spark_gaia.cost import measure
from astroflow_spark_gaia.counted import counts_as_sql
from astroflow_spark_gaia.functions import FUNCTIONS
from astroflow_spark_gaia.joins import Guard, watch_joins
from astroflow_spark_gaia.mine import OwnTables
from astroflow_spark_gaia.registration import Registrar
from astroflow_spark_gaia.table_functions import TableFunction, register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from astroflow_core.catalogue import Table
    from astroflow_core.session import ClusterSize
    from astroflow_spark_gaia.databases import Databases
    from astroflow_spark_gaia.jvm import Jvm

_COMMAND = "org.apache.spark.sql.catalyst.plans.logical.Command"
_READ_TABLE = re.compile(r"Relation spark_catalog\.(\w+\.\w+)\[")


class GaiaSession(SparkSession):
    """A SparkSession in a JVM of its own, which ends with it."""

    def __init__(self, jvm: Jvm, size: ClusterSize, settings: dict[str, str]) -> None:
        _refuse_other_session()
        _keep_errors_off_the_cell()
        self.jvm_process = jvm
        self.size = size
        self.at_end: list[Callable[[], None]] = []
        self.pages: str | None = None
        self._databases: Databases | None = None
        self._own: OwnTables | None = None
        self._unchecked: dict[str, Table] = {}
        self._table_functions: list[TableFunction] = []
        self._guard: Guard | None = None
        conf = SparkConf(loadDefaults=False).setAll(list(settings.items()))
        super().__init__(SparkContext(gateway=jvm.connect(), conf=conf))
        updates: Any = self.sparkContext._accumulatorServer  # noqa: SLF001
        updates.handle_error = _say_nothing
        atexit.register(self.stop)
        self._leave_nothing_behind()
        tell_while_at_work(self)

    def attach(self, databases: Databases) -> None:
        """Make the SQL functions and the databases known, and the default one current."""
        for function in FUNCTIONS:
            super().sql(function.ddl)
        registrar = Registrar(self)
        for database in databases.of_catalogues:
            registrar.register(database)
            # The schema of the others comes from a file, so it cannot differ from it.
            self._unchecked |= {t.full_name: t for t in database.tables if t.definition.columns}
        self.catalog.setCurrentDatabase(databases.default)
        self._databases = databases
        self._own = OwnTables(self, registrar, databases, self.jvm_process.scratch)
        self._table_functions = register(self)
        measure(self)
        self._guard = watch_joins(self, databases.values())

    def catalogue_table(self, name: str) -> Table:
        """Return a table of the catalogues by ``table`` (in the current database) or full name.

        Raises
        ------
        CatalogueError
            When there is no such table, or its folder is not here.
        """
        database, _, table = name.rpartition(".")
        if self._databases is None:
            raise CatalogueError(f"no table {name!r}: the session has no catalogues")
        return self._databases[database or self.catalog.currentDatabase()].table(table)

    def _leave_nothing_behind(self) -> None:
        """Have the JVM remove its scratch folder, too: it may outlive a kernel that is killed."""
        jvm: Any = self.sparkContext._jvm  # noqa: SLF001
        scratch = jvm.java.io.File(str(self.jvm_process.scratch))
        jvm.org.apache.spark.util.ShutdownHookManager.registerShutdownDeleteDir(scratch)

    @property
    def is_usable(self) -> bool:
        """Whether neither the session was stopped nor its JVM ended."""
        active = SparkContext._active_spark_context is self.sparkContext  # noqa: SLF001
        return active and self.jvm_process.is_running

    def sql(self, sqlQuery: str, args: Any = None, **kwargs: Any) -> DataFrame:  # noqa: N803
        """Run SQL as `SparkSession.sql` does, and tell of tables that cannot be read.

        Counts over a whole table come from its index, without a job. What makes or drops a table
        of the database ``mine`` does so in the person's own folder.

        Raises
        ------
        CatalogueError
            When the files of a table are not what its release says.
        pyspark.errors.AnalysisException
            As Spark raises it; a note says which table, folder or name is meant. A notebook
            shows what is wrong and where in the query, and no traceback.
        """
        with self._explained():
            if self._own is not None and self._own.ran(sqlQuery, args, kwargs):
                return super().createDataFrame([], StructType([]))
            frame = self._checked(super().sql(sqlQuery, args, **kwargs))
            counts = counts_as_sql(frame, self._databases) if self._databases else None
            return super().sql(counts) if counts else frame

    def table(self, tableName: str) -> DataFrame:  # noqa: N803
        """Return a table as `SparkSession.table` does; see `sql` for what is raised."""
        with self._explained():
            if self._own is not None:
                self._own.look()
            return self._checked(super().table(tableName))

    def frame_of(self, query: str | DataFrame) -> DataFrame:
        """Return the frame of a query as Spark plans it, whatever the index may know of it.

        Raises
        ------
        QueryError
            For a statement that is no query, unless it makes a table of one.
        """
        if isinstance(query, DataFrame):
            return query
        with self._explained():
            if self._own is not None:
                self._own.look()
            plan = self._jsparkSession.sessionState().sqlParser().parsePlan(query)
            if plan.nodeName() in {"CreateTableAsSelect", "ReplaceTableAsSelect"}:
                plan = plan.query()
            elif is_instance_of(self.sparkContext._gateway, plan, _COMMAND):  # noqa: SLF001
                raise QueryError(f"{query.split()[0].upper()} … is no query: give a SELECT")
            return self._checked(self.frame_of_plan(plan))

    def frame_of_plan(self, plan: Any) -> DataFrame:
        """Return the frame of one of Spark's logical plans."""
        jvm: Any = self.sparkContext._jvm  # noqa: SLF001
        rows = jvm.org.apache.spark.sql.classic.Dataset.ofRows(self._jsparkSession, plan)
        return DataFrame(rows, self)

    def is_answered(self, frame: DataFrame) -> bool:
        """Whether the index answers a query without reading a file."""
        return self._databases is not None and counts_as_sql(frame, self._databases) is not None

    def table_in(self, folder: Path) -> str:
        """Return the name of the table whose files are in ``folder``, or the folder's own path."""
        databases = self._databases.values() if self._databases is not None else ()
        tables = (table for database in databases for table in database.tables)
        return next((t.full_name for t in tables if t.folder.resolve() == folder), str(folder))

    @property
    def own_tables(self) -> OwnTables:
        """The tables of the person's own.

        Raises
        ------
        CatalogueError
            When the session has no catalogues yet.
        """
        if self._own is None:
            raise CatalogueError("the session has no catalogues")
        return self._own

    def _repr_html_(self) -> str:
        """Return what a notebook shows of the session: its size, and a link to Spark's pages."""
        size = self.size
        link = f'<a href="{self.pages}" target="_blank">Spark\'s pages</a>' if self.pages else ""
        return (
            f"<p>Spark {self.version}: {size.pods} pods of {size.cores} cores "
            f"and {size.memory}</p>{link}"
        )

    def stop(self) -> None:
        """Stop the session and end its JVM."""
        if self.is_usable:
            super().stop()
        self.jvm_process.end()
        while self.at_end:
            self.at_end.pop()()
        atexit.unregister(self.stop)
        _forget_session()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except AnalysisException as error:
            if note := self._note(error):
                error.add_note(note)
            _show_briefly(error)
            raise
        except Py4JError:
            for function in self._table_functions:
                failure, function.failure = function.failure, None
                if failure is not None:
                    raise failure from None
            raise

    def _note(self, error: AnalysisException) -> str | None:
        """Return what the catalogues know about the name that Spark does not."""
        condition, parameters = error.getCondition(), error.getMessageParameters() or {}
        if condition == "TABLE_OR_VIEW_NOT_FOUND":
            return self._note_on_table(_names(parameters["relationName"]))
        if condition == "SCHEMA_NOT_FOUND":
            return self._note_on_database(_names(parameters["schemaName"])[-1])
        return None

    def _note_on_table(self, names: list[str]) -> str | None:
        database = names[-2] if len(names) > 1 else self.catalog.currentDatabase()
        if self._databases is None or database not in self._databases:
            return self._note_on_database(database) if len(names) > 1 else None
        if database == OWN_DATABASE:
            self.own_tables.forget(names[-1])
        try:
            self._databases[database].table(names[-1])
        except CatalogueError as unknown:
            return str(unknown)
        return None

    def _note_on_database(self, name: str) -> str | None:
        try:
            if self._databases is not None:
                self._databases[name]
        except CatalogueError as unknown:
            return str(unknown)
        return None

    def _checked(self, frame: DataFrame) -> DataFrame:
        """Hold the tables that ``frame`` reads for the first time against their release."""
        if self._unchecked:
            plan = frame._jdf.queryExecution().analyzed().toString()  # noqa: SLF001
            for name in _READ_TABLE.findall(plan):
                if table := self._unchecked.get(name):
                    read_schema(table)
                    del self._unchecked[name]
        return frame


def _show_briefly(error: AnalysisException) -> None:
    """Have a notebook show what is wrong and where, and no lines of Python or of Spark's plan."""
    where = [context.summary() for context in error.getQueryContext()]
    what = error.getMessage() if where else str(error).strip()
    lines = [f"{type(error).__name__}: {what}", *where, *getattr(error, "__notes__", ())]
    vars(error)["_render_traceback_"] = lambda: lines


def _names(quoted: str) -> list[str]:
    return re.findall(r"`([^`]+)`", quoted)


def _refuse_other_session() -> None:
    """Refuse to share a process with a session that a person made; Spark allows one.

    Raises
    ------
    SessionError
        When one is running.
    """
    other = SparkContext._active_spark_context  # noqa: SLF001
    if other is not None:
        raise SessionError(
            f"a Spark session named {other.appName!r} is already running in this notebook, and "
            f"Spark allows one: end it with its stop() first"
        )
    _forget_session()


def _keep_errors_off_the_cell() -> None:
    """Silence the loggers with which pyspark and py4j repeat an error that they then raise."""
    for name in ("DataFrameQueryContextLogger", "SQLQueryContextLogger"):
        PySparkLogger.getLogger(name).setLevel(logging.CRITICAL)
    logging.getLogger().addFilter(_is_no_repetition)


def _is_no_repetition(record: logging.LogRecord) -> bool:
    """Tell whether a record is none of py4j's about a Java that ended; it has no logger."""
    return record.msg != "Exception while sending command."


def _say_nothing(*_: object) -> None:
    """Stand in for what prints that the Java at the other end of a connection ended."""


def _forget_session() -> None:
    """Let pyspark start another JVM; it keeps the address of one for the whole process."""
    SparkContext._active_spark_context = None  # noqa: SLF001
    SparkContext._gateway = SparkContext._jvm = None  # noqa: SLF001
    SparkSession._instantiatedSession = SparkSession._activeSession = None  # noqa: SLF001
