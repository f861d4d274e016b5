"""In Spark and Dask: a person's own tables, HATS, what reading costs, a part of a table."""

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
from astroflow_core.rates import keep_rate, last_rate
from astroflow_data.hats import export_hats, register_hats
from astroflow_data.index import write_index
from astroflow_data.synth.catalogue import make_synth
from astroflow_data.synth.recipe import Recipe
from astroflow_spark_gaia.gaia_session import GaiaSession

POLE = "SELECT source_id, ra, dec, phot_bp_mean_mag FROM gaia_source WHERE dec > 85"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the person's own tables are."""
    return tmp_path_factory.mktemp("home") / "astroflow-tables"


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a synthetic catalogue whose database is `synthssd`, with random numbers."""
    root = tmp_path_factory.mktemp("synth") / "synthetic"
    columns = ["ra", "dec", "random_index", "phot_g_mean_mag"]
    recipe = Recipe.for_rows(60_000, seed=2, files=4, buckets=None, columns=columns)
    tables = ["gaia_source", "vari_summary"]
    make_synth(root, recipe, tables, "source_id_order", lambda *_: None)
    text = (root / "catalogue.yaml").read_text().replace("gaiadr3ssd", "synthssd")
    (root / "catalogue.yaml").write_text(text.replace("gaiadr3\n", "synth\n"))
    return root


@pytest.fixture(scope="module")
def in_hats(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a catalogue of the sample in HATS, registered as `bright.bright`."""
    target = tmp_path_factory.mktemp("hats") / "bright"
    export_hats(Catalogue.open(sample).table("gaia_source"), target, 30_000)
    thumbnail = pq.ParquetFile(next(target.rglob("Npix=*.parquet"))).read().slice(0, 5)
    pq.write_table(thumbnail, target / "dataset" / "data_thumbnail.parquet")
    return register_hats(target, tmp_path_factory.mktemp("registered")).root


NEXT_RELEASE = """
name: gaia_next
title: Gaia Next
reference_epoch: 2018.5
acknowledgement: ESA/Gaia/DPAC
tables:
  - name: gaia_source
    folder: GNEXT_GAIA_SOURCE
    description: Every source of a release that no code knows
    columns:
      - {name: source_id, type: int64, ucd: meta.id, description: Identifier}
      - {name: ra, type: float64, unit: deg, ucd: pos.eq.ra, description: Right ascension}
      - {name: dec, type: float64, unit: deg, ucd: pos.eq.dec, description: Declination}
      - {name: novelty, type: float32, unit: mas / yr3, description: What nobody measured before}
  - {name: all_source_novelties, folder: GNEXT_NOVELTIES, description: Columns still unknown}
"""
NEXT_CATALOGUE = """
title: Gaia Next
default_database: gaianext
databases: [{name: gaianext, release: gaia_next.yaml, path: data}]
"""


