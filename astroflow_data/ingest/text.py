"""Read CSV and ECSV as the Gaia archive writes them, compressed or not, a block at a time.

ECSV (Astropy Proposal for Enhancement 6) is CSV below a header of comments that names types and
units; arrays stand in it as JSON. A value that is missing is empty or ``null``; NaN is a number.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.csv as pacsv
import yaml
from isal import igzip
from pydantic import ValidationError

from astroflow_core.errors import DataError
from astroflow_core.footers import arrow_schema
from astroflow_core.release import Column
from astroflow_core.yaml_text import load_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO, TextIO

_BLOCK_BYTES = 512 * 2**10  # a block that stays in a core's cache is read 1.5 times as fast
_ARRAY = re.compile(r"(\w+)\[([^\]]*)\]")  # such as float64[null] or float32[2,55]
_VALUE = re.compile(r"In CSV column #(\d+): Row #(\d+): .*? to ([\w\[\]]+)(?:: (.*))?", re.DOTALL)
_WIDTH = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")


@dataclass(frozen=True)
class Header:
    """What stands above the rows: comments, then the line of ``names``, number ``line``."""

    path: Path
    line: int
    comments: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def is_ecsv(self) -> bool:
        """Whether the comments tell the columns' types."""
        return bool(self.comments) and self.comments[0].startswith("%ECSV")

    @property
    def delimiter(self) -> str:
        """What stands between two values."""
        return str(self._described.get("delimiter", " ")) if self.is_ecsv else ","

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns as the comments describe them.

        Raises
        ------
        DataError
            When they do not, or in a type that no table here can have.
        """
        columns = self._described.get("datatype", [])
        if not columns:
            raise DataError(
                f"{self.path} does not tell the types of its columns, nor does the release: "
                f"take the ECSV or parquet file of this table"
            )
        return pa.schema([self._field(column) for column in columns])

    @cached_property
    def _described(self) -> dict[str, Any]:
        text = "\n".join(line for line in self.comments if not line.startswith(("%", "---")))
        try:
            described = load_yaml(text) if self.is_ecsv else {}
        except yaml.YAMLError as error:
            raise DataError(f"{self.path} has an ECSV header that is no YAML: {error}") from error
        return described if isinstance(described, dict) else {}

    def _field(self, column: dict[str, Any]) -> pa.Field:
        array = _ARRAY.fullmatch(str(column.get("subtype", "")))
        facts = {name: str(column.get(name) or "") for name in ("name", "unit", "description")}
        try:
            type_ = array[1] if array else column.get("datatype")
            field = arrow_schema((Column.model_validate(facts | {"type": type_}),)).field(0)
        except ValidationError as error:
            raise DataError(
                f"{self.path} has a column {facts['name']!r} of type {type_!r}, which no table "
                f"can have here"
            ) from error
        for _ in array[2].split(",") if array else ():
            field = field.with_type(pa.list_(field.type))
        return field


def read_header(path: Path) -> Header:
    """Read what stands above the rows of ``path``.

    Raises
    ------
    DataError
        When the file cannot be read or holds nothing.
    """
    open_text = igzip.open if path.suffix == ".gz" else open
    try:
        with open_text(path, "rt", encoding="utf-8") as file:
            return _read_header(path, file)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error}): download it again") from error


def _read_header(path: Path, file: TextIO) -> Header:
    comments = []
    for line in file:
        if line.startswith("#"):
            comments.append(line[1:].removeprefix(" ").rstrip())
            continue
        header = Header(path, len(comments) + 1, tuple(comments), ())
        names = next(csv.reader([line], delimiter=header.delimiter))
        return Header(path, header.line, header.comments, tuple(names))
    raise DataError(f"{path} has no line that names its columns: download it again")


def read_text(header: Header, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Give the rows below ``header`` in the columns of ``schema``, some thousands at a time.

    Raises
    ------
    DataError
        Naming file, line and value where one does not fit, or when the file is damaged.
    """
    arrays = {place: field for place, field in enumerate(schema) if _is_array(field)}
    try:
        with _open_bytes(header.path) as file:
            for batch in _open(file, header, schema):
                yield _with_arrays(batch, arrays, header.path)
    except (OSError, EOFError, igzip.BadGzipFile, pa.ArrowException) as error:
        raise DataError(_explained(header, str(error))) from error


def _open_bytes(path: Path) -> BinaryIO:
    # Unpacks more than twice as fast as zlib.
    return igzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[no-untyped-call]


def _open(file: BinaryIO, header: Header, schema: pa.Schema) -> Iterable[pa.RecordBatch]:
    # With threads pyarrow does not tell the row of an error; files are read side by side instead.
    return pacsv.open_csv(  # type: ignore[no-any-return]
        file,
        pacsv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES, skip_rows=header.line - 1),
        pacsv.ParseOptions(delimiter=header.delimiter),
        pacsv.ConvertOptions(
            column_types={f.name: pa.string() if _is_array(f) else f.type for f in schema},
            include_columns=schema.names,
            null_values=["", "null"],
            strings_can_be_null=True,
            true_values=["True", "true", "TRUE", "1"],
            false_values=["False", "false", "FALSE", "0"],
        ),
    )


def _is_array(field: pa.Field) -> bool:
    return bool(pa.types.is_list(field.type))


def _with_arrays(rows: pa.RecordBatch, arrays: dict[int, pa.Field], path: Path) -> pa.RecordBatch:
    for place, field in arrays.items():
        rows = rows.set_column(place, field.name, _arrays(rows.column(place), field, path))
    return rows


def _arrays(texts: pa.Array, field: pa.Field, path: Path) -> pa.Array:
    values = texts.to_pylist()
    try:
        return pa.array([v if v is None else json.loads(v) for v in values], field.type)
    except (ValueError, TypeError, pa.ArrowException) as error:
        raise DataError(
            f"{path} has a value in column {field.name!r} that is no array of "
            f"{field.type.value_type}: {error}"
        ) from error


def _explained(header: Header, problem: str) -> str:
    if found := _VALUE.search(problem):
        column, line, type_, value = found.groups()
        told = (value or "the text").removeprefix("invalid value ")
        return f"{header.path}, line {line}: {told} in {header.names[int(column)]!r} is no {type_}"
    if found := _WIDTH.search(problem):
        line, expected, there = found.groups()
        return f"{header.path}, line {line}: {there} values where the table has {expected} columns"
    return f"{header.path} cannot be read ({problem}): download it again"
