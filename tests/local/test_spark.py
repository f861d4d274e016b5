"""Spark over real Gaia rows: names, numbers and errors, against numpy, healpy and astropy."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import astropy.units as u
import healpy
import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from astropy.coordinates import SkyCoord
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from pyspark.errors import AnalysisException, SparkRuntimeException
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.ml.stat import Summarizer
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import LongType

import astroflow_spark_gaia
from astroflow_core.catalogue import Catalogue
from astroflow_core.errors import CatalogueError, SessionError
from astroflow_core.footers import arrow_schema
from astroflow_core.healpix import id_bounds, pixel_count
from astroflow_core.release import Release
from astroflow_spark_gaia import connect
from astroflow_spark_gaia.gaia_session import GaiaSession
from astroflow_spark_gaia.registration import Registrar
from spark_setup import SparkSetup

SAMPLE = Release.named("gaia_dr3_sample").tables[0]


def make_catalogue(root: Path, *databases: dict[str, object]) -> Path:
    """Write a catalogue of these databases, each in a folder of its own name."""
    root.mkdir()
    entries = [{"path": database["name"], **database} for database in databases]
    contents = {"title": "Odd", "default_database": entries[0]["name"], "databases": entries}
    (root / "catalogue.yaml").write_text(json.dumps(contents))
    return root


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a catalogue whose tables are each odd in a way of their own."""
    root = make_catalogue(
        tmp_path_factory.mktemp("odd") / "odd",
        {"name": "truncated", "release": "gaia_dr3_sample"},
        {"name": "renamed", "release": "gaia_dr3_sample"},
        {"name": "unlisted", "release": "gaia_dr3"},
    )
    rows = pa.table({"source_id": [1, 2], "num_selected_g_fov": [10, None]})
    for folder in ("truncated/GDR3_GAIA_SOURCE", "renamed/GDR3_GAIA_SOURCE"):
        (root / folder).mkdir(parents=True)
        pq.write_table(rows, root / folder / "a.parquet")
    file = root / "truncated/GDR3_GAIA_SOURCE/a.parquet"
    file.write_bytes(file.read_bytes()[:-20])
    (root / "unlisted/GDR3_VARI_AGN").mkdir(parents=True)
    pq.write_table(rows, root / "unlisted/GDR3_VARI_AGN/a.parquet")
    return root


@pytest.fixture(scope="module")
def spark(sample: Path, odd: Path) -> Iterator[GaiaSession]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASTROFLOW_CATALOGUES", json.dumps([str(sample), str(odd)]))
        patch.setenv("ASTROFLOW_SPARK", '{"pods": 1, "cores": 2, "memory": "1g"}')
        session = astroflow_spark_gaia.spark
        yield session
        session.stop()


@pytest.fixture
def bucketed(spark: GaiaSession, tmp_path: Path) -> Iterator[str]:
    """Register the sample once more as Spark's own buckets, and return its database."""
    layout = {"kind": "hash_buckets", "buckets": 4}
    entry = {"name": "bucketed", "release": "gaia_dr3_sample", "layout": layout}
    (database,) = Catalogue.open(make_catalogue(tmp_path / "catalogue", entry)).databases
    writer = spark.table("gaia_source").write.bucketBy(4, "source_id").sortBy("source_id")
    writer.saveAsTable("written", path=str(database.path / "GDR3_GAIASOURCE"))
    Registrar(spark).register(database)
    yield "bucketed"
    spark.sql("DROP TABLE written")
    spark.sql("DROP DATABASE bucketed CASCADE")


@pytest.fixture(scope="module")
def rows(sample: Path) -> pa.Table:
    """Return the sample's rows as pyarrow reads them, in order of source_id."""
    return ds.dataset(Catalogue.open(sample).table("gaia_source").folder).to_table()


@pytest.fixture(scope="module")
def ids(rows: pa.Table) -> np.ndarray:
    return rows["source_id"].to_numpy()


def plan(spark: SparkSession, query: str) -> str:
    return str(spark.sql(f"EXPLAIN {query}").collect()[0][0])


def functions_of_spark(spark: GaiaSession) -> set[str]:
    """Return the names of the functions that Spark has for itself."""
    analysis = spark.sparkContext._jvm.org.apache.spark.sql.catalyst.analysis
    registry = getattr(getattr(analysis, "FunctionRegistry$"), "MODULE$").internal()
    return set(registry.listFunction().mkString(",").split(","))


