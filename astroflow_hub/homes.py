"""A person's home on this machine: its folder, and the demo notebooks given to it."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

from escapism import is_valid_object_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEMO_FOLDER = "demo"
# In the home: the demos it was ever given. Whoever deletes it is given the missing ones again.
GIVEN_FILE = ".astroflow-demos"


def safe_name(user_name: str) -> str:
    """Return a name for ``user_name`` that is safe as folder and as Kubernetes object.

    A plain name (lower case, digits, hyphens) stays as it is; any other becomes what is
    readable of it, and 128 bits of its hash, so that no two persons share one. (The hash of
    `escapism.safe_slug` has 32 bits, few enough to find a second name for.)

    >>> safe_name("hypatia")
    'hypatia'
    >>> safe_name("../Hypatia")
    'hypatia---2c9b8adfd4e0dbbd6d50ca4dc4a3b6b8'
    """
    if is_valid_object_name(user_name) and "--" not in user_name:
        return user_name
    readable = "".join(c if c.isascii() and c.isalnum() else "-" for c in user_name.lower())
    words = "-".join(word for word in readable.split("-") if word)[:24].strip("-")
    first = "" if words[:1].isalpha() else "x-"
    digest = hashlib.sha256(user_name.encode()).hexdigest()[:32]
    return f"{first}{words or 'x'}---{digest}"


def make_home(home: Path, demos: Path) -> None:
    """Make ``home``, closed to other system users, and give it the demos it never had."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
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
