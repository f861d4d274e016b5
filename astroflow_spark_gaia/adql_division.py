"""Division of whole numbers in ADQL: it gives a whole number, as in the Archive's PostgreSQL.

Spark divides as doubles, which lose the last digits of a ``source_id``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from sqlglot import exp

if TYPE_CHECKING:
    from astroflow_spark_gaia.adql_query import Schemas

_WHOLE_RESULTS = frozenset({"GAIA_HEALPIX_INDEX"})
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod)


def divide_whole_numbers(tree: exp.Expr, schemas: Schemas) -> None:
    """Turn each division of whole numbers in ``tree`` into ``DIV``."""
    for node in list(tree.find_all(exp.Div)):
        if _is_whole(node, schemas):
            node.replace(exp.IntDiv(this=node.this, expression=node.expression))


def _is_whole(node: exp.Expr, schemas: Schemas) -> bool:
    if isinstance(node, (exp.Paren, exp.Neg, exp.Abs, exp.Alias, exp.Max, exp.Min)):
        return _is_whole(node.this, schemas)
    if isinstance(node, _ARITHMETIC):
        return _is_whole(node.this, schemas) and _is_whole(node.expression, schemas)
    if isinstance(node, exp.Literal):
        return bool(node.is_int)
    if isinstance(node, exp.Cast):
        return node.to.this in exp.DataType.INTEGER_TYPES
    if isinstance(node, exp.Column):
        return _is_whole_column(node, schemas)
    is_known = isinstance(node, exp.Anonymous) and node.name.upper() in _WHOLE_RESULTS
    return is_known or isinstance(node, exp.Count)


def _is_whole_column(column: exp.Column, schemas: Schemas) -> bool:
    select = column.find_ancestor(exp.Select)
    if select is None:
        return False
    for source in sources_of(select):
        if column.table and column.table.lower() != source.alias_or_name.lower():
            continue
        found = _type_in(source, column.name.lower(), schemas)
        if found is not None:
            return found
    return False


def sources_of(select: exp.Select) -> list[exp.Expr]:
    """Return the tables and subqueries that ``select`` reads from."""
    joined = [join.this for join in select.args.get("joins") or []]
    first = select.args.get("from_") or select.args.get("from")
    return [first.this, *joined] if first is not None else joined


def _type_in(source: exp.Expr, column: str, schemas: Schemas) -> bool | None:
    """Return whether a source's column holds whole numbers; None where it has none so named."""
    inner = source if isinstance(source, exp.Subquery) else named_query(source)
    if inner is not None:
        query = inner.this if isinstance(inner, (exp.Subquery, exp.CTE)) else inner
        for projection in query.selects:
            if projection.alias_or_name.lower() == column:
                return _is_whole(projection, schemas)
        if not query.is_star or not isinstance(query, exp.Select):
            return None
        found = (_type_in(each, column, schemas) for each in sources_of(query))
        return next((known for known in found if known is not None), None)
    schema = schemas(table_name(source)) if isinstance(source, exp.Table) else None
    if schema is None or column not in schema.names:
        return None
    return bool(pa.types.is_integer(schema.field(column).type))


def named_query(source: exp.Expr) -> exp.CTE | None:
    """Return the query of the WITH clause that ``source`` names, if it does."""
    if not isinstance(source, exp.Table) or source.db:
        return None
    scope: exp.Expr | None = source
    while scope is not None:
        clause = scope.args.get("with_") or scope.args.get("with")
        for query in clause.expressions if clause is not None else []:
            if query.alias.lower() == source.name.lower():
                return query if isinstance(query, exp.CTE) else None
        scope = scope.parent
    return None


def table_name(table: exp.Table) -> str:
    """Return ``database.table`` or the bare name."""
    return f"{table.db}.{table.name}" if table.db else table.name