# Tables


@pytest.mark.parametrize("name", ["gaia_source", "gaiadr3.gaia_source", "gaiadr3ssd.GAIA_SOURCE"])
def test_a_table_has_the_rows_of_its_files(spark: GaiaSession, name: str) -> None:
    assert spark.sql(f"SELECT COUNT(*) FROM {name}").collect() == [Row(**{"count(1)": 482106})]
    assert spark.table(name).count() == 482106


def test_every_column_is_what_pyarrow_reads(spark: GaiaSession, rows: pa.Table) -> None:
    found = spark.table("gaia_source").orderBy("source_id").toArrow()
    assert found.column_names == rows.column_names
    assert all(found[name].equals(rows[name]) for name in rows.column_names)


def test_describe_tells_types_units_and_meaning(spark: GaiaSession) -> None:
    described = {row.col_name: row for row in spark.sql("DESCRIBE gaia_source").collect()}
    assert described["ra"].comment == "Right ascension [deg]"
    assert described["phot_g_mean_mag"].data_type == "float"
    assert described["phot_bp_mean_mag"].comment.endswith("[mag]")
    extended = spark.sql("DESCRIBE EXTENDED gaia_source").collect()
    assert ("Comment", SAMPLE.description) in [(row.col_name, row.data_type) for row in extended]


def test_a_frame_carries_units(spark: GaiaSession) -> None:
    assert spark.table("gaia_source").schema["phot_bp_mean_mag"].metadata["unit"] == "mag"


def test_only_tables_that_are_here_are_listed(spark: GaiaSession) -> None:
    here = {row.tableName for row in spark.sql("SHOW TABLES IN gaiadr3").collect()}
    assert {"gaia_source", "galactic_coordinates"} <= here
    assert spark.sql("SHOW TABLES IN gaiaedr3").collect() == []
    assert spark.catalog.tableExists("gaiadr3.gaia_source")


def test_the_default_database_is_current(spark: GaiaSession) -> None:
    assert spark.catalog.currentDatabase() == "gaiadr3ssd"


def test_a_join_of_two_tables(spark: GaiaSession, ids: np.ndarray) -> None:
    joined = spark.sql(
        "SELECT source_id FROM gaia_source JOIN galactic_coordinates USING (source_id)"
    )
    found = np.sort(joined.toPandas()["source_id"].to_numpy())
    bright = ds.dataset(astroflow_spark_gaia.tables["galactic_coordinates"].folder)
    assert np.array_equal(found, np.intersect1d(ids, bright.to_table()["source_id"].to_numpy()))


def test_a_table_without_listed_columns_has_those_of_its_file(spark: GaiaSession) -> None:
    described = spark.sql("DESCRIBE unlisted.vari_agn").collect()
    assert [row.col_name for row in described] == ["source_id", "num_selected_g_fov"]
    counted = spark.sql("SELECT COUNT(*), COUNT(num_selected_g_fov) FROM unlisted.vari_agn")
    assert tuple(counted.collect()[0]) == (2, 1)


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("gaia_sorce", "no table 'gaia_sorce' in gaiadr3ssd; did you mean 'gaia_source'?"),
        (
            "gaiaedr3.gaia_source",
            "its folder .* is missing. Tables of gaiaedr3 that are here: none",
        ),
        ("gaiadr5.gaia_source", "no database 'gaiadr5'; did you mean 'gaiadr3'"),
    ],
)
def test_a_table_that_is_not_here_says_why(spark: GaiaSession, name: str, note: str) -> None:
    with pytest.raises(AnalysisException, match=note):
        spark.sql(f"SELECT * FROM {name}")
    with pytest.raises(AnalysisException, match=note):
        spark.table(name)


def test_a_database_that_is_not_here_says_so(spark: GaiaSession) -> None:
    with pytest.raises(AnalysisException, match="no database 'gaiadr5'; did you mean"):
        spark.sql("USE gaiadr5")


