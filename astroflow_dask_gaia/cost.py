"""What a Dask frame will read when it is computed, and how long that takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from astroflow_core.cost import Cost, cost_of
from astroflow_core.rates import last_rate
from astroflow_dask_gaia.scans import opened, read_of, scans_of
from astroflow_dask_gaia.session import current_client

if TYPE_CHECKING:
    from dask.dataframe.dask_expr import FrameBase


def explain_cost(frame: FrameBase | str) -> Cost:
    """Return what a frame reads when it is computed, and how long that takes, without doing so.

    The time is that of reading alone, measured by the workers; what is computed of the rows comes
    on top.

    Parameters
    ----------
    frame
        A Dask frame, series or scalar, or the name of a table.

    Raises
    ------
    QueryError
        When it is nothing that Dask would compute.
    CatalogueError
        When a file is damaged or missing.
    """
    optimised = opened(frame).optimize(fuse=False).expr
    cores = sum(current_client().nthreads().values())
    return cost_of(map(read_of, scans_of(optimised)), cores, last_rate("dask"))
