"""`astroflow profiles` as an admin types it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from astroflow_core.errors import ProfileError
from astroflow_hub.profile_commands import app, schema_text
from astroflow_hub.profile_store import ProfileStore

CHECKOUT = Path(__file__).parents[3]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_profiles_of_the_checkout_have_no_problem() -> None:
    result = run("check", CHECKOUT / "profiles")
    assert result.exit_code == 0
    assert "no problem in 1 profile(s): gaia-dr3" in result.output


def test_the_catalogues_are_checked_when_asked_for(tmp_path: Path, sample: Path) -> None:
    assert run("check", CHECKOUT / "profiles", "--data-dir", sample.parent).exit_code == 0
    missing = run("check", CHECKOUT / "profiles", "--data-dir", tmp_path)
    assert missing.exit_code == 1
    assert "gaia-dr3.yaml: catalogues: no catalogue in" in missing.output


def test_each_problem_is_a_line_and_the_exit_code_is_one(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("slug: A\ncolour: red\n")
    result = run("check", tmp_path)
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        "catalogues",
        "colour",
        "display_name",
        "slug",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("slug: a\nslug: b", "the key 'slug' stands twice (line 2)"),
        (f"a: &a [{'x,' * 99}]\nb: &b [{'*a,' * 99}]\nc: [{'*b,' * 99}]", "larger than 100000"),
        ("#" * (2**20 + 1), "longer than 1048576 characters"),
    ],
)
def test_a_file_that_would_harm_the_hub_is_one_line_too(
    tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "a.yaml").write_text(text)
    result = run("check", tmp_path)
    assert result.exit_code == 1
    assert words in result.output
    assert len(result.output.splitlines()) == 1


def test_the_schema_in_the_checkout_is_the_one_of_the_code() -> None:
    assert (CHECKOUT / "profiles" / "schema.json").read_text() == schema_text()
    assert run("schema").output == schema_text()


def test_an_imported_list_is_a_folder_of_profiles_without_problems(tmp_path: Path) -> None:
    (tmp_path / "list.yaml").write_text("- {display_name: A b, volumes: []}\n- {display_name: C}\n")
    result = run("import", tmp_path / "list.yaml", "--out", tmp_path / "out", "--catalogue", "mine")
    assert result.exit_code == 0
    assert "note: a-b: volumes: [] has no place in a profile; left out" in result.output
    store = ProfileStore.from_dir(tmp_path / "out")
    assert [(p.slug, p.catalogues) for p in store.profiles] == [
        ("a-b", ("mine",)),
        ("c", ("mine",)),
    ]


@pytest.mark.parametrize(
    "entries", ["- {display_name: A}\n- {display_name: a}", "- {display_name: A}\n- 7"]
)
def test_a_list_with_a_mistake_leaves_nothing_behind(tmp_path: Path, entries: str) -> None:
    (tmp_path / "list.yaml").write_text(entries)
    result = run("import", tmp_path / "list.yaml", "--out", tmp_path / "out")
    assert isinstance(result.exception, ProfileError)
    assert not (tmp_path / "out").exists()


def test_a_profile_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "list.yaml").write_text("- {display_name: A}\n- {display_name: B}\n")
    (tmp_path / "b.yaml").write_text("mine")
    result = run("import", tmp_path / "list.yaml", "--out", tmp_path)
    assert isinstance(result.exception, ProfileError)
    assert "b.yaml: there already" in str(result.exception)
    assert (tmp_path / "b.yaml").read_text() == "mine"
    assert not (tmp_path / "a.yaml").exists()
