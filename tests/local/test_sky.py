"""Regions and counts in Spark, Dask and pyarrow: equal rows, equal numbers, equal errors."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import astropy.units as u
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from astropy.coordinates import SkyCoord
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, Row

import astroflow_dask_gaia
import astroflow_spark_gaia
from astroflow_core import search
from astroflow_core.catalogue import Catalogue
from astroflow_core.errors import AstroFlowError, CatalogueError, QueryError, RegionError
from astroflow_data.synth.catalogue import make_synth
from astroflow_data.synth.recipe import Recipe
from astroflow_spark_gaia.gaia_session import GaiaSession

Rows = dict[str, np.ndarray]
COLUMNS = ["source_id", "ra", "dec", "phot_g_mean_mag"]
TRIANGLE = [(10, 80), (130, 80), (250, 80)]
SEARCHES = [
    ("cone_search", (266.4, -29.0, 2)),
    ("cone_search", (0, 90, 3)),
    ("cone_search", (359.99, 0.01, 2)),
    ("cone_search", (269.4485, 4.7394, 0.01)),
    ("cone_search", (266.4, -29.0, 1e-6)),
    ("cone_search", (100, 20, 120)),
    ("polygon_search", (TRIANGLE,)),
    ("healpix_search", (3, [5, 700])),
    ("moc_search", ("3/5-7 5/12287",)),
]


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a synthetic catalogue in hash buckets, with NULL and NaN, without an index."""
    root = tmp_path_factory.mktemp("synth") / "synthetic"
    recipe = Recipe.for_rows(20_000, seed=1, files=None, buckets=3, columns=COLUMNS[1:])
    make_synth(root, recipe, ["gaia_source"], "hash_buckets", lambda *_: None)
    text = (root / "catalogue.yaml").read_text().replace("name: gaia", "name: synth_gaia")
    (root / "catalogue.yaml").write_text(text.replace("database: gaia", "database: synth_gaia"))
    return root


@pytest.fixture(scope="module", autouse=True)
def session(
    sample: Path, synthetic: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASTROFLOW_CATALOGUES", json.dumps([str(sample), str(synthetic)]))
        patch.setenv("ASTROFLOW_SPARK", '{"pods": 1, "cores": 2, "memory": "1g"}')
        patch.setenv("ASTROFLOW_DASK", '{"pods": 2, "cores": 1, "memory": "1g"}')
        patch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)
        patch.chdir(tmp_path_factory.mktemp("home"))
        yield
        astroflow_dask_gaia.client.close()


@pytest.fixture(scope="module", autouse=True)
def spark(session: None) -> Iterator[GaiaSession]:  # noqa: ARG001 (must be there before)
    started = astroflow_spark_gaia.spark
    yield started
    started.stop()


@pytest.fixture(scope="module")
def rows(sample: Path) -> pa.Table:
    return pq.read_table(Catalogue.open(sample).table("gaia_source").folder)


def in_order(rows: pa.Table | DataFrame) -> pa.Table:
    table = rows if isinstance(rows, pa.Table) else rows.toArrow()
    return table.replace_schema_metadata().sort_by("source_id").combine_chunks()


def values(rows: pa.Table | DataFrame) -> dict[str, list[object]]:
    return in_order(rows).to_pydict()


def plan(frame: DataFrame) -> str:
    return str(frame._jdf.queryExecution().executedPlan().toString())


# Regions


@pytest.mark.parametrize(("name", "where"), SEARCHES)
def test_spark_finds_what_pyarrow_finds(name: str, where: tuple[object, ...]) -> None:
    found = getattr(astroflow_spark_gaia, name)("gaia_source", *where)
    expected = getattr(search, name)("gaia_source", *where)
    assert values(found) == values(expected)


@pytest.mark.parametrize(("name", "where"), SEARCHES)
def test_dask_finds_what_pyarrow_finds(name: str, where: tuple[object, ...]) -> None:
    found = getattr(astroflow_dask_gaia, name)("gaia_source", *where, columns=COLUMNS)
    expected = getattr(search, name)("gaia_source", *where, columns=COLUMNS)
    computed = pa.Table.from_pandas(found.compute().reset_index(), preserve_index=False)
    assert computed.to_pydict() == expected.to_pydict()
    assert found.known_divisions or found.npartitions == 1


