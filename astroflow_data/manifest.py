"""What a table consists of, kept beside its files: every file's rows and checksum."""

from __future__ import annotations

from hashlib import file_digest
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from astroflow_core.catalogue import Layout
from astroflow_core.errors import DataError
from astroflow_core.model import Model, problems

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST_FILE = "_manifest.json"  # readers of parquet pass over names that begin with an underscore


class FileEntry(Model):
    """A file of the table."""

    name: str
    bytes: int
    rows: int
    sha256: str


class InputEntry(Model):
    """A file that the rows came from."""

    name: str
    bytes: int
    rows: int


class Manifest(Model):
    """The contents of a ``_manifest.json``."""

    format: Literal[1] = 1
    release: str
    table: str
    key: str
    unique_key: bool
    layout: Layout
    rows: int
    files: tuple[FileEntry, ...]
    inputs: tuple[InputEntry, ...]

    @classmethod
    def of(cls, folder: Path) -> Manifest | None:
        """Return the manifest of the table in ``folder``; None where there is none.

        Raises
        ------
        DataError
            When it cannot be read or is damaged.
        """
        path = folder / MANIFEST_FILE
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}") from error
        except ValidationError as error:
            raise DataError(f"{path} is damaged: {problems(error)[0]}") from error

    def to_json(self) -> str:
        """Return the contents of the file that `of` reads."""
        return self.model_dump_json(indent=1) + "\n"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
