"""A query on a random part of its tables: the same plan with a filter on each scan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from astroflow_core.errors import QueryError
from astroflow_core.random_rows import RANDOM_INDEX, check_percent, limit_of
from astroflow_spark_gaia.plans import path_of

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame

    from astroflow_spark_gaia.gaia_session import GaiaSession


def try_percent(percent: float, query: str | DataFrame) -> DataFrame:
    """Return the same query on a random part of the sources, to try it before it runs in full.

    Of each table that has a ``random_index`` the rows with the smallest are taken: the same
    sources in every run and engine. Other tables stay whole, so that a join with one of the
    former finds its part.

    Parameters
    ----------
    percent
        How much of each table, above 0 and at most 100.
    query
        SQL, or a frame.

    Raises
    ------
    QueryError
        When no table of the query has a ``random_index``, or there is no such part.
    """
    from astroflow_spark_gaia.session import connect

    spark = connect()
    check_percent(percent)
    analysed = spark.frame_of(query)._jdf.queryExecution().analyzed()  # noqa: SLF001
    share = _Share(spark, percent)
    plan = analysed.transformUpWithSubqueries(share)
    if share.failure is not None:
        raise share.failure
    if not share.found:
        raise QueryError(f"no table of this query has a column {RANDOM_INDEX!r} to choose rows by")
    return spark.frame_of_plan(plan)


class _Share:
    """What Spark calls with each node of a plan; puts a filter on those that read files."""

    def __init__(self, spark: GaiaSession, percent: float) -> None:
        jvm: Any = spark.sparkContext._jvm  # noqa: SLF001
        self._filter = jvm.org.apache.spark.sql.catalyst.plans.logical.Filter
        self._parser = spark._jsparkSession.sessionState().sqlParser()  # noqa: SLF001
        self._percent = percent
        self.found = False
        self.failure: Exception | None = None

    def applyOrElse(self, node: Any, otherwise: Any) -> Any:  # noqa: ARG002, N802
        """Return ``node``, under a filter if it is a table with random numbers."""
        try:
            limit = self._limit(node)
        except Exception as error:  # noqa: BLE001 (it would come back as one of Java's)
            self.failure = error
            return node
        if limit is None:
            return node
        self.found = True
        return self._filter(self._parser.parseExpression(f"{RANDOM_INDEX} < {limit}L"), node)

    def _limit(self, node: Any) -> int | None:
        if node.nodeName() != "LogicalRelation" or not hasattr(node.relation(), "location"):
            return None
        files = _files(node.relation().location())
        return limit_of(files, self._percent) if files else None

    class Java:
        """The interface that py4j lets this object have."""

        implements = ("scala.PartialFunction",)


def _files(location: Any) -> list[Path]:
    return sorted(map(path_of, location.inputFiles()))
