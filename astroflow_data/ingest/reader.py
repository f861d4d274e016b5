"""Read an input of any kind, in the columns that the table is to have."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from astroflow_core.errors import DataError
from astroflow_core.footers import arrow_schema, read_metadata, schema_differences
from astroflow_data.files import PREFIX
from astroflow_data.ingest.text import read_header, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from astroflow_core.release import ReleaseTable
    from astroflow_data.ingest.inputs import InputFile

_BATCH_ROWS = 16_384
_BUFFER_BYTES = 64 * 2**10  # of each column
_READERS = 8
_LABEL = (PREFIX + "label").encode()


def schema_of(table: ReleaseTable, inputs: Iterable[InputFile]) -> pa.Schema:
    """Return the columns that ``table`` is to have, every input proved to have the same.

    The release decides; where it lists no columns, the first input does.

    Raises
    ------
    DataError
        When an input lacks a column, or has one that is unknown or of another kind.
    """
    inputs = tuple(inputs)
    schema = arrow_schema(table.columns) if table.columns else _described(inputs[0])
    if table.key not in schema.names:
        raise DataError(f"{inputs[0].path} has no column {table.key!r}, the key of {table.name}")
    with ThreadPoolExecutor(_READERS) as pool:
        list(pool.map(lambda file: _check(file, schema, table), inputs))
    return schema


def _described(file: InputFile) -> pa.Schema:
    if not file.is_parquet:
        return read_header(file.path).schema
    found = read_metadata(file.path).schema.to_arrow_schema()
    return pa.schema([_plain(field) for field in found])


def _plain(field: pa.Field) -> pa.Field:
    # Other writers' metadata numbers their own columns.
    kept = (b"unit", b"ucd", b"description")
    metadata = {name: value for name, value in (field.metadata or {}).items() if name in kept}
    return pa.field(field.name, field.type, metadata=metadata)


def _check(file: InputFile, schema: pa.Schema, table: ReleaseTable) -> None:
    if file.is_parquet:
        wrong = schema_differences(schema, read_metadata(file.path).schema.to_arrow_schema())
    else:
        names = read_header(file.path).names
        if repeated := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
            raise DataError(f"{file.path} has the column {repeated[0]!r} twice")
        known = [schema.field(n) if n in schema.names else pa.field(n, pa.null()) for n in names]
        wrong = schema_differences(schema, pa.schema(known))
    if wrong:
        raise DataError(
            f"{file.path} is not {table.name} of this release: {'; '.join(wrong[:3])}"
            f"{f' and {len(wrong) - 3} more' if len(wrong) > 3 else ''}"  # noqa: PLR2004
        )


def labels_of(inputs: Iterable[InputFile]) -> set[str]:
    """Return what the inputs say of their rows; official files say nothing, and are real."""
    with ThreadPoolExecutor(_READERS) as pool:
        return set(pool.map(_label, inputs))


def _label(file: InputFile) -> str:
    metadata = read_metadata(file.path).metadata if file.is_parquet else None
    return str((metadata or {}).get(_LABEL, b"real"), "utf-8")


def read_rows(file: InputFile, schema: pa.Schema, key: str) -> Iterator[pa.RecordBatch]:
    """Give the rows of ``file`` in the columns of ``schema``, some thousands at a time.

    Raises
    ------
    DataError
        Naming the file and the place of what cannot be a row of the table.
    """
    before = 0
    for rows in _parquet_rows(file, schema) if file.is_parquet else _text_rows(file, schema):
        if rows[key].null_count:
            place = before + rows[key].is_null().to_numpy(zero_copy_only=False).argmax()
            raise DataError(f"{file.path}: row {place + 1} has no {key}, the key of the table")
        before += rows.num_rows
        yield rows


def _text_rows(file: InputFile, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    return read_text(read_header(file.path), schema)


def _parquet_rows(file: InputFile, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    try:
        with pq.ParquetFile(file.path, pre_buffer=False, buffer_size=_BUFFER_BYTES) as parquet:
            batches = parquet.iter_batches(_BATCH_ROWS, columns=schema.names, use_threads=False)
            for batch in batches:
                yield pa.record_batch([_cast(file, batch, f) for f in schema], schema=schema)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{file.path} cannot be read: {error}") from error


def _cast(file: InputFile, batch: pa.RecordBatch, field: pa.Field) -> pa.Array:
    try:
        return batch.column(field.name).cast(field.type)
    except pa.ArrowException as error:
        raise DataError(
            f"{file.path} has a value in {field.name!r} that does not fit: {error}"
        ) from error
