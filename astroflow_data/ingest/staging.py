"""The hidden folder in which a table is made, and what is finished in it.

It lies beside the table's place, so that the last step is a rename, and stays when a run ends
early: the next run goes on with what is there. A thing is finished once its note lies in the
folder, and every note is written whole.
"""

from __future__ import annotations

import os
import shutil
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from astroflow_data.index import Tally
from astroflow_data.ingest.runs import Run
from astroflow_data.manifest import FileEntry, sha256_of
from astroflow_data.publish import publish_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from astroflow_data.files import NewFile
    from astroflow_data.ingest.inputs import InputFile
    from astroflow_data.ingest.runs import ReadInput


class Staging:
    """The folder in which the table ``target`` is made."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.folder = staging_folder(target)
        self.runs = self.folder / "runs"
        self.unfinished = self.folder / "unfinished"
        self.files = self.folder / "files"
        self._entries = self.folder / "entries"

    def open(self, plan: str, inputs: Iterable[InputFile]) -> None:
        """Make the folder, or keep of an earlier run what serves this one.

        Parameters
        ----------
        plan
            What the runs depend on beside their inputs; all is made anew when it changed.
        """
        if self.folder.exists() and not self._is_noted("plan", plan):
            shutil.rmtree(self.folder)
        for folder in (self.runs, self.unfinished, self.files, self._entries):
            folder.mkdir(parents=True, exist_ok=True)
        publish_text(self.folder / "plan", plan)
        tokens = {file.token for file in inputs}
        for path in self.runs.iterdir():
            if path.name[:24] not in tokens:
                path.unlink()

    def begin_files(self, plan: str) -> None:
        """Forget files that were merged by another ``plan``: from other inputs, say."""
        if not self._is_noted("files-plan", plan):
            for folder in (self.files, self._entries):
                shutil.rmtree(folder)
                folder.mkdir()
        publish_text(self.folder / "files-plan", plan)

    def _is_noted(self, name: str, text: str) -> bool:
        path = self.folder / name
        return path.exists() and path.read_text(encoding="utf-8") == text

    def has_read(self, file: InputFile) -> bool:
        """Return whether ``file`` is read, perhaps by an earlier run."""
        return self._note(file).exists()

    def runs_of(self, file: InputFile) -> tuple[Run, ...]:
        """Return the runs of a file that is read."""
        with np.load(self._note(file)) as note:
            places = zip(note["names"].tolist(), note["runs"].tolist(), strict=True)
            return tuple(Run(self.runs / name, *numbers) for name, numbers in places)

    def tally_of(self, file: InputFile) -> Tally:
        """Return what the rows of a file that is read told."""
        with np.load(self._note(file)) as note:
            nans = dict(zip(note["columns"].tolist(), note["nans"].tolist(), strict=True))
            return Tally(nans, (note["pixels"], note["counts"]) if note["is_mapped"] else None)

    def _note(self, file: InputFile) -> Path:
        return self.runs / f"{file.token}.npz"

    def save(self, file: InputFile, read: ReadInput) -> None:
        """Note that ``file`` is read."""
        empty = np.empty(0, np.int64)
        pixels, counts = read.tally.pixels or (empty, empty)
        partial = self.runs / f"{file.token}.partial.npz"
        np.savez_compressed(
            partial,
            names=np.array([run.path.name for run in read.runs], np.str_),
            runs=np.array(
                [(run.first_zone, run.last_zone, run.rows, run.size) for run in read.runs], np.int64
            ).reshape(-1, 4),
            columns=np.array([*read.tally.nans]),
            nans=np.array([*read.tally.nans.values()], np.int64),
            is_mapped=np.array(read.tally.pixels is not None),
            pixels=pixels,
            counts=counts,
        )
        partial.replace(self._note(file))

    def write(self, file: NewFile) -> FileEntry:
        """Write one of the table's files, unless an earlier run did."""
        place, note = self.files / file.path.name, self._entries / f"{file.path.name}.json"
        if place.exists() and note.exists():
            return FileEntry.model_validate_json(note.read_bytes())
        rows = file.write()
        _sync(file.path)
        size = file.path.stat().st_size
        entry = FileEntry(name=place.name, bytes=size, rows=rows, sha256=sha256_of(file.path))
        publish_text(note, entry.model_dump_json())
        file.path.replace(place)
        return entry

    def publish(self) -> None:
        """Put the finished table into its place, and remove the rest."""
        _sync(self.files)
        self.files.rename(self.target)
        _sync(self.target.parent)
        shutil.rmtree(self.folder)


def staging_folder(target: Path) -> Path:
    """Return the folder in which the table ``target`` is made while it is not there."""
    return target.with_name(f".{target.name}.ingest")


def digest(*texts: str) -> str:
    """Return a short text that changes when one of ``texts`` does."""
    return sha256("\n".join(texts).encode()).hexdigest()


def _sync(path: Path) -> None:
    """Have the disk hold a file or folder, so that a table that is there outlives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
