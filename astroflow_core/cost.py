"""What a query will read, from the index or the footers, and how long that takes. Needs pyarrow.

It is the most that can be read: a LIMIT, or a condition that leaves out pages, spares some of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from astroflow_core.index import column_facts, row_groups

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from astroflow_core.healpix import IdRanges
    from astroflow_core.index import RowGroups
    from astroflow_core.rates import Rate

_UNITS = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
_TIMES = ((86400, "days"), (3600, "h"), (60, "min"))
_SHORT = 0.1  # seconds
_MOST_NAMES = 8


@dataclass(frozen=True, slots=True)
class Read:
    """What a plan says of one scan: files, columns, and the rows it leaves out.

    ``groups`` are the numbers of the row groups of each file, all if None; ``ids`` the only
    values of ``source_id``.
    """

    name: str
    files: tuple[Path, ...]
    columns: tuple[str, ...]
    groups: tuple[tuple[int, ...], ...] | None = None
    ids: IdRanges | None = None


@dataclass(frozen=True, slots=True)
class ScanCost:
    """What one scan of a table reads; ``size`` in compressed bytes, ``rows`` before conditions."""

    table: str
    files: int
    row_groups: int
    rows: int
    columns: tuple[str, ...]
    size: int

    def __str__(self) -> str:
        return (
            f"{self.table}: {_count(self.files, 'file')}, "
            f"{_count(self.row_groups, 'row group')}, {_count(self.rows, 'row')}\n"
            f"  {_size(self.size)} in {_names(self.columns)}"
        )


@dataclass(frozen=True, slots=True, repr=False)
class Cost:
    """What a query reads, scan by scan, and how long that takes on ``cores``.

    The time is from the rate that a session on this machine measured last.
    """

    scans: tuple[ScanCost, ...]
    cores: int
    rate: Rate | None

    @property
    def files(self) -> int:
        """How many files are opened."""
        return sum(scan.files for scan in self.scans)

    @property
    def row_groups(self) -> int:
        """How many row groups are read."""
        return sum(scan.row_groups for scan in self.scans)

    @property
    def size(self) -> int:
        """Compressed bytes of the columns and row groups that are read."""
        return sum(scan.size for scan in self.scans)

    @property
    def seconds(self) -> float | None:
        """The time that reading takes; None where no session measured a rate yet."""
        if self.rate is None:
            return None
        busy = min(self.cores, max(1, self.row_groups))
        return self.size / (self.rate.bytes_per_second * busy)

    def __repr__(self) -> str:
        if not self.scans:
            return "no file is read: the answer is in the index or in memory"
        return "\n".join(
            [*map(str, self.scans), f"at most {_size(self.size)} in all, {self._time}"]
        )

    @property
    def _time(self) -> str:
        if self.rate is None or self.seconds is None:
            return "the time is known after a first query of a few megabytes"
        cores = "core" if self.cores == 1 else "cores"
        return (
            f"about {_time(self.seconds)} on {self.cores} {cores} "
            f"({_size(self.rate.bytes_per_second)}/s a core, measured {self.rate.measured})"
        )


@dataclass(frozen=True, slots=True)
class _Folder:
    """What the index asks of a table, where there may be none of a catalogue."""

    folder: Path
    files: tuple[Path, ...]


def cost_of(reads: Iterable[Read], cores: int, rate: Rate | None) -> Cost:
    """Return the cost of all scans of a query.

    Raises
    ------
    CatalogueError
        When a file is damaged or missing.
    """
    return Cost(tuple(_scan(read) for read in reads), cores, rate)


def _scan(read: Read) -> ScanCost:
    parts = [_in_folder(read, folder) for folder in dict.fromkeys(p.parent for p in read.files)]
    files, groups, rows, size = (sum(part) for part in zip((0, 0, 0, 0), *parts, strict=True))
    return ScanCost(read.name, files, groups, rows, read.columns, size)


def _in_folder(read: Read, folder: Path) -> tuple[int, int, int, int]:
    """Return files, row groups, rows and bytes of what ``read`` touches in one folder."""
    wanted = {path for path in read.files if path.parent == folder}
    listed = tuple(sorted(folder.glob("*.parquet")))
    # With all files of a table the index knows; else the footers of those that are read.
    source = _Folder(folder, listed if wanted <= set(listed) else tuple(sorted(wanted)))
    groups, facts = row_groups(source), column_facts(source)
    kept = _kept(read, groups, wanted)
    places = [facts.names.index(name) for name in read.columns if name in facts.names]
    size = facts.sizes[kept][:, places].sum()
    files = len(np.unique(groups.file[kept]))
    return files, int(kept.sum()), int(groups.rows[kept].sum()), int(size)


def _kept(read: Read, groups: RowGroups, wanted: set[Path]) -> NDArray[np.bool_]:
    kept = np.array([path in wanted for path in groups.files], bool)[groups.file]
    if read.groups is not None:
        chosen = dict(zip(read.files, read.groups, strict=True))
        pairs = zip(groups.file.tolist(), groups.number.tolist(), strict=True)
        kept &= np.array([n in chosen.get(groups.files[f], ()) for f, n in pairs], bool)
    if read.ids is not None:
        kept &= groups.may_hold(read.ids)
    return kept


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _names(columns: tuple[str, ...]) -> str:
    if not columns:
        return "no column, the footers alone"
    if len(columns) > _MOST_NAMES:
        return f"{len(columns)} columns: {', '.join(columns[:_MOST_NAMES])}, …"
    return f"{_count(len(columns), 'column')}: {', '.join(columns)}"


def _size(size: float) -> str:
    return next(
        (f"{size / one:.1f} {unit}" for one, unit in _UNITS if size >= one), f"{size:.0f} B"
    )


def _time(seconds: float) -> str:
    if seconds < _SHORT:
        return f"{_SHORT} s or less"
    return next(
        (f"{seconds / n:.1f} {unit}" for n, unit in _TIMES if seconds >= n), f"{seconds:.1f} s"
    )