def test_an_error_is_told_once(spark: GaiaSession, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AnalysisException):
        spark.sql("SELECT * FROM gaia_sorce")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("query", "what", "where"),
    [
        ("SELECT paralax FROM gaia_source", "`paralax` cannot be resolved", "^^^^^^^"),
        ("SELECT ra FROM gaia_sorce", "did you mean 'gaia_source'?", "^^^^^^^^^^"),
        ("SELEC ra FROM gaia_source", "Syntax error at or near 'SELEC'", "^^^"),
    ],
)
def test_a_notebook_shows_what_is_wrong_in_a_query_and_where(
    spark: GaiaSession, query: str, what: str, where: str
) -> None:
    shell = InteractiveShell()
    shell.push({"spark": spark, "query": query})
    with capture_output() as shown:
        shell.run_cell("spark.sql(query)")
    assert what in shown.stdout
    assert f"{query}\n" in shown.stdout
    assert where in shown.stdout.split()
    assert "Traceback" not in shown.stdout
    assert "Project" not in shown.stdout


@pytest.mark.parametrize(
    ("database", "problem"),
    [
        ("truncated", r"truncated/GDR3_GAIA_SOURCE/a.parquet is not a whole parquet file"),
        ("renamed", r"renamed/GDR3_GAIA_SOURCE/a.parquet does not follow .*'ra' is missing"),
    ],
)
def test_a_damaged_table_is_named_at_its_first_use(
    spark: GaiaSession, database: str, problem: str
) -> None:
    query = f"SELECT COUNT(*) FROM (SELECT * FROM {database}.gaia_source WHERE ra > 1)"
    with pytest.raises(CatalogueError, match=problem):
        spark.sql(query)
    with pytest.raises(CatalogueError, match=problem):
        spark.table(f"{database}.gaia_source")


def test_buckets_hold_the_same_rows(spark: GaiaSession, bucketed: str, ids: np.ndarray) -> None:
    found = spark.table(f"{bucketed}.gaia_source").toPandas()["source_id"].to_numpy()
    assert np.array_equal(np.sort(found), ids)


def test_buckets_join_without_a_shuffle(spark: GaiaSession, bucketed: str) -> None:
    spark.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
    join = f"{bucketed}.gaia_source a JOIN {bucketed}.gaia_source b USING (source_id)"
    try:
        assert "Exchange" not in plan(spark, f"SELECT source_id, a.ra FROM {join}")
        assert spark.sql(f"SELECT COUNT(a.ra) FROM {join}").collect()[0][0] == 482106
    finally:
        spark.conf.unset("spark.sql.autoBroadcastJoinThreshold")


def test_ids_are_found_in_their_buckets(spark: GaiaSession, bucketed: str, ids: np.ndarray) -> None:
    wanted = ids[::60_000]
    query = (
        f"SELECT * FROM {bucketed}.gaia_source WHERE source_id IN ({', '.join(map(str, wanted))})"
    )
    assert spark.sql(query).count() == len(wanted)


def test_files_in_order_are_no_buckets(spark: GaiaSession, ids: np.ndarray) -> None:
    query = f"SELECT * FROM gaia_source WHERE source_id = {ids[1000]}"
    assert spark.sql(query).count() == 1
    assert "Bucket" not in plan(spark, query)


# The functions healpix and angular_distance


