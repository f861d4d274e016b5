"""Means over the sky and a diagram, in every way at hand: the same files and cores."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import plain_spark
from benchmarks.counts import LEVEL, PIXELS, SHIFT
from benchmarks.data import CORES
from benchmarks.race import Contender

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from benchmarks.data import Dataset
    from benchmarks.race import Query

MEANS, DIAGRAM = "level-6 means", "diagram"
_COLUMNS = ["parallax", "phot_g_mean_mag"]
_DECIMALS = 6  # to which means are equal in whatever order they are summed
_X, _Y, _CELLS, _RANGE = "phot_bp_mean_mag", "phot_g_mean_mag", 250, (0, 25)
_PER_MAG = _CELLS // 25
_AVERAGES = ", ".join(f"AVG(CAST({name} AS DOUBLE)) AS {name}" for name in _COLUMNS)
_MEANS_SQL = f"SELECT {{pixel}} AS pixel, {_AVERAGES} FROM {{stars}} GROUP BY pixel"
_CELL = "CAST(FLOOR(CAST({} AS DOUBLE) * " + f"{_PER_MAG}) AS INT)"
_DIAGRAM_SQL = (
    f"SELECT {_CELL.format(_X)} AS x, {_CELL.format(_Y)} AS y, COUNT(*) AS n FROM {{stars}} "
    f"WHERE {_X} BETWEEN 0 AND 24.99 AND {_Y} BETWEEN 0 AND 24.99 GROUP BY x, y"
)
_SPARK_PIXEL, _DUCKDB_PIXEL = f"source_id DIV {2**SHIFT}", f"source_id // {2**SHIFT}"


def _to_map(pixels: Any, *means: Any) -> NDArray[np.float64]:
    whole = np.zeros((len(means), PIXELS))
    whole[:, np.asarray(pixels).astype(int)] = np.nan_to_num(np.asarray(means, float))
    return whole.round(_DECIMALS)


def _to_diagram(x: Any, y: Any, n: Any) -> NDArray[np.int64]:
    cells = np.zeros((_CELLS, _CELLS), np.int64)
    cells[np.asarray(x).astype(int), np.asarray(y).astype(int)] = np.asarray(n)
    return cells


def _helpers(package: Any) -> tuple[Query, Query]:
    def means() -> NDArray[np.float64]:
        found = package.healpix_means(LEVEL, _COLUMNS)
        return _to_map(found["pixel"], *(found.columns[2 + i] for i in range(len(_COLUMNS))))

    bins, limits = (_CELLS, _CELLS), (_RANGE, _RANGE)
    return means, lambda: package.histogram2d(_X, _Y, bins=bins, range=limits)[0]


def _spark_helpers(dataset: Dataset) -> tuple[Query, Query]:
    os.environ.update(dataset.environ)
    import astroflow_spark_gaia

    astroflow_spark_gaia.connect()
    return _helpers(astroflow_spark_gaia)


def _dask_helpers(dataset: Dataset) -> tuple[Query, Query]:
    os.environ.update(dataset.environ)
    import astroflow_dask_gaia

    _ = astroflow_dask_gaia.client.nthreads()  # the cluster is up before the clock runs
    return _helpers(astroflow_dask_gaia)


def _typed(spark: Any) -> tuple[Query, Query]:
    means = _MEANS_SQL.format(pixel=_SPARK_PIXEL, stars="gaia_source")
    diagram = _DIAGRAM_SQL.format(stars="gaia_source")
    return (
        lambda: _to_map(*spark.sql(means).toPandas().to_numpy().T),
        lambda: _to_diagram(*spark.sql(diagram).toPandas().to_numpy().T),
    )


def _our_sql(dataset: Dataset) -> tuple[Query, Query]:
    os.environ.update(dataset.environ)
    from astroflow_spark_gaia import spark

    return _typed(spark)


def _pyspark(dataset: Dataset) -> tuple[Query, Query]:
    return _typed(plain_spark.session(dataset))


def _duckdb(dataset: Dataset) -> tuple[Query, Query]:
    import duckdb

    connection = duckdb.connect(config={"threads": CORES})
    stars = f"read_parquet('{dataset.folder}/*.parquet')"
    means = _MEANS_SQL.format(pixel=_DUCKDB_PIXEL, stars=stars)
    diagram = _DIAGRAM_SQL.format(stars=stars)
    return (
        lambda: _to_map(*connection.execute(means).df().to_numpy().T),
        lambda: _to_diagram(*connection.execute(diagram).df().to_numpy().T),
    )


def _means(ways: Callable[[Dataset], tuple[Query, Query]], dataset: Dataset) -> Query:
    return ways(dataset)[0]


def _diagram(ways: Callable[[Dataset], tuple[Query, Query]], dataset: Dataset) -> Query:
    return ways(dataset)[1]


_WAYS = {
    "our Spark, helper": _spark_helpers,
    "our Dask, helper": _dask_helpers,
    "our Spark, SQL": _our_sql,
    "PySpark, SQL": _pyspark,
    "DuckDB": _duckdb,
}
MEANS_CONTENDERS = tuple(Contender(name, partial(_means, ways)) for name, ways in _WAYS.items())
DIAGRAM_CONTENDERS = tuple(Contender(name, partial(_diagram, ways)) for name, ways in _WAYS.items())
