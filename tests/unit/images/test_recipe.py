import json
import shutil
from pathlib import Path

import pytest

from tools.images import recipe
from tools.images.recipe import IMAGES, ImageError, Recipe, recipe_names
from tools.images.report import compare


def test_foundations_come_before_what_stands_on_them() -> None:
    assert recipe_names()[:4] == ["astroflow", "hub", "database", "proxy"]


def test_unknown_image_is_told_how_to_be_made() -> None:
    with pytest.raises(ImageError, match=r"no image 'none': .* a folder images/none/ with a"):
        Recipe.find("none")


def test_service_stands_alone_and_may_have_no_requirements() -> None:
    database = Recipe.find("database")
    assert (database.is_foundation, database.is_service) == (True, True)
    database.write_lock()
    assert not database.lock.path.exists()


def test_packages_of_the_proxy_have_a_hash_each_and_no_place_to_download_from() -> None:
    lock = json.loads((IMAGES / "proxy" / "package-lock.json").read_text())
    packages = [package for path, package in lock["packages"].items() if path]
    assert packages
    assert all(package["integrity"].startswith("sha512-") for package in packages)
    assert "resolved" not in str(packages)


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


def test_checkouts_know_an_image_by_the_same_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Recipe("xp-spectra").ingredients()
    monkeypatch.setattr(recipe, "IMAGES", shutil.copytree(IMAGES, tmp_path / "images"))
    assert Recipe("xp-spectra").ingredients() == here
    (tmp_path / "images" / "verify").write_text("another")
    assert Recipe("xp-spectra").ingredients() != here
