"""ADQL in Spark SQL's words; Spark does not run."""

import pyarrow as pa
import pytest

from astroflow_core.errors import QueryError
from astroflow_spark_gaia.adql_query import translate

SOURCES = pa.schema(
    {
        "source_id": pa.int64(),
        "ra": pa.float64(),
        "dec": pa.float64(),
        "phot_g_mean_mag": pa.float32(),
        "random_index": pa.int64(),
    }
)
OTHERS = pa.schema({"source_id": pa.int64(), "number": pa.int16(), "period": pa.float64()})


def schemas(name: str) -> pa.Schema | None:
    return {"gaia_source": SOURCES, "vari_summary": OTHERS}.get(name.lower().rpartition(".")[2])


def spark(query: str) -> str:
    return translate(query, schemas)


CIRCLE = "CIRCLE('ICRS', 266.4, -29.0, 0.1)"
CONE = "CONE('gaiadr3.gaia_source', 266.4D, -29.0D, 0.1D)"


@pytest.mark.parametrize(
    "condition",
    [
        f"1 = CONTAINS(POINT('ICRS', ra, dec), {CIRCLE})",
        f"CONTAINS(POINT('ICRS', ra, dec), {CIRCLE}) = 1",
        "1=contains(point(ra, dec), circle(266.4, -29.0, 0.1))",
        "1=CONTAINS(POINT('', ra, dec), CIRCLE(POINT('ICRS', 266.4, -29.0), 0.1))",
        f"1=CONTAINS(POINT('ICRS', gaia_source.ra, gaia_source.dec), {CIRCLE})",
        f"1=CONTAINS(POINT(gaiadr3.gaia_source.ra, gaiadr3.gaia_source.dec), {CIRCLE})",
        "DISTANCE(POINT('ICRS', ra, dec), POINT('ICRS', 266.4, -29.0)) <= 0.1",
        "DISTANCE(POINT(266.4, -29.0), POINT(ra, dec)) <= 0.1",
        "DISTANCE(ra, dec, 266.4, -29.0) <= 0.1",
    ],
)
def test_a_condition_on_the_sky_becomes_a_table_function(condition: str) -> None:
    found = spark(f"SELECT ra FROM gaiadr3.gaia_source WHERE {condition}")
    assert found == f"SELECT ra FROM {CONE} AS gaia_source WHERE TRUE"


def test_other_conditions_stay() -> None:
    found = spark(
        f"SELECT TOP 100 g.source_id FROM gaiadr3.gaia_source AS g WHERE phot_g_mean_mag < 15.5 "
        f"AND 1 = CONTAINS(POINT('ICRS', g.ra, g.dec), {CIRCLE}) AND random_index < 5"
    )
    assert found == (
        f"SELECT g.source_id FROM {CONE} AS g WHERE phot_g_mean_mag < 15.5D AND TRUE "
        "AND random_index < 5 LIMIT 100"
    )


def test_a_strict_distance_prunes_and_is_tested_too() -> None:
    assert spark("SELECT ra FROM gaia_source WHERE DISTANCE(ra, dec, 1, 2) < 0.5") == (
        "SELECT ra FROM CONE('gaia_source', 1, 2, 0.5D) AS gaia_source "
        "WHERE ANGULAR_DISTANCE(ra, dec, 1, 2) < 0.5D"
    )


def test_a_polygon_becomes_a_table_function() -> None:
    query = "SELECT ra FROM gaia_source WHERE 1 = CONTAINS(POINT(ra, dec), POLYGON('ICRS', {}))"
    expected = "SELECT ra FROM POLYGON('gaia_source', 1, 2, 3, 4, 5, 6) AS gaia_source WHERE TRUE"
    assert spark(query.format("1, 2, 3, 4, 5, 6")) == expected
    assert spark(query.format("POINT(1, 2), POINT(3, 4), POINT(5, 6)")) == expected


def test_the_one_table_with_places_is_meant() -> None:
    found = spark(
        "SELECT v.period FROM vari_summary v JOIN gaia_source USING (source_id) "
        "WHERE 1 = CONTAINS(POINT(ra, dec), CIRCLE(1, 2, 3))"
    )
    assert "JOIN CONE('gaia_source', 1, 2, 3) AS gaia_source" in found


def test_a_region_in_a_subquery_prunes_there() -> None:
    found = spark(
        "SELECT * FROM (SELECT * FROM gaia_source "
        "WHERE 1 = CONTAINS(POINT(ra, dec), CIRCLE(1, 2, 3))) AS near"
    )
    assert found == (
        "SELECT * FROM (SELECT * FROM CONE('gaia_source', 1, 2, 3) AS gaia_source WHERE TRUE) "
        "AS near"
    )


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1 FROM gaia_source WHERE {} OR ra < 1",
        "SELECT 1 FROM vari_summary v LEFT JOIN gaia_source USING (source_id) WHERE {}",
        "SELECT 1 FROM gaia_source a JOIN gaia_source b USING (source_id) WHERE {}",
        "WITH gaia_source AS (SELECT 1 AS ra, 2 AS dec) SELECT 1 FROM gaia_source WHERE {}",
        "SELECT 1 FROM elsewhere WHERE {}",
        "SELECT 1 FROM gaia_source WHERE NOT ({})",
    ],
)
def test_where_pruning_could_change_the_answer_every_row_is_tested(query: str) -> None:
    found = spark(query.format("1 = CONTAINS(POINT(ra, dec), CIRCLE(1, 2, 3))"))
    assert "1 = CAST(ANGULAR_DISTANCE(ra, dec, 1, 2) <= 3 AS INT)" in found
    assert "CONE(" not in found


