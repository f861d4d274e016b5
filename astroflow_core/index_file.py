"""The file beside a table's own that keeps its index, and whether it still tells the truth."""

from __future__ import annotations

import os
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from astroflow_core.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[Any]]

INDEX_FILE = "_index.npz"  # readers of parquet pass over names that begin with an underscore
_FORMAT = 1
_READERS = 8  # threads: files on a network make one wait
_PART = 32  # files a thread looks at in turn, since on a disk that is done before it has started
_FOOTER_END = 8  # bytes: the footer's length, little endian, and the magic


@dataclass(frozen=True, slots=True)
class FileVersions:
    """Name, bytes and time of change (ns) of each file: what a look at the folder tells."""

    names: tuple[str, ...]
    sizes: tuple[int, ...]
    times: tuple[int, ...]

    @classmethod
    def of(cls, files: Iterable[Path]) -> FileVersions:
        """Return the versions of ``files`` as they are now.

        Raises
        ------
        CatalogueError
            When one of them cannot be read.
        """
        files = tuple(files)
        parts = [files[start : start + _PART] for start in range(0, len(files), _PART)]
        with ThreadPoolExecutor(_READERS) as pool:
            stats = list(chain.from_iterable(pool.map(_stats, parts)))
        return cls(
            tuple(map(_name, files)),
            tuple(status.st_size for status in stats),
            tuple(status.st_mtime_ns for status in stats),
        )


def save(path: Path, files: tuple[Path, ...], arrays: Arrays) -> None:
    """Write the index of ``files`` to ``path``; a reader finds the old one or the new, whole."""
    versions = FileVersions.of(files)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            np.savez_compressed(
                file,
                format=np.array(_FORMAT),
                names=np.array(versions.names),
                sizes_of_files=np.array(versions.sizes, np.int64),
                times=np.array(versions.times, np.int64),
                digests=np.array(_digests(files)),
                **arrays,  # type: ignore[arg-type]
            )
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def load(path: Path, files: tuple[Path, ...], versions: FileVersions) -> Arrays | None:
    """Return the index in ``path`` if it is of these ``files``, else None with a warning.

    Files that were only copied have another time and the same footer: they are the same.

    Raises
    ------
    CatalogueError
        When a file that the index knows is missing: then no answer would be whole.
    """
    arrays = _read(path)
    if arrays is None or int(arrays["format"]) != _FORMAT:
        _warn(path, "it cannot be read")
        return None
    if gone := sorted(set(arrays["names"].tolist()) - set(versions.names)):
        raise CatalogueError(
            f"{path.parent / gone[0]} is missing ({len(gone)} of {len(arrays['names'])} files "
            f"are): copy it again, or accept what is left with `astroflow data index`"
        )
    if changed := _changed(arrays, files, versions):
        _warn(path, f"{changed} was changed or added since")
        return None
    return arrays


def _read(path: Path) -> Arrays | None:
    try:
        with path.open("rb") as file, np.load(file) as arrays:
            return dict(arrays)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None


def _changed(arrays: Arrays, files: tuple[Path, ...], versions: FileVersions) -> str | None:
    """Return the name of one file that is not as it was; None when all are."""
    if new := sorted(set(versions.names) - set(arrays["names"].tolist())):
        return new[0]
    resized = np.flatnonzero(arrays["sizes_of_files"] != versions.sizes)
    if resized.size:
        return versions.names[int(resized[0])]
    touched = np.flatnonzero(arrays["times"] != versions.times)
    digests = _digests([files[place] for place in touched])
    edited = touched[arrays["digests"][touched] != digests]
    return versions.names[int(edited[0])] if edited.size else None


def _warn(path: Path, reason: str) -> None:
    warnings.warn(
        f"the index {path} is not used, {reason}: answers take longer until "
        f"`astroflow data index` makes it anew",
        stacklevel=2,
    )


def _digests(files: Iterable[Path]) -> list[str]:
    with ThreadPoolExecutor(_READERS) as pool:
        return list(pool.map(footer_digest, files))


def footer_digest(path: Path) -> str:
    """Return the SHA-256 of a parquet file's footer, which changes with all that is written.

    Raises
    ------
    CatalogueError
        When the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _FOOTER_END))
            length = int.from_bytes(file.read(4), "little")
            file.seek(max(0, size - _FOOTER_END - length))
            return sha256(file.read()).hexdigest()
    except OSError as error:
        raise CatalogueError(f"{path} cannot be read: {error}") from error


def _name(path: Path) -> str:
    """Return a file's name, in HATS with those of the folders that tell its pixel."""
    return "/".join([*(part for part in path.parts[:-1] if "=" in part), path.name])


def _stats(files: Iterable[Path]) -> list[os.stat_result]:
    return [_stat(path) for path in files]


def _stat(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise CatalogueError(f"{path} cannot be read: {error}") from error
