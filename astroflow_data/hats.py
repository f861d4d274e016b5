"""HATS, which LSDB opens: export a table to it, and offer a HATS catalogue as a table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from astroflow_core.catalogue import CATALOGUE_FILE, Catalogue, HashBuckets
from astroflow_core.errors import CatalogueError, DataError
from astroflow_core.footers import read_metadata, read_schema
from astroflow_core.hats import (
    DATASET,
    HEALPIX,
    ORDER,
    pixel_file,
    pixel_files,
    primary_of,
    read_properties,
    write_properties,
)
from astroflow_core.healpix import pixel_count
from astroflow_core.index import row_groups
from astroflow_core.regions import healpix, id_ranges
from astroflow_core.search import POSITION
from astroflow_data.files import ROW_GROUP_ROWS, NewFile, usable_cores, work_through
from astroflow_data.publish import publish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from astroflow_core.catalogue import Table

MOST_ROWS = 500_000  # a file, which one worker of LSDB reads whole
_FINEST = 8  # order: a pixel is a twentieth of a square degree
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_RELEASE = "hats.yaml"


@dataclass(frozen=True, slots=True)
class Exported:
    """What came of an export: the folder, its rows and files, and rows that have no position."""

    folder: Path
    rows: int
    files: int
    without_position: int


def export_hats(
    table: Table,
    target: Path,
    most_rows: int = MOST_ROWS,
    report: Callable[[int, int], None] | None = None,
) -> Exported:
    """Write ``table`` as a HATS catalogue to the folder ``target``.

    Positions are read first, to cut the sky into pixels of at most ``most_rows`` rows; then each
    pixel's rows from the row groups that may hold them. Memory is that of a file's rows, a core.

    Parameters
    ----------
    table
        A table with positions, in order of ``source_id``.
    target
        A folder that is not there yet; its name is the catalogue's.
    most_rows
        Rows a file; a pixel of order 8 is not cut further.
    report
        Called with the number of files written so far and of all.

    Raises
    ------
    DataError
        When the table cannot be exported, ``target`` is there, or the disk refuses.
    CatalogueError
        When a file of the table is damaged.
    """
    schema = _schema(table)
    counts, without = _count_positions(table)
    pixels = cut(counts, most_rows)
    if not pixels:
        raise DataError(f"{table.full_name} has no row with a position, so there is nothing to map")
    with publish(target) as folder:
        files = [_new_file(folder, table, schema, *pixel) for pixel in pixels]
        for parent in {file.path.parent for file in files}:
            parent.mkdir(parents=True)
        rows = 0
        written = work_through(NewFile.write, files, usable_cores())
        for done, of_file in enumerate(written, start=1):
            rows += of_file
            (report or (lambda _done, _all: None))(done, len(files))
        if rows != counts.sum():
            raise DataError(
                f"{table.full_name} has {counts.sum()} rows with a position and {rows} were found "
                f"by their source_id: its ids are not of its positions. Nothing was written"
            )
        _write_metadata(folder, target.name, table, schema, pixels, rows)
    return Exported(target, rows, len(files), without)


def cut(counts: NDArray[np.int64], most_rows: int) -> list[tuple[int, int]]:
    """Return the pixels, (order, number), that hold all rows and few enough each.

    ``counts`` are the rows in each pixel of the finest order, NESTED.

    >>> counts = np.zeros(pixel_count(8), np.int64)
    >>> counts[[0, 65535, 65536]] = 5
    >>> cut(counts, 9)
    [(1, 0), (1, 3), (0, 1)]
    """
    kept: list[tuple[int, int]] = []
    waiting = [(0, pixel) for pixel in reversed(range(12))]
    sums = [counts.reshape(pixel_count(order), -1).sum(axis=1) for order in range(_FINEST + 1)]
    while waiting:
        order, pixel = waiting.pop()
        rows = sums[order][pixel]
        if rows > most_rows and order < _FINEST:
            waiting += [(order + 1, 4 * pixel + part) for part in (3, 2, 1, 0)]
        elif rows:
            kept.append((order, pixel))
    return kept


def _schema(table: Table) -> pa.Schema:
    if isinstance(table.database.layout, HashBuckets):
        raise DataError(
            f"{table.full_name} is in hash buckets, where each pixel would read every file: "
            f"export the copy in order of source_id"
        )
    schema = read_schema(table)
    if missing := [name for name in POSITION if name not in schema.names]:
        raise DataError(
            f"{table.full_name} has no column {missing[0]!r}, so it is no map of the sky"
        )
    fields = [field for field in schema if field.name != HEALPIX]
    # A writer asks each column for its UCD.
    described = [field.with_metadata({"ucd": "", **(field.metadata or {})}) for field in fields]
    pixel = pa.field(HEALPIX, pa.int64(), metadata={"ucd": "pos.healpix", "description": "Pixel"})
    return pa.schema([pixel, *described])


def _count_positions(table: Table) -> tuple[NDArray[np.int64], int]:
    """Return rows in each pixel of the finest order, and how many have no position."""
    counts, total = np.zeros(pixel_count(_FINEST), np.int64), 0
    for pixels, without in work_through(_pixels_in, table.files, usable_cores()):
        counts += np.bincount(pixels, minlength=counts.size)
        total += without
    return counts, total


def _pixels_in(path: Path) -> tuple[NDArray[np.int64], int]:
    with pq.ParquetFile(path) as file:
        rows = file.read(list(POSITION), use_threads=False)
    pixels = pixels_of(rows)
    placed = pixels[pixels >= 0]
    return placed >> 2 * (ORDER - _FINEST), len(pixels) - len(placed)


def pixels_of(rows: pa.Table) -> NDArray[np.int64]:
    """Return the pixel of order 29, NESTED, of each row's position; -1 where it has none."""
    import healpy

    ra, dec = (rows[name].to_numpy().astype(float) for name in POSITION)
    found = np.full(len(ra), -1, np.int64)
    known = np.isfinite(ra) & np.isfinite(dec)
    found[known] = healpy.ang2pix(2**ORDER, ra[known], dec[known], nest=True, lonlat=True)
    return found


