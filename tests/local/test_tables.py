"""Tables beside the catalogues', in Spark and Dask: a person's own."""

import json
from collections.abc import Iterator
from pathlib import Path

import dask.dataframe as dd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException
from pyspark.sql import Row

import astroflow_dask_gaia
import astroflow_spark_gaia
from astroflow_core.catalogue import Catalogue
from astroflow_core.errors import CatalogueError, DataError, QueryError
from astroflow_spark_gaia.gaia_session import GaiaSession

POLE = "SELECT source_id, ra, dec, phot_bp_mean_mag FROM gaia_source WHERE dec > 85"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the person's own tables are."""
    return tmp_path_factory.mktemp("home") / "astroflow-tables"


@pytest.fixture(scope="module", autouse=True)
def session(sample: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASTROFLOW_CATALOGUES", json.dumps([str(sample)]))
        patch.setenv("ASTROFLOW_SPARK", '{"pods": 1, "cores": 2, "memory": "1g"}')
        patch.setenv("ASTROFLOW_DASK", '{"pods": 1, "cores": 2, "memory": "1g"}')
        patch.setenv("ASTROFLOW_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("ASTROFLOW_TABLES_DIR", str(folder))
        patch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)
        yield
        astroflow_dask_gaia.client.close()
        astroflow_spark_gaia.spark.stop()


@pytest.fixture
def spark() -> GaiaSession:
    return astroflow_spark_gaia.spark


@pytest.fixture(scope="module")
def rows(sample: Path) -> pd.DataFrame:
    found = pq.read_table(Catalogue.open(sample).table("gaia_source").folder)
    frame: pd.DataFrame = found.to_pandas()
    return frame.set_index("source_id")


@pytest.fixture(autouse=True)
def no_tables() -> Iterator[None]:
    yield
    for name in astroflow_spark_gaia.own_tables():
        astroflow_spark_gaia.drop_table(name)


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# A person's own tables


def test_a_table_of_one_s_own_is_there_after_a_restart(
    spark: GaiaSession, folder: Path, rows: pd.DataFrame
) -> None:
    assert spark.sql(f"CREATE TABLE mine.pole AS {POLE} ORDER BY source_id").collect() == []
    spark.stop()
    assert left_in(folder) == ["pole"]
    again = astroflow_spark_gaia.spark
    expected = rows.loc[rows["dec"] > 85, ["ra", "dec", "phot_bp_mean_mag"]]
    found = again.table("mine.pole").toPandas().set_index("source_id").sort_index()
    pd.testing.assert_frame_equal(found, expected)
    pd.testing.assert_frame_equal(astroflow_dask_gaia.read_table("mine.pole").compute(), expected)
    assert again.sql("SELECT COUNT(*) FROM Mine.Pole").collect()[0][0] == len(expected)
    assert astroflow_spark_gaia.row_count("mine.pole") == len(expected)
    assert "mine.pole" in astroflow_spark_gaia.tables


def test_rows_in_order_of_source_id_have_known_divisions(spark: GaiaSession) -> None:
    ordered = spark.table("gaia_source").where("dec > 85").orderBy("source_id")
    astroflow_spark_gaia.save_table(ordered, "pole")
    frame = astroflow_dask_gaia.read_table("mine.pole")
    assert frame.known_divisions
    assert frame.index.name == "source_id"


def test_a_table_of_one_s_own_is_searched_joined_and_mapped(
    spark: GaiaSession, rows: pd.DataFrame
) -> None:
    spark.sql(f"CREATE TABLE mine.pole AS {POLE}")
    near = rows.index[rows["dec"] > 89]
    assert spark.sql("SELECT * FROM cone('mine.pole', 0, 90, 1)").count() == len(near)
    found = astroflow_dask_gaia.cone_search("mine.pole", 0, 90, 1).compute()
    assert set(found.index) == set(near)
    both = spark.sql("SELECT source_id FROM mine.pole JOIN gaia_source USING (source_id)")
    assert both.count() == (rows["dec"] > 85).sum()
    counts = astroflow_dask_gaia.healpix_counts(0, "mine.pole")
    pixels = rows.index[rows["dec"] > 85].to_numpy() >> 59
    assert np.array_equal(counts, np.bincount(pixels, minlength=12))
    assert np.array_equal(astroflow_spark_gaia.healpix_counts(0, "mine.pole"), counts)


def test_a_dask_frame_is_saved_for_both_engines(spark: GaiaSession, rows: pd.DataFrame) -> None:
    stars = astroflow_dask_gaia.read_table("gaia_source", ["dec", "phot_bp_mean_mag"])
    astroflow_dask_gaia.save_table(stars[stars["dec"] > 85], "mine.pole")
    expected = rows.loc[rows["dec"] > 85, ["dec", "phot_bp_mean_mag"]]
    frame = astroflow_dask_gaia.read_table("mine.pole")
    assert frame.known_divisions
    pd.testing.assert_frame_equal(frame.compute(), expected)
    found = spark.sql("SELECT * FROM mine.pole").toPandas().set_index("source_id").sort_index()
    pd.testing.assert_frame_equal(found[expected.columns], expected)


def test_a_frame_without_source_id_comes_back_without_an_index(spark: GaiaSession) -> None:
    frame = pd.DataFrame({"name": ["a", None], "n": pd.array([2**60 + 1, None], dtype="Int64")})
    astroflow_dask_gaia.save_table(frame, "notes")
    found = astroflow_dask_gaia.read_table("mine.notes").compute()
    assert found["n"].tolist() == [2**60 + 1, pd.NA]
    assert found["name"].dropna().tolist() == ["a"]
    assert spark.table("mine.notes").collect() == [
        Row(name="a", n=2**60 + 1),
        Row(name=None, n=None),
    ]


def test_ids_with_a_null_among_them_lose_no_digit(spark: GaiaSession) -> None:
    spark.sql(
        "CREATE TABLE mine.gaps AS SELECT * FROM VALUES (4611686018427387905), (NULL) t(source_id)"
    )
    found = astroflow_dask_gaia.read_table("mine.gaps").compute()
    assert found["source_id"].dropna().tolist() == [4611686018427387905]


@pytest.mark.parametrize(
    ("statement", "error", "words"),
    [
        ("CREATE TABLE mine.there AS SELECT 2 a", DataError, "there is a table mine.there already"),
        ("CREATE TABLE mine.`a-b` AS SELECT 2 a", DataError, "'a-b' is no name for a table"),
        ("CREATE TABLE mine.y USING csv AS SELECT 2 a", QueryError, "leave out USING"),
        ("CREATE TABLE mine.y (a INT)", QueryError, "is made whole with CREATE TABLE mine.y AS"),
        ("CREATE OR REPLACE TABLE mine.there AS SELECT 2 a", QueryError, "is made whole"),
        ("INSERT INTO mine.there SELECT 2", QueryError, "is made whole"),
        ("ALTER TABLE mine.there RENAME TO mine.y", QueryError, "is made whole"),
        ("DROP SCHEMA mine CASCADE", QueryError, "is made whole"),
        ("DROP TABLE mine.their", CatalogueError, "did you mean 'there'"),
        ("CREATE TABLE mine.y AS SELECT nosuch FROM gaia_source", AnalysisException, "nosuch"),
        ("CREATE TABLE mine.y AS SELECT raise_error('no') a", Exception, "no"),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(
    spark: GaiaSession, folder: Path, statement: str, error: type[Exception], words: str
) -> None:
    spark.sql("CREATE TABLE mine.there AS SELECT 1 a")
    with pytest.raises(error, match=words):
        spark.sql(statement)
    assert left_in(folder) == ["there"]
    assert spark.table("mine.there").collect() == [Row(a=1)]


def test_statements_in_their_other_forms(spark: GaiaSession) -> None:
    spark.sql("-- first\ncreate table if not exists mine.x as (select :a a, 'drop' b)", {"a": 1})
    spark.sql("CREATE TABLE IF NOT EXISTS mine.x AS SELECT 2 a")
    spark.sql("CREATE TABLE mine.y AS WITH w AS (SELECT 3 a) SELECT * FROM w")
    spark.sql("CREATE TABLE mine.z AS SELECT a + 1 AS a FROM {x}", x=spark.table("mine.x"))
    spark.sql("USE mine")
    spark.sql("CREATE TABLE w AS SELECT 4 a")
    found = [spark.table(name).collect()[0].a for name in ("x", "mine.y", "z", "w")]
    spark.sql("DROP TABLE IF EXISTS w")
    spark.sql("DROP TABLE IF EXISTS w")
    spark.sql("USE gaiadr3ssd")
    assert found == [1, 3, 2, 4]
    listed = {row.tableName for row in spark.sql("SHOW TABLES IN mine").collect()}
    assert listed == {"x", "y", "z"}


def test_what_another_kernel_makes_and_drops_is_seen(spark: GaiaSession) -> None:
    astroflow_dask_gaia.save_table(pd.DataFrame({"a": [1]}), "x")
    assert spark.table("mine.x").collect() == [Row(a=1)]
    astroflow_dask_gaia.drop_table("x")
    astroflow_dask_gaia.save_table(pd.DataFrame({"b": ["other"]}), "x")
    assert spark.table("mine.x").collect() == [Row(b="other")]
    astroflow_dask_gaia.drop_table("x")
    with pytest.raises(AnalysisException) as failure:
        spark.table("mine.x")
    assert "no table 'x' in mine" in str(failure.value.__notes__)


def test_spark_s_own_way_to_save_is_stopped_before_it_harms(
    spark: GaiaSession, folder: Path
) -> None:
    spark.sql("CREATE TABLE mine.x AS SELECT 1 a")
    with pytest.raises(Py4JJavaError, match="saveAsTable-cannot-write-to-mine-but-save_table-can"):
        spark.range(1).write.mode("overwrite").saveAsTable("mine.x")
    with pytest.raises(AnalysisException):
        spark.table("mine.x")
    assert spark.table("mine.x").collect() == [Row(a=1)]
    assert left_in(folder) == ["x"]


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (pd.DataFrame({1: [1]}), "the column 1 has no text as a name"),
        (pd.DataFrame(index=[1]), "a table needs a column"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "there are two columns 'a'"),
        (dd.from_pandas(pd.Series([1], name="a"), npartitions=1), "Series is no table"),
        (pa.table({"a": [1]}), "Table is no table"),
    ],
)
def test_a_frame_that_cannot_be_a_table_is_refused(frame: object, words: str) -> None:
    with pytest.raises(DataError, match=words):
        astroflow_dask_gaia.save_table(frame, "x")  # type: ignore[arg-type]
