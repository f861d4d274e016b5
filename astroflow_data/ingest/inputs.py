"""Which files to ingest, and the checksums that came with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import file_digest, sha256
from typing import TYPE_CHECKING

from astroflow_core.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SUFFIXES = (".csv.gz", ".ecsv.gz", ".csv", ".ecsv", ".parquet")
_SUM = re.compile(r"([0-9a-fA-F]{32})\s+\*?(?:\./)?(\S+)")


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to ingest as it was when looked at; ``md5`` where a checksum came with it."""

    path: Path
    size: int
    time: int
    md5: str | None

    @property
    def token(self) -> str:
        """A name for what was made of this very file: another once it is changed."""
        return sha256(f"{self.path}|{self.size}|{self.time}".encode()).hexdigest()[:24]

    @property
    def is_parquet(self) -> bool:
        """Whether the file is parquet; otherwise it is text."""
        return self.path.suffix == ".parquet"

    def check(self) -> None:
        """Compare the file with its checksum, where it has one.

        Raises
        ------
        DataError
            When they differ.
        """
        if self.md5 is None:
            return
        with self.path.open("rb") as file:
            found = file_digest(file, "md5").hexdigest()
        if found != self.md5:
            raise DataError(
                f"{self.path} has the MD5 checksum {found}, and {self.md5} was promised with it: "
                f"download it again"
            )


def find_inputs(paths: Iterable[Path]) -> tuple[InputFile, ...]:
    """Return the files to ingest: those named, and all that lie in folders named.

    Where a folder holds a list of MD5 checksums, as ESA's folders do, all data files on it must
    be there.

    Raises
    ------
    DataError
        When there is nothing to ingest, or something is missing or of an unknown kind.
    """
    found: dict[Path, InputFile] = {}
    for path in paths:
        of_path = _in_folder(path) if path.is_dir() else [path]
        sums = _checksums(path if path.is_dir() else path.parent)
        if path.is_dir():
            _check_complete(path, sums, of_path)
        found |= {file.resolve(): _look(file.resolve(), sums) for file in of_path}
    if not found:
        raise DataError("nothing to ingest: give files or folders of *.csv.gz, *.csv or *.parquet")
    return tuple(sorted(found.values(), key=lambda file: (file.path.name, file.path)))


def _in_folder(folder: Path) -> list[Path]:
    files = [path for path in folder.iterdir() if _is_data(path.name)]
    if not files:
        raise DataError(f"{folder} holds no {', '.join(f'*{suffix}' for suffix in SUFFIXES)}")
    return files


def _is_data(name: str) -> bool:
    return name.endswith(SUFFIXES) and not name.startswith((".", "_"))


def _look(path: Path, sums: dict[str, str]) -> InputFile:
    if not path.name.endswith(SUFFIXES):
        raise DataError(f"{path} is none of {', '.join(f'*{suffix}' for suffix in SUFFIXES)}")
    try:
        status = path.stat()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    return InputFile(path, status.st_size, status.st_mtime_ns, sums.get(path.name))


def _checksums(folder: Path) -> dict[str, str]:
    """Return the checksum of each data file that the folder's MD5SUM.txt lists."""
    sums: dict[str, str] = {}
    for path in sorted(folder.glob("*.txt")):
        if "MD5SUM" in path.name.upper():
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            matches = (_SUM.fullmatch(line.strip()) for line in lines)
            sums |= {m[2]: m[1].lower() for m in matches if m and _is_data(m[2])}
    return sums


def _check_complete(folder: Path, sums: dict[str, str], files: Iterable[Path]) -> None:
    if missing := sorted(set(sums) - {file.name for file in files}):
        raise DataError(
            f"{folder} lacks {len(missing)} of the {len(sums)} files of its list of checksums, "
            f"{missing[0]} first: download them, or name the files to ingest one by one"
        )
