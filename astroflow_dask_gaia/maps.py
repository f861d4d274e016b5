"""Maps and diagrams through Dask: tasks that read their files themselves and send sums back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from astroflow_core import maps
from astroflow_core.session import SessionSettings
from astroflow_dask_gaia.session import current_client

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from astropy.table import Table as AstropyTable
    from numpy.typing import NDArray

    from astroflow_core.catalogue import Table


def healpix_means(
    level: int, columns: Sequence[str], table: str = "gaia_source", where: str | None = None
) -> AstropyTable:
    """Return the mean of each column or SQL expression in each HEALPix pixel.

    NULL and NaN are no values. The table has ``12 * 4**level`` rows in the NESTED scheme, with
    the number of ``sources`` in a pixel; a mean is NaN where there is no value. See
    `healpix_counts` for the parameters and what is raised.
    """
    return maps.mean_map(run, _opened(table), level, columns, where)


def histogram2d(  # noqa: PLR0913, PLR0917 (as numpy's)
    x: str,
    y: str,
    bins: Any = 100,
    range: Any = None,  # noqa: A002 (as numpy's)
    table: str = "gaia_source",
    where: str | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return how many rows fall into each cell of a diagram, and the edges along x and y.

    As `numpy.histogram2d` of the values, without NULL and NaN.

    Parameters
    ----------
    x, y
        Columns or SQL expressions, such as ``"phot_bp_mean_mag - phot_rp_mean_mag"``.
    bins
        A number of cells, two of them, or two lists of edges.
    range
        ((x least, x greatest), (y least, y greatest)), where ``bins`` are numbers.
    table, where
        As in `healpix_counts`.

    Raises
    ------
    QueryError
        When an expression is no SQL, or bins and range make no cells.
    """
    return maps.histogram(run, _opened(table), x, y, bins, range, where)


def run(task: Callable[[maps.Files], Any], groups: list[maps.Files]) -> list[Any]:
    """Return what ``task`` makes of each group of files, in the groups' order."""
    client = current_client()
    # Not pure: files may have changed since the same call was made.
    results: list[Any] = client.gather(client.map(task, groups, pure=False))
    return results


def _opened(table: str) -> Table:
    return SessionSettings.from_environ(os.environ).open_table(table)
