"""Spark's configuration, one pure function an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from astroflow_spark_gaia.joins import extension_conf

if TYPE_CHECKING:
    from pathlib import Path

    from astroflow_core.session import ClusterSize

LOOPBACK = "127.0.0.1"
# What the system allows for the path of a socket, and what Spark's name of one takes of it.
_SOCKET_PATH = 100
_SOCKET_NAME = 45


def query_conf(cores: int) -> dict[str, str]:
    """Return what makes queries over catalogues fast and right, on any engine."""
    return {
        # As many partitions as cores; AQE splits what proves too large for one.
        "spark.sql.shuffle.partitions": str(cores),
        # Reading dictionaries to drop row groups costs seconds on columns of many values.
        "spark.hadoop.parquet.filter.dictionary.enabled": "false",
        # With it executors would compute in which piece of a join a row is, and need our jar.
        "spark.sql.sources.v2.bucketing.shuffle.enabled": "false",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.catalogImplementation": "in-memory",
        # A bar drawn over the cell's output is no help to a reader of the notebook.
        "spark.ui.showConsoleProgress": "false",
    }


def local_conf(size: ClusterSize, scratch: Path) -> dict[str, str]:
    """Return the configuration of Spark in one JVM on this machine.

    Parameters
    ----------
    size
        One pod: its cores and the memory of the JVM.
    scratch
        A folder of the session's own, for everything that ends with it.
    """
    return (
        query_conf(size.cores)
        | extension_conf()
        | {
            "spark.app.name": "AstroFlow",
            "spark.master": f"local[{size.cores}]",
            "spark.driver.memory": size.memory,
            "spark.driver.host": LOOPBACK,
            "spark.driver.bindAddress": LOOPBACK,
            # Its web server costs start-up time, and on one machine nobody is led to it.
            "spark.ui.enabled": "false",
            "spark.local.dir": str(scratch),
            "spark.sql.warehouse.dir": (scratch / "warehouse").as_uri(),
        }
        | _socket_conf(scratch)
    )


def _socket_conf(folder: Path) -> dict[str, str]:
    """Let the JVM and Python's workers talk over sockets in ``folder``, faster than by TCP."""
    if len(str(folder)) + _SOCKET_NAME > _SOCKET_PATH:
        return {}
    return {
        "spark.python.unix.domain.socket.enabled": "true",
        "spark.python.unix.domain.socket.dir": str(folder),
    }
