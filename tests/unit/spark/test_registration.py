"""What Spark is told about a table."""

import json
from pathlib import Path

from pyspark.sql.types import StructType

from astroflow_core.catalogue import Catalogue
from astroflow_core.release import Column, Release
from astroflow_spark_gaia.registration import properties, schema_json

COLUMNS = Release.named("gaia_dr3_sample").tables[0].columns


def test_a_schema_is_one_that_spark_reads() -> None:
    schema = StructType.fromJson(json.loads(schema_json(COLUMNS)))
    assert schema.simpleString() == (
        "struct<source_id:bigint,ra:double,dec:double,phot_g_mean_mag:float,"
        "phot_bp_mean_mag:float,phot_rp_mean_mag:float>"
    )


def test_a_column_carries_its_comment_unit_and_ucd() -> None:
    schema = StructType.fromJson(json.loads(schema_json(COLUMNS)))
    assert schema["phot_rp_mean_mag"].metadata == {
        "comment": "Integrated RP mean magnitude [mag]",
        "unit": "mag",
        "ucd": "phot.mag;em.opt.R",
    }


def test_every_type_of_a_release_has_one_in_spark() -> None:
    types = Column.model_fields["type"].annotation.__args__  # type: ignore[union-attr]
    columns = [Column(name=f"c_{kind}", type=kind) for kind in types]
    assert len(StructType.fromJson(json.loads(schema_json(columns)))) == len(types)


def test_a_table_without_columns_has_an_empty_schema() -> None:
    assert json.loads(schema_json([]))["fields"] == []


def test_properties_say_where_and_what(sample: Path) -> None:
    table = Catalogue.open(sample).table("gaia_source")
    assert properties(table) == {
        "provider": "parquet",
        "location": table.folder.resolve().as_uri(),
        "comment": "Gaia DR3 sources brighter than G = 10",
    }
