"""Renews every lock and shows what changed: ``make lock``.

With ``--keep`` every version stays that still serves: after a change of ``pyproject.toml`` or of
an image's ``requirements.in``.
"""

import sys
from collections.abc import Callable
from functools import partial

from tools.images.recipe import ALL, Recipe, recipe_names
from tools.lock import REPOSITORY, Lock, changes
from tools.shell import ToolError, say

# From Python's oldest on; uv adds what newer ones and each platform need. The group dev asks for
# extras of ours, so uv reads that we are here.
_OPTIONS = (
    *("--universal", "--python-version=3.11", "--no-emit-package=astroflow-hub", "-"),
    *("--all-extras", "--group=build", "--group=dev", "--group=browser"),
)


def main() -> None:
    """Renew the lock of everything, then those that derive from it."""
    upgrade = "--keep" not in sys.argv[1:]
    _renew(ALL, lambda: ALL.write(*_OPTIONS, stdin="-e .", upgrade=upgrade))
    for recipe in map(Recipe, recipe_names()):
        if recipe.requirements.exists():
            _renew(recipe.lock, partial(recipe.write_lock, upgrade=upgrade))


def _renew(lock: Lock, write: Callable[[], None]) -> None:
    before = lock.versions()
    write()
    changed = changes(before, lock.versions())
    say(f"{lock.path.relative_to(REPOSITORY)}: {len(changed)} of {len(lock.versions())} changed")
    for line in changed:
        sys.stdout.write(f"      {line}\n")


if __name__ == "__main__":
    try:
        main()
    except ToolError as error:
        sys.exit(f"error: {error}")
