import re

import pytest

from tools.images.recipe import ImageError, Recipe, recipe_names
from tools.images.report import compare


def test_foundations_come_before_what_stands_on_them() -> None:
    assert recipe_names()[:2] == ["astroflow", "hub"]


def test_unknown_image_is_told_how_to_be_made() -> None:
    with pytest.raises(ImageError, match=r"no image 'none': .* a folder images/none/ with a"):
        Recipe.find("none")


@pytest.mark.parametrize("name", recipe_names())
def test_lock_holds_a_hash_for_each_version_and_no_place_to_download_from(name: str) -> None:
    lock = Recipe(name).lock.read_text()
    entries = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in lock


def test_environment_has_the_foundation_of_notebooks() -> None:
    assert Recipe("xp-spectra").foundation == "astroflow"


def test_difference_names_what_came_went_and_changed() -> None:
    before = {"pkg:pypi/numpy": "2.4", "pkg:pypi/gone": "1"}
    after = {"pkg:pypi/numpy": "2.5", "pkg:pypi/new": "3"}
    assert compare(before, after) == [
        "  pypi/gone 1 → -",
        "  pypi/new - → 3",
        "  pypi/numpy 2.4 → 2.5",
    ]
