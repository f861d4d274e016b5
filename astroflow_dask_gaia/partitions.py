"""Which files make up each partition of a Dask dataframe, and between which keys it lies."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from astroflow_core.catalogue import AnyOrder, HashBuckets, Hats
from astroflow_core.footers import ordered_footers, read_footers, read_schema
from astroflow_core.index import SOURCE_ID, row_groups

if TYPE_CHECKING:
    from pathlib import Path

    from astroflow_core.catalogue import Table
    from astroflow_core.footers import Footer

_REFERENCE = "gaia_source"


@dataclass(frozen=True, slots=True)
class Partitions:
    """The files of each partition, and Dask's divisions: partition i begins at ``divisions[i]``.

    The last division is the last key itself; all are None where files are no ranges.
    """

    files: tuple[tuple[Path, ...], ...]
    divisions: tuple[Any, ...]


def partitions_of(table: Table) -> Partitions:
    """Return the partitions of ``table`` from its footers, without reading a row.

    Tables keyed by ``source_id`` share the divisions of their database's ``gaia_source`` where
    their files were cut at the same ids, so that Dask joins them partition by partition.

    Raises
    ------
    CatalogueError
        When the table has no row, a file is damaged, or the files are not in order of the key.
    """
    if isinstance(table.database.layout, HashBuckets):
        return _of_hash_buckets(table)
    if isinstance(table.database.layout, AnyOrder | Hats):
        return _of_any_order(table)
    footers = ordered_footers(table)
    own = _one_file_each(footers, _divisions(footers))
    if reference := _reference(table):
        return _between(_divisions(ordered_footers(reference)), footers) or own
    return own


def _of_hash_buckets(table: Table) -> Partitions:
    warnings.warn(
        f"{table.full_name} is in hash buckets: its partitions are no ranges of {table.key}, so "
        f"its divisions are unknown and a join by index moves every row",
        stacklevel=4,  # the line that called read_table
    )
    footers = read_footers(table)
    return _one_file_each(footers, (None,) * (len(footers) + 1))


def _of_any_order(table: Table) -> Partitions:
    """Return a partition a file, with divisions where the files happen to be ranges of ids."""
    groups = row_groups(table)
    files = tuple((path,) for path, _ in groups.by_file()) or ((table.files[0],),)
    divisions = groups.divisions if key_of(table) == SOURCE_ID else ()
    return Partitions(files, divisions or (None,) * (len(files) + 1))


def key_of(table: Table) -> str | None:
    """Return the column to be a frame's index; None for a table whose rows may lack its key.

    Raises
    ------
    CatalogueError
        When a file is damaged.
    """
    if not isinstance(table.database.layout, AnyOrder | Hats):
        return table.key
    has_key = table.key in read_schema(table).names and row_groups(table).is_bounded
    return table.key if has_key else None


def _one_file_each(footers: list[Footer], divisions: tuple[Any, ...]) -> Partitions:
    return Partitions(tuple((footer.path,) for footer in footers), divisions)


def _divisions(footers: list[Footer]) -> tuple[Any, ...]:
    return (*(footer.first_key for footer in footers), footers[-1].last_key)


def _reference(table: Table) -> Table | None:
    tables = {present.name: present for present in table.database.tables}
    reference = tables.get(_REFERENCE)
    if reference is None or table.name == _REFERENCE or table.key != reference.key:
        return None
    return reference


def _between(edges: tuple[Any, ...], footers: list[Footer]) -> Partitions | None:
    """Put each file between two neighbouring edges; None when one does not fit."""
    ranges: list[Any] = [(footer.first_key, footer.last_key) for footer in footers]
    places = np.searchsorted(edges[1:-1], ranges, side="right")
    is_inside = edges[0] <= ranges[0][0] and ranges[-1][1] <= edges[-1]
    if not is_inside or (places[:, 0] != places[:, 1]).any():
        return None
    files: list[list[Path]] = [[] for _ in edges[1:]]
    for place, footer in zip(places[:, 0], footers, strict=True):
        files[place].append(footer.path)
    return Partitions(tuple(tuple(paths) for paths in files), edges)
