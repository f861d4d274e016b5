"""Counts of all rows and of columns' values, from the index beside the files and by a scan."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from astroflow_data.index import write_index
from benchmarks import plain_spark
from benchmarks.race import Contender

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from benchmarks.data import Dataset
    from benchmarks.race import Query

WORK = "rows and values of ten columns"
_COLUMNS = (
    "ra", "dec", "parallax", "parallax_error", "pmra", "pmdec", "ruwe",
    "phot_g_mean_mag", "phot_bp_mean_mag", "radial_velocity",
)  # fmt: skip
_SQL = f"SELECT COUNT(*), {', '.join(f'COUNT({name})' for name in _COLUMNS)} FROM gaia_source"


@contextmanager
def indexed(dataset: Dataset) -> Iterator[None]:
    """Have the index of ``gaia_source`` for as long as the context lasts."""
    index = write_index(dataset.folder)
    try:
        yield
    finally:
        index.unlink()


def typed_sql(dataset: Dataset) -> Query:
    """Run SQL as a person types it, in our session."""
    os.environ.update(dataset.environ)
    from astroflow_spark_gaia import spark

    return lambda: np.array(spark.sql(_SQL).first())


def helper(dataset: Dataset) -> Query:
    """Ask the index in plain Python."""
    os.environ.update(dataset.environ)
    from astroflow_dask_gaia import column_counts, row_count

    def count() -> NDArray[np.int64]:
        values = column_counts("gaia_source", _COLUMNS)
        return np.array([row_count("gaia_source"), *(values[name] for name in _COLUMNS)])

    return count


def pyspark(dataset: Dataset) -> Query:
    """Run the same SQL in a session with Spark's defaults."""
    spark = plain_spark.session(dataset)
    return lambda: np.array(spark.sql(_SQL).first())


CONTENDERS = (
    Contender("our Spark, SQL", typed_sql),
    Contender("our helper", helper),
    Contender("PySpark, SQL", pyspark),
)
