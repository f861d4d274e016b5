"""Sources in cones, in every way at hand: the same files and cores."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import plain_spark
from benchmarks.data import CORES
from benchmarks.race import Contender

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from benchmarks.data import Dataset
    from benchmarks.race import Query

RADII = (0.1, 1.0, 5.0)  # degrees
_RA, _DEC = 266.4, -29.0
_PIXEL = 58.6  # degrees: the side of a HEALPix pixel of level 0
_MARGIN = 0.1  # degrees, by which a source may have moved since its id was made
# Haversine: right for small angles, too.
_DISTANCE = (
    f"2 * ASIN(SQRT(POWER(SIN(RADIANS(dec - ({_DEC})) / 2), 2) + COS(RADIANS(dec)) * "
    f"COS(RADIANS({_DEC})) * POWER(SIN(RADIANS(ra - {_RA}) / 2), 2)))"
)


def work(radius: float) -> str:
    """Return what the table calls a cone of ``radius`` degrees."""
    return f"cone of {radius:g} degrees"


def contenders(radius: float) -> tuple[Contender, ...]:
    """Return the ways to the sources of a cone of ``radius`` degrees."""
    ways = {
        "our Spark": our_spark,
        "our Dask": our_dask,
        "our Python": our_python,
        "PySpark, full scan": pyspark,
        "DuckDB, ranges by hand": duckdb,
    }
    return tuple(Contender(name, partial(way, radius)) for name, way in ways.items())


def _sorted(ids: Any) -> NDArray[np.int64]:
    return np.sort(np.asarray(ids, np.int64))


def our_spark(radius: float, dataset: Dataset) -> Query:
    """Search in our session."""
    os.environ.update(dataset.environ)
    from astroflow_spark_gaia import cone_search

    return lambda: _sorted(_ids_of(cone_search, radius).toPandas()["source_id"])


def our_dask(radius: float, dataset: Dataset) -> Query:
    """Search with Dask."""
    os.environ.update(dataset.environ)
    from astroflow_dask_gaia import client, cone_search

    _ = client.nthreads()  # the cluster is up before the clock runs
    return lambda: _sorted(_ids_of(cone_search, radius).compute().index)


def our_python(radius: float, dataset: Dataset) -> Query:
    """Search without an engine."""
    os.environ.update(dataset.environ)
    from astroflow_core.search import cone_search

    return lambda: _sorted(_ids_of(cone_search, radius)["source_id"])


def _ids_of(search: Callable[..., Any], radius: float) -> Any:
    return search("gaia_source", _RA, _DEC, radius, columns=["source_id"])


def pyspark(radius: float, dataset: Dataset) -> Query:
    """Measure the distance of every row in a session with Spark's defaults."""
    stars = (
        plain_spark.session(dataset).table("gaia_source").where(_within(radius)).select("source_id")
    )
    return lambda: _sorted(stars.toPandas()["source_id"])


def duckdb(radius: float, dataset: Dataset) -> Query:
    """Measure the distance of the rows in ranges of ids that were made by hand before."""
    import duckdb

    connection = duckdb.connect(config={"threads": CORES})
    near = " OR ".join(f"source_id BETWEEN {low} AND {high}" for low, high in _ranges(radius))
    query = (
        f"SELECT source_id FROM read_parquet('{dataset.folder}/*.parquet') "
        f"WHERE ({near}) AND {_within(radius)}"
    )
    return lambda: _sorted(connection.execute(query).fetchnumpy()["source_id"])


def _within(radius: float) -> str:
    return f"{_DISTANCE} <= RADIANS({radius})"


def _ranges(radius: float) -> list[tuple[int, int]]:
    """Return the ids of all pixels that a source of the cone may have been in."""
    import healpy

    middle = healpy.ang2vec(_RA, _DEC, lonlat=True)
    reach = radius + _MARGIN
    # Pixels of half the radius to the whole: some ten ranges, and little beside the cone.
    level = int(np.log2(_PIXEL / reach)) + 1
    pixels = healpy.query_disc(2**level, middle, np.radians(reach), inclusive=True, nest=True)
    pixels = np.sort(pixels)
    runs = np.split(pixels, np.flatnonzero(np.diff(pixels) > 1) + 1)
    shift = 59 - 2 * level
    return [(int(run[0]) << shift, ((int(run[-1]) + 1) << shift) - 1) for run in runs]
