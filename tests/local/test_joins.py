"""Joins on source_id in Spark: no row is moved where files allow it, and DuckDB finds the same."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame

from astroflow_core import alignment
from astroflow_core.catalogue import Catalogue
from astroflow_data.index import write_index
from astroflow_spark_gaia import connect
from astroflow_spark_gaia.gaia_session import GaiaSession

PIXEL = 1 << 35
IDS = np.arange(1000) * PIXEL + 7
CUTS = [250, 600, 750]
OTHER_CUTS = [100, 250, 500, 750]
HALF = IDS[::2]
JOINS = ["JOIN", "LEFT JOIN", "FULL JOIN", "LEFT SEMI JOIN", "LEFT ANTI JOIN"]


def write(folder: Path, *files: pa.Table, says_order: bool = True) -> None:
    folder.mkdir()
    for number, rows in enumerate(files):
        order = pq.SortingColumn.from_ordering(rows.schema, [("source_id", "ascending")])
        pq.write_table(
            rows,
            folder / f"part-{number:05d}.parquet",
            row_group_size=100,
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


def with_nulls(rows: pa.Table) -> pa.Table:
    ids = pa.array(rows["source_id"].to_numpy(), mask=rows["x"].to_numpy() % 5 == 0)
    return rows.set_column(0, "source_id", ids)


def mixed(rows: pa.Table) -> pa.Table:
    return rows.take(np.random.default_rng(1).permutation(len(rows)))


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a catalogue of tables that are aligned with stars, and some that are not."""
    root = tmp_path_factory.mktemp("joins") / "catalogue"
    root.mkdir()
    stars, orbits = rows_of(IDS), rows_of(np.repeat(HALF, 3))
    write(root / "stars", *cut(stars, CUTS))
    write(root / "orbits", *cut(orbits, CUTS))
    write(root / "recut", *cut(rows_of(HALF), OTHER_CUTS))
    write(root / "southern", *cut(stars, CUTS)[2:])
    write(root / "shuffled", *map(mixed, cut(orbits, CUTS)), says_order=False)
    write(root / "interleaved", stars[::2], stars[1::2])
    write(root / "nameless", *map(with_nulls, cut(stars, CUTS)))
    write(root / "edited", *cut(stars, CUTS))
    write(root / "added", *cut(stars, CUTS))
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
        # So that files of a few rows are treated as large ones are.
        patch.setattr(alignment, "_SMALLEST", 1)
        patch.setattr(alignment, "_LARGEST", 1)
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


@contextmanager
def set_to(spark: GaiaSession, name: str, value: str) -> Iterator[None]:
    before = spark.conf.get(name, None)
    spark.conf.set(name, value)
    yield
    spark.conf.unset(name) if before is None else spark.conf.set(name, before)


def move_rows(frame: DataFrame) -> bool:
    return "Exchange" in frame._jdf.queryExecution().executedPlan().toString()


def check(frame: DataFrame, database: duckdb.DuckDBPyConnection, query: str) -> None:
    """Hold the rows that Spark finds against those that DuckDB finds, which must be some."""
    expected = database.execute(re.sub(r"LEFT (SEMI|ANTI)", r"\1", query)).fetchall()
    assert expected
    assert sorted(map(repr, map(tuple, frame.collect()))) == sorted(map(repr, expected))


def joined(left: str, join: str, right: str, on: str = "l.source_id = r.source_id") -> str:
    columns = "l.*" if "SEMI" in join or "ANTI" in join else "l.*, r.x AS y, r.source_id AS id"
    return f"SELECT {columns} FROM {left} l {join} {right} r ON {on}"


ALIGNED = [
    *(joined("(SELECT * FROM stars WHERE x % 7 <> 3)", join, "orbits") for join in JOINS),
    joined("stars", "FULL JOIN", "recut"),
    joined("stars", "LEFT ANTI JOIN", "southern"),
    joined("orbits", "FULL JOIN", "shuffled"),
    joined("stars", "JOIN", "stars", "l.source_id = r.source_id AND l.x % 2 = r.x % 3"),
    joined(f"(SELECT * FROM stars WHERE source_id > {IDS[650]})", "RIGHT JOIN", "recut"),
    joined("(SELECT x, source_id AS key FROM orbits)", "JOIN", "recut", "l.key = r.source_id"),
    """SELECT a.x, b.x, c.x FROM stars a JOIN orbits b USING (source_id)
       LEFT JOIN (SELECT * FROM southern WHERE x < 100) c USING (source_id)""",
    "SELECT source_id, COUNT(*), SUM(l.x) FROM orbits l JOIN recut USING (source_id) GROUP BY 1",
    "SELECT stars.x, r.x FROM stars, recut r WHERE r.source_id = stars.source_id AND r.x > 50",
    "SELECT * FROM stars WHERE source_id IN (SELECT source_id FROM orbits WHERE x % 2 = 0)",
    """SELECT * FROM stars WHERE x > 3 AND NOT EXISTS
       (SELECT 1 FROM southern WHERE southern.source_id = stars.source_id)""",
]
NOT_ALIGNED = [
    *(joined("nameless", join, "orbits") for join in ("FULL JOIN", "LEFT ANTI JOIN")),
    joined("interleaved", "FULL JOIN", "orbits"),
    f"""{joined("orbits", "FULL JOIN", "southern")}
        LEFT JOIN interleaved i ON i.source_id = l.source_id""",
    joined("orbits", "LEFT JOIN", "stars", "l.other_id = r.source_id"),
    "SELECT * FROM stars WHERE source_id NOT IN (SELECT source_id FROM southern)",
]


