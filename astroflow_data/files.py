"""How a parquet file of ours is encoded and what its footer says of the rows.

Measured over Gaia-like rows: integers by differences, floats by byte streams and zstd take
two thirds of the bytes of pyarrow's defaults, and ``source_id`` decodes twice as fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from astroflow_core.footers import arrow_schema

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from astroflow_core.release import Release, ReleaseTable

ROW_GROUP_ROWS = 131_072
LICENCE = "CC BY-SA 3.0 IGO"
PREFIX = "astroflow."


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a table's rows come from; every file says it in its footer."""

    release: Release
    label: Literal["real", "synthetic"]
    note: str

    def metadata(self, table: ReleaseTable) -> dict[str, str]:
        """Return the footer's key-value metadata for a file of ``table``."""
        return {
            f"{PREFIX}release": self.release.name,
            f"{PREFIX}table": table.name,
            f"{PREFIX}reference_epoch": str(self.release.reference_epoch),
            f"{PREFIX}label": self.label,
            f"{PREFIX}note": self.note,
            f"{PREFIX}acknowledgement": self.release.acknowledgement,
            f"{PREFIX}licence": LICENCE,
        }


def table_schema(table: ReleaseTable, metadata: dict[str, str]) -> pa.Schema:
    """Return the Arrow schema of ``table`` with ``metadata`` for the file's footer."""
    return arrow_schema(table.columns).with_metadata(metadata)


def write_file(path: Path, schema: pa.Schema, chunks: Iterable[pa.Table], key: str) -> None:
    """Write ``chunks``, already in order of ``key``, as one file; each begins a row group.

    A file without rows is a whole parquet file too: it keeps the files of two tables in pairs.
    """
    with pq.ParquetWriter(path, schema, **_writer_options(schema, key)) as writer:
        for chunk in chunks:
            writer.write_table(chunk.cast(schema), row_group_size=ROW_GROUP_ROWS)


def _writer_options(schema: pa.Schema, key: str) -> dict[str, Any]:
    encodings = {field.name: _encoding(field.type) for field in schema}
    return {
        "compression": "zstd",
        "use_dictionary": [name for name, encoding in encodings.items() if encoding is None],
        "column_encoding": {name: e for name, e in encodings.items() if e is not None},
        "sorting_columns": pq.SortingColumn.from_ordering(schema, [(key, "ascending")]),
    }


def _encoding(type_: pa.DataType) -> str | None:
    """Return the encoding of a column, or None where parquet's dictionary serves best."""
    if pa.types.is_floating(type_):
        return "BYTE_STREAM_SPLIT"
    if pa.types.is_integer(type_) or pa.types.is_timestamp(type_):
        return "DELTA_BINARY_PACKED"
    if pa.types.is_boolean(type_):
        return "PLAIN"
    return None
