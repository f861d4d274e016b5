"""A Dask client over the Gaia catalogues from one import.

>>> from astroflow_dask_gaia import client, read_table  # doctest: +SKIP
>>> read_table("gaia_source", columns=["phot_g_mean_mag"]).mean().compute()  # doctest: +SKIP

Importing the package starts nothing; asking for ``client`` does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from astroflow_core.errors import needing

if TYPE_CHECKING:
    from distributed import Client

    from astroflow_core.counts import column_counts, row_count
    from astroflow_core.own_tables import drop_table, own_tables
    from astroflow_dask_gaia.cost import explain_cost
    from astroflow_dask_gaia.counts import healpix_counts
    from astroflow_dask_gaia.frames import read_table
    from astroflow_dask_gaia.maps import healpix_means, histogram2d, map_pairs
    from astroflow_dask_gaia.mine import save_table
    from astroflow_dask_gaia.push import push_packages, use_environment
    from astroflow_dask_gaia.random_part import try_percent
    from astroflow_dask_gaia.regions import (
        cone_search,
        healpix_search,
        moc_search,
        polygon_search,
    )
    from astroflow_dask_gaia.session import connect
    from astroflow_dask_gaia.workers import preflight

    client: Client

__all__ = [
    "client",
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
    "read_table",
    "row_count",
    "save_table",
    "try_percent",
    "use_environment",
]

_HOMES = {
    "column_counts": "astroflow_core.counts",
    "cone_search": "astroflow_dask_gaia.regions",
    "connect": "astroflow_dask_gaia.session",
    "drop_table": "astroflow_core.own_tables",
    "explain_cost": "astroflow_dask_gaia.cost",
    "healpix_counts": "astroflow_dask_gaia.counts",
    "healpix_means": "astroflow_dask_gaia.maps",
    "healpix_search": "astroflow_dask_gaia.regions",
    "histogram2d": "astroflow_dask_gaia.maps",
    "map_pairs": "astroflow_dask_gaia.maps",
    "moc_search": "astroflow_dask_gaia.regions",
    "own_tables": "astroflow_core.own_tables",
    "polygon_search": "astroflow_dask_gaia.regions",
    "preflight": "astroflow_dask_gaia.workers",
    "push_packages": "astroflow_dask_gaia.push",
    "read_table": "astroflow_dask_gaia.frames",
    "row_count": "astroflow_core.counts",
    "save_table": "astroflow_dask_gaia.mine",
    "try_percent": "astroflow_dask_gaia.random_part",
    "use_environment": "astroflow_dask_gaia.push",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for; ``client`` anew at every access."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with needing("dask"):
        if name == "client":
            return import_module(f"{__name__}.session").current_client()
        return getattr(import_module(_HOMES[name]), name)
