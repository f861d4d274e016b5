"""Databases and tables in Spark's own catalogue, entered without looking at a single file.

``CREATE TABLE`` lists the files of its table, which for a catalogue of many tables and files
takes longer than all the rest of a start. So the entries that it would make are made here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from astroflow_core.catalogue import HashBuckets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyspark.sql import SparkSession

    from astroflow_core.catalogue import Database, Table
    from astroflow_core.release import Column

_SPARK_TYPES = {
    "bool": "boolean",
    "int8": "byte",
    "int16": "short",
    "int32": "integer",
    "int64": "long",
    "float32": "float",
    "float64": "double",
    "string": "string",
    "date32": "date",
    "timestamp": "timestamp_ntz",
}


def schema_json(columns: Iterable[Column]) -> str:
    """Return columns as Spark writes a schema, each with comment, unit and UCD.

    Without columns the schema is empty, and Spark reads it from a file at the first use.
    """
    fields = [
        {
            "name": column.name,
            "type": _SPARK_TYPES[column.type],
            "nullable": True,
            "metadata": {"comment": column.comment, "unit": column.unit, "ucd": column.ucd},
        }
        for column in columns
    ]
    return json.dumps({"type": "struct", "fields": fields})


class Registrar:
    """Enters databases and tables through the interface that Spark has for catalogues."""

    def __init__(self, spark: SparkSession) -> None:
        gateway: Any = spark.sparkContext._gateway  # noqa: SLF001
        self._gateway = gateway
        state = spark._jsparkSession.sessionState()  # noqa: SLF001
        self._catalog = state.catalogManager().v2SessionCatalog()
        connector = gateway.jvm.org.apache.spark.sql.connector
        self._identifier = connector.catalog.Identifier.of
        self._expressions = connector.expressions
        self._schema = gateway.jvm.org.apache.spark.sql.types.DataType.fromJson
        self._string = gateway.jvm.java.lang.String

    def register(self, database: Database) -> None:
        """Enter a database and those of its tables whose folder is here."""
        namespace = self._array(self._string, [database.name])
        self._catalog.createNamespace(namespace, {"comment": database.release.title})
        for table in database.tables:
            self._catalog.createTable(
                self._identifier(namespace, table.name),
                self._schema(schema_json(table.definition.columns)),
                self._array(self._expressions.Transform, self._buckets(table)),
                properties(table),
            )

    def _buckets(self, table: Table) -> list[Any]:
        """Return how the rows lie in buckets; files in order of the key are none.

        Spark would look for a key in the one file that its hash names, and miss it.
        """
        layout = table.database.layout
        if not isinstance(layout, HashBuckets):
            return []
        column = self._expressions.Expressions.column(table.key)
        key = self._array(self._expressions.NamedReference, [column])
        return [self._expressions.LogicalExpressions.bucket(layout.buckets, key, key)]

    def _array(self, of: Any, items: list[Any]) -> Any:
        array = self._gateway.new_array(of, len(items))
        for index, item in enumerate(items):
            array[index] = item
        return array


def properties(table: Table) -> dict[str, str]:
    """Return what ``CREATE TABLE`` says beside the columns."""
    return {
        "provider": "parquet",
        "location": table.folder.resolve().as_uri(),
        "comment": table.definition.description,
    }
