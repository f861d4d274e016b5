"""Typed ``SELECT COUNT(…)`` over a whole table, answered from the table's index.

Spark would start a job that opens every file. Whatever is more than counts of one table is
left to Spark: a condition, a group, a DISTINCT, a join.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from astroflow_core.counts import rows_in, values_in
from astroflow_core.errors import CatalogueError
from astroflow_core.index import column_facts

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from astroflow_core.catalogue import Table
    from astroflow_spark_gaia.databases import Databases

_ALL = "*"
_COUNT = ("Alias", "AggregateExpression", "Count")


def counts_as_sql(frame: DataFrame, databases: Databases) -> str | None:
    """Return SQL for the one row of ``frame``; None where that is not counts of a table."""
    plan: Any = frame._jdf.queryExecution().analyzed()  # noqa: SLF001
    if plan.nodeName() != "Aggregate" or not plan.groupingExpressions().isEmpty():
        return None
    table = _table_read(plan.child(), databases)
    found = plan.aggregateExpressions()
    if table is None or found.isEmpty():
        return None
    counted = [_counted(found.apply(place).toJSON()) for place in range(found.size())]
    known = (_ALL, *column_facts(table).names)
    asked = [what for what in counted if what is not None and what in known]
    if len(asked) < len(counted):
        return None
    counts = {_ALL: rows_in(table), **values_in(table, set(asked) - {_ALL})}
    return "SELECT " + ", ".join(
        f"{counts[what]}L AS {_quoted(name)}"
        for what, name in zip(asked, frame.columns, strict=True)
    )


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


def _counted(expression: str) -> str | None:
    """Return the column of a plain ``COUNT(column)``, ``*`` for all rows, None for all else."""
    nodes = json.loads(expression)
    kinds = [node["class"].rpartition(".")[2] for node in nodes]
    if tuple(kinds[:-1]) != _COUNT or nodes[1]["isDistinct"]:
        return None
    last = nodes[-1]
    if kinds[-1] == "Literal":
        return _ALL if last["value"] is not None else None
    return str(last["name"]) if kinds[-1] == "AttributeReference" else None


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
