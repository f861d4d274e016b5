"""Joins on ``source_id`` that move no row: what Spark is told, and what it asks.

A small jar (``spark_java``) has Spark read tables that are joined in pieces between the same ids.
It names the files of the tables; the guard here answers which of them make up each piece, by the
tables' indices, or that it cannot tell. Then Spark joins as it always does.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from astroflow_core.alignment import FileRanges, align, file_ranges
from astroflow_core.errors import CatalogueError
from astroflow_spark_gaia.jar import extension_jar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from astroflow_core.catalogue import Database, Table

EXTENSION = "astroflow.AlignedJoins"
_NS_A_MS = 1_000_000
_log = logging.getLogger(__name__)


def extension_conf() -> dict[str, str]:
    """Return the conf by which Spark takes the jar in; nothing, and a warning, without it."""
    if extension_jar().is_file():
        return {
            "spark.sql.extensions": EXTENSION,
            # Pieces by source_id serve a join on it and another column, too.
            "spark.sql.requireAllClusterKeysForCoPartition": "false",
        }
    _log.warning(
        "Spark joins tables by moving their rows, because %s is missing: answers are right, "
        "but come later. Install the version of pyspark that AstroFlow was built for",
        extension_jar(),
    )
    return {}


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file as Spark has listed it."""

    path: Path
    size: int
    time: int

    @classmethod
    def from_line(cls, line: str) -> Self:
        """Read ``bytes milliseconds path``."""
        size, time, path = line.split(" ", 2)
        return cls(Path(path), int(size), int(time))

    @property
    def is_current(self) -> bool:
        """Whether the file is still what Spark has listed."""
        status = self.path.stat()
        return (status.st_size, status.st_mtime_ns // _NS_A_MS) == (self.size, self.time)


class Guard:
    """Answers which files of joined tables hold the same ids; see ``Pieces.java``."""

    def __init__(self, databases: Iterable[Database], cores: int) -> None:
        self._databases = tuple(databases)
        self._cores = cores

    def apply(self, question: str) -> str:
        """Return pieces as text, empty where fewer than two tables are aligned."""
        lists = [block.splitlines() for block in question.split("\n\n") if block]
        tables = [[ListedFile.from_line(line) for line in lines] for lines in lists]
        try:
            return _answer(tables, [self._ranges(files) for files in tables], self._cores)
        except (CatalogueError, OSError) as error:
            _log.info("rows are moved for a join: %s", error)
            return ""

    def _ranges(self, files: Sequence[ListedFile]) -> FileRanges | None:
        table = self._table_in(files[0].path.parent) if files else None
        if table is None or not all(file.is_current for file in files):
            return None
        listed = {table.folder / file.path.name for file in files}
        return file_ranges(table, listed) if listed <= set(table.files) else None

    def _table_in(self, folder: Path) -> Table | None:
        for database in self._databases:
            for table in database.tables:
                if os.path.realpath(table.folder) == os.path.realpath(folder):
                    return table
        return None

    class Java:
        """The interface that py4j lets this object have."""

        implements = ("java.util.function.Function",)


def _answer(
    tables: Sequence[Sequence[ListedFile]], ranges: Sequence[FileRanges | None], cores: int
) -> str:
    aligned = align([of_table for of_table in ranges if of_table is not None], cores)
    if aligned is None:
        return ""
    edges, known = aligned
    lines = [
        _pieces(files, of_table, edges) if of_table is not None and of_table in known else "none"
        for files, of_table in zip(tables, ranges, strict=True)
    ]
    return "\n".join([",".join(map(str, edges)), *lines])


def _pieces(files: Sequence[ListedFile], ranges: FileRanges, edges: Sequence[int]) -> str:
    numbers = {file.path.name: str(number) for number, file in enumerate(files)}
    pieces = (",".join(numbers[path.name] for path in piece) for piece in ranges.between(edges))
    return f"{'sorted' if ranges.in_order else 'unsorted'} {';'.join(pieces)}"


def watch_joins(spark: Any, databases: Iterable[Database]) -> Guard | None:
    """Answer the jar's questions in ``spark`` from now on; the guard lives as long as is held."""
    if spark.conf.get("spark.sql.extensions", "") != EXTENSION:
        return None
    guard = Guard(databases, spark.sparkContext.defaultParallelism)
    spark.sparkContext._jvm.astroflow.AlignedJoins.ask(guard)  # noqa: SLF001
    return guard
