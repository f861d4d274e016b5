"""Maps and diagrams of a table: what one task does with its files, and how parts become one.

Expressions and conditions are SQL, which DuckDB evaluates inside each task on one thread. The
groups of files do not depend on the engine or on its size, so neither do the last digits of sums.
Needs pyarrow.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from astroflow_core.errors import MissingDependencyError, QueryError
from astroflow_core.footers import read_schema
from astroflow_core.healpix import check_level, id_shift, pixel_count
from astroflow_core.index import SOURCE_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import duckdb
    from astropy.table import Table as AstropyTable
    from numpy.typing import NDArray

    from astroflow_core.catalogue import Table

    Files = tuple[Path, ...]
    # Runs a function over every group of files, and gives the results in the groups' order.
    Run = Callable[[Callable[[Files], Any], list[Files]], Iterable[Any]]

_GROUP = 2**30  # bytes of files that a task reads, at least
_MOST_GROUPS = 256
# Rows: arrays below 128 KiB stay in the cache, and are not given back to the system each time.
_BATCH = 16_000
_NEAR = 1e-6  # of a cell: far more than what rounding can move a value
_EVERYTHING = "TRUE"
_PLAIN = "hive_partitioning = false"  # the folders of HATS are no columns
_MACROS = """
CREATE MACRO healpix(level, id) AS id >> (59 - 2 * level);
CREATE MACRO angular_distance(ra1, dec1, ra2, dec2) AS 2 * degrees(atan2(
    sqrt(power(sin(radians(dec2 - dec1) / 2), 2) + cos(radians(dec1)) * cos(radians(dec2))
         * power(sin(radians(ra2 - ra1) / 2), 2)),
    sqrt(power(sin(radians(dec2 + dec1) / 2), 2) + cos(radians(dec1)) * cos(radians(dec2))
         * power(cos(radians(ra2 - ra1) / 2), 2))));
"""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of some files that meet a condition; goes to the workers with its functions."""

    floats: tuple[str, ...]
    where: str

    @classmethod
    def of(cls, table: Table, where: str | None, *expressions: str) -> Rows:
        """Return the rows of ``table``, once ``expressions`` are known to be right for it.

        Raises
        ------
        QueryError
            When an expression is no SQL or names a column that is not there.
        """
        schema = read_schema(table)
        plain = {name.lower() for name in schema.names}
        # What is a column and nothing more is held against NaN where its values are used.
        asked = [where or "", *(e for e in expressions if e.strip().lower() not in plain)]
        text = " ".join(asked).lower()
        floats = [field.name for field in schema if pa.types.is_floating(field.type)]
        # Only those that may be meant: planning a hundred takes longer than reading a few.
        rows = cls(tuple(name for name in floats if name.lower() in text), where or _EVERYTHING)
        with rows.connection() as connection:
            connection.register("nothing", schema.empty_table())
            for expression in expressions or ("1",):
                rows._query(connection, "nothing", f"({expression})").fetchall()
        return rows

    def query(self, files: Files, what: str, end: str = "") -> Iterator[pa.RecordBatch]:
        """Yield the result of ``SELECT what FROM files WHERE … end`` in batches."""
        with self.connection() as connection:
            names = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
            found = self._query(connection, f"read_parquet([{names}], {_PLAIN})", what, end)
            yield from found.to_arrow_reader(_BATCH)

    @contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection to this process's database; what it says of a query is told."""
        with _database().cursor() as connection:
            from duckdb import Error

            try:
                yield connection
            except Error as error:
                text = str(error).splitlines()[0]
                raise QueryError(f"{text}: see docs/maps.md for what expressions may be") from error

    def _query(self, connection: Any, source: str, what: str, end: str = "") -> Any:
        replaced = f"* REPLACE ({', '.join(map(_value, self.floats))})" if self.floats else "*"
        return connection.sql(
            f"SELECT {what} FROM (SELECT {replaced} FROM {source}) "  # noqa: S608
            f"WHERE ({self.where}) {end}"
        )


def _value(name: str) -> str:
    """Return a column of real numbers as expressions are to find it: NaN is no value.

    As in Spark, numbers of 32 bits are compared as doubles: ruwe < 1.4 is one set of rows.
    """
    return f"""{_number(f'"{name}"')} AS "{name}\""""


