"""Locks packages: versions and hashes of what some requirements ask for, in one file."""

import hashlib
import json
import os
import re
import shutil
import sys
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.shell import Argument, run

REPOSITORY = Path(__file__).resolve().parents[1]
PROJECT = REPOSITORY / "pyproject.toml"
_ENTRY = re.compile(r"^([a-z0-9.-]+)(==.*\n(?: .*\n)*)", re.MULTILINE)
_HASH = re.compile(r"--hash=(\S+)")
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

    def write(
        self,
        *options: Argument,
        stdin: str = "",
        upgrade: bool = False,
        sets: Callable[[Path], Mapping[str, Collection[str]]] = lambda _: {},
    ) -> None:
        """Let uv resolve the requirements, keeping every pin that still serves.

        The file is replaced in one step, at the end.

        Parameters
        ----------
        stdin
            Further requirements, where the options have a ``-``.
        upgrade
            Whether every pin may become the newest version.
        sets
            Returns the names of each set, for the marks, of what is resolved in a file.

        Raises
        ------
        CommandError
            When there is no solution; the message carries uv's reason.
        """
        with self._part() as part:
            uv(
                *("compile", "--quiet", "--no-header", "--generate-hashes"),
                f"--output-file={part}",
                *(("--upgrade",) if upgrade else ()),
                *((f"--constraint={self._from_here(self.within)}",) if self.within else ()),
                *map(self._from_here, self.requirements),
                *options,
                cwd=self.path.parent,
                stdin=stdin,
            )
            part.write_text(self._head() + marked(part.read_text(), sets(part)))
            part.replace(self.path)

    @contextmanager
    def _part(self) -> Iterator[Path]:
        """Yield a copy, from which uv takes the pins; it is gone at the end."""
        with TemporaryDirectory(dir=self.path.parent, prefix=".locking-") as folder:
            part = Path(folder) / self.path.name
            if self.path.exists():
                shutil.copy(self.path, part)
            yield part

    def _from_here(self, source: Path) -> str:
        """Return a path as uv's comments show it, the same in every checkout."""
        return os.path.relpath(source, self.path.parent)

    def files(self) -> dict[str, frozenset[str]]:
        """Return the hashes of the files that may be installed, by ``name==version``."""
        entries = _ENTRY.findall(self.path.read_text()) if self.path.exists() else []
        return {
            f"{name}{rest.split()[0]}": frozenset(_HASH.findall(rest)) for name, rest in entries
        }

    def versions(self) -> dict[str, str]:
        """Return the versions by name; a name has several where they depend on the platform."""
        return locked_versions(self.path.read_text()) if self.path.exists() else {}

    def _head(self) -> str:
        sources = (*self.requirements, *((self.within,) if self.within else ()))
        digest = hashlib.sha256("\n".join(map(_asked_for, sources)).encode())
        return f"{_DIGEST}{digest.hexdigest()[:32]}\n"


def uv(*arguments: Argument, cwd: Path = REPOSITORY, stdin: str = "") -> str:
    """Run a command of ``uv pip``, and return what it printed."""
    return run(sys.executable, "-m", "uv", "pip", *arguments, cwd=cwd, stdin=stdin)


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


def marked(text: str, sets: Mapping[str, Collection[str]]) -> str:
    r"""Return a lock's `text` with a line for each entry: of which sets it is.

    Examples
    --------
    >>> print(marked("uv==1\n    # via x\npytz==2\n", {"run": ["uv"], "dev": ["uv", "pytz"]}))
    uv==1
        # via x
        # for run dev
    pytz==2
        # for dev
    <BLANKLINE>
    """

    def with_mark(entry: re.Match[str]) -> str:
        of = [name for name, members in sets.items() if entry[1] in members]
        return f"{entry[0]}    # for {' '.join(of)}\n" if of else entry[0]

    return _ENTRY.sub(with_mark, text)


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


def replaced(
    before: Mapping[str, AbstractSet[str]], after: Mapping[str, AbstractSet[str]]
) -> list[str]:
    """Return a line for each version of which files are no longer there, by their hashes.

    Examples
    --------
    >>> replaced({"uv==1": {"a", "b"}, "gone==1": {"c"}}, {"uv==1": {"a", "d"}})
    ['uv==1: 1 of 2 files were removed or replaced']
    """
    lost = {name: before[name] - after[name] for name in before.keys() & after.keys()}
    return [
        f"{name}: {len(lost[name])} of {len(before[name])} files were removed or replaced"
        for name in sorted(lost)
        if lost[name]
    ]


def _asked_for(source: Path) -> str:
    """Return of a source what a lock depends on."""
    if source != PROJECT:
        return source.read_text()
    read = tomllib.loads(source.read_text())
    project = read["project"]
    extras = project["optional-dependencies"]
    asked = (project["requires-python"], project["dependencies"], extras, read["dependency-groups"])
    return json.dumps((*asked, read["build-system"], read["tool"]["uv"]), sort_keys=True)
