"""Renews every lock and shows what changed: ``make lock``.

With ``--keep`` every version stays that still serves: after a change of ``pyproject.toml`` or of
an image's ``requirements.in``. With ``--check`` nothing is renewed: it says what has to be.
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tools.images.recipe import ALL, Recipe, recipe_names
from tools.lock import REPOSITORY, Lock, changes, locked_versions, replaced, uv
from tools.shell import CommandError, ToolError, say

# From Python's oldest on; uv adds what newer ones and each platform need.
_UNIVERSAL = ("--universal", "--python-version=3.11", "--no-emit-package=astroflow-hub", "-")
_ALL = ("--all-extras", "--group=build", "--group=dev", "--group=browser")
# What each command of make installs, beside `uv` itself: extras of ours, and a group.
_SETS = {
    "build": ("", "--group=build"),
    "run": ("-e .[demo]",),
    "java": ("-e .[java]",),
    "dev": ("-e .", "--group=dev"),
    "browser": ("", "--group=browser"),
}


def main() -> None:
    """Renew the lock of everything, then those that derive from it."""
    if "--check" in sys.argv[1:]:
        _warn()
        return
    upgrade = "--keep" not in sys.argv[1:]
    _renew(ALL, lambda: _write_all(upgrade=upgrade))
    for recipe in map(Recipe, recipe_names()):
        if recipe.requirements.exists():
            _renew(recipe.lock, partial(recipe.write_lock, upgrade=upgrade))


def _warn() -> None:
    """Say that what was installed may not be what pyproject.toml asks for now."""
    if not ALL.is_current():
        say("requirements.lock is older than a requirement: run `make lock ARGS=--keep`")


def _write_all(*, upgrade: bool) -> None:
    try:
        # The group dev asks for extras of ours, so uv reads that we are here.
        ALL.write(*_UNIVERSAL, *_ALL, stdin="-e .", upgrade=upgrade, sets=_sets)
    except CommandError as error:
        _, _, reason = str(error).partition("\n")
        raise ToolError(f"pyproject.toml cannot be locked:\n{reason}") from error


def _sets(resolved: Path) -> dict[str, set[str]]:
    return {"uv": {"uv"}} | {name: _members(resolved, *asked) for name, asked in _SETS.items()}


def _members(resolved: Path, ours: str, *options: str) -> set[str]:
    """Return the names of what a set installs, with all that it needs."""
    within = f"--constraint={resolved}"
    found = uv("compile", "--quiet", "--no-header", *_UNIVERSAL, *options, within, stdin=ours)
    return {*locked_versions(found)}


def _renew(lock: Lock, write: Callable[[], None]) -> None:
    say(f"locking {lock.path.relative_to(REPOSITORY)}")
    before, files = lock.versions(), lock.files()
    write()
    changed = [*changes(before, lock.versions()), *replaced(files, lock.files())]
    say(f"{lock.path.relative_to(REPOSITORY)}: {len(changed)} of {len(lock.versions())} changed")
    for line in changed:
        sys.stdout.write(f"      {line}\n")


if __name__ == "__main__":
    try:
        main()
    except ToolError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted: the lock that was being renewed is as it was")
