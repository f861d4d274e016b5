"""The packages of a person's own, as one file that travels to executors and workers."""

from __future__ import annotations

import hashlib
import site
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile

from astroflow_core.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable

_KEPT = 3  # archives: other notebooks may have pushed theirs
_WRITTEN_ANEW = "__pycache__"


def pack_packages(folder: Path | None, cache: Path) -> Path:
    """Return a zip file of the packages in ``folder``, named by what is in them.

    Parameters
    ----------
    folder
        Where they are; None for where ``pip install --user`` puts them.
    cache
        The folder below which archives are kept.

    Raises
    ------
    DataError
        When there is no package.
    """
    source = folder or Path(site.getusersitepackages())
    if not any(source.glob("*.dist-info")):
        raise DataError(
            f"there is no package of your own in {source}: install one with "
            f"`%pip install --user NAME` first"
        )
    files = sorted(p for p in source.rglob("*") if p.is_file() and _WRITTEN_ANEW not in p.parts)
    archive = cache / "packages" / f"packages-{_digest(source, files)}.zip"
    if not archive.exists():
        _write(archive, source, files)
    return archive


def _digest(source: Path, files: Iterable[Path]) -> str:
    """Return a name for files by their places, sizes and times; to read them takes longer."""
    digest = hashlib.sha256()
    for path in files:
        status = path.stat()
        line = f"{path.relative_to(source)} {status.st_size} {status.st_mtime_ns}\n"
        digest.update(line.encode())
    return digest.hexdigest()[:16]


def _write(archive: Path, source: Path, files: Iterable[Path]) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    older = sorted(archive.parent.glob("packages-*.zip"), key=lambda path: path.stat().st_mtime)
    for path in older[: 1 - _KEPT]:
        path.unlink(missing_ok=True)
    unfinished = archive.with_suffix(".part")
    # Ids of time before 1980, as some wheels have them, are none for a zip file.
    with ZipFile(unfinished, "w", ZIP_DEFLATED, strict_timestamps=False) as zipped:
        for path in files:
            zipped.write(path, path.relative_to(source))
    unfinished.rename(archive)
