"""Places and shapes of ADQL: conditions on the sky that prune, and all the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from astroflow_core.errors import QueryError
from astroflow_spark_gaia.adql_division import named_query, sources_of, table_name

if TYPE_CHECKING:
    from astroflow_spark_gaia.adql_query import Schemas

_POINT_PARTS = 2
_POSSIBLE = (
    "supported on the sky are 1 = CONTAINS(POINT(ra, dec), CIRCLE(ra, dec, radius) or "
    "POLYGON(...)), DISTANCE, POINT, COORD1, COORD2 and GAIA_HEALPIX_INDEX"
)


def prune(select: exp.Select, query: str, schemas: Schemas) -> None:
    """Turn conditions on the sky into table functions, where they stand alone between ANDs."""
    where = select.args.get("where")
    if where is None or any(join.side for join in select.args.get("joins") or []):
        return  # beside an outer join the condition must see the rows without a partner
    for condition in list(
        where.this.flatten() if isinstance(where.this, exp.And) else [where.this]
    ):
        _prune_one(select, condition, query, schemas)


def _prune_one(select: exp.Select, condition: exp.Expr, query: str, schemas: Schemas) -> None:
    found = _region(condition, query)
    if found is None:
        return
    point, function, is_exact = found
    table = _table_of(select, point, schemas)
    if table is None:
        return
    function.expressions.insert(0, exp.Literal.string(table_name(table)))
    name = table.alias or table.name
    for column in select.find_all(exp.Column):
        if column.table.lower() == name.lower():
            column.set("db", None)  # the function has the alias alone
    table.replace(exp.Table(this=function, alias=exp.TableAlias(this=exp.to_identifier(name))))
    if is_exact:
        condition.replace(exp.true())


def _region(condition: exp.Expr, query: str) -> tuple[list[exp.Expr], exp.Anonymous, bool] | None:
    """Return point and table function of a condition, and whether that says all it says."""
    contains = _contained(condition)
    if contains is not None:
        point, shape = _point(contains.this, query), contains.expression
        if _name(shape) not in {"CIRCLE", "POLYGON"}:
            raise unsupported(f"CONTAINS in {_name(shape) or 'this'}", shape, query)
        numbers = _shape_numbers(shape, query)
        name = "cone" if _name(shape) == "CIRCLE" else "polygon"
        return (point, _ours(name, numbers), True) if _are_constant(numbers) else None
    if isinstance(condition, (exp.LT, exp.LTE)) and _name(condition.this) == "DISTANCE":
        one, other = _ends(condition.this, query)
        point, centre = (other, one) if _are_constant(one) else (one, other)
        numbers = [*centre, condition.expression]
        if _are_constant(numbers):
            return point, _ours("cone", numbers), isinstance(condition, exp.LTE)
    return None


def _contained(condition: exp.Expr) -> exp.Contains | None:
    """Return the CONTAINS of ``1 = CONTAINS(…)``, either way round."""
    if isinstance(condition, exp.EQ):
        sides = (condition.this, condition.expression)
        for one, other in (sides, sides[::-1]):
            if isinstance(one, exp.Contains) and other.sql() == "1":
                return one
    return None


def _table_of(select: exp.Select, point: list[exp.Expr], schemas: Schemas) -> exp.Table | None:
    """Return the table of the catalogues whose ra and dec ``point`` is."""
    if [part.name.lower() for part in point if isinstance(part, exp.Column)] != ["ra", "dec"]:
        return None
    names = {part.table.lower() for part in point if isinstance(part, exp.Column)}
    tables = [
        table
        for table in sources_of(select)
        if isinstance(table, exp.Table)
        and isinstance(table.this, exp.Identifier)
        and named_query(table) is None
        and _has_place(table, schemas)
        and names in ({""}, {table.alias_or_name.lower()})
    ]
    return tables[0] if len(tables) == 1 else None


def _has_place(table: exp.Table, schemas: Schemas) -> bool:
    schema = schemas(table_name(table))
    return schema is not None and {"source_id", "ra", "dec"} <= set(schema.names)


def rewrite_geometry(tree: exp.Expr, query: str) -> exp.Expr:
    """Return ``tree`` with places and distances as Spark SQL's functions of numbers."""

    def rewrite(node: exp.Expr) -> exp.Expr:
        name = _name(node)
        if isinstance(node, exp.Contains):
            return _contains_as_number(node, query)
        if name == "DISTANCE":
            one, other = _ends(node, query)
            return _ours("angular_distance", [*one, *other])
        if name in {"COORD1", "COORD2"}:
            return _point(node.expressions[0], query)[name == "COORD2"]
        if name == "GAIA_HEALPIX_INDEX":
            return _ours("healpix", node.expressions)
        if name in {"POINT", "CIRCLE", "POLYGON"}:
            raise unsupported(f"{name} here", node, query)
        return node

    return tree.transform(rewrite)


