"""The demo notebooks that each home is given, once."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEMO_FOLDER = "demo"
# In the home: the demos it was ever given. Whoever deletes it is given the missing ones again.
GIVEN_FILE = ".astroflow-demos"


def give_demos(home: Path, demos: Path) -> None:
    """Give ``home`` the demos it never had; what a person changed or deleted stays so."""
    record = home / GIVEN_FILE
    given = set(_lines(record))
    new = [name for name in _files(demos) if name not in given]
    for name in new:
        _give(demos / name, home / DEMO_FOLDER / name)
    if new:
        part = record.with_name(f"{GIVEN_FILE}.part")
        part.write_text("".join(f"{name}\n" for name in sorted(given | set(new))), encoding="utf-8")
        part.replace(record)


def _lines(record: Path) -> list[str]:
    return record.read_text("utf-8", errors="replace").splitlines() if record.exists() else []


def _files(demos: Path) -> Iterator[str]:
    for path in sorted(demos.rglob("*")):
        name = path.relative_to(demos)
        if path.is_file() and not any(part.startswith((".", "__")) for part in name.parts):
            yield name.as_posix()


def _give(source: Path, target: Path) -> None:
    """Copy a demo unless the person has something of that name."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, part)
    part.replace(target)
