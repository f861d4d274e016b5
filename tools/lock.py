"""Locks packages: versions and hashes of what some requirements ask for, in one file."""

import hashlib
import json
import os
import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.shell import Argument, run

REPOSITORY = Path(__file__).resolve().parents[1]
PROJECT = REPOSITORY / "pyproject.toml"
_DIGEST = "# Digest of its sources: "  # how a lock begins


@dataclass(frozen=True, slots=True)
class Lock:
    """A file of versions and hashes, which says what it was made from.

    Parameters
    ----------
    path
        The file.
    requirements
        What it answers: files of requirements, or ``pyproject.toml``.
    within
        The lock whose versions this one takes, where both have a package.
    """

    path: Path
    requirements: tuple[Path, ...]
    within: Path | None = None

    def is_current(self) -> bool:
        """Whether the file was made from its sources as they are now."""
        return self.path.exists() and self.path.read_text().startswith(self._head())

    def write(self, *options: Argument, stdin: str = "", upgrade: bool = False) -> None:
        """Let uv resolve the requirements, keeping every pin that still serves.

        Parameters
        ----------
        stdin
            Further requirements, where the options have a ``-``.
        upgrade
            Whether every pin may become the newest version.

        Raises
        ------
        CommandError
            When there is no solution; the message carries uv's reason.
        """
        run(
            *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-header"),
            *("--generate-hashes", f"--output-file={self.path}"),
            *(("--upgrade",) if upgrade else ()),
            *((f"--constraint={self._from_here(self.within)}",) if self.within else ()),
            *map(self._from_here, self.requirements),
            *options,
            cwd=self.path.parent,
            stdin=stdin,
        )
        self.path.write_text(self._head() + self.path.read_text())

    def _from_here(self, source: Path) -> str:
        """Return a path as uv's comments show it, the same in every checkout."""
        return os.path.relpath(source, self.path.parent)

    def versions(self) -> dict[str, str]:
        """Return the versions by name; a name has several where they depend on the platform."""
        return locked_versions(self.path.read_text()) if self.path.exists() else {}

    def _head(self) -> str:
        sources = (*self.requirements, *((self.within,) if self.within else ()))
        digest = hashlib.sha256("\n".join(map(_asked_for, sources)).encode())
        return f"{_DIGEST}{digest.hexdigest()[:32]}\n"


def locked_versions(text: str) -> dict[str, str]:
    r"""Return the versions that a lock's `text` has, by name.

    Examples
    --------
    >>> locked_versions("numpy==2.4.6 ; python_version < '3.12'\nnumpy==2.5.5 ; …\npytz==1")
    {'numpy': '2.4.6 / 2.5.5', 'pytz': '1'}
    """
    versions: dict[str, str] = {}
    for name, version in re.findall(r"^([a-z0-9.-]+)==(\S+)", text, re.MULTILINE):
        versions[name] = f"{versions[name]} / {version}" if name in versions else version
    return versions


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return a line for each name that came, went or changed its version.

    Examples
    --------
    >>> changes({"numpy": "2.4", "gone": "1"}, {"numpy": "2.5", "new": "3"})
    ['gone 1 → -', 'new - → 3', 'numpy 2.4 → 2.5']
    """
    return [
        f"{name} {before.get(name, '-')} → {after.get(name, '-')}"
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def _asked_for(source: Path) -> str:
    """Return of a source what a lock depends on."""
    if source != PROJECT:
        return source.read_text()
    read = tomllib.loads(source.read_text())
    project = read["project"]
    extras = project["optional-dependencies"]
    asked = (project["requires-python"], project["dependencies"], extras, read["dependency-groups"])
    return json.dumps(asked, sort_keys=True)