@pytest.mark.parametrize("name", ["gaia_source", "synth_gaiadr3.gaia_source"])
@pytest.mark.parametrize("place", [(266.4, -29.0, 3), (0, 90, 10), (45, 0, 170)])
def test_every_layout_gives_the_rows_of_brute_force(
    spark: GaiaSession, name: str, place: tuple[float, float, float]
) -> None:
    everything = spark.table(name).select(COLUMNS).toArrow()
    there = SkyCoord(everything["ra"].to_numpy(), everything["dec"].to_numpy(), unit="deg")
    near = there.separation(SkyCoord(*place[:2], unit="deg")).deg <= place[2]
    expected = values(everything.filter(near))
    assert len(expected["source_id"]) > 0
    assert values(astroflow_spark_gaia.cone_search(name, *place, columns=COLUMNS)) == expected
    found = astroflow_dask_gaia.cone_search(name, *place, columns=COLUMNS).compute()
    assert sorted(found.index) == expected["source_id"]


def test_places_may_be_skycoords_and_quantities() -> None:
    there = SkyCoord(0 * u.deg, 0 * u.deg, frame="galactic")
    expected = search.cone_search("gaia_source", 266.40498829, -28.93617776, 1)
    assert values(
        astroflow_spark_gaia.cone_search("gaia_source", there, radius=60 * u.arcmin)
    ) == values(expected)


def test_a_cone_opens_one_file_and_prunes_by_id() -> None:
    text = plan(astroflow_spark_gaia.cone_search("gaia_source", 266.4, -29, 0.5))
    assert "InMemoryFileIndex(1 paths)" in text
    assert "GreaterThanOrEqual(source_id" in text


def test_a_cone_over_half_the_sky_is_a_plain_scan() -> None:
    text = plan(astroflow_spark_gaia.cone_search("gaia_source", 266.4, -29, 170))
    assert "GreaterThanOrEqual(source_id" not in text


def test_a_frame_keeps_units() -> None:
    frame = astroflow_spark_gaia.cone_search("gaia_source", 266.4, -29, 0.5)
    assert frame.schema["ra"].metadata["unit"] == "deg"


@pytest.mark.parametrize(
    ("call", "error", "problem"),
    [
        (lambda find: find("gaia_source", 1, 95, 1), RegionError, "dec 95 is beyond the pole"),
        (lambda find: find("gaia_source", 1, 2, 0), RegionError, "radius 0 is no cone's"),
        (lambda find: find("gaia_sorce", 1, 2, 3), CatalogueError, "did you mean 'gaia_source'"),
        (
            lambda find: find("galactic_coordinates", 1, 2, 3),
            CatalogueError,
            "has no column 'ra', so it knows no places",
        ),
    ],
)
@pytest.mark.parametrize("package", [astroflow_spark_gaia, astroflow_dask_gaia, search])
def test_mistakes_are_told_alike_everywhere(
    package: object,
    call: Callable[[object], object],
    error: type[AstroFlowError],
    problem: str,
) -> None:
    with pytest.raises(error, match=problem):
        call(package.cone_search)  # type: ignore[attr-defined]


# Table functions of SQL


@pytest.mark.parametrize(
    ("call", "name", "where"),
    [
        ("cone('gaia_source', 266.4, -29, 2)", "cone_search", (266.4, -29.0, 2)),
        ("cone('gaiadr3.gaia_source', 200D + 66.4D, -29, 2)", "cone_search", (266.4, -29.0, 2)),
        ("polygon('gaia_source', 10, 80, 130, 80, 250, 80)", "polygon_search", (TRIANGLE,)),
        ("pixels('gaia_source', 3, 5, 700)", "healpix_search", (3, [5, 700])),
        ("moc('gaia_source', '3/5-7')", "moc_search", ("3/5-7",)),
    ],
)
def test_a_table_function_gives_the_region(
    spark: GaiaSession, call: str, name: str, where: tuple[object, ...]
) -> None:
    found = spark.sql(f"SELECT * FROM {call} AS t")
    assert values(found) == values(getattr(search, name)("gaia_source", *where))


