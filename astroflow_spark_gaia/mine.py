"""A person's own tables in Spark: ``CREATE TABLE mine.x AS SELECT …`` lands in their folder.

Spark itself would write a table's files one by one into their place, and forget the table when
the session ends. So statements about ``mine`` are read with Spark's parser and carried out here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.sql_formatter import SQLStringFormatter

from astroflow_core.catalogue import OWN_DATABASE
from astroflow_core.errors import QueryError
from astroflow_core.own_database import checked_name, full_disk, tells_of_full_disk

if TYPE_CHECKING:
    from pathlib import Path

    from astroflow_spark_gaia.databases import Databases
    from astroflow_spark_gaia.gaia_session import GaiaSession
    from astroflow_spark_gaia.registration import Registrar

# What a path says when Spark is asked to write to `mine` past this module (saveAsTable).
_BARRIER = "saveAsTable-cannot-write-to-mine-but-save_table-can"
_MAY_CHANGE = re.compile(r"\b(create|replace|insert|drop|alter|truncate)\b", re.IGNORECASE)
_AS = re.compile(r"\bas\s*\(*\s*$|\(\s*$", re.IGNORECASE)
_REFUSED = frozenset(
    {
        "AddColumns",
        "AlterColumns",
        "CreateTable",
        "CreateTableLike",
        "CreateView",
        "DropColumns",
        "DropNamespace",
        "InsertIntoStatement",
        "RenameColumn",
        "RenameTable",
        "ReplaceColumns",
        "ReplaceTable",
        "ReplaceTableAsSelect",
        "SetTableLocation",
        "SetTableProperties",
        "TruncateTable",
    }
)


def save_table(frame: DataFrame, name: str) -> None:
    """Save a frame as a table of your own, ``x`` or ``mine.x``, that outlives the session.

    Parameters
    ----------
    frame
        A Spark frame. With ``orderBy("source_id")`` before, Dask knows the table's divisions.
    name
        A letter, then letters, digits and underscores.

    Raises
    ------
    DataError
        When there is such a table, the name cannot be, or the disk is full.
    """
    from astroflow_spark_gaia.session import connect

    connect().own_tables.save(frame, name)


class OwnTables:
    """Keeps Spark's database ``mine`` as the person's folder is, and writes to that folder."""

    def __init__(
        self, spark: GaiaSession, registrar: Registrar, databases: Databases, scratch: Path
    ) -> None:
        self._spark = spark
        self._registrar = registrar
        self._databases = databases
        self._known: dict[str, tuple[int, int]] = {}
        barrier = scratch / _BARRIER
        barrier.touch()
        registrar.add_database(databases.own, barrier)
        self.look()

    def look(self) -> None:
        """Enter what is new in the folder, by whatever kernel or engine, and take out the rest."""
        own = self._databases.own
        found = own.versions()
        for name, version in list(self._known.items()):
            if found.get(name) != version:
                self._registrar.remove(OWN_DATABASE, name)
                self.forget(name)
        for name in found.keys() - self._known.keys():
            self._registrar.add(own.table(name))
            self._known[name] = found[name]

    def forget(self, name: str) -> None:
        """Enter a table anew with the next look: a failed ``saveAsTable`` takes entries out."""
        self._known.pop(name, None)

    def save(self, frame: DataFrame, name: str) -> None:
        """Write ``frame`` as the table ``name``; see `save_table`."""
        own = self._databases.own
        try:
            with own.saving(name) as path:
                frame.write.parquet(path.as_uri())
        except Exception as error:
            if tells_of_full_disk(_all_said(error)):
                raise full_disk(own.path / checked_name(name)) from error
            raise
        self.look()

    def ran(self, query: str, args: Any, variables: dict[str, Any]) -> bool:
        """Carry out a statement that makes or drops a table of ``mine``; return whether it was one.

        Raises
        ------
        QueryError
            When it would do something else to ``mine``.
        """
        self.look()
        if not _MAY_CHANGE.search(query):
            return False
        formatter = SQLStringFormatter(self._spark)
        try:
            text = formatter.format(query, **variables) if variables else query
            return self._ran(text, args)
        finally:
            formatter.clear()

    def _ran(self, text: str, args: Any) -> bool:
        state = self._spark._jsparkSession.sessionState()  # noqa: SLF001
        statement = state.sqlParser().parsePlan(text)
        kind = statement.nodeName()
        name = self._meant(statement, kind)
        if name is None:
            return False
        if kind == "DropTable":
            self._drop(name, if_exists=statement.ifExists())
        elif kind == "CreateTableAsSelect":
            _refuse_clauses(statement)
            is_there = (self._databases.own.path / checked_name(name)).exists()
            if not (statement.ignoreIfExists() and is_there):
                self.save(self._frame(text, statement.query(), args), name)
        else:
            raise QueryError(
                f"{OWN_DATABASE}.{name}: a table of your own is made whole with CREATE TABLE "
                f"{OWN_DATABASE}.{name} AS SELECT …, or save_table(frame, …), and removed with "
                f"DROP TABLE; it is not altered, added to or replaced"
            )
        return True

    def _meant(self, statement: Any, kind: str) -> str | None:
        """Return the table of ``mine`` that a statement makes, drops or alters, if it does."""
        if kind not in {"CreateTableAsSelect", "DropTable", *_REFUSED}:
            return None
        target = statement.table() if kind == "InsertIntoStatement" else statement.children().head()
        is_identifier = target.nodeName() == "UnresolvedIdentifier"
        try:
            parts = target.nameParts() if is_identifier else target.multipartIdentifier()
        except Exception:  # noqa: BLE001 (py4j's, where a target is computed: IDENTIFIER(:name))
            return None
        names = [parts.apply(place).lower() for place in range(parts.size())]
        if kind == "DropNamespace":
            return "*" if names[-1] == OWN_DATABASE else None
        database = names[-2] if len(names) > 1 else self._spark.catalog.currentDatabase()
        return names[-1] if database == OWN_DATABASE else None

    def _drop(self, name: str, *, if_exists: bool) -> None:
        own = self._databases.own
        if not if_exists or (own.path / checked_name(name)).is_dir():
            own.drop(name)
        self.look()

    def _frame(self, text: str, query: Any, args: Any) -> DataFrame:
        """Return the frame of a statement's query, which stands at the end of its text."""
        if args:
            start, stop = _place(query)
            if not _AS.search(text[:start]):
                raise QueryError("with parameters, write CREATE TABLE … AS SELECT …")
            return SparkSession.sql(self._spark, text[start:stop], args)
        return self._spark.frame_of_plan(query)