def _number(expression: str) -> str:
    return f"nullif(({expression})::DOUBLE, 'nan'::DOUBLE)"


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """Return a database in memory, of one thread: the engine keeps the cores busy.

    Raises
    ------
    MissingDependencyError
        When DuckDB is not installed.
    """
    try:
        import duckdb
    except ImportError as error:
        raise MissingDependencyError(
            "maps need duckdb, which is not installed; run: "
            "pip install 'astroflow-hub[spark]' (or [dask])"
        ) from error
    database = duckdb.connect(config={"threads": 1})
    database.execute(_MACROS)
    # A footer's least and greatest number leave NaN out. DuckDB takes them for those of all rows,
    # and would find that none is NaN, and that a condition which all others meet is always met.
    database.execute("SET disabled_optimizers = 'statistics_propagation'")
    return database


def _groups(table: Table) -> list[Files]:
    """Return the groups of files for a task each, the same for every engine of any size."""
    size = sum(path.stat().st_size for path in table.files)
    return group_files(table.files, min(1 + size // _GROUP, _MOST_GROUPS))


def group_files(files: Sequence[Path], groups: int) -> list[Files]:
    """Cut ``files`` into at most ``groups`` runs of neighbours of nearly equal bytes."""
    ends = np.cumsum([path.stat().st_size for path in files])
    middles = ends - np.diff(ends, prepend=0) / 2
    places = (middles / ends[-1] * groups).astype(int)
    runs = [tuple(np.array(files)[places == place]) for place in range(groups)]
    return [run for run in runs if run]


def count_pixels(run: Run, table: Table, level: int, where: str | None) -> NDArray[np.int64]:
    """Return how many rows that meet ``where`` lie in each pixel, by their ``source_id``."""
    rows = Rows.of(table, where, SOURCE_ID)
    counts = np.zeros(pixel_count(level), np.int64)
    for pixels, sums in run(PixelSums(rows, level, ()), _groups(table)):
        counts[pixels] += sums[0].astype(np.int64)
    return counts


def mean_map(
    run: Run, table: Table, level: int, columns: Sequence[str], where: str | None
) -> AstropyTable:
    """Return a table with a row for each pixel: rows in it, and means of expressions.

    NULL and NaN are no values; a pixel without values has NaN.
    """
    columns = [columns] if isinstance(columns, str) else list(columns)
    rows = Rows.of(table, where, SOURCE_ID, *columns)
    totals = np.zeros((1 + 2 * len(columns), pixel_count(check_level(level))))
    for pixels, sums in run(PixelSums(rows, level, tuple(columns)), _groups(table)):
        totals[:, pixels] += sums
    with np.errstate(invalid="ignore"):
        means = totals[2::2] / totals[1::2]
    return _as_table(table, columns, totals[0].astype(np.int64), means)


def _as_table(
    table: Table, columns: Sequence[str], counts: NDArray[np.int64], means: NDArray[np.float64]
) -> AstropyTable:
    from astropy.table import Column
    from astropy.table import Table as AstropyTable

    units = {column.name: column.unit or None for column in table.definition.columns}
    made = AstropyTable({"pixel": np.arange(counts.size), "sources": counts})
    for name, values in zip(columns, means, strict=True):
        made[name] = Column(values, unit=units.get(name))
    made.meta = {"table": table.full_name, "ordering": "NESTED", "frame": "ICRS"}
    return made


@dataclass(frozen=True, slots=True)
class PixelSums:
    """In each pixel: the rows, and of each expression how many values there are and their sum."""

    rows: Rows
    level: int
    columns: tuple[str, ...]

    def __call__(self, files: Files) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the pixels that ``files`` fill, and the sums in them, one row a quantity."""
        parts = ["COUNT(*)::DOUBLE"]
        for column in self.columns:
            value = _number(column)
            parts += [f"COUNT({value})::DOUBLE", f"COALESCE(SUM({value}), 0)"]
        what = f"{SOURCE_ID} >> {id_shift(self.level)}, {', '.join(parts)}"
        end = f"AND {SOURCE_ID} IS NOT NULL GROUP BY 1"
        batches = [
            np.stack([column.to_numpy(zero_copy_only=False) for column in batch.columns[1:]])
            if part
            else batch.columns[0].to_numpy()
            for batch in self.rows.query(files, what, end)
            for part in (False, True)
        ]
        pixels = np.concatenate([np.zeros(0, np.int64), *batches[::2]])
        return pixels, np.concatenate([np.zeros((len(parts), 0)), *batches[1::2]], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How many rows fall into each cell of a diagram of two expressions."""

    rows: Rows
    x: str
    y: str
    x_edges: NDArray[np.float64]
    y_edges: NDArray[np.float64]

    def __call__(self, files: Files) -> NDArray[np.int64]:
        """Return the counts of ``files``, of shape (x cells, y cells)."""
        shape = (len(self.x_edges) + 1, len(self.y_edges) + 1)
        counts = np.zeros(shape[0] * shape[1], np.int64)
        values = ", ".join(f"({expression})::DOUBLE" for expression in (self.x, self.y))
        for batch in self.rows.query(files, values):
            x, y = (column.to_numpy(zero_copy_only=False) for column in batch.columns)
            places = _places(x, self.x_edges)
            places *= shape[1]
            places += _places(y, self.y_edges)
            counts += np.bincount(places, minlength=counts.size)
        return counts.reshape(shape)[1:-1, 1:-1]


def _places(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the cells of values as numpy counts them, from 1 on: 0 and past the last lie outside.

    The last cell holds its upper edge, too; NaN, as which NULL comes, lies outside. Where cells
    are of one width, dividing by it tells the cell of every value that is not near an edge, in a
    fraction of the time of a search.
    """
    cells = edges.size - 1
    width = (edges[-1] - edges[0]) / cells
    with np.errstate(invalid="ignore"):  # edges may be infinite
        even = edges[0] + width * np.arange(edges.size)
    if not (np.abs(edges - even) < width * _NEAR / 2).all():
        return _searched(values, edges)
    with np.errstate(over="ignore"):  # what is that far lies outside
        positions = (values - edges[0]) / width + 1
    np.fmax(positions, 0.5, out=positions)
    np.fmin(positions, cells + 1.5, out=positions)
    places: NDArray[np.int64] = positions.astype(np.int64)
    positions -= places
    near = np.flatnonzero((positions < _NEAR) | (positions > 1 - _NEAR))
    places[near] = _searched(values[near], edges)
    return places


def _searched(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    places: NDArray[np.int64] = np.searchsorted(edges, values, side="right")
    places[values == edges[-1]] = edges.size - 1
    return places


def histogram(  # noqa: PLR0913, PLR0917 (as numpy's)
    run: Run, table: Table, x: str, y: str, bins: Any, limits: Any, where: str | None
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return counts and both edges, as `numpy.histogram2d` does of the rows' values."""
    x_edges, y_edges = edges_of(bins, limits)
    rows = Rows.of(table, where, x, y)
    counts = np.zeros((len(x_edges) - 1, len(y_edges) - 1), np.int64)
    for part in run(Histogram(rows, x, y, x_edges, y_edges), _groups(table)):
        counts += part
    return counts, x_edges, y_edges


def edges_of(bins: Any, limits: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the edges of the cells along x and y.

    Parameters
    ----------
    bins
        A number of cells, two of them, or two ascending lists of edges.
    limits
        ((x least, x greatest), (y least, y greatest)), where ``bins`` are numbers.

    Raises
    ------
    QueryError
        When these make no cells.
    """
    along_x, along_y = (bins, bins) if np.isscalar(bins) else bins
    x_limits, y_limits = (None, None) if limits is None else limits
    return _edges(along_x, x_limits), _edges(along_y, y_limits)


def _edges(bins: Any, limits: Any) -> NDArray[np.float64]:
    if np.ndim(bins) == 0:
        if limits is None or isinstance(bins, bool) or int(bins) != bins or bins < 1:
            raise QueryError(
                f"bins={bins!r}: give a number of cells and range=((x0, x1), (y0, y1)), or edges"
            )
        least, greatest = (float(limit) for limit in limits)
        bins = np.linspace(least, greatest, int(bins) + 1)
    edges = np.asarray(bins, float)
    if edges.ndim != 1 or edges.size < 2 or not (np.diff(edges) > 0).all():  # noqa: PLR2004
        raise QueryError(f"edges must ascend and be 2 or more, not {bins!r}")
    return edges