def test_a_table_function_opens_few_files(spark: GaiaSession) -> None:
    text = plan(spark.sql("SELECT ra FROM cone('gaia_source', 266.4, -29, 0.5) WHERE dec < 0"))
    assert "InMemoryFileIndex(1 paths)" in text
    assert "ReadSchema: struct<source_id:bigint,ra:double,dec:double>" in text


def test_table_functions_join_and_stand_in_views(spark: GaiaSession) -> None:
    spark.sql("CREATE TEMPORARY VIEW centre AS SELECT * FROM cone('gaia_source', 266.4, -29, 2)")
    joined = spark.sql(
        "SELECT c.source_id FROM centre c JOIN cone('gaia_source', 266.4, -29, 1) d "
        "USING (source_id) JOIN gaia_source g USING (source_id)"
    )
    expected = search.cone_search("gaia_source", 266.4, -29, 1, ["source_id"])
    assert values(joined) == values(expected)
    spark.catalog.dropTempView("centre")


@pytest.mark.parametrize(
    ("call", "error", "problem"),
    [
        ("cone('gaia_source', 266.4, -129, 1)", RegionError, "dec -129 is beyond the pole"),
        ("cone('gaia_source', '17h45m', -29, 1)", RegionError, "15 times the hours"),
        ("cone('gaia_source', 266.4, -29)", RegionError, "a cone needs a radius"),
        ("cone('gaia_source', 1, 2, 3, 4)", RegionError, r"write cone\('table', ra, dec, radius\)"),
        ("cone()", RegionError, r"write cone\('table', ra, dec, radius\)"),
        ("cone('gaia_source', rand(), 2, 3)", RegionError, r"takes constants, not rand\("),
        ("polygon('gaia_source', 1, 2, 3)", RegionError, r"write polygon\('table', ra1, dec1"),
        ("moc('gaia_sorce', '3/5')", CatalogueError, "did you mean 'gaia_source'"),
    ],
)
def test_a_mistake_in_a_table_function_is_told_without_java(
    spark: GaiaSession, call: str, error: type[AstroFlowError], problem: str
) -> None:
    with pytest.raises(error, match=problem):
        spark.sql(f"SELECT * FROM {call}")


def test_a_mistake_is_forgotten_once_it_was_told(spark: GaiaSession) -> None:
    with pytest.raises(RegionError):
        spark.sql("SELECT * FROM cone('gaia_source', 266.4, -129, 1)")
    with pytest.raises(AnalysisException, match="nowhere"):
        spark.sql("SELECT * FROM nowhere")
    assert spark.sql("SELECT * FROM cone('gaia_source', 266.4, -29, 1)").count() == 110


# Counts


def test_typed_counts_come_from_the_index(spark: GaiaSession, rows: pa.Table) -> None:
    query = spark.sql(
        "SELECT COUNT(*) AS all, COUNT(phot_bp_mean_mag) AS bp, count(1) FROM gaia_source g"
    )
    nulls = rows["phot_bp_mean_mag"].null_count
    assert query.collect() == [Row(**{"all": 482106, "bp": 482106 - nulls, "count(1)": 482106})]
    assert "FileScan" not in plan(query)
    assert query.schema["bp"].nullable is False


