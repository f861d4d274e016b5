"""Maps and diagrams through Spark: tasks that read their files themselves and send sums back."""

from __future__ import annotations

import gc
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from astroflow_core import maps
from astroflow_core.counts import pixels_in
from astroflow_core.healpix import check_level
from astroflow_core.pairs import OnPair, pairs_of
from astroflow_spark_gaia.session import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np
    from astropy.table import Table
    from numpy.typing import NDArray

    from astroflow_core.pairs import Rows

_TASKS_A_CORE = 4  # a task costs Spark some 10 ms; of a few, the last ones take as long


def healpix_counts(
    level: int, table: str = "gaia_source", where: str | None = None
) -> NDArray[np.int64]:
    """Return how many rows of a table lie in each HEALPix pixel, by their ``source_id``.

    Parameters
    ----------
    level
        HEALPix level 0 to 12; ``nside = 2**level``.
    table
        ``table`` (in the session's current database) or ``database.table``.
    where
        A condition on the rows, as in SQL.

    Returns
    -------
    numpy.ndarray
        ``12 * 4**level`` counts in the NESTED scheme; 0 where no source is.

    Raises
    ------
    LevelError
        For anything but a whole level from 0 to 12.
    CatalogueError
        When the table is missing, or a file of it is damaged.
    QueryError
        When the condition is no SQL, or names a column that is not there.
    """
    check_level(level)
    opened = connect().catalogue_table(table)
    known = pixels_in(opened, level) if where is None else None
    return maps.count_pixels(_run, opened, level, where) if known is None else known


def healpix_means(
    level: int, columns: Sequence[str], table: str = "gaia_source", where: str | None = None
) -> Table:
    """Return the mean of each column or SQL expression in each HEALPix pixel.

    NULL and NaN are no values. The table has ``12 * 4**level`` rows in the NESTED scheme, with
    the number of ``sources`` in a pixel; a mean is NaN where there is no value. See
    `healpix_counts` for the parameters and what is raised.
    """
    return maps.mean_map(_run, connect().catalogue_table(table), level, columns, where)


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
    return maps.histogram(_run, connect().catalogue_table(table), x, y, bins, range, where)


def map_pairs(
    function: Callable[[Rows, Rows], Any],
    left: str,
    right: str,
    left_columns: Iterable[str] | None = None,
    right_columns: Iterable[str] | None = None,
) -> list[Any]:
    """Return what one's own function makes of each piece of two tables, in order of the ids.

    A piece is a range of ``source_id``: the function is given all rows of both tables in it, as
    numpy arrays by column, in order of ``source_id``. The pieces hold every row with an id of
    both tables once, whatever the layout; tables in order of ``source_id`` go file by file.
    NULL comes as NaN (whole numbers with a NULL among them as doubles), in texts as None.

    Parameters
    ----------
    function
        Takes the left and the right rows; runs on a worker. What it returns travels back.
    left, right
        ``table`` or ``database.table``.
    left_columns, right_columns
        The columns to read besides ``source_id``; all by default.

    Raises
    ------
    CatalogueError
        When there is no such table or column, or a table has no ``source_id``.
    """
    pairs = pairs_of(
        connect().catalogue_table(left),
        connect().catalogue_table(right),
        left_columns,
        right_columns,
    )
    return _run(OnPair(function), pairs)


def _run(task: Callable[[Any], Any], pieces: list[Any]) -> list[Any]:
    spark = connect()
    most = _TASKS_A_CORE * spark.size.pods * spark.size.cores
    work = spark.sparkContext.parallelize(pieces, min(len(pieces), most))
    return work.map(partial(_on_worker, task)).collect()


def _on_worker(task: Callable[[Any], Any], piece: Any) -> Any:
    result = task(piece)
    _spare_imports()
    return result


@cache
def _spare_imports() -> None:
    """Spare what a worker has imported: Spark collects garbage after every task, 15 ms of it."""
    gc.freeze()
