"""From gzip CSV, as ESA ships it, to parquet in order of ``source_id``: the same rows and cores."""

from __future__ import annotations

import gzip
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from astroflow_core.release import Release
from astroflow_data.databases import Home
from astroflow_data.ingest.inputs import find_inputs
from astroflow_data.ingest.job import Ingest, find_table
from benchmarks.data import CORES
from benchmarks.race import Contender

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from benchmarks.data import Dataset
    from benchmarks.race import Query

WORK = "ingest, 152 columns"
OURS, DUCKDB = "astroflow data ingest", "DuckDB, COPY ... ORDER BY"
_ROWS = 2_000_000
_LEVEL = 6  # of gzip, as people use it
_RELEASE = "gaia_dr3"
_DUCKDB_TYPES = {
    "bool": "BOOLEAN",
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "float32": "FLOAT",
    "float64": "DOUBLE",
    "string": "VARCHAR",
}


def write_bulk(dataset: Dataset) -> None:
    """Write some of the rows as bulk files."""
    rows, files = 0, []
    for path in dataset.files:
        files += [path] if rows < _ROWS else []
        rows += pq.read_metadata(path).num_rows
    folder = _bulk(dataset)
    folder.mkdir(exist_ok=True)
    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(_write, files, (folder / f"{path.stem}.csv.gz" for path in files)))


def _bulk(dataset: Dataset) -> Path:
    return dataset.root / "bulk"


def _write(source: Path, path: Path) -> None:
    if path.exists():
        return
    text = pa.BufferOutputStream()
    pacsv.write_csv(pq.read_table(source), text, pacsv.WriteOptions(quoting_header="none"))
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(gzip.compress(text.getvalue(), _LEVEL))
    unfinished.replace(path)


def ours(dataset: Dataset) -> Query:
    """Ingest as the command does."""
    root = dataset.root / "ingested"
    inputs = find_inputs([_bulk(dataset)])

    def ingest() -> NDArray[np.int64]:
        shutil.rmtree(root, ignore_errors=True)
        home = Home(root, _RELEASE)
        kind = "source_id_order"
        layout, folder = home.layout(kind, None), home.folder(kind)
        table = find_table(home.release, "gaia_source")
        job = Ingest(inputs, home.release, table, layout, folder, None, CORES)
        job.run(lambda *_: None)
        return _ids(job.target)

    return ingest


def duckdb(dataset: Dataset) -> Query:
    """Sort the same files into one."""
    import duckdb

    columns = find_table(Release.named(_RELEASE), "gaia_source").columns
    types = {column.name: _DUCKDB_TYPES[column.type] for column in columns}
    source = f"read_csv('{_bulk(dataset)}/*.csv.gz', columns={types}, header=true)"
    target = dataset.root / "by-duckdb.parquet"
    query = (
        f"COPY (SELECT * FROM {source} ORDER BY source_id) TO '{target}' "
        f"(FORMAT parquet, COMPRESSION zstd)"
    )

    def sort() -> NDArray[np.int64]:
        duckdb.connect(config={"threads": CORES}).execute(query)
        return _ids(target)

    return sort


def _ids(path: Path) -> NDArray[np.int64]:
    ids: NDArray[np.int64] = pq.read_table(path, columns=["source_id"])["source_id"].to_numpy()
    return ids


CONTENDERS = (Contender(OURS, ours), Contender(DUCKDB, duckdb))