def test_counts_over_the_sky_equal_numpy(spark: GaiaSession, ids: np.ndarray) -> None:
    query = "SELECT healpix(6, source_id) AS pixel, COUNT(*) AS n FROM gaia_source GROUP BY pixel"
    found = spark.sql(query).toPandas()
    counts = np.zeros(healpy.nside2npix(64), np.int64)
    counts[found["pixel"]] = found["n"]
    assert np.array_equal(counts, np.bincount(ids // 2**47, minlength=counts.size))
    assert counts.sum() == 482106


def test_pixels_are_where_healpy_puts_the_positions(spark: GaiaSession) -> None:
    found = spark.sql("SELECT healpix(6, source_id) AS pixel, ra, dec FROM gaia_source").toPandas()
    pixels = healpy.ang2pix(64, found["ra"], found["dec"], nest=True, lonlat=True)
    # The id keeps the position known when it was made, so a few sources lie across an edge.
    assert np.mean(pixels == found["pixel"]) > 0.999


@pytest.mark.parametrize("level", range(13))
def test_pixels_are_exact_at_their_edges(spark: GaiaSession, level: int) -> None:
    pixels = np.unique(np.linspace(0, pixel_count(level) - 1, 50).astype(np.int64))
    first, beyond = id_bounds(pixels, level)
    near = np.concatenate([first, first + 511, beyond - 512, beyond - 1])
    frame = spark.createDataFrame(near.tolist(), LongType())
    found = frame.selectExpr(f"healpix({level}, value) AS pixel").toPandas()["pixel"]
    assert np.array_equal(found, np.tile(pixels, 4))


@pytest.mark.parametrize("level", [-1, 13])
def test_a_level_that_no_id_carries_is_refused(spark: GaiaSession, level: int) -> None:
    with pytest.raises(SparkRuntimeException, match=f"HEALPix level {level}: .* levels 0 to 12"):
        spark.sql(f"SELECT healpix({level}, source_id) FROM gaia_source").collect()


@pytest.mark.parametrize("call", ["healpix(NULL, 1)", "healpix(6, NULL)", "healpix(NULL, NULL)"])
def test_null_has_no_pixel(spark: GaiaSession, call: str) -> None:
    assert spark.sql(f"SELECT {call}").collect()[0][0] is None


def test_a_constant_level_is_one_shift(spark: GaiaSession) -> None:
    text = plan(spark, "SELECT healpix(6, source_id) AS pixel FROM gaia_source")
    assert "Project [shiftright(source_id#" in text
    assert ", 47) AS pixel#" in text


def test_no_row_passes_through_python(spark: GaiaSession) -> None:
    text = plan(
        spark,
        "SELECT healpix(phot_g_mean_mag, source_id), angular_distance(ra, dec, dec, ra) "
        "FROM gaia_source",
    )
    assert "Python" not in text
    assert "*(1) Project" in text


def test_functions_are_there_in_every_database_and_frame(spark: GaiaSession) -> None:
    spark.sql("USE default")
    try:
        assert spark.sql("SELECT healpix(12, 34359738368)").collect()[0][0] == 1
        frame = spark.range(1).select(F.call_function("healpix", F.lit(12), "id"))
        assert frame.collect()[0][0] == 0
    finally:
        spark.sql("USE gaiadr3ssd")


POSITIONS = np.random.default_rng(1).uniform((0, -90, 0, -90), (360, 90, 360, 90), (200, 4))
HARD = np.array(
    [
        (0, 0, 0, 0),  # the same place
        (10, 90, 200, 90),  # one pole
        (10, 90, 200, -90),  # both poles
        (10, 89.9999999, 190, 89.9999999),  # across the pole
        (359.9999999, 10, 0.0000001, 10),  # across RA 0
        (359.9999999, -89, 0.0000001, -89),
        (0, 0, 180, 0),  # antipodes
        (30, 40, 210, -40),
        (30, 40, 210, -39.9999999),
        (30, 40, 30, 40.0000001),
        (-10, 5, 350, 5),  # a right ascension below 0
    ]
)


@pytest.mark.parametrize("positions", [POSITIONS, HARD], ids=["anywhere", "hard places"])
def test_distances_equal_astropy(spark: GaiaSession, positions: np.ndarray) -> None:
    frame = spark.createDataFrame(positions.tolist(), ["ra1", "dec1", "ra2", "dec2"])
    found = frame.selectExpr("angular_distance(ra1, dec1, ra2, dec2) AS d").toPandas()["d"]
    one, other = (SkyCoord(*p.T, unit=u.deg) for p in (positions[:, :2], positions[:, 2:]))
    # Beside the antipodes astropy's own rounding is the larger: a millionth of an arcsecond.
    assert np.allclose(found, one.separation(other).deg, rtol=1e-12, atol=3e-13)


@pytest.mark.parametrize("step", [1e-3, 1e-6, 1e-9, 1e-12, 1e-15])
@pytest.mark.parametrize("start", ["0D, 0D, 0D", "0D, 0D, 180D"], ids=["close by", "antipodes"])
def test_small_angles_are_exact(spark: GaiaSession, step: float, start: str) -> None:
    found = spark.sql(f"SELECT angular_distance({start}, {step}D)").collect()[0][0]
    expected = step if start == "0D, 0D, 0D" else 180 - step
    assert found == pytest.approx(expected, rel=1e-14, abs=0)


@pytest.mark.parametrize(("value", "result"), [("NULL", None), ("DOUBLE('NaN')", "nan")])
def test_null_and_nan_stay_what_they_are(spark: GaiaSession, value: str, result: object) -> None:
    found = spark.sql(f"SELECT angular_distance(1, 2, {value}, 4)").collect()[0][0]
    assert (found if found is None else str(found)) == result


# A plain SparkSession


def test_spark_finds_our_session(spark: GaiaSession) -> None:
    assert SparkSession.builder.getOrCreate() is spark
    assert astroflow_spark_gaia.spark is spark
    assert connect() is spark
    assert SparkSetup(pods=3, cpu=1, mem=1).get_spark_session() is spark


def test_the_size_is_what_was_started(spark: GaiaSession) -> None:
    assert spark.sparkContext.defaultParallelism == spark.size.cores == 2
    assert spark.sparkContext.getConf().get("spark.driver.memory") == spark.size.memory == "1g"
    runtime = spark._jvm.java.lang.Runtime.getRuntime()  # type: ignore[union-attr]
    assert 0.8 * 2**30 < runtime.maxMemory() <= 2**30


def test_rdds_run_the_notebooks_own_python(spark: GaiaSession) -> None:
    pieces = spark.sparkContext.parallelize(range(10), 2)
    assert pieces.mapPartitions(lambda part: [sum(part)]).collect() == [10, 35]
    assert pieces.map(lambda _: sys.executable).distinct().collect() == [sys.executable]


def test_a_module_is_sent_to_the_workers(spark: GaiaSession, tmp_path: Path) -> None:
    module = tmp_path / "parsecs.py"
    module.write_text("def of(parallax):\n    return 1000 / parallax\n")
    spark.sparkContext.addPyFile(str(module))

    def distance(parallax: float) -> float:
        import parsecs  # type: ignore[import-not-found]

        return float(parsecs.of(parallax))

    assert spark.sparkContext.parallelize([10.0]).map(distance).collect() == [100.0]


def test_python_functions_and_frames(spark: GaiaSession) -> None:
    double = F.udf(lambda x: 2 * x, "bigint")
    assert [row[0] for row in spark.range(3).select(double("id")).collect()] == [0, 2, 4]
    assert spark.createDataFrame([(1, "a")], ["n", "s"]).toPandas().to_dict("list") == {
        "n": [1],
        "s": ["a"],
    }
    assert spark._jsc is not None


def test_the_functions_of_mllib_are_made_at_their_first_use(spark: GaiaSession) -> None:
    known = functions_of_spark(spark)
    frame = spark.createDataFrame([([1.0, 2.0],), ([3.0, 6.0],)], "x array<double>")
    vectors = frame.select(array_to_vector("x").alias("x"))
    assert vectors.select(vector_to_array("x").alias("x")).collect() == frame.collect()
    assert vectors.select(Summarizer.mean(vectors["x"])).first()[0].tolist() == [2.0, 4.0]
    assert known == functions_of_spark(spark)
    assert "system.builtin.aggregate_metrics" in known


def test_tables_of_a_person_leave_nothing_in_their_folder(
    spark: GaiaSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spark.sql("CREATE TABLE default.bright AS SELECT * FROM gaia_source WHERE phot_g_mean_mag < 3")
    assert spark.table("default.bright").count() > 0
    spark.sql("DROP TABLE default.bright")
    assert list(tmp_path.iterdir()) == []


def test_a_size_that_is_not_valid_leaves_the_session_alone(spark: GaiaSession) -> None:
    with pytest.raises(SessionError, match="memory: 'much' is no memory size"):
        connect(memory="much")
    with pytest.raises(SessionError, match=r"pods: .*0"):
        connect(pods=0)
    assert astroflow_spark_gaia.spark is spark


def test_the_schema_of_the_sample_is_the_releases(spark: GaiaSession) -> None:
    assert spark.table("gaia_source").columns == arrow_schema(SAMPLE.columns).names


def test_nan_can_be_turned_into_null(spark: GaiaSession) -> None:
    query = "SELECT nanvl(DOUBLE('NaN'), NULL), DOUBLE('NaN') > 1e300, AVG(DOUBLE('NaN'))"
    missing, larger, mean = spark.sql(query).collect()[0]
    assert (missing, larger, str(mean)) == (None, True, "nan")
