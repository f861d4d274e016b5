"""Where a person finds the pages of Spark and Dask: below the address of their own server."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = "astroflow/clusters"
_SERVER = "JUPYTERHUB_SERVICE_PREFIX"  # where JupyterHub tells a server its own path


def pages_path(name: str, environ: Mapping[str, str]) -> str:
    """Return the path of all pages of the cluster ``name``, without a slash at its end.

    >>> pages_path("spark-1", {"JUPYTERHUB_SERVICE_PREFIX": "/user/hypatia/"})
    '/user/hypatia/astroflow/clusters/spark-1'
    """
    return f"{environ.get(_SERVER, '/')}{FOLDER}/{name}"
