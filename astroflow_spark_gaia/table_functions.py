"""Regions as SQL table functions: ``SELECT … FROM cone('gaia_source', 266.4, -29, 0.1)``.

A table function that is written in SQL cannot look into a table's index, and one in Python would
hand over every row. Spark builds the plan of a function with a Scala function of its arguments;
here that is a Python object (py4j), so the search is planned while the query is analysed, and
Spark reads the files it names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark.java_gateway import ensure_callback_server_started

from astroflow_core import regions
from astroflow_core.errors import AstroFlowError, RegionError
from astroflow_core.polygon import Polygon
from astroflow_spark_gaia.regions import find

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from astroflow_core.regions import Region
    from astroflow_spark_gaia.gaia_session import GaiaSession

    Values = Sequence[Any]


def _cone(values: Values) -> Region:
    return regions.cone(*values)


def _polygon(values: Values) -> Region:
    return Polygon.of(list(zip(values[::2], values[1::2], strict=True)))


def _pixels(values: Values) -> Region:
    return regions.healpix(values[0], values[1:])


def _moc(values: Values) -> Region:
    return regions.area(*values)


_FUNCTIONS: dict[str, tuple[Callable[[Values], Region], str]] = {
    "cone": (_cone, "ra, dec, radius"),
    "polygon": (_polygon, "ra1, dec1, ra2, dec2, ra3, dec3, ..."),
    "pixels": (_pixels, "level, pixel, ..."),
    "moc": (_moc, "'3/5-7'"),
}


class TableFunction:
    """What Spark calls with a function's arguments to have its plan."""

    def __init__(self, spark: GaiaSession, name: str) -> None:
        self._spark = spark
        self._name = name
        self.failure: AstroFlowError | None = None

    def apply(self, arguments: Any) -> Any:
        """Return the plan of the rows in the region; ``arguments`` is a Scala sequence."""
        try:
            values = [self._value(arguments.apply(place)) for place in range(arguments.size())]
            table, region = self._table_and_region(values)
            frame = find(self._spark, table, region)
        except AstroFlowError as error:
            # Spark would show a person the way through the bridge between Python and Java.
            self.failure = error
            raise
        return frame._jdf.queryExecution().analyzed()  # noqa: SLF001

    def toString(self) -> str:  # noqa: N802
        """Return a name for Spark's messages."""
        return self._name

    def _table_and_region(self, values: Values) -> tuple[str, Region]:
        make, parameters = _FUNCTIONS[self._name]
        try:
            return str(values[0]), make(values[1:])
        except (TypeError, ValueError, IndexError) as error:
            if isinstance(error, AstroFlowError):
                raise
            raise RegionError(f"write {self._name}('table', {parameters})") from error

    def _value(self, expression: Any) -> Any:
        if not expression.foldable():
            raise RegionError(
                f"{self._name}() takes constants, not {expression.sql()}: for another region "
                f"in each row, join the tables and use angular_distance"
            )
        value = expression.eval(None)
        return value if isinstance(value, (int, float)) or value is None else _plain(value)

    class Java:
        """The interface that py4j lets this object have."""

        implements = ("scala.Function1",)


def _plain(value: Any) -> float | str:
    """Return a decimal number or a text of Spark's as Python's."""
    text = str(value.toString())
    return float(text) if value.getClass().getSimpleName() == "Decimal" else text


def register(spark: GaiaSession) -> list[TableFunction]:
    """Make the table functions known to ``spark``; return them."""
    gateway = spark.sparkContext._gateway  # noqa: SLF001
    ensure_callback_server_started(gateway)  # type: ignore[no-untyped-call]
    registry = spark._jsparkSession.sessionState().tableFunctionRegistry()  # noqa: SLF001
    functions = [TableFunction(spark, name) for name in _FUNCTIONS]
    for name, function in zip(_FUNCTIONS, functions, strict=True):
        registry.createOrReplaceTempFunction(name, function, "built-in")
    return functions