def test_every_column_is_counted_without_a_scan(spark: GaiaSession, rows: pa.Table) -> None:
    columns = ", ".join(f"COUNT({name}) AS {name}" for name in rows.column_names)
    query = spark.sql(f"SELECT {columns} FROM gaiadr3.gaia_source")
    expected = {name: len(rows) - rows[name].null_count for name in rows.column_names}
    assert query.collect()[0].asDict() == expected
    assert "FileScan" not in plan(query)
    assert astroflow_spark_gaia.column_counts() == expected
    assert astroflow_dask_gaia.column_counts() == expected
    assert astroflow_spark_gaia.row_count() == astroflow_dask_gaia.row_count() == len(rows)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT COUNT(*) FROM gaia_source WHERE ra < 0", 0),
        ("SELECT COUNT(DISTINCT source_id) FROM gaia_source", 482106),
        ("SELECT COUNT(ra) FILTER (WHERE ra < 0) FROM gaia_source", 0),
        ("SELECT COUNT(NULL) FROM gaia_source", 0),
        ("SELECT COUNT(ra, phot_bp_mean_mag) FROM gaia_source", 481813),
        ("SELECT COUNT(*) FROM gaia_source a JOIN gaia_source b USING (source_id)", 482106),
        ("SELECT COUNT(*) FROM (SELECT * FROM gaia_source LIMIT 7)", 7),
        ("SELECT COUNT(*) FROM gaia_source TABLESAMPLE (0 PERCENT)", 0),
        ("SELECT COUNT(ra) + 1 FROM gaia_source", 482107),
        ("SELECT COUNT(*) FROM gaia_source HAVING COUNT(*) > 5", 482106),
    ],
)
def test_other_counts_are_spark_s(spark: GaiaSession, query: str, expected: int) -> None:
    assert spark.sql(query).collect()[0][0] == expected


def test_a_person_s_own_table_in_place_of_the_catalogue_s_is_counted(spark: GaiaSession) -> None:
    spark.sql("CREATE TEMPORARY VIEW gaia_source AS SELECT 1 AS ra")
    try:
        assert spark.sql("SELECT COUNT(ra) FROM gaia_source").collect()[0][0] == 1
    finally:
        spark.catalog.dropTempView("gaia_source")


def test_counts_in_hash_buckets(spark: GaiaSession) -> None:
    query = spark.sql("SELECT COUNT(*), COUNT(phot_g_mean_mag) FROM synth_gaiadr3.gaia_source")
    scanned = spark.table("synth_gaiadr3.gaia_source").toArrow()["phot_g_mean_mag"]
    assert tuple(query.collect()[0]) == (20_000, 20_000 - scanned.null_count)


def test_maps_of_the_index_are_those_of_the_rows(rows: pa.Table) -> None:
    counts = astroflow_dask_gaia.healpix_counts(5)
    pixels = rows["source_id"].to_numpy() >> 49
    assert np.array_equal(counts, np.bincount(pixels, minlength=12_288))


# ADQL


def test_adql_of_the_archive_finds_the_rows_of_the_cone(spark: GaiaSession) -> None:
    frame = astroflow_spark_gaia.adql(
        "SELECT source_id, ra, dec, phot_g_mean_mag FROM gaiadr3.gaia_source "
        "WHERE 1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', 266.4, -29.0, 2))"
    )
    assert values(frame) == values(search.cone_search("gaia_source", 266.4, -29, 2, COLUMNS))
    assert "InMemoryFileIndex(1 paths)" in plan(frame)
    assert spark.table("gaia_source").columns[: len(COLUMNS)] == COLUMNS


def test_adql_counts_pixels_exactly(rows: pa.Table) -> None:
    frame = astroflow_spark_gaia.adql(
        "SELECT TOP 5 source_id / 2251799813685248 AS hpx, COUNT(*) AS n "
        "FROM gaiadr3.gaia_source GROUP BY hpx ORDER BY n DESC, hpx"
    )
    counts = np.bincount(rows["source_id"].to_numpy() >> 51)
    fullest = np.lexsort([np.arange(len(counts)), -counts])[:5]
    assert [tuple(row) for row in frame.collect()] == [(p, counts[p]) for p in fullest.tolist()]


def test_adql_joins_and_measures(rows: pa.Table) -> None:
    frame = astroflow_spark_gaia.adql(
        "SELECT g.source_id, DISTANCE(POINT(g.ra, g.dec), POINT(10, 80)) AS d "
        "FROM gaia_source AS g JOIN galactic_coordinates USING (source_id) "
        "WHERE 1 = CONTAINS(POINT(g.ra, g.dec), POLYGON(10, 80, 130, 80, 250, 80)) "
        "AND GAIA_HEALPIX_INDEX(0, source_id) = 0 ORDER BY d"
    ).toArrow()
    expected = search.polygon_search("gaia_source", TRIANGLE)
    inside = rows.filter(pc.is_in(rows["source_id"], expected["source_id"]))
    bright = inside.filter(pc.less(inside["phot_g_mean_mag"], 6))
    wanted = {i for i in bright["source_id"].to_pylist() if i >> 59 == 0}
    assert set(frame["source_id"].to_pylist()) == wanted
    assert (np.diff(frame["d"].to_numpy()) >= 0).all()


