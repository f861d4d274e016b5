"""Regions of the sky as Spark frames: the index names files and ids, then positions decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from astroflow_core import regions
from astroflow_core.index import SOURCE_ID
from astroflow_core.polygon import Polygon
from astroflow_core.regions import Cone
from astroflow_core.search import POSITION, Search, plan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyspark.sql import Column, DataFrame

    from astroflow_core.regions import Region
    from astroflow_spark_gaia.gaia_session import GaiaSession


def cone_search(
    table: str,
    ra: Any,
    dec: Any = None,
    radius: Any = None,
    columns: Iterable[str] | None = None,
) -> DataFrame:
    """Return a frame of the rows at most ``radius`` from a place.

    Parameters
    ----------
    table
        ``table`` (in the session's current database) or ``database.table``.
    ra, dec
        Degrees (ICRS) or Quantities; or a SkyCoord in place of both.
    radius
        Degrees or a Quantity, above 0 and at most 180 degrees.
    columns
        The columns of the frame; all by default.

    Raises
    ------
    RegionError
        When the place or the radius cannot be.
    CatalogueError
        When there is no such table or column, or it has no positions.
    """
    return _in_session(table, regions.cone(ra, dec, radius), columns)


def polygon_search(table: str, corners: Any, columns: Iterable[str] | None = None) -> DataFrame:
    """Return a frame of the rows inside a polygon of great circles.

    ``corners`` are (ra, dec) pairs in degrees, in order, or a SkyCoord; see `cone_search`.
    """
    return _in_session(table, Polygon.of(corners), columns)


def healpix_search(
    table: str, level: int, pixels: Any, columns: Iterable[str] | None = None
) -> DataFrame:
    """Return a frame of the rows whose position lies in NESTED pixels of ``level`` 0 to 29.

    The position counts, not the older one in the ``source_id``; see `cone_search`.
    """
    return _in_session(table, regions.healpix(level, pixels), columns)


def moc_search(table: str, moc: Any, columns: Iterable[str] | None = None) -> DataFrame:
    """Return a frame of the rows on a coverage map, a `mocpy.MOC` or its text."""
    return _in_session(table, regions.area(moc), columns)


def _in_session(table: str, region: Region, columns: Iterable[str] | None) -> DataFrame:
    from astroflow_spark_gaia.session import connect

    return find(connect(), table, region, columns)


def find(
    spark: GaiaSession, table: str, region: Region, columns: Iterable[str] | None = None
) -> DataFrame:
    """Return a frame of the rows of ``table`` in ``region``."""
    search = plan(spark.catalogue_table(table), region, columns)
    frame = _candidates(spark, search)
    return frame.where(_contains(region)).select(*search.columns)


def _candidates(spark: GaiaSession, search: Search) -> DataFrame:
    """Return the rows that the region's ids do not exclude, without opening other files."""
    # Spark plans a hundred columns longer than it reads a few.
    needed = dict.fromkeys((*search.columns, *POSITION, *_ids_in(search)))
    whole = spark.table(search.table.full_name).select(*needed)
    files = [str(path) for path, _ in search.groups.by_file()]
    if not files:
        return whole.where("false")
    if len(files) < len(search.table.files):
        reader = spark.read
        reader._jreader = reader._jreader.schema(whole._jdf.schema())  # noqa: SLF001
        whole = reader.parquet(*files)
    # Where most row groups are read anyway, the test of ids costs more than it spares.
    return whole.where(_ids_between(search)) if search.prunes else whole


def _ids_in(search: Search) -> tuple[str, ...]:
    return (SOURCE_ID,) if SOURCE_ID in search.schema.names else ()


def _ids_between(search: Search) -> str:
    ranges = search.few_ids.tolist()
    return " OR ".join(f"source_id BETWEEN {first} AND {stop - 1}" for first, stop in ranges)


def _contains(region: Region) -> Column:
    from pyspark.sql import functions
    from pyspark.sql.pandas.functions import arrow_udf
    from pyspark.sql.types import BooleanType

    if isinstance(region, Cone):
        place = f"CAST({region.ra!r} AS DOUBLE), CAST({region.dec!r} AS DOUBLE)"
        return functions.expr(f"angular_distance({place}, ra, dec) <= {region.radius!r}D")

    def contains(ra: pa.Array, dec: pa.Array) -> pa.Array:
        return pa.array(region.contains(_numbers(ra), _numbers(dec)))

    # Its stub knows the forms for iterators only.
    inside: Column = arrow_udf(contains, BooleanType())(*POSITION)  # type: ignore[call-overload]
    return inside


def _numbers(values: pa.Array) -> Any:
    return values.to_numpy(zero_copy_only=False).astype(float, copy=False)