def _contains_as_number(node: exp.Contains, query: str) -> exp.Expr:
    if _name(node.expression) != "CIRCLE":
        raise unsupported(
            f"CONTAINS in {_name(node.expression) or 'this'} other than as a condition of its own "
            f"on ra and dec of one table",
            node,
            query,
        )
    ra, dec, radius = _shape_numbers(node.expression, query)
    distance = _ours("angular_distance", [*_point(node.this, query), ra, dec])
    return exp.cast(exp.LTE(this=distance, expression=radius), "int")


def _point(node: exp.Expr, query: str) -> list[exp.Expr]:
    if _name(node) != "POINT":
        raise unsupported("this in place of a POINT", node, query)
    parts = _without_system(node, query)
    if len(parts) != _POINT_PARTS:
        raise unsupported("a POINT of other than two numbers", node, query)
    return parts


def _ends(node: exp.Expr, query: str) -> tuple[list[exp.Expr], list[exp.Expr]]:
    """Return the two places of a DISTANCE, given as POINTs or as four numbers."""
    if len(node.expressions) == _POINT_PARTS:
        return _point(node.expressions[0], query), _point(node.expressions[1], query)
    if len(node.expressions) == 2 * _POINT_PARTS:
        return node.expressions[:2], node.expressions[2:]
    raise unsupported("a DISTANCE of other than two places", node, query)


def _shape_numbers(shape: exp.Expr, query: str) -> list[exp.Expr]:
    """Return the numbers of a shape; its centre or corners may be POINTs."""
    numbers: list[exp.Expr] = []
    for part in _without_system(shape, query):
        numbers += _point(part, query) if _name(part) == "POINT" else [part]
    wrong = len(numbers) != 3 if _name(shape) == "CIRCLE" else len(numbers) < 6  # noqa: PLR2004
    if wrong or (_name(shape) == "POLYGON" and len(numbers) % 2):
        raise unsupported(f"a {_name(shape)} of {len(numbers)} numbers", shape, query)
    return numbers


def _without_system(node: exp.Expr, query: str) -> list[exp.Expr]:
    """Return a shape's arguments without the coordinate system, which must be ICRS."""
    first = node.expressions[0] if node.expressions else None
    if not isinstance(first, exp.Literal) or not first.is_string:
        return list(node.expressions)
    if first.name.upper().strip() not in {"ICRS", ""}:
        raise unsupported(f"the coordinate system {first.name!r}", node, query)
    return list(node.expressions[1:])


def _are_constant(nodes: list[exp.Expr]) -> bool:
    return not any(node.find(exp.Column, exp.Query) for node in nodes)


def _ours(name: str, arguments: list[exp.Expr]) -> exp.Anonymous:
    node = exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])
    node.meta["ours"] = True
    return node


def _name(node: exp.Expr | None) -> str:
    is_theirs = isinstance(node, exp.Anonymous) and not node.meta.get("ours")
    return node.name.upper() if node is not None and is_theirs else ""


def unsupported(what: str, node: exp.Expr, query: str) -> QueryError:
    """Return the error that names ``what`` and where it stands."""
    return QueryError(f"{position_of(node, query)}: {what} is not supported; {_POSSIBLE}")


def position_of(node: exp.Expr, query: str) -> str:
    """Return the line and the column, from 1, where ``node`` begins in ``query``."""
    starts = [each.meta["start"] for each in node.walk() if "start" in each.meta]
    before = query[: min(starts, default=0)]
    return f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"