def _refuse_clauses(statement: Any) -> None:
    """Refuse what would put a table elsewhere or give it another form."""
    spec = statement.tableSpec()
    provider = spec.provider()
    if (
        statement.partitioning().size()
        or spec.location().isDefined()
        or (provider.isDefined() and provider.get().lower() != "parquet")
    ):
        raise QueryError(
            "tables of your own are parquet in a folder of your own: leave out USING, LOCATION, "
            "PARTITIONED BY and CLUSTERED BY"
        )


def _place(plan: Any) -> tuple[int, int]:
    """Return where a plan stands in its text, from the places that Spark notes of its parts."""
    origin, children = plan.origin(), plan.children()
    places = [_place(children.apply(number)) for number in range(children.size())]
    if origin.startIndex().isDefined():
        places.append((origin.startIndex().get(), origin.stopIndex().get() + 1))
    return min((p[0] for p in places), default=0), max((p[1] for p in places), default=0)


def _all_said(error: BaseException) -> str:
    """Return an error's text with that of Java's causes, in which Spark tells of a full disk."""
    java = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    if isinstance(error, PySparkException) and java is None:
        return str(error)
    texts = [str(error)]
    while java is not None:
        texts.append(str(java.toString()))
        java = java.getCause()
    return "\n".join(texts)
