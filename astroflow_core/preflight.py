"""Whether executors and workers have what the notebook has: asked before the first query.

Each process runs `probe` and reports; what it lacks is found by comparing with the report of the
notebook's own Python. Nothing here knows an engine.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from astroflow_core import probe
from astroflow_core.catalogue import CATALOGUE_FILE
from astroflow_core.errors import SessionError
from astroflow_core.mounts import in_time
from astroflow_core.text_table import in_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from astroflow_core.catalogue import Catalogue
    from astroflow_core.session import SessionSettings

MOUNT_SECONDS = 10.0  # within which a file is to be read
REPORT_SECONDS = 30.0  # within which a process is to report, whatever its mounts do
_LEAST_SCRATCH = 2**30
_GIB = 2**30
_MOST_NAMES = 3
# Without these no function of ours runs anywhere.
_NEEDED = ("astroflow-hub", "numpy", "pandas", "pyarrow")
_RESTART = "stop your server and start it again"
_GIVEN = "so it is in the environment; where your code needs it, install the same here"
_ASK = f"{_RESTART}; where that does not help, tell whoever runs the hub"


@dataclass(frozen=True, slots=True)
class Report:
    """What a process is and has; see `probe.report`.

    ``own`` are the packages of the person's home, among all the ``packages``; ``user`` is the
    number of the system's user; ``scratch`` the free bytes; ``faults`` tells of each file what
    is wrong with it, None where its mount does not answer.
    """

    pod: str
    python: str
    packages: Mapping[str, str]
    own: Mapping[str, str]
    user: int
    scratch: int
    faults: Mapping[str, str | None]

    @classmethod
    def from_json(cls, text: str) -> Report:
        """Return the report that a process printed."""
        return cls(**json.loads(text))

    @classmethod
    def of_this_python(cls, paths: Sequence[str]) -> Report:
        """Return the report of the Python that runs here.

        Raises
        ------
        SessionError
            When it does not report in time: the home, where it looks for packages, is lost.
        """
        command = probe_command(sys.executable, paths)
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=REPORT_SECONDS, check=True
            )
        except subprocess.SubprocessError as error:
            raise SessionError(
                f"Python does not start in this notebook: {error}; {_ASK}"
            ) from error
        return cls.from_json(done.stdout)

    def renamed(self, pod: str) -> Report:
        """Return the same report under another name."""
        return replace(self, pod=pod)

    def having(self, packages: Mapping[str, str]) -> Report:
        """Return the report of who has these packages of their own, too, where not in another."""
        more = {name: version for name, version in packages.items() if name not in self.packages}
        return replace(self, packages={**self.packages, **more}, own={**self.own, **more})

    def show_scratch(self) -> str:
        """Return the free scratch as a person reads it."""
        return f"{self.scratch / _GIB:.1f} GiB"


@dataclass(frozen=True, slots=True)
class Engine:
    """What a comparison has to know of Spark or Dask.

    ``what`` is what its processes are called, ``packages`` are those that must be the same on
    both sides, as they speak with each other, and ``cure`` brings them together.
    """

    what: str
    packages: tuple[str, ...]
    cure: str = f"the image is not this notebook's: {_RESTART}"
    push: str = "push_packages() takes them there"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong, in one sentence; with a fatal one no query can be right."""

    sentence: str
    is_fatal: bool

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, slots=True)
class Silence:
    """A process that did not report: why, and whether it never will."""

    pod: str
    why: str
    is_final: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Preflight:
    """The reports of a cluster and what was found; print it to read them as a table."""

    engine: Engine
    own: Report
    reports: tuple[Report, ...]
    findings: tuple[Finding, ...]

    @property
    def is_ready(self) -> bool:
        """Whether nothing was found that makes queries fail."""
        return not any(finding.is_fatal for finding in self.findings)

    @property
    def differences(self) -> dict[str, dict[str, tuple[str | None, str]]]:
        """Each pod's version of what it has otherwise, None if not at all, and the notebook's."""
        return {
            report.pod: {
                name: (report.packages.get(name), self.own.packages[name])
                for name in _differences(self.own, report)
            }
            for report in self.reports
        }

    def check(self, say: Callable[[str], None]) -> None:
        """Refuse a cluster on which no query can be right; say what else is wrong.

        Raises
        ------
        SessionError
            Naming the pods, what they have and what the notebook has, and the cure.
        """
        if fatal := [finding.sentence for finding in self.findings if finding.is_fatal]:
            raise SessionError("; ".join(fatal))
        for finding in self.findings:
            say(finding.sentence)

    def __repr__(self) -> str:
        return "\n".join([*in_columns([_COLUMNS, *self._rows()]), *map(str, self._ends())])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in _COLUMNS)
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
            for row in self._rows()
        )
        ends = "".join(f"<p>{escape(str(end))}</p>" for end in self._ends())
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{ends}"

    def _rows(self) -> Iterator[tuple[str, ...]]:
        yield _row("this notebook", self.own, f"{len(self.own.packages)}")
        for report in self.reports:
            other = len(_differences(self.own, report))
            yield _row(report.pod, report, f"{other} differ" if other else "the same")

    def _ends(self) -> Sequence[object]:
        if not self.reports and not self.findings:
            return (f"No {self.engine.what} is up; the next query takes some.",)
        count = f"{len(self.reports)} {self.engine.what}{'' if len(self.reports) == 1 else 's'}"
        return self.findings or (f"Nothing is wrong with {count}.",)


