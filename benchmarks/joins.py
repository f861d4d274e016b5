"""A colour-magnitude diagram of two joined tables, in every way at hand: the same files and cores.

Tables are taken to be too large to be sent whole to every task: engines that would choose to
(these are small) are told not to.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from astroflow_core.catalogue import Catalogue
from benchmarks import plain_spark
from benchmarks.data import CORES, NEIGHBOURS
from benchmarks.race import Contender

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from benchmarks.data import Dataset
    from benchmarks.race import Query

WORK = "join and diagram"
LEFT = "gaia_source"
RIGHT = NEIGHBOURS
_STARS, _NEIGHBOURS = ["phot_g_mean_mag", "parallax"], ["k_m"]
_CELLS = (100, 250)  # 0.1 mag in G - K from 0, in G from 0
_COLOUR = "(CAST(phot_g_mean_mag AS DOUBLE) - CAST(k_m AS DOUBLE)) * 10"
_MAGNITUDE = "CAST(phot_g_mean_mag AS DOUBLE) * 10"
_SQL = f"""
SELECT FLOOR({_COLOUR}) AS x, FLOOR({_MAGNITUDE}) AS y, COUNT(*) AS n
FROM gaia_source JOIN {{right}} USING (source_id)
WHERE parallax > 0.1 AND {_COLOUR} >= 0 AND {_COLOUR} < {_CELLS[0]}
  AND {_MAGNITUDE} >= 0 AND {_MAGNITUDE} < {_CELLS[1]}
GROUP BY x, y
"""
_NO_BROADCAST = "SET spark.sql.autoBroadcastJoinThreshold = -1"


def _folder(dataset: Dataset, table: str) -> Path:
    return Catalogue.open(dataset.root).table(table).folder.resolve()


def _to_diagram(x: Any, y: Any, n: Any) -> NDArray[np.int64]:
    diagram = np.zeros(_CELLS, np.int64)
    diagram[np.asarray(x).astype(int), np.asarray(y).astype(int)] = np.asarray(n)
    return diagram


def our_spark(dataset: Dataset) -> Query:
    """Run SQL as a person types it, in our session."""
    os.environ.update(dataset.environ)
    from astroflow_spark_gaia import spark

    spark.sql(_NO_BROADCAST)
    return lambda: _to_diagram(*spark.sql(_SQL.format(right=RIGHT)).toPandas().to_numpy().T)


def pyspark(dataset: Dataset) -> Query:
    """Run the same SQL in a session with Spark's defaults."""
    spark = plain_spark.session(dataset)
    spark.sql(_NO_BROADCAST)
    spark.read.parquet(str(_folder(dataset, RIGHT))).createOrReplaceTempView(RIGHT)
    return lambda: _to_diagram(*spark.sql(_SQL.format(right=RIGHT)).toPandas().to_numpy().T)


def our_spark_pairs(dataset: Dataset) -> Query:
    """Call the helper with a numpy function, in Spark."""
    os.environ.update(dataset.environ)
    from astroflow_spark_gaia import map_pairs, spark

    _ = spark.version  # the session is up before the clock runs
    return _by_pairs(map_pairs)


def our_dask_pairs(dataset: Dataset) -> Query:
    """Call the helper with a numpy function, in Dask."""
    os.environ.update(dataset.environ)
    from astroflow_dask_gaia import client, map_pairs

    _ = client.nthreads()  # the cluster is up before the clock runs
    return _by_pairs(map_pairs)


def _by_pairs(map_pairs: Any) -> Query:
    cells = _CELLS

    def diagram(stars: dict[str, Any], neighbours: dict[str, Any]) -> NDArray[np.int64]:
        place = np.searchsorted(stars["source_id"], neighbours["source_id"])
        magnitude = stars["phot_g_mean_mag"][place].astype(float)
        x = (magnitude - neighbours["k_m"].astype(float)) * 10
        y = magnitude * 10
        kept = (stars["parallax"][place] > 0.1) & (x >= 0) & (y >= 0)  # noqa: PLR2004
        kept &= (x < cells[0]) & (y < cells[1])
        flat = x[kept].astype(int) * cells[1] + y[kept].astype(int)
        return np.bincount(flat, minlength=cells[0] * cells[1]).reshape(cells)

    return lambda: np.sum(map_pairs(diagram, LEFT, RIGHT, _STARS, _NEIGHBOURS), axis=0)


def our_dask(dataset: Dataset) -> Query:
    """Join by index the dataframes that ``read_table`` gives."""
    os.environ.update(dataset.environ)
    from astroflow_dask_gaia import client, read_table

    _ = client.nthreads()

    def draw() -> NDArray[np.int64]:
        stars, neighbours = read_table(LEFT, _STARS), read_table(RIGHT, _NEIGHBOURS)
        return _of_frame(client, stars.join(neighbours, how="inner"))

    return draw


def dask_merge(dataset: Dataset) -> Query:
    """Merge Dask dataframes as people write it, on a cluster of the same size."""
    import dask.dataframe as dd
    from distributed import Client

    client = Client(n_workers=CORES, threads_per_worker=1, dashboard_address="127.0.0.1:0")

    def draw() -> NDArray[np.int64]:
        stars = dd.read_parquet(_folder(dataset, LEFT), columns=["source_id", *_STARS])
        neighbours = dd.read_parquet(_folder(dataset, RIGHT), columns=["source_id", *_NEIGHBOURS])
        return _of_frame(client, stars.merge(neighbours, on="source_id"))

    return draw


def _of_frame(client: Any, frame: Any) -> NDArray[np.int64]:
    y = frame["phot_g_mean_mag"].astype(float) * 10
    x = (frame["phot_g_mean_mag"].astype(float) - frame["k_m"].astype(float)) * 10
    kept = (frame["parallax"] > 0.1) & (x >= 0) & (x < _CELLS[0]) & (y >= 0) & (y < _CELLS[1])  # noqa: PLR2004
    flat = (x[kept] // 1 * _CELLS[1] + y[kept] // 1).astype(int)
    counts = client.compute(flat.value_counts()).result()
    return _to_diagram(counts.index // _CELLS[1], counts.index % _CELLS[1], counts)


def duckdb(dataset: Dataset) -> Query:
    """Run the same SQL in DuckDB."""
    import duckdb

    connection = duckdb.connect(config={"threads": CORES})
    for table in (LEFT, RIGHT):
        files = f"{_folder(dataset, table)}/*.parquet"
        connection.execute(f"CREATE VIEW {table} AS FROM read_parquet('{files}')")

    def draw() -> NDArray[np.int64]:
        columns = connection.execute(_SQL.format(right=RIGHT)).fetchnumpy()
        return _to_diagram(columns["x"], columns["y"], columns["n"])

    return draw


CONTENDERS = (
    Contender("our Spark, SQL", our_spark),
    Contender("our Spark, map_pairs", our_spark_pairs),
    Contender("PySpark, SQL", pyspark),
    Contender("our Dask, map_pairs", our_dask_pairs),
    Contender("our Dask, join", our_dask),
    Contender("Dask, merge", dask_merge),
    Contender("DuckDB", duckdb),
)
