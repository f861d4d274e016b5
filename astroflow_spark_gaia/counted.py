"""Typed ``SELECT COUNT(…)`` over a whole table, answered from the table's index.

Spark would start a job that opens every file. Whatever is more than counts of one table is
left to Spark: a condition, a group, a DISTINCT, a join.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from astroflow_core.counts import rows_in, values_in
from astroflow_core.errors import CatalogueError
from astroflow_core.index import column_facts

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from astroflow_core.catalogue import Table
    from astroflow_spark_gaia.databases import Databases

_ALL = "*"


def counts_as_sql(frame: DataFrame, databases: Databases) -> str | None:
    """Return SQL for the one row of ``frame``; None where that is not counts of a table."""
    plan: Any = frame._jdf.queryExecution().analyzed()  # noqa: SLF001
    if plan.nodeName() != "Aggregate" or not plan.groupingExpressions().isEmpty():
        return None
    table = _table_read(plan.child(), databases)
    found = plan.aggregateExpressions()
    if table is None or found.isEmpty():
        return None
    counted = [_counted(found.apply(place)) for place in range(found.size())]
    known = (_ALL, *column_facts(table).names)
    asked = [what for what in counted if what is not None and what in known]
    if len(asked) < len(counted):
        return None
    counts = {_ALL: rows_in(table), **values_in(table, set(asked) - {_ALL})}
    # Spark gives constant rows back as they are; for a SELECT of constants it starts a job.
    values = ", ".join(f"{counts[what]}L" for what in asked)
    names = ", ".join(map(_quoted, frame.columns))
    return f"SELECT * FROM VALUES ({values}) AS counts({names})"  # noqa: S608


def _table_read(plan: Any, databases: Databases) -> Table | None:
    """Return the table of the catalogues that ``plan`` reads whole, if that is what it does."""
    while plan.nodeName() == "SubqueryAlias":
        plan = plan.child()
    if plan.nodeName() != "LogicalRelation" or plan.catalogTable().isEmpty():
        return None
    entry = plan.catalogTable().get()
    identifier = entry.identifier()
    try:
        table = databases[identifier.database().get()].table(identifier.table())
    except CatalogueError:
        return None
    # A person may have put a table of their own in the place of the catalogue's.
    same = entry.location().getPath().rstrip("/") == str(table.data_folder.resolve())
    return table if same else None


def _counted(expression: Any) -> str | None:
    """Return the column of a plain ``COUNT(column)``, ``*`` for all rows, None for all else."""
    # Spark's toJSON would tell it at once, but loads Scala's reflection: half a second.
    if expression.nodeName() != "Alias" or expression.child().nodeName() != "AggregateExpression":
        return None
    aggregate = expression.child()
    function = aggregate.aggregateFunction()
    if function.nodeName() != "Count" or aggregate.isDistinct() or aggregate.filter().isDefined():
        return None
    counted = function.children()
    what, kind = counted.head(), counted.head().nodeName()
    if counted.size() == 1 and kind == "Literal":
        return _ALL if what.value() is not None else None
    return str(what.name()) if counted.size() == 1 and kind == "AttributeReference" else None


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
