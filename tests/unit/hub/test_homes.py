"""Homes: safe names, and demos that are given once."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astroflow_hub.homes import GIVEN_FILE, make_home, safe_name

ODD_NAMES = [
    "../etc", "..", "a/b", "Hypatia", "hypatia ", "a--b", "ünïcode", "日本語", "x" * 255, "",
    "-rf", "1st", "hypatia---0123456789abcdef0123456789abcdef", "a\nb", "con.", "é", "e\u0301",
]  # fmt: skip


@pytest.mark.parametrize("name", ["hypatia", "a", "jane-doe", "x" * 63])
def test_a_plain_name_stays_as_it_is(name: str) -> None:
    assert safe_name(name) == name


def test_odd_names_have_homes_of_their_own() -> None:
    assert len({safe_name(name) for name in ODD_NAMES}) == len(ODD_NAMES)


@given(st.text(max_size=300))
def test_every_name_becomes_a_kubernetes_name(name: str) -> None:
    safe = safe_name(name)
    assert set(safe) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert safe[0].isalpha()
    assert safe[-1].isalnum()
    assert len(safe) <= 63


@given(st.text(max_size=80), st.text(max_size=80))
def test_two_names_never_share_a_home(one: str, other: str) -> None:
    assert (safe_name(one) == safe_name(other)) == (one == other)


@pytest.fixture
def demos(tmp_path: Path) -> Path:
    folder = tmp_path / "demos"
    (folder / "spark" / ".ipynb_checkpoints").mkdir(parents=True)
    (folder / "spark" / "counts.ipynb").write_text("first")
    (folder / "spark" / ".ipynb_checkpoints" / "counts.ipynb").write_text("checkpoint")
    (folder / "start.ipynb").write_text("start")
    return folder


def files(home: Path) -> list[str]:
    return sorted(str(p.relative_to(home)) for p in home.rglob("*") if p.is_file())


def test_a_new_home_is_closed_to_others_and_has_the_demos(tmp_path: Path, demos: Path) -> None:
    make_home(tmp_path / "homes" / "a", demos)
    assert files(tmp_path / "homes" / "a") == [
        GIVEN_FILE, "demo/spark/counts.ipynb", "demo/start.ipynb"
    ]  # fmt: skip
    assert (tmp_path / "homes" / "a").stat().st_mode & 0o077 == 0


def test_what_a_person_changed_or_deleted_stays_so(tmp_path: Path, demos: Path) -> None:
    home = tmp_path / "home"
    make_home(home, demos)
    (home / "demo" / "start.ipynb").write_text("mine")
    (home / "demo" / "spark" / "counts.ipynb").unlink()
    make_home(home, demos)
    assert (home / "demo" / "start.ipynb").read_text() == "mine"
    assert not (home / "demo" / "spark" / "counts.ipynb").exists()


def test_a_demo_that_is_new_comes_to_old_homes(tmp_path: Path, demos: Path) -> None:
    home = tmp_path / "home"
    make_home(home, demos)
    (demos / "dask").mkdir()
    (demos / "dask" / "new.ipynb").write_text("new")
    make_home(home, demos)
    assert (home / "demo" / "dask" / "new.ipynb").read_text() == "new"


def test_who_deletes_the_record_is_given_the_missing_ones_alone(
    tmp_path: Path, demos: Path
) -> None:
    home = tmp_path / "home"
    make_home(home, demos)
    (home / "demo" / "start.ipynb").write_text("mine")
    (home / "demo" / "spark" / "counts.ipynb").unlink()
    (home / GIVEN_FILE).unlink()
    make_home(home, demos)
    assert (home / "demo" / "start.ipynb").read_text() == "mine"
    assert (home / "demo" / "spark" / "counts.ipynb").read_text() == "first"


def test_a_persons_own_file_in_a_demos_place_is_kept(tmp_path: Path, demos: Path) -> None:
    (tmp_path / "home" / "demo").mkdir(parents=True)
    (tmp_path / "home" / "demo" / "start.ipynb").write_text("mine")
    make_home(tmp_path / "home", demos)
    assert (tmp_path / "home" / "demo" / "start.ipynb").read_text() == "mine"


def test_without_demos_there_is_a_home_all_the_same(tmp_path: Path) -> None:
    make_home(tmp_path / "home", tmp_path / "nowhere")
    assert (tmp_path / "home").is_dir()
