"""Demos are given to a home once."""

from pathlib import Path

import pytest

from astroflow_hub.demos import GIVEN_FILE, give_demos


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


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


def test_a_home_is_given_the_demos_and_what_is_hidden_among_them_is_not(
    home: Path, demos: Path
) -> None:
    give_demos(home, demos)
    assert files(home) == [GIVEN_FILE, "demo/spark/counts.ipynb", "demo/start.ipynb"]


def test_what_a_person_changed_or_deleted_stays_so(home: Path, demos: Path) -> None:
    give_demos(home, demos)
    (home / "demo" / "start.ipynb").write_text("mine")
    (home / "demo" / "spark" / "counts.ipynb").unlink()
    give_demos(home, demos)
    assert (home / "demo" / "start.ipynb").read_text() == "mine"
    assert not (home / "demo" / "spark" / "counts.ipynb").exists()


def test_a_demo_that_is_new_comes_to_old_homes(home: Path, demos: Path) -> None:
    give_demos(home, demos)
    (demos / "dask").mkdir()
    (demos / "dask" / "new.ipynb").write_text("new")
    give_demos(home, demos)
    assert (home / "demo" / "dask" / "new.ipynb").read_text() == "new"


def test_who_deletes_the_record_is_given_the_missing_ones_alone(home: Path, demos: Path) -> None:
    give_demos(home, demos)
    (home / "demo" / "start.ipynb").write_text("mine")
    (home / "demo" / "spark" / "counts.ipynb").unlink()
    (home / GIVEN_FILE).unlink()
    give_demos(home, demos)
    assert (home / "demo" / "start.ipynb").read_text() == "mine"
    assert (home / "demo" / "spark" / "counts.ipynb").read_text() == "first"


def test_a_persons_own_file_in_a_demos_place_is_kept(home: Path, demos: Path) -> None:
    (home / "demo").mkdir()
    (home / "demo" / "start.ipynb").write_text("mine")
    give_demos(home, demos)
    assert (home / "demo" / "start.ipynb").read_text() == "mine"
