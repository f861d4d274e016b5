"""The packages of a person's own, as files of their home that travel to executors and workers.

An environment is one zip file: an exact copy of what pip installed, so nothing is resolved,
downloaded or built again when it is used. Its comment says of which Python and which files it is.
"""

from __future__ import annotations

import hashlib
import os
import re
import site
import struct
import time
import zlib
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from platform import python_version_tuple
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from astroflow_core.errors import DataError
from astroflow_core.probe import versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DEFAULT = "default"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
_ENDING = ".zip"
_COMMENT = re.compile(r"(\d+\.\d+) ([0-9a-f]{16})")
_EDITABLE = re.compile(r'"editable"\s*:\s*true')
# What zipfile raises, by which byte is wrong.
_UNREADABLE = (OSError, EOFError, BadZipFile, RuntimeError, ValueError, zlib.error, struct.error)
_WRITTEN_ANEW = "__pycache__"
_COMPRESSION = 1  # zlib's usual 6 takes nearly twice as long, for an eighth less
_ABANDONED = 3600  # seconds without a write, after which nobody writes a file any more


@dataclass(frozen=True, slots=True)
class Environment:
    """Packages as they were installed: the versions by name, of the Python ``python`` (``3.13``).

    ``digest`` tells it from an earlier one of the same name.
    """

    path: Path
    python: str
    digest: str
    packages: Mapping[str, str]

    @classmethod
    def read(cls, path: Path) -> Environment:
        """Return what the file at ``path`` says of itself; what it holds is not read.

        Raises
        ------
        DataError
            When it is no environment, or not a whole one.
        """
        try:
            with ZipFile(path) as zipped:
                said = _COMMENT.fullmatch(zipped.comment.decode(errors="replace"))
                entries = {name.partition("/")[0] for name in zipped.namelist()}
        except _UNREADABLE as error:
            raise _broken(path, error) from error
        if said is None:
            raise _broken(path, "it was not made by `astroflow env push`")
        return cls(path, said[1], said[2], versions(sorted(entries)))

    @property
    def name(self) -> str:
        """The name that the person gave it."""
        return self.path.name.removesuffix(_ENDING)

    @property
    def archive(self) -> str:
        """A name for its content, on executors and workers."""
        return f"{self.name}-{self.digest}"

    def checked(self) -> Path:
        """Return the zip file's path, after a look at each of its bytes.

        Raises
        ------
        DataError
            When it cannot be read whole, or is of another Python than the one that runs.
        """
        if self.python != _python():
            raise DataError(
                f"environment {self.name} is of Python {self.python}, and this is Python "
                f"{_python()}, for which compiled packages are others: install them again "
                f"(`astroflow env show {self.name}` lists them) and push them"
            )
        try:
            with ZipFile(self.path) as zipped:
                damaged = zipped.testzip()
        except _UNREADABLE as error:
            raise _broken(self.path, error) from error
        if damaged is not None:
            raise _broken(self.path, f"{damaged} in it is damaged")
        return self.path


