"""Homes: safe names, and folders closed to others."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astroflow_hub.homes import make_home, safe_name

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


def test_a_new_home_is_closed_to_others_and_has_the_demos(tmp_path: Path) -> None:
    demos, home = tmp_path / "demos", tmp_path / "homes" / "a"
    demos.mkdir()
    (demos / "start.ipynb").write_text("start")
    make_home(home, demos)
    assert (home / "demo" / "start.ipynb").read_text() == "start"
    assert home.stat().st_mode & 0o077 == 0


def test_without_demos_there_is_a_home_all_the_same(tmp_path: Path) -> None:
    make_home(tmp_path / "home", tmp_path / "nowhere")
    assert (tmp_path / "home").is_dir()