def no_report(seconds: float = REPORT_SECONDS) -> str:
    """Return the sentence on a process that did not report in time."""
    return f"there is no report within {seconds:.0f} s: it is busy, or its home is lost"


_COLUMNS = ("Pod", "Python", "Packages", "Catalogues", "Free scratch", "User")


def _row(name: str, report: Report, packages: str) -> tuple[str, ...]:
    unread = sum(fault != "" for fault in report.faults.values())
    files = f"{unread} not read" if unread else "readable"
    return (name, report.python, packages, files, report.show_scratch(), str(report.user))


def probe_command(python: str, paths: Sequence[str], *, guard: bool = False) -> list[str]:
    """Return the command by which the program ``python`` prints a report in JSON.

    With ``guard`` it stays behind, and ends the process that ran it when a mount is lost.
    """
    request = json.dumps({"paths": list(paths), "seconds": MOUNT_SECONDS, "guard": guard})
    return [python, "-c", Path(probe.__file__).read_text(encoding="utf-8"), request]


def files_to_read(settings: SessionSettings) -> list[str]:
    """Return the files that prove that the session's catalogues can be read: one a database.

    Raises
    ------
    CatalogueError
        When a catalogue is missing or not valid, or its mount does not answer.
    """
    found = (
        path
        for catalogue in settings.open_catalogues()
        for path in in_time(partial(_files_of, catalogue), catalogue.root)
    )
    return [str(path) for path in dict.fromkeys(found)]


def _files_of(catalogue: Catalogue) -> list[Path]:
    files = [catalogue.root / CATALOGUE_FILE]
    for database in catalogue.databases:
        for table in database.tables[:1]:
            # Of thousands the first that is found; in HATS they are in folders.
            files += islice(table.data_folder.rglob("*.parquet"), 1)
    return files


def compare(
    engine: Engine,
    own: Report,
    reports: Sequence[Report],
    silent: Sequence[Silence] = (),
    brought: Mapping[str, str] | None = None,
) -> Preflight:
    """Return what processes have other than the notebook, one finding for all that share it.

    ``brought`` are the versions in the environment that they were given: they are to have
    those, too, and are not at fault where the notebook has others.
    """
    brought = brought or {}
    own = own.having(brought)
    pods: dict[Finding, list[str]] = {}
    for report in reports:
        for finding in _findings(engine, own, report, brought):
            pods.setdefault(finding, []).append(report.pod)
    for silence in silent:
        pods.setdefault(Finding(silence.why, silence.is_final), []).append(silence.pod)
    told = [
        Finding(f"{_named(engine.what, names)}: {finding.sentence}", finding.is_fatal)
        for finding, names in pods.items()
    ]
    return Preflight(engine, own, tuple(reports), tuple(told))


