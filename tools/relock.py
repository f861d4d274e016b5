"""Renews every lock and shows what changed: ``make lock``.

With ``--keep`` every version stays that still serves: after a change of ``pyproject.toml`` or of
an image's ``requirements.in``.
"""

import sys
from collections.abc import Callable
from functools import partial

from tools.images.recipe import ALL, Recipe, recipe_names
from tools.lock import REPOSITORY, Lock, changes, locked_versions, replaced, uv
from tools.shell import ToolError, say

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
    upgrade = "--keep" not in sys.argv[1:]
    _renew(ALL, lambda: _write_all(upgrade=upgrade))
    for recipe in map(Recipe, recipe_names()):
        if recipe.requirements.exists():
            _renew(recipe.lock, partial(recipe.write_lock, upgrade=upgrade))


def _write_all(*, upgrade: bool) -> None:
    # The group dev asks for extras of ours, so uv reads that we are here.
    ALL.write(*_UNIVERSAL, *_ALL, stdin="-e .", upgrade=upgrade)
    ALL.mark({"uv": {"uv"}} | {name: _members(*asked) for name, asked in _SETS.items()})


def _members(ours: str, *options: str) -> set[str]:
    """Return the names of what a set installs, with all that it needs."""
    within = f"--constraint={ALL.path}"
    found = uv("compile", "--quiet", "--no-header", *_UNIVERSAL, *options, within, stdin=ours)
    return {*locked_versions(found)}


def _renew(lock: Lock, write: Callable[[], None]) -> None:
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
