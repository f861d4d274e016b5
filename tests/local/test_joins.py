"""Joins on source_id in Spark: no row is moved where files allow it, and DuckDB finds the same."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from astroflow_core import alignment
from astroflow_core.catalogue import Catalogue
from astroflow_spark_gaia import connect
from astroflow_spark_gaia.gaia_session import GaiaSession

PIXEL = 1 << 35
IDS = np.arange(0, 4000) * PIXEL + 7
CUTS = [1000, 2500, 3000]
OTHER_CUTS = [500, 1000, 2000, 3000]
HALF = IDS[::2]
JOINS = ["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "LEFT SEMI JOIN", "LEFT ANTI JOIN"]
ALIGNED = ["orbits", "recut", "southern", "shuffled", "edited", "stars"]
NOT_ALIGNED = ["interleaved", "nameless", "added"]


def write(folder: Path, *files: pa.Table, says_order: bool = True) -> None:
    folder.mkdir()
    for number, rows in enumerate(files):
        order = pq.SortingColumn.from_ordering(rows.schema, [("source_id", "ascending")])
        pq.write_table(
            rows,
            folder / f"part-{number:05d}.parquet",
            row_group_size=300,
            sorting_columns=order if says_order else None,
        )


def rows_of(ids: np.ndarray) -> pa.Table:
    """Return rows whose x tells one from every other and whose other_id is another row's id."""
    x = np.arange(len(ids))
    others = pa.array(np.random.default_rng(len(ids)).permutation(ids), mask=x % 10 == 0)
    return pa.table({"source_id": pa.array(ids), "x": x, "other_id": others})


def cut(rows: pa.Table, places: list[int]) -> list[pa.Table]:
    edges = [0, *IDS[places].tolist(), 1 << 62]
    ids = rows["source_id"].to_numpy()
    return [rows.filter(pa.array((ids >= first) & (ids < stop))) for first, stop in pairwise(edges)]


def mixed(rows: pa.Table) -> pa.Table:
    return rows.take(np.random.default_rng(1).permutation(len(rows)))


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a catalogue of tables that are aligned with stars, and some that are not."""
    root = tmp_path_factory.mktemp("joins") / "catalogue"
    root.mkdir()
    stars, orbits = rows_of(IDS), rows_of(np.repeat(HALF, 3))
    nameless = stars.set_column(0, "source_id", pa.array(IDS, mask=IDS % 5 == 0))
    write(root / "stars", *cut(stars, CUTS))
    write(root / "orbits", *cut(orbits, CUTS))
    write(root / "recut", *cut(rows_of(HALF), OTHER_CUTS))
    write(root / "southern", *cut(stars, CUTS)[2:])
    write(root / "shuffled", *map(mixed, cut(orbits, CUTS)), says_order=False)
    write(root / "interleaved", stars[::2], stars[1::2])
    write(root / "nameless", *cut(nameless, CUTS))
    write(root / "edited", *cut(stars, CUTS))
    write(root / "added", *cut(stars, CUTS))
    write(root / "buckets", stars)
    tables = [{"name": path.name, "folder": path.name} for path in sorted(root.iterdir())]
    release = {"name": "odd", "title": "Odd", "reference_epoch": 2016, "acknowledgement": ""}
    (root / "odd.yaml").write_text(json.dumps(release | {"tables": tables}))
    database = {"name": "odd", "release": "odd.yaml", "path": "."}
    contents = {"title": "Odd", "default_database": "odd", "databases": [database]}
    (root / "catalogue.yaml").write_text(json.dumps(contents))
    return root


@pytest.fixture(scope="module")
def spark(catalogue: Path) -> Iterator[GaiaSession]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASTROFLOW_CATALOGUES", json.dumps([str(catalogue)]))
        # So that files of a few rows are pieces of their own, as large ones are.
        patch.setattr(alignment, "_SMALLEST", 1)
        session = connect(pods=1, cores=2, memory="1g")
        # So that small tables are joined as large ones are, not sent whole to every task.
        session.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
        yield session
        session.stop()


@pytest.fixture(scope="module")
def database(catalogue: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for table in Catalogue.open(catalogue).databases[0].tables:
        files = f"{table.folder}/*.parquet"
        connection.execute(f"CREATE VIEW {table.name} AS FROM read_parquet('{files}')")
    return connection


def plan(spark: GaiaSession, query: str) -> str:
    return spark.sql(query)._jdf.queryExecution().executedPlan().toString()


def moves_rows(spark: GaiaSession, query: str) -> bool:
    return "Exchange" in plan(spark, query)


def check(spark: GaiaSession, database: duckdb.DuckDBPyConnection, query: str) -> None:
    """Hold the rows that Spark finds against those that DuckDB finds, which must be some."""
    found = [tuple(row) for row in spark.sql(query).collect()]
    expected = database.execute(re.sub(r"LEFT (SEMI|ANTI)", r"\1", query)).fetchall()
    assert expected
    assert sorted(map(repr, found)) == sorted(map(repr, expected))


def columns(join: str) -> str:
    return "l.*" if join.endswith(("SEMI JOIN", "ANTI JOIN")) else "l.*, r.x AS y, r.source_id AS r"


def joined(left: str, join: str, right: str, where: str = "") -> str:
    on = "l.source_id = r.source_id"
    return f"SELECT {columns(join)} FROM {left} l {join} {right} r ON {on} {where}"


@pytest.mark.parametrize("join", JOINS)
@pytest.mark.parametrize("right", ["orbits", "recut", "southern", "shuffled"])
def test_every_kind_of_join_is_right_and_moves_no_row(
    spark: GaiaSession, database: duckdb.DuckDBPyConnection, join: str, right: str
) -> None:
    query = joined("(SELECT * FROM stars WHERE x % 7 <> 3)", join, right)
    check(spark, database, query)
    assert not moves_rows(spark, query)
