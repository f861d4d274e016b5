"""`astroflow env` as a person types it."""

import re
import site
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from astroflow_core.errors import DataError
from astroflow_core.own_packages import EnvironmentStore
from astroflow_hub.environment_commands import app


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home in which pip has installed two packages."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setattr(site, "USER_SITE", str(tmp_path / "site"))
    install(tmp_path / "site", "Gaia_XPy-2.1.4")
    install(tmp_path / "site", "zero_point-0.3")
    return tmp_path


def install(folder: Path, package: str) -> None:
    (folder / f"{package}.dist-info").mkdir(parents=True)
    (folder / f"{package}.dist-info" / "METADATA").touch()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_what_is_pushed_is_listed_shown_and_removed(home: Path) -> None:
    pushed = run("push", "paper")
    kept = home / "share/astroflow/environments/paper.zip"
    assert f"environment paper: 2 package(s), 0.0 MiB, in {kept}" in pushed.output
    assert 'use_environment("paper")' in pushed.output
    first, line = run("list").output.splitlines()
    assert first.split() == ["environment", "packages", "size", "Python", "made", "(UTC)"]
    assert re.fullmatch(r"paper +2 +0\.0 MiB +3\.\d\d +20\d\d-\d\d-\d\d \d\d:\d\d", line)
    assert run("show", "paper").output == "gaia-xpy==2.1.4\nzero-point==0.3\n"
    assert run("remove", "paper").output == "removed: paper\n"
    assert run("list").output == "there is no environment\n"


def test_without_a_name_it_is_the_one_that_push_packages_makes(home: Path) -> None:
    install(home / "mine", "stars-1.0")
    assert run("push", "--from", str(home / "mine")).exit_code == 0
    assert EnvironmentStore.of_home().find("default").packages == {"stars": "1.0"}


def test_a_broken_one_is_listed_beside_the_others_and_can_be_removed() -> None:
    run("push", "whole")
    broken = EnvironmentStore.of_home().folder / "broken.zip"
    broken.write_text("no zip")
    listed = run("list").output.splitlines()
    assert listed[1].split() == ["broken", "broken", "-", "-", "-"]
    assert listed[2].split()[:2] == ["whole", "2"]
    shown = run("show", "broken")
    assert isinstance(shown.exception, DataError)
    assert "`astroflow env remove broken` removes it" in str(shown.exception)
    assert run("remove", "broken", "whole").exit_code == 0
    assert not broken.exists()


def test_an_unknown_one_is_one_message_that_names_those_that_there_are() -> None:
    run("push", "paper")
    for command in ("show", "remove"):
        error = run(command, "papre").exception
        assert isinstance(error, DataError)
        assert "no environment 'papre' in " in str(error)
        assert str(error).endswith("there is paper")