def _new_file(folder: Path, table: Table, schema: pa.Schema, order: int, pixel: int) -> NewFile:
    chunks = partial(_rows, table, schema, order, pixel)
    return NewFile(folder / pixel_file(order, pixel), schema, HEALPIX, chunks)


def _rows(table: Table, schema: pa.Schema, order: int, pixel: int) -> Iterator[pa.Table]:
    """Yield the rows in a pixel, by position, in order of their pixel of order 29."""
    parts = [schema.empty_table()]
    for path, groups in row_groups(table).touching(id_ranges(healpix(order, pixel))).by_file():
        with pq.ParquetFile(path) as file:
            parts += [_in_pixel(file, group, schema, order, pixel) for group in groups]
    rows = pa.concat_tables(parts).sort_by(HEALPIX)
    for first in range(0, len(rows), ROW_GROUP_ROWS):
        yield rows.slice(first, ROW_GROUP_ROWS)


def _in_pixel(
    file: pq.ParquetFile, group: int, schema: pa.Schema, order: int, pixel: int
) -> pa.Table:
    places = pixels_of(file.read_row_group(group, list(POSITION), use_threads=False))
    inside = places >> 2 * (ORDER - order) == pixel
    if not inside.any():
        return schema.empty_table()
    names = [name for name in schema.names if name != HEALPIX]
    rows = file.read_row_group(group, names, use_threads=False).select(names)
    rows = rows.add_column(0, HEALPIX, pa.array(places))
    return rows.filter(pa.array(inside)).cast(schema)


