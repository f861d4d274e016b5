"""What a Spark query will read and how long that takes; and the rate, measured as queries end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from astroflow_core.cost import Cost, cost_of
from astroflow_core.errors import AstroFlowError
from astroflow_core.rates import keep_rate, last_rate
from astroflow_spark_gaia.plans import is_limited, reads_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from astroflow_spark_gaia.gaia_session import GaiaSession

_LEAST_SECONDS = 0.2  # a shorter query is not worth a look at its plan


def explain_cost(query: str | DataFrame) -> Cost:
    """Return what a query reads, and how long that takes, without running it.

    Parameters
    ----------
    query
        SQL, or a frame. Of ``CREATE TABLE … AS SELECT …`` the query is explained.

    Raises
    ------
    QueryError
        For a statement that is no query.
    CatalogueError
        When a file is damaged or missing.
    """
    from astroflow_spark_gaia.session import connect

    spark = connect()
    frame = spark.frame_of(query)
    if spark.is_answered(frame):
        return cost_of([], _cores(spark), last_rate("spark"))
    plan = frame._jdf.queryExecution().executedPlan()  # noqa: SLF001
    return cost_of(reads_of(plan, spark.table_in), _cores(spark), last_rate("spark"))


def _cores(spark: GaiaSession) -> int:
    return int(spark.sparkContext.defaultParallelism)


class RateListener:
    """What Spark calls when a query has ended; keeps the rate at which it read."""

    def __init__(self, spark: GaiaSession) -> None:
        self._spark = spark
        self._cores = _cores(spark)

    def onSuccess(self, function: str, execution: Any, nanoseconds: int) -> None:  # noqa: ARG002, N802
        """Measure a query that read enough of its files to the end."""
        seconds = nanoseconds / 1e9
        if seconds < _LEAST_SECONDS:
            return
        plan = execution.executedPlan()
        if is_limited(plan):
            return
        try:
            cost = cost_of(reads_of(plan, str), self._cores, None)
        except AstroFlowError:
            return  # its files have gone since
        keep_rate("spark", cost.size, seconds * min(self._cores, max(1, cost.row_groups)))

    def onFailure(self, function: str, execution: Any, error: Any) -> None:  # noqa: N802
        """Do nothing: what failed tells no rate."""

    class Java:
        """The interface that py4j lets this object have."""

        implements = ("org.apache.spark.sql.util.QueryExecutionListener",)


def measure(spark: GaiaSession) -> None:
    """Have the rate measured of whatever ``spark`` runs."""
    spark._jsparkSession.listenerManager().register(RateListener(spark))  # noqa: SLF001