class EnvironmentStore:
    """The environments in a folder, ``NAME.zip`` each; only who asks for one reads it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of_home(cls) -> EnvironmentStore:
        """Return the store of the person who runs this."""
        data = Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share").expanduser()
        return cls(data / "astroflow" / "environments")

    def names(self) -> list[str]:
        """Return the names of all that are there, broken ones, too."""
        found = (path.name.removesuffix(_ENDING) for path in self.folder.glob(f"*{_ENDING}"))
        return sorted(filter(_NAME.fullmatch, found))

    def find(self, name: str) -> Environment:
        """Return the environment called ``name``.

        Raises
        ------
        DataError
            When there is none, naming those that exist; when it is broken.
        """
        return Environment.read(self._existing(name))

    def pack(self, name: str, folder: Path | str | None = None) -> Environment:
        """Return the environment ``name`` with what is in ``folder``, written if that changed.

        Parameters
        ----------
        name
            Letters, digits, ``.``, ``_`` and ``-``; at most 64.
        folder
            Where the packages are; None for where ``pip install --user`` puts them.

        Raises
        ------
        DataError
            When the name cannot be, there is no package, one is but a link to its source, or
            the home has no room.
        """
        path = self._path(name)
        source = Path(folder or site.getusersitepackages())
        with _disk_errors(path):
            _refuse_what_cannot_travel(source)
            files = sorted(
                p for p in source.rglob("*") if p.is_file() and _WRITTEN_ANEW not in p.parts
            )
            comment = f"{_python()} {_digest(source, files)}"
            with suppress(DataError):  # there is none, or it is broken
                known = self.find(name)
                if comment == f"{known.python} {known.digest}":
                    return known
            _write(path, source, files, comment)
        return Environment.read(path)

    def remove(self, names: Sequence[str]) -> None:
        """Remove environments, broken ones, too; none, where one of the names is unknown.

        Raises
        ------
        DataError
            When there is none of that name, or the disk refuses.
        """
        for path in [self._existing(name) for name in names]:
            with _disk_errors(path):
                path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise DataError(
                f"{name!r} is no name for an environment: use letters, digits, '.', '_' and '-', "
                f"at most 64, the first of them no '.' or '-'"
            )
        return self.folder / f"{name}{_ENDING}"

    def _existing(self, name: str) -> Path:
        path = self._path(name)
        if not path.exists():
            known = ", ".join(self.names()) or "none yet: `astroflow env push` makes one"
            raise DataError(f"no environment {name!r} in {self.folder}; there is {known}")
        return path


def _python() -> str:
    return ".".join(python_version_tuple()[:2])


def _broken(path: Path, why: object) -> DataError:
    name = path.name.removesuffix(_ENDING)
    return DataError(
        f"environment {name} is broken ({path}: {why}): `astroflow env remove {name}` removes it"
    )


def _refuse_what_cannot_travel(source: Path) -> None:
    if not any(source.glob("*.dist-info")):
        raise DataError(
            f"there is no package of your own in {source}: install one with "
            f"`%pip install --user NAME` first"
        )
    for path in sorted(source.glob("*.dist-info/direct_url.json")):
        if _EDITABLE.search(path.read_text(encoding="utf-8", errors="replace")):
            name = path.parent.name.partition("-")[0]
            raise DataError(
                f"{name} is but a link to its source: install it without -e, then push again"
            )


def _digest(source: Path, files: Sequence[Path]) -> str:
    """Return a name for files by their places, sizes and times; to read them takes longer."""
    digest = hashlib.sha256()
    for path in files:
        status = path.stat()
        line = f"{path.relative_to(source)} {status.st_size} {status.st_mtime_ns}\n"
        digest.update(line.encode(errors="surrogateescape"))
    return digest.hexdigest()[:16]


def _write(target: Path, source: Path, files: Sequence[Path], comment: str) -> None:
    """Write files as a zip where nobody looks, and rename it: another kernel may do the same."""
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(target.parent)
    with NamedTemporaryFile(dir=target.parent, suffix=".part", delete=False) as part:
        try:
            # Times before 1980, as some wheels have them, are none for a zip file.
            with ZipFile(
                part, "w", ZIP_DEFLATED, compresslevel=_COMPRESSION, strict_timestamps=False
            ) as zipped:
                zipped.comment = comment.encode()
                for path in files:
                    zipped.write(path, path.relative_to(source))
            Path(part.name).rename(target)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise


def _remove_abandoned(folder: Path) -> None:
    """Remove what a kernel that was killed has left; one that is at work writes all the time."""
    for path in folder.glob("*.part"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _ABANDONED:
                path.unlink()


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{path} could not be written or removed: {error.strerror or error}; an environment "
            f"that was there before is as it was"
        ) from error
