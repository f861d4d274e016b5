"""What Spark is told about a table."""

import json

from pyspark.sql.types import StructType

from astroflow_core.release import Column, Release
from astroflow_spark_gaia.registration import schema_json

SAMPLE = Release.named("gaia_dr3_sample").tables[0]
COLUMNS = (
    Column(name="source_id", type="int64", description="Unique source identifier"),
    Column(
        name="pmdec",
        type="float32",
        unit="mas/yr",
        ucd="pos.pm;pos.eq.dec",
        description="Proper motion in declination direction",
    ),
)


def test_a_schema_is_one_that_spark_reads() -> None:
    schema = StructType.fromJson(json.loads(schema_json(COLUMNS)))
    assert schema.simpleString() == "struct<source_id:bigint,pmdec:float>"


def test_a_column_carries_its_comment_unit_and_ucd() -> None:
    schema = StructType.fromJson(json.loads(schema_json(COLUMNS)))
    assert schema["pmdec"].metadata == {
        "comment": "Proper motion in declination direction [mas/yr]",
        "unit": "mas/yr",
        "ucd": "pos.pm;pos.eq.dec",
    }


def test_every_type_of_a_release_has_one_in_spark() -> None:
    types = Column.model_fields["type"].annotation.__args__  # type: ignore[union-attr]
    columns = [Column(name=f"c_{kind}", type=kind) for kind in types]
    assert len(StructType.fromJson(json.loads(schema_json(columns)))) == len(types)


def test_a_table_without_columns_has_an_empty_schema() -> None:
    assert json.loads(schema_json([]))["fields"] == []
