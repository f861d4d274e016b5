"""What is installed is what was locked, and every lock is of what is asked for now."""

import re
import tomllib
from importlib.metadata import distributions

import pytest
from hatchling.build import get_requires_for_build_editable
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.images.recipe import ALL, Recipe, recipe_names
from tools.lock import PROJECT, REPOSITORY, Lock

OF_IMAGES = [Recipe(name).lock for name in recipe_names()]
LOCKS = [
    pytest.param(lock, id=str(lock.path.relative_to(REPOSITORY)))
    for lock in [ALL, *OF_IMAGES]
    if lock.path.exists()
]
# A virtual environment is made with these two, of its Python's own versions.
NOT_LOCKED = {"astroflow-hub", "pip", "setuptools"}
# What the images start from.
DEBIAN = {"python_full_version": "3.11.2", "python_version": "3.11", "sys_platform": "linux"}


def entries(lock: Lock) -> list[str]:
    return re.split(r"^(?=[a-z0-9])", lock.path.read_text(), flags=re.MULTILINE)[1:]


def sets_of(lock: Lock) -> dict[str, list[str]]:
    """Return the names of a lock, each with the sets that it is of."""
    found = {entry.partition("==")[0]: entry.split("    # for ")[1:] for entry in entries(lock)}
    return {name: mark[0].split() if mark else [] for name, mark in found.items()}


def pins(lock: Lock, platform: dict[str, str] | None = None) -> dict[str, str]:
    """Return the versions that count on a platform, or on this one, by name."""
    found = [Requirement(entry.split(" \\")[0]) for entry in entries(lock)]
    return {
        pin.name: str(pin.specifier).removeprefix("==")
        for pin in found
        if not pin.marker or pin.marker.evaluate(platform)
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_is_of_what_is_asked_for_now(lock: Lock) -> None:
    assert lock.is_current(), "run `make lock ARGS=--keep`"


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_has_a_hash_for_each_version_and_no_place_to_download_from(lock: Lock) -> None:
    assert entries(lock)
    assert all("--hash=sha256:" in entry for entry in entries(lock))
    assert "://" not in lock.path.read_text()


def test_environment_has_the_locked_versions_and_nothing_else() -> None:
    installed = {canonicalize_name(found.name): found.version for found in distributions()}
    ours = {name: version for name, version in installed.items() if name not in NOT_LOCKED}
    assert ours.items() <= pins(ALL).items(), "`rm -r .venv`, then `make setup-dev`"


def test_what_builds_us_is_locked() -> None:
    declared = tomllib.loads(PROJECT.read_text())["build-system"]["requires"]
    asked = map(Requirement, [*declared, *get_requires_for_build_editable()])
    locked = pins(ALL)
    assert all(locked[asked_for.name] in asked_for.specifier for asked_for in asked)


def test_each_entry_is_of_a_set_or_of_an_image_alone() -> None:
    images = {name for lock in OF_IMAGES for name in lock.versions()}
    assert {name for name, mark in sets_of(ALL).items() if not mark} <= images


@pytest.mark.parametrize("name", ["astroflow", "hub", "proxy"])
def test_foundation_has_the_versions_that_the_tests_have(name: str) -> None:
    assert Recipe(name).lock.versions().items() <= pins(ALL, DEBIAN).items()


def test_environment_on_top_has_them_where_both_have_a_package() -> None:
    theirs, ours = Recipe("xp-spectra").lock.versions(), pins(ALL, DEBIAN)
    shared = theirs.keys() & ours.keys()
    assert "numpy" in shared
    assert {name: theirs[name] for name in shared} == {name: ours[name] for name in shared}