def _named(what: str, pods: list[str]) -> str:
    """Return pods as part of a sentence.

    >>> _named("worker", ["a"]), _named("worker", ["a", "b"])
    ('worker a', '2 workers (a, b)')
    """
    if len(pods) == 1:
        return f"{what} {pods[0]}"
    return f"{len(pods)} {what}s ({_listed(pods)})"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join([*names[:_MOST_NAMES], *([f"and {more} more"] if more > 0 else [])])


def _findings(
    engine: Engine, own: Report, report: Report, brought: Mapping[str, str]
) -> Iterator[Finding]:
    """Return what is wrong with one process, without its name."""
    if _minor(own.python) != _minor(report.python):
        sentence = f"Python is {report.python}, in this notebook {own.python}; {engine.cure}"
        yield Finding(sentence, is_fatal=True)
    different = _differences(own, report)
    given = [n for n in different if (n, report.packages.get(n)) in brought.items()]
    if given:
        is_fatal = any(_is_fatal(engine, name, report) for name in given)
        yield Finding(f"{_versions(given, own, report)}: {_GIVEN}", is_fatal)
    different = [name for name in different if name not in given]
    fatal = [name for name in different if _is_fatal(engine, name, report)]
    if fatal:
        yield Finding(f"{_versions(fatal, own, report)}; {engine.cure}", is_fatal=True)
    yield from _harmless(engine, own, report, [name for name in different if name not in fatal])
    yield from _unread(own, report)
    if report.scratch < _LEAST_SCRATCH:
        sentence = f"{report.show_scratch()} of scratch are free, so a large join may fail"
        yield Finding(sentence, is_fatal=False)


def _minor(version: str) -> list[str]:
    return version.split(".")[:2]


def _differences(own: Report, report: Report) -> list[str]:
    """Return the notebook's packages that a process has not, or in another version."""
    return [name for name, v in sorted(own.packages.items()) if report.packages.get(name) != v]


def _is_fatal(engine: Engine, name: str, report: Report) -> bool:
    return name in engine.packages or (name in _NEEDED and name not in report.packages)


def _harmless(engine: Engine, own: Report, report: Report, names: list[str]) -> Iterator[Finding]:
    mine = [name for name in names if name in own.own]
    others = [name for name in names if name not in own.own]
    if mine:
        sentence = f"{_versions(mine, own, report)}: you installed that in this notebook alone; "
        yield Finding(sentence + engine.push, is_fatal=False)
    if others:
        yield Finding(f"{_versions(others, own, report)}; {engine.cure}", is_fatal=False)


def _versions(names: Sequence[str], own: Report, report: Report) -> str:
    """Return packages with their versions there and here."""
    return _listed(
        [
            f"{name} is {report.packages.get(name, 'missing')}, here {own.packages[name]}"
            for name in names
        ]
    )


def _unread(own: Report, report: Report) -> Iterator[Finding]:
    lost = sorted({_folder(path) for path, fault in report.faults.items() if fault is None})
    if lost:
        where = ", here, too" if None in own.faults.values() else ""
        sentence = f"{_listed(lost)} does not answer: the mount is lost{where}; {_ASK}"
        yield Finding(sentence, is_fatal=True)
    if unread := {path: fault for path, fault in report.faults.items() if fault}:
        where = (
            ", neither can this notebook" if any(own.faults.get(path) for path in unread) else ""
        )
        files = _listed([f"{path} ({fault})" for path, fault in unread.items()])
        sentence = f"user {report.user} cannot read {files}{where}; {_ASK}"
        yield Finding(sentence, is_fatal=True)


def _folder(path: str) -> str:
    return str(Path(path).parent)
