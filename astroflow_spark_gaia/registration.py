"""Databases and tables in Spark's own catalogue, entered without looking at a single file.

``CREATE TABLE`` lists the files of its table, which for a catalogue of many tables and files
takes longer than all the rest of a start. So the entries that it would make are made here.
"""

from __future__ import annotations

import json
from functools import cache, cached_property
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
# Of the entry that Spark makes for us to read; no such folder need be there.
_DEFAULT, _LIKE, _NOWHERE = "default", "astroflow_like", "file:/astroflow"


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
    """Enters databases and tables through the interfaces that Spark has for catalogues.

    Every call into the JVM takes its time, so what tables share is made once. That is most of an
    entry: where Spark makes one, it looks through all its jars for a reader of such files.
    """

    def __init__(self, spark: SparkSession) -> None:
        gateway: Any = spark.sparkContext._gateway  # noqa: SLF001
        self._gateway = gateway
        state = spark._jsparkSession.sessionState()  # noqa: SLF001
        self._databases = state.catalogManager().v2SessionCatalog()
        self._tables = state.catalog()
        sql = gateway.jvm.org.apache.spark.sql
        self._connector = sql.connector
        self._entry = sql.catalyst.catalog.CatalogTable
        self._place = sql.catalyst.catalog.CatalogStorageFormat
        self._divided = sql.catalyst.catalog.BucketSpec
        self._named = sql.catalyst.TableIdentifier
        self._from_json = sql.types.DataType.fromJson
        self._option = gateway.jvm.scala.Option.apply
        self._uri = gateway.jvm.java.net.URI.create
        self._scala = gateway.jvm.PythonUtils
        self._string = gateway.jvm.java.lang.String
        self._text = cache(self._new_text)
        self._schema = cache(self._new_schema)
        self._storage = cache(self._new_storage)

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
        self._databases.createNamespace(namespace, {"comment": database.release.title})
        if default_folder is not None:
            # Named now and not above, where Spark would make the folder.
            changes = self._connector.catalog.NamespaceChange
            change = changes.setProperty("location", str(default_folder))
            self._databases.alterNamespace(namespace, self._array(changes, change))

    def add(self, table: Table) -> None:
        """Enter a table. Spark takes it for one that is not its own, and removes no file of it."""
        entry = self._like | {
            "identifier": self._name(table.database.name, table.name),
            "storage": self._storage(table.data_folder.resolve(), _options(table)),
            "schema": self._schema(schema_json(table.definition.columns)),
            "comment": self._text(table.definition.description),
        }
        if count := bucket_count(table):
            columns = self._scala.toSeq([table.key])
            entry["bucketSpec"] = self._option(self._divided(count, columns, columns))
        made = self._entry(*entry.values())
        self._tables.createTable(made, False, False)  # noqa: FBT003

    def remove(self, database: str, table: str) -> None:
        """Take the entry of a table out; its files stay."""
        self._databases.dropTable(self._identifier(database, table))

    @cached_property
    def _like(self) -> dict[str, Any]:
        """What Spark notes of a table of parquet files that is not its own, in its order."""
        name, schema = self._identifier(_DEFAULT, _LIKE), self._schema(schema_json(()))
        undivided = self._array(self._connector.expressions.Transform)
        place = {"provider": "parquet", "location": _NOWHERE}
        self._databases.createTable(name, schema, undivided, place)
        made = self._tables.getTableMetadata(self._name(_DEFAULT, _LIKE))
        self._databases.dropTable(name)
        # Spark keeps the text of what it has understood, too.
        return _fields(made) | {"properties": made.storage().properties()}

    @cached_property
    def _storage_like(self) -> dict[str, Any]:
        return _fields(self._like["storage"])

    def _name(self, database: str, table: str) -> Any:
        return self._named(table, self._text(database))

    def _identifier(self, database: str, table: str) -> Any:
        identifiers = self._connector.catalog.Identifier
        return identifiers.of(self._array(self._string, database), table)

    def _new_text(self, text: str) -> Any:
        return self._option(text)

    def _new_schema(self, text: str) -> Any:
        return self._from_json(text)

    def _new_storage(self, folder: Path, options: tuple[tuple[str, str], ...]) -> Any:
        storage = self._storage_like | {"locationUri": self._option(self._uri(folder.as_uri()))}
        if options:
            storage["properties"] = self._scala.toScalaMap(dict(options))
        return self._place(*storage.values())

    def _array(self, of: Any, *items: Any) -> Any:
        array = self._gateway.new_array(of, len(items))
        for index, item in enumerate(items):
            array[index] = item
        return array


def _fields(product: Any) -> dict[str, Any]:
    """Return the fields of one of Scala's case classes, in the order in which it is made."""
    names = product.productElementNames().mkString(",").split(",")
    return {name: product.productElement(place) for place, name in enumerate(names)}


def _options(table: Table) -> tuple[tuple[str, str], ...]:
    """Return how Spark is to read a table's files, where that is not as it does by itself."""
    if not isinstance(table.database.layout, Hats):
        return ()
    # So Spark makes no columns of the folders' names, and passes over the thumbnail.
    return (("recursiveFileLookup", "true"), ("pathGlobFilter", FILE_PATTERN))