def _write_metadata(  # noqa: PLR0913, PLR0917 (what there is to tell)
    folder: Path,
    name: str,
    table: Table,
    schema: pa.Schema,
    pixels: list[tuple[int, int]],
    rows: int,
) -> None:
    lines = ["Norder,Npix", *(f"{order},{pixel}" for order, pixel in sorted(pixels)), ""]
    (folder / "partition_info.csv").write_text("\n".join(lines), encoding="utf-8")
    pq.write_metadata(schema, folder / DATASET / "_common_metadata")
    release = table.database.release
    size = sum(path.stat().st_size for path in pixel_files(folder))
    properties = {
        "obs_collection": name,
        "obs_title": f"{release.title}: {table.name}",
        "dataproduct_type": "object",
        "hats_nrows": str(rows),
        "hats_col_ra": POSITION[0],
        "hats_col_dec": POSITION[1],
        "hats_col_healpix": HEALPIX,
        "hats_col_healpix_order": str(ORDER),
        "hats_npix_suffix": ".parquet",
        "hats_order": str(max(order for order, _ in pixels)),
        "hats_max_rows": str(max(read_metadata(path).num_rows for path in pixel_files(folder))),
        "hats_estsize": str(size // 1024),
        "hats_builder": "astroflow-hub",
        "hats_creation_date": f"{datetime.now(UTC):%Y-%m-%dT%H:%M%Z}",
        "hats_version": "v1.0",
        "obs_ack": " ".join(release.acknowledgement.split()),
    }
    write_properties(folder, {key: value for key, value in properties.items() if value})


def register_hats(folder: Path, out: Path, name: str = "") -> Catalogue:
    """Offer a HATS catalogue: make a catalogue of one table in the data folder ``out``.

    No row is copied; where the HATS catalogue is stands in the new one's release file.

    Parameters
    ----------
    folder
        The HATS catalogue.
    out
        The data folder.
    name
        Of the new catalogue, its database and its table; made from the folder's if empty.

    Raises
    ------
    CatalogueError
        When ``folder`` is no HATS catalogue of objects.
    DataError
        When the name cannot be, there is such a catalogue, or the disk refuses.
    """
    folder = primary_of(folder.resolve())
    properties, schema = _checked(folder)
    name = name or re.sub(r"[^a-z0-9_]+", "_", folder.name.lower()).lstrip("_0123456789")
    if not _NAME.fullmatch(name):
        raise DataError(f"{name!r}: give --name, small letters, digits and underscores")
    title = properties.get("obs_title") or properties["obs_collection"]
    table = {
        "name": name,
        "key": "source_id" if "source_id" in schema.names else HEALPIX,
        "description": title,
        "folder": str(folder),
    }
    release = {
        "name": name,
        "title": title,
        "reference_epoch": float("nan"),  # HATS does not tell
        "acknowledgement": properties.get("obs_ack", ""),
        "tables": [table],
    }
    database = {"name": name, "release": _RELEASE, "path": ".", "layout": {"kind": "hats"}}
    contents = {"title": title, "default_database": name, "databases": [database]}
    with publish(out / name) as partial_folder:
        (partial_folder / _RELEASE).write_text(yaml.safe_dump(release, sort_keys=False), "utf-8")
        text = yaml.safe_dump(contents, sort_keys=False)
        (partial_folder / CATALOGUE_FILE).write_text(text, encoding="utf-8")
        Catalogue.open(partial_folder)
    return Catalogue.open(out / name)


def _checked(folder: Path) -> tuple[dict[str, str], pa.Schema]:
    """Return what a HATS catalogue says of itself and its first file's schema."""
    properties = read_properties(folder)
    kind = properties.get("dataproduct_type", "object")
    if kind not in {"object", "source"}:
        raise CatalogueError(
            f"{folder} is a HATS {kind} catalogue: only objects and sources are tables"
        )
    if properties.get("hats_npix_suffix", ".parquet") != ".parquet" or not pixel_files(folder):
        raise CatalogueError(
            f"{folder} has no files {pixel_file(0, 0)}, one a pixel, as HATS has them"
        )
    if "obs_collection" not in properties:
        raise CatalogueError(f"{folder}: its properties do not tell obs_collection, the name")
    _refuse_missing_rows(folder, properties)
    return properties, read_metadata(pixel_files(folder)[0]).schema.to_arrow_schema()


def _refuse_missing_rows(folder: Path, properties: dict[str, str]) -> None:
    found = sum(work_through(_rows_in, pixel_files(folder), usable_cores()))
    expected = properties.get("hats_nrows", "")
    if expected.isdigit() and int(expected) != found:
        raise CatalogueError(
            f"{folder} has {found} rows and its properties say {expected}: copy it again"
        )


def _rows_in(path: Path) -> int:
    return int(read_metadata(path).num_rows)