def test_adql_of_an_unknown_table_says_what_there_is() -> None:
    with pytest.raises(AnalysisException, match="did you mean 'gaia_source'"):
        astroflow_spark_gaia.adql("SELECT ra FROM gaiadr3.gaia_sorce")


# Maps and diagrams

TABLES = ["gaia_source", "synth_gaiadr3.gaia_source"]


@pytest.mark.parametrize("table", TABLES)
def test_means_are_equal_to_the_last_digit_in_both_engines(table: str) -> None:
    asked = (4, ["phot_g_mean_mag", "cos(radians(dec))"], table, "dec > -80")
    one, other = (
        astroflow_spark_gaia.healpix_means(*asked),
        astroflow_dask_gaia.healpix_means(*asked),
    )
    assert one.colnames == ["pixel", "sources", "phot_g_mean_mag", "cos(radians(dec))"]
    assert one["sources"].sum() > 10_000
    assert all(np.array_equal(one[c], other[c], equal_nan=True) for c in one.colnames)
    assert str(one["phot_g_mean_mag"].unit) == "mag"


@pytest.mark.parametrize("table", TABLES)
def test_histograms_are_equal_in_both_engines(spark: GaiaSession, table: str) -> None:
    asked = ("ra", "phot_g_mean_mag", (36, 20), ((0, 360), (0, 21)), table, "dec > 0")
    one, other = astroflow_spark_gaia.histogram2d(*asked), astroflow_dask_gaia.histogram2d(*asked)
    rows = spark.table(table).where("dec > 0").select("ra", "phot_g_mean_mag").toPandas().dropna()
    expected = np.histogram2d(rows["ra"], rows["phot_g_mean_mag"].astype(float), *asked[2:4])
    assert one[0].sum() > 1_000
    assert all(np.array_equal(*parts) for parts in zip(one, other, strict=True))
    assert all(np.array_equal(*parts) for parts in zip(one, expected, strict=True))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(("level", "where"), [(6, None), (6, "ra < 100"), (9, None)])
def test_counts_are_equal_in_both_engines_and_in_sql(
    spark: GaiaSession, table: str, level: int, where: str | None
) -> None:
    one = astroflow_spark_gaia.healpix_counts(level, table, where)
    other = astroflow_dask_gaia.healpix_counts(level, table, where)
    kept = spark.table(table).where(where or "true").select("source_id").toArrow()
    ids = kept["source_id"].to_numpy()
    expected = np.bincount(ids >> (59 - 2 * level), minlength=12 * 4**level)
    assert np.array_equal(one, expected)
    assert np.array_equal(other, expected)


@pytest.mark.parametrize("package", [astroflow_spark_gaia, astroflow_dask_gaia])
def test_an_expression_that_is_none_is_told_alike(package: object) -> None:
    with pytest.raises(QueryError, match='"phot_g" not found'):
        package.healpix_means(3, ["phot_g"])  # type: ignore[attr-defined]


def test_one_s_own_function_sees_every_pair_once_in_both_engines(sample: Path) -> None:
    def count_and_match(left: Rows, right: Rows) -> list[int]:
        both = np.intersect1d(left["source_id"], right["source_id"], assume_unique=True)
        return [len(left["ra"]), *both.tolist()]

    asked = (count_and_match, "gaia_source", "gaiadr3.galactic_coordinates", ["ra"], [])
    one, other = astroflow_spark_gaia.map_pairs(*asked), astroflow_dask_gaia.map_pairs(*asked)
    assert one == other
    assert sum(found[0] for found in one) == 482106
    bright = pq.read_table(Catalogue.open(sample).table("galactic_coordinates").folder)
    assert [i for found in one for i in found[1:]] == bright["source_id"].to_pylist()
