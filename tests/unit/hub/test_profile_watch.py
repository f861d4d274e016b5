"""Profiles are read again when they change, and never taken over with a problem."""

import logging
import os
from pathlib import Path

import pytest

from astroflow_hub.profile_store import ProfilesError
from astroflow_hub.profile_watch import ProfileWatch, read_store, watch

LOG = logging.getLogger(__name__)


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.yaml").write_text(text.format(name=name), encoding="utf-8")


GOOD = "{{slug: {name}, display_name: {name}, catalogues: [gaia-dr3]}}"
BROKEN = "{{slug: {name}}}"


@pytest.fixture
def profiles(tmp_path: Path) -> ProfileWatch:
    return watch([], str(tmp_path), None)


def slugs(profiles: ProfileWatch) -> list[str]:
    return [profile.slug for profile in profiles.store(LOG).profiles]


def test_a_new_a_changed_and_a_removed_file_are_seen(
    profiles: ProfileWatch, tmp_path: Path
) -> None:
    write(tmp_path, "a", GOOD)
    assert slugs(profiles) == ["a"]
    write(tmp_path, "b", GOOD)
    assert slugs(profiles) == ["a", "b"]
    (tmp_path / "a.yaml").unlink()
    assert slugs(profiles) == ["b"]


def test_files_that_have_not_changed_are_not_read_again(
    profiles: ProfileWatch, tmp_path: Path
) -> None:
    write(tmp_path, "a", GOOD)
    assert profiles.store(LOG) is profiles.store(LOG)


def test_a_folder_that_is_swapped_as_kubernetes_does_is_seen(
    tmp_path: Path,
) -> None:
    for folder, name in (("first", "a"), ("second", "b")):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder, "x", GOOD.replace("{name}", name))
    link, new = tmp_path / "current", tmp_path / "new"
    link.symlink_to("first")
    profiles = watch([], str(link), None)
    assert slugs(profiles) == ["a"]
    new.symlink_to("second")
    os.replace(new, link)  # noqa: PTH105 (of the link itself)
    assert slugs(profiles) == ["b"]


@pytest.mark.parametrize("end", [BROKEN, "", "a: [", "a: 1\na: 2"])
def test_a_problem_keeps_the_last_good_set(
    profiles: ProfileWatch, tmp_path: Path, end: str
) -> None:
    write(tmp_path, "a", GOOD)
    assert slugs(profiles) == ["a"]
    write(tmp_path, "b", end)
    assert slugs(profiles) == ["a"]
    assert "b.yaml" in str(profiles.problem)
    write(tmp_path, "b", GOOD)
    assert slugs(profiles) == ["a", "b"]
    assert profiles.problem is None


def test_each_problem_is_logged_once(
    profiles: ProfileWatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, "a", GOOD)
    slugs(profiles)
    write(tmp_path, "b", BROKEN)
    assert [slugs(profiles) for _ in range(3)] == [["a"]] * 3
    write(tmp_path, "c", BROKEN)
    assert [slugs(profiles) for _ in range(3)] == [["a"]] * 3
    assert len(caplog.records) == 2


def test_without_a_good_set_before_there_is_none(profiles: ProfileWatch, tmp_path: Path) -> None:
    write(tmp_path, "a", BROKEN)
    with pytest.raises(ProfilesError, match="display_name: is missing"):
        profiles.store(LOG)
    write(tmp_path, "a", GOOD)
    assert slugs(profiles) == ["a"]


def test_a_catalogue_that_comes_later_mends_the_set(tmp_path: Path, sample: Path) -> None:
    write(tmp_path, "a", GOOD)
    data = tmp_path / "data"
    profiles = watch([], str(tmp_path), str(data))
    with pytest.raises(ProfilesError, match="no catalogue in"):
        profiles.store(LOG)
    data.symlink_to(sample.parent)
    assert slugs(profiles) == ["a"]


def test_a_folder_has_one_watch(tmp_path: Path) -> None:
    assert watch([], str(tmp_path), None) is watch([], str(tmp_path), None)


def test_profiles_of_the_configuration_come_before_the_folder(tmp_path: Path) -> None:
    inline = [{"slug": "mine", "display_name": "Mine", "catalogues": ["gaia-dr3"]}]
    assert slugs(watch(inline, str(tmp_path), None)) == ["mine"]
    assert read_store(inline, str(tmp_path), None).profiles[0].slug == "mine"
