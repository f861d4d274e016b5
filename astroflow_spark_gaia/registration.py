"""Databases and tables in Spark's own catalogue, entered without looking at a single file.

``CREATE TABLE`` lists the files of its table, which for a catalogue of many tables and files
takes longer than all the rest of a start. So the entries that it would make are made here.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from astroflow_core.catalogue import Hats
from astroflow_core.hats import FILE_PATTERN
from astroflow_spark_gaia.buckets import bucket_count

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

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
    """Enters databases and tables through the interface that Spark has for catalogues.

    Every call into the JVM takes its time, so what tables share is made once.
    """

    def __init__(self, spark: SparkSession) -> None:
        gateway: Any = spark.sparkContext._gateway  # noqa: SLF001
        self._gateway = gateway
        state = spark._jsparkSession.sessionState()  # noqa: SLF001
        self._catalog = state.catalogManager().v2SessionCatalog()
        connector = gateway.jvm.org.apache.spark.sql.connector
        self._identifier = connector.catalog.Identifier.of
        self._change = connector.catalog.NamespaceChange
        self._expressions = connector.expressions
        self._string = gateway.jvm.java.lang.String
        self._from_json = gateway.jvm.org.apache.spark.sql.types.DataType.fromJson
        self._schema = cache(self._new_schema)
        self._buckets = cache(self._new_buckets)

    def register(self, database: Database) -> None:
        """Enter a database and those of its tables whose folder is here."""
        self.add_database(database)
        for table in database.tables:
            self.add(table)

    def add_database(self, database: Database, default_folder: Path | None = None) -> None:
        """Enter a database without its tables.

        Tables that Spark makes by itself go below ``default_folder``, else they end with it.
        """
        namespace = self._array(self._string, database.name)
        self._catalog.createNamespace(namespace, {"comment": database.release.title})
        if default_folder is not None:
            # Named now and not above, where Spark would make the folder.
            change = self._change.setProperty("location", str(default_folder))
            self._catalog.alterNamespace(namespace, self._array(self._change, change))

    def add(self, table: Table) -> None:
        """Enter a table. Spark takes it for one that is not its own, and removes no file of it."""
        self._catalog.createTable(
            self._identifier_of(table.database.name, table.name),
            self._schema(schema_json(table.definition.columns)),
            self._buckets(bucket_count(table), table.key),
            _properties(table),
        )

    def remove(self, database: str, table: str) -> None:
        """Take the entry of a table out; its files stay."""
        self._catalog.dropTable(self._identifier_of(database, table))

    def _identifier_of(self, database: str, table: str) -> Any:
        return self._identifier(self._array(self._string, database), table)

    def _new_schema(self, text: str) -> Any:
        return self._from_json(text)

    def _new_buckets(self, count: int | None, key: str) -> Any:
        transform = self._expressions.Transform
        if count is None:
            return self._array(transform)
        column = self._expressions.Expressions.column(key)
        columns = self._array(self._expressions.NamedReference, column)
        bucket = self._expressions.LogicalExpressions.bucket(count, columns, columns)
        return self._array(transform, bucket)

    def _array(self, of: Any, *items: Any) -> Any:
        array = self._gateway.new_array(of, len(items))
        for index, item in enumerate(items):
            array[index] = item
        return array


def _properties(table: Table) -> dict[str, str]:
    """Return what Spark is told of where a table's files are and how they are read."""
    properties = {
        "provider": "parquet",
        "location": table.data_folder.resolve().as_uri(),
        "comment": table.definition.description,
    }
    if isinstance(table.database.layout, Hats):
        # So Spark makes no columns of the folders' names, and passes over the thumbnail.
        properties["option.recursiveFileLookup"] = "true"
        properties["option.pathGlobFilter"] = FILE_PATTERN
    return properties
