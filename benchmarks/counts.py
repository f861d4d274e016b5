"""Sources in each pixel of HEALPix level 6, in every way at hand: the same files and cores."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import plain_spark
from benchmarks.data import CORES
from benchmarks.race import Contender

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from benchmarks.data import Dataset
    from benchmarks.race import Query

WORK = "level-6 counts"
LEVEL = 6
PIXELS = 12 * 4**LEVEL
SHIFT = 59 - 2 * LEVEL
SQL = f"SELECT source_id DIV {2**SHIFT} AS pixel, COUNT(*) AS n FROM gaia_source GROUP BY pixel"


def _to_map(pixels: Any, counts: Any) -> NDArray[np.int64]:
    whole = np.zeros(PIXELS, np.int64)
    whole[np.asarray(pixels)] = np.asarray(counts)
    return whole


def our_spark(dataset: Dataset) -> Query:
    """Run SQL as a person types it, in our session."""
    os.environ.update(dataset.environ)
    from astroflow_spark_gaia import spark

    return lambda: _to_map(*spark.sql(SQL).toPandas().to_numpy().T)


def pyspark(dataset: Dataset) -> Query:
    """Run the same SQL in a session with Spark's defaults."""
    spark = plain_spark.session(dataset)
    return lambda: _to_map(*spark.sql(SQL).toPandas().to_numpy().T)


def our_dask(dataset: Dataset) -> Query:
    """Call the helper."""
    os.environ.update(dataset.environ)
    from astroflow_dask_gaia import client, healpix_counts

    _ = client.nthreads()  # the cluster is up before the clock runs
    return lambda: healpix_counts(LEVEL)


def dask_groupby(dataset: Dataset) -> Query:
    """Group a Dask dataframe as people write it, on a cluster of the same size."""
    import dask.dataframe as dd
    from distributed import Client

    client = Client(n_workers=CORES, threads_per_worker=1, dashboard_address="127.0.0.1:0")

    def count() -> NDArray[np.int64]:
        stars = dd.read_parquet(dataset.folder, columns=["source_id"])
        counts = client.compute(stars.groupby(stars["source_id"] // 2**SHIFT).size()).result()
        return _to_map(counts.index, counts)

    return count


def duckdb(dataset: Dataset) -> Query:
    """Run the same SQL in DuckDB."""
    import duckdb

    connection = duckdb.connect(config={"threads": CORES})
    files = f"read_parquet('{dataset.folder}/*.parquet')"
    query = f"SELECT source_id // {2**SHIFT} AS pixel, COUNT(*) AS n FROM {files} GROUP BY pixel"

    def count() -> NDArray[np.int64]:
        columns = connection.execute(query).fetchnumpy()
        return _to_map(columns["pixel"], columns["n"])

    return count


def polars(dataset: Dataset) -> Query:
    """Scan and group with Polars."""
    os.environ["POLARS_MAX_THREADS"] = str(CORES)  # read when it is imported
    import polars as pl

    def count() -> NDArray[np.int64]:
        stars = pl.scan_parquet(dataset.folder / "*.parquet")
        pixels = (pl.col("source_id") // 2**SHIFT).alias("pixel")
        return _to_map(*stars.group_by(pixels).len().collect().to_numpy().T)

    return count


def numpy(dataset: Dataset) -> Query:
    """Read with pyarrow and count with numpy, one thread a core: no engine at all."""
    import pyarrow.parquet as pq

    pool = ThreadPoolExecutor(CORES)
    files = dataset.files

    def count_file(path: Path) -> NDArray[np.int64]:
        ids = pq.read_table(path, columns=["source_id"], use_threads=False)["source_id"].to_numpy()
        return np.bincount(ids >> SHIFT, minlength=PIXELS)

    return lambda: sum(pool.map(count_file, files), np.zeros(PIXELS, np.int64))


CONTENDERS = (
    Contender("our Spark, SQL", our_spark),
    Contender("PySpark, SQL", pyspark),
    Contender("our Dask, healpix_counts", our_dask),
    Contender("Dask, groupby", dask_groupby),
    Contender("DuckDB", duckdb),
    Contender("Polars", polars),
    Contender("pyarrow and numpy", numpy),
)
