"""A Spark session over the Gaia catalogues from one import.

>>> from astroflow_spark_gaia import spark  # doctest: +SKIP
>>> spark.sql("SELECT COUNT(*) FROM gaia_source").collect()  # doctest: +SKIP

Importing the package starts nothing; asking for ``spark`` does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from astroflow_core.errors import needing

if TYPE_CHECKING:
    from astroflow_core.counts import column_counts, row_count
    from astroflow_core.own_tables import drop_table, own_tables
    from astroflow_spark_gaia.adql_query import adql
    from astroflow_spark_gaia.cost import explain_cost
    from astroflow_spark_gaia.databases import Tables
    from astroflow_spark_gaia.executors import preflight
    from astroflow_spark_gaia.gaia_session import GaiaSession
    from astroflow_spark_gaia.maps import healpix_counts, healpix_means, histogram2d, map_pairs
    from astroflow_spark_gaia.mine import save_table
    from astroflow_spark_gaia.push import push_packages, use_environment
    from astroflow_spark_gaia.random_part import try_percent
    from astroflow_spark_gaia.regions import (
        cone_search,
        healpix_search,
        moc_search,
        polygon_search,
    )
    from astroflow_spark_gaia.session import connect

    spark: GaiaSession
    tables: Tables

__all__ = [
    "adql",
    "column_counts",
    "cone_search",
    "connect",
    "drop_table",
    "explain_cost",
    "healpix_counts",
    "healpix_means",
    "healpix_search",
    "histogram2d",
    "map_pairs",
    "moc_search",
    "own_tables",
    "polygon_search",
    "preflight",
    "push_packages",
    "row_count",
    "save_table",
    "spark",
    "tables",
    "try_percent",
    "use_environment",
]

_HOMES = {
    "adql": "astroflow_spark_gaia.adql_query",
    "column_counts": "astroflow_core.counts",
    "cone_search": "astroflow_spark_gaia.regions",
    "connect": "astroflow_spark_gaia.session",
    "drop_table": "astroflow_core.own_tables",
    "explain_cost": "astroflow_spark_gaia.cost",
    "healpix_counts": "astroflow_spark_gaia.maps",
    "healpix_means": "astroflow_spark_gaia.maps",
    "healpix_search": "astroflow_spark_gaia.regions",
    "histogram2d": "astroflow_spark_gaia.maps",
    "map_pairs": "astroflow_spark_gaia.maps",
    "moc_search": "astroflow_spark_gaia.regions",
    "own_tables": "astroflow_core.own_tables",
    "polygon_search": "astroflow_spark_gaia.regions",
    "preflight": "astroflow_spark_gaia.executors",
    "push_packages": "astroflow_spark_gaia.push",
    "row_count": "astroflow_core.counts",
    "save_table": "astroflow_spark_gaia.mine",
    "try_percent": "astroflow_spark_gaia.random_part",
    "use_environment": "astroflow_spark_gaia.push",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is asked for; ``spark`` and ``tables`` at every access."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with needing("spark"):
        if name in ("spark", "tables"):
            return getattr(import_module(f"{__name__}.session"), f"current_{name}")()
        return getattr(import_module(_HOMES[name]), name)
