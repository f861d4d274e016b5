"""Tables as Dask dataframes: lazy, indexed by their key, with known divisions."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import dask.dataframe as dd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from astroflow_core.catalogue import chosen_columns
from astroflow_core.errors import CatalogueError
from astroflow_core.footers import read_metadata, read_schema
from astroflow_core.rates import Meter
from astroflow_core.session import SessionSettings
from astroflow_dask_gaia.partitions import key_of, partitions_of
from astroflow_dask_gaia.session import current_client

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


_meter = Meter("dask")  # of this process, a worker mostly

# pandas alone would turn whole numbers with a NULL among them into floats, which hold
# integers exactly only up to 2**53, and booleans into objects.
_NULLABLE = {
    pa.bool_(): pd.BooleanDtype(),
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
}


def read_table(name: str, columns: Iterable[str] | None = None) -> dd.DataFrame:
    """Return a table as a Dask dataframe whose index is the table's key, ``source_id`` mostly.

    Nothing is read until something is computed, and then only the columns that are used. One
    partition is one file. In a catalogue in order of ``source_id`` the divisions are known;
    in hash buckets they are not, and a warning says so.

    A table of your own (``mine.x``) has its ``source_id`` as index where every row has one, and
    no index else.

    Whole numbers and booleans have pandas' nullable types (``Int64``, ``boolean``), so that a
    missing value costs no digit; a missing real number is NaN.

    Parameters
    ----------
    name
        ``table`` (in the session's default database) or ``database.table``.
    columns
        The columns to keep besides the key; all by default.

    Raises
    ------
    CatalogueError
        When there is no such table or column, or the files are not what they should be.
    SessionError
        When the session has no settings or its scheduler does not answer.
    """
    table = SessionSettings.from_environ(os.environ).open_table(name)
    schema = read_schema(table)
    chosen = chosen_columns(table, schema.names, columns)
    key = key_of(table)
    names = [name for name in chosen if name != key]
    partitions = partitions_of(table)
    current_client()  # so that the frame is computed by the session's cluster, not the kernel
    frame: dd.DataFrame = dd.from_map(
        read_files,
        partitions.files,
        columns=names,
        key=key,
        like=table.files[0],
        meta=to_pandas(schema.empty_table().select(with_key(names, key)), key),
        divisions=partitions.divisions,
        label=table.name,
    )
    return frame


def read_files(
    paths: tuple[Path, ...], columns: list[str], key: str | None, like: Path
) -> pd.DataFrame:
    """Return the rows of ``paths`` as one frame indexed by ``key``; runs on a worker.

    Where the table has no file in a partition, the frame is empty with the columns of ``like``.

    Raises
    ------
    CatalogueError
        When a file cannot be read or lacks a column.
    """
    names = with_key(columns, key)
    if not paths:
        return to_pandas(
            read_metadata(like).schema.to_arrow_schema().empty_table().select(names), key
        )
    return to_pandas(pa.concat_tables([read_file(path, names) for path in paths]), key)


def read_file(path: Path, columns: list[str]) -> pa.Table:
    """Return ``columns`` of one parquet file.

    Raises
    ------
    CatalogueError
        When the file cannot be read or lacks a column.
    """
    began = time.monotonic()
    try:
        with pq.ParquetFile(path) as file:
            # One thread: Dask already keeps every core busy with a partition.
            rows = file.read(columns, use_threads=False).select(columns)
            _meter.note(_size(file.metadata, columns), time.monotonic() - began)
            return rows
    except (OSError, pa.ArrowException, KeyError) as error:
        raise CatalogueError(f"{path} cannot be read: {error}") from error


def _size(metadata: pq.FileMetaData, columns: list[str]) -> int:
    """Return the compressed bytes of ``columns``."""
    leaves = range(metadata.num_columns)
    chosen = [i for i in leaves if metadata.schema.column(i).path.split(".")[0] in columns]
    groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
    return sum(group.column(i).total_compressed_size for group in groups for i in chosen)


def with_key(columns: list[str], key: str | None) -> list[str]:
    """Return what to read for a frame of ``columns`` indexed by ``key``, if by anything."""
    return columns if key is None else [key, *columns]


def to_pandas(rows: pa.Table, key: str | None) -> pd.DataFrame:
    """Return ``rows`` as a frame indexed by ``key``, exact in every whole number."""
    # What pandas once noted in a file of its own index is not this frame's.
    plain = rows.replace_schema_metadata()
    columns = plain if key is None else plain.drop_columns([key])
    frame: pd.DataFrame = columns.to_pandas(types_mapper=_NULLABLE.get)
    if key is not None:
        frame.index = pd.Index(rows[key].to_pandas(), name=key)
    return frame
