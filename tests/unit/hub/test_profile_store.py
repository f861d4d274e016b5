"""What an admin is told about the profiles of a hub."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from astroflow_core.errors import ProfileError
from astroflow_hub.profile_store import Problem, ProfilesError, ProfileStore


def profile(slug: str, **fields: Any) -> dict[str, Any]:
    return {"slug": slug, "display_name": slug.title(), "catalogues": ["gaia-dr3"], **fields}


def write(folder: Path, **files: Any) -> Path:
    for name, contents in files.items():
        text = contents if isinstance(contents, str) else yaml.safe_dump(contents)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def problems(folder: Path, data_dir: Path | None = None) -> list[Problem]:
    with pytest.raises(ProfilesError) as refused:
        ProfileStore.from_dir(folder, data_dir)
    return list(refused.value.problems)


def test_profiles_come_in_the_order_of_their_files(tmp_path: Path) -> None:
    write(tmp_path, b=profile("first-by-name"), a=profile("zeta"))
    store = ProfileStore.from_dir(tmp_path)
    assert [p.slug for p in store.profiles] == ["zeta", "first-by-name"]


def test_files_that_are_no_profiles_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path, a=profile("a"))
    (tmp_path / "schema.json").write_text("{}")
    assert len(ProfileStore.from_dir(tmp_path).profiles) == 1


@pytest.mark.parametrize(
    ("inline", "default"),
    [
        ([profile("a")], "a"),
        ([profile("a"), profile("b")], None),
        ([profile("a"), profile("b", default=True)], "b"),
    ],
)
def test_the_default_is_the_marked_one_or_the_only_one(
    inline: list[dict[str, Any]], default: str | None
) -> None:
    found = ProfileStore.from_list(inline).default
    assert (found.slug if found else None) == default


def test_an_unknown_profile_names_those_that_exist() -> None:
    store = ProfileStore.from_list([profile("a"), profile("b")])
    with pytest.raises(ProfileError, match=r"no profile is called 'c'; there are a, b"):
        store.get("c")


def test_every_problem_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    write(
        tmp_path, a="a: [", b=profile("b", colour="red"), c=profile("Wrong"), d="", e=profile("e")
    )
    assert [(Path(p.file).name, p.field) for p in problems(tmp_path)] == [
        ("a.yaml", "(whole file)"),
        ("b.yaml", "colour"),
        ("c.yaml", "slug"),
        ("d.yaml", "(whole file)"),
    ]


def test_a_problem_is_one_line(tmp_path: Path) -> None:
    write(tmp_path, a="a: [\n\n", b=profile("b", display_name={"x": "y\nz"}))
    assert all("\n" not in str(problem) for problem in problems(tmp_path))


@pytest.mark.parametrize(
    ("fields", "field", "what", "cure"),
    [
        ({"displayname": "x"}, "displayname", "no such field", "did you mean 'display_name'?"),
        ({"spark": {"pods": "ten"}}, "spark.pods", "'ten'", "astroflow profiles schema"),
        ({"catalogues": "gaia-dr3"}, "catalogues", "'gaia-dr3'", "astroflow profiles schema"),
        ({"spark": 3}, "spark", "is 3, not a mapping", "astroflow profiles schema"),
        (
            {"options": {"size": {"display_name": "S", "choices": {"a": {"imag": "x"}}}}},
            "options.size.choices.a.imag",
            "no such field",
            "did you mean 'image'?",
        ),
        (
            {"options": {"size": {"display_name": "S", "free": {"patern": "x"}}}},
            "options.size.free.patern",
            "no such field",
            "did you mean 'pattern'?",
        ),
    ],
)
def test_a_problem_says_what_to_do(
    tmp_path: Path, fields: dict[str, Any], field: str, what: str, cure: str
) -> None:
    found = next(p for p in problems(write(tmp_path, a=profile("a", **fields))) if p.field == field)
    assert what in found.what
    assert cure in found.cure


def test_a_missing_field_is_to_be_added(tmp_path: Path) -> None:
    (found,) = problems(write(tmp_path, a={"slug": "a", "catalogues": ["gaia-dr3"]}))
    assert (found.field, found.what, found.cure) == ("display_name", "is missing", "add it")


def test_two_profiles_cannot_share_a_slug_or_both_be_the_default(tmp_path: Path) -> None:
    write(tmp_path, a=profile("a", default=True), b=profile("a", default=True))
    found = problems(tmp_path)
    assert [(Path(p.file).name, p.field) for p in found] == [
        ("b.yaml", "default"),
        ("b.yaml", "slug"),
    ]
    assert "a.yaml is the default too" in found[0].what
    assert "'a' is taken by" in found[1].what


@pytest.mark.parametrize("folder", [".", "nowhere"])
def test_a_folder_without_profiles_is_a_problem(tmp_path: Path, folder: str) -> None:
    (found,) = problems(tmp_path / folder)
    assert found.what == "there is no profile"
    assert "profiles_dir" in found.cure


def test_a_catalogue_that_is_not_here_is_a_problem(tmp_path: Path, sample: Path) -> None:
    write(tmp_path, a=profile("a", catalogues=[sample.name, "gaia-dr9"]))
    (found,) = problems(tmp_path, sample.parent)
    assert found.field == "catalogues"
    assert "gaia-dr9" in found.what
    assert "ASTROFLOW_DATA_DIR" in found.cure


def test_a_default_database_has_to_be_in_a_catalogue(tmp_path: Path, sample: Path) -> None:
    write(tmp_path, a=profile("a", catalogues=[sample.name], default_database="gaiadr9"))
    (found,) = problems(tmp_path, sample.parent)
    assert found.field == "default_database"
    assert "gaiadr3ssd" in found.cure


def test_profiles_written_inline_are_checked_the_same_way() -> None:
    with pytest.raises(ProfilesError, match=r"profiles\[1\]: colour: there is no such field"):
        ProfileStore.from_list([profile("a"), profile("b", colour="red")])
