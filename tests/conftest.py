"""Fixtures that every test may use."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from astroflow_data.sample import make_sample


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-golden",
        action="store_true",
        help="write the golden files anew from what is built now: review them as a diff",
    )


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the sample catalogue: real rows in a temporary data folder."""
    return make_sample(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def write_bulk() -> Callable[..., list[Path]]:
    """Return a function that writes rows as ESA's bulk files: gzip ECSV, ``null``, ``True``."""
    return _write_bulk


_NAMES = {pa.float64(): "float64", pa.float32(): "float32"}


def _write_bulk(rows: pa.Table, folder: Path, files: int, *, header: bool = True) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    edges = np.linspace(0, rows.num_rows, files + 1).astype(int).tolist()
    paths = [folder / f"GaiaSource_{number:06d}.csv.gz" for number in range(files)]
    for path, first, stop in zip(paths, edges, edges[1:], strict=False):
        comments = _ecsv_header(rows.schema) if header else b""
        path.write_bytes(gzip.compress(comments + _csv(rows.slice(first, stop - first)), 1))
    return paths


def _ecsv_header(schema: pa.Schema) -> bytes:
    lines = ["%ECSV 1.0", "---", "delimiter: ','", "datatype:"]
    lines += [f"- {{name: {field.name}, {_ecsv_type(field.type)}}}" for field in schema]
    return "".join(f"# {line}\n" for line in lines).encode()


def _ecsv_type(type_: pa.DataType) -> str:
    if pa.types.is_list(type_):
        return f"datatype: string, subtype: '{_NAMES[type_.value_type]}[null]'"
    return f"datatype: {_NAMES.get(type_, type_)}"


def _csv(rows: pa.Table) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows.column_names)
    columns = [[_text(value) for value in column.to_pylist()] for column in rows.columns]
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue().encode()


def _text(value: object) -> object:
    if value is None:
        return "null"
    return json.dumps(value) if isinstance(value, list) else value
