"""A frame over a random part of its tables: the same expression, whose readers leave rows out."""

from __future__ import annotations

from typing import Any

from dask.dataframe.dask_expr import FrameBase, new_collection  # type: ignore[attr-defined]

from astroflow_core.errors import QueryError
from astroflow_core.random_rows import RANDOM_INDEX, check_percent, limit_of
from astroflow_dask_gaia.scans import PartOf, files_of, opened, scans_of


def try_percent(percent: float, frame: FrameBase | str) -> FrameBase:
    """Return the same frame over a random part of the sources, to try it before it runs in full.

    Of each table that has a ``random_index`` the rows with the smallest are taken: the same
    sources in every run and engine. Other tables stay whole, so that a join with one of the
    former finds its part.

    Parameters
    ----------
    percent
        How much of each table, above 0 and at most 100.
    frame
        A Dask frame, series or scalar, or the name of a table.

    Raises
    ------
    QueryError
        When no table of the frame has a ``random_index``, or there is no such part.
    """
    check_percent(percent)
    expression: Any = opened(frame).expr
    replaced = [(scan, _part(scan, percent)) for scan in scans_of(expression)]
    parts = [(scan, part) for scan, part in replaced if part is not None]
    if not parts:
        raise QueryError(f"no table of this frame has a column {RANDOM_INDEX!r} to choose rows by")
    for scan, part in parts:
        expression = expression.substitute(scan, part)
    found: FrameBase = new_collection(expression)
    return found


def _part(scan: Any, percent: float) -> Any:
    limit = limit_of(files_of(scan), percent)
    if limit is None:
        return None
    return scan.substitute_parameters({"func": PartOf(scan.operand("func"), RANDOM_INDEX, limit)})
