"""Save a Dask frame as a table of one's own, ``mine.x``, for Dask and Spark."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import dask.dataframe as dd
import pandas as pd

from astroflow_core.errors import DataError
from astroflow_core.session import SessionSettings
from astroflow_dask_gaia.session import current_client

if TYPE_CHECKING:
    from pathlib import Path


def save_table(frame: dd.DataFrame | pd.DataFrame, name: str) -> None:
    """Compute a frame and save it as a table of your own that outlives the session.

    The index becomes a column where it has a name (``source_id``); else it is left out.

    Parameters
    ----------
    frame
        A Dask or pandas frame.
    name
        ``x`` or ``mine.x``: a letter, then letters, digits and underscores.

    Raises
    ------
    DataError
        When there is such a table, the name or a column cannot be, or the disk is full.
    SessionError
        When the session has no settings or its scheduler does not answer.
    """
    if not isinstance(frame, dd.DataFrame | pd.DataFrame):
        raise DataError(
            f"{type(frame).__name__} is no table: give a Dask or pandas DataFrame, such as "
            f"series.to_frame('name')"
        )
    lazy = dd.from_pandas(frame, npartitions=1) if isinstance(frame, pd.DataFrame) else frame
    _refuse_columns(lazy)
    with SessionSettings.from_environ(os.environ).own_database().saving(name) as path:
        current_client()
        _write(lazy, path)


def _write(frame: dd.DataFrame, path: Path) -> None:
    frame.to_parquet(
        path,
        engine="pyarrow",
        compression="zstd",
        write_index=frame.index.name is not None,
        # Named so that files are in the order of the partitions.
        name_function=lambda number: f"part-{number:05d}.parquet",
    )


def _refuse_columns(frame: dd.DataFrame) -> None:
    names = [*frame.columns, *([frame.index.name] if frame.index.name is not None else [])]
    if not names:
        raise DataError("a table needs a column, and this frame has none")
    if odd := [name for name in names if not isinstance(name, str)]:
        raise DataError(f"the column {odd[0]!r} has no text as a name; see frame.rename(columns=…)")
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(f"there are two columns {repeated[0]!r}; see frame.rename(columns=…)")
