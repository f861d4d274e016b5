"""Queries of the Gaia Archive (ADQL 2.1), translated to Spark SQL.

sqlglot reads them, in the dialect that knows ``TOP``; what ADQL has beside SQL is rewritten
here. A condition on the sky becomes a table function, so that it opens few files.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from astroflow_core.errors import AstroFlowError, MissingDependencyError, QueryError
from astroflow_core.footers import read_schema

try:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ErrorLevel, SqlglotError, UnsupportedError
except ImportError as error:
    raise MissingDependencyError(
        "ADQL needs sqlglot, which is not installed; run: pip install 'astroflow-hub[spark]'"
    ) from error

from astroflow_spark_gaia.adql_division import divide_whole_numbers
from astroflow_spark_gaia.adql_regions import prune, rewrite_geometry, unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa
    from pyspark.sql import DataFrame

    from astroflow_spark_gaia.gaia_session import GaiaSession

    Schemas = Callable[[str], pa.Schema | None]

# Those that sqlglot does not know by itself.
_FUNCTIONS = frozenset(
    {"CIRCLE", "COORD1", "COORD2", "DISTANCE", "GAIA_HEALPIX_INDEX", "POINT", "POLYGON"}
)


def adql(query: str) -> DataFrame:
    """Return a Spark frame of what a query in ADQL asks for.

    Parameters
    ----------
    query
        One ``SELECT``; docs/adql.md tells what is supported.

    Raises
    ------
    QueryError
        When it is no ADQL or asks for what is not supported; the message names the place.
    pyspark.errors.AnalysisException
        For an unknown table or column, as Spark raises it.
    """
    from astroflow_spark_gaia.session import connect

    spark = connect()
    return spark.sql(translate(query, lambda name: _schema(spark, name)))


def _schema(spark: GaiaSession, name: str) -> pa.Schema | None:
    try:
        return read_schema(spark.catalogue_table(name))
    except AstroFlowError:
        return None


def translate(query: str, schemas: Schemas) -> str:
    """Return ``query`` in Spark SQL.

    Parameters
    ----------
    query
        ADQL.
    schemas
        Gives the schema of a table of the catalogues by its name, None for any other.

    Raises
    ------
    QueryError
        When it is no ADQL or asks for what is not supported; the message names the place.
    """
    tree: exp.Expr = _parse(query)
    _refuse_unknown_functions(tree, query)
    divide_whole_numbers(tree, schemas)
    for select in list(tree.find_all(exp.Select)):
        prune(select, query, schemas)
    tree = rewrite_geometry(tree, query)
    # A number with a fraction is a double in the Archive, a decimal in Spark.
    tree = tree.transform(_double)
    try:
        return tree.sql(dialect="spark", unsupported_level=ErrorLevel.RAISE)
    except UnsupportedError as error:
        raise QueryError(f"not supported: {error}") from None


def _parse(query: str) -> exp.Query:
    try:
        trees = [tree for tree in sqlglot.parse(query, dialect="tsql") if tree is not None]
    except SqlglotError as error:
        raise QueryError(_told(error, query)) from None
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise QueryError("ADQL is one SELECT; write anything else in Spark SQL with spark.sql")
    return trees[0]


def _told(error: SqlglotError, query: str) -> str:
    """Return the place and the words of a parser's complaint, without its own terms."""
    found = (getattr(error, "errors", None) or [None])[0]
    if found is None:
        return f"{query!r} breaks off inside quotes or brackets"
    words = re.sub(r"<Token .*?text: (.*?), line.*?>", r"'\1'", found["description"])
    words = re.sub(r"Required keyword: .*", "Something is missing", words)
    return f"line {found['line']}, column {found['col']}: {words} near {found['highlight']!r}"


def _refuse_unknown_functions(tree: exp.Expr, query: str) -> None:
    for node in tree.find_all(exp.Anonymous, exp.Trunc):
        name = "TRUNCATE" if isinstance(node, exp.Trunc) else node.name.upper()
        if name not in _FUNCTIONS:
            raise unsupported(f"the function {name}", node, query)


def _double(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Literal) and not node.is_string and not node.is_int:
        return exp.var(f"{node.name}D")
    return node
