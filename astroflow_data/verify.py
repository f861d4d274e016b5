"""Prove that a table on disk is what its manifest, its release and its layout say."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from astroflow_core.buckets import bucket_in_name, bucket_of
from astroflow_core.catalogue import HashBuckets
from astroflow_core.errors import AstroFlowError, CatalogueError, DataError
from astroflow_core.footers import arrow_schema, read_metadata, schema_differences
from astroflow_core.index_file import INDEX_FILE
from astroflow_core.release import Release
from astroflow_data.files import PREFIX, usable_cores, work_through
from astroflow_data.index import index_problem
from astroflow_data.ingest.staging import staging_folder
from astroflow_data.manifest import Manifest, sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from astroflow_core.catalogue import Layout, Table
    from astroflow_core.release import ReleaseTable
    from astroflow_data.manifest import FileEntry


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of a table: nothing in ``problems`` means that it is right."""

    rows: int
    files: int
    has_manifest: bool
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Proved:
    """A file that is right in itself, and the least and greatest key in it."""

    name: str
    rows: int
    first: object
    last: object


class _WrongFileError(Exception):
    """What is wrong with a file, as a phrase that follows its name."""


@dataclass(frozen=True)
class Subject:
    """A table to verify: where it is, and what it must be."""

    folder: Path
    release: Release
    definition: ReleaseTable
    layout: Layout

    @classmethod
    def of_table(cls, table: Table) -> Subject:
        """Return a table of a catalogue as one to verify."""
        database = table.database
        return cls(table.folder, database.release, table.definition, database.layout)

    @classmethod
    def of_folder(cls, folder: Path) -> Subject:
        """Return the table in ``folder``, which must be what its own manifest says.

        Raises
        ------
        DataError
            When there is no manifest, because the table is not finished or another's.
        """
        manifest = Manifest.of(folder)
        if manifest is None:
            unfinished = staging_folder(folder).is_dir()
            raise DataError(
                f"{folder} is not ingested to its end: run `astroflow data ingest` again"
                if unfinished
                else f"{folder} holds neither a catalogue nor a table with a manifest"
            )
        release = Release.named(manifest.release)
        tables = {table.name: table for table in release.tables}
        if manifest.table not in tables:
            raise DataError(f"{folder} is {manifest.table}, which {release.title} does not have")
        return cls(folder, release, tables[manifest.table], manifest.layout)

    def verify(self, report: Callable[[int, int], None]) -> Verdict:
        """Read every byte of the files, every key and the index, and return what is wrong.

        Parameters
        ----------
        report
            Called with the number of files read so far and of all; where there is an index,
            once more from the beginning.
        """
        try:
            manifest = Manifest.of(self.folder)
        except DataError as error:
            return Verdict(0, 0, has_manifest=False, problems=(str(error),))
        paths = sorted(self.folder.glob("*.parquet"))
        problems = list(self._problems_of_folder(manifest, paths))
        entries = {entry.name: entry for entry in manifest.files} if manifest else {}
        proved: list[_Proved] = []
        found = work_through(lambda path: self._prove(path, entries), paths, usable_cores())
        for done, result in enumerate(found, start=1):
            report(done, len(paths))
            if isinstance(result, _Proved):
                proved.append(result)
            else:
                problems.append(result)
        problems += self._problems_between(proved)
        if not problems and (self.folder / INDEX_FILE).exists():
            problems += filter(None, [index_problem(self.folder, tuple(paths), report)])
        rows = sum(file.rows for file in proved)
        return Verdict(rows, len(paths), manifest is not None, tuple(problems))

    def _problems_of_folder(
        self, manifest: Manifest | None, paths: Iterable[Path]
    ) -> Iterator[str]:
        names = {path.name for path in paths}
        if not names:
            yield f"{self.folder} holds no *.parquet file"
        if manifest:
            said = (manifest.release, manifest.table, manifest.layout)
            if said != (self.release.name, self.definition.name, self.layout):
                yield (
                    f"{self.folder} is {manifest.table} of {manifest.release} in "
                    f"{_described(manifest.layout)} by its manifest, and {self.definition.name} of "
                    f"{self.release.name} in {_described(self.layout)} by the catalogue"
                )
            listed = {entry.name for entry in manifest.files}
            yield from (f"{self.folder / name} is missing" for name in sorted(listed - names))
            yield from (
                f"{self.folder / name} is no file of the table" for name in sorted(names - listed)
            )

    def _prove(self, path: Path, entries: dict[str, FileEntry]) -> _Proved | str:
        try:
            if entry := entries.get(path.name):
                _compare(path, entry)
            return self._proved(path)
        except (_WrongFileError, OSError, pa.ArrowException) as error:
            return f"{path} {error}"
        except AstroFlowError as error:
            return str(error)

    def _proved(self, path: Path) -> _Proved:
        metadata = read_metadata(path)
        self._check_footer(metadata)
        key, ends = self.definition.key, []
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                keys = file.read_row_group(group, [key], use_threads=False)[key].combine_chunks()
                if len(keys):
                    self._check_keys(path, keys, metadata.metadata or {})
                    ends += [keys[0].as_py(), keys[-1].as_py()]
        # Between row groups: within one the order is checked already.
        if not all(self._may_follow(*pair) for pair in zip(ends[1::2], ends[2::2], strict=False)):
            raise _WrongFileError(f"is not in order of {key}")
        first, last = (ends[0], ends[-1]) if ends else (None, None)
        return _Proved(path.name, metadata.num_rows, first, last)

    def _may_follow(self, before: Any, after: Any) -> bool:
        return bool(before < after) or (not self.definition.unique_key and before == after)

    def _check_footer(self, metadata: pq.FileMetaData) -> None:
        found = metadata.schema.to_arrow_schema()
        if self.definition.columns:
            wrong = schema_differences(arrow_schema(self.definition.columns), found)
            if wrong:
                title, some = self.release.title, "; ".join(wrong[:3])
                raise _WrongFileError(f"does not follow {title}: {some}")
        elif self.definition.key not in found.names:
            raise _WrongFileError(f"has no column {self.definition.key!r}")
        release = (metadata.metadata or {}).get(f"{PREFIX}release".encode())
        if release is not None and release.decode() != self.release.name:
            raise _WrongFileError(f"is of {release.decode()}, not of {self.release.name}")

    def _check_keys(self, path: Path, keys: pa.Array, facts: dict[bytes, bytes]) -> None:
        key = self.definition.key
        if keys.null_count:
            raise _WrongFileError(f"has rows without {key}")
        is_out_of_order = pc.less_equal if self.definition.unique_key else pc.less
        wrong = is_out_of_order(keys[1:], keys[:-1])
        if pc.any(wrong).as_py():
            at = wrong.index(True).as_py()
            is_repeated = keys[at].equals(keys[at + 1])
            raise _WrongFileError(
                f"has {key} {keys[at]} twice"
                if is_repeated
                else f"is not in order of {key}: {keys[at + 1]} follows {keys[at]}"
            )
        self._check_place(path, keys, facts)

    def _check_place(self, path: Path, keys: pa.Array, facts: dict[bytes, bytes]) -> None:
        key = self.definition.key
        if isinstance(self.layout, HashBuckets):
            if (bucket_of(keys, self.layout.buckets) != bucket_in_name(path.name)).any():
                raise _WrongFileError(f"holds a {key} of another bucket")
        elif (first := facts.get(f"{PREFIX}first_source_id".encode())) is not None:
            bounds = int(first), int(facts[f"{PREFIX}stop_source_id".encode()])
            if not bounds[0] <= keys[0].as_py() <= keys[-1].as_py() < bounds[1]:
                raise _WrongFileError(f"holds a {key} outside of its range, {bounds}")

    def _problems_between(self, proved: Iterable[_Proved]) -> Iterator[str]:
        if isinstance(self.layout, HashBuckets):
            return
        for before, after in pairwise(file for file in proved if file.rows):
            if not self._may_follow(before.last, after.first):
                key = self.definition.key
                yield (
                    f"{self.folder / after.name} begins at {key} {after.first}, and the file "
                    f"before it, {before.name}, ends at {before.last}"
                )


def _compare(path: Path, entry: FileEntry) -> None:
    size = path.stat().st_size
    if size < entry.bytes:
        raise _WrongFileError(f"is truncated: {size} of {entry.bytes} bytes are left")
    if size != entry.bytes or sha256_of(path) != entry.sha256:
        raise _WrongFileError("was changed: its checksum is not that of the manifest")
    if (rows := read_metadata(path).num_rows) != entry.rows:
        raise CatalogueError(f"{path} has {rows} rows, and {entry.rows} by the manifest")


def _described(layout: Layout) -> str:
    return f"{layout.buckets} buckets" if isinstance(layout, HashBuckets) else "order of source_id"
