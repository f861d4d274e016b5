"""In how many buckets Spark may look for a key, which it believes without a look at the rows."""

from __future__ import annotations

import os
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING

import pyarrow as pa

from astroflow_core.buckets import bucket_in_name, bucket_of
from astroflow_core.catalogue import HashBuckets
from astroflow_core.errors import AstroFlowError
from astroflow_core.footers import arrow_schema, read_footer

if TYPE_CHECKING:
    from astroflow_core.catalogue import Table
    from astroflow_core.footers import Footer


_ID = pa.field("source_id", pa.int64())  # the key where a release lists no columns


def bucket_count(table: Table) -> int | None:
    """Return in how many buckets Spark may look for a key of ``table``; None for no buckets.

    It looks in the one file that the key's hash names, and in files of another layout misses
    rows. So a file has to prove the layout that the catalogue tells; where it cannot, joins
    move rows and find all of them, and a warning says so.
    """
    layout = table.database.layout
    if not isinstance(layout, HashBuckets):
        return None
    with suppress(AstroFlowError, pa.ArrowException):  # told when the table is read
        footer = _first_with_rows(table)
        if footer is None or _is_of_its_bucket(footer, table, layout.buckets):
            return layout.buckets
        warnings.warn(
            f"{footer.path} is not a bucket of {layout.buckets} by {table.key}: joins of "
            f"{table.full_name} take longer until the layout of {table.database.name} in "
            f"catalogue.yaml is put right (`astroflow data verify` names each file)",
            stacklevel=2,
        )
    return None


def _first_with_rows(table: Table) -> Footer | None:
    """Return the footer of one file: there are thousands, and a listing need not be whole."""
    with suppress(OSError), os.scandir(table.folder) as entries:
        for entry in entries:
            if entry.name.endswith(".parquet"):
                footer = read_footer(table.folder / entry.name, table.key)
                if footer.rows:
                    return footer
    return None


def _is_of_its_bucket(footer: Footer, table: Table, buckets: int) -> bool:
    columns = tuple(column for column in table.definition.columns if column.name == table.key)
    (key,) = arrow_schema(columns) or (_ID,)
    keys = pa.array([footer.first_key, footer.last_key], key.type)
    return bool((bucket_of(keys, buckets) == bucket_in_name(footer.path.name)).all())