@pytest.mark.parametrize("query", ALIGNED)
def test_aligned_tables_are_joined_without_moving_a_row(
    spark: GaiaSession, database: duckdb.DuckDBPyConnection, query: str
) -> None:
    frame = spark.sql(query)
    check(frame, database, query)
    assert not move_rows(frame)


@pytest.mark.parametrize("query", NOT_ALIGNED)
def test_other_tables_are_joined_as_well(
    spark: GaiaSession, database: duckdb.DuckDBPyConnection, query: str
) -> None:
    frame = spark.sql(query)
    check(frame, database, query)
    assert move_rows(frame)


def test_there_is_a_piece_for_each_file(spark: GaiaSession) -> None:
    assert spark.sql(joined("stars", "JOIN", "orbits")).rdd.getNumPartitions() == len(CUTS) + 1


def test_rows_whose_order_nobody_vouches_for_are_sorted(spark: GaiaSession) -> None:
    assert plan(spark, joined("stars", "JOIN", "orbits")).count("Sort [") == 0
    assert plan(spark, joined("stars", "JOIN", "shuffled")).count("Sort [") == 1


@pytest.mark.parametrize(
    "setting", ["shuffle", "partiallyClusteredDistribution", "allowJoinKeysSubsetOfPartitionKeys"]
)
def test_no_setting_of_spark_makes_a_join_wrong(
    spark: GaiaSession, database: duckdb.DuckDBPyConnection, setting: str
) -> None:
    # The third is not aligned with the others: Spark may make its rows match their pieces.
    query = """SELECT l.x, i.x FROM orbits l LEFT JOIN southern r USING (source_id)
               LEFT JOIN interleaved i ON i.source_id = l.source_id"""
    with set_to(spark, f"spark.sql.sources.v2.bucketing.{setting}.enabled", "true"):
        check(spark.sql(query), database, query)


def test_without_the_extension_the_same_rows_are_found(
    spark: GaiaSession, database: duckdb.DuckDBPyConnection
) -> None:
    query = joined("stars", "FULL JOIN", "recut")
    with set_to(spark, "spark.sql.optimizer.excludedRules", "astroflow.AlignJoins"):
        frame = spark.sql(query)
        check(frame, database, query)
        assert move_rows(frame)


def test_some_files_of_a_table_are_joined_with_a_whole_one(
    spark: GaiaSession, catalogue: Path, database: duckdb.DuckDBPyConnection
) -> None:
    files = [str(catalogue / "stars" / f"part-0000{number}.parquet") for number in (1, 3)]
    some = spark.read.parquet(*files)
    frame = some.join(spark.table("orbits").select("source_id", "x"), "source_id", "right")
    query = f"""SELECT source_id, s.x, s.other_id, o.x
                FROM read_parquet({files}) s RIGHT JOIN orbits o USING (source_id)"""
    check(frame, database, query)
    assert not move_rows(frame)


def test_a_row_can_be_asked_for_its_file(spark: GaiaSession) -> None:
    files = "(SELECT source_id, _metadata.file_name AS file FROM stars)"
    query = f"SELECT file, COUNT(*) AS n FROM {files} JOIN orbits USING (source_id) GROUP BY file"
    found = spark.sql(f"{query} ORDER BY file").collect()
    assert [row.n for row in found] == [375, 525, 225, 375]


def test_files_edited_after_the_index_was_made_are_believed_no_more(
    spark: GaiaSession, catalogue: Path, database: duckdb.DuckDBPyConnection
) -> None:
    write_index(catalogue / "edited")
    query = joined("edited", "FULL JOIN", "orbits")
    # Rows of every range in one file, and nothing in its name or its index tells of it.
    pq.write_table(mixed(rows_of(IDS[5:])), catalogue / "edited" / "part-00001.parquet")
    frame = spark.sql(query)
    with pytest.warns(UserWarning, match=r"part-00001\.parquet was changed"):
        assert move_rows(frame)
    check(frame, database, query)


def test_a_file_added_since_spark_looked_is_no_harm(
    spark: GaiaSession, catalogue: Path, database: duckdb.DuckDBPyConnection
) -> None:
    query = joined("added", "LEFT JOIN", "orbits")
    assert not move_rows(spark.sql(query))
    pq.write_table(rows_of(IDS[::7]), catalogue / "added" / "part-00009.parquet")
    spark.sql("REFRESH TABLE added")
    frame = spark.sql(query)
    check(frame, database, query)
    assert move_rows(frame)
