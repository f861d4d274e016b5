"""The class archive: Spark's classes as a JVM keeps them in memory, so that it starts faster.

Java 25 and newer keeps them in an ahead-of-time cache, older ones in an AppCDS archive. It
is made once a machine, by `astroflow_spark_gaia.warm_up`; a JVM that finds it missing, damaged
or made by another Java starts without.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from astroflow_spark_gaia.java import Java

_FIRST_WITH_CACHE = 25
# An archive that cannot be used is no news to the reader of the JVM's log.
_QUIET = "-Xlog:disable"


def archive_path(folder: Path, java: Java, jars: Iterable[Path]) -> Path:
    """Return where the archive of ``java`` and these jars is kept in ``folder``."""
    parts = [str(java.program.resolve()), java.version]
    parts += [f"{jar} {jar.stat().st_size}" for jar in jars]
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    return folder / f"classes-{key}.{'aot' if _has_cache(java) else 'jsa'}"


def options_to_use(java: Java, archive: Path) -> list[str]:
    """Return the JVM's options to start from ``archive``; none where it is missing."""
    if not archive.is_file():
        return []
    option = "AOTCache" if _has_cache(java) else "SharedArchiveFile"
    return [f"-XX:{option}={archive}", _QUIET]


def options_to_make(java: Java, archive: Path) -> list[str]:
    """Return the JVM's options to write ``archive`` when it ends."""
    option = "AOTCacheOutput" if _has_cache(java) else "ArchiveClassesAtExit"
    return [f"-XX:{option}={archive}", _QUIET]


def _has_cache(java: Java) -> bool:
    return java.major >= _FIRST_WITH_CACHE
