"""What parquet footers tell of a table without reading a row. Needs pyarrow."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from astroflow_core.errors import CatalogueError

if TYPE_CHECKING:
    from pathlib import Path

    from astroflow_core.catalogue import Table
    from astroflow_core.release import Column

_READERS = 8  # threads: files on a network make one wait
_ARROW_TYPES = {
    "bool": pa.bool_(),
    "int8": pa.int8(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float32": pa.float32(),
    "float64": pa.float64(),
    "string": pa.string(),
    "date32": pa.date32(),
    "timestamp": pa.timestamp("us"),
}


@dataclass(frozen=True, slots=True)
class Footer:
    """One file's rows and the least and greatest key in it; both None in an empty file."""

    path: Path
    rows: int
    first_key: int | None
    last_key: int | None


def read_metadata(path: Path) -> pq.FileMetaData:
    """Return the footer of one parquet file as pyarrow reads it.

    Raises
    ------
    CatalogueError
        When the file is truncated, not parquet, or cannot be read.
    """
    try:
        return pq.read_metadata(path)
    except (OSError, pa.ArrowException) as error:
        raise CatalogueError(
            f"{path} is not a whole parquet file ({error}); copy it again or make it anew"
        ) from error


def read_footer(path: Path, key: str) -> Footer:
    """Return what the footer of ``path`` says about its rows and about the column ``key``.

    Raises
    ------
    CatalogueError
        When the file cannot be read, lacks ``key``, has no statistics of it or rows without it.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise CatalogueError(f"{path} cannot be read: {error}") from error
    return _read_footer(path, key, (status.st_mtime_ns, status.st_size))


@lru_cache(maxsize=2**16)  # 3 ms a file of 152 columns, and large tables have thousands
def _read_footer(path: Path, key: str, _version: tuple[int, int]) -> Footer:
    metadata = read_metadata(path)
    statistics = _statistics(path, metadata, key)
    return Footer(
        path=path,
        rows=metadata.num_rows,
        first_key=min((s.min for s in statistics), default=None),
        last_key=max((s.max for s in statistics), default=None),
    )


def _statistics(path: Path, metadata: pq.FileMetaData, key: str) -> list[pq.Statistics]:
    """Return what each row group that holds rows says about the column ``key``."""
    # The arrow schema's position is the parquet leaf's only while no column is nested.
    leaves = [metadata.schema.column(i).path for i in range(metadata.num_columns)]
    if key not in leaves:
        names = ", ".join(metadata.schema.to_arrow_schema().names)
        raise CatalogueError(f"{path} has no plain column {key!r}; its columns are {names}")
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    statistics = [g.column(leaves.index(key)).statistics for g in groups if g.num_rows]
    if any(s is not None and s.null_count for s in statistics):
        raise CatalogueError(f"{path} has rows whose {key!r} is NULL; take them out of the table")
    if any(s is None or not s.has_min_max for s in statistics):
        raise CatalogueError(f"{path} keeps no statistics of {key!r}; write it again with them")
    return statistics


def read_footers(table: Table) -> list[Footer]:
    """Return the footers of all files of ``table``, by file name."""
    with ThreadPoolExecutor(_READERS) as pool:
        return list(pool.map(lambda path: read_footer(path, table.key), table.files))


def ordered_footers(table: Table) -> list[Footer]:
    """Return the footers of the files that hold rows, proved to be in order of the key.

    Raises
    ------
    CatalogueError
        When two files overlap, so that they are no ranges of the key; or all are empty.
    """
    footers = [footer for footer in read_footers(table) if footer.rows]
    if not footers:
        raise CatalogueError(f"table {table.full_name} is empty: no file has a row")
    for before, after in pairwise(footers):
        if before.last_key >= after.first_key:  # type: ignore[operator]
            raise CatalogueError(
                f"table {table.full_name} is not in order of {table.key}: {before.path.name} "
                f"ends at {before.last_key}, {after.path.name} begins at {after.first_key}"
            )
    return footers


def arrow_schema(columns: tuple[Column, ...]) -> pa.Schema:
    """Return the Arrow schema of ``columns``, with unit, UCD and description as metadata."""
    return pa.schema(
        [
            pa.field(
                column.name,
                _ARROW_TYPES[column.type],
                metadata={
                    "unit": column.unit,
                    "ucd": column.ucd,
                    "description": column.description,
                },
            )
            for column in columns
        ]
    )


def read_schema(table: Table) -> pa.Schema:
    """Return the schema of ``table``: its first file's, checked against the release.

    Where the release lists the columns, they come in its order with its metadata, but as wide
    as the file has them: archives store one release's ``ra_error`` as float and as double.

    Raises
    ------
    CatalogueError
        When the release lists the table's columns and the file's differ in name or kind.
    """
    path = table.files[0]
    found = read_metadata(path).schema.to_arrow_schema()
    if not table.definition.columns:
        return found
    declared = arrow_schema(table.definition.columns)
    if wrong := schema_differences(declared, found):
        raise CatalogueError(
            f"{path} does not follow {table.database.release.title}: {'; '.join(wrong)}"
        )
    return pa.schema([field.with_type(found.field(field.name).type) for field in declared])


def schema_differences(declared: pa.Schema, found: pa.Schema) -> list[str]:
    """Return what keeps columns ``found`` from being those ``declared``, a phrase each.

    Widths and order may differ: a float may be a double.
    """
    missing = [f"column {name!r} is missing" for name in declared.names if name not in found.names]
    unknown = [f"column {name!r} is unknown" for name in found.names if name not in declared.names]
    changed = [
        f"column {field.name!r} is {found.field(field.name).type}, not {field.type}"
        for field in declared
        if field.name in found.names and not _same_kind(field.type, found.field(field.name).type)
    ]
    return missing + unknown + changed


def _same_kind(declared: pa.DataType, found: pa.DataType) -> bool:
    kinds = (pa.types.is_signed_integer, pa.types.is_floating, _is_text)
    both = (declared, found)
    return declared == found or any(all(map(is_kind, both)) for is_kind in kinds)


def _is_text(type_: pa.DataType) -> bool:
    return type_ in (pa.string(), pa.large_string())