def test_a_circle_around_each_row_is_tested_for_every_row() -> None:
    found = spark(
        "SELECT 1 FROM gaia_source g WHERE 1 = CONTAINS(POINT(1, 2), CIRCLE(g.ra, g.dec, 0.5))"
    )
    assert found.endswith("WHERE 1 = CAST(ANGULAR_DISTANCE(1, 2, g.ra, g.dec) <= 0.5D AS INT)")


@pytest.mark.parametrize(
    ("adql", "expected"),
    [
        ("GAIA_HEALPIX_INDEX(6, source_id)", "HEALPIX(6, source_id)"),
        ("DISTANCE(POINT(ra, dec), POINT(1, 2))", "ANGULAR_DISTANCE(ra, dec, 1, 2)"),
        ("COORD1(POINT('ICRS', ra, dec))", "ra"),
        ("COORD2(POINT('ICRS', ra, dec))", "dec"),
        ("LOG10(ra)", "LOG(10, ra)"),
        ("LOG(ra)", "LN(ra)"),
        ("POWER(ra, 2)", "POWER(ra, 2)"),
        ("CEILING(ra)", "CEIL(ra)"),
        ("PI()", "PI()"),
        ('"ra"', "`ra`"),
        ("1.5e-3", "1.5e-3D"),
    ],
)
def test_functions_and_words(adql: str, expected: str) -> None:
    assert spark(f"SELECT {adql} FROM gaia_source") == f"SELECT {expected} FROM gaia_source"


@pytest.mark.parametrize(
    ("adql", "expected"),
    [
        ("source_id / 34359738368", "source_id DIV 34359738368"),
        ("(source_id + 1) / 2", "(source_id + 1) DIV 2"),
        ("7 / 2", "7 DIV 2"),
        ("COUNT(*) / 2", "COUNT(*) DIV 2"),
        ("ra / 2", "ra / 2"),
        ("source_id / 2.0", "source_id / 2.0D"),
        ("phot_g_mean_mag / 2", "phot_g_mean_mag / 2"),
        ("CAST(ra AS INTEGER) / 2", "CAST(ra AS INT) DIV 2"),
        ("g.source_id / 2", "g.source_id DIV 2"),
        ("GAIA_HEALPIX_INDEX(6, source_id) / 4", "HEALPIX(6, source_id) DIV 4"),
    ],
)
def test_whole_numbers_are_divided_as_such(adql: str, expected: str) -> None:
    assert spark(f"SELECT {adql} FROM gaia_source g") == f"SELECT {expected} FROM gaia_source AS g"


@pytest.mark.parametrize(
    "source",
    [
        "(SELECT source_id / 8 AS h FROM gaia_source) q",
        "(SELECT * FROM (SELECT source_id AS h FROM gaia_source) r) q",
    ],
)
def test_whole_numbers_of_subqueries_are_known(source: str) -> None:
    assert "q.h DIV 4" in spark(f"SELECT q.h / 4 FROM {source}")


def test_whole_numbers_of_named_queries_are_known() -> None:
    query = "WITH q AS (SELECT number AS n, period AS p FROM vari_summary) SELECT n/4, p/4 FROM q"
    assert spark(query).endswith("SELECT n DIV 4, p / 4 FROM q")


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("SELECT ra FROM WHERE", "^line 1, column 20: Expected table name but got 'WHERE'"),
        ("SELEC ra FROM t", "^line 1, column 13: .* near 'FROM'"),
        ("SELECT ra\nFROM t WHERE ra <", "^line 2, column 17: Something is missing near '<'"),
        ("SELECT ra FROM t WHERE s = 'abc", "breaks off inside quotes"),
        ("", "ADQL is one SELECT"),
        ("DROP TABLE gaia_source", "ADQL is one SELECT"),
        ("SELECT 1; SELECT 2", "ADQL is one SELECT"),
        ("SELECT\n  AREA(CIRCLE(1, 2, 3))", "^line 2, column 3: the function AREA is not supp"),
        ("SELECT IN_UNIT(ra, 'rad') FROM t", "column 8: the function IN_UNIT is not supported"),
        ("SELECT TRUNCATE(ra, 1) FROM t", "the function TRUNCATE is not supported"),
        ("SELECT CIRCLE(1, 2, 3) FROM t", "CIRCLE here is not supported"),
        (
            "SELECT 1 FROM t WHERE 1 = CONTAINS(POINT(ra, dec), BOX('ICRS', 1, 2, 3, 4))",
            "column 52: the function BOX is not supported; supported on the sky are",
        ),
        (
            "SELECT 1 FROM t WHERE 1 = CONTAINS(POINT('GALACTIC', l, b), CIRCLE(1, 2, 3))",
            "column 36: the coordinate system 'GALACTIC' is not supported",
        ),
        (
            "SELECT 1 FROM t WHERE 1 = CONTAINS(POINT(ra, dec), POLYGON(1, 2, 3, 4))",
            "a POLYGON of 4 numbers is not supported",
        ),
        (
            "SELECT 1 FROM t WHERE 0 = CONTAINS(POINT(ra, dec), POLYGON(1, 2, 3, 4, 5, 6))",
            "CONTAINS in POLYGON other than as a condition of its own",
        ),
        ("SELECT DISTANCE(1, 2, 3) FROM t", "a DISTANCE of other than two places"),
        ("SELECT COORD1(ra) FROM t", "this in place of a POINT is not supported"),
    ],
)
def test_what_is_wrong_or_not_supported_is_named_with_its_place(query: str, problem: str) -> None:
    with pytest.raises(QueryError, match=problem):
        spark(query)