@pytest.fixture(scope="module")
def new_release(rows: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a catalogue of a release that is described in its own file and nowhere else."""
    root = tmp_path_factory.mktemp("next") / "gaia-next"
    stars = rows[["ra", "dec"]].iloc[::100].assign(novelty=np.float32(0.5)).reset_index()
    novelties = stars[["source_id"]].assign(
        kind="odd", weights=pd.Series([[1.0, 2.0]] * len(stars))
    )
    for folder, frame in (("GNEXT_GAIA_SOURCE", stars), ("GNEXT_NOVELTIES", novelties)):
        (root / "data" / folder).mkdir(parents=True)
        table = pa.Table.from_pandas(frame, preserve_index=False)
        pq.write_table(table, root / "data" / folder / "part-00000.parquet")
    (root / "gaia_next.yaml").write_text(NEXT_RELEASE)
    (root / "catalogue.yaml").write_text(NEXT_CATALOGUE)
    return root


@pytest.fixture(scope="module", autouse=True)
def session(
    sample: Path, synthetic: Path, in_hats: Path, new_release: Path, folder: Path
) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        catalogues = [str(root) for root in (sample, synthetic, in_hats, new_release)]
        patch.setenv("ASTROFLOW_CATALOGUES", json.dumps(catalogues))
        patch.setenv("ASTROFLOW_SPARK", '{"pods": 1, "cores": 2, "memory": "1g"}')
        patch.setenv("ASTROFLOW_DASK", '{"pods": 1, "cores": 2, "memory": "1g"}')
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


# What reading costs


def size_in_footers(folder: Path, *columns: str) -> int:
    """Return the compressed bytes of some columns of a table, as pyarrow tells them."""
    groups = [
        footer.row_group(group)
        for footer in map(pq.read_metadata, folder.glob("*.parquet"))
        for group in range(footer.num_row_groups)
    ]
    chunks = [group.column(leaf) for group in groups for leaf in range(group.num_columns)]
    return sum(c.total_compressed_size for c in chunks if c.path_in_schema in columns)


@pytest.fixture(scope="module")
def gaia_source(sample: Path) -> Path:
    return Catalogue.open(sample).table("gaia_source").folder


def test_spark_tells_the_columns_that_a_query_needs(gaia_source: Path) -> None:
    cost = astroflow_spark_gaia.explain_cost("SELECT AVG(ra) FROM gaia_source WHERE dec > 10")
    assert (cost.files, cost.row_groups) == (8, 8)
    assert cost.size == size_in_footers(gaia_source, "ra", "dec")
    assert repr(cost).startswith(
        "gaiadr3ssd.gaia_source: 8 files, 8 row groups, 482,106 rows\n"
        f"  {cost.size / 1e6:.1f} MB in 2 columns: ra, dec\n"
        "at most "
    )


def test_dask_tells_the_columns_that_a_frame_needs(gaia_source: Path) -> None:
    stars = astroflow_dask_gaia.read_table("gaia_source")
    cost = astroflow_dask_gaia.explain_cost(stars[stars["dec"] > 10]["ra"].mean())
    assert (cost.files, cost.row_groups) == (8, 8)
    assert cost.size == size_in_footers(gaia_source, "source_id", "ra", "dec")
    assert "in 3 columns: source_id, ra, dec" in repr(cost)


@pytest.mark.parametrize(
    "condition",
    [
        "source_id BETWEEN 1000000000000000000 AND 1500000000000000000",
        "1000000000000000000 <= source_id AND source_id < 1500000000000000000",
        "source_id IN (1000000000000000000, 1500000000000000000)",
        "(source_id = 1000000000000000000 OR source_id = 1500000000000000000) AND ra > 0",
    ],
)
def test_files_that_ids_exclude_are_not_counted(condition: str) -> None:
    cost = astroflow_spark_gaia.explain_cost(f"SELECT ra FROM gaia_source WHERE {condition}")
    assert cost.row_groups == cost.files == 1


@pytest.mark.parametrize(
    "condition",
    ["source_id > ra", "NOT source_id = 3", "source_id = 3 OR ra > 5", "source_id % 2 = 1"],
)
def test_what_excludes_no_file_counts_all(condition: str) -> None:
    cost = astroflow_spark_gaia.explain_cost(f"SELECT ra FROM gaia_source WHERE {condition}")
    assert cost.row_groups == 8


def test_a_region_costs_its_own_files_in_both_engines(spark: GaiaSession) -> None:
    place = (266.4, -29.0, 0.5)
    by_frame = astroflow_spark_gaia.cone_search("gaia_source", *place, columns=["ra", "dec"])
    costs = [
        astroflow_spark_gaia.explain_cost(by_frame),
        astroflow_spark_gaia.explain_cost(
            "SELECT ra, dec FROM cone('gaia_source', 266.4, -29.0, 0.5)"
        ),
        astroflow_dask_gaia.explain_cost(
            astroflow_dask_gaia.cone_search("gaia_source", *place, columns=["ra", "dec"])
        ),
    ]
    assert [(cost.files, cost.row_groups) for cost in costs] == [(1, 1)] * 3
    assert len({cost.size for cost in costs}) == 1
    assert spark.is_usable


def test_a_slice_of_ids_costs_its_own_files_in_dask() -> None:
    stars = astroflow_dask_gaia.read_table("gaia_source")
    cost = astroflow_dask_gaia.explain_cost(stars.loc[10**18 : 15 * 10**17]["ra"])
    assert cost.files == 1


def test_joins_and_subqueries_cost_each_table(gaia_source: Path) -> None:
    cost = astroflow_spark_gaia.explain_cost(
        "SELECT ra FROM gaia_source JOIN galactic_coordinates USING (source_id) "
        "WHERE dec > (SELECT AVG(phot_g_mean_mag) FROM gaia_source)"
    )
    assert sorted(scan.columns for scan in cost.scans) == [
        ("phot_g_mean_mag",),
        ("source_id",),
        ("source_id", "ra", "dec"),
    ]
    assert cost.size > size_in_footers(gaia_source, "source_id", "ra", "dec", "phot_g_mean_mag")


@pytest.mark.parametrize("query", ["SELECT COUNT(*), COUNT(ra) FROM gaia_source", "SELECT 1"])
def test_what_reads_nothing_costs_nothing(query: str) -> None:
    cost = astroflow_spark_gaia.explain_cost(query)
    assert cost.size == 0
    assert repr(cost) == "no file is read: the answer is in the index or in memory"


def test_explaining_a_table_to_be_makes_none(folder: Path) -> None:
    cost = astroflow_spark_gaia.explain_cost("CREATE TABLE mine.x AS SELECT ra FROM gaia_source")
    assert cost.files == 8
    assert not (folder / "x").exists()


def test_what_is_no_query_is_refused() -> None:
    with pytest.raises(QueryError, match=r"DROP … is no query"):
        astroflow_spark_gaia.explain_cost("DROP TABLE mine.x")
    with pytest.raises(QueryError, match="int is no Dask frame"):
        astroflow_dask_gaia.explain_cost(3)  # type: ignore[arg-type]


def test_the_time_is_from_what_the_session_measured(spark: GaiaSession) -> None:
    keep_rate("spark", 10**9, 1)
    columns = ", ".join(f"AVG({name})" for name in spark.table("gaia_source").columns)
    spark.sql(f"SELECT {columns} FROM gaia_source").collect()
    spark.sparkContext._jsc.sc().listenerBus().waitUntilEmpty()
    measured = last_rate("spark")
    assert measured is not None
    assert measured.bytes_per_second < 10**9
    cost = astroflow_spark_gaia.explain_cost("SELECT ra FROM gaia_source")
    assert cost.seconds == pytest.approx(cost.size / measured.bytes_per_second / 2)
    assert repr(cost).endswith(f"a core, measured {measured.measured})")


def test_dask_s_workers_measure_as_they_read() -> None:
    keep_rate("dask", 10**12, 1)
    astroflow_dask_gaia.read_table("gaia_source").count().compute()
    measured = last_rate("dask")
    assert measured is not None
    assert measured.bytes_per_second < 10**12


# A random part of a table


def test_one_percent_is_the_same_sources_in_both_engines(synthetic: Path) -> None:
    table = Catalogue.open(synthetic).database("synthssd").table("gaia_source")
    rows = pq.read_table(table.folder).to_pandas()
    part = rows[rows["random_index"] < round((rows["random_index"].max() + 1) / 100)]
    by_spark = astroflow_spark_gaia.try_percent(1, "SELECT * FROM synthssd.gaia_source")
    assert set(by_spark.toPandas()["source_id"]) == set(part["source_id"])
    by_dask = astroflow_dask_gaia.try_percent(1, "synthssd.gaia_source")
    assert set(by_dask.index.compute()) == set(part["source_id"])
    assert len(by_dask) == len(part) == pytest.approx(600, abs=100)


def test_the_same_query_runs_on_a_part(spark: GaiaSession) -> None:
    frame = spark.table("synthssd.gaia_source").join(
        spark.table("synthssd.vari_summary"), "source_id"
    )
    sql = (
        "WITH s AS (SELECT * FROM synthssd.gaia_source) SELECT source_id FROM s "
        "WHERE source_id IN (SELECT source_id FROM synthssd.gaia_source) "
        "AND source_id IN (SELECT source_id FROM synthssd.vari_summary)"
    )
    found = astroflow_spark_gaia.try_percent(30, sql).collect()
    stars, variables = (
        astroflow_dask_gaia.read_table(f"synthssd.{name}", columns)
        for name, columns in (("gaia_source", ["ra"]), ("vari_summary", []))
    )
    joined = stars.join(variables, how="inner")
    part = astroflow_dask_gaia.try_percent(30, joined)
    assert {row.source_id for row in found} == set(part.index.compute())
    assert part.columns.tolist() == ["ra"]
    assert 0 < len(found) < len(joined)
    assert astroflow_spark_gaia.try_percent(30, frame).count() == len(found)
    assert astroflow_spark_gaia.try_percent(100, frame).count() == len(joined)


def test_a_region_and_a_count_of_a_part() -> None:
    cone = "SELECT COUNT(*) FROM cone('synthssd.gaia_source', 266.4, -29.0, 30)"
    by_spark = astroflow_spark_gaia.try_percent(10, cone).collect()[0][0]
    region = astroflow_dask_gaia.cone_search("synthssd.gaia_source", 266.4, -29.0, 30)
    assert by_spark == len(astroflow_dask_gaia.try_percent(10, region)) < len(region)
    whole = astroflow_spark_gaia.try_percent(10, "SELECT COUNT(*) FROM synthssd.gaia_source")
    assert whole.collect()[0][0] == pytest.approx(6000, abs=500)


@pytest.mark.parametrize("percent", [0, -1, 101, float("nan"), True])
def test_a_part_that_cannot_be_is_refused(percent: float) -> None:
    with pytest.raises(QueryError, match="give a number above 0, at most 100"):
        astroflow_spark_gaia.try_percent(percent, "SELECT * FROM synthssd.gaia_source")
    with pytest.raises(QueryError, match="give a number above 0, at most 100"):
        astroflow_dask_gaia.try_percent(percent, "synthssd.gaia_source")


def test_tables_without_random_numbers_have_no_part() -> None:
    with pytest.raises(QueryError, match="no table of this query has a column 'random_index'"):
        astroflow_spark_gaia.try_percent(1, "SELECT * FROM gaia_source")
    with pytest.raises(QueryError, match="no table of this frame has a column 'random_index'"):
        astroflow_dask_gaia.try_percent(1, "gaia_source")


# HATS


def test_a_hats_catalogue_is_a_table_of_both_engines(
    spark: GaiaSession, rows: pd.DataFrame
) -> None:
    frame = spark.table("bright.bright")
    assert frame.columns == ["_healpix_29", "source_id", *rows.columns]
    found = frame.drop("_healpix_29").toPandas().set_index("source_id").sort_index()
    pd.testing.assert_frame_equal(found, rows)
    by_dask = astroflow_dask_gaia.read_table("bright.bright").compute().sort_index()
    pd.testing.assert_frame_equal(by_dask.drop(columns="_healpix_29"), rows)
    assert spark.sql("SELECT COUNT(*) FROM bright.bright").collect()[0][0] == len(rows)


@pytest.mark.parametrize("place", [(266.4, -29.0, 2), (0, 90, 3), (359.99, 0.01, 2)])
def test_a_region_of_hats_is_that_of_the_catalogue(place: tuple[float, float, float]) -> None:
    expected = set(astroflow_dask_gaia.cone_search("gaia_source", *place).compute().index)
    by_spark = astroflow_spark_gaia.cone_search("bright.bright", *place, columns=["source_id"])
    by_dask = astroflow_dask_gaia.cone_search("bright.bright", *place, columns=[])
    assert {row.source_id for row in by_spark.collect()} == expected
    assert set(by_dask.compute().index) == expected
    cost = astroflow_spark_gaia.explain_cost(by_spark)
    assert cost.files <= 6
    assert astroflow_dask_gaia.explain_cost(by_dask).files == cost.files


def test_maps_and_joins_of_hats(spark: GaiaSession, rows: pd.DataFrame) -> None:
    where = "phot_g_mean_mag < 7"
    counts = astroflow_spark_gaia.healpix_counts(2, "bright.bright", where)
    assert np.array_equal(counts, astroflow_dask_gaia.healpix_counts(2, "gaia_source", where))
    joined = spark.sql("SELECT 1 FROM bright.bright JOIN gaia_source USING (source_id)")
    assert joined.count() == len(rows)
    pieces = astroflow_dask_gaia.map_pairs(
        shared, "bright.bright", "gaia_source", ["source_id"], ["source_id"]
    )
    assert sum(pieces) == len(rows)


def shared(left: dict[str, np.ndarray], right: dict[str, np.ndarray]) -> int:
    return int(np.isin(left["source_id"], right["source_id"]).sum())


# A release that no code knows


def test_a_new_release_needs_no_code(
    spark: GaiaSession, rows: pd.DataFrame, new_release: Path
) -> None:
    stars = rows.iloc[::100]
    described = {row.col_name: row for row in spark.sql("DESCRIBE gaianext.gaia_source").collect()}
    assert described["novelty"].comment == "What nobody measured before [mas / yr3]"
    near = stars.index[stars["dec"] > 80]
    assert spark.sql("SELECT * FROM cone('gaianext.gaia_source', 0, 90, 10)").count() == len(near)
    frame = astroflow_dask_gaia.read_table("gaianext.gaia_source")
    assert frame.known_divisions
    novelties = astroflow_dask_gaia.read_table("gaianext.all_source_novelties", ["kind"])
    assert len(frame.join(novelties, how="inner")) == len(stars)
    odd = spark.table("gaianext.all_source_novelties").where("weights[1] = 2")
    assert odd.count() == len(stars)
    write_index(Catalogue.open(new_release).table("gaia_source").folder)
    counts = astroflow_spark_gaia.healpix_counts(1, "gaianext.gaia_source")
    expected = np.bincount(stars.index.to_numpy() >> 57, minlength=48)
    assert np.array_equal(counts, expected)
    assert astroflow_spark_gaia.column_counts("gaianext.gaia_source", ["novelty"]) == {
        "novelty": len(stars)
    }
    assert astroflow_spark_gaia.tables["gaianext.gaia_source"].database.release.title == "Gaia Next"
