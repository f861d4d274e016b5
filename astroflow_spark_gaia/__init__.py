"""A Spark session over the Gaia catalogues from one import.

>>> from astroflow_spark_gaia import spark  # doctest: +SKIP
>>> spark.sql("SELECT COUNT(*) FROM gaia_source").collect()  # doctest: +SKIP

Importing the package starts nothing; asking for ``spark`` does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from astroflow_core.errors import MissingDependencyError

if TYPE_CHECKING:
    from astroflow_spark_gaia.databases import Tables
    from astroflow_spark_gaia.gaia_session import GaiaSession
    from astroflow_spark_gaia.session import connect

    spark: GaiaSession
    tables: Tables

__all__ = ["connect", "spark", "tables"]


def __getattr__(name: str) -> Any:
    """Load a public name when it is asked for; ``spark`` and ``tables`` at every access."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        session = import_module(f"{__name__}.session")
        return session.connect if name == "connect" else getattr(session, f"current_{name}")()
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"{error.name} is not installed; run: pip install 'astroflow-hub[spark]'"
        ) from error
