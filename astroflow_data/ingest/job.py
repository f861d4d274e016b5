"""Ingest one table: check, read, merge, publish."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, get_args

from astroflow_core.catalogue import HashBuckets, did_you_mean
from astroflow_core.errors import DataError
from astroflow_core.index import SOURCE_ID
from astroflow_data.files import Label, NewFile, Origin, Result, work_through
from astroflow_data.hash_buckets import SUCCESS, files_of
from astroflow_data.index import row_facts_of, save_index
from astroflow_data.ingest.merge import Merge
from astroflow_data.ingest.reader import labels_of, schema_of
from astroflow_data.ingest.runs import Sorting, read_input
from astroflow_data.ingest.staging import Staging, digest, staging_folder
from astroflow_data.manifest import MANIFEST_FILE, InputEntry, Manifest
from astroflow_data.publish import locked, publish_text
from astroflow_data.source_id_order import Cuts, files_for, range_files, whole_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    import pyarrow as pa

    from astroflow_core.catalogue import Layout
    from astroflow_core.index import RowFacts
    from astroflow_core.release import Release, ReleaseTable
    from astroflow_data.ingest.inputs import InputFile
    from astroflow_data.ingest.runs import Run
    from astroflow_data.manifest import FileEntry

    Report = Callable[[str, int, int], None]

_FORMAT = "1"  # of the runs: a change makes those of an earlier version useless
_NOTE = "Rows as they stand in the files that were ingested"
LOCK_FILE = ".ingest.lock"
# Bytes of runs and of the table for a byte of input, measured with all columns of gaia_source.
_BYTES_NEEDED = {".gz": 2.5, ".csv": 1.0, ".ecsv": 1.0, ".parquet": 3.5}


@dataclass(frozen=True)
class Ingest:
    """One table to ingest.

    Parameters
    ----------
    release, table, layout
        What is to come of the inputs.
    database
        The folder of the database; the table's own is in it, named as the layout says.
    files
        Into how many files to cut the first table of a database in order of ``source_id``;
        the others are cut as the first one is.
    workers
        How many files are read or written at a time.
    """

    inputs: tuple[InputFile, ...]
    release: Release
    table: ReleaseTable
    layout: Layout
    database: Path
    files: int | None
    workers: int

    @property
    def target(self) -> Path:
        """The table's folder."""
        return self.database / self.layout.folder_of(self.table)

    def run(self, report: Report) -> Manifest:
        """Make the table, or go on where an earlier run ended; return what it consists of.

        Parameters
        ----------
        report
            Called with the name of a pass, its files that are done and its files in all.

        Raises
        ------
        DataError
            When an input is not what it should be, another table is there already, another
            run is at work, or the disk refuses. Nothing is published then, and what was
            finished serves the next run.
        """
        with _disk_errors(self.target):
            return self._finished() or self._make(report)

    def _finished(self) -> Manifest | None:
        if not self.target.exists():
            return None
        manifest = Manifest.of(self.target)
        if manifest and [(i.name, i.bytes) for i in manifest.inputs] == [
            (file.path.name, file.size) for file in self.inputs
        ]:
            # Left by a run that was killed after its very last step.
            shutil.rmtree(staging_folder(self.target), ignore_errors=True)
            return manifest
        raise DataError(
            f"{self.target} exists already and was made of other files; it was left as it is. "
            f"Move it away to ingest these"
        )

    def _make(self, report: Report) -> Manifest:
        if self.files:
            self._check_files(self.files)
        sorting = Sorting(self.table, schema_of(self.table, self.inputs), self.layout)
        origin = self._origin(sorting.schema)
        self.database.mkdir(parents=True, exist_ok=True)
        with _alone(self.database):
            return self._finished() or self._sort(sorting, origin, report)

    def _sort(self, sorting: Sorting, origin: Origin, report: Report) -> Manifest:
        staging = Staging(self.target)
        plan = digest(_FORMAT, str(sorting.schema), self.table.key, self.layout.model_dump_json())
        staging.open(plan, self.inputs)
        self._check_space(staging)
        read = self._read(sorting, staging, report)
        files = self._new_files(Merge(sorting, read), origin, staging, sorting)
        manifest = self._manifest(read, self._write(files, staging, report))
        self._publish(sorting, staging, manifest)
        return manifest

    def _check_files(self, files: int) -> None:
        cuts = Cuts.of_database(self.database)
        if cuts and len(cuts.ranges) != files:
            raise DataError(
                f"--files {files}: a table in {self.database} has {len(cuts.ranges)}, and the "
                f"tables of a database are cut alike; leave the option out"
            )

    def _check_space(self, staging: Staging) -> None:
        left = [file for file in self.inputs if not staging.has_read(file)]
        needed = sum(_BYTES_NEEDED[file.path.suffix] * file.size for file in left)
        free = shutil.disk_usage(staging.folder).free
        if needed > free:
            raise DataError(
                f"{self.target} needs about {needed / 1e6:,.0f} MB while it is made, and its disk "
                f"has {free / 1e6:,.0f} MB free; give --out a folder on a larger one"
            )

    def _read(
        self, sorting: Sorting, staging: Staging, report: Report
    ) -> dict[InputFile, tuple[Run, ...]]:
        def read(file: InputFile) -> tuple[Run, ...]:
            if not staging.has_read(file):
                staging.save(file, read_input(file, sorting, staging.runs))
            return staging.runs_of(file)

        results = work_through(read, self.inputs, self.workers)
        what = f"{self.table.name}: read"
        return dict(zip(self.inputs, _told(results, len(self.inputs), what, report), strict=True))

    def _new_files(
        self, merge: Merge, origin: Origin, staging: Staging, sorting: Sorting
    ) -> list[NewFile]:
        folder = staging.unfinished
        if isinstance(self.layout, HashBuckets):
            chunks = [partial(merge.zone, bucket) for bucket in range(self.layout.buckets)]
            return files_of(folder, self.table, origin, chunks)
        counts = self._facts(staging, ()).pixel_counts if sorting.is_by_place else None
        if counts is None:
            return [whole_file(folder, self.table, origin, merge.everything)]
        files = self.files or files_for(int(counts.sum()))
        cuts = Cuts.of_database(self.database) or Cuts.from_counts(counts, files)
        return range_files(folder, self.table, origin, cuts, merge.between)

    def _facts(self, staging: Staging, names: Iterable[str]) -> RowFacts:
        return row_facts_of(map(staging.tally_of, self.inputs), names)

    def _write(
        self, files: list[NewFile], staging: Staging, report: Report
    ) -> tuple[FileEntry, ...]:
        tokens = [file.token for file in self.inputs]
        staging.begin_files(digest(*tokens, *(str(file.schema.metadata) for file in files)))
        results = work_through(staging.write, files, self.workers)
        return tuple(_told(results, len(files), f"{self.table.name}: written", report))

    def _manifest(
        self, read: dict[InputFile, tuple[Run, ...]], files: tuple[FileEntry, ...]
    ) -> Manifest:
        inputs = tuple(
            InputEntry(name=file.path.name, bytes=file.size, rows=sum(run.rows for run in runs))
            for file, runs in read.items()
        )
        rows, written = sum(one.rows for one in inputs), sum(one.rows for one in files)
        if rows != written:
            raise DataError(f"{rows} rows were read and {written} written: this must not happen")
        return Manifest(
            release=self.release.name,
            table=self.table.name,
            key=self.table.key,
            unique_key=self.table.unique_key,
            layout=self.layout,
            rows=rows,
            files=files,
            inputs=inputs,
        )

    def _origin(self, schema: pa.Schema) -> Origin:
        labels = labels_of(self.inputs)
        label = next((label for label in get_args(Label) if labels == {label}), None)
        if label is None:
            raise DataError(
                f"the inputs are {' and '.join(sorted(labels))}: ingest rows of one kind alone"
            )
        return Origin(self.release, label, _NOTE, None if self.table.columns else schema)

    def _publish(self, sorting: Sorting, staging: Staging, manifest: Manifest) -> None:
        facts = self._facts(staging, sorting.schema.names)
        if sorting.ids != SOURCE_ID:
            facts = replace(facts, pixel_counts=None)
        save_index(
            staging.files, tuple(staging.files / file.name for file in manifest.files), facts
        )
        if isinstance(self.layout, HashBuckets):
            (staging.files / SUCCESS).touch()
        publish_text(staging.files / MANIFEST_FILE, manifest.to_json())
        staging.publish()


def find_table(release: Release, name: str) -> ReleaseTable:
    """Return the table of that name.

    Raises
    ------
    DataError
        When the release has none; the message proposes the nearest.
    """
    tables = {table.name: table for table in release.tables}
    if name.lower() not in tables:
        raise DataError(f"no table {name!r} in {release.title}{did_you_mean(name, tables)}")
    return tables[name.lower()]


def _told(results: Iterable[Result], all_: int, what: str, report: Report) -> Iterator[Result]:
    for done, result in enumerate(results, start=1):
        report(what, done, all_)
        yield result


@contextmanager
def _alone(database: Path) -> Iterator[None]:
    try:
        with locked(database / LOCK_FILE):
            yield
    except BlockingIOError as error:
        raise DataError(
            f"another ingest is at work in {database}; wait until it has ended"
        ) from error


@contextmanager
def _disk_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # Of pyarrow's errors the number tells, not the text.
        reason = os.strerror(error.errno) if error.errno else error
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        cure = "make room" if full else "see to it"
        raise DataError(
            f"{target} could not be made: {reason}; {cure} and run the command again: "
            f"it goes on where it was"
        ) from error
